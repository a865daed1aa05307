// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Registry.
#pragma once

// Input: the name of a setting, UTF-16 with a zero. Output: its number, 32 bits.
#define IOCTL_REGISTRY_NUMBER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
