// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Budget.
#pragma once

#define BUDGET_BYTES 4096 // of each handle, for its notes and what the driver keeps of them

// Output: BUDGET_COUNTS of the handle.
#define IOCTL_BUDGET_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

// KM_COUNTING_STATISTICS, for those who have no <kmode/test-allocator.h>.
typedef struct BUDGET_COUNTS {
    long long LiveBlocks, LiveBytes, PeakBytes, TotalBlocks, TotalBytes, Failures;
} BUDGET_COUNTS;
