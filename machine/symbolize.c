// SPDX-License-Identifier: MIT
// Runs llvm-symbolizer once an image and reads its JSON.
#include "machine/symbolize.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

// The program writes to *output; nothing of its complaints is shown, since a frame without a name says
// enough.
static bool spawn(char *const *arguments, pid_t *process, FILE **output, bool *missing)
{
    int ends[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return false;
    }
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error = posix_spawnp(process, arguments[0], &actions, NULL, arguments, environ);
    *missing = error == ENOENT;
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *output = error == 0 ? fdopen(ends[0], "r") : NULL;
    if (*output == NULL) {
        close(ends[0]);
        return false;
    }
    return true;
}

static const char *text_or_null(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && *text != '\0' ? text : NULL;
}

// CodeView records a path below the compile's folder with back slashes; unless it is one of Windows' own
// ("C:\...") whoever reads it is on Linux.
static void use_slashes(const char *path)
{
    if (path == NULL || (path[0] != '\0' && path[1] == ':')) {
        return;
    }
    for (char *at = (char *)path; *at != '\0'; at++) {
        if (*at == '\\') {
            *at = '/';
        }
    }
}

static bool append_symbols(const json_t *results, struct km_symbols *symbols)
{
    size_t i, j, total = 0;
    json_t *result, *symbol;
    json_array_foreach(results, i, result)
    {
        total += json_array_size(json_object_get(result, "Symbol"));
    }
    symbols->items = calloc(total ? total : 1, sizeof *symbols->items);
    if (symbols->items == NULL) {
        return false;
    }
    json_array_foreach(results, i, result)
    {
        json_array_foreach(json_object_get(result, "Symbol"), j, symbol)
        {
            symbols->items[symbols->count++] = (struct km_symbol){
                .address_index = i,
                .function = text_or_null(symbol, "FunctionName"),
                .file = text_or_null(symbol, "FileName"),
                .line = (unsigned)json_integer_value(json_object_get(symbol, "Line")),
            };
            use_slashes(symbols->items[symbols->count - 1].file);
        }
    }
    return true;
}

bool km_symbolize(const char *image_path, const uint64_t *offsets, size_t count, struct km_symbols *symbols)
{
    *symbols = (struct km_symbols){0};
    const char *program = getenv("KMODE_SYMBOLIZER");
    char option[4096 + 8];
    char **arguments = calloc(count + 6, sizeof *arguments);
    char(*addresses)[24] = calloc(count ? count : 1, sizeof *addresses);
    bool done = false;
    FILE *output;
    pid_t process;
    if (arguments == NULL || addresses == NULL) {
        goto free_arguments;
    }
    snprintf(option, sizeof option, "--obj=%s", image_path);
    arguments[0] = (char *)(program != NULL ? program : "llvm-symbolizer-19");
    arguments[1] = "--output-style=JSON";
    arguments[2] = "--relative-address";
    arguments[3] = option;
    for (size_t i = 0; i < count; i++) {
        snprintf(addresses[i], sizeof *addresses, "0x%llx", (unsigned long long)offsets[i]);
        arguments[4 + i] = addresses[i];
    }
    if (count == 0 || !spawn(arguments, &process, &output, &symbols->missing_symbolizer)) {
        goto free_arguments;
    }
    json_error_t error;
    symbols->json = json_loadf(output, JSON_DISABLE_EOF_CHECK, &error);
    fclose(output);
    int status;
    waitpid(process, &status, 0);
    done = symbols->json != NULL && json_is_array((json_t *)symbols->json) &&
           json_array_size(symbols->json) == count && append_symbols(symbols->json, symbols);
free_arguments:
    free(addresses);
    free(arguments);
    return done;
}

void km_symbols_free(struct km_symbols *symbols)
{
    free(symbols->items);
    json_decref(symbols->json);
    *symbols = (struct km_symbols){0};
}
