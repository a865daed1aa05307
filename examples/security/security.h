// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Security, which anybody may open.
#pragma once

// Output: SECURITY_CALLER, who asks.
#define IOCTL_SECURITY_CALLER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Output: the setting, 32 bits. For everybody.
#define IOCTL_SECURITY_GET    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Input: the setting, 32 bits. For the system and administrators; others: STATUS_ACCESS_DENIED.
#define IOCTL_SECURITY_SET    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct SECURITY_CALLER {
    unsigned Integrity; // 0x2000 medium, 0x3000 high, 0x4000 system
    unsigned IsAdministrator, IsElevated;
    unsigned short Sid[186]; // its text, with a zero
} SECURITY_CALLER;
