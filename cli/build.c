// SPDX-License-Identifier: MIT
// `kmode build`: the command line, and the order of the steps.
#include "build.h"

#include "cli.h"
#include "files.h"
#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum option_key {
    KEY_ARCH = 0x100,
    KEY_CONFIG,
    KEY_OBJECT_DIR,
    KEY_DEPFILE,
    KEY_CFLAG,
    KEY_LDFLAG,
};

static const struct argp_option options[] = {
    {"output", 'o', "X.sys", 0, "The driver's file; its symbols go beside it, to X.pdb", 1},
    {"arch", KEY_ARCH, "ARCH", 0, "The processor: x64", 1},
    {"config", KEY_CONFIG, "CONFIG", 0, "debug (-O0, DBG=1), which is the default, or release (-O2, NDEBUG)",
     1},
    {"define", 'D', "NAME[=VALUE]", 0, "Define a macro", 2},
    {"undefine", 'U', "NAME", 0, "Undefine a macro", 2},
    {"include-dir", 'I', "DIR", 0, "Look for headers in DIR first", 2},
    {"warning", 'W', "WARNING", 0, "Switch a warning of clang's on or off: -Wall, -Wno-unused", 2},
    {"cflag", KEY_CFLAG, "FLAG", 0, "Hand FLAG to clang", 2},
    {"library", 'l', "LIB", 0, "Link with LIB: a file, or a name to look for (LIB.lib)", 3},
    {"library-dir", 'L', "DIR", 0, "Look for libraries in DIR", 3},
    {"ldflag", KEY_LDFLAG, "FLAG", 0, "Hand FLAG to lld-link", 3},
    {"object-dir", KEY_OBJECT_DIR, "DIR", 0, "Keep the object files in DIR", 4},
    {"depfile", KEY_DEPFILE, "FILE", 0, "Write to FILE, for make and ninja, what files X.sys is made of", 4},
    {"jobs", 'j', "N", 0, "Compile N files at a time (as many as there are processors)", 4},
    {"verbose", 'v', NULL, 0, "Show the commands that are run", 5},
    {"quiet", 'q', NULL, 0, "Print nothing when all went well", 5},
    {0},
};

static const char documentation[] =
    "Builds a Windows kernel driver from its sources: C, C++ and assembler files, or all of them in a folder "
    "(the current one by default). The driver is named by -o, else after the folder or the first file, and "
    "put "
    "into the current folder with its symbols beside it.\v"
    "The tools are clang-19 and lld-link-19, or what KMODE_CLANG and KMODE_LLD_LINK name. The same sources "
    "and "
    "options give the same bytes.";

