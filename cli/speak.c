// SPDX-License-Identifier: MIT
// How the command speaks: error lines, wrong command lines, and the nearest word to a mistyped one.
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *speaker = "kmode";

void km_set_speaker(const char *name)
{
    speaker = name;
}

void km_error(const char *format, ...)
{
    va_list arguments;

    flockfile(stderr);
    fprintf(stderr, "%s: ", speaker);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
}

// Edit distance, with exchanged neighbours counted as one; words longer than the row count as far away.
static size_t distance(const char *a, const char *b)
{
    enum { LIMIT = 128 };
    size_t rows[3][LIMIT + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    size_t length = strlen(b);

    if (length > LIMIT || strlen(a) > LIMIT) {
        return LIMIT;
    }
    for (size_t j = 0; j <= length; j++) {
        last[j] = j;
    }
    for (size_t i = 1; a[i - 1]; i++) {
        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            size_t best = last[j - 1] + !same;

            if (last[j] + 1 < best) {
                best = last[j] + 1;
            }
            if (row[j - 1] + 1 < best) {
                best = row[j - 1] + 1;
            }
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best) {
                best = before[j - 2] + 1;
            }
            row[j] = best;
        }
        size_t *oldest = before;
        before = last;
        last = row;
        row = oldest;
    }
    return last[length];
}

const char *km_nearest(const char *word, const char *const *words, size_t count)
{
    size_t limit = strlen(word) / 3 + 1;
    const char *nearest = NULL;

    for (size_t i = 0; i < count; i++) {
        size_t d = distance(word, words[i]);
        if (d < limit || (d == limit && !nearest)) {
            limit = d;
            nearest = words[i];
        }
    }
    return nearest;
}

// argp says what is wrong with a command line in two lines and its own words, so the line is checked before
// argp sees it. What argp adds to every command:
static const struct argp_option common_options[] = {
    {"help", '?', NULL, 0, NULL, 0},
    {"usage", 0x10000, NULL, 0, NULL, 0},
    {0},
};

enum { MAXIMUM_OPTIONS = 64 };

static size_t list_options(const struct argp *argp, const struct argp_option **list)
{
    const struct argp_option *const tables[] = {argp->options, common_options};
    size_t count = 0;

    for (size_t i = 0; i < 2; i++) {
        for (const struct argp_option *o = tables[i]; o && (o->name || o->key || o->doc); o++) {
            if (count < MAXIMUM_OPTIONS) {
                list[count++] = o;
            }
        }
    }
    return count;
}

static void complain_of_long_option(const char *name, size_t length, const struct argp_option **list,
                                    size_t count)
{
    const char *names[MAXIMUM_OPTIONS];
    char *word = strndupa(name, length);
    size_t name_count = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i]->name) {
            names[name_count++] = list[i]->name;
        }
    }
    const char *nearest = km_nearest(word, names, name_count);
    if (nearest) {
        km_error("unknown option '--%s'; did you mean '--%s'?", word, nearest);
    } else {
        km_error("unknown option '--%s'; see --help", word);
    }
}

// Returns how many of the following arguments are the option's, or -1 if it is wrong. An unambiguous
// beginning of a name will do, as argp has it.
static int check_long_option(const char *name, bool is_last, const struct argp_option **list, size_t count)
{
    size_t length = strcspn(name, "=");
    const struct argp_option *option = NULL;
    size_t matches = 0;

    for (size_t i = 0; i < count; i++) {
        if (list[i]->name && strncmp(list[i]->name, name, length) == 0) {
            bool exact = list[i]->name[length] == '\0';
            matches = exact ? 1 : matches + 1;
            option = list[i];
            if (exact) {
                break;
            }
        }
    }
    if (matches != 1) {
        complain_of_long_option(name, length, list, count);
        return -1;
    }
    if (!option->arg && name[length] == '=') {
        km_error("option '--%s' takes no argument", option->name);
        return -1;
    }
    if (option->flags & OPTION_ARG_OPTIONAL) {
        return 0;
    }
    if (option->arg && name[length] != '=' && is_last) {
        km_error("option '--%s' needs an argument", option->name);
        return -1;
    }
    return option->arg && name[length] != '=';
}

static int check_short_options(const char *letters, bool is_last, const struct argp_option **list,
                               size_t count)
{
    for (; *letters; letters++) {
        const struct argp_option *option = NULL;
        for (size_t i = 0; i < count && !option; i++) {
            option = list[i]->key == *letters ? list[i] : NULL;
        }
        if (!option) {
            km_error("unknown option '-%c'; see --help", *letters);
            return -1;
        }
        if (option->arg) {
            if (!letters[1] && is_last) {
                km_error("option '-%c' needs an argument", *letters);
                return -1;
            }
            return !letters[1];
        }
    }
    return 0;
}

static bool check_options(const struct argp *argp, int argc, char **argv)
{
    const struct argp_option *list[MAXIMUM_OPTIONS];
    size_t count = list_options(argp, list);

    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        int taken = 0;
        if (strncmp(argv[i], "--", 2) == 0) {
            taken = check_long_option(argv[i] + 2, i + 1 == argc, list, count);
        } else if (argv[i][0] == '-' && argv[i][1]) {
            taken = check_short_options(argv[i] + 1, i + 1 == argc, list, count);
        }
        if (taken < 0) {
            return false;
        }
        i += taken;
    }
    return true;
}

int km_parse_arguments(const struct argp *argp, int argc, char **argv, void *input)
{
    if (!check_options(argp, argc, argv)) {
        return KM_EXIT_USAGE;
    }
    int error = argp_parse(argp, argc, argv, 0, NULL, input);
    if (error && error != ECANCELED) {
        km_error("cannot use these arguments: %s; see --help", strerror(error));
    }
    return error ? KM_EXIT_USAGE : KM_EXIT_OK;
}
