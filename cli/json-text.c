// SPDX-License-Identifier: MIT
// Text that may be anything, as JSON's.
#include "cli/json-text.h"

#include <stdlib.h>
#include <string.h>

json_t *km_json_text(const char *value)
{
    static const char replacement[] = "\xEF\xBF\xBD";
    if (value == NULL) {
        return json_null();
    }
    json_t *string = json_string(value);
    char *mended = string == NULL ? malloc(strlen(value) * 3 + 1) : NULL;
    if (mended == NULL) {
        return string;
    }
    size_t length = 0;
    while (*value != '\0') {
        size_t bytes = 4;
        json_t *character = NULL;
        while (bytes > 0 &&
               (strnlen(value, bytes) < bytes || (character = json_stringn(value, bytes)) == NULL)) {
            bytes--;
        }
        json_decref(character);
        memcpy(mended + length, bytes > 0 ? value : replacement, bytes > 0 ? bytes : 3);
        length += bytes > 0 ? bytes : 3;
        value += bytes > 0 ? bytes : 1;
    }
    string = json_stringn(mended, length);
    free(mended);
    return string;
}
