// SPDX-License-Identifier: MIT
// Looking for lines of a device's table.
#include "device/device.h"

const KM_DEVICE_ENTRY *KmpFindEntry(const KM_DEVICE_ENTRY *From, KMP_ENTRY_KIND Kind)
{
    for (; From->Kind != KmpEntryEnd; From += 1) {
        if (From->Kind == Kind) {
            return From;
        }
    }
    return NULL;
}

const KM_DEVICE_ENTRY *KmpFindHandler(const KM_DEVICE *Device, UCHAR MajorFunction)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Device->Entries, KmpEntryMajor);

    while (Entry != NULL && Entry->Code != MajorFunction) {
        Entry = KmpFindEntry(Entry + 1, KmpEntryMajor);
    }
    return Entry;
}
