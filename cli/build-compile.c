// SPDX-License-Identifier: MIT
// `kmode build`: from sources to objects, several at a time.
#include "build-language.h"

#include "cli.h"
#include "files.h"
#include "process.h"
#include "resources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The language and the code of a kernel driver. docs and "found out beforehand" of the design say why each is
// needed.
static const char *const driver_flags[] = {
    "--target=x86_64-w64-mingw32",
    "-ffreestanding",
    "-fms-extensions",
    "-fms-compatibility",
    "-fgnuc-version=14.0",
    "-mno-red-zone",
    "-mno-stack-arg-probe",
    "-fno-strict-aliasing",
    "-fno-auto-import",
    "-fno-crash-diagnostics",
    "-fcommon", // headers have variables without initialiser, which MSVC's linker makes one
    "-fstack-protector-strong",
    "-fasynchronous-unwind-tables",
    "-Xclang",
    "-fasync-exceptions",
    "-g",
    "-gcodeview",
    "-gno-codeview-command-line",
    NULL,
};

static const char *const debug_flags[] = {"-O0", "-DDBG=1", NULL};
static const char *const release_flags[] = {"-O2", "-DNDEBUG", NULL};

static const char *const cxx_flags[] = {
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    "-fsized-deallocation",
    "-Wno-c++11-narrowing",
    "-Wno-writable-strings",
    NULL,
};

// What sources written for Microsoft's compiler are full of, and what is right in them.
static const char *const accepted_flags[] = {
    "-Wno-unknown-pragmas",
    "-Wno-ignored-pragmas",
    "-Wno-ignored-attributes",
    "-Wno-multichar",
    "-Wno-four-char-constants",
    "-Wno-microsoft",
    "-Wno-pragma-pack",
    "-Wno-nonportable-include-path",
    "-Wno-invalid-token-paste",
    "-Wno-gnu-folding-constant",
    "-Wno-extra-tokens",
    "-Wno-trigraphs",
    NULL,
};

// What MSVC warns of in C and clang refuses. A call of an undeclared routine stays an error, which MSVC
// leaves to the linker.
static const char *const warned_of_flags[] = {
    "-Wno-error=int-conversion",
    "-Wno-error=incompatible-pointer-types",
    "-Wno-error=incompatible-function-pointer-types",
    NULL,
};

static const struct {
    const char *name;
    const char *value;
} default_macros[] = {
    {"_KERNEL_MODE", "1"},
    {"_AMD64_", "1"}, // with a value: sources ask `#if _AMD64_` before they include a
                      // header
    {"AMD64", "1"},
    {"_WIN32_WINNT", "0x0A00"},
    {"NTDDI_VERSION", "0x0A00000C"},
};

// kmode's own header folders, searched in this order, and below an installed kmode.
static const char *const header_folders[] = {"include/kmode/nt", "include/kmode/sdk"};

static const char *const mingw_header_folders[] = {
    "/usr/x86_64-w64-mingw32/include/ddk",
    "/usr/x86_64-w64-mingw32/include",
};

static bool user_defines(const struct km_build *build, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < build->user_compiler_arguments.count; i++) {
        const char *flag = build->user_compiler_arguments.items[i];
        if ((strncmp(flag, "-D", 2) == 0 || strncmp(flag, "-U", 2) == 0) &&
            strncmp(flag + 2, name, length) == 0 && (flag[2 + length] == '=' || flag[2 + length] == '\0')) {
            return true;
        }
    }
    return false;
}

static void add_header_search(const struct km_build *build, struct km_strings *arguments)
{
    char *overlay = km_resource("lib/kmode/vfs-overlay.yaml");

    if (km_file_exists(overlay)) {
        km_strings_add_format(arguments, "-ivfsoverlay%s", overlay);
    }
    free(overlay);

    km_strings_add(arguments, "-nostdlibinc");
    for (size_t i = 0; i < sizeof(header_folders) / sizeof(header_folders[0]); i++) {
        char *folder = km_resource(header_folders[i]);
        km_strings_add_format(arguments, "-isystem%s", folder);
        free(folder);
    }
    for (size_t i = 0; i < sizeof(mingw_header_folders) / sizeof(mingw_header_folders[0]); i++) {
        km_strings_add_format(arguments, "-isystem%s", mingw_header_folders[i]);
    }
    for (size_t i = 0; i < build->header_arguments.count; i++) {
        km_strings_add(arguments, build->header_arguments.items[i]);
    }
}

