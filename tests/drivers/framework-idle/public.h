// SPDX-License-Identifier: MIT
// What framework-idle.sys and its client both know.
#ifndef FRAMEWORK_IDLE_PUBLIC_H
#define FRAMEWORK_IDLE_PUBLIC_H

#define IDLE_CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), METHOD_BUFFERED, FILE_ANY_ACCESS)

// Without a request for so long the device sleeps.
#define IDLE_SECONDS 10

#define IOCTL_IDLE_COUNTS IDLE_CODE(0)
// Takes three times IDLE_SECONDS; waits.
#define IOCTL_IDLE_SLOW   IDLE_CODE(1)
#define IOCTL_IDLE_WAIT   IDLE_CODE(2)
// Twice IDLE_SECONDS later a request comes at DISPATCH_LEVEL.
#define IOCTL_IDLE_LATE   IDLE_CODE(3)

// Since the driver was loaded.
typedef struct IDLE_COUNTS {
    LONG Downs, Ups;
    LONG Wrong;      // handlers under way while the device was not in PowerDeviceD0
    LONG LateStatus; // of the last request at DISPATCH_LEVEL
} IDLE_COUNTS;

#endif
