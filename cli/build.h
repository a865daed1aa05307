// SPDX-License-Identifier: MIT
// `kmode build`: what its steps (sources, compile, link, check) hand to each other.
#ifndef KMODE_CLI_BUILD_H
#define KMODE_CLI_BUILD_H

#include "text.h"

#include <stdbool.h>

struct km_source {
    char *path;   // as the user may read it in a diagnostic
    char *object; // "hello.obj", a name within the object folder
    const struct km_language *language;
};

struct km_build {
    // The command line.
    struct km_strings paths;
    const char *output; // -o, may be NULL
    bool release;
    bool verbose;
    bool quiet;
    unsigned jobs;
    struct km_strings user_compiler_arguments; // -D, -U, -I, -W and --cflag, in their order
    struct km_strings user_linker_arguments;   // -L and --ldflag
    struct km_strings libraries;               // -l
    const char *object_folder;                 // --object-dir, may be NULL
    const char *dependency_file;               // --depfile, may be NULL

    // Found out by the steps.
    char *name;     // of the driver: "hello"
    char *sys_path; // where the driver and its symbols go
    char *pdb_path;
    char *work_folder; // absolute; objects and the linker's output
    bool work_folder_is_temporary;
    char *source_root; // the folder, as written in the sources' paths, that debug information leaves out
    struct km_strings header_arguments; // by which clang finds the driver's own headers
    struct km_source *sources;
    size_t source_count;
};

// The steps. Each returns an enum km_exit and has said on stderr what is wrong.
int km_build_find_sources(struct km_build *build);
int km_build_find_headers(struct km_build *build);
int km_build_compile(struct km_build *build);
int km_build_link(struct km_build *build);

// Whether the file is a driver image as Windows wants it: machine, subsystem, checksum, relocations not
// stripped, no section both writable and executable, INIT discardable, NX, ASLR. Says each thing that is not
// on stderr. (Unwind data is not asked for: a driver of nothing but leaf functions rightly has none.)
int km_build_check_image(const char *path);

// Removes what km_build_find_headers left in the work folder.
void km_build_forget_headers(const struct km_build *build);

#endif
