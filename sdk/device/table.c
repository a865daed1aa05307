// SPDX-License-Identifier: MIT
// What is wrong with a device's table, told by name before anything is made of it: each would else be a
// failure status that says nothing, a line without effect, or a call of no routine.
#include "device/device.h"
#include "runtime/sddl.h"

#define LARGEST_CONTEXT 60000

static PCWSTR NameOf(const KM_DEVICE_ENTRY *Entries)
{
    const KM_DEVICE_ENTRY *Name = KmpFindEntry(Entries, KmpEntryName);

    return Name != NULL && Name->Text != NULL ? Name->Text : L"a device without a name";
}

static BOOLEAN BeginsWith(PCWSTR Text, PCWSTR Beginning)
{
    UNICODE_STRING Whole, Part;

    RtlInitUnicodeString(&Whole, Text);
    RtlInitUnicodeString(&Part, Beginning);
    return RtlPrefixUnicodeString(&Part, &Whole, TRUE);
}

static BOOLEAN IsOnce(KMP_ENTRY_KIND Kind)
{
    return Kind != KmpEntryLink && Kind != KmpEntryMajor && Kind != KmpEntryControl;
}

static BOOLEAN IsSame(const KM_DEVICE_ENTRY *Entry, const KM_DEVICE_ENTRY *Other)
{
    if (Entry->Kind != Other->Kind) {
        return FALSE;
    }
    switch (Entry->Kind) {
    case KmpEntryLink: return wcscmp(Entry->Text, Other->Text) == 0;
    case KmpEntryMajor: return Entry->Code == Other->Code;
    case KmpEntryControl: return Entry->Code == Other->Code && Entry->Major == Other->Major;
    default: return IsOnce(Entry->Kind);
    }
}

static BOOLEAN IsRepeated(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Entry)
{
    while (Entries != Entry && !IsSame(Entries, Entry)) {
        Entries += 1;
    }
    return Entries != Entry;
}

static PCSTR MistakeOfMajor(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Entry)
{
    const KM_DEVICE_ENTRY *Trait = KmpFindEntry(Entries, KmpEntryTrait);

    if (Entry->Code > IRP_MJ_MAXIMUM_FUNCTION) {
        return "there is no such major function";
    }
    if ((Entry->Code == IRP_MJ_CREATE || Entry->Code == IRP_MJ_CLOSE) &&
        KmpFindEntry(Entries, KmpEntryFile) != NULL) {
        return "IRP_MJ_CREATE and IRP_MJ_CLOSE are KM_FILE_CONTEXT's, and its routines are called";
    }
    if (Entry->Code == IRP_MJ_POWER && Trait != NULL && Trait->Trait->OwnsPnp) {
        return "IRP_MJ_POWER of a Plug and Play device is the framework's: KM_PNP_ROUTINES hears of it";
    }
    return NULL;
}

static PCSTR MistakeOfName(PCWSTR Name)
{
    if (BeginsWith(Name, L"\\DosDevices\\") || BeginsWith(Name, L"\\??\\")) {
        return "this is a link's name, KM_DEVICE_LINK: a device is \\Device\\NAME";
    }
    return Name[0] != L'\\' ? "a device's name begins with \\Device\\" : NULL;
}

// NULL: there is none.
static PCSTR MistakeOf(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Entry)
{
    const KM_DEVICE_ENTRY *Trait = KmpFindEntry(Entries, KmpEntryTrait);
    BOOLEAN HasName = KmpFindEntry(Entries, KmpEntryName) != NULL;
    BOOLEAN IsPnp = Trait != NULL && Trait->Trait->OwnsPnp;

    if (Entry->Kind <= KmpEntrySecurity && Entry->Text == NULL) {
        return "there is no string";
    }
    if ((Entry->Kind == KmpEntryMajor || Entry->Kind == KmpEntryControl) && Entry->Handler == NULL) {
        return "there is no handler";
    }
    if (IsRepeated(Entries, Entry)) {
        return "the table has this already";
    }
    switch (Entry->Kind) {
    case KmpEntryName: return MistakeOfName(Entry->Text);
    case KmpEntryLink:
        if (!HasName) {
            return "a link needs a device with a name, KM_DEVICE_NAME";
        }
        return Entry->Text[0] != L'\\' ? "a link's name begins with \\DosDevices\\" : NULL;
    case KmpEntrySecurity: return HasName ? NULL : "security is of a device with a name, KM_DEVICE_NAME";
    case KmpEntryTransfer:
        if (Trait != NULL && Trait->Trait->PassesFiles != NULL) {
            return "a filter transfers data as the device below it does";
        }
        return Entry->Code != 0 && Entry->Code != DO_BUFFERED_IO && Entry->Code != DO_DIRECT_IO
                   ? "this is none of DO_BUFFERED_IO, DO_DIRECT_IO and 0"
                   : NULL;
    case KmpEntryContext: return Entry->Code > LARGEST_CONTEXT ? "a context has at most 60,000 bytes" : NULL;
    case KmpEntryMajor: return MistakeOfMajor(Entries, Entry);
    case KmpEntryControl:
        return Entry->InputMinimum > Entry->InputMaximum ? "no input is that large and that small" : NULL;
    case KmpEntryInterface: return IsPnp ? NULL : "interfaces are of Plug and Play devices, KM_PNP_FUNCTION";
    case KmpEntryIdle:
        return IsPnp && Trait->Trait->PassesFiles == NULL ? NULL
                                                          : "who sleeps has a KM_PNP_FUNCTION, and no other";
    default: return NULL;
    }
}

