// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Threads.
#pragma once

#define THREADS_TICKS  5
#define THREADS_PERIOD 10 // milliseconds

// Counts that many ticks anew; does not wait for them.
#define IOCTL_THREADS_START CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Waits for the last one. Input: for how many milliseconds, 32 bits, at most 10000. STATUS_TIMEOUT, a
// success: they were not enough.
#define IOCTL_THREADS_WAIT  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