// -Wall and its like. They come before the warnings that are off here, which they would switch on again; a
// warning that the user names comes after.
static bool is_warning_group(const char *flag)
{
    static const char *const groups[] = {"-Wall", "-Wextra", "-Wpedantic", "-Weverything"};

    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        if (strcmp(flag, groups[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void add_user_arguments(const struct km_build *build, bool warning_groups,
                               struct km_strings *arguments)
{
    for (size_t i = 0; i < build->user_compiler_arguments.count; i++) {
        const char *flag = build->user_compiler_arguments.items[i];
        if (is_warning_group(flag) == warning_groups) {
            km_strings_add(arguments, flag);
        }
    }
}

static void add_common_arguments(const struct km_build *build, struct km_strings *arguments)
{
    char *own_files = km_resource("");

    km_strings_add_all(arguments, driver_flags);
    add_user_arguments(build, true, arguments);
    km_strings_add_all(arguments, accepted_flags);
    km_strings_add_all(arguments, warned_of_flags);
    km_strings_add_all(arguments, build->release ? release_flags : debug_flags);
    for (size_t i = 0; i < sizeof(default_macros) / sizeof(default_macros[0]); i++) {
        if (!user_defines(build, default_macros[i].name)) {
            km_strings_add_format(arguments, "-D%s=%s", default_macros[i].name, default_macros[i].value);
        }
    }
    if (!user_defines(build, "KM_LOG_TARGET")) {
        km_strings_add_format(arguments, "-DKM_LOG_TARGET=\"%s\"", build->name);
    }

    // The same sources give the same bytes wherever they and kmode are: debug information sees the driver's
    // folder as ".", __FILE__ leaves it out.
    km_strings_add(arguments, "-fdebug-compilation-dir=.");
    km_strings_add_format(arguments, "-ffile-prefix-map=%s=kmode/", own_files);
    if (strcmp(build->source_root, ".") != 0) {
        km_strings_add_format(arguments, "-fdebug-prefix-map=%s=.", build->source_root);
        km_strings_add_format(arguments, "-fmacro-prefix-map=%s/=", build->source_root);
    }
    free(own_files);
}

static void make_clang_arguments(const struct km_build *build, const struct km_source *source,
                                 struct km_strings *arguments)
{
    const struct km_language *language = source->language;

    km_strings_add(arguments, km_tool_name(KM_TOOL_CLANG));
    add_common_arguments(build, arguments);
    if (language->standard) {
        km_strings_add(arguments, language->standard);
    }
    if (strcmp(language->name, "c++") == 0) {
        km_strings_add_all(arguments, cxx_flags);
    }
    add_user_arguments(build, false, arguments);
    add_header_search(build, arguments);
    if (isatty(STDERR_FILENO)) {
        km_strings_add(arguments, "-fcolor-diagnostics");
    }
    if (build->dependency_file) {
        km_strings_add_all(arguments, (const char *const[]){"-MD", "-MT", "driver", "-MF", NULL});
        km_strings_add_format(arguments, "%s/%s.d", build->work_folder, source->object);
    }
    // The names of the unit and of its object are paths that no prefix map reaches.
    km_strings_add_all(arguments, (const char *const[]){"-Xclang", "-main-file-name", "-Xclang", NULL});
    km_strings_add_format(arguments, "/%s", km_file_name(source->path));
    km_strings_add(arguments, "-Xclang");
    km_strings_add_format(arguments, "-object-file-name=%s", source->object);
    km_strings_add_all(arguments, (const char *const[]){"-x", language->name, "-c", NULL});
    km_strings_add_format(arguments, "%s%s", source->path[0] == '-' ? "./" : "", source->path);
    km_strings_add(arguments, "-o");
    km_strings_add_format(arguments, "%s/%s", build->work_folder, source->object);
}

static void make_llvm_ml_arguments(const struct km_build *build, const struct km_source *source,
                                   struct km_strings *arguments)
{
    km_strings_add(arguments, km_tool_name(KM_TOOL_LLVM_ML));
    km_strings_add_all(arguments, (const char *const[]){"-m64", "--filetype=obj", NULL});
    km_strings_add_format(arguments, "/Fo%s/%s", build->work_folder, source->object);
    km_strings_add_format(arguments, "%s%s", source->path[0] == '/' ? "" : "./", source->path);
}

struct job {
    pid_t child;
    int messages; // a file with what the compiler said, -1 if it speaks for itself
};

// Compilers that run side by side must not speak at once: each has a file, shown when its turn comes, and
// read.
static int open_messages(const struct km_build *build)
{
    return open(build->work_folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static bool start(const struct km_build *build, const struct km_source *source, struct job *job)
{
    struct km_strings arguments = {0};
    enum km_tool tool = source->language->tool;

    if (tool == KM_TOOL_CLANG) {
        make_clang_arguments(build, source, &arguments);
    } else {
        make_llvm_ml_arguments(build, source, &arguments);
    }
    if (build->verbose) {
        km_show_command(arguments.items);
    }
    job->messages = open_messages(build);
    job->child =
        km_spawn(arguments.items, &(struct km_spawn){.output = job->messages >= 0 ? job->messages : -1,
                                                     .error_output = job->messages});
    if (job->child < 0) {
        km_tool_report_missing(tool);
    }
    km_strings_free(&arguments);
    return job->child >= 0;
}

static int finish(const struct job *job, const char *source, struct km_strings *explained)
{
    int status = km_wait_child(job->child);
    struct stat file;

    if (job->messages >= 0 && fstat(job->messages, &file) == 0 && file.st_size > 0) {
        char *text = km_allocate((size_t)file.st_size + 1, 1);
        ssize_t length = pread(job->messages, text, (size_t)file.st_size, 0);
        if (length > 0) {
            fwrite(text, 1, (size_t)length, stderr);
            text[length] = '\0';
            if (status != 0) {
                km_build_explain_messages(source, text, explained);
            }
        }
        free(text);
    }
    if (job->messages >= 0) {
        close(job->messages);
    }
    return status;
}

int km_build_compile(struct km_build *build)
{
    struct job *jobs = km_allocate(build->source_count, sizeof(*jobs));
    struct km_strings explained = {0};
    size_t started = 0, finished = 0;
    int status = KM_EXIT_OK;

    // Finished in the order of the sources, so that the messages come in that order too.
    while (finished < build->source_count) {
        while (started < build->source_count && started - finished < build->jobs && status != KM_EXIT_USAGE &&
               !km_interrupted()) {
            if (!start(build, &build->sources[started], &jobs[started])) {
                status = KM_EXIT_USAGE;
                break;
            }
            started++;
        }
        if (finished == started) {
            break;
        }
        int result = finish(&jobs[finished], build->sources[finished].path, &explained);
        if (result != 0 && status == KM_EXIT_OK) {
            status = KM_EXIT_FAILED;
        }
        if (result > 128) {
            km_error("the compiler of %s was ended by signal %d", build->sources[finished].path,
                     result - 128);
        }
        finished++;
    }
    km_strings_free(&explained);
    free(jobs);
    return status;
}
