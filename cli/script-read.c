// SPDX-License-Identifier: MIT
// A script's text: its lines, their words, and the places that they are told by.
#include "cli/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/script-line.h"
#include "cli/text.h"

static const char *keep_place(struct km_script *script, char *place)
{
    // There is room for as many as the next power of two.
    if ((script->place_count & (script->place_count - 1)) == 0) {
        char **larger = km_allocate(script->place_count * 2 + 1, sizeof *larger);
        if (script->place_count != 0) {
            memcpy(larger, script->places, script->place_count * sizeof *larger);
        }
        free(script->places);
        script->places = larger;
    }
    script->places[script->place_count++] = place;
    return place;
}

bool km_script_add(struct km_script *script, const char *place, const char *const *words, size_t count,
                   const struct km_script_reader *reader)
{
    km_script_prepare(script);
    return km_script_add_line(script, keep_place(script, km_copy_string(place)), true, words, count, reader);
}

// ---- The words of a script

// Whether what follows is one text to the end of the line, quotes and # in it as they are.
static bool text_follows(const struct km_strings *words)
{
    return (words->count == 1 && strcmp(words->items[0], "echo") == 0) ||
           (words->count == 2 && strcmp(words->items[0], "assert") == 0 &&
            strcmp(words->items[1], "log") == 0);
}

// Splits a line, which ends in a zero byte, into words with their quotes. false: reason.
static bool split(const char *line, struct km_strings *words, const char **reason)
{
    const char *const code = "CTL_CODE(";
    for (const char *at = line;;) {
        at += strspn(at, " \t");
        if (*at != '\0' && text_follows(words)) {
            size_t length = strlen(at);
            while (at[length - 1] == ' ' || at[length - 1] == '\t') {
                length--;
            }
            km_strings_add_format(words, "%.*s", (int)length, at);
            return true;
        }
        if (*at == '\0' || *at == '#') {
            return true;
        }
        const char *start = at;
        while (*at != '\0' && *at != ' ' && *at != '\t') {
            const bool is_code = strncmp(at, code, strlen(code)) == 0;
            if (*at == '"' || *at == '\'' || is_code) {
                const char *end = strchr(at + 1, is_code ? ')' : *at);
                if (end == NULL) {
                    *reason = is_code ? "CTL_CODE without its )" : "a quote that is not closed";
                    return false;
                }
                at = end;
            }
            at++;
        }
        km_strings_add_format(words, "%.*s", (int)(at - start), start);
    }
}

static bool parse_line(struct km_script *script, const char *place, char *line, size_t length,
                       const struct km_script_reader *reader)
{
    struct km_strings words = {0};
    const char *reason = NULL;
    bool good;
    if (length != 0 && line[length - 1] == '\r') {
        line[--length] = '\0';
    }
    for (size_t i = 0; i < length && reason == NULL; i++) {
        if (((unsigned char)line[i] < 0x20 && line[i] != '\t') || line[i] == 0x7F) {
            reason = "a control character";
        }
    }
    if (reason == NULL && split(line, &words, &reason)) {
        good = words.count == 0 || km_script_add_line(script, place, false, (const char *const *)words.items,
                                                      words.count, reader);
    } else {
        reader->complain(reader->context, place, reason);
        good = false;
    }
    km_strings_free(&words);
    return good;
}

bool km_script_parse(struct km_script *script, const char *name, const char *text, size_t size,
                     const struct km_script_reader *reader)
{
    const char *const end = text + size;
    unsigned number = 0;
    bool good = true;
    km_script_prepare(script);
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const size_t length = (size_t)((newline != NULL ? newline : end) - text);
        char *line = km_allocate(length + 1, 1);
        memcpy(line, text, length);
        number++;
        const char *place = keep_place(script, km_format("%s:%u", name, number));
        good = parse_line(script, place, line, length, reader) && good;
        free(line);
        text += length + 1;
    }
    return good;
}
