// SPDX-License-Identifier: MIT
// What the mailbox device and its clients agree on. A read takes the oldest message, or waits for one; a
// write brings one to the read that waits longest.
#ifndef MAILBOX_PUBLIC_H
#define MAILBOX_PUBLIC_H

#define MAILBOX_MESSAGE_BYTES 64 // at most; more is STATUS_INVALID_PARAMETER
#define MAILBOX_MESSAGES      4  // are kept for reads to come; one more is STATUS_DEVICE_BUSY
#define MAILBOX_READS         8  // may wait; one more is STATUS_DEVICE_BUSY

// Waits until IOCTL_MAILBOX_RECALL of the same file, or its cancellation. One a file: STATUS_DEVICE_BUSY.
#define IOCTL_MAILBOX_RESERVE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xB00, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Ends the file's reservation. STATUS_NOT_FOUND: there is none (any more).
#define IOCTL_MAILBOX_RECALL  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xB01, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Answers a MAILBOX_STATE.
#define IOCTL_MAILBOX_QUERY   CTL_CODE(FILE_DEVICE_UNKNOWN, 0xB02, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _MAILBOX_STATE {
    ULONG Reads;    // that wait
    ULONG Messages; // that are kept
    ULONG Delivered;
    ULONG Cancelled; // requests that waited
} MAILBOX_STATE;

#endif