// Choices that the design names and that are still to come get their own answer.
static error_t choose(const char *option, const char *value, const char *const *known, size_t known_count,
                      const char *const *planned, size_t planned_count, size_t *chosen)
{
    for (size_t i = 0; i < known_count; i++) {
        if (strcmp(value, known[i]) == 0) {
            *chosen = i;
            return 0;
        }
    }
    for (size_t i = 0; i < planned_count; i++) {
        if (strcmp(value, planned[i]) == 0) {
            km_error("--%s %s is not supported yet", option, value);
            return ECANCELED;
        }
    }
    km_error("--%s %s: there is only %s%s%s", option, value, known[0], known_count > 1 ? " and " : "",
             known_count > 1 ? known[1] : "");
    return ECANCELED;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    static const char *const architectures[] = {"x64"};
    static const char *const planned_architectures[] = {"x86", "arm64"};
    static const char *const configurations[] = {"debug", "release"};
    static const char *const planned_configurations[] = {"kasan", "fuzz"};
    struct km_build *build = state->input;
    size_t chosen = 0;
    char *end;

    switch (key) {
    case 'o': build->output = argument; break;
    case 'D':
    case 'U':
    case 'I':
    case 'W': km_strings_add_format(&build->user_compiler_arguments, "-%c%s", key, argument); break;
    case KEY_CFLAG: km_strings_add(&build->user_compiler_arguments, argument); break;
    case 'l': km_strings_add(&build->libraries, argument); break;
    case 'L': {
        char *folder = km_absolute_path(argument);
        km_strings_add_format(&build->user_linker_arguments, "/libpath:%s", folder);
        free(folder);
        break;
    }
    case KEY_LDFLAG: km_strings_add(&build->user_linker_arguments, argument); break;
    case KEY_OBJECT_DIR: build->object_folder = argument; break;
    case KEY_DEPFILE: build->dependency_file = argument; break;
    case 'v': build->verbose = true; break;
    case 'q': build->quiet = true; break;
    case KEY_ARCH: return choose("arch", argument, architectures, 1, planned_architectures, 2, &chosen);
    case KEY_CONFIG: {
        error_t error = choose("config", argument, configurations, 2, planned_configurations, 2, &chosen);
        build->release = chosen == 1;
        return error;
    }
    case 'j':
        build->jobs = (unsigned)strtoul(argument, &end, 10);
        if (*end || end == argument || build->jobs == 0 || build->jobs > 1024) {
            km_error("-j %s: not a number from 1 to 1024", argument);
            return ECANCELED;
        }
        break;
    case ARGP_KEY_ARG: km_strings_add(&build->paths, argument); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static unsigned processor_count(void)
{
    cpu_set_t set;

    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

// Names the driver and its files. Needs the sources.
static int name_output(struct km_build *build)
{
    if (build->output) {
        const char *extension = km_file_extension(build->output);
        if (!*extension && km_is_folder(build->output)) {
            km_error("-o %s is a folder; name the driver's file in it", build->output);
            return KM_EXIT_USAGE;
        }
        if (*extension && strcmp(extension, ".sys") != 0) {
            km_error("-o %s: a driver's file ends in .sys", build->output);
            return KM_EXIT_USAGE;
        }
        build->sys_path = km_format("%s%s", build->output, *extension ? "" : ".sys");
    } else {
        const char *first = build->paths.items[0];
        char *real = km_is_folder(first) ? realpath(first, NULL) : km_copy_string(first);
        const char *name = km_file_name(real ? real : first);
        build->sys_path = km_format("%.*s.sys", (int)(strlen(name) - strlen(km_file_extension(name))), name);
        free(real);
    }

    const char *name = km_file_name(build->sys_path);
    size_t length = strlen(name) - strlen(".sys");
    if (length == 0 || strpbrk(name, "\"\\\n")) {
        km_error("'%s' cannot be a driver's file name; name it by -o", name);
        return KM_EXIT_USAGE;
    }
    build->name = km_format("%.*s", (int)length, name);
    build->pdb_path = km_format("%.*s.pdb", (int)(strlen(build->sys_path) - strlen(".sys")), build->sys_path);

    char *folder = km_file_folder(build->sys_path);
    int status = KM_EXIT_OK;
    if (km_is_folder(build->sys_path)) {
        km_error("cannot write %s: it is a folder", build->sys_path);
        status = KM_EXIT_USAGE;
    } else if (access(folder, W_OK) != 0) {
        km_error("cannot write %s: %s", build->sys_path, strerror(errno));
        status = KM_EXIT_USAGE;
    }
    free(folder);
    return status;
}

static int make_work_folder(struct km_build *build)
{
    if (build->object_folder) {
        if (!km_make_folders(build->object_folder)) {
            km_error("cannot make the folder %s: %s", build->object_folder, strerror(errno));
            return KM_EXIT_USAGE;
        }
        build->work_folder = km_absolute_path(build->object_folder);
        return KM_EXIT_OK;
    }
    build->work_folder = km_make_temporary_folder();
    if (!build->work_folder) {
        km_error("cannot make a temporary folder: %s", strerror(errno));
        return KM_EXIT_FAILED;
    }
    build->work_folder_is_temporary = true;
    return KM_EXIT_OK;
}

// Moves the linker's output from the work folder to its place, the driver last.
static int deliver(struct km_build *build)
{
    const char *places[] = {build->pdb_path, build->sys_path};
    const char *extensions[] = {"pdb", "sys"};

    for (size_t i = 0; i < 2; i++) {
        char *made = km_format("%s/%s.%s", build->work_folder, build->name, extensions[i]);
        bool done = km_copy_file(made, places[i]);
        if (!done) {
            km_error("cannot write %s: %s", places[i], strerror(errno));
        }
        if (!done || !build->work_folder_is_temporary) {
            unlink(made);
        }
        free(made);
        if (!done) {
            return KM_EXIT_FAILED;
        }
    }
    return KM_EXIT_OK;
}

// One rule from the compiler's rules, one a source: only then do all versions of ninja and make agree.
static int write_dependencies(const struct km_build *build)
{
    struct km_strings rules = {0};
    size_t length = 0;

    for (size_t i = 0; i < build->source_count; i++) {
        char *path = km_format("%s/%s.d", build->work_folder, build->sources[i].object);
        char *rule = km_read_file(path, NULL);
        char *colon = rule ? strchr(rule, ':') : NULL;
        if (colon) {
            for (size_t end = strlen(colon); end && colon[end - 1] == '\n'; end--) {
                colon[end - 1] = '\0';
            }
            km_strings_add(&rules, colon + 1);
            length += strlen(colon) + 8;
        }
        free(rule);
        free(path);
    }

    char *text = km_allocate(length + 2 * strlen(build->sys_path) + 8, 1);
    char *end = text;
    for (const char *c = build->sys_path; *c; c++) {
        if (*c == ' ') {
            *end++ = '\\';
        }
        *end++ = *c;
    }
    *end++ = ':';
    for (size_t i = 0; i < rules.count; i++) {
        end += sprintf(end, "%s%s", rules.items[i], i + 1 < rules.count ? " \\\n" : "");
    }
    *end++ = '\n';

    bool done = km_write_file(build->dependency_file, text, (size_t)(end - text));
    if (!done) {
        km_error("cannot write %s: %s", build->dependency_file, strerror(errno));
    }
    free(text);
    km_strings_free(&rules);
    return done ? KM_EXIT_OK : KM_EXIT_FAILED;
}

static int build_driver(struct km_build *build)
{
    int status = km_build_find_sources(build);

    if (status == KM_EXIT_OK) {
        status = name_output(build);
    }
    if (status == KM_EXIT_OK) {
        km_catch_interrupts();
        status = make_work_folder(build);
    }
    if (status == KM_EXIT_OK) {
        status = km_build_find_headers(build);
    }
    if (status == KM_EXIT_OK) {
        status = km_build_compile(build);
    }
    if (status == KM_EXIT_OK) {
        status = km_build_link(build);
    }
    if (status == KM_EXIT_OK) {
        char *made = km_format("%s/%s.sys", build->work_folder, build->name);
        status = km_build_check_image(made);
        free(made);
    }
    if (status == KM_EXIT_OK && build->dependency_file) {
        status = write_dependencies(build);
    }
    if (status == KM_EXIT_OK) {
        status = deliver(build);
    }
    if (build->work_folder_is_temporary) {
        km_remove_tree(build->work_folder);
    } else {
        km_build_forget_headers(build);
    }
    km_die_of_interrupt();
    return status;
}

static void free_build(struct km_build *build)
{
    for (size_t i = 0; i < build->source_count; i++) {
        free(build->sources[i].path);
        free(build->sources[i].object);
    }
    free(build->sources);
    free(build->name);
    free(build->sys_path);
    free(build->pdb_path);
    free(build->work_folder);
    free(build->source_root);
    km_strings_free(&build->paths);
    km_strings_free(&build->user_compiler_arguments);
    km_strings_free(&build->user_linker_arguments);
    km_strings_free(&build->libraries);
    km_strings_free(&build->header_arguments);
}

int km_command_build(int argc, char **argv)
{
    static const struct argp argp = {options, parse_option, "[PATH...]", documentation, NULL, NULL, NULL};
    struct km_build build = {.jobs = processor_count()};
    int status = km_parse_arguments(&argp, argc, argv, &build);

    if (status == KM_EXIT_OK) {
        if (build.paths.count == 0) {
            km_strings_add(&build.paths, ".");
        }
        status = build_driver(&build);
    }
    struct stat file;
    if (status == KM_EXIT_OK && !build.quiet && stat(build.sys_path, &file) == 0) {
        printf("%s  %lld bytes\n", build.sys_path, (long long)file.st_size);
    }
    free_build(&build);
    return status;
}
