// SPDX-License-Identifier: MIT
// The verifier's findings: kept as the kernel tells them, with the places of their frames, since a driver may
// be gone when somebody asks for their names.
#include <stdlib.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/symbolize.h"

enum { FRAMES = 2 * KM_FINDING_FRAMES };

struct place {
    char *path, *module; // NULL: in no image
    uint64_t address, offset;
};

struct kept_finding {
    KM_FINDING told;
    struct place places[FRAMES]; // frames, then earlier_frames
    struct km_finding shown;
    struct km_frame frames[FRAMES * 4]; // inlined functions have a frame of their own
};

static struct place find_place(const struct km_machine *machine, uint64_t address)
{
    const struct km_module *module = km_modules_at(&machine->modules, address);
    struct place place = {.address = address};
    if (module != NULL) {
        place.offset = address - module->base;
        place.path = strdup(module->path);
        place.module = strdup(module->name);
    }
    return place;
}

void km_finding_add(struct km_machine *machine, const KM_FINDING *finding)
{
    struct km_findings *findings = &machine->findings;
    struct kept_finding **items = realloc(findings->items, (findings->count + 1) * sizeof *items);
    if (items != NULL) {
        findings->items = items;
    }
    struct kept_finding *kept = items != NULL ? calloc(1, sizeof *kept) : NULL;
    if (kept == NULL) {
        findings->lost++;
        return;
    }
    kept->told = *finding;
    for (uint32_t i = 0; i < finding->frame_count && i < KM_FINDING_FRAMES; i++) {
        kept->places[i] = find_place(machine, finding->frames[i]);
    }
    for (uint32_t i = 0; i < finding->earlier_count && i < KM_FINDING_FRAMES; i++) {
        kept->places[KM_FINDING_FRAMES + i] = find_place(machine, finding->earlier_frames[i]);
    }
    findings->items[findings->count++] = kept;
    if (finding->is_failed_allocation) {
        findings->failed_allocation = findings->count;
    }
}

// The names of all frames of one image file, found by one run of the symbolizer; or of as many as a command
// line has room for.
struct names {
    struct names *next;
    const char *path;
    struct km_symbols symbols;
    uint64_t *offsets;
    size_t count;
};

static size_t index_of(const struct names *names, uint64_t offset)
{
    size_t i = 0;
    while (i < names->count && names->offsets[i] != offset) {
        i++;
    }
    return i;
}

static struct names *names_of(struct km_findings *findings, const char *path)
{
    for (struct names *names = findings->names; names != NULL; names = names->next) {
        if (strcmp(names->path, path) == 0) {
            return names;
        }
    }
    struct names *names = calloc(1, sizeof *names);
    if (names != NULL) {
        *names = (struct names){.next = findings->names, .path = path};
        findings->names = names;
    }
    return names;
}

enum { OFFSETS_AT_MOST = 4096 };

static void note_offset(struct km_findings *findings, const struct place *place)
{
    struct names *names = place->path != NULL ? names_of(findings, place->path) : NULL;
    // The instruction that is meant is the call, in front of the return address.
    if (names == NULL || names->count == OFFSETS_AT_MOST ||
        index_of(names, place->offset - 1) != names->count) {
        return;
    }
    uint64_t *offsets = realloc(names->offsets, (names->count + 1) * sizeof *offsets);
    if (offsets != NULL) {
        names->offsets = offsets;
        offsets[names->count++] = place->offset - 1;
    }
}

static size_t show_frame(struct km_findings *findings, const struct place *place, struct km_frame *frames)
{
    const struct names *names = place->path != NULL ? names_of(findings, place->path) : NULL;
    struct km_frame frame = {.address = place->address, .module = place->module, .offset = place->offset};
    size_t shown = 0, index = names != NULL ? index_of(names, place->offset - 1) : 0;
    for (size_t i = 0; names != NULL && i < names->symbols.count && shown < 4; i++) {
        const struct km_symbol *symbol = &names->symbols.items[i];
        if (symbol->address_index == index && symbol->function != NULL) {
            frame.function = symbol->function;
            frame.file = symbol->file;
            frame.line = symbol->line;
            frames[shown++] = frame;
        }
    }
    if (shown == 0) {
        frames[shown++] = frame;
    }
    return shown;
}

static void show(struct km_machine *machine, struct kept_finding *kept)
{
    const KM_FINDING *told = &kept->told;
    struct km_frame *at = kept->frames;
    size_t first = 0, earlier = 0;
    for (uint32_t i = 0; i < told->frame_count; i++) {
        first += show_frame(&machine->findings, &kept->places[i], at + first);
    }
    at += first;
    for (uint32_t i = 0; i < told->earlier_count; i++) {
        earlier += show_frame(&machine->findings, &kept->places[KM_FINDING_FRAMES + i], at + earlier);
    }
    kept->shown = (struct km_finding){.kind = told->kind,
                                      .rule = told->rule[0] != '\0' ? told->rule : NULL,
                                      .text = told->text,
                                      .earlier = told->earlier[0] != '\0' ? told->earlier : NULL,
                                      .thread = told->thread_id,
                                      .process = told->process_id,
                                      .time = told->time,
                                      .processor = told->processor,
                                      .irql = told->irql,
                                      .seed = machine->options.seed,
                                      .frames = kept->frames,
                                      .frame_count = first,
                                      .earlier_frames = at,
                                      .earlier_frame_count = earlier};
}

static void forget_names(struct km_findings *findings)
{
    while (findings->names != NULL) {
        struct names *names = findings->names;
        findings->names = names->next;
        km_symbols_free(&names->symbols);
        free(names->offsets);
        free(names);
    }
}

size_t km_finding_count(const km_machine *machine)
{
    const struct km_findings *findings = &machine->findings;
    return findings->count - (findings->failed_allocation != 0 ? 1 : 0);
}

static const struct km_finding *find_shown(km_machine *machine, size_t i)
{
    struct km_findings *findings = &machine->findings;
    if (findings->shown != findings->count) {
        forget_names(findings);
        for (size_t j = 0; j < findings->count * FRAMES; j++) {
            note_offset(findings, &findings->items[j / FRAMES]->places[j % FRAMES]);
        }
        for (struct names *names = findings->names; names != NULL; names = names->next) {
            km_symbolize(names->path, names->offsets, names->count, &names->symbols);
        }
        for (size_t j = 0; j < findings->count; j++) {
            show(machine, findings->items[j]);
        }
        findings->shown = findings->count;
    }
    return &findings->items[i]->shown;
}

const struct km_finding *km_machine_finding(km_machine *machine, size_t i)
{
    const size_t none = machine->findings.failed_allocation;
    if (i >= km_finding_count(machine)) {
        return NULL;
    }
    return find_shown(machine, none != 0 && i >= none - 1 ? i + 1 : i);
}

const struct km_finding *km_machine_failed_allocation(km_machine *machine)
{
    const size_t place = machine->findings.failed_allocation;
    return place != 0 ? find_shown(machine, place - 1) : NULL;
}

uint64_t km_machine_allocations(const km_machine *machine)
{
    return machine->shared != NULL ? machine->shared->boot.driver_allocations : 0;
}

void km_findings_deinit(struct km_machine *machine)
{
    struct km_findings *findings = &machine->findings;
    forget_names(findings);
    for (size_t i = 0; i < findings->count; i++) {
        for (size_t j = 0; j < FRAMES; j++) {
            free(findings->items[i]->places[j].path);
            free(findings->items[i]->places[j].module);
        }
        free(findings->items[i]);
    }
    free(findings->items);
    *findings = (struct km_findings){0};
}
