// SPDX-License-Identifier: MIT
// What framework-pnp.sys and its client both know.
#ifndef FRAMEWORK_PNP_PUBLIC_H
#define FRAMEWORK_PNP_PUBLIC_H

#define IOCTL_PNP_COUNTS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_WAIT   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_PNP_REFUSE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_BUFFERED, FILE_ANY_ACCESS)

// Since the driver was loaded.
typedef struct PNP_COUNTS {
    LONG Starts, Stops, PowerDowns, PowerUps, Capabilities;
} PNP_COUNTS;

#endif
