// SPDX-License-Identifier: MIT
// Reading an image by RVA, in memory or as the file has it, and saying what is wrong with it.
#include "machine/image-internal.h"

#include <stdarg.h>
#include <stdio.h>

void km_image_report(struct km_image_problem *problem, uint32_t status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    for (char *c = problem->text; *c != 0; c++) {
        if (*c < 0x20 || *c > 0x7e) {
            *c = '?';
        }
    }
    problem->status = status;
}

const struct km_image_section *km_image_section_at(const struct km_image_file *image, uint64_t rva)
{
    uint32_t low = 0, high = image->section_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct km_image_section *section = &image->sections[middle];
        if (rva < section->rva) {
            high = middle;
        } else if (rva - section->rva >= section->memory_size) {
            low = middle + 1;
        } else {
            return section;
        }
    }
    return NULL;
}

// How far the image at rva goes on without change of source: *span bytes, of which the first *backed are at
// *source.
static void find_span(const struct km_image_file *image, uint64_t rva, const uint8_t **source,
                      uint64_t *backed, uint64_t *span)
{
    const struct km_image_section *section = km_image_section_at(image, rva);

    *source = NULL;
    *backed = 0;
    if (section != NULL) {
        uint64_t offset = rva - section->rva;
        *span = section->memory_size - offset;
        if (offset < section->file_size) {
            uint64_t rest = section->file_size - offset;
            *backed = rest < *span ? rest : *span;
            *source = image->bytes + section->file_offset + offset;
        }
    } else if (rva < image->size_of_headers) {
        *span = *backed = image->size_of_headers - rva;
        *source = image->bytes + rva;
    } else {
        uint64_t next = image->size_of_image;
        for (uint32_t i = 0; i < image->section_count; i++) {
            if (image->sections[i].rva > rva) {
                next = image->sections[i].rva;
                break;
            }
        }
        *span = next - rva;
    }
}

bool km_image_read(const struct km_image_file *image, const uint8_t *memory, uint64_t rva, void *buffer,
                   size_t length)
{
    uint8_t *to = buffer;

    if (!km_range_inside(rva, length, image->size_of_image)) {
        return false;
    }
    if (memory != NULL) {
        memcpy(to, memory + rva, length);
        return true;
    }
    while (length > 0) {
        const uint8_t *source;
        uint64_t backed, span;
        find_span(image, rva, &source, &backed, &span);
        size_t piece = span < length ? span : length;
        size_t copied = backed < piece ? backed : piece;
        if (copied > 0) {
            memcpy(to, source, copied);
        }
        memset(to + copied, 0, piece - copied);
        to += piece;
        rva += piece;
        length -= piece;
    }
    return true;
}

enum km_name_result km_image_name(const struct km_image_file *image, const uint8_t *memory, uint64_t rva,
                                  size_t max_length, struct km_name_budget *budget, const char **name)
{
    const uint8_t *source;
    uint64_t available;

    if (rva >= image->size_of_image) {
        return KM_NAME_OUTSIDE;
    }
    if (memory != NULL) {
        source = memory + rva;
        available = image->size_of_image - rva;
    } else {
        uint64_t span;
        find_span(image, rva, &source, &available, &span);
        if (available == 0) {
            return KM_NAME_EMPTY;
        }
    }
    if (available > max_length + 1) {
        available = max_length + 1;
    }
    if (budget != NULL && available > budget->left) {
        available = budget->left;
        if (available == 0) {
            return KM_NAME_BUDGET_SPENT;
        }
    }
    size_t length = 0;
    while (length < available && source[length] >= 0x20 && source[length] <= 0x7e) {
        length++;
    }
    if (budget != NULL) {
        budget->left -= length < available ? length + 1 : length;
    }
    if (length == available) {
        return budget != NULL && budget->left == 0 ? KM_NAME_BUDGET_SPENT : KM_NAME_UNTERMINATED;
    }
    if (source[length] != 0) {
        return KM_NAME_NOT_PRINTABLE;
    }
    if (length == 0) {
        return KM_NAME_EMPTY;
    }
    *name = (const char *)source;
    return KM_NAME_OK;
}

const char *km_image_name_fault(enum km_name_result result)
{
    switch (result) {
    case KM_NAME_OK: return "is good";
    case KM_NAME_OUTSIDE: return "lies outside the image";
    case KM_NAME_UNTERMINATED: return "is too long or has no end";
    case KM_NAME_EMPTY: return "is empty";
    case KM_NAME_NOT_PRINTABLE: return "is not text";
    case KM_NAME_BUDGET_SPENT: return "is one of too many that share their bytes";
    }
    return "is bad";
}

bool km_image_directory(const struct km_image_file *image, enum km_image_directory_index index,
                        struct km_image_directory *directory)
{
    uint64_t limit = index == KM_IMAGE_DIRECTORY_SECURITY ? image->size : image->size_of_image;

    *directory = image->directories[index];
    return directory->rva != 0 && directory->size != 0 &&
           km_range_inside(directory->rva, directory->size, limit);
}

bool km_image_is_writable_place(const struct km_image_file *image, uint64_t rva, uint64_t length)
{
    return rva >= image->sections[0].rva && km_range_inside(rva, length, image->size_of_image);
}
