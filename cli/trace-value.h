// SPDX-License-Identifier: MIT
// Values of self-describing events, as people and programs read them.
#ifndef KMODE_CLI_TRACE_VALUE_H
#define KMODE_CLI_TRACE_VALUE_H

#include <stdio.h>

#include "cli/trace-logging.h"

enum km_trace_kind {
    KM_TRACE_NOTHING,
    KM_TRACE_INTEGER,
    KM_TRACE_REAL,
    KM_TRACE_BOOLEAN,
    KM_TRACE_STRING, // text that somebody has written
    KM_TRACE_LITERAL // text with neither blanks nor quotes: a GUID, a time, hexadecimal digits
};

struct km_trace_shown {
    enum km_trace_kind kind;
    int64_t integer;
    double real;
    bool boolean;
    char *text; // bytes of it, and a zero; may not be UTF-8
    size_t bytes;
    const char *symbol; // of a status: its name; NULL: it has none
};

// What a value says. The caller frees it.
void km_trace_show(const struct km_trace_value *value, struct km_trace_shown *shown);
void km_trace_shown_free(struct km_trace_shown *shown);

// What km_trace_in and km_trace_out are called; NULL: out has no name, or says nothing.
const char *km_trace_in_name(enum km_trace_in in);
const char *km_trace_out_name(unsigned out);

// Writes text: in quotes, with what breaks a line escaped, unless it is a word without any of that.
void km_trace_write_word(FILE *file, const char *text, size_t bytes);
// The same of UTF-16.
void km_trace_write_utf16(FILE *file, const uint8_t *text, size_t bytes);
// Two digits a byte; "{6e4ff3b2-01ab-4c5d-8001-020304050607}".
void km_trace_write_bytes(FILE *file, const uint8_t *bytes, size_t count);
void km_trace_write_guid(FILE *file, const uint8_t guid[static 16]);

#endif
