// SPDX-License-Identifier: MIT
// `kmode test`: builds a driver, runs it once a test, and compares what it printed with what it should.
#include "cli.h"
#include "files.h"
#include "process.h"
#include "resources.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option_key { KEY_CONFIG = 0x100, KEY_UPDATE };

static const struct argp_option options[] = {
    {"config", KEY_CONFIG, "CONFIG", 0, "What to build: debug (the default) or release", 0},
    {"update", KEY_UPDATE, NULL, 0, "Take what the runs print as what they should print", 0},
    {0},
};

static const char documentation[] = "Builds the driver in DIR (the current folder by default) and runs it "
                                    "once for each DIR/tests/NAME.log, which is "
                                    "what `kmode run` should print to standard output. DIR/tests/NAME.args "
                                    "may hold further arguments of `kmode run`, "
                                    "one a line, and DIR/tests/NAME.status the exit status it should have, "
                                    "which is 0 otherwise. Prints TAP; the exit "
                                    "status is 1 if a test failed.";

struct session {
    const char *folder;
    const char *config;
    bool update;

    char *work_folder;
    char *sys_path;
    unsigned passed;
    unsigned failed;
};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct session *session = state->input;

    switch (key) {
    case KEY_CONFIG: session->config = argument; break;
    case KEY_UPDATE: session->update = true; break;
    case ARGP_KEY_ARG:
        if (session->folder) {
            km_error("one folder at a time: '%s' is too many", argument);
            return ECANCELED;
        }
        session->folder = argument;
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// Runs kmode itself. Returns its exit status, or -1 having said why.
static int run_self(struct km_strings *arguments, int output, int error_output)
{
    pid_t child =
        km_spawn(arguments->items, &(struct km_spawn){.output = output, .error_output = error_output});

    if (child < 0) {
        km_error("cannot start %s: %s", arguments->items[0], strerror(errno));
        return -1;
    }
    return km_wait_child(child);
}

static int build(struct session *session)
{
    struct km_strings arguments = {0};
    char *real = realpath(session->folder, NULL);

    session->sys_path =
        km_format("%s/%s.sys", session->work_folder, km_file_name(real ? real : session->folder));
    free(real);
    km_strings_add_all(&arguments, (const char *const[]){"/proc/self/exe", "build", "--quiet", "--config",
                                                         session->config, "-o", session->sys_path, NULL});
    km_strings_add(&arguments, "--");
    km_strings_add(&arguments, session->folder);
    int status = run_self(&arguments, -1, -1);
    km_strings_free(&arguments);
    return status < 0 ? KM_EXIT_FAILED : status;
}

// Each line of the file is one argument; no file, none.
static void add_arguments(struct km_strings *arguments, const char *path)
{
    char *text = km_read_file(path, NULL);
    char *rest = text;

    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        if (*line) {
            km_strings_add(arguments, line);
        }
    }
    free(text);
}

static int expected_status(const char *path)
{
    char *text = km_read_file(path, NULL);
    int status = text ? atoi(text) : 0;

    free(text);
    return status;
}

// Prints what follows a failed test as TAP's comments.
static void print_comment(const char *text)
{
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        printf("# %.*s\n", (int)strcspn(text, "\n"), text);
    }
}

