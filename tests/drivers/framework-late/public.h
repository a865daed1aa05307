// SPDX-License-Identifier: MIT
// What framework-late.sys and its client both know.
#ifndef FRAMEWORK_LATE_PUBLIC_H
#define FRAMEWORK_LATE_PUBLIC_H

#define LATE_CODE(Number, Method) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), Method, FILE_ANY_ACCESS)

// Has a thread of the driver's open \Device\LatePended, and returns when that open is pending.
#define IOCTL_OPEN         LATE_CODE(0, METHOD_BUFFERED)
// Cancels it, or lets it in; ends its device, and makes that anew.
#define IOCTL_OPEN_CANCEL  LATE_CODE(1, METHOD_BUFFERED)
#define IOCTL_OPEN_ADMIT   LATE_CODE(2, METHOD_BUFFERED)
#define IOCTL_OPEN_END     LATE_CODE(3, METHOD_BUFFERED)
// How it has ended: its status; the thread is over then.
#define IOCTL_OPEN_STATUS  LATE_CODE(4, METHOD_BUFFERED)
// How many of those that were let in have been closed.
#define IOCTL_OPEN_CLOSED  LATE_CODE(5, METHOD_BUFFERED)
// Looks at its input, waits, and looks again: LATE_LOOK.
#define IOCTL_LOOK         LATE_CODE(6, METHOD_NEITHER)
// Where the sender has that input; goes on with it.
#define IOCTL_LOOK_ADDRESS LATE_CODE(7, METHOD_BUFFERED)
#define IOCTL_LOOK_ON      LATE_CODE(8, METHOD_BUFFERED)
// The LATE_LOOK of a write.
#define IOCTL_LOOK_WRITTEN LATE_CODE(9, METHOD_BUFFERED)

typedef struct LATE_LOOK {
    LONG First, Second; // what the handler has seen, before and after
    LONG Sender;        // what the sender has there afterwards
} LATE_LOOK;

#endif
