// SPDX-License-Identifier: MIT
// Numbers and bytes as people write and read them.
#ifndef KMODE_CLI_NUMBER_H
#define KMODE_CLI_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A number of up to 64 bits, decimal, 0x... or 0..., and nothing else.
bool km_number(const char *text, uint64_t *number);

// The value of a hexadecimal digit; -1: it is none.
int km_hexadecimal_digit(char character);

// Two digits a byte. The caller frees it.
char *km_hexadecimal(const uint8_t *bytes, size_t count);

#endif
