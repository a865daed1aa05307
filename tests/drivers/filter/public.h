// SPDX-License-Identifier: MIT
// What the filter's control device and its clients agree on. The filter stands above the cipher device.
#ifndef CIPHER_FILTER_PUBLIC_H
#define CIPHER_FILTER_PUBLIC_H

// Answers a FILTER_STATISTICS.
#define IOCTL_FILTER_QUERY  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA00, METHOD_BUFFERED, FILE_READ_ACCESS)
// The input, a ULONG, is a control code that the filter refuses from now on with STATUS_ACCESS_DENIED; 0:
// none.
#define IOCTL_FILTER_REFUSE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xA01, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef struct _FILTER_STATISTICS {
    ULONG Opened, Closed; // files on the device below
    ULONG Passed;         // control requests handed on,
    ULONG Succeeded;      // that came back with success,
    ULONG Failed;         // and that did not
    ULONG Refused;
    ULONG64 Information; // bytes that those below answered
} FILTER_STATISTICS;

#endif
