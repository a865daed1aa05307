// SPDX-License-Identifier: MIT
// What `kmode run` has to say of a run, for people and for programs.
#ifndef KMODE_CLI_REPORT_H
#define KMODE_CLI_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "machine/include/kmode/machine.h"

// Writes the report of a stop, many lines, to file.
void km_report_write_text(FILE *file, const struct km_report *report, bool colour);

// Writes the outcome of a run as one JSON object to the file at path ("-": stdout): driver, result, status,
// imports that are not implemented, and the report if there is one. false: it cannot be written, and km_error
// has said why.
bool km_report_write_json(const char *path, km_machine *machine, const char *driver, enum km_result result);

#endif
