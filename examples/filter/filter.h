// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Echo with the filter above it.
#pragma once

#define IOCTL_FILTER_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct FILTER_COUNTS {
    int Sums, Refused, Repeats;
} FILTER_COUNTS;
