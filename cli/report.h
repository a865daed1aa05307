// SPDX-License-Identifier: MIT
// What `kmode run` has to say of a run, for people and for programs.
#ifndef KMODE_CLI_REPORT_H
#define KMODE_CLI_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "machine/include/kmode/machine.h"

// Writes the report of a stop, many lines, to file.
void km_report_write_text(FILE *file, const struct km_report *report, bool colour);

// Writes the verifier's findings, nothing if there are none.
void km_findings_write_text(FILE *file, km_machine *machine, bool colour);

// Writes where the allocation was that failed because it was asked for, or that there were not so many.
void km_failed_allocation_write_text(FILE *file, km_machine *machine, uint64_t number);

// What the devices answered that the command line or a script asked.
struct km_run_operation {
    char *place, *command; // "demo.script:4", "ioctl f 0x222000"
    uint32_t status;
    bool has_information;
    uint64_t information;
    uint8_t *output;
    size_t output_bytes;
};

// How a run of several drivers ended: what the first of them to fail met, or the stop that came after it.
struct km_run_outcome {
    const char *driver; // as the command line names it
    enum km_result result;
    uint32_t status; // of the driver's routine; says nothing of KM_STOPPED and KM_FILE_REFUSED
    char *problem;   // why, where there is no report; NULL: nothing to say
    struct km_run_operation *operations;
    size_t operation_count;
    json_t *events; // what --etw has heard, an array; NULL: nobody has listened. Not its own
};

// Frees what it holds.
void km_run_outcome_free(struct km_run_outcome *outcome);

// Writes the outcome of a run as one JSON object to the file at path ("-": stdout): driver, result, status,
// imports that are not implemented, what devices answered, events that were heard, and the report if there is
// one. false: it cannot be written, and km_error has said why.
bool km_report_write_json(const char *path, km_machine *machine, const struct km_run_outcome *outcome);

#endif