static VOID Tell(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Entry, PCSTR Mistake)
{
    static const PCSTR Kinds[] = {
        [KmpEntryName] = "KM_DEVICE_NAME",
        [KmpEntryLink] = "KM_DEVICE_LINK",
        [KmpEntrySecurity] = "KM_DEVICE_SDDL",
        [KmpEntryType] = "KM_DEVICE_TYPE",
        [KmpEntryCharacteristics] = "KM_DEVICE_CHARACTERISTICS",
        [KmpEntryExclusive] = "KM_DEVICE_EXCLUSIVE",
        [KmpEntryTransfer] = "KM_DEVICE_IO",
        [KmpEntryTag] = "KM_DEVICE_TAG",
        [KmpEntryContext] = "KM_DEVICE_CONTEXT",
        [KmpEntryFile] = "KM_FILE_CONTEXT",
        [KmpEntryMajor] = "KM_ON",
        [KmpEntryControl] = "KM_ON_IOCTL",
        [KmpEntryTrait] = "KM_FILTER_OF or KM_PNP_...",
        [KmpEntryInterface] = "KM_DEVICE_INTERFACE",
        [KmpEntryIdle] = "KM_PNP_IDLE",
    };
    PCSTR Kind = Kinds[Entry->Kind];
    ULONG Line = (ULONG)(Entry - Entries) + 1;

    if (Entry->Kind == KmpEntryControl || Entry->Kind == KmpEntryMajor || Entry->Text == NULL) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "mistake in the table of %ws: entry %lu, %s(0x%lX): %s\n", NameOf(Entries), Line, Kind,
                   Entry->Code, Mistake);
    } else {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "mistake in the table of %ws: entry %lu, %s(L\"%ws\"): %s\n", NameOf(Entries), Line, Kind,
                   Entry->Text, Mistake);
    }
}

static BOOLEAN HasEnd(const KM_DEVICE_ENTRY *Entries)
{
    while (Entries->Kind > KmpEntryEnd && Entries->Kind <= KmpEntryIdle) {
        Entries += 1;
    }
    return Entries->Kind == KmpEntryEnd && Entries->Code == KMP_TABLE_END;
}

NTSTATUS KmpCheckTable(const KM_DEVICE_ENTRY *Entries)
{
    NTSTATUS Status = STATUS_SUCCESS;

    if (!HasEnd(Entries)) {
        // Its name may not be what is read there.
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
                   "mistake in a table of a device's: its last entry is not KM_DEVICE_END\n");
        return STATUS_INVALID_PARAMETER;
    }
    for (const KM_DEVICE_ENTRY *Entry = Entries; Entry->Kind != KmpEntryEnd; Entry += 1) {
        PCSTR Mistake = MistakeOf(Entries, Entry);

        if (Mistake != NULL) {
            Tell(Entries, Entry, Mistake);
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    return Status;
}

VOID KmpTellFailure(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Entry, PCWSTR NameSuffix,
                    NTSTATUS Status)
{
    // Memory is short for no fault of the table's.
    if (Status != STATUS_INSUFFICIENT_RESOURCES) {
        DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "%ws: %ws%ws cannot be made or found: 0x%08lX\n",
                   NameOf(Entries), Entry->Text, NameSuffix != NULL ? NameSuffix : L"", Status);
    }
}

VOID KmpTellSddl(const KM_DEVICE_ENTRY *Entries, PCUNICODE_STRING Sddl)
{
    DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL,
               "mistake in the table of %ws: the SDDL string \"%wZ\" is wrong at character %lu\n",
               NameOf(Entries), Sddl, KmpSddlReadable(Sddl) + 1);
}
