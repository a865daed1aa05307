// SPDX-License-Identifier: MIT
// The control code of \\.\Alarm, for the driver and for whoever uses it.
#ifndef API_EXAMPLE_H
#define API_EXAMPLE_H

// Input: ULONG, milliseconds. Is completed when they are over. CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800,
// METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_ALARM_WAIT 0x222000

#endif
