// SPDX-License-Identifier: MIT
// `kmode build`: from objects to the driver image, and what the linker says in words of drivers.
#include "build-language.h"

#include "cli.h"
#include "exports.h"
#include "files.h"
#include "process.h"
#include "resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// 6.01 is Windows 7, the oldest that the SDK supports: every later Windows takes it.
static const char *const driver_flags[] = {
    "/nologo",       "/driver",           "/machine:x64", "/subsystem:native,6.01", "/entry:DriverEntry",
    "/nodefaultlib", "/base:0x140000000", "/dynamicbase", "/highentropyva",         "/nxcompat",
    "/release",      "/section:INIT,ERD", "/debug",       "/pdbaltpath:%_PDB%",     "/pdbsourcepath:.",
    "/brepro",       "/lldignoreenv",     NULL,
};

static const char *const debug_flags[] = {"/opt:noref", "/opt:noicf", NULL};
static const char *const release_flags[] = {"/opt:ref", "/opt:noicf", NULL};

// The symbols hold the libraries' paths, so that kmode's own are reached by a link in the linker's current
// folder: the bytes are the same wherever kmode is.
static const char library_link[] = "kmode-lib";

static char *make_library_link(const struct km_build *build)
{
    char *folder = km_resource("lib/kmode/lib/x64");
    char *path = km_format("%s/%s", build->work_folder, library_link);

    unlink(path);
    if (symlink(folder, path) != 0) {
        km_error("cannot make %s: %s", path, strerror(errno));
        free(path);
        path = NULL;
    }
    free(folder);
    return path;
}

static bool add_library(const char *name, struct km_strings *arguments)
{
    if (strchr(name, '/') || km_file_exists(name)) {
        char *path = km_absolute_path(name);
        bool there = km_file_exists(path);
        if (there) {
            km_strings_add(arguments, path);
        } else {
            km_error("%s: %s", name, strerror(errno));
        }
        free(path);
        return there;
    }
    km_strings_add_format(arguments, "%s%s", name, *km_file_extension(name) ? "" : ".lib");
    return true;
}

// The file's lines that are neither empty nor comments.
static void read_lines(const char *path, struct km_strings *lines)
{
    char *text = km_read_file(path, NULL);
    char *rest = text;

    for (char *line; rest && (line = strsep(&rest, "\n"));) {
        if (*line && *line != '#') {
            km_strings_add(lines, line);
        }
    }
    free(text);
}

// Every library of kmode's; only what is used is linked. The SDK first, then the import libraries in the
// order that says whose export is meant where several modules have one of a name.
static bool add_own_libraries(struct km_strings *arguments)
{
    static const char *const extensions[] = {".lib", NULL};
    char *folder = km_resource("lib/kmode/lib/x64");
    char *order_path = km_resource("share/kmode/exports/link-order");
    struct km_strings names = {0}, order = {0};
    bool done = km_list_folder(folder, extensions, &names) && names.count > 0;

    read_lines(order_path, &order);
    if (done) {
        km_strings_add_format(arguments, "/libpath:%s", library_link);
    } else {
        km_error("kmode's installation is not whole: no libraries in %s", folder);
    }
    for (size_t i = 0; i < names.count; i++) {
        size_t length = strlen(names.items[i]) - strlen(".lib");
        bool ordered = false;
        for (size_t j = 0; j < order.count && !ordered; j++) {
            ordered = strlen(order.items[j]) == length && memcmp(order.items[j], names.items[i], length) == 0;
        }
        if (!ordered) {
            km_strings_add(arguments, names.items[i]);
        }
    }
    for (size_t j = 0; j < order.count; j++) {
        char *path = km_format("%s/%s.lib", folder, order.items[j]);
        if (km_file_exists(path)) {
            km_strings_add_format(arguments, "%s.lib", order.items[j]);
        }
        free(path);
    }
    km_strings_free(&names);
    km_strings_free(&order);
    free(order_path);
    free(folder);
    return done;
}

// Windows refuses these with STATUS_ACCESS_DENIED to a driver that is not linked with /integritycheck.
static const char *const integrity_routines[] = {
    "ObRegisterCallbacks",
    "PsSetCreateProcessNotifyRoutineEx",
    "PsSetCreateProcessNotifyRoutineEx2",
    "KmCallbacksAddObject",
    "KmCallbacksAddProcess",
};

static bool object_names(const struct km_build *build, const char *object, const char *routine)
{
    size_t size;
    char *path = km_format("%s/%s", build->work_folder, object);
    char *bytes = km_read_file(path, &size);
    // With the zero behind it: KmCallbacksAddProcessNotice is none of them.
    bool found = bytes && memmem(bytes, size, routine, strlen(routine) + 1) != NULL;

    free(bytes);
    free(path);
    return found;
}

static bool needs_integrity_check(const struct km_build *build)
{
    for (size_t i = 0; i < build->source_count; i++) {
        for (size_t j = 0; j < sizeof(integrity_routines) / sizeof(integrity_routines[0]); j++) {
            if (object_names(build, build->sources[i].object, integrity_routines[j])) {
                return true;
            }
        }
    }
    return false;
}

