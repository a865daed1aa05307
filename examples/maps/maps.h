// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Maps.
#pragma once

// Input: the port of a packet, 32 bits.
#define IOCTL_MAPS_COUNT CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Input: a name, UTF-16 without a zero. Output: how many packets its ports have had, 32 bits.
#define IOCTL_MAPS_TELL  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)
