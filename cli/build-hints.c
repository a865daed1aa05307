// SPDX-License-Identifier: MIT
// `kmode build`: why a header is not there, in words of drivers, for those that no driver has among its
// sources.
#include "build-language.h"

#include "cli.h"
#include "files.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *pattern; // of the header's name, in any case
    const char *reason;
} missing_headers[] = {
    {"*.tmh",
     "WPP, Microsoft's tracing preprocessor, makes it from the source, and kmode has none. A file of this "
     "name that defines WPP_INIT_TRACING, WPP_CLEANUP and the trace macros as nothing takes its place"},
    {"wdf*.h", "it belongs to KMDF, which kmode does not have: it builds WDM drivers"},
    {"fltkernel.h", "it belongs to the filter manager, whose headers kmode does not have"},
    {"wsk.h", "it belongs to Winsock Kernel, whose headers kmode does not have"},
    {"fwpsk.h", "it belongs to the filtering platform, whose headers kmode does not have"},
    {"fwpmk.h", "it belongs to the filtering platform, whose headers kmode does not have"},
    {"hidport.h", "it belongs to the HID class driver, whose headers kmode does not have"},
    {"traceloggingprovider.h", "it belongs to Windows' TraceLogging, which kmode does not have"},
    {"ksamd64.inc", "it is the WDK's, for MASM; kmode has no MASM headers"},
    {"macamd64.inc", "it is the WDK's, for MASM; kmode has no MASM headers"},
};

static bool reported(const struct km_strings *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcasecmp(names->items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

// Whether NAME.EXTENSION, of which a tool makes NAME.h, is beside the source. *origin is the caller's then.
static bool made_from(const char *source, const char *header, const char *extension, char **origin)
{
    char *folder = km_file_folder(source);
    size_t length = strlen(header) - strlen(km_file_extension(header));

    *origin = km_format("%s/%.*s%s", folder, (int)length, header, extension);
    free(folder);
    if (km_file_exists(*origin)) {
        return true;
    }
    free(*origin);
    *origin = NULL;
    return false;
}

static void explain(const char *source, const char *header)
{
    const char *name = km_file_name(header);
    char *origin;

    for (size_t i = 0; i < sizeof(missing_headers) / sizeof(missing_headers[0]); i++) {
        if (fnmatch(missing_headers[i].pattern, name, FNM_CASEFOLD) == 0) {
            km_error("%s is missing: %s", header, missing_headers[i].reason);
            return;
        }
    }
    if (made_from(source, name, ".man", &origin) || made_from(source, name, ".mc", &origin)) {
        km_error("%s is missing: Microsoft's message compiler (mc) makes it from %s", header, origin);
        free(origin);
    }
}

// The file's name that stands in quotes after (or, where it ends the phrase, before) the phrase, from at on.
// Returns where to go on, NULL at the end.
static const char *next_header(const char *at, char **header)
{
    static const char clang_phrase[] = "' file not found";
    static const char masm_phrase[] = "Could not find include file '";
    const char *clang_end = strstr(at, clang_phrase);
    const char *masm_start = strstr(at, masm_phrase);

    if (clang_end) {
        const char *start = clang_end;
        while (start > at && start[-1] != '\'') {
            start--;
        }
        *header = km_format("%.*s", (int)(clang_end - start), start);
        return clang_end + strlen(clang_phrase);
    }
    if (masm_start) {
        masm_start += strlen(masm_phrase);
        size_t length = strcspn(masm_start, "'\n");
        *header = km_format("%.*s", (int)length, masm_start);
        return masm_start + length;
    }
    return NULL;
}

void km_build_explain_messages(const char *source, const char *messages, struct km_strings *explained)
{
    static const char crash_phrase[] = "PLEASE submit a bug report to https://github.com/llvm";
    char *header;

    if (strstr(messages, crash_phrase) != NULL) {
        km_error("clang itself crashed on %s; it is known to do so on a C++ function with both a __try and "
                 "an object "
                 "that has a destructor: put them into separate functions, as Microsoft's compiler asks too "
                 "(C2712)",
                 source);
    }
    for (const char *at = messages; (at = next_header(at, &header));) {
        if (!reported(explained, header)) {
            km_strings_add(explained, header);
            explain(source, header);
        }
        free(header);
    }
}
