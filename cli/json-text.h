// SPDX-License-Identifier: MIT
// What JSON has no type for, as its strings.
#ifndef KMODE_CLI_JSON_TEXT_H
#define KMODE_CLI_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

// A driver may print bytes that are no UTF-8, which JSON cannot hold: each becomes U+FFFD. NULL is null.
json_t *km_json_text(const char *text);
json_t *km_json_text_of(const char *text, size_t bytes);

// "0x..." of at least so many digits: numbers of 64 bits are too large for JSON's own.
json_t *km_json_hexadecimal(uint64_t value, int digits);

// Two digits a byte, without a prefix.
json_t *km_json_bytes(const uint8_t *bytes, size_t count);

#endif
