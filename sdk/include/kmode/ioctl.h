// SPDX-License-Identifier: MIT
// What a control code says: CTL_CODE makes one, these take it apart.
//
//     #define EXAMPLE_CODE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_READ_ACCESS)
//
//     C_ASSERT(KmIoctlDeviceType(EXAMPLE_CODE) == FILE_DEVICE_UNKNOWN);
//     C_ASSERT(KmIoctlFunction(EXAMPLE_CODE) == 0x800);
//     C_ASSERT(KmIoctlMethod(EXAMPLE_CODE) == METHOD_BUFFERED);
//     C_ASSERT(KmIoctlAccess(EXAMPLE_CODE) == FILE_READ_ACCESS);
//     C_ASSERT(KmIoctlIsCustom(EXAMPLE_CODE));
//
// All are constant expressions if Code is one, and evaluate it once. Any IRQL. Handlers of codes are declared
// in <kmode/device.h>.
#ifndef KMODE_IOCTL_H
#define KMODE_IOCTL_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/ioctl.h>"
#endif

/// The device type: FILE_DEVICE_UNKNOWN, ...; from 0x8000 on such as are no company's but the driver's. Any
/// IRQL.
#define KmIoctlDeviceType(Code) ((ULONG)(Code) >> 16)

/// The rights that the handle must have been opened with, which the I/O manager asks before the driver is
/// called: FILE_ANY_ACCESS, or FILE_READ_ACCESS, FILE_WRITE_ACCESS or both. Any IRQL.
#define KmIoctlAccess(Code) ((ULONG)(Code) >> 14 & 3)

/// The number of the function, 0 to 0xFFF. Any IRQL.
#define KmIoctlFunction(Code) ((ULONG)(Code) >> 2 & 0xFFF)

/// How buffers are handed over: METHOD_BUFFERED, METHOD_IN_DIRECT, METHOD_OUT_DIRECT or METHOD_NEITHER. Any
/// IRQL.
#define KmIoctlMethod(Code) ((ULONG)(Code) & 3)

/// Whether the number of the function is one that drivers of others than Microsoft may choose, from 0x800 on.
/// Any IRQL.
#define KmIoctlIsCustom(Code) (((ULONG)(Code) & 0x2000) != 0)

#endif