// diff(1) is on every Debian machine; where it is not, both texts in full do.
static void print_difference(const struct session *session, const char *expected_path,
                             const char *actual_path)
{
    char *difference_path = km_format("%s/difference", session->work_folder);
    int difference = open(difference_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    char name[] = "diff", unified[] = "-u", label[] = "--label", expected[] = "expected",
         printed[] = "printed";
    char *arguments[] = {
        name, unified, label, expected, label, printed, (char *)expected_path, (char *)actual_path, NULL};
    pid_t child = km_spawn(arguments, &(struct km_spawn){.output = difference, .error_output = -1});

    if (child >= 0) {
        km_wait_child(child);
    }
    close(difference);
    char *text = km_read_file(child >= 0 ? difference_path : actual_path, NULL);
    if (text) {
        print_comment(text);
    }
    free(text);
    free(difference_path);
}

static bool same_text(const char *a_path, const char *b_path)
{
    size_t a_size, b_size;
    char *a = km_read_file(a_path, &a_size);
    char *b = km_read_file(b_path, &b_size);
    bool same = a && b && a_size == b_size && memcmp(a, b, a_size) == 0;

    free(a);
    free(b);
    return same;
}

static void run_test(struct session *session, const char *log_name)
{
    int length = (int)(strlen(log_name) - strlen(".log"));
    char *log = km_format("%s/tests/%s", session->folder, log_name);
    char *arguments_path = km_format("%s/tests/%.*s.args", session->folder, length, log_name);
    char *status_path = km_format("%s/tests/%.*s.status", session->folder, length, log_name);
    char *output_path = km_format("%s/output", session->work_folder);
    char *words_path = km_format("%s/words", session->work_folder);
    struct km_strings arguments = {0};

    km_strings_add_all(&arguments, (const char *const[]){"/proc/self/exe", "run", NULL});
    add_arguments(&arguments, arguments_path);
    km_strings_add(&arguments, session->sys_path);

    int output = open(output_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int words = open(words_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    int status = run_self(&arguments, output, words);
    int expected = expected_status(status_path);
    close(output);
    close(words);

    bool updated = session->update && status == expected && km_copy_file(output_path, log);
    bool same = same_text(log, output_path);
    bool passed = same && status == expected;
    session->passed += passed;
    session->failed += !passed;
    printf("%s %u - %.*s%s\n", passed ? "ok" : "not ok", session->passed + session->failed, length, log_name,
           updated ? " # updated" : "");
    if (!same) {
        print_difference(session, log, output_path);
    }
    if (status != expected) {
        printf("# exit status %d, expected %d\n", status, expected);
    }
    char *text = passed ? NULL : km_read_file(words_path, NULL);
    if (text) {
        print_comment(text);
    }
    free(text);
    fflush(stdout);

    km_strings_free(&arguments);
    free(words_path);
    free(output_path);
    free(status_path);
    free(arguments_path);
    free(log);
}

static int run_tests(struct session *session)
{
    static const char *const extensions[] = {".log", NULL};
    char *folder = km_format("%s/tests", session->folder);
    struct km_strings logs = {0};
    int status = KM_EXIT_OK;

    if (!km_list_folder(folder, extensions, &logs) || logs.count == 0) {
        km_error("no tests: %s has no .log file", folder);
        status = KM_EXIT_USAGE;
    } else if ((status = build(session)) == KM_EXIT_OK) {
        printf("1..%zu\n", logs.count);
        fflush(stdout);
        for (size_t i = 0; i < logs.count && !km_interrupted(); i++) {
            run_test(session, logs.items[i]);
        }
        printf("%u passed, %u failed\n", session->passed, session->failed);
        status = session->failed ? KM_EXIT_FAILED : KM_EXIT_OK;
    }
    km_strings_free(&logs);
    free(folder);
    return status;
}

int km_command_test(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "[DIR]", documentation, NULL, NULL, NULL};
    struct session session = {.config = "debug"};
    int status = km_parse_arguments(&argp, argc, argv, &session);

    if (status != KM_EXIT_OK) {
        return status;
    }
    session.folder = session.folder ? session.folder : ".";
    if (!km_is_folder(session.folder)) {
        km_error("%s is no folder", session.folder);
        return KM_EXIT_USAGE;
    }
    km_catch_interrupts();
    session.work_folder = km_make_temporary_folder();
    if (!session.work_folder) {
        km_error("cannot make a temporary folder: %s", strerror(errno));
        return KM_EXIT_FAILED;
    }
    status = run_tests(&session);
    km_remove_tree(session.work_folder);
    km_die_of_interrupt();
    free(session.work_folder);
    free(session.sys_path);
    return status;
}
