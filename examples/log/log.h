// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Log.
#pragma once

// Output: the oldest record that nobody has taken yet, which is then gone. STATUS_NO_MORE_ENTRIES: there is
// none.
#define IOCTL_LOG_TAKE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

// KM_LOG_RING_RECORD, for those who have no <kmode/log-ring.h>.
typedef struct LOG_RECORD {
    unsigned long long Time, SystemTime; // the second: in units of 100 ns since 1601, UTC
    unsigned Kind, Processor;
    unsigned long long Process, Thread, Site;
    unsigned Bytes;
    unsigned char Irql, Reserved[3];
    char Text[872]; // Bytes of them, without a zero
} LOG_RECORD;
