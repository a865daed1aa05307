// SPDX-License-Identifier: MIT
// What the parts of the image loader share among themselves.
#ifndef KMODE_MACHINE_IMAGE_INTERNAL_H
#define KMODE_MACHINE_IMAGE_INTERNAL_H

#include "machine/image.h"
#include "machine/contract.h"

#include <string.h>

// Names and values of ntstatus.h.
#define KM_STATUS_INVALID_PARAMETER       0xC000000Du
#define KM_STATUS_NO_SUCH_FILE            0xC000000Fu
#define KM_STATUS_NO_MEMORY               0xC0000017u
#define KM_STATUS_CONFLICTING_ADDRESSES   0xC0000018u
#define KM_STATUS_ACCESS_DENIED           0xC0000022u
#define KM_STATUS_SECTION_TOO_BIG         0xC0000040u
#define KM_STATUS_PROCEDURE_NOT_FOUND     0xC000007Au
#define KM_STATUS_INVALID_IMAGE_FORMAT    0xC000007Bu
#define KM_STATUS_FILE_IS_A_DIRECTORY     0xC00000BAu
#define KM_STATUS_MAPPED_FILE_SIZE_ZERO   0xC000011Eu
#define KM_STATUS_INVALID_IMAGE_LE_FORMAT 0xC000012Eu
#define KM_STATUS_INVALID_IMAGE_NOT_MZ    0xC000012Fu
#define KM_STATUS_INVALID_IMAGE_PROTECT   0xC0000130u
#define KM_STATUS_INVALID_IMAGE_WIN_16    0xC0000131u
#define KM_STATUS_UNEXPECTED_IO_ERROR     0xC00000E9u
#define KM_STATUS_IMAGE_CHECKSUM_MISMATCH 0xC0000221u

#define KM_SECTION_DISCARDABLE 0x02000000u
#define KM_SECTION_EXECUTE     0x20000000u
#define KM_SECTION_WRITE       0x80000000u

// Fills in *problem, made one printable line.
void km_image_report(struct km_image_problem *problem, uint32_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// The same, and is false: a macro, so that compilers and analysers see that it is.
#define km_image_refuse(...) (km_image_report(__VA_ARGS__), false)

// True if [offset, offset + length) lies inside [0, limit).
static inline bool km_range_inside(uint64_t offset, uint64_t length, uint64_t limit)
{
    return offset <= limit && length <= limit - offset;
}

static inline uint64_t km_round_up(uint64_t value, uint64_t power_of_two)
{
    return (value + power_of_two - 1) & ~(power_of_two - 1);
}

static inline uint16_t km_load16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint32_t km_load32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static inline uint64_t km_load64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

// A bound on how many bytes of names one walk may look at, so that a table whose million entries share one
// long name costs no more than an honest one.
struct km_name_budget {
    uint64_t left;
};

static inline struct km_name_budget km_name_budget_for(const struct km_image_file *image)
{
    return (struct km_name_budget){2 * (uint64_t)image->size_of_image + 65536};
}

enum km_name_result {
    KM_NAME_OK,
    KM_NAME_OUTSIDE,
    KM_NAME_UNTERMINATED, // or longer than allowed
    KM_NAME_EMPTY,
    KM_NAME_NOT_PRINTABLE,
    KM_NAME_BUDGET_SPENT,
};

// Finds the NUL-terminated name at rva: 1 to max_length printable ASCII bytes. budget may be NULL.
enum km_name_result km_image_name(const struct km_image_file *image, const uint8_t *memory, uint64_t rva,
                                  size_t max_length, struct km_name_budget *budget, const char **name);
// Why not, as the end of a sentence.
const char *km_image_name_fault(enum km_name_result result);

// True if [rva, rva + length) may be written by the loader: inside the image and behind the headers.
bool km_image_is_writable_place(const struct km_image_file *image, uint64_t rva, uint64_t length);

// Parts of km_image_parse, in the order in which it calls them; each may use what those before it have filled
// in.
bool km_image_parse_headers(struct km_image_file *image, struct km_image_problem *problem);
bool km_image_parse_sections(struct km_image_file *image, struct km_image_problem *problem);
bool km_image_check_relocations(const struct km_image_file *image, struct km_image_problem *problem);
bool km_image_check_imports(struct km_image_file *image, struct km_image_problem *problem);
bool km_image_check_exports(struct km_image_file *image, struct km_image_problem *problem);
bool km_image_parse_load_config(struct km_image_file *image, struct km_image_problem *problem);
void km_image_parse_debug(struct km_image_file *image);

// What the machine type, the subsystem or the first bytes of a file say that it is; NULL if not known.
const char *km_image_machine_name(uint16_t machine);
const char *km_image_subsystem_name(uint16_t subsystem);
const char *km_image_foreign_format(const uint8_t *bytes, size_t size);
// True for a DLL of user mode ("kernel32.dll", any case).
bool km_image_is_user_module(const char *module);

#endif
