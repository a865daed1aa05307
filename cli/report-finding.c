// SPDX-License-Identifier: MIT
// The verifier's findings as people read them: what happened, where, and where the earlier event was.
#include "cli/report.h"

#include <inttypes.h>
#include <string.h>

#define KERNEL "ntoskrnl.exe"

// How the kernel came to call the driver is of no interest below its first frame there.
static size_t frames_of_interest(const struct km_frame *frames, size_t count)
{
    size_t last = 0;
    for (size_t i = 0; i < count; i++) {
        if (frames[i].module == NULL || strcmp(frames[i].module, KERNEL) != 0) {
            last = i + 1;
        }
    }
    return last < count ? last + 1 : count;
}

static void write_frames(FILE *file, const struct km_frame *frames, size_t count)
{
    size_t shown = frames_of_interest(frames, count);
    for (size_t i = 0; i < shown; i++) {
        const struct km_frame *frame = &frames[i];
        if (frame->module == NULL) {
            fprintf(file, "    0x%" PRIx64 " (in no image)\n", frame->address);
        } else if (frame->function == NULL) {
            fprintf(file, "    %s+0x%" PRIx64 "\n", frame->module, frame->offset);
        } else if (frame->file == NULL) {
            fprintf(file, "    %s!%s\n", frame->module, frame->function);
        } else {
            fprintf(file, "    %s!%s  %s:%u\n", frame->module, frame->function, frame->file, frame->line);
        }
    }
}

void km_failed_allocation_write_text(FILE *file, km_machine *machine, uint64_t number)
{
    const struct km_finding *failed = km_machine_failed_allocation(machine);
    if (failed == NULL) {
        fprintf(file, "allocation %" PRIu64 " did not fail: there were %" PRIu64 "\n", number,
                km_machine_allocations(machine));
        return;
    }
    fprintf(file, "\n%s, as asked\n", failed->text);
    write_frames(file, failed->frames, failed->frame_count);
}

void km_findings_write_text(FILE *file, km_machine *machine, bool colour)
{
    const struct km_finding *finding;
    for (size_t i = 0; (finding = km_machine_finding(machine, i)) != NULL; i++) {
        fprintf(file, "\n%s*** finding: %s%s\n    %s\n", colour ? "\033[1;31m" : "", finding->kind,
                colour ? "\033[0m" : "", finding->text);
        if (finding->rule != NULL) {
            fprintf(file, "    (Microsoft's rule %s)\n", finding->rule);
        }
        if (finding->frame_count != 0) {
            fprintf(file, "\n");
            write_frames(file, finding->frames, finding->frame_count);
        }
        if (finding->earlier_frame_count != 0) {
            fprintf(file, "\n%s\n", finding->earlier);
            write_frames(file, finding->earlier_frames, finding->earlier_frame_count);
        }
        fprintf(file,
                "\nthread %" PRIu64 ", processor %u, IRQL %u, %" PRIu64 ".%07" PRIu64 " s, seed %" PRIu64
                "\n",
                finding->thread, finding->processor, finding->irql, finding->time / 10000000,
                finding->time % 10000000, finding->seed);
    }
}
