// SPDX-License-Identifier: MIT
// Providers of events by their GUIDs and names.
#include "cli/event-provider.h"

#include <ctype.h>
#include <errno.h>
#include <sha1.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/number.h"
#include "cli/text.h"

static const char *const levels[] = {"always", "critical", "error", "warning", "info", "verbose"};

enum { LEVELS = sizeof levels / sizeof *levels, GUID_DIGITS = 36, MOST_NAME_BYTES = 1024 };

const char *km_event_level_name(unsigned level)
{
    return level < LEVELS ? levels[level] : NULL;
}

bool km_event_provider_hash(const char *name, size_t bytes, uint8_t guid[static 16])
{
    // The name space, big-endian, and the name in upper case, UTF-16, big-endian.
    static const uint8_t name_space[] = {0x48, 0x2C, 0x2D, 0xB2, 0xC3, 0x90, 0x47, 0xC8,
                                         0x87, 0xF8, 0x1A, 0x15, 0xBF, 0xC1, 0x30, 0xFB};
    uint8_t hashed[sizeof name_space + 2 * MOST_NAME_BYTES] = {0};
    uint8_t digest[SHA1_DIGEST_LENGTH];
    SHA1_CTX context;
    if (bytes > MOST_NAME_BYTES) {
        return false;
    }
    memcpy(hashed, name_space, sizeof name_space);
    for (size_t i = 0; i < bytes; i++) {
        const unsigned char character = (unsigned char)name[i];
        if (character >= 0x80) {
            return false;
        }
        hashed[sizeof name_space + 2 * i + 1] =
            character >= 'a' && character <= 'z' ? (uint8_t)(character - 'a' + 'A') : character;
    }
    SHA1Init(&context);
    SHA1Update(&context, hashed, sizeof name_space + 2 * bytes);
    SHA1Final(digest, &context);
    memcpy(guid, digest, 16);
    guid[7] = (uint8_t)((guid[7] & 0x0F) | 0x50);
    return true;
}

// "6e4ff3b2-01ab-4c5d-8001-020304050607": the first three parts are numbers, and lie in memory backwards.
static bool parse_guid(const char *text, size_t bytes, uint8_t guid[static 16])
{
    static const uint8_t places[] = {3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15};
    size_t digits = 0;
    if (bytes != GUID_DIGITS) {
        return false;
    }
    for (size_t i = 0; i < bytes; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            if (text[i] != '-') {
                return false;
            }
            continue;
        }
        const int value = km_hexadecimal_digit(text[i]);
        if (value < 0) {
            return false;
        }
        uint8_t *byte = &guid[places[digits / 2]];
        *byte = (uint8_t)(digits % 2 == 0 ? value << 4 : *byte | value);
        digits++;
    }
    return true;
}

static char *parse_name(const char *text, size_t bytes, struct km_event_provider *provider)
{
    provider->is_all = bytes == 1 && *text == '*';
    if (provider->is_all) {
        return NULL;
    }
    if (bytes == 0) {
        return km_format("it names no provider");
    }
    if (*text == '{') {
        return bytes == GUID_DIGITS + 2 && text[bytes - 1] == '}' &&
                       parse_guid(text + 1, GUID_DIGITS, provider->guid)
                   ? NULL
                   : km_format("'%.*s' is no GUID", (int)bytes, text);
    }
    if (parse_guid(text, bytes, provider->guid)) {
        return NULL;
    }
    provider->name = text;
    provider->name_bytes = bytes;
    return km_event_provider_hash(text, bytes, provider->guid)
               ? NULL
               : km_format("a provider with the name '%.*s' is to be named by its GUID", (int)bytes, text);
}

static char *parse_level(const char *text, size_t bytes, uint8_t *level)
{
    for (unsigned i = 1; i < LEVELS; i++) {
        if (strlen(levels[i]) == bytes && strncasecmp(text, levels[i], bytes) == 0) {
            *level = (uint8_t)i;
            return NULL;
        }
    }
    unsigned number = 0;
    for (size_t i = 0; i < bytes; i++) {
        number =
            isdigit((unsigned char)text[i]) && number < 1000 ? number * 10 + (unsigned)(text[i] - '0') : 1000;
    }
    *level = (uint8_t)number;
    return number <= UINT8_MAX
               ? NULL
               : km_format("'%.*s' is no level: critical, error, warning, info, verbose, or a "
                           "number up to 255",
                           (int)bytes, text);
}

char *km_event_provider_parse(const char *text, struct km_event_provider *provider)
{
    *provider = (struct km_event_provider){0};
    const size_t name_bytes = strcspn(text, ":");
    char *problem = parse_name(text, name_bytes, provider);
    text += name_bytes;
    if (problem == NULL && *text == ':') {
        const size_t level_bytes = strcspn(++text, ":");
        problem = parse_level(text, level_bytes, &provider->level);
        text += level_bytes;
    }
    if (problem == NULL && *text == ':') {
        char *end;
        errno = 0;
        provider->keywords = strtoull(++text, &end, 16);
        if (errno != 0 || !isxdigit((unsigned char)*text) || *end != '\0') {
            problem = km_format("'%s' is no mask of keywords: up to 16 hexadecimal digits", text);
        }
    }
    return problem;
}
