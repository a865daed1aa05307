// SPDX-License-Identifier: MIT
// `kmode run --wine`: the same drivers under Wine's kernel.
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
#include <strings.h>
#include <sys/file.h>
#include <unistd.h>

enum { BOOT_SECONDS = 300, SERVICE_SECONDS = 60, ANSWER_BYTES = 256 };

struct wine {
    char *loader; // "wine" or a path
    char *server;
    char *prefix; // the folder that is Wine's C: and registry
    int lock;
    int log;    // what Wine and the drivers in it say, from all its processes
    int answer; // what the last of Wine's own programs has said
    char *log_path;
    bool in_message; // the line before belongs to a text that the driver printed
    pid_t session;   // a program that does nothing until the other end of its input is closed
    int session_input;
};

struct driver {
    const char *path;
    char *service;      // "hello"
    char *copy;         // in Wine's C:
    char *windows_path; // as Wine has it
    bool has_service, has_devices, is_started;
};

// What a root bus of Wine's has of ours.
#define DEVICES "HKLM\\System\\CurrentControlSet\\Enum\\ROOT\\KMODE"

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

// Runs a program of Wine's with the NULL-ended arguments behind it. What it says goes into wine->answer.
// Returns its exit status, -1 with errno as km_wait_limited has it.
static int run(const struct wine *wine, unsigned seconds, const char *program, ...)
{
    struct km_strings arguments = {0};
    va_list rest;

    km_strings_add(&arguments, program);
    va_start(rest, program);
    for (const char *argument; (argument = va_arg(rest, const char *));) {
        km_strings_add(&arguments, argument);
    }
    va_end(rest);

    if (ftruncate(wine->answer, 0) != 0 || lseek(wine->answer, 0, SEEK_SET) != 0) {
        km_error("cannot empty what Wine has answered: %s", strerror(errno));
    }
    pid_t child =
        km_spawn(arguments.items, &(struct km_spawn){.output = wine->answer, .error_output = wine->log});
    int status = child < 0 ? -1 : km_wait_limited(child, seconds);
    int error = errno;
    km_strings_free(&arguments);
    errno = error;
    return status;
}

// The last line that the program which was run last has said, "General failure.", without its end.
static void read_answer(const struct wine *wine, char text[static ANSWER_BYTES])
{
    char whole[4 * ANSWER_BYTES];
    ssize_t length = pread(wine->answer, whole, sizeof whole - 1, 0);

    whole[length > 0 ? length : 0] = '\0';
    *text = '\0';
    for (char *rest = whole, *line; (line = strsep(&rest, "\r\n"));) {
        if (*line != '\0') {
            snprintf(text, ANSWER_BYTES, "%s", line);
        }
    }
}

// Where no program runs for a moment, Wine ends the session, and the drivers with it: on a busy machine there
// is such a moment between any two of ours.
static bool begin_session(struct wine *wine)
{
    char *arguments[] = {wine->loader, "cmd", NULL};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        km_error("cannot make a pipe: %s", strerror(errno));
        return false;
    }
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    wine->session = km_spawn(
        arguments, &(struct km_spawn){.input = ends[0], .output = nowhere, .error_output = wine->log});
    wine->session_input = ends[1];
    if (wine->session < 0) {
        km_error("cannot run %s: %s", wine->loader, strerror(errno));
    }
    close(nowhere);
    close(ends[0]);
    return wine->session >= 0;
}

