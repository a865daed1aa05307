// SPDX-License-Identifier: MIT
// kmode log: prints the deferred log that a driver has kept in a ring, from a memory dump or a saved copy.
#include "cli/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/files.h"

enum { OPTION_LEVEL = 0x100, OPTION_JSON, OPTION_UNREAD };

static const struct argp_option option_table[] = {
    {"level", OPTION_LEVEL, "LEVEL", 0, "no more than error, warn, info, debug or trace (default trace: all)",
     0},
    {"unread", OPTION_UNREAD, NULL, 0, "only what the driver has not taken out of its ring by itself", 0},
    {"source", 's', NULL, 0, "function, file and line of each call, too", 0},
    {"json", OPTION_JSON, "FILE", 0, "write the records as JSON too (-: stdout, and nothing else)", 0},
    {0},
};

static bool parse_level(const char *word, uint32_t *level)
{
    static const char *const names[] = {"error", "warn", "info", "debug", "trace"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(word, names[i]) == 0) {
            *level = i + 1;
            return true;
        }
    }
    const char *nearest = km_nearest(word, names, sizeof names / sizeof *names);
    km_error("--level takes error, warn, info, debug or trace, not '%s'%s%s%s", word,
             nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
             nearest != NULL ? "'?" : "");
    return false;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct km_log_view *view = state->input;
    switch (key) {
    case OPTION_LEVEL: return parse_level(argument, &view->level) ? 0 : ECANCELED;
    case OPTION_UNREAD: view->unread = true; return 0;
    case 's': view->source = true; return 0;
    case OPTION_JSON: view->json = argument; return 0;
    case ARGP_KEY_ARG:
        if (view->dump_path == NULL) {
            view->dump_path = argument;
        } else if (view->image_path == NULL) {
            view->image_path = argument;
        } else {
            km_error("takes one dump and one driver: '%s'", argument);
            return ECANCELED;
        }
        return 0;
    case ARGP_KEY_END:
        if (view->image_path == NULL) {
            km_error("takes a dump and the driver whose log is in it: kmode log DUMP X.sys");
            return ECANCELED;
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

// ---- Files, which may be large

struct mapped_file {
    const uint8_t *bytes;
    size_t size;
};

// false: it has been said why not.
static bool map_file(const char *path, struct mapped_file *file)
{
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *file = (struct mapped_file){0};
    if (descriptor < 0 || fstat(descriptor, &status) != 0) {
        km_error("%s: %s", path, strerror(errno));
        if (descriptor >= 0) {
            close(descriptor);
        }
        return false;
    }
    bool done = S_ISREG(status.st_mode);
    if (!done) {
        km_error("%s: not a file", path);
    } else if (status.st_size != 0) {
        void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        done = bytes != MAP_FAILED;
        if (done) {
            *file = (struct mapped_file){bytes, (size_t)status.st_size};
        } else {
            km_error("%s: %s", path, strerror(errno));
        }
    }
    close(descriptor);
    return done;
}

static void unmap_file(const struct mapped_file *file)
{
    if (file->bytes != NULL) {
        munmap((void *)file->bytes, file->size);
    }
}

// ---- Which ring

enum { MAXIMUM_RINGS = 256 };

// Where a ring is in the file. Its memory may be there more than once, mapped twice or copied, or in pages
// that do not follow each other: the place that has the most of it counts.
struct place {
    uint64_t address; // of the ring, when it was alive
    size_t offset, records;
};

struct places {
    struct place items[MAXIMUM_RINGS];
    size_t count;
};

static void add_place(struct places *places, const struct place *place)
{
    for (size_t i = 0; i < places->count; i++) {
        if (places->items[i].address == place->address) {
            if (places->items[i].records < place->records) {
                places->items[i] = *place;
            }
            return;
        }
    }
    if (places->count < MAXIMUM_RINGS) {
        places->items[places->count++] = *place;
    }
}

// Where a dump has pages of memory in the order of their physical addresses, the ring that is found is read
// by its address. false: it is not there whole.
static bool read_by_address(const struct mapped_file *dump, const KMP_RING_HEADER *found,
                            struct km_log_records *records)
{
    enum { MAXIMUM_BYTES = 1 << 30 };
    struct km_log_pages pages;
    KMP_RING_HEADER header;
    if (!km_log_pages_open(&pages, dump->bytes, dump->size) || found->Bytes > MAXIMUM_BYTES ||
        found->Bytes > dump->size || found->Bytes < sizeof header) {
        return false;
    }
    uint8_t *ring = malloc((size_t)found->Bytes);
    size_t offset = 0;
    const bool done = ring != NULL &&
                      km_log_pages_read(&pages, found->Address, ring, (size_t)found->Bytes) == found->Bytes &&
                      km_log_ring_find(ring, (size_t)found->Bytes, &offset, &header) && offset == 0;
    if (done) {
        km_log_ring_read(ring, (size_t)found->Bytes, 0, &header, records);
    }
    free(ring);
    return done;
}

// Reads the image's rings. *header becomes that of the first. false: there is none.
static bool read_rings(const struct mapped_file *dump, const struct km_log_image *image,
                       KMP_RING_HEADER *header, struct km_log_records *records)
{
    struct places places = {.count = 0};
    KMP_RING_HEADER found;

    for (size_t offset = 0; km_log_ring_find(dump->bytes, dump->size, &offset, &found);
         offset += sizeof found) {
        if (!km_log_ring_is_copy(&found) && km_log_image_is(image, &found.Image)) {
            struct km_log_records there = {0};
            km_log_ring_read(dump->bytes, dump->size, offset, &found, &there);
            add_place(&places, &(struct place){found.Address, offset, there.count});
            km_log_records_free(&there);
        }
    }
    for (size_t i = 0; i < places.count; i++) {
        size_t offset = places.items[i].offset;
        if (km_log_ring_find(dump->bytes, dump->size, &offset, &found)) {
            *header = i == 0 ? found : *header;
            if (!read_by_address(dump, &found, records)) {
                km_log_ring_read(dump->bytes, dump->size, offset, &found, records);
            }
        }
    }
    return places.count != 0;
}

// Where a copy ends: as it says, or where another begins, if it was cut.
static size_t end_of_copy(const struct mapped_file *dump, const struct km_log_image *image, size_t offset,
                          const KMP_RING_HEADER *header)
{
    const size_t left = dump->size - offset;
    const size_t end = header->Bytes < left ? offset + (size_t)header->Bytes : dump->size;
    const size_t last = dump->size - end < sizeof *header ? dump->size : end + sizeof *header;
    KMP_RING_HEADER other;

    for (size_t next = offset + sizeof other;
         km_log_ring_find(dump->bytes, last, &next, &other) && next < end; next++) {
        if (km_log_ring_is_copy(&other) && km_log_image_is(image, &other.Image)) {
            return next;
        }
    }
    return end;
}

// Reads the copies, for a file that has no ring itself: those of one ring follow each other, each with other
// records. *header becomes that of the first. false: there is none.
static bool read_copies(const struct mapped_file *dump, const struct km_log_image *image,
                        KMP_RING_HEADER *header, struct km_log_records *records)
{
    bool any = false;
    KMP_RING_HEADER found;

    for (size_t offset = 0, next; km_log_ring_find(dump->bytes, dump->size, &offset, &found); offset = next) {
        next = offset + sizeof found;
        if (km_log_ring_is_copy(&found) && km_log_image_is(image, &found.Image)) {
            next = end_of_copy(dump, image, offset, &found);
            *header = any ? *header : found;
            any = true;
            km_log_ring_read(dump->bytes, next, offset, &found, records);
        }
    }
    return any;
}

// Says what the file has instead.
static void complain_of_rings(const struct km_log_view *view, const struct mapped_file *dump)
{
    size_t offset = 0;
    KMP_RING_HEADER found;

    if (!km_log_ring_find(dump->bytes, dump->size, &offset, &found)) {
        km_error("%s: no log ring is in it", view->dump_path);
        return;
    }
    found.Image.Name[sizeof found.Image.Name - 1] = '\0';
    for (char *character = found.Image.Name; *character != '\0'; character++) {
        if (*character < 0x20 || *character > 0x7E) {
            *character = '?';
        }
    }
    if (found.Image.Name[0] != '\0') {
        km_error("%s: its log is of another image than %s: of that with %s, time stamp 0x%08X, %u bytes",
                 view->dump_path, view->image_path, found.Image.Name, found.Image.TimeDateStamp,
                 found.Image.Size);
    } else {
        km_error("%s: its log is of another image than %s: of that with time stamp 0x%08X, %u bytes",
                 view->dump_path, view->image_path, found.Image.TimeDateStamp, found.Image.Size);
    }
}

static int finish(const struct km_log_view *view, const struct km_log_records *records)
{
    if (records->lost != 0 || records->dropped != 0 || records->unfinished != 0) {
        fprintf(stderr, "%llu lost, %llu dropped, %llu unfinished\n", (unsigned long long)records->lost,
                (unsigned long long)records->dropped, (unsigned long long)records->unfinished);
    }
    if (records->is_truncated) {
        km_error("%s: it ends before its log does", view->dump_path);
        return KM_EXIT_FAILED;
    }
    return KM_EXIT_OK;
}

static int answer(const struct km_log_view *view, const struct mapped_file *dump,
                  const struct mapped_file *image_file)
{
    struct km_log_records records = {0};
    struct km_log_image image;
    KMP_RING_HEADER header;
    const char *problem = km_log_image_read(&image, image_file->bytes, image_file->size);
    int status = KM_EXIT_UNLOADABLE;

    if (problem != NULL) {
        km_error("%s: %s", view->image_path, problem);
    } else if (!read_rings(dump, &image, &header, &records) &&
               !read_copies(dump, &image, &header, &records)) {
        complain_of_rings(view, dump);
    } else {
        km_log_records_sort(&records);
        status = km_log_print(view, &image, &header, &records) ? finish(view, &records) : KM_EXIT_FAILED;
    }
    km_log_records_free(&records);
    return status;
}

int km_command_log(int argc, char **argv)
{
    static const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .args_doc = "DUMP X.sys",
        .doc =
            "Prints what a driver has logged by KmInfoDeferred and its like, in order of time: seconds since "
            "its ring was made, processor, ids of process and thread, IRQL where the ring has it, level, "
            "target and message. DUMP is any file that has the ring: "
            "what "
            "`kmode run --dump=FILE` writes, a raw or complete dump of memory, or copies that KmLogRingCopy "
            "has made, one behind the other. X.sys is the driver that wrote it, the very file: no PDB is "
            "needed.\vExit status: 0 all is well, 1 DUMP ends before its log does, 2 wrong usage, 3 there is "
            "no log of X.sys in DUMP.",
    };
    struct km_log_view view = {.level = 5};
    struct mapped_file dump, image;
    int status = km_parse_arguments(&argp, argc, argv, &view);

    if (status != KM_EXIT_OK) {
        return status;
    }
    if (!map_file(view.dump_path, &dump)) {
        return KM_EXIT_USAGE;
    }
    if (!map_file(view.image_path, &image)) {
        unmap_file(&dump);
        return KM_EXIT_USAGE;
    }
    status = answer(&view, &dump, &image);
    unmap_file(&image);
    unmap_file(&dump);
    return status;
}
