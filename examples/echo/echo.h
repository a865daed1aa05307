// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Echo.
#pragma once

#define IOCTL_ECHO_SUM    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ECHO_REPEAT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)

typedef struct ECHO_PAIR {
    int First, Second;
} ECHO_PAIR;
