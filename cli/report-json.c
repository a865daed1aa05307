// SPDX-License-Identifier: MIT
// The outcome of a run as JSON. Numbers of 64 bits are strings in hexadecimal: JSON's own numbers cannot hold
// them all.
#include "cli/report.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json-text.h"
#include "cli/text.h"
#include "machine/names.h"

static json_t *frames(const struct km_frame *all, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct km_frame *frame = &all[i];
        json_t *object =
            json_pack("{s:o, s:o, s:o, s:o, s:o}", "address", km_json_hexadecimal(frame->address, 16),
                      "module", km_json_text(frame->module), "offset", km_json_hexadecimal(frame->offset, 0),
                      "function", km_json_text(frame->function), "file", km_json_text(frame->file));
        if (frame->line != 0) {
            json_object_set_new(object, "line", json_integer(frame->line));
        }
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *report_object(const struct km_report *report)
{
    static const char *const kinds[] = {[KM_REPORT_BUG_CHECK] = "bug check",
                                        [KM_REPORT_TIME_LIMIT] = "time limit",
                                        [KM_REPORT_UNIMPLEMENTED] = "not implemented",
                                        [KM_REPORT_TRIPLE_FAULT] = "triple fault",
                                        [KM_REPORT_DEADLOCK] = "deadlock"};
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:o}", "kind", kinds[report->kind], "name", km_json_text(report->name),
                  "reason", km_json_text(report->reason), "advice", km_json_text(report->advice));
    if (report->kind == KM_REPORT_BUG_CHECK) {
        json_t *parameters = json_array();
        for (int i = 0; i < 4; i++) {
            json_array_append_new(parameters,
                                  json_pack("{s:o, s:o, s:o}", "value",
                                            km_json_hexadecimal(report->parameters[i], 16), "meaning",
                                            km_json_text(report->parameter_meanings[i]), "symbol",
                                            km_json_text(report->parameter_symbols[i])));
        }
        json_object_set_new(object, "code", km_json_hexadecimal(report->code, 8));
        json_object_set_new(object, "parameters", parameters);
    }
    if (report->exception != 0) {
        json_object_set_new(object, "exception",
                            json_pack("{s:o, s:o}", "status", km_json_hexadecimal(report->exception, 8),
                                      "name", km_json_text(report->exception_name)));
    }
    if (report->has_fault_address) {
        json_object_set_new(object, "fault",
                            json_pack("{s:o, s:s}", "address", km_json_hexadecimal(report->fault_address, 16),
                                      "access", report->fault_access));
    }
    json_t *registers = json_object();
    for (size_t i = 0; i < report->register_count; i++) {
        json_object_set_new(registers, report->registers[i].name,
                            km_json_hexadecimal(report->registers[i].value, 16));
    }
    json_t *lines = json_array();
    for (size_t i = 0; i < report->last_log_count; i++) {
        json_array_append_new(lines, km_json_text(report->last_log[i]));
    }
    json_object_set_new(object, "registers", registers);
    json_object_set_new(object, "stack", frames(report->frames, report->frame_count));
    if (report->waiting_count != 0) {
        json_t *waiting = json_array();
        for (size_t i = 0; i < report->waiting_count; i++) {
            json_array_append_new(
                waiting, json_pack("{s:I, s:o}", "thread", (json_int_t)report->waiting[i].thread, "stack",
                                   frames(report->waiting[i].frames, report->waiting[i].frame_count)));
        }
        json_object_set_new(object, "waiting", waiting);
    }
    json_object_set_new(object, "log", lines);
    json_object_set_new(object, "irql", json_integer(report->irql));
    json_object_set_new(object, "processor", json_integer(report->processor));
    json_object_set_new(object, "seed", json_integer((json_int_t)report->seed));
    return object;
}

static json_t *unimplemented(const km_machine *machine)
{
    json_t *array = json_array();
    const char *driver, *module, *name;
    for (size_t i = 0; km_unimplemented_import(machine, i, &driver, &module, &name); i++) {
        json_array_append_new(array,
                              json_pack("{s:s, s:s, s:s}", "driver", driver, "module", module, "name", name));
    }
    return array;
}

static json_t *findings(km_machine *machine)
{
    json_t *array = json_array();
    const struct km_finding *finding;
    for (size_t i = 0; (finding = km_machine_finding(machine, i)) != NULL; i++) {
        json_t *object =
            json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:i, s:i, s:I, s:I}", "kind",
                      km_json_text(finding->kind), "rule", km_json_text(finding->rule), "text",
                      km_json_text(finding->text), "stack", frames(finding->frames, finding->frame_count),
                      "earlier", km_json_text(finding->earlier), "earlier_stack",
                      frames(finding->earlier_frames, finding->earlier_frame_count), "thread",
                      (json_int_t)finding->thread, "process", (json_int_t)finding->process, "processor",
                      (int)finding->processor, "irql", (int)finding->irql, "time", (json_int_t)finding->time,
                      "seed", (json_int_t)finding->seed);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *operations(const struct km_run_outcome *outcome)
{
    json_t *array = json_array();
    for (size_t i = 0; i < outcome->operation_count; i++) {
        const struct km_run_operation *operation = &outcome->operations[i];
        json_t *object =
            json_pack("{s:o, s:o, s:o, s:o}", "place", km_json_text(operation->place), "command",
                      km_json_text(operation->command), "status", km_json_hexadecimal(operation->status, 8),
                      "name", km_json_text(km_status_name(operation->status)));
        if (operation->has_information) {
            json_object_set_new(object, "information", json_integer((json_int_t)operation->information));
            json_object_set_new(object, "output", km_json_bytes(operation->output, operation->output_bytes));
        }
        json_array_append_new(array, object);
    }
    return array;
}

bool km_report_write_json(const char *path, km_machine *machine, const struct km_run_outcome *outcome)
{
    static const char *const results[] = {[KM_OK] = "ok",
                                          [KM_DRIVER_FAILED] = "driver failed",
                                          [KM_NO_UNLOAD] = "ok",
                                          [KM_STOPPED] = "stopped",
                                          [KM_FILE_REFUSED] = "file refused",
                                          [KM_FAILED] = "failed",
                                          [KM_REFUSED] = "refused",
                                          [KM_PENDING] = "refused",
                                          [KM_NO_ADD_DEVICE] = "ok"};
    const struct km_report *report = km_machine_report(machine);
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:O?, s:o}", "driver", km_json_text(outcome->driver),
                  "result", results[outcome->result], "status",
                  outcome->result == KM_STOPPED || outcome->result == KM_FILE_REFUSED
                      ? json_null()
                      : km_json_hexadecimal(outcome->status, 8),
                  "problem", km_json_text(outcome->problem), "not_implemented", unimplemented(machine),
                  "findings", findings(machine), "operations", operations(outcome), "events", outcome->events,
                  "report", report != NULL ? report_object(report) : json_null());
    bool to_stdout = strcmp(path, "-") == 0;
    FILE *file = to_stdout ? stdout : fopen(path, "w");
    bool written = object != NULL && file != NULL && json_dumpf(object, file, JSON_INDENT(2)) == 0 &&
                   fputc('\n', file) != EOF;
    if (file != NULL && !to_stdout && fclose(file) != 0) {
        written = false;
    }
    json_decref(object);
    if (!written) {
        km_error("%s: the JSON report cannot be written: %m", path);
    }
    return written;
}
