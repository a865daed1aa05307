// SPDX-License-Identifier: MIT
// libFuzzer target on `kmode log`: an image and a dump, whatever they are, are read and printed. An input is
// the image's length in four bytes, the image, the dump.
#include "cli/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    return freopen("/dev/null", "w", stdout) == NULL;
}

// A piece of its own, so that a byte too many is seen.
static uint8_t *copy(const uint8_t *data, size_t size)
{
    uint8_t *piece = malloc(size != 0 ? size : 1);
    REQUIRE(piece != NULL);
    memcpy(piece, data, size);
    return piece;
}

static void read_dump(const struct km_log_image *image, const uint8_t *dump, size_t size)
{
    static const struct km_log_view views[] = {{.level = 5, .source = true}, {.level = 2, .unread = true}};
    KMP_RING_HEADER header;
    for (size_t offset = 0; km_log_ring_find(dump, size, &offset, &header); offset++) {
        struct km_log_records records = {0};
        REQUIRE(offset <= size && size - offset >= sizeof header);
        km_log_image_is(image, &header.Image);
        km_log_ring_read(dump, size, offset, &header, &records);
        km_log_records_sort(&records);
        for (size_t i = 0; i < records.count; i++) {
            REQUIRE(records.items[i].payload + records.items[i].bytes <= records.payload_bytes);
            REQUIRE(i == 0 || records.items[i - 1].time <= records.items[i].time);
        }
        for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
            REQUIRE(km_log_print(&views[i], image, &header, &records));
        }
        km_log_records_free(&records);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t image_size;
    struct km_log_image image;
    if (size < sizeof image_size) {
        return 0;
    }
    memcpy(&image_size, data, sizeof image_size);
    data += sizeof image_size;
    size -= sizeof image_size;
    image_size = image_size < size ? image_size : (uint32_t)size;
    struct km_log_pages pages;
    uint8_t *image_file = copy(data, image_size), *dump = copy(data + image_size, size - image_size);
    if (km_log_pages_open(&pages, dump, size - image_size)) {
        uint8_t page[5000];
        uint64_t address;
        memcpy(&address, dump + 0x18, sizeof address);
        REQUIRE(km_log_pages_read(&pages, address, page, sizeof page) <= sizeof page);
    }
    if (km_log_image_read(&image, image_file, image_size) == NULL) {
        read_dump(&image, dump, size - image_size);
    }
    free(dump);
    free(image_file);
    return 0;
}
