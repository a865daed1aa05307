// SPDX-License-Identifier: MIT
// What the driver that asks the SDK of processes, and its client, agree on. Ids are ULONG64; 0 is the process
// that is held.
#ifndef PROCESSES_PUBLIC_H
#define PROCESSES_PUBLIC_H

#define IOCTL_PROCESS_HOLD                                                                                   \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF00, METHOD_BUFFERED, FILE_ANY_ACCESS) // id; 0: lets go
#define IOCTL_PROCESS_DESCRIBE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF01, METHOD_BUFFERED, FILE_ANY_ACCESS) // id
#define IOCTL_PROCESS_READ                                                                                   \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF02, METHOD_BUFFERED, FILE_ANY_ACCESS) // PROCESS_COPY
#define IOCTL_PROCESS_WRITE                                                                                  \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF03, METHOD_BUFFERED, FILE_ANY_ACCESS) // PROCESS_COPY
#define IOCTL_PROCESS_MODULES CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF04, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROCESS_COUNT   CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF05, METHOD_BUFFERED, FILE_ANY_ACCESS) // name
#define IOCTL_PROCESS_EVENTS  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF06, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PROCESS_GUARD                                                                                  \
    CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF07, METHOD_BUFFERED, FILE_ANY_ACCESS) // id; 0: nobody
#define IOCTL_PROCESS_RESTART CTL_CODE(FILE_DEVICE_UNKNOWN, 0xF08, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _PROCESS_DESCRIPTION {
    ULONG64 ParentId, Peb, WowPeb, CreateTime;
    ULONG SessionStatus, Session, ExitStatus, Exited, Wow64, Protected, PathStatus;
    ULONG Threads; // of a snapshot
    WCHAR Name[40], Path[120];
} PROCESS_DESCRIPTION;

#define PROCESS_COPY_BYTES 0x3000

typedef struct _PROCESS_COPY {
    ULONG64 Id, Address, Bytes, Done;
    ULONG Status, Reserved;
    UCHAR Data[PROCESS_COPY_BYTES];
} PROCESS_COPY;

typedef struct _PROCESS_MODULES {
    ULONG64 Id, Peb; // Peb 0: those of the process, by both of its loaders
    ULONG Wow64, FailAt, Status, Count, Calls, Leaked;
    struct {
        ULONG64 Base, Bytes;
        ULONG Wow64;
        WCHAR Name[20], Path[40];
    } Modules[4]; // the first of them
} PROCESS_MODULES;

typedef struct _PROCESS_EVENTS {
    LONG Begun, Ended, Refused, NoticeBegun, NoticeEnded, ThreadBegun, ThreadEnded, OwnThreadBegun, Images;
    LONG Stripped, Granted, Wrong, KeysGuarded;
} PROCESS_EVENTS;

#endif
