// SPDX-License-Identifier: MIT
// Characters in UTF-8 and UTF-16.
#ifndef KMODE_MACHINE_UNICODE_H
#define KMODE_MACHINE_UNICODE_H

#include <stddef.h>
#include <stdint.h>

#define KM_NO_CHARACTER UINT32_C(0xFFFD) // stands for what is none

// Bytes of the UTF-8 character at `text`, of which there are `bytes`; 0: that is none, too long a form, or
// half of a surrogate pair. *character: it.
size_t km_utf8_decode(const char *text, size_t bytes, uint32_t *character);

// Returns how many bytes, 1 to 4.
size_t km_utf8_encode(uint32_t character, char text[static 4]);

// The first character of `units`, of which there are `count`, at least one; KM_NO_CHARACTER for half of a
// surrogate pair. *used: how many units it has.
uint32_t km_utf16_decode(const uint16_t *units, size_t count, size_t *used);

// Returns how many units, 1 or 2.
size_t km_utf16_encode(uint32_t character, uint16_t units[static 2]);

#endif
