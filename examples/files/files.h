// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Files. Writing adds a line to C:\journal.txt, reading is
// from an offset of it.
#pragma once

// Output: how long the file is, in bytes, 64 bits.
#define IOCTL_FILES_SIZE  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Empties the file, and deletes the old one.
#define IOCTL_FILES_EMPTY CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

// A file of more bytes is C:\journal.old when the device is next opened, and a new one is begun.
#define FILES_LIMIT 4096
