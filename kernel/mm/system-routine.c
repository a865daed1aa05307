// SPDX-License-Identifier: MIT
// MmGetSystemRoutineAddress: what the kernel exports, ntoskrnl.exe's names and hal.dll's, by name.
#include "rtl/image.h"

#define MI_ROUTINE_NAME_BYTES 128 // no name is as long

// As drivers are to call it: over the border where they are watched. NULL: the kernel has no such export.
// IRQL PASSIVE_LEVEL.
PVOID NTAPI MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName)
{
    CHAR Name[MI_ROUTINE_NAME_BYTES];
    const ULONG Length = SystemRoutineName->Length / sizeof(WCHAR);
    if (Length >= sizeof(Name)) {
        return NULL;
    }
    for (ULONG Index = 0; Index < Length; Index += 1) {
        const WCHAR Character = SystemRoutineName->Buffer[Index];
        // Every name is of ASCII.
        if (Character == 0 || Character >= 0x80) {
            return NULL;
        }
        Name[Index] = (CHAR)Character;
    }
    Name[Length] = 0;
    PVOID Routine = RtlFindExportedRoutineByName((PVOID)KM_KERNEL_IMAGE_BASE, Name);
    return Routine != NULL ? ViBorderAddress(Name, Routine) : NULL;
}