// Ends all of Wine's processes in the prefix, and with them the drivers'; returns when its registry is saved.
static void shut_down(struct wine *wine)
{
    run(wine, SERVICE_SECONDS, wine->server, "-k", NULL);
    run(wine, SERVICE_SECONDS, wine->server, "-w", NULL);
    if (wine->session_input >= 0) {
        close(wine->session_input);
        wine->session_input = -1;
    }
    if (wine->session >= 0) {
        km_wait_limited(wine->session, SERVICE_SECONDS);
        wine->session = -1;
    }
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

// How long a driver's start or stop takes is ours to limit: Wine gives up after 10 seconds, and ends what the
// driver runs in. Milliseconds, as a string.
static bool let_services_take_time(struct wine *wine)
{
    return run(wine, SERVICE_SECONDS, wine->loader, "reg", "add", "HKLM\\System\\CurrentControlSet\\Control",
               "/v", "ServicesPipeTimeout", "/t", "REG_SZ", "/d", "2000000000", "/f", NULL) == 0;
}

// A prefix is whole when the file that is written last is there. What is in it says how far it is set up: one
// that an older kmode has made is set up further.
static bool make_prefix(struct wine *wine)
{
    static const char version[] = "2";
    char *ready = km_format("%s/kmode-ready", wine->prefix);
    char *drivers = km_format("%s/drive_c/kmode", wine->prefix);
    char *found = km_read_file(ready, NULL);
    bool done = found != NULL && strcmp(found, version) == 0;

    if (!done) {
        bool is_made = found != NULL;
        shut_down(wine);
        if (!is_made) {
            say_on_terminal("making a Wine prefix, once ...");
            km_remove_tree(wine->prefix);
            is_made = run(wine, BOOT_SECONDS, wine->loader, "wineboot", "-i", NULL) == 0;
            run(wine, BOOT_SECONDS, wine->server, "-w", NULL);
        }
        done = is_made && let_services_take_time(wine) && km_make_folders(drivers) &&
               km_write_file(ready, version, strlen(version));
        if (!done && !km_interrupted()) {
            km_error("cannot make a Wine prefix in %s", wine->prefix);
        }
    }
    free(found);
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

// Starts or stops a driver, and prints what it has printed. false: answer has what Wine says of it, and errno
// is 0 or as run has it.
static bool net(struct wine *wine, const char *what, const struct driver *driver, unsigned seconds,
                char answer[static ANSWER_BYTES])
{
    errno = 0;
    const bool done = run(wine, seconds, wine->loader, "net", what, driver->service, NULL) == 0;
    const int error = errno;
    read_answer(wine, answer);
    show_log(wine);
    errno = error;
    return done;
}

// Of a driver that net did not start, or stop.
static int complain(const struct driver *driver, const char *what, unsigned seconds, const char *answer)
{
    if (km_interrupted()) {
        return KM_EXIT_FAILED;
    }
    if (errno == ETIMEDOUT) {
        km_error("%s did not %s under Wine in %u seconds", driver->service, what, seconds);
    } else {
        km_error("%s did not %s under Wine%s%s", driver->service, what, *answer != '\0' ? ": " : "", answer);
    }
    return KM_EXIT_FAILED;
}

// The drivers are started.
static int use_drivers(struct wine *wine, const char *program, unsigned seconds)
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

// Whoever adds a device attaches it. For all others Wine's registry need not be asked to be changed.
static bool may_add_devices(const struct driver *driver)
{
    static const char routine[] = "IoAttachDeviceToDeviceStack";
    size_t size;
    char *image = km_read_file(driver->path, &size);
    bool may = image != NULL && memmem(image, size, routine, strlen(routine)) != NULL;

    free(image);
    return may;
}

static bool set_value(struct wine *wine, const char *key, const char *name, const char *type,
                      const char *text)
{
    return run(wine, SERVICE_SECONDS, wine->loader, "reg", "add", key, "/v", name, "/t", type, "/d", text,
               "/f", NULL) == 0;
}

// The class is that of what is no hardware.
static bool add_device(struct wine *wine, struct driver *driver, const char *id, unsigned number)
{
    char *key = km_format(DEVICES "\\%s-%u", driver->service, number);

    driver->has_devices = true;
    bool done = set_value(wine, key, "ClassGUID", "REG_SZ", "{4D36E97D-E325-11CE-BFC1-08002BE10318}") &&
                set_value(wine, key, "HardwareID", "REG_MULTI_SZ", id) &&
                set_value(wine, key, "Service", "REG_SZ", driver->service);
    if (!done && !km_interrupted()) {
        km_error("Wine cannot make a device %s", id);
    }
    free(key);
    return done;
}

// Wine's root bus shows a driver that has an AddDevice those of which the registry says that they are its.
// What
// --device gives the driver, or what it has without.
static bool add_devices(struct wine *wine, struct driver *driver, bool is_first,
                        const struct km_wine_run *what)
{
    const bool may_add = may_add_devices(driver);
    unsigned count = 0;
    bool done = true;

    for (size_t i = 0; i < what->device_count && done; i++) {
        const struct km_run_device *device = &what->devices[i];
        if (device->service != NULL ? strcasecmp(device->service, driver->service) != 0 : !is_first) {
            continue;
        }
        if (may_add) {
            done = add_device(wine, driver, device->hardware_id, count++);
        } else {
            fprintf(stderr, "%s attaches to nothing: it drives no %s\n", driver->path, device->hardware_id);
        }
    }
    if (count == 0 && !what->no_device && may_add) {
        char *id = km_format("ROOT\\%s", driver->service);
        done = add_device(wine, driver, id, 0);
        free(id);
    }
    return done;
}

static void remove_devices(struct wine *wine)
{
    run(wine, SERVICE_SECONDS, wine->loader, "reg", "delete", DEVICES, "/f", NULL);
}

// Whether Wine has come as far as to call the driver, which then failed, or ended the process that it is in.
// In one session of some hundred, net fails before that, and succeeds when it is asked again; why is not
// known.
static bool has_begun(const char *answer)
{
    return strcmp(answer, "General failure.") == 0 || strcmp(answer, "Service request timeout.") == 0;
}

static int start_driver(struct wine *wine, struct driver *driver, bool is_first,
                        const struct km_wine_run *what)
{
    // A service of that name is left from a run that was killed.
    run(wine, SERVICE_SECONDS, wine->loader, "sc", "delete", driver->service, NULL);
    show_log(wine);
    errno = 0;
    if (!km_copy_file(driver->path, driver->copy)) {
        km_error("cannot copy %s to %s: %s", driver->path, driver->copy, strerror(errno));
        return KM_EXIT_FAILED;
    }
    // Drivers of one group are in one process of Wine's, and share their memory as those of a kernel do.
    driver->has_service =
        run(wine, SERVICE_SECONDS, wine->loader, "sc", "create", driver->service, "type=", "kernel",
            "start=", "demand", "group=", "kmode", "binPath=", driver->windows_path, NULL) == 0;
    if (!driver->has_service) {
        km_error("Wine cannot make a service %s", driver->service);
        return KM_EXIT_USAGE;
    }
    if (!add_devices(wine, driver, is_first, what)) {
        return KM_EXIT_USAGE;
    }
    char answer[ANSWER_BYTES];
    driver->is_started = net(wine, "start", driver, what->timeout_seconds, answer);
    if (!driver->is_started && errno == 0 && !has_begun(answer)) {
        driver->is_started = net(wine, "start", driver, what->timeout_seconds, answer);
    }
    return driver->is_started ? KM_EXIT_OK : complain(driver, "start", what->timeout_seconds, answer);
}

// Does what is left to do of a driver that was started, or not, or not quite.
static int stop_driver(struct wine *wine, const struct driver *driver, unsigned seconds)
{
    int status = KM_EXIT_OK;
    char answer[ANSWER_BYTES];
    if (driver->is_started && !net(wine, "stop", driver, seconds, answer)) {
        status = complain(driver, "stop", seconds, answer);
    }
    if (driver->has_service && !km_interrupted()) {
        run(wine, SERVICE_SECONDS, wine->loader, "sc", "delete", driver->service, NULL);
    }
    unlink(driver->copy);
    return status;
}

// Started in order, up to the first that fails, and stopped in reverse.
static int run_drivers(struct wine *wine, struct driver *drivers, const struct km_wine_run *what)
{
    int status = KM_EXIT_OK;
    size_t begun = 0;
    bool has_devices = false;

    while (begun < what->driver_count && status == KM_EXIT_OK) {
        status = start_driver(wine, &drivers[begun], begun == 0, what);
        has_devices |= drivers[begun++].has_devices;
    }
    if (status == KM_EXIT_OK && what->program != NULL) {
        status = use_drivers(wine, what->program, what->timeout_seconds);
    }
    while (begun-- > 0) {
        int stopped = stop_driver(wine, &drivers[begun], what->timeout_seconds);
        status = status == KM_EXIT_OK ? stopped : status;
    }
    if (has_devices && !km_interrupted()) {
        remove_devices(wine);
    }
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

// A driver's service has the name of its file, and is known by it, in capitals or not.
static bool name_drivers(struct driver *drivers, char *const *paths, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *name = km_file_name(paths[i]);
        drivers[i].path = paths[i];
        drivers[i].service = km_format("%.*s", (int)(strlen(name) - strlen(km_file_extension(name))), name);
        drivers[i].windows_path = km_format("C:\\kmode\\%s.sys", drivers[i].service);
        for (size_t other = 0; other < i; other++) {
            if (strcasecmp(drivers[i].service, drivers[other].service) == 0) {
                km_error("%s: a driver of the name %s is loaded already", paths[i], drivers[other].service);
                return false;
            }
        }
    }
    return true;
}

static void place_drivers(const struct wine *wine, struct driver *drivers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        drivers[i].copy = km_format("%s/drive_c/kmode/%s.sys", wine->prefix, drivers[i].service);
    }
}

static void free_drivers(struct driver *drivers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(drivers[i].windows_path);
        free(drivers[i].copy);
        free(drivers[i].service);
    }
    free(drivers);
}

