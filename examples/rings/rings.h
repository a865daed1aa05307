// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Rings.
#pragma once

// Twelve packets come in. Output: how many of all so far found no room, 32 bits.
#define IOCTL_RINGS_RECEIVE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Output: the port of the oldest packet, 32 bits, which is then gone. STATUS_NO_MORE_ENTRIES: there is none.
#define IOCTL_RINGS_TAKE    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
