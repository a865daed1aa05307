// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same driver under Wine's kernel.
#include "run-wine.h"

#include "cli.h"
#include "files.h"
#include "process.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { BOOT_SECONDS = 300, SERVICE_SECONDS = 60 };

struct wine {
    char *loader; // "wine" or a path
    char *server;
    char *prefix;  // the folder that is Wine's C: and registry
    char *service; // the driver's service: "hello"
    int lock;
    int log; // what Wine and the drivers in it say, from all its processes
    char *log_path;
    bool in_message; // the line before belongs to a text that the driver printed
};

static const char *find_program(const char *const *names)
{
    for (; *names; names++) {
        if (strchr(*names, '/')) {
            if (access(*names, X_OK) == 0) {
                return *names;
            }
            continue;
        }
        char *path = km_copy_string(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
        char *rest = path;
        bool found = false;
        for (char *folder; !found && (folder = strsep(&rest, ":"));) {
            char *program = km_format("%s/%s", *folder ? folder : ".", *names);
            found = access(program, X_OK) == 0;
            free(program);
        }
        free(path);
        if (found) {
            return *names;
        }
    }
    return NULL;
}

static bool find_wine(struct wine *wine)
{
    static const char *const loaders[] = {"wine", "wine64", "/usr/lib/wine/wine64", NULL};
    static const char *const servers[] = {"wineserver", "/usr/lib/wine/wineserver64",
                                          "/usr/lib/wine/wineserver", NULL};
    const char *chosen = getenv("KMODE_WINE");
    const char *const only[] = {chosen, NULL};
    bool has_choice = chosen && *chosen;
    const char *loader = find_program(has_choice ? only : loaders);
    const char *server = find_program(servers);

    if (has_choice && !loader) {
        km_error("%s, which KMODE_WINE names, is not there; apt-get install wine64 installs Wine", chosen);
        return false;
    }
    if (!loader || !server) {
        km_error("Wine is not installed: apt-get install wine64");
        return false;
    }
    wine->loader = km_copy_string(loader);
    wine->server = km_copy_string(server);
    return true;
}

static void say_on_terminal(const char *text)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "%s\n", text);
    }
}

// Runs a program of Wine's with the NULL-ended arguments behind it. Its own output goes nowhere: what it says
// is for people at a Windows console. Returns its exit status, -1 with errno as km_wait_limited has it.
static int run(const struct wine *wine, unsigned seconds, const char *program, ...)
{
    struct km_strings arguments = {0};
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    va_list rest;

    km_strings_add(&arguments, program);
    va_start(rest, program);
    for (const char *argument; (argument = va_arg(rest, const char *));) {
        km_strings_add(&arguments, argument);
    }
    va_end(rest);

    pid_t child = km_spawn(arguments.items, &(struct km_spawn){.output = nowhere, .error_output = wine->log});
    int status = child < 0 ? -1 : km_wait_limited(child, seconds);
    int error = errno;
    close(nowhere);
    km_strings_free(&arguments);
    errno = error;
    return status;
}

// Ends all of Wine's processes in the prefix, and with them the driver's; returns when its registry is saved.
static void shut_down(const struct wine *wine)
{
    run(wine, SERVICE_SECONDS, wine->server, "-k", NULL);
    run(wine, SERVICE_SECONDS, wine->server, "-w", NULL);
}

// A program whose output is for whoever called kmode. What Wine says of it goes to the log.
static int run_program(const struct wine *wine, unsigned seconds, const char *path)
{
    char *arguments[] = {wine->loader, (char *)path, NULL};
    pid_t child = km_spawn(arguments, &(struct km_spawn){.output = -1, .error_output = wine->log});
    return child < 0 ? -1 : km_wait_limited(child, seconds);
}

static bool open_prefix(struct wine *wine)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char *folder = cache && *cache == '/' ? km_format("%s/kmode", cache)
                                          : km_format("%s/.cache/kmode", home && *home ? home : "/tmp");
    char *lock_path = km_format("%s/wine.lock", folder);

    wine->prefix = km_format("%s/wine", folder);
    bool done =
        km_make_folders(folder) && (wine->lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) >= 0;
    if (!done) {
        km_error("cannot use the folder %s: %s", folder, strerror(errno));
    } else if (flock(wine->lock, LOCK_EX | LOCK_NB) != 0) {
        say_on_terminal("waiting for another run under Wine ...");
        while (!km_interrupted() && flock(wine->lock, LOCK_EX) != 0 && errno == EINTR) {
        }
        done = !km_interrupted();
    }
    free(lock_path);
    free(folder);
    return done;
}

