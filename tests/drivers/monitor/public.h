// SPDX-License-Identifier: MIT
// What the process monitor and its clients agree on: an inverted call. A client keeps IOCTL_MONITOR_NEXT
// requests with the driver, which answers each with one event, in their order.
#ifndef MONITOR_PUBLIC_H
#define MONITOR_PUBLIC_H

#define MONITOR_NAME_CHARACTERS 64
#define MONITOR_EVENTS          32 // are kept while no request waits; the next one's Lost counts what was not

// Waits for an event and answers a MONITOR_EVENT.
#define IOCTL_MONITOR_NEXT   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x910, METHOD_BUFFERED, FILE_READ_ACCESS)
// The input, WCHARs ended by a zero: processes whose image has that file name are refused. Empty: none.
#define IOCTL_MONITOR_FORBID CTL_CODE(FILE_DEVICE_UNKNOWN, 0x911, METHOD_BUFFERED, FILE_WRITE_ACCESS)

typedef enum _MONITOR_KIND {
    MonitorProcessCreated = 1,
    MonitorProcessRefused,
    MonitorProcessEnded,
    MonitorThreadCreated,
    MonitorThreadEnded,
    MonitorImageLoaded
} MONITOR_KIND;

typedef struct _MONITOR_EVENT {
    ULONG Kind; // MONITOR_KIND
    ULONG Lost; // events in front of it
    ULONG64 Sequence;
    ULONG64 ProcessId, ThreadId;            // ProcessId 0: of an image of a driver
    ULONG64 ParentId;                       // MonitorProcessCreated, MonitorProcessRefused
    ULONG64 CreatorId;                      // of the process that makes it, or the thread
    ULONG64 ImageBytes;                     // MonitorImageLoaded
    WCHAR Image[MONITOR_NAME_CHARACTERS];   // file name without its folder, ended by a zero
    WCHAR Command[MONITOR_NAME_CHARACTERS]; // MonitorProcessCreated, MonitorProcessRefused
} MONITOR_EVENT;

#endif
