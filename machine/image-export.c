// SPDX-License-Identifier: MIT
// The export table of an image: walking it, and finding a name or an ordinal in it.
#include "machine/image-internal.h"

#define EXPORT_DIRECTORY_BYTES 40u

struct export_table {
    uint32_t begin, end; // RVAs of the directory: what lies between is a forwarder's name
    uint32_t ordinal_base;
    uint32_t function_count, name_count;
    uint32_t functions, names, name_ordinals; // RVAs of arrays of 32, 32 and 16 bits
};

static bool refuse_table(struct km_image_problem *problem, const char *what, uint32_t rva, uint32_t count)
{
    return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                           "the export table's %s lie outside the image: %u at 0x%x", what, count, rva);
}

// Returns false with empty text if there is no export table.
static bool read_table(const struct km_image_file *image, const uint8_t *memory, struct export_table *table,
                       struct km_image_problem *problem)
{
    const struct km_image_directory *directory = &image->directories[KM_IMAGE_DIRECTORY_EXPORT];
    uint8_t header[EXPORT_DIRECTORY_BYTES];

    problem->text[0] = 0;
    problem->status = 0;
    if (directory->rva == 0 || directory->size == 0) {
        return false;
    }
    if (directory->size < sizeof header ||
        !km_range_inside(directory->rva, directory->size, image->size_of_image) ||
        !km_image_read(image, memory, directory->rva, header, sizeof header)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the export table lies outside the image: 0x%x..0x%llx of 0x%x",
                               directory->rva, (unsigned long long)directory->rva + directory->size,
                               image->size_of_image);
    }
    *table = (struct export_table){
        .begin = directory->rva,
        .end = directory->rva + directory->size,
        .ordinal_base = km_load32(header + 16),
        .function_count = km_load32(header + 20),
        .name_count = km_load32(header + 24),
        .functions = km_load32(header + 28),
        .names = km_load32(header + 32),
        .name_ordinals = km_load32(header + 36),
    };
    if (table->function_count > KM_IMAGE_MAX_EXPORTS || table->name_count > KM_IMAGE_MAX_EXPORTS) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "too many exports: %u functions, %u names, %u at most", table->function_count,
                               table->name_count, KM_IMAGE_MAX_EXPORTS);
    }
    if (!km_range_inside(table->functions, (uint64_t)table->function_count * 4, image->size_of_image)) {
        return refuse_table(problem, "addresses", table->functions, table->function_count);
    }
    if (!km_range_inside(table->names, (uint64_t)table->name_count * 4, image->size_of_image)) {
        return refuse_table(problem, "names", table->names, table->name_count);
    }
    if (!km_range_inside(table->name_ordinals, (uint64_t)table->name_count * 2, image->size_of_image)) {
        return refuse_table(problem, "ordinals", table->name_ordinals, table->name_count);
    }
    return true;
}

static uint32_t read32_at(const struct km_image_file *image, const uint8_t *memory, uint32_t array,
                          uint32_t index)
{
    uint8_t bytes[4] = {0};
    km_image_read(image, memory, array + (uint64_t)4 * index, bytes, sizeof bytes);
    return km_load32(bytes);
}

static uint32_t read16_at(const struct km_image_file *image, const uint8_t *memory, uint32_t array,
                          uint32_t index)
{
    uint8_t bytes[2] = {0};
    km_image_read(image, memory, array + (uint64_t)2 * index, bytes, sizeof bytes);
    return km_load16(bytes);
}

// Fills in rva and forwarder of the export with that index. rva 0: the index is not used.
static bool read_function(const struct km_image_file *image, const uint8_t *memory,
                          const struct export_table *table, uint32_t index, struct km_name_budget *names,
                          struct km_image_export *exported, struct km_image_problem *problem)
{
    exported->ordinal = table->ordinal_base + index;
    exported->rva = read32_at(image, memory, table->functions, index);
    exported->forwarder = NULL;
    if (exported->rva >= image->size_of_image) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "export %u (ordinal %u) lies outside the image: at 0x%x of 0x%x", index + 1,
                               exported->ordinal, exported->rva, image->size_of_image);
    }
    if (exported->rva >= table->begin && exported->rva < table->end) {
        enum km_name_result result =
            km_image_name(image, memory, exported->rva, KM_IMAGE_MAX_NAME, names, &exported->forwarder);
        if (result != KM_NAME_OK) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "the forwarder of export %u (ordinal %u), at 0x%x, %s", index + 1,
                                   exported->ordinal, exported->rva, km_image_name_fault(result));
        }
    }
    return true;
}

