// SPDX-License-Identifier: MIT
// Registry files read.
#include "machine/registry-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/unicode.h"

static const char header[] = "Windows Registry Editor Version 5.00";

struct parser {
    const uint16_t *at, *end; // of the text
    unsigned line;
    struct km_registry_file *file;
    struct km_registry_problem *problem;
    struct km_utf16 key; // the one that values are for
};

// ---- Text

bool km_utf16_copy(struct km_utf16 *copy, const uint16_t *units, size_t length)
{
    copy->units = malloc((length + 1) * sizeof *units);
    copy->length = 0;
    if (copy->units == NULL) {
        return false;
    }
    if (length != 0) {
        memcpy(copy->units, units, length * sizeof *units);
    }
    copy->length = length;
    return true;
}

static bool fail(struct km_registry_problem *problem, unsigned line, const char *reason)
{
    problem->line = line;
    snprintf(problem->reason, sizeof problem->reason, "%s", reason);
    return false;
}

static bool from_utf8(const uint8_t *bytes, size_t size, struct km_utf16 *text,
                      struct km_registry_problem *problem)
{
    unsigned line = 1;
    for (size_t i = 0; i < size;) {
        uint32_t value;
        size_t length = km_utf8_decode((const char *)bytes + i, size - i, &value);
        if (length == 0) {
            return fail(problem, line, "it is not UTF-8, nor UTF-16 with a byte-order mark");
        }
        i += length;
        line += value == '\n';
        text->length += km_utf16_encode(value, text->units + text->length);
    }
    return true;
}

static bool to_text(const uint8_t *bytes, size_t size, struct km_utf16 *text,
                    struct km_registry_problem *problem)
{
    text->length = 0;
    text->units = malloc((size + 1) * sizeof *text->units);
    if (text->units == NULL) {
        return fail(problem, 0, "no memory");
    }
    if (size >= 2 && bytes[0] == 0xFF && bytes[1] == 0xFE) {
        if (size % 2 != 0) {
            return fail(problem, 0, "UTF-16 with half a character at its end");
        }
        for (size_t i = 2; i < size; i += 2) {
            text->units[text->length++] = (uint16_t)(bytes[i] | bytes[i + 1] << 8);
        }
        return true;
    }
    size_t mark = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    return from_utf8(bytes + mark, size - mark, text, problem);
}

// ---- Lines

static bool at_line_end(const struct parser *parser)
{
    return parser->at == parser->end || *parser->at == '\n' ||
           (*parser->at == '\r' && (parser->at + 1 == parser->end || parser->at[1] == '\n'));
}

static void skip_spaces(struct parser *parser)
{
    while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t')) {
        parser->at++;
    }
}

static void next_line(struct parser *parser)
{
    while (parser->at < parser->end && *parser->at != '\n') {
        parser->at++;
    }
    if (parser->at < parser->end) {
        parser->at++;
        parser->line++;
    }
}

static bool error(const struct parser *parser, const char *reason)
{
    return fail(parser->problem, parser->line, reason);
}

// Takes text off, whatever its case.
static bool take(struct parser *parser, const char *text)
{
    const uint16_t *at = parser->at;
    for (; *text != '\0'; text++, at++) {
        if (at == parser->end || (*at != (uint8_t)*text && (*at | 0x20) != (uint8_t)*text)) {
            return false;
        }
    }
    parser->at = at;
    return true;
}

static bool end_of_line(struct parser *parser)
{
    skip_spaces(parser);
    if (!at_line_end(parser)) {
        return error(parser, "text behind the end of the value");
    }
    return true;
}

// ---- Entries

struct km_registry_entry *km_registry_file_add(struct km_registry_file *file, unsigned line)
{
    if (file->count == file->room) {
        size_t room = file->room != 0 ? file->room * 2 : 16;
        struct km_registry_entry *entries = realloc(file->entries, room * sizeof *entries);
        if (entries == NULL) {
            return NULL;
        }
        file->entries = entries;
        file->room = room;
    }
    struct km_registry_entry *entry = &file->entries[file->count++];
    *entry = (struct km_registry_entry){.line = line};
    return entry;
}

void km_registry_file_free(struct km_registry_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->entries[i].key.units);
        free(file->entries[i].name.units);
        free(file->entries[i].data);
    }
    free(file->entries);
    *file = (struct km_registry_file){0};
}

