// SPDX-License-Identifier: MIT
// Snapshots of what the kernel holds, and what has changed between two.
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine-private.h"

#define FIRST_ROOM 512u

struct km_snapshot {
    KM_SNAPSHOT_ROW *rows; // sorted
    size_t count;
};

static int order(const void *left, const void *right)
{
    const KM_SNAPSHOT_ROW *a = left, *b = right;
    if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    }
    return strncmp(a->name, b->name, sizeof a->name);
}

// Asks the kernel, with room for *count rows; *count becomes their number. false: it has stopped.
static bool ask(km_machine *machine, KM_SNAPSHOT_ROW *rows, size_t *count)
{
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_SNAPSHOT, .arguments = {(uint64_t)rows, *count}};
    if (!km_machine_ask(machine)) {
        return false;
    }
    *count = request->arguments[1];
    return true;
}

km_snapshot *km_snapshot_take(km_machine *machine)
{
    if (km_machine_ready(machine) != KM_OK) {
        return NULL;
    }
    km_snapshot *snapshot = calloc(1, sizeof *snapshot);
    for (size_t room = FIRST_ROOM; snapshot != NULL; room = snapshot->count + FIRST_ROOM) {
        free(snapshot->rows);
        snapshot->rows = calloc(room, sizeof *snapshot->rows);
        snapshot->count = room;
        if (snapshot->rows == NULL || !ask(machine, snapshot->rows, &snapshot->count)) {
            break;
        }
        if (snapshot->count <= room) {
            qsort(snapshot->rows, snapshot->count, sizeof *snapshot->rows, order);
            return snapshot;
        }
    }
    if (!machine->stopped) {
        km_set_problem(machine, "no memory for a snapshot");
    }
    km_snapshot_free(snapshot);
    return NULL;
}

void km_snapshot_free(km_snapshot *snapshot)
{
    if (snapshot != NULL) {
        free(snapshot->rows);
        free(snapshot);
    }
}

static void print_change(FILE *text, uint64_t before, uint64_t after, const char *unit)
{
    const bool more = after > before;
    fprintf(text, "%llu%s %s", (unsigned long long)(more ? after - before : before - after), unit,
            more ? "more" : "less");
}

static void print_name(FILE *text, const KM_SNAPSHOT_ROW *row)
{
    switch (row->kind) {
    case KM_SNAPSHOT_OBJECTS: fprintf(text, "%s objects: ", row->name); break;
    case KM_SNAPSHOT_HANDLES: fprintf(text, "%s handles: ", row->name); break;
    case KM_SNAPSHOT_PAGES: fprintf(text, "pages of memory: "); break;
    default:
        fputs("pool tag ", text);
        for (size_t i = 0; i < 4; i++) {
            const unsigned char byte = (unsigned char)row->name[i];
            fputc(isprint(byte) ? byte : '.', text);
        }
        fputs(": ", text);
        break;
    }
}

static void print_row(FILE *text, const KM_SNAPSHOT_ROW *row, const KM_SNAPSHOT_ROW *before,
                      const KM_SNAPSHOT_ROW *after)
{
    if (before->count == after->count && before->bytes == after->bytes) {
        return;
    }
    print_name(text, row);
    if (before->count != after->count) {
        print_change(text, before->count, after->count, "");
    }
    if (before->bytes != after->bytes) {
        fputs(before->count != after->count ? ", " : "", text);
        print_change(text, before->bytes, after->bytes, " bytes");
    }
    fputc('\n', text);
}

char *km_snapshot_compare(const km_snapshot *before, const km_snapshot *after)
{
    static const KM_SNAPSHOT_ROW none;
    char *result = NULL;
    size_t bytes = 0;
    FILE *text = open_memstream(&result, &bytes);
    if (text == NULL) {
        return NULL;
    }
    for (size_t i = 0, j = 0; i < before->count || j < after->count;) {
        const KM_SNAPSHOT_ROW *old = &before->rows[i], *new = &after->rows[j];
        const int side = i == before->count ? 1 : j == after->count ? -1 : order(old, new);
        print_row(text, side <= 0 ? old : new, side <= 0 ? old : &none, side >= 0 ? new : &none);
        i += side <= 0;
        j += side >= 0;
    }
    if (fclose(text) != 0) {
        free(result);
        return NULL;
    }
    return result;
}
