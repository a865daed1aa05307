// SPDX-License-Identifier: MIT
// What the cipher device and its clients agree on. A file that is open on it has a key; the four methods of
// transfer carry data through it.
#ifndef CIPHER_PUBLIC_H
#define CIPHER_PUBLIC_H

#define CIPHER_KEY_BYTES 16

// Sets the key: 1 to CIPHER_KEY_BYTES bytes of input.
#define IOCTL_CIPHER_SET_KEY        CTL_CODE(FILE_DEVICE_UNKNOWN, 0x900, METHOD_BUFFERED, FILE_WRITE_ACCESS)
// The output is the input, enciphered; STATUS_BUFFER_OVERFLOW: as much of it as there is room for.
#define IOCTL_CIPHER_ENCODE         CTL_CODE(FILE_DEVICE_UNKNOWN, 0x901, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Adds the bytes of the second buffer, each times the factor (a ULONG, the input), to the file's checksum.
#define IOCTL_CIPHER_ADD            CTL_CODE(FILE_DEVICE_UNKNOWN, 0x902, METHOD_IN_DIRECT, FILE_ANY_ACCESS)
// Fills the output with the key stream from the position on that the input, a ULONG, says.
#define IOCTL_CIPHER_STREAM         CTL_CODE(FILE_DEVICE_UNKNOWN, 0x903, METHOD_OUT_DIRECT, FILE_ANY_ACCESS)
// As IOCTL_CIPHER_ENCODE, from user memory to user memory.
#define IOCTL_CIPHER_ENCODE_NEITHER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x904, METHOD_NEITHER, FILE_ANY_ACCESS)
// Answers a CIPHER_STATISTICS.
#define IOCTL_CIPHER_QUERY          CTL_CODE(FILE_DEVICE_UNKNOWN, 0x905, METHOD_BUFFERED, FILE_READ_ACCESS)

typedef struct _CIPHER_STATISTICS {
    ULONG Requests; // that succeeded
    ULONG Bytes;    // enciphered
    ULONG Checksum;
    ULONG OpenFiles; // of the device
} CIPHER_STATISTICS;

#endif
