// SPDX-License-Identifier: MIT
// What the physical-memory reader and its clients agree on.
#ifndef PHYSICAL_PUBLIC_H
#define PHYSICAL_PUBLIC_H

#define PHYSICAL_BUFFER_BYTES 0x3000

typedef struct _PHYSICAL_RANGE {
    ULONG64 Start, Bytes;
} PHYSICAL_RANGE;

typedef enum _PHYSICAL_SOURCE {
    PhysicalRam,     // of a physical address
    PhysicalMapped,  // of a physical address within the driver's buffer, by mapping it
    PhysicalVirtual, // of a virtual address of the system's, or of the caller's
    PhysicalSources
} PHYSICAL_SOURCE;

typedef struct _PHYSICAL_READ {
    ULONG64 Address;
    ULONG Source; // PHYSICAL_SOURCE
    ULONG Reserved;
} PHYSICAL_READ;

typedef struct _PHYSICAL_BUFFER {
    ULONG64 Physical, Virtual;
} PHYSICAL_BUFFER;

// Answers the ranges of RAM, PHYSICAL_RANGEs in ascending order. STATUS_BUFFER_OVERFLOW: those that there is
// room for.
#define IOCTL_PHYSICAL_RANGES    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x920, METHOD_BUFFERED, FILE_READ_ACCESS)
// The physical address (ULONG64) of an address of the caller's (ULONG64).
#define IOCTL_PHYSICAL_TRANSLATE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x921, METHOD_BUFFERED, FILE_READ_ACCESS)
// The output is what stands at a PHYSICAL_READ. STATUS_BUFFER_OVERFLOW: only so much of it could be read.
#define IOCTL_PHYSICAL_READ      CTL_CODE(FILE_DEVICE_UNKNOWN, 0x922, METHOD_OUT_DIRECT, FILE_READ_ACCESS)
// Where the driver's buffer is (PHYSICAL_BUFFER): contiguous memory below 4 GB, each byte the low one of its
// offset / 16.
#define IOCTL_PHYSICAL_BUFFER    CTL_CODE(FILE_DEVICE_UNKNOWN, 0x923, METHOD_BUFFERED, FILE_READ_ACCESS)

#endif
