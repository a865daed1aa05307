// SPDX-License-Identifier: MIT
// What JSON has no type for, as its strings.
#include "cli/json-text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/text.h"
#include "machine/unicode.h"

json_t *km_json_text(const char *text)
{
    return text != NULL ? km_json_text_of(text, strlen(text)) : json_null();
}

json_t *km_json_text_of(const char *text, size_t bytes)
{
    char *mended = km_allocate(bytes * 3 + 1, 1);
    size_t length = 0;
    for (size_t i = 0; i < bytes;) {
        uint32_t character;
        const size_t whole = km_utf8_decode(text + i, bytes - i, &character);
        if (whole != 0) {
            memcpy(mended + length, text + i, whole);
            length += whole;
        } else {
            length += km_utf8_encode(KM_NO_CHARACTER, mended + length);
        }
        i += whole != 0 ? whole : 1;
    }
    json_t *string = json_stringn(mended, length);
    free(mended);
    return string;
}

json_t *km_json_hexadecimal(uint64_t value, int digits)
{
    return json_sprintf("0x%0*" PRIx64, digits, value);
}

json_t *km_json_bytes(const uint8_t *bytes, size_t count)
{
    char *digits = km_hexadecimal(bytes, count);
    json_t *string = json_string(digits);
    free(digits);
    return string;
}
