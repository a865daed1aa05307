// SPDX-License-Identifier: MIT
// Characters in UTF-8 and UTF-16.
#include "machine/unicode.h"

#include <stdbool.h>

static bool is_surrogate(uint32_t character)
{
    return character >= 0xD800 && character < 0xE000;
}

size_t km_utf8_decode(const char *text, size_t bytes, uint32_t *character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    const uint8_t *at = (const uint8_t *)text;
    const uint8_t first = bytes != 0 ? at[0] : 0xFF;
    const size_t length = first < 0x80   ? 1
                          : first < 0xC0 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF8 ? 4
                                         : 0;
    if (length == 0 || length > bytes) {
        return 0;
    }
    uint32_t value = length == 1 ? first : first & (0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3Fu);
    }
    *character = value;
    return value >= smallest[length] && value <= 0x10FFFF && !is_surrogate(value) ? length : 0;
}

size_t km_utf8_encode(uint32_t character, char text[static 4])
{
    static const uint8_t heads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    const size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; character >>= 6) {
        text[i] = (char)(0x80 | (character & 0x3F));
    }
    text[0] = (char)(heads[length] | character);
    return length;
}

uint32_t km_utf16_decode(const uint16_t *units, size_t count, size_t *used)
{
    const uint32_t first = units[0], second = count > 1 ? units[1] : 0;
    const bool is_pair = first >> 10 == 0x36 && second >> 10 == 0x37;
    *used = is_pair ? 2 : 1;
    if (is_pair) {
        return 0x10000 + ((first & 0x3FF) << 10) + (second & 0x3FF);
    }
    return is_surrogate(first) ? KM_NO_CHARACTER : first;
}

size_t km_utf16_encode(uint32_t character, uint16_t units[static 2])
{
    if (character < 0x10000) {
        units[0] = (uint16_t)character;
        return 1;
    }
    units[0] = (uint16_t)(0xD7C0 + (character >> 10));
    units[1] = (uint16_t)(0xDC00 | (character & 0x3FF));
    return 2;
}
