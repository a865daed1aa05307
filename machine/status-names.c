// SPDX-License-Identifier: MIT
// NTSTATUS values by number; the table is made from mingw-w64's ntstatus.h by scripts/make-status-names.
#include "machine/names.h"

#include <stddef.h>
#include <string.h>

static const struct {
    uint32_t status;
    const char *name;
} names[] = {
#include "status-names.inc"
};

const char *km_status_name(uint32_t status)
{
    size_t low = 0, high = sizeof names / sizeof *names;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (names[middle].status < status) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < sizeof names / sizeof *names && names[low].status == status ? names[low].name : NULL;
}

bool km_status_number(const char *name, uint32_t *status)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i].name, name) == 0) {
            *status = names[i].status;
            return true;
        }
    }
    return false;
}
