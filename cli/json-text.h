// SPDX-License-Identifier: MIT
// Text that may be anything, as JSON's.
#ifndef KMODE_CLI_JSON_TEXT_H
#define KMODE_CLI_JSON_TEXT_H

#include <jansson.h>

// A driver may print bytes that are no UTF-8, which JSON cannot hold: each becomes U+FFFD. NULL is null.
json_t *km_json_text(const char *value);

#endif