static void set_environment(const struct wine *wine)
{
    setenv("WINEPREFIX", wine->prefix, 1);
    setenv("WINEDEBUG", "-all,warn+debugstr", 1);
    setenv("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe=d", 1);
    setenv("WINEARCH", "win64", 1);
    if (wine->server[0] == '/') {
        setenv("WINESERVER", wine->server, 1);
    }
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
}

// A prefix is whole when the file that is written last is there.
static bool make_prefix(const struct wine *wine)
{
    char *ready = km_format("%s/kmode-ready", wine->prefix);
    char *drivers = km_format("%s/drive_c/kmode", wine->prefix);
    bool done = km_file_exists(ready);

    if (!done) {
        say_on_terminal("making a Wine prefix, once ...");
        shut_down(wine);
        km_remove_tree(wine->prefix);
        done = run(wine, BOOT_SECONDS, wine->loader, "wineboot", "-i", NULL) == 0;
        run(wine, BOOT_SECONDS, wine->server, "-w", NULL);
        done = done && km_make_folders(drivers) && km_write_file(ready, "", 0);
        if (!done && !km_interrupted()) {
            km_error("cannot make a Wine prefix in %s", wine->prefix);
        }
    }
    free(drivers);
    free(ready);
    return done;
}

static bool is_hexadecimal(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (!isxdigit((unsigned char)text[i])) {
            return false;
        }
    }
    return true;
}

// A text that a driver printed is "THREAD:warn:debugstr:vDbgPrintExWithPrefix COMPONENT:LEVEL: text"; its
// further lines follow as they are. Returns the text, or NULL if the line is none of a driver's.
static const char *printed_text(struct wine *wine, const char *line)
{
    static const char channel[] = ":warn:debugstr:";
    static const char routine[] = "vDbgPrintExWithPrefix ";

    if (is_hexadecimal(line, strnlen(line, 4)) && strncmp(line + 4, channel, strlen(channel)) == 0) {
        const char *rest = line + 4 + strlen(channel);
        wine->in_message = strncmp(rest, routine, strlen(routine)) == 0;
        if (!wine->in_message) {
            return NULL;
        }
        rest += strlen(routine);
        bool has_filter = strlen(rest) >= 19 && is_hexadecimal(rest, 8) && rest[8] == ':' &&
                          is_hexadecimal(rest + 9, 8) && strncmp(rest + 17, ": ", 2) == 0;
        return has_filter ? rest + 19 : rest;
    }
    // What Wine itself has to say ("wine: Call from ... to unimplemented function ...") tells why a driver
    // fails there.
    if (strncmp(line, "wine: ", 6) == 0) {
        fprintf(stderr, "%s\n", line);
        return NULL;
    }
    return wine->in_message ? line : NULL;
}

// Prints what the drivers have printed, and empties the log.
static void show_log(struct wine *wine)
{
    char *text = km_read_file(wine->log_path, NULL);
    char *rest = text;

    for (char *line; rest && *rest && (line = strsep(&rest, "\n"));) {
        const char *printed = printed_text(wine, line);
        if (printed) {
            puts(printed);
        }
    }
    fflush(stdout);
    free(text);
    if (ftruncate(wine->log, 0) != 0) {
        km_error("cannot empty %s: %s", wine->log_path, strerror(errno));
    }
}

static int complain(const struct wine *wine, const char *what, unsigned seconds)
{
    if (km_interrupted()) {
        return KM_EXIT_FAILED;
    }
    if (errno == ETIMEDOUT) {
        km_error("%s did not %s under Wine in %u seconds", wine->service, what, seconds);
    } else {
        km_error("%s did not %s under Wine", wine->service, what);
    }
    return KM_EXIT_FAILED;
}

