// SPDX-License-Identifier: MIT
// PE images in memory, as Rtl finds its way in them. Loaded ones only have been looked at by the machine;
// others are not to be trusted.
#ifndef KMODE_RTL_IMAGE_H
#define KMODE_RTL_IMAGE_H

#include "inc/kernel.h"

#define RTL_IMAGE_NT_HEADER_EX_FLAG_NO_RANGE_CHECK 0x00000001

PIMAGE_NT_HEADERS NTAPI RtlImageNtHeader(PVOID Base);
NTSTATUS NTAPI RtlImageNtHeaderEx(ULONG Flags, PVOID Base, ULONG64 Size, PIMAGE_NT_HEADERS *OutHeaders);
PVOID NTAPI RtlImageDirectoryEntryToData(PVOID BaseOfImage, BOOLEAN MappedAsImage, USHORT DirectoryEntry,
                                         PULONG Size);
PVOID NTAPI RtlFindExportedRoutineByName(PVOID ImageBase, PCSTR RoutineName);

#endif