static bool make_arguments(const struct km_build *build, struct km_strings *arguments)
{
    km_strings_add(arguments, km_tool_name(KM_TOOL_LLD_LINK));
    km_strings_add_all(arguments, driver_flags);
    km_strings_add_all(arguments, build->release ? release_flags : debug_flags);
    km_strings_add_format(arguments, "/out:%s.sys", build->name);
    km_strings_add_format(arguments, "/pdb:%s.pdb", build->name);
    if (needs_integrity_check(build)) {
        km_strings_add(arguments, "/integritycheck");
    }
    if (isatty(STDERR_FILENO)) {
        km_strings_add(arguments, "--color-diagnostics");
    }
    for (size_t i = 0; i < build->user_linker_arguments.count; i++) {
        km_strings_add(arguments, build->user_linker_arguments.items[i]);
    }
    for (size_t i = 0; i < build->source_count; i++) {
        km_strings_add(arguments, build->sources[i].object);
    }
    for (size_t i = 0; i < build->libraries.count; i++) {
        if (!add_library(build->libraries.items[i], arguments)) {
            return false;
        }
    }
    return add_own_libraries(arguments);
}

static void explain_undefined(const struct km_exports *exports, const char *symbol, const char *place)
{
    const char *imported = strncmp(symbol, "__imp_", 6) == 0 ? symbol + 6 : symbol;
    const struct km_export *known = km_exports_find(exports, imported);

    if (strcmp(symbol, "DriverEntry") == 0) {
        km_error(
            "no source defines DriverEntry, with which a driver starts (in C++ it must be extern \"C\")");
    } else if (known) {
        km_error("%s%s'%s' is exported by %s, but its import library does not have it", place,
                 *place ? ": " : "", imported, known->module);
    } else {
        const char *nearest = km_exports_nearest(exports, imported);
        km_error("%s%s'%s' is defined nowhere in the driver and not exported by Windows%s%s%s", place,
                 *place ? ": " : "", imported, nearest ? "; did you mean '" : "", nearest ? nearest : "",
                 nearest ? "'?" : "");
    }
}

// Copies one line of the linker's, without its end, to text.
static const char *next_line(const char *at, char *text, size_t size)
{
    size_t length = strcspn(at, "\n");

    snprintf(text, size, "%.*s", (int)length, at);
    return at[length] ? at + length + 1 : at + length;
}

// The linker's text, with what it says of undefined symbols put in our words.
static void report(const char *messages)
{
    static const char undefined[] = "undefined symbol: ";
    static const char reference[] = ">>> referenced by ";
    struct km_exports exports = {0};
    char line[1024], follow[1024];

    for (const char *at = messages; *at;) {
        at = next_line(at, line, sizeof(line));
        char *symbol = strstr(line, undefined);
        if (!symbol) {
            if (line[0]) {
                fprintf(stderr, "%s\n", line);
            }
            continue;
        }
        if (!exports.count) {
            km_exports_load(&exports);
        }
        symbol += strlen(undefined);
        char place[1024] = "";
        while (strncmp(at, ">>>", 3) == 0) {
            at = next_line(at, follow, sizeof(follow));
            if (!*place && strncmp(follow, reference, strlen(reference)) == 0) {
                snprintf(place, sizeof(place), "%s", follow + strlen(reference));
            }
        }
        // Not the symbol's colour, which ends with an escape sequence.
        symbol[strcspn(symbol, "\033")] = '\0';
        explain_undefined(&exports, symbol, place);
    }
    km_exports_free(&exports);
}

int km_build_link(struct km_build *build)
{
    struct km_strings arguments = {0};

    if (!make_arguments(build, &arguments)) {
        km_strings_free(&arguments);
        return KM_EXIT_USAGE;
    }
    char *link_path = make_library_link(build);
    if (!link_path) {
        km_strings_free(&arguments);
        return KM_EXIT_FAILED;
    }
    if (build->verbose) {
        km_show_command(arguments.items);
    }

    char *message_path = km_format("%s/%s.link", build->work_folder, build->name);
    int messages = open(message_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    pid_t child = km_spawn(arguments.items, &(struct km_spawn){build->work_folder, .output = messages,
                                                               .error_output = messages});
    int status = KM_EXIT_OK;
    if (child < 0) {
        km_tool_report_missing(KM_TOOL_LLD_LINK);
        status = KM_EXIT_USAGE;
    } else if (km_wait_child(child) != 0) {
        status = KM_EXIT_FAILED;
    }
    if (messages >= 0) {
        close(messages);
    }
    char *text = km_read_file(message_path, NULL);
    if (text && child >= 0 && !km_interrupted()) {
        report(text);
    }
    free(text);
    unlink(link_path);
    unlink(message_path);
    free(link_path);
    free(message_path);
    km_strings_free(&arguments);
    return status;
}
