// SPDX-License-Identifier: MIT
// What the driver of the SDK's memory routines and its client agree on.
#ifndef USER_MEMORY_PUBLIC_H
#define USER_MEMORY_PUBLIC_H

#define USER_MEMORY_LONGEST 200

// All are METHOD_BUFFERED: the addresses are in this.
typedef struct _USER_MEMORY_REQUEST {
    ULONG64 Address, Bytes, Value;
} USER_MEMORY_REQUEST;

// Adds Value to the 64-bit number at Address.
#define IOCTL_USER_MEMORY_ADD    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x930, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Captures the UNICODE_STRING at Address; the output is its text.
#define IOCTL_USER_MEMORY_STRING CTL_CODE(FILE_DEVICE_UNKNOWN, 0x931, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Locks and maps a range, which stays so.
#define IOCTL_USER_MEMORY_LOCK   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x932, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Adds Value to each byte of it, by the mapping, and puts the sum of the bytes out.
#define IOCTL_USER_MEMORY_CHANGE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x933, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_USER_MEMORY_UNLOCK CTL_CODE(FILE_DEVICE_UNKNOWN, 0x934, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Maps a section of Bytes into the caller, and puts its address out.
#define IOCTL_USER_MEMORY_SHARE  CTL_CODE(FILE_DEVICE_UNKNOWN, 0x935, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Puts out the number at the section's beginning, as the driver sees it, and replaces it by Value.
#define IOCTL_USER_MEMORY_SWAP   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x936, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Locks pages of the pool, shows them to the caller, and puts the address out; UNLOCK ends that.
#define IOCTL_USER_MEMORY_SHOW   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x937, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
