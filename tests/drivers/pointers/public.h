// SPDX-License-Identifier: MIT
// What the copier device and its clients agree on: requests with pointers in them, carried out later.
#ifndef COPIER_PUBLIC_H
#define COPIER_PUBLIC_H

typedef struct _COPIER_REQUEST {
    ULONG64 From, To; // user addresses
    ULONG Bytes;
    ULONG Alignment; // that both are asked to have
} COPIER_REQUEST;

// Copies by a COPIER_REQUEST, at once.
#define IOCTL_COPIER_COPY       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x930, METHOD_BUFFERED, FILE_ANY_ACCESS)
// The addresses are probed, IOCTL_COPIER_GO is waited for, and only then it is copied.
#define IOCTL_COPIER_COPY_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x931, METHOD_BUFFERED, FILE_ANY_ACCESS)
// The target's pages are locked, IOCTL_COPIER_GO is waited for, and they are filled with 'x'.
#define IOCTL_COPIER_FILL_LATER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x932, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Lets one that waits go on.
#define IOCTL_COPIER_GO         CTL_CODE(FILE_DEVICE_UNKNOWN, 0x933, METHOD_BUFFERED, FILE_ANY_ACCESS)

#endif
