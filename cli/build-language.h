// SPDX-License-Identifier: MIT
// `kmode build`: the kinds of source file and the tool that makes an object of each.
#ifndef KMODE_CLI_BUILD_LANGUAGE_H
#define KMODE_CLI_BUILD_LANGUAGE_H

#include "build.h"

enum km_tool { KM_TOOL_CLANG, KM_TOOL_LLD_LINK, KM_TOOL_LLVM_ML };

struct km_language {
    const char *extension; // case does not matter
    enum km_tool tool;
    const char *name;     // as clang's -x has it, NULL for MASM
    const char *standard; // clang's -std=, NULL for assembler
};

// How to call a tool: by the name it has in Debian, or by what its environment variable says.
const char *km_tool_name(enum km_tool tool);

// Says on stderr why the tool could not be started (errno of km_spawn) and which package has it.
void km_tool_report_missing(enum km_tool tool);

// Says on stderr why headers that the compiler did not find (messages: its output for source) cannot be
// there, each once: explained holds the names dealt with.
void km_build_explain_messages(const char *source, const char *messages, struct km_strings *explained);

#endif