static int run_in_prefix(struct wine *wine, struct driver *drivers, const struct km_wine_run *what)
{
    int status = KM_EXIT_USAGE;
    char *work_folder = km_make_temporary_folder();

    place_drivers(wine, drivers, what->driver_count);
    wine->log_path = km_format("%s/log", work_folder ? work_folder : "/tmp");
    wine->log = open(wine->log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    char *answer_path = km_format("%s/answer", work_folder ? work_folder : "/tmp");
    wine->answer = open(answer_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    set_environment(wine);
    if (wine->log < 0 || wine->answer < 0) {
        km_error("cannot write %s: %s", wine->log < 0 ? wine->log_path : answer_path, strerror(errno));
    } else if (make_prefix(wine)) {
        // Wine's first process decides where the others write to, so it must be one of ours.
        shut_down(wine);
        if (begin_session(wine)) {
            status = run_drivers(wine, drivers, what);
        }
        shut_down(wine);
        show_log(wine);
    }
    if (work_folder) {
        km_remove_tree(work_folder);
    }
    if (wine->log >= 0) {
        close(wine->log);
    }
    if (wine->answer >= 0) {
        close(wine->answer);
    }
    free(answer_path);
    free(work_folder);
    return status;
}

int km_run_wine(const struct km_wine_run *what)
{
    const size_t count = what->driver_count;
    struct wine wine = {.lock = -1, .log = -1, .answer = -1, .session = -1, .session_input = -1};
    struct driver *drivers = km_allocate(count, sizeof *drivers);
    int status = KM_EXIT_UNLOADABLE;

    for (size_t i = 0; i < count; i++) {
        if (!is_readable(what->drivers[i], "load")) {
            goto free_drivers;
        }
    }
    if (!name_drivers(drivers, what->drivers, count) ||
        (what->program != NULL && !is_readable(what->program, "run"))) {
        goto free_drivers;
    }
    km_catch_interrupts();
    status = find_wine(&wine) && open_prefix(&wine) ? run_in_prefix(&wine, drivers, what) : KM_EXIT_USAGE;
    if (wine.lock >= 0) {
        close(wine.lock);
    }
    free(wine.log_path);
    free(wine.prefix);
    free(wine.server);
    free(wine.loader);
free_drivers:
    free_drivers(drivers, count);
    km_die_of_interrupt();
    return status;
}
