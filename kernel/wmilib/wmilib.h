// SPDX-License-Identifier: MIT
// WMILIB.SYS: handles a driver's WMI IRPs by calling it back for what only it knows. On Windows a module of
// its own; here part of the kernel's image.
#ifndef KMODE_WMILIB_H
#define KMODE_WMILIB_H

#include <wmistr.h>
#include <wmilib.h>

// Where the data of Count instances begin in a WNODE_ALL_DATA, behind an offset and a length of each.
static inline ULONG WmilibpAllDataOffset(ULONG Count)
{
    return (ULONG)ALIGN_UP_BY(FIELD_OFFSET(WNODE_ALL_DATA, OffsetInstanceDataAndLength) +
                                  Count * sizeof(OFFSETINSTANCEDATAANDLENGTH),
                              sizeof(ULONG64));
}

// Answers IRP_MN_REGINFO or IRP_MN_REGINFO_EX, whose stack location Stack is, with what WmiLibInfo and the
// driver's QueryWmiRegInfo say; *Information is the IRP's. What that routine says, or
// STATUS_BUFFER_TOO_SMALL. IRQL PASSIVE_LEVEL. (wmilib/register.c)
NTSTATUS WmilibpRegister(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack,
                         PULONG_PTR Information);

#endif