// An entry for the key that is open.
static struct km_registry_entry *add(struct parser *parser, enum km_registry_action action)
{
    struct km_registry_entry *entry = km_registry_file_add(parser->file, parser->line);
    if (entry == NULL || !km_utf16_copy(&entry->key, parser->key.units, parser->key.length)) {
        error(parser, "no memory");
        return NULL;
    }
    entry->action = action;
    return entry;
}

// "[key]" or "[-key]", whose bracket is taken already.
static bool parse_key(struct parser *parser)
{
    bool removed = parser->at < parser->end && *parser->at == '-';
    const uint16_t *start = parser->at + removed, *close = NULL, *at = start;
    for (; at < parser->end && *at != '\n'; at++) {
        if (*at == ']') {
            close = at;
        }
    }
    if (close == NULL) {
        return error(parser, "a key without its closing bracket");
    }
    parser->at = close + 1;
    if (close == start) {
        return error(parser, "a key without a name");
    }
    if (!end_of_line(parser)) {
        return error(parser, "text behind the key's closing bracket");
    }
    free(parser->key.units);
    if (!km_utf16_copy(&parser->key, start, (size_t)(close - start))) {
        return error(parser, "no memory");
    }
    if (add(parser, removed ? KM_REGISTRY_REMOVE_KEY : KM_REGISTRY_MAKE_KEY) == NULL) {
        return false;
    }
    if (removed) {
        // Values need a key that is there.
        parser->key.length = 0;
    }
    return true;
}

// What is between quotes, the first of which is taken already.
static bool parse_string(struct parser *parser, struct km_utf16 *string)
{
    const uint16_t *end = parser->at;
    while (end < parser->end && *end != '"' && *end != '\n') {
        end += *end == '\\' ? 2 : 1;
    }
    if (end >= parser->end || *end != '"') {
        return error(parser, "a string without its closing quote");
    }
    if (!km_utf16_copy(string, parser->at, (size_t)(end - parser->at))) {
        return error(parser, "no memory");
    }
    size_t length = 0;
    for (const uint16_t *at = parser->at; at < end; at++) {
        if (*at == '\\') {
            at++;
            if (*at != '\\' && *at != '"') {
                return error(parser, "a backslash in a string stands before a backslash or a quote");
            }
        }
        string->units[length++] = *at;
    }
    string->length = length;
    parser->at = end + 1;
    return true;
}

static int hex_digit(uint16_t unit)
{
    return unit >= '0' && unit <= '9'   ? unit - '0'
           : unit >= 'a' && unit <= 'f' ? unit - 'a' + 10
           : unit >= 'A' && unit <= 'F' ? unit - 'A' + 10
                                        : -1;
}

// Up to `most` digits; false if there is none.
static bool parse_hex(struct parser *parser, unsigned most, uint32_t *value)
{
    unsigned digits = 0;
    *value = 0;
    while (parser->at < parser->end && digits < most && hex_digit(*parser->at) >= 0) {
        *value = *value << 4 | (uint32_t)hex_digit(*parser->at);
        parser->at++;
        digits++;
    }
    return digits != 0;
}

// Skips spaces, and line ends with a backslash in front of them.
static void skip_continuations(struct parser *parser)
{
    for (;;) {
        skip_spaces(parser);
        if (parser->at == parser->end || *parser->at != '\\') {
            return;
        }
        struct parser ahead = *parser;
        ahead.at++;
        skip_spaces(&ahead);
        if (!at_line_end(&ahead) || ahead.at == ahead.end) {
            return;
        }
        next_line(&ahead);
        *parser = ahead;
    }
}

static bool parse_bytes(struct parser *parser, struct km_registry_entry *entry)
{
    size_t room = 0;
    skip_continuations(parser);
    while (!at_line_end(parser)) {
        uint32_t byte;
        if (!parse_hex(parser, 2, &byte)) {
            return error(parser, "two hexadecimal digits are missing");
        }
        if (entry->data_bytes == room) {
            room = room != 0 ? room * 2 : 64;
            uint8_t *data = realloc(entry->data, room);
            if (data == NULL) {
                return error(parser, "no memory");
            }
            entry->data = data;
        }
        entry->data[entry->data_bytes++] = (uint8_t)byte;
        skip_continuations(parser);
        if (at_line_end(parser)) {
            break;
        }
        if (*parser->at != ',') {
            return error(parser, "a comma is missing between two bytes");
        }
        parser->at++;
        skip_continuations(parser);
    }
    return true;
}

