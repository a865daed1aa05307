// SPDX-License-Identifier: MIT
// What the driver that asks the SDK of its callers, and its client, agree on.
#ifndef SECURITY_PUBLIC_H
#define SECURITY_PUBLIC_H

// The id of a process, of any; what comes back is of the caller's thread, and of that process.
#define IOCTL_SECURITY_ASK                                                                                   \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) // ULONG64, SECURITY_ANSWER
// Gives both events that DACL, one by its handle, one by a pointer to it.
#define IOCTL_SECURITY_GUARD                                                                                 \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS) // SDDL, ended by a zero

#define SECURITY_DESCRIPTORS 6

typedef struct _SECURITY_ANSWER {
    ULONG SidStatus, Administrator, HasDebug, HasChangeNotify;
    ULONG ProcessSidStatus, ProcessAdministrator, Elevated, Integrity;
    // Of generic reading, by a descriptor for: everybody; administrators; the system; everybody but
    // administrators; who has logged on; the caller alone.
    ULONG Status[SECURITY_DESCRIPTORS], Granted[SECURITY_DESCRIPTORS];
    WCHAR Sid[64], ProcessSid[64];
} SECURITY_ANSWER;

#endif
