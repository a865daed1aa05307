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
     "Say how many of FILE's routines are implemented, known, unknown. The first column is a routine's name; "
     "a "
     "first line that starts with `name` names the columns",
     0},
    {"min-repos", KEY_MINIMUM, "N", 0, "Of FILE's routines only those whose column `repos` is N or more", 0},
    {"module", KEY_MODULE, "MODULE", 0, "Only this module: ntoskrnl.exe, or ntoskrnl", 0},
    {"missing", KEY_MISSING, NULL, 0, "List what is not implemented, one name and its module a line", 0},
    {"json", KEY_JSON, "FILE", 0, "Write the counts to FILE as JSON (- for standard output)", 0},
    {0},
};

static const char documentation[] =
    "Counts the exports of Windows' kernel modules: how many kmode's kernel implements, and how many it "
    "knows by name "
    "only, so that a driver which imports one loads and the run stops where it is called.";

struct question {
    const char *coverage;
    const char *json;
    const char *module;
    bool missing;
    unsigned long minimum_repos;
};

struct count {
    size_t total;
    size_t implemented;
    size_t known; // and not implemented
    size_t unknown;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct question *question = state->input;
    char *end;

    switch (key) {
    case KEY_COVERAGE: question->coverage = argument; break;
    case KEY_JSON: question->json = argument; break;
    case KEY_MODULE: question->module = argument; break;
    case KEY_MISSING: question->missing = true; break;
    case KEY_MINIMUM:
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

static bool is_module(const char *module, const char *wanted)
{
    size_t length = strlen(module) - strlen(km_file_extension(module));

    return !wanted || strcasecmp(module, wanted) == 0 ||
           (strlen(wanted) == length && strncasecmp(module, wanted, length) == 0);
}

static void add(struct count *count, const struct km_export *export)
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

static struct count count_module(const struct km_exports *exports, const char *module)
{
    struct count count = {0};

    for (size_t i = 0; i < exports->count; i++) {
        if (strcmp(exports->items[i].module, module) == 0) {
            add(&count, &exports->items[i]);
        }
    }
    return count;
}

static json_t *to_json(const struct count *count)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "total", (json_int_t)count->total, "implemented",
                     (json_int_t)count->implemented, "known", (json_int_t)count->known, "unknown",
                     (json_int_t)count->unknown);
}

static bool write_json(json_t *document, const char *path)
{
    bool done = strcmp(path, "-") == 0
                    ? json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF
                    : json_dump_file(document, path, JSON_INDENT(2)) == 0;

    if (!done) {
        km_error("cannot write %s: %s", path, strerror(errno));
    }
    return done;
}

// Which field of a line, by the first line's names, is called name; -1 if none.
static int find_column(const char *header, const char *name)
{
    size_t length = strlen(name);

    for (int column = 0; header; column++) {
        if (strncmp(header, name, length) == 0 && strchr("\t\r", header[length])) {
            return column;
        }
        header = strchr(header, '\t');
        header = header ? header + 1 : NULL;
    }
    return -1;
}

static const char *field_of(const char *line, int column)
{
    for (; column > 0 && line; column--) {
        line = strchr(line, '\t');
        line = line ? line + 1 : NULL;
    }
    return line ? line : "";
}

// Counts the routines that FILE lists; prints those not implemented if asked. Returns an enum km_exit.
static int count_coverage(const struct km_exports *exports, const struct question *question,
                          struct count *count)
{
    char *text = km_read_file(question->coverage, NULL);
    char *rest = text;
    int repos = -1;
    bool first = true;

    if (!text) {
        km_error("cannot read %s: %s", question->coverage, strerror(errno));
        return KM_EXIT_USAGE;
    }
    for (char *line; (line = strsep(&rest, "\n")); first = false) {
        if (first) {
            repos = find_column(line, "repos");
            if (question->minimum_repos && repos < 0) {
                km_error("%s has no column `repos`, by which --min-repos chooses", question->coverage);
                free(text);
                return KM_EXIT_USAGE;
            }
        }
        if (!*line || *line == '#' || (first && strncmp(line, "name\t", 5) == 0) ||
            (question->minimum_repos && strtoul(field_of(line, repos), NULL, 10) < question->minimum_repos)) {
            continue;
        }
        line[strcspn(line, "\t\r")] = '\0';
        const struct km_export *export = km_exports_find(exports, line);
        if (question->module && (!export || !is_module(export->module, question->module))) {
            continue;
        }
        add(count, export);
        if (question->missing && !(export && export->implemented)) {
            printf("%s\t%s\n", line, export ? export->module : "unknown");
        }
    }
    free(text);
    return KM_EXIT_OK;
}

static int answer_coverage(const struct km_exports *exports, const struct question *question)
{
    struct count count = {0};
    int status = count_coverage(exports, question, &count);

    if (status != KM_EXIT_OK) {
        return status;
    }
    if (!question->missing && !(question->json && strcmp(question->json, "-") == 0)) {
        printf("%s: %zu routines", question->coverage, count.total);
        if (question->minimum_repos) {
            printf(" used by %lu drivers or more", question->minimum_repos);
        }
        printf("\n%6zu implemented\n%6zu known, not implemented\n%6zu unknown (macros, inline, or no such "
               "export)\n",
               count.implemented, count.known, count.unknown);
    }
    if (question->json) {
        json_t *document = json_pack("{s:s, s:I, s:o}", "file", question->coverage, "min_repos",
                                     (json_int_t)question->minimum_repos, "coverage", to_json(&count));
        status = write_json(document, question->json) ? KM_EXIT_OK : KM_EXIT_FAILED;
        json_decref(document);
    }
    return status;
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

static int answer_counts(const struct km_exports *exports, const struct question *question)
{
    bool table = !question->missing && !(question->json && strcmp(question->json, "-") == 0);
    json_t *modules = json_object();
    struct count sum = {0};
    size_t matches = 0;
    int status = KM_EXIT_OK;

    for (size_t i = 0; i < exports->module_count; i++) {
        const char *module = exports->modules[i];
        if (!is_module(module, question->module)) {
            continue;
        }
        struct count count = count_module(exports, module);
        matches++;
        sum.total += count.total;
        sum.implemented += count.implemented;
        sum.known += count.known;
        json_object_set_new(modules, module, to_json(&count));
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
        if (!export->implemented && is_module(export->module, question->module)) {
            printf("%s\t%s\n", export->name, export->module);
        }
    }
    if (question->json) {
        json_t *document = json_pack("{s:O, s:o}", "modules", modules, "all", to_json(&sum));
        status = write_json(document, question->json) ? KM_EXIT_OK : KM_EXIT_FAILED;
        json_decref(document);
    }
    json_decref(modules);
    return status;
}

int km_command_exports(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, NULL, documentation, NULL, NULL, NULL};
    struct question question = {0};
    struct km_exports exports = {0};
    int status = km_parse_arguments(&argp, argc, argv, &question);

    if (status == KM_EXIT_OK && question.minimum_repos && !question.coverage) {
        km_error("--min-repos goes with --coverage");
        status = KM_EXIT_USAGE;
    }
    if (status == KM_EXIT_OK && !km_exports_load(&exports)) {
        status = KM_EXIT_FAILED;
    }
    if (status == KM_EXIT_OK) {
        status =
            question.coverage ? answer_coverage(&exports, &question) : answer_counts(&exports, &question);
    }
    km_exports_free(&exports);
    return status;
}
