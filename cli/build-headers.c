// SPDX-License-Identifier: MIT
// `kmode build`: in which folders a driver's sources find its own headers, in any case.
#include "build.h"

#include "cli.h"
#include "files.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Folders with more entries than this are no source trees of one driver ("/", a home folder): not searched.
enum { MAXIMUM_SIBLINGS = 64 };

static const char *const header_extensions[] = {".h", ".hpp", ".hxx", ".inc", NULL};

// Adds the folder if there are headers in it.
static void add_folder(const char *folder, struct km_strings *folders)
{
    struct km_strings names = {0};

    if (km_list_folder(folder, header_extensions, &names) && names.count > 0) {
        km_strings_add(folders, folder);
    }
    km_strings_free(&names);
}

static void add_subfolders(const char *folder, struct km_strings *folders)
{
    struct km_strings names = {0};

    if (km_list_folder(folder, NULL, &names) && names.count <= MAXIMUM_SIBLINGS) {
        for (size_t i = 0; i < names.count; i++) {
            char *path = km_format("%s/%s", folder, names.items[i]);
            if (km_is_folder(path)) {
                add_folder(path, folders);
            }
            free(path);
        }
    }
    km_strings_free(&names);
}

// One folder of clang's VFS overlay, as of `-ivfsoverlay`: each header under its absolute name.
static json_t *describe_folder(const char *folder)
{
    char *real = realpath(folder, NULL);
    struct km_strings names = {0};
    json_t *contents = json_array();

    if (real && km_list_folder(real, header_extensions, &names)) {
        for (size_t i = 0; i < names.count; i++) {
            char *path = km_format("%s/%s", real, names.items[i]);
            json_array_append_new(contents, json_pack("{s:s, s:s, s:s}", "name", names.items[i], "type",
                                                      "file", "external-contents", path));
            free(path);
        }
    }
    json_t *description =
        json_pack("{s:s, s:s, s:o}", "name", real ? real : folder, "type", "directory", "contents", contents);
    km_strings_free(&names);
    free(real);
    return description;
}

// Sources written on Windows include Driver.H where the file is driver.h. Only a name that is not there as
// written is looked up in the overlay, so all else is as without it.
static bool write_overlay(const char *path, const struct km_strings *folders)
{
    json_t *roots = json_array();

    for (size_t i = 0; i < folders->count; i++) {
        json_array_append_new(roots, describe_folder(folders->items[i]));
    }
    json_t *overlay = json_pack("{s:i, s:s, s:s, s:o}", "version", 0, "case-sensitive", "false",
                                "redirecting-with", "fallback", "roots", roots);
    bool done = overlay && json_dump_file(overlay, path, JSON_COMPACT) == 0;
    json_decref(overlay);
    return done;
}

static char *overlay_path(const struct km_build *build)
{
    return km_format("%s/headers.json", build->work_folder);
}

void km_build_forget_headers(const struct km_build *build)
{
    char *path = build->work_folder ? overlay_path(build) : NULL;

    if (path) {
        unlink(path);
    }
    free(path);
}

// Whether the user has given the folder by -I. To say it again by -idirafter would take it out of its place:
// of a folder that is on both lists, clang forgets the first.
static bool user_includes(const struct km_build *build, const char *folder)
{
    char *real = realpath(folder, NULL);
    bool found = false;

    for (size_t i = 0; i < build->user_compiler_arguments.count && !found; i++) {
        const char *argument = build->user_compiler_arguments.items[i];
        char *other = strncmp(argument, "-I", 2) == 0 ? realpath(argument + 2, NULL) : NULL;
        found = real && other && strcmp(real, other) == 0;
        free(other);
    }
    free(real);
    return found;
}

int km_build_find_headers(struct km_build *build)
{
    struct km_strings *arguments = &build->header_arguments;
    struct km_strings folders = {0};
    char *above = km_format("%s/..", build->source_root);
    int status = KM_EXIT_OK;

    add_folder(build->source_root, &folders);
    add_subfolders(build->source_root, &folders);
    add_folder(above, &folders);
    add_subfolders(above, &folders);
    for (size_t i = 0; i < folders.count; i++) {
        if (!user_includes(build, folders.items[i])) {
            km_strings_add_format(arguments, "-idirafter%s", folders.items[i]);
        }
    }
    for (size_t i = 0; i < build->user_compiler_arguments.count; i++) {
        const char *argument = build->user_compiler_arguments.items[i];
        if (strncmp(argument, "-I", 2) == 0) {
            add_folder(argument + 2, &folders);
        }
    }
    if (folders.count > 0) {
        char *overlay = overlay_path(build);
        if (write_overlay(overlay, &folders)) {
            km_strings_add_format(arguments, "-ivfsoverlay%s", overlay);
        } else {
            km_error("cannot write %s: %s", overlay, strerror(errno));
            status = KM_EXIT_FAILED;
        }
        free(overlay);
    }
    free(above);
    km_strings_free(&folders);
    return status;
}
