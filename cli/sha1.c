// SPDX-License-Identifier: MIT
// SHA-1, of what is in memory whole.
#include "cli/sha1.h"

#include <string.h>

enum { BLOCK = 64, LENGTH_BYTES = 8 };

static uint32_t rotate(uint32_t value, unsigned bits)
{
    return value << bits | value >> (32 - bits);
}

static void add_block(uint32_t state[static 5], const uint8_t *block)
{
    uint32_t words[80];
    for (size_t i = 0; i < 16; i++) {
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    }
    for (size_t i = 16; i < 80; i++) {
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (size_t i = 0; i < 80; i++) {
        const uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5A827999
                               : i < 40 ? (b ^ c ^ d) + 0x6ED9EBA1
                               : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8F1BBCDC
                                        : (b ^ c ^ d) + 0xCA62C1D6;
        const uint32_t next = rotate(a, 5) + mixed + e + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

void km_sha1(const uint8_t *bytes, size_t count, uint8_t digest[static KM_SHA1_BYTES])
{
    uint32_t state[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
    uint8_t last[2 * BLOCK] = {0};
    const size_t whole = count / BLOCK * BLOCK, rest = count - whole;
    const size_t last_bytes = rest + 1 + LENGTH_BYTES <= BLOCK ? BLOCK : 2 * BLOCK;
    for (size_t at = 0; at < whole; at += BLOCK) {
        add_block(state, bytes + at);
    }
    memcpy(last, bytes + whole, rest);
    last[rest] = 0x80;
    for (unsigned i = 0; i < LENGTH_BYTES; i++) {
        last[last_bytes - 1 - i] = (uint8_t)((uint64_t)count * 8 >> (8 * i));
    }
    for (size_t at = 0; at < last_bytes; at += BLOCK) {
        add_block(state, last + at);
    }
    for (size_t i = 0; i < KM_SHA1_BYTES; i++) {
        digest[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
    }
}
