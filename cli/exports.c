// SPDX-License-Identifier: MIT
// `kmode exports`: how many of Windows' kernel routines kmode knows and implements, and whether those are the
// ones that drivers use.
#include "exports.h"

#include "cli.h"
#include "files.h"
#include "text.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum option_key { KEY_COVERAGE = 0x100, KEY_JSON, KEY_MODULE, KEY_MISSING, KEY_MINIMUM };

static const struct argp_option options[] = {
    {"coverage", KEY_COVERAGE, "FILE.tsv", 0,
     "Hold FILE's routines against the lists: which are implemented, and which test covers each. The first "
     "column is a "
     "routine's name; a first line that starts with `name` names the columns, of which `module` chooses "
     "those of the "
     "kernel and `repos` tells how many drivers call it",
     0},
    {"min-repos", KEY_MINIMUM, "N", 0,
     "Of FILE's routines only those that N drivers call or more (default 3)", 0},
    {"module", KEY_MODULE, "MODULE", 0, "Only this module: ntoskrnl.exe, or ntoskrnl", 0},
    {"missing", KEY_MISSING, NULL, 0,
     "List what is not implemented, one name and its module a line; of FILE's also what no test covers", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the counts to FILE as JSON (- for standard output)", 0},
    {0},
};

static const char documentation[] =
    "Counts the exports of Windows' kernel modules: how many kmode's kernel implements, and how many it "
    "knows by name "
    "only, so that a driver which imports one loads and the run stops where it is called.";

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct km_exports_question *question = state->input;
    char *end;

    switch (key) {
    case KEY_COVERAGE: question->coverage = argument; break;
    case KEY_JSON: question->json = argument; break;
    case KEY_MODULE: question->module = argument; break;
    case KEY_MISSING: question->missing = true; break;
    case KEY_MINIMUM:
        question->minimum_given = true;
        question->minimum_repos = strtoul(argument, &end, 10);
        if (end == argument || *end) {
            km_error("--min-repos %s: not a number", argument);
            return ECANCELED;
        }
        break;
    case ARGP_KEY_ARG: km_error("takes no argument: '%s'", argument); return ECANCELED;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

bool km_exports_is_module(const char *module, const char *wanted)
{
    size_t length = strlen(module) - strlen(km_file_extension(module));

    return !wanted || strcasecmp(module, wanted) == 0 ||
           (strlen(wanted) == length && strncasecmp(module, wanted, length) == 0);
}

void km_exports_add(struct km_exports_count *count, const struct km_export *export)
{
    count->total++;
    if (!export) {
        count->unknown++;
    } else if (export->implemented) {
        count->implemented++;
    } else {
        count->known++;
    }
}

json_t *km_exports_to_json(const struct km_exports_count *count)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)count->total, "implemented",
                     (json_int_t)count->implemented, "known", (json_int_t)count->known, "unknown",
                     (json_int_t)count->unknown);
}

bool km_exports_write_json(json_t *document, const char *path)
{
    bool done = strcmp(path, "-") == 0
                    ? json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF
                    : json_dump_file(document, path, JSON_INDENT(2)) == 0;

    if (!done) {
        km_error("cannot write %s: %s", path, strerror(errno));
    }
    return done;
}

static struct km_exports_count count_module(const struct km_exports *exports, const char *module)
{
    struct km_exports_count count = {0};

    for (size_t i = 0; i < exports->count; i++) {
        if (strcmp(exports->items[i].module, module) == 0) {
            km_exports_add(&count, &exports->items[i]);
        }
    }
    return count;
}

static void complain_of_module(const struct km_exports *exports, const char *module)
{
    struct km_strings names = {0};

    for (size_t i = 0; i < exports->module_count; i++) {
        const char *name = exports->modules[i];
        km_strings_add_format(&names, "%.*s", (int)(strlen(name) - strlen(km_file_extension(name))), name);
    }
    const char *nearest = km_nearest(module, (const char *const *)names.items, names.count);
    if (nearest) {
        km_error("no export list of a module '%s'; did you mean '%s'?", module, nearest);
    } else {
        km_error("no export list of a module '%s'", module);
    }
    km_strings_free(&names);
}

static int answer_counts(const struct km_exports *exports, const struct km_exports_question *question)
{
    bool table = !question->missing && !(question->json && strcmp(question->json, "-") == 0);
    json_t *modules = json_object();
    struct km_exports_count sum = {0};
    size_t matches = 0;
    int status = KM_EXIT_OK;

    for (size_t i = 0; i < exports->module_count; i++) {
        const char *module = exports->modules[i];
        if (!km_exports_is_module(module, question->module)) {
            continue;
        }
        struct km_exports_count count = count_module(exports, module);
        matches++;
        sum.total += count.total;
        sum.implemented += count.implemented;
        sum.known += count.known;
        json_object_set_new(modules, module, km_exports_to_json(&count));
        if (table && matches == 1) {
            printf("%-16s %11s %6s %6s\n", "module", "implemented", "known", "total");
        }
        if (table) {
            printf("%-16s %11zu %6zu %6zu\n", module, count.implemented, count.known, count.total);
        }
    }
    if (matches == 0) {
        complain_of_module(exports, question->module);
        json_decref(modules);
        return KM_EXIT_USAGE;
    }
    if (table && matches > 1) {
        printf("%-16s %11zu %6zu %6zu\n", "all", sum.implemented, sum.known, sum.total);
    }
    for (size_t i = 0; i < exports->count && question->missing; i++) {
        const struct km_export *export = &exports->items[i];
        if (!export->implemented && km_exports_is_module(export->module, question->module)) {
            printf("%s\t%s\n", export->name, export->module);
        }
    }
    if (question->json) {
        json_t *document = json_pack("{s:O, s:o}", "modules", modules, "all", km_exports_to_json(&sum));
        status = km_exports_write_json(document, question->json) ? KM_EXIT_OK : KM_EXIT_FAILED;
        json_decref(document);
    }
    json_decref(modules);
    return status;
}

int km_command_exports(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, NULL, documentation, NULL, NULL, NULL};
    struct km_exports_question question = {.minimum_repos = 3};
    struct km_exports exports = {0};
    int status = km_parse_arguments(&argp, argc, argv, &question);

    if (status == KM_EXIT_OK && question.minimum_given && !question.coverage) {
        km_error("--min-repos goes with --coverage");
        status = KM_EXIT_USAGE;
    }
    if (status == KM_EXIT_OK && !km_exports_load(&exports)) {
        status = KM_EXIT_FAILED;
    }
    if (status == KM_EXIT_OK) {
        status = question.coverage ? km_exports_answer_coverage(&exports, &question)
                                   : answer_counts(&exports, &question);
    }
    km_exports_free(&exports);
    return status;
}
