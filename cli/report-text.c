// SPDX-License-Identifier: MIT
// A stop as people read it: what happened first, the stack next, numbers last.
#include "cli/report.h"

#include <inttypes.h>

#define BOLD(colour)  ((colour) ? "\033[1m" : "")
#define RED(colour)   ((colour) ? "\033[1;31m" : "")
#define PLAIN(colour) ((colour) ? "\033[0m" : "")

static void write_title(FILE *file, const struct km_report *report, bool colour)
{
    fprintf(file, "\n%s", RED(colour));
    switch (report->kind) {
    case KM_REPORT_BUG_CHECK:
        fprintf(file, "*** bug check 0x%X %s", report->code, report->name ? report->name : "(no name known)");
        break;
    case KM_REPORT_TIME_LIMIT: fprintf(file, "*** time limit"); break;
    case KM_REPORT_DEADLOCK: fprintf(file, "*** deadlock"); break;
    case KM_REPORT_TRIPLE_FAULT: fprintf(file, "*** triple fault"); break;
    case KM_REPORT_UNIMPLEMENTED: fprintf(file, "*** not implemented: %s", report->name); break;
    }
    fprintf(file, "%s\n", PLAIN(colour));
    if (report->reason != NULL) {
        fprintf(file, "    %s\n", report->reason);
    }
    if (report->exception != 0) {
        fprintf(file, "    exception 0x%08X %s\n", report->exception,
                report->exception_name ? report->exception_name : "");
    }
}

static void write_parameters(FILE *file, const struct km_report *report)
{
    if (report->kind != KM_REPORT_BUG_CHECK) {
        return;
    }
    fprintf(file, "\nparameters\n");
    for (int i = 0; i < 4; i++) {
        fprintf(file, "    %d  %016" PRIx64 "  %s%s%s\n", i + 1, report->parameters[i],
                report->parameter_meanings[i] ? report->parameter_meanings[i] : "-",
                report->parameter_symbols[i] ? ": " : "",
                report->parameter_symbols[i] ? report->parameter_symbols[i] : "");
    }
}

enum { MAX_REPETITIONS = 3 };

// How many frames from the i-th on are at the same address as the one before it: unbounded recursion.
static size_t repetitions(const struct km_frame *frames, size_t count, size_t i)
{
    size_t same = 0;
    while (i > 0 && i + same < count && frames[i + same].address == frames[i - 1].address &&
           frames[i + same].function != NULL && frames[i + same].line == frames[i - 1].line) {
        same++;
    }
    return same;
}

static void write_stack(FILE *file, const struct km_frame *frames, size_t count, bool colour)
{
    for (size_t i = 0; i < count; i++) {
        const struct km_frame *frame = &frames[i];
        size_t same = repetitions(frames, count, i);
        if (same > MAX_REPETITIONS) {
            fprintf(file, "    (%zu more calls from the line above)\n", same);
            i += same - 1;
            continue;
        }
        fprintf(file, "    %016" PRIx64 "  ", frame->address);
        if (frame->module == NULL) {
            fprintf(file, "(in no image)\n");
            continue;
        }
        if (frame->function == NULL) {
            fprintf(file, "%s+0x%" PRIx64 "\n", frame->module, frame->offset);
            continue;
        }
        fprintf(file, "%s!%s%s%s", frame->module, BOLD(colour), frame->function, PLAIN(colour));
        if (frame->file != NULL) {
            fprintf(file, "  %s:%u", frame->file, frame->line);
        }
        fputc('\n', file);
    }
    if (count == 0) {
        fprintf(file, "    (it cannot be walked)\n");
    }
}

static void write_registers(FILE *file, const struct km_report *report)
{
    if (report->register_count == 0) {
        return;
    }
    fprintf(file, "\nregisters\n");
    for (size_t i = 0; i < report->register_count; i++) {
        fprintf(file, "%s%6s %016" PRIx64 "%s", i % 3 == 0 ? "  " : "", report->registers[i].name,
                report->registers[i].value, i % 3 == 2 || i + 1 == report->register_count ? "\n" : "  ");
    }
}

void km_report_write_text(FILE *file, const struct km_report *report, bool colour)
{
    write_title(file, report, colour);
    fprintf(file, "\nstack\n");
    write_stack(file, report->frames, report->frame_count, colour);
    for (size_t i = 0; i < report->waiting_count; i++) {
        fprintf(file, "\nstack of thread %" PRIu64 "\n", report->waiting[i].thread);
        write_stack(file, report->waiting[i].frames, report->waiting[i].frame_count, colour);
    }
    write_parameters(file, report);
    write_registers(file, report);
    if (report->last_log_count > 0) {
        fprintf(file, "\nlast lines of the log\n");
        for (size_t i = 0; i < report->last_log_count; i++) {
            fprintf(file, "    %s\n", report->last_log[i]);
        }
    }
    fprintf(file, "\nIRQL %u, processor %u, seed %" PRIu64 "\n", report->irql, report->processor,
            report->seed);
    if (report->advice != NULL) {
        fprintf(file, "%snext:%s %s\n", BOLD(colour), PLAIN(colour), report->advice);
    }
}