static bool read_name(const struct km_image_file *image, const uint8_t *memory,
                      const struct export_table *table, uint32_t number, struct km_name_budget *names,
                      const char **name, uint32_t *index, struct km_image_problem *problem)
{
    uint32_t name_rva = read32_at(image, memory, table->names, number);
    enum km_name_result result = km_image_name(image, memory, name_rva, KM_IMAGE_MAX_NAME, names, name);

    if (result != KM_NAME_OK) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "export name %u, at 0x%x, %s",
                               number + 1, name_rva, km_image_name_fault(result));
    }
    *index = read16_at(image, memory, table->name_ordinals, number);
    if (*index >= table->function_count) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "export name %u (%.64s) has the index %u, of %u exports", number + 1, *name,
                               *index, table->function_count);
    }
    return true;
}

struct export_walk {
    km_export_visitor visitor;
    void *context;
    const char *name_before;
    bool sorted;
    uint32_t count;
};

static bool walk_all(const struct km_image_file *image, const uint8_t *memory, struct export_walk *walk,
                     struct km_image_problem *problem)
{
    struct export_table table;
    struct km_name_budget names = km_name_budget_for(image);
    uint8_t named[KM_IMAGE_MAX_EXPORTS / 8];

    walk->sorted = true;
    if (!read_table(image, memory, &table, problem)) {
        return problem->text[0] == 0;
    }
    memset(named, 0, sizeof named);
    for (uint32_t i = 0; i < table.name_count; i++) {
        struct km_image_export exported;
        uint32_t index;
        if (!read_name(image, memory, &table, i, &names, &exported.name, &index, problem) ||
            !read_function(image, memory, &table, index, &names, &exported, problem)) {
            return false;
        }
        named[index / 8] |= (uint8_t)(1u << index % 8);
        if (walk->name_before != NULL && strcmp(walk->name_before, exported.name) >= 0) {
            walk->sorted = false;
        }
        walk->name_before = exported.name;
        walk->count++;
        if (walk->visitor != NULL && !walk->visitor(walk->context, &exported)) {
            return false;
        }
    }
    for (uint32_t index = 0; index < table.function_count; index++) {
        struct km_image_export exported = {.name = NULL};
        if ((named[index / 8] & 1u << index % 8) != 0) {
            continue;
        }
        if (!read_function(image, memory, &table, index, &names, &exported, problem)) {
            return false;
        }
        if (exported.rva == 0) {
            continue;
        }
        walk->count++;
        if (walk->visitor != NULL && !walk->visitor(walk->context, &exported)) {
            return false;
        }
    }
    return true;
}

bool km_image_each_export(const struct km_image_file *image, const uint8_t *memory, km_export_visitor visitor,
                          void *context, struct km_image_problem *problem)
{
    struct export_walk walk = {.visitor = visitor, .context = context};
    return walk_all(image, memory, &walk, problem);
}

bool km_image_check_exports(struct km_image_file *image, struct km_image_problem *problem)
{
    struct export_walk walk = {.visitor = NULL};

    if (!walk_all(image, NULL, &walk, problem)) {
        return false;
    }
    image->export_count = walk.count;
    image->exports_sorted = walk.sorted;
    return true;
}

static bool answer(const struct km_image_file *image, const uint8_t *memory, const struct export_table *table,
                   uint32_t index, uint64_t *rva, const char **forwarder)
{
    struct km_image_problem problem;
    struct km_image_export exported;

    if (!read_function(image, memory, table, index, NULL, &exported, &problem) || exported.rva == 0) {
        return false;
    }
    *rva = exported.rva;
    *forwarder = exported.forwarder;
    return true;
}

bool km_image_find_export(const struct km_image_file *image, const uint8_t *memory, const char *name,
                          uint64_t *rva, const char **forwarder)
{
    struct km_image_problem problem;
    struct export_table table;

    if (!read_table(image, memory, &table, &problem)) {
        return false;
    }
    uint32_t low = 0, high = table.name_count;
    while (low < high) {
        // A table that is not sorted is searched from its front.
        uint32_t middle = image->exports_sorted ? low + (high - low) / 2 : low;
        const char *candidate;
        uint32_t index;
        if (!read_name(image, memory, &table, middle, NULL, &candidate, &index, &problem)) {
            return false;
        }
        int order = strcmp(name, candidate);
        if (order == 0) {
            return answer(image, memory, &table, index, rva, forwarder);
        }
        if (order > 0 || !image->exports_sorted) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

bool km_image_find_export_ordinal(const struct km_image_file *image, const uint8_t *memory, uint32_t ordinal,
                                  uint64_t *rva, const char **forwarder)
{
    struct km_image_problem problem;
    struct export_table table;

    if (!read_table(image, memory, &table, &problem) ||
        ordinal - table.ordinal_base >= table.function_count) {
        return false;
    }
    return answer(image, memory, &table, ordinal - table.ordinal_base, rva, forwarder);
}
