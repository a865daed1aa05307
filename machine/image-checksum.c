// SPDX-License-Identifier: MIT
// The PE checksum: the ones' complement sum of the file's 16-bit words, its own field taken as zero, plus the
// length.
#include "machine/image-internal.h"

uint32_t km_image_checksum(const uint8_t *bytes, size_t size)
{
    // Offset of CheckSum from the PE signature: signature 4, file header 20, 64 into the optional header.
    const uint64_t from_signature = 4 + 20 + 64;

    if (size < 64 || bytes[0] != 'M' || bytes[1] != 'Z') {
        return 0;
    }
    uint64_t field = km_load32(bytes + 0x3c) + from_signature;
    if ((field & 1) != 0 || !km_range_inside(field, 4, size)) {
        return 0;
    }
    uint64_t sum = 0;
    size_t even = size & ~(size_t)1;
    for (size_t i = 0; i < even; i += 2) {
        sum += km_load16(bytes + i);
    }
    if (even != size) {
        sum += bytes[even];
    }
    sum -= (uint64_t)km_load16(bytes + field) + km_load16(bytes + field + 2);
    while (sum > 0xffff) {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    return (uint32_t)(sum + size);
}
