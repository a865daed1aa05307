// SPDX-License-Identifier: MIT
// What the driver and its client have in common. All codes are METHOD_NEITHER, their buffers the client's
// addresses.
#ifndef EXAMPLES_MEMORY_H
#define EXAMPLES_MEMORY_H

#define MEMORY_IOCTL(Function) (0x220000U | (Function) << 2 | 3)

// Input: text of chars, ended by a zero. Output: its length, 32 bits.
#define IOCTL_MEMORY_LENGTH MEMORY_IOCTL(0x800U)
// Output: filled with the input's first byte, by locked pages.
#define IOCTL_MEMORY_FILL   MEMORY_IOCTL(0x801U)
// Output: the address, 64 bits, of a page that the driver writes and the client may read.
#define IOCTL_MEMORY_SHARE  MEMORY_IOCTL(0x802U)

#define MEMORY_GREETING "written by the driver"

#endif
