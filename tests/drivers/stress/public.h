// SPDX-License-Identifier: MIT
// What the stress device and its client agree on.
#ifndef STRESS_PUBLIC_H
#define STRESS_PUBLIC_H

typedef struct _STRESS_RUN {
    ULONG Seed, Threads, Rounds;
} STRESS_RUN;

typedef struct _STRESS_RESULT {
    ULONG Read, Cancelled, Busy; // reads of the mailbox, by how they ended
    ULONG Written, Full;         // writes
    ULONG Reserved, Recalled, Encoded;
    ULONG Wrong; // results that cannot be
} STRESS_RESULT;

// Lets threads loose on the mailbox and the cipher device (a STRESS_RUN), and answers a STRESS_RESULT when
// all are done.
#define IOCTL_STRESS_RUN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x940, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
