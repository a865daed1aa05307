// SPDX-License-Identifier: MIT
// What framework-detach.sys and its client both know.
#ifndef FRAMEWORK_DETACH_PUBLIC_H
#define FRAMEWORK_DETACH_PUBLIC_H

#define DETACH_CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + (Number), METHOD_BUFFERED, FILE_ANY_ACCESS)

// Of \\.\DetachControl: puts the filter above \\.\DetachLower, and ends it.
#define IOCTL_ATTACH       DETACH_CODE(0)
#define IOCTL_DETACH       DETACH_CODE(1)
// Lets the requests go on that are held in the device below; how many are held.
#define IOCTL_RELEASE      DETACH_CODE(2)
#define IOCTL_HELD         DETACH_CODE(3)
// Of \\.\DetachLower, which the filter passes on, and which it has a handler for.
#define IOCTL_HOLD         DETACH_CODE(4)
#define IOCTL_HOLD_HANDLED DETACH_CODE(5)
// How often the filter's handler has been called.
#define IOCTL_HANDLED      DETACH_CODE(6)
// Waits in a queue of the filter's.
#define IOCTL_FILTER_WAIT  DETACH_CODE(7)

#endif
