// SPDX-License-Identifier: MIT
// `kmode exports --coverage FILE`: whether the routines that drivers use are those that the kernel
// implements, and which test covers each.
#include "exports.h"

#include "cli.h"
#include "files.h"
#include "resources.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A list of names, each with a value behind a tab, sorted (nt/make-tested).
struct table {
    char *text;
    char **lines; // "name\0value"
    size_t count;
};

static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_table(struct table *table)
{
    free(table->lines);
    free(table->text);
}

static bool load_table(const char *resource, struct table *table)
{
    char *path = km_resource(resource);
    size_t capacity = 0;
    table->text = km_read_file(path, NULL);
    if (!table->text) {
        km_error("kmode's installation is not whole: cannot read %s: %s", path, strerror(errno));
        free(path);
        return false;
    }
    free(path);
    char *rest = table->text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *value = strchr(line, '\t');
        if (!value) {
            continue;
        }
        *value = '\0';
        if (table->count == capacity) {
            capacity = capacity ? capacity * 2 : 1024;
            table->lines = reallocarray(table->lines, capacity, sizeof(*table->lines));
            if (!table->lines) {
                abort();
            }
        }
        table->lines[table->count++] = line;
    }
    if (table->count) {
        qsort(table->lines, table->count, sizeof(*table->lines), compare_lines);
    }
    return true;
}

// The value of name; NULL if the table has none.
static const char *find_in_table(const struct table *table, const char *name)
{
    char *const *line = table->count
                            ? bsearch(&name, table->lines, table->count, sizeof(*table->lines), compare_lines)
                            : NULL;

    return line ? *line + strlen(*line) + 1 : NULL;
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

// The column-th field of a line, and its length; "" if there is none.
static const char *field_of(const char *line, int column, int *length)
{
    for (; column > 0 && line; column--) {
        line = strchr(line, '\t');
        line = line ? line + 1 : NULL;
    }
    line = line && column == 0 ? line : "";
    *length = (int)strcspn(line, "\t\r");
    return line;
}

struct columns {
    int module, repos; // -1: the file has none
};

// Whether the kernel's image stands for the module that a line names.
static bool is_kernels(const char *line, const struct columns *columns)
{
    static const char *const modules[] = {"ntoskrnl", "hal", "wmilib"};
    int length;
    const char *module = field_of(line, columns->module, &length);

    for (size_t i = 0; i < sizeof modules / sizeof *modules; i++) {
        if ((size_t)length == strlen(modules[i]) && strncmp(module, modules[i], (size_t)length) == 0) {
            return true;
        }
    }
    return columns->module < 0;
}

static bool is_asked(const char *line, const struct columns *columns,
                     const struct km_exports_question *question)
{
    int length;

    return *line && *line != '#' && is_kernels(line, columns) &&
           (columns->repos < 0 ||
            strtoul(field_of(line, columns->repos, &length), NULL, 10) >= question->minimum_repos);
}

struct coverage {
    struct km_exports_count count;
    size_t tested;
};

static void answer_routine(const struct km_exports *exports, const struct km_exports_question *question,
                           const struct table *tested, const char *name, bool quiet,
                           struct coverage *coverage)
{
    static const struct km_export header = {.implemented = true};
    const struct km_export *export = km_exports_find(exports, name);
    const char *test = find_in_table(tested, name);

    // What is no export but has a test is code of the headers.
    if (!export && test) {
        export = &header;
    }
    if (question->module &&
        (!export || !export->module || !km_exports_is_module(export->module, question->module))) {
        return;
    }
    bool implemented = export && export->implemented;
    km_exports_add(&coverage->count, export);
    coverage->tested += implemented && test;
    if (question->missing && !implemented) {
        printf("%s\t%s\n", name, export ? export->module : "unknown");
    } else if (question->missing && !test) {
        printf("%s\tno test\n", name);
    } else if (!question->missing && !quiet) {
        printf("%-52s %s\n", name, !implemented ? "not implemented" : test ? test : "no test");
    }
}

// Answers for each routine that the text lists. Returns an enum km_exit.
static int answer_lines(const struct km_exports *exports, const struct km_exports_question *question,
                        const struct table *tested, char *text, bool quiet, struct coverage *coverage)
{
    struct columns columns = {-1, -1};
    char *rest = text;
    bool first = true;

    for (char *line; (line = strsep(&rest, "\n")); first = false) {
        bool names_columns = first && strncmp(line, "name\t", 5) == 0;
        if (names_columns) {
            columns = (struct columns){find_column(line, "module"), find_column(line, "repos")};
        }
        if (first && question->minimum_given && columns.repos < 0) {
            km_error("%s has no column `repos`, by which --min-repos chooses", question->coverage);
            return KM_EXIT_USAGE;
        }
        if (names_columns || !is_asked(line, &columns, question)) {
            continue;
        }
        line[strcspn(line, "\t\r")] = '\0';
        answer_routine(exports, question, tested, line, quiet, coverage);
    }
    return KM_EXIT_OK;
}

static int write_coverage(const struct km_exports_question *question, const struct coverage *coverage)
{
    json_t *counts = km_exports_to_json(&coverage->count);
    json_object_set_new(counts, "tested", json_integer((json_int_t)coverage->tested));
    json_t *document = json_pack("{s:s, s:I, s:o}", "file", question->coverage, "min_repos",
                                 (json_int_t)question->minimum_repos, "coverage", counts);
    int status = km_exports_write_json(document, question->json) ? KM_EXIT_OK : KM_EXIT_FAILED;
    json_decref(document);
    return status;
}

int km_exports_answer_coverage(const struct km_exports *exports, const struct km_exports_question *question)
{
    struct coverage coverage = {0};
    struct table tested = {0};
    bool quiet = question->json && strcmp(question->json, "-") == 0;
    char *text = km_read_file(question->coverage, NULL);

    if (!text) {
        km_error("cannot read %s: %s", question->coverage, strerror(errno));
        return KM_EXIT_USAGE;
    }
    int status = load_table("share/kmode/tested.tsv", &tested)
                     ? answer_lines(exports, question, &tested, text, quiet, &coverage)
                     : KM_EXIT_FAILED;
    if (status == KM_EXIT_OK && !question->missing && !quiet) {
        printf("%zu of %zu routines that %lu or more drivers call are implemented, %zu with a test of their "
               "own\n",
               coverage.count.implemented, coverage.count.total, question->minimum_repos, coverage.tested);
    }
    if (status == KM_EXIT_OK && question->json) {
        status = write_coverage(question, &coverage);
    }
    free_table(&tested);
    free(text);
    return status;
}
