// SPDX-License-Identifier: MIT
// libFuzzer target on the reader of registry files: what it accepts is written, and read again, the same.
#include "machine/registry-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

static bool same_text(const struct km_utf16 *one, const struct km_utf16 *other)
{
    return one->length == other->length &&
           (one->length == 0 || memcmp(one->units, other->units, one->length * sizeof *one->units) == 0);
}

static void require_same(const struct km_registry_file *one, const struct km_registry_file *other)
{
    REQUIRE(one->count == other->count);
    for (size_t i = 0; i < one->count; i++) {
        const struct km_registry_entry *a = &one->entries[i], *b = &other->entries[i];
        REQUIRE(a->action == b->action);
        REQUIRE(same_text(&a->key, &b->key));
        REQUIRE(same_text(&a->name, &b->name));
        REQUIRE(a->type == b->type);
        REQUIRE(a->data_bytes == b->data_bytes);
        REQUIRE(a->data_bytes == 0 || memcmp(a->data, b->data, a->data_bytes) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct km_registry_file file, again;
    struct km_registry_problem problem = {0};
    size_t written_size;
    if (!km_registry_file_parse(data, size, &file, &problem)) {
        REQUIRE(problem.reason[0] != '\0');
        REQUIRE(strchr(problem.reason, '\n') == NULL);
        REQUIRE(file.count == 0);
        return 0;
    }
    uint8_t *written = km_registry_file_write(&file, &written_size, &problem);
    if (written != NULL) {
        REQUIRE(km_registry_file_parse(written, written_size, &again, &problem));
        require_same(&file, &again);
        km_registry_file_free(&again);
        free(written);
    } else {
        REQUIRE(strchr(problem.reason, '\n') == NULL);
    }
    km_registry_file_free(&file);
    return 0;
}
