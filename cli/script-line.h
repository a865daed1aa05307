// SPDX-License-Identifier: MIT
// Between the words of a script and its commands: what script-read.c asks of script-parse.c.
#ifndef KMODE_CLI_SCRIPT_LINE_H
#define KMODE_CLI_SCRIPT_LINE_H

#include "cli/script.h"

// Makes the names that are there from the start, once.
void km_script_prepare(struct km_script *script);

// Adds the command of a line's words, with their quotes; or, where direct, of the command line's. false: it
// is wrong, and has been complained of. place must live as long as the script.
bool km_script_add_line(struct km_script *script, const char *place, bool direct, const char *const *words,
                        size_t count, const struct km_script_reader *reader);

#endif
