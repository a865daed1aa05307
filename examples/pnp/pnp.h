// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Meter.
#pragma once

// Output: the ticks so far, 32 bits.
#define IOCTL_METER_TICKS CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
