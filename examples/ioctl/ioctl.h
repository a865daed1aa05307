// SPDX-License-Identifier: MIT
// The control codes of \\.\Transfer, for the driver and for whoever uses it.
#ifndef IOCTL_EXAMPLE_H
#define IOCTL_EXAMPLE_H

#ifndef CTL_CODE
#define CTL_CODE(type, function, method, access) ((type) << 16 | (access) << 14 | (function) << 2 | (method))
#define METHOD_BUFFERED                          0
#define METHOD_IN_DIRECT                         1
#define METHOD_OUT_DIRECT                        2
#define METHOD_NEITHER                           3
#define FILE_ANY_ACCESS                          0
#define FILE_READ_DATA                           1
#define FILE_DEVICE_UNKNOWN                      0x22
#endif

// Input: bytes. Output: the same in reverse.
#define IOCTL_TRANSFER_REVERSE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Second buffer: bytes, whose sum is printed.
#define IOCTL_TRANSFER_SUM     CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
// Input: a byte. Output: filled with it.
#define IOCTL_TRANSFER_FILL    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_OUT_DIRECT, FILE_READ_DATA)
// Input: text. Output: the same in capitals.
#define IOCTL_TRANSFER_UPPER   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_NEITHER, FILE_ANY_ACCESS)

#endif