// The driver is started.
static int use_driver(struct wine *wine, const char *program, unsigned seconds)
{
    int program_status = run_program(wine, seconds, program);
    int error = errno;
    show_log(wine);
    if (program_status == 0 || km_interrupted()) {
        return program_status == 0 ? KM_EXIT_OK : KM_EXIT_FAILED;
    }
    if (program_status > 0) {
        km_error("%s ended with exit status %d", program, program_status);
    } else if (error == ETIMEDOUT) {
        km_error("%s did not end under Wine in %u seconds", program, seconds);
    } else {
        km_error("%s did not run under Wine: %s", program, strerror(error));
    }
    return KM_EXIT_FAILED;
}

static int run_driver(struct wine *wine, const char *sys_path, const char *program, unsigned seconds)
{
    char *copy = km_format("%s/drive_c/kmode/%s.sys", wine->prefix, wine->service);
    char *windows_path = km_format("C:\\kmode\\%s.sys", wine->service);
    int status = KM_EXIT_OK;

    // A service of that name is left from a run that was killed.
    run(wine, SERVICE_SECONDS, wine->loader, "sc", "delete", wine->service, NULL);
    show_log(wine);
    errno = 0;
    if (!km_copy_file(sys_path, copy)) {
        km_error("cannot copy %s to %s: %s", sys_path, copy, strerror(errno));
        status = KM_EXIT_FAILED;
    } else if (run(wine, SERVICE_SECONDS, wine->loader, "sc", "create", wine->service, "type=", "kernel",
                   "start=", "demand", "binPath=", windows_path, NULL) != 0) {
        km_error("Wine cannot make a service %s", wine->service);
        status = KM_EXIT_USAGE;
    } else {
        errno = 0;
        bool started = run(wine, seconds, wine->loader, "net", "start", wine->service, NULL) == 0;
        int error = errno;
        show_log(wine);
        errno = error;
        if (!started) {
            status = complain(wine, "start", seconds);
        } else {
            status = program != NULL ? use_driver(wine, program, seconds) : KM_EXIT_OK;
            errno = 0;
            if (run(wine, seconds, wine->loader, "net", "stop", wine->service, NULL) < 0) {
                status = complain(wine, "stop", seconds);
            }
        }
        show_log(wine);
        if (!km_interrupted()) {
            run(wine, SERVICE_SECONDS, wine->loader, "sc", "delete", wine->service, NULL);
        }
    }
    unlink(copy);
    free(windows_path);
    free(copy);
    return status;
}

static bool is_readable(const char *path, const char *what)
{
    bool is_folder = km_is_folder(path);
    if (access(path, R_OK) == 0 && !is_folder) {
        return true;
    }
    km_error("cannot %s %s: %s", what, path, is_folder ? "it is a folder" : strerror(errno));
    return false;
}

int km_run_wine(const char *sys_path, const char *program, unsigned timeout_seconds)
{
    struct wine wine = {.lock = -1, .log = -1};
    char *work_folder = NULL;
    int status = KM_EXIT_USAGE;

    if (!is_readable(sys_path, "load") || (program != NULL && !is_readable(program, "run"))) {
        return KM_EXIT_UNLOADABLE;
    }
    km_catch_interrupts();
    if (find_wine(&wine) && open_prefix(&wine)) {
        const char *name = km_file_name(sys_path);
        wine.service = km_format("%.*s", (int)(strlen(name) - strlen(km_file_extension(name))), name);
        work_folder = km_make_temporary_folder();
        wine.log_path = km_format("%s/log", work_folder ? work_folder : "/tmp");
        wine.log = open(wine.log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        set_environment(&wine);
        if (wine.log < 0) {
            km_error("cannot write %s: %s", wine.log_path, strerror(errno));
        } else if (make_prefix(&wine)) {
            // Wine's first process decides where the others write to, so it must be one of ours.
            shut_down(&wine);
            status = run_driver(&wine, sys_path, program, timeout_seconds);
            shut_down(&wine);
            show_log(&wine);
        }
    }
    if (work_folder) {
        km_remove_tree(work_folder);
    }
    if (wine.log >= 0) {
        close(wine.log);
    }
    if (wine.lock >= 0) {
        close(wine.lock);
    }
    free(work_folder);
    free(wine.log_path);
    free(wine.service);
    free(wine.prefix);
    free(wine.server);
    free(wine.loader);
    km_die_of_interrupt();
    return status;
}
