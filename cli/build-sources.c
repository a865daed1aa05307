// SPDX-License-Identifier: MIT
// `kmode build`: which sources a driver has.
#include "build-language.h"

#include "cli.h"
#include "files.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const source_extensions[] = {".c", ".cpp", ".cc", ".cxx", ".S", ".asm", NULL};

static const struct km_language languages[] = {
    {".c", KM_TOOL_CLANG, "c", "-std=gnu11"},          {".cpp", KM_TOOL_CLANG, "c++", "-std=gnu++17"},
    {".cc", KM_TOOL_CLANG, "c++", "-std=gnu++17"},     {".cxx", KM_TOOL_CLANG, "c++", "-std=gnu++17"},
    {".s", KM_TOOL_CLANG, "assembler-with-cpp", NULL}, {".asm", KM_TOOL_LLVM_ML, NULL, NULL},
};

static const struct km_language *find_language(const char *path)
{
    for (size_t i = 0; i < sizeof(languages) / sizeof(languages[0]); i++) {
        if (strcasecmp(km_file_extension(path), languages[i].extension) == 0) {
            return &languages[i];
        }
    }
    return NULL;
}

// Sources of the same name in different folders get objects of different names.
static char *name_object(const struct km_build *build, const char *path)
{
    const char *name = km_file_name(path);
    int length = (int)(strlen(name) - strlen(km_file_extension(name)));
    char *object = km_format("%.*s.obj", length, name);

    for (unsigned number = 2, i = 0; i < build->source_count; i++) {
        if (strcasecmp(build->sources[i].object, object) == 0) {
            free(object);
            object = km_format("%.*s-%u.obj", length, name, number++);
            i = (unsigned)-1;
        }
    }
    return object;
}

static void add_source(struct km_build *build, const char *path)
{
    build->sources = reallocarray(build->sources, build->source_count + 1, sizeof(struct km_source));
    if (!build->sources) {
        abort();
    }
    // Debug information has a prefix map for relative paths only.
    char *object = name_object(build, path);
    build->sources[build->source_count++] =
        (struct km_source){.path = km_relative_path(path), .object = object, .language = find_language(path)};
}

static int add_folder(struct km_build *build, const char *folder)
{
    struct km_strings names = {0};
    int status = KM_EXIT_OK;

    if (!km_list_folder(folder, source_extensions, &names)) {
        km_error("cannot read the folder %s: %s", folder, strerror(errno));
        return KM_EXIT_USAGE;
    }
    if (names.count == 0) {
        km_error("%s has no C, C++ or assembler source", folder);
        status = KM_EXIT_USAGE;
    }
    size_t length = strlen(folder);
    while (length > 1 && folder[length - 1] == '/') {
        length--;
    }
    for (size_t i = 0; i < names.count; i++) {
        char *path = strcmp(folder, ".") == 0 ? km_copy_string(names.items[i])
                                              : km_format("%.*s/%s", (int)length, folder, names.items[i]);
        add_source(build, path);
        free(path);
    }
    km_strings_free(&names);
    return status;
}

int km_build_find_sources(struct km_build *build)
{
    int status = KM_EXIT_OK;

    for (size_t i = 0; i < build->paths.count && status == KM_EXIT_OK; i++) {
        const char *path = build->paths.items[i];
        if (km_is_folder(path)) {
            status = add_folder(build, path);
        } else if (!km_file_exists(path)) {
            km_error("%s: %s", path, strerror(errno));
            status = KM_EXIT_USAGE;
        } else if (!find_language(path)) {
            km_error("%s is no source that can be built (.c, .cpp, .cc, .cxx, .S, .asm)", path);
            status = KM_EXIT_USAGE;
        } else {
            add_source(build, path);
        }
    }
    if (status == KM_EXIT_OK) {
        build->source_root = km_file_folder(build->sources[0].path);
    }
    return status;
}
