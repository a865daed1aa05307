// SPDX-License-Identifier: MIT
// What the process protector and its clients agree on.
#ifndef PROTECT_PUBLIC_H
#define PROTECT_PUBLIC_H

// Nobody but itself gets a handle that may terminate that process (the input, its id as ULONG64) or a thread
// of it, until the file is closed. One process a file; STATUS_DEVICE_BUSY: another file protects one already.
#define IOCTL_PROTECT_PROCESS CTL_CODE(FILE_DEVICE_UNKNOWN, 0xE00, METHOD_BUFFERED, FILE_WRITE_ACCESS)
// Answers a PROTECT_STATE.
#define IOCTL_PROTECT_QUERY   CTL_CODE(FILE_DEVICE_UNKNOWN, 0xE01, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _PROTECT_STATE {
    ULONG Created, Duplicated; // handles to the process and its threads that others asked for
    ULONG Stripped;            // of them, those that asked for what they did not get
    ULONG Granted;             // those that were made,
    ULONG Wrong;               // and those that grant it all the same
} PROTECT_STATE;

#endif
