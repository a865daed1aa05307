// SPDX-License-Identifier: MIT
// `kmode build`: the tools it calls.
#include "build-language.h"

#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    const char *variable;
    const char *package;
} tools[] = {
    [KM_TOOL_CLANG] = {"clang-19", "KMODE_CLANG", "clang-19"},
    [KM_TOOL_LLD_LINK] = {"lld-link-19", "KMODE_LLD_LINK", "lld-19"},
    [KM_TOOL_LLVM_ML] = {"llvm-ml-19", "KMODE_LLVM_ML", "llvm-19"},
};

const char *km_tool_name(enum km_tool tool)
{
    const char *name = getenv(tools[tool].variable);

    return name && *name ? name : tools[tool].name;
}

void km_tool_report_missing(enum km_tool tool)
{
    if (errno != ENOENT) {
        km_error("cannot start %s: %s", km_tool_name(tool), strerror(errno));
    } else if (getenv(tools[tool].variable)) {
        km_error("%s, which %s names, is not there", km_tool_name(tool), tools[tool].variable);
    } else {
        km_error("%s is not installed: apt-get install %s", tools[tool].name, tools[tool].package);
    }
}
