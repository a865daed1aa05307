// SPDX-License-Identifier: MIT
// SHA-1 (FIPS 180-4), for identifiers that are made from names.
#ifndef KMODE_CLI_SHA1_H
#define KMODE_CLI_SHA1_H

#include <stddef.h>
#include <stdint.h>

#define KM_SHA1_BYTES 20

void km_sha1(const uint8_t *bytes, size_t count, uint8_t digest[static KM_SHA1_BYTES]);

#endif