static bool parse_text_data(struct parser *parser, struct km_registry_entry *entry)
{
    struct km_utf16 text = {0};
    if (!parse_string(parser, &text)) {
        free(text.units);
        return false;
    }
    // The room for one unit more is the zero's.
    text.units[text.length] = 0;
    entry->type = KM_REG_SZ;
    entry->data = (uint8_t *)text.units;
    entry->data_bytes = (text.length + 1) * sizeof *text.units;
    return true;
}

static bool parse_number_data(struct parser *parser, struct km_registry_entry *entry)
{
    uint32_t value;
    skip_spaces(parser);
    if (!parse_hex(parser, 8, &value)) {
        return error(parser, "dword: takes one to eight hexadecimal digits");
    }
    entry->data = malloc(4);
    if (entry->data == NULL) {
        return error(parser, "no memory");
    }
    memcpy(entry->data, &value, sizeof value);
    entry->type = KM_REG_DWORD;
    entry->data_bytes = sizeof value;
    return true;
}

static bool parse_data(struct parser *parser, struct km_registry_entry *entry)
{
    if (take(parser, "-")) {
        entry->action = KM_REGISTRY_REMOVE_VALUE;
        return true;
    }
    if (take(parser, "\"")) {
        return parse_text_data(parser, entry);
    }
    if (take(parser, "dword:")) {
        return parse_number_data(parser, entry);
    }
    if (take(parser, "hex:")) {
        entry->type = KM_REG_BINARY;
        return parse_bytes(parser, entry);
    }
    if (take(parser, "hex(")) {
        if (!parse_hex(parser, 8, &entry->type) || !take(parser, "):")) {
            return error(parser, "hex( takes a type in hexadecimal, and ): behind it");
        }
        return parse_bytes(parser, entry);
    }
    return error(parser, "a value is a quoted string, dword:, hex:, hex(type): or -");
}

static bool parse_value(struct parser *parser)
{
    if (parser->key.length == 0) {
        return error(parser, "a value without a key above it");
    }
    struct km_registry_entry *entry = add(parser, KM_REGISTRY_PUT_VALUE);
    if (entry == NULL) {
        return false;
    }
    if (!take(parser, "@") && (parser->at++, !parse_string(parser, &entry->name))) {
        return false;
    }
    skip_spaces(parser);
    if (!take(parser, "=")) {
        return error(parser, "an equals sign is missing behind the value's name");
    }
    skip_spaces(parser);
    return parse_data(parser, entry) && end_of_line(parser);
}

static bool parse_header(struct parser *parser)
{
    for (const char *text = header; *text != '\0'; text++) {
        if (parser->at == parser->end || *parser->at != (uint8_t)*text) {
            return error(parser, "the first line is not 'Windows Registry Editor Version 5.00'");
        }
        parser->at++;
    }
    skip_spaces(parser);
    return at_line_end(parser) || error(parser, "text behind the header");
}

static bool parse_line(struct parser *parser)
{
    skip_spaces(parser);
    if (at_line_end(parser) || *parser->at == ';') {
        return true;
    }
    if (take(parser, "[")) {
        return parse_key(parser);
    }
    if (*parser->at == '@' || *parser->at == '"') {
        return parse_value(parser);
    }
    return error(parser, "a line is [key], [-key], \"name\"=value, @=value or ; comment");
}

bool km_registry_file_parse(const uint8_t *bytes, size_t size, struct km_registry_file *file,
                            struct km_registry_problem *problem)
{
    struct km_utf16 text = {0};
    *file = (struct km_registry_file){0};
    bool good = to_text(bytes, size, &text, problem);
    struct parser parser = {
        .at = text.units, .end = text.units + text.length, .line = 1, .file = file, .problem = problem};
    good = good && parse_header(&parser);
    while (good && parser.at < parser.end) {
        next_line(&parser);
        good = parse_line(&parser);
    }
    free(parser.key.units);
    free(text.units);
    if (!good) {
        km_registry_file_free(file);
    }
    return good;
}
