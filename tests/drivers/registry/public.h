// SPDX-License-Identifier: MIT
// What the registry guard and its clients agree on. Paths are NT's ("\\REGISTRY\\MACHINE\\SOFTWARE\\X").
#ifndef REGISTRY_GUARD_PUBLIC_H
#define REGISTRY_GUARD_PUBLIC_H

#define GUARD_NAME_CHARACTERS 128
#define GUARD_RECORDS         64 // are kept; older ones are lost

// Sets what is watched (GUARD_PATHS), and forgets the records. Within the watched key (and those under it)
// changes are recorded; within the guarded one they are refused, unless the kernel makes them. Empty: none.
#define IOCTL_GUARD_SET  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF00, METHOD_BUFFERED, FILE_WRITE_ACCESS)
// Answers the oldest record, a GUARD_RECORD, and forgets it. STATUS_NO_MORE_ENTRIES.
#define IOCTL_GUARD_READ CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF01, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _GUARD_PATHS {
    WCHAR Watched[GUARD_NAME_CHARACTERS]; // ended by a zero
    WCHAR Guarded[GUARD_NAME_CHARACTERS];
} GUARD_PATHS;

typedef enum _GUARD_OPERATION {
    GuardCreateKey = 1,
    GuardDeleteKey,
    GuardSetValue,
    GuardDeleteValue,
    GuardCloseKey // Count: values set and deleted by way of this key object
} GUARD_OPERATION;

typedef struct _GUARD_RECORD {
    ULONG Operation; // GUARD_OPERATION
    ULONG Status;    // what came of it
    ULONG64 ProcessId;
    ULONG Blocked; // by the guard
    ULONG Count;
    WCHAR Key[GUARD_NAME_CHARACTERS];   // ended by a zero, cut if it is longer
    WCHAR Value[GUARD_NAME_CHARACTERS]; // likewise
} GUARD_RECORD;

#endif
