// SPDX-License-Identifier: MIT
// What framework-pnp.sys and its client both know.
#ifndef FRAMEWORK_PNP_PUBLIC_H
#define FRAMEWORK_PNP_PUBLIC_H

#define IOCTL_PNP_COUNTS     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_WAIT       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_REFUSE     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Takes a while; takes a while, and then waits; waits, and is taken out and put back a while later.
#define IOCTL_PNP_SLOW       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_SLOW_WAIT  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x804, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_WAIT_AGAIN CTL_CODE(FILE_DEVICE_UNKNOWN, 0x805, METHOD_BUFFERED, FILE_ANY_ACCESS)

// Since the driver was loaded.
typedef struct PNP_COUNTS {
    LONG Starts, Stops, PowerDowns, PowerUps, Capabilities;
    LONG StopsWhileInside; // when a handler that takes a while was under way
} PNP_COUNTS;

#endif
