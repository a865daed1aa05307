// SPDX-License-Identifier: MIT
// Numbers and bytes as people write and read them.
#include "cli/number.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "cli/text.h"

bool km_number(const char *text, uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && isdigit((unsigned char)*text) && *end == '\0';
}

int km_hexadecimal_digit(char character)
{
    return isdigit((unsigned char)character)    ? character - '0'
           : isxdigit((unsigned char)character) ? tolower((unsigned char)character) - 'a' + 10
                                                : -1;
}

char *km_hexadecimal(const uint8_t *bytes, size_t count)
{
    static const char digits[] = "0123456789abcdef";
    char *text = km_allocate(2 * count + 1, 1);
    for (size_t i = 0; i < count; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    return text;
}
