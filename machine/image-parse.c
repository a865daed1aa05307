// SPDX-License-Identifier: MIT
// Judging a PE file as a driver: the headers, and the order of all other checks.
#include "machine/image-internal.h"

#define FILE_EXECUTABLE_IMAGE 0x0002u
#define FILE_RELOCS_STRIPPED  0x0001u
#define FILE_UP_SYSTEM_ONLY   0x4000u
#define FILE_DLL              0x2000u
#define MACHINE_X64           0x8664u
#define MAGIC_PE32            0x010bu
#define MAGIC_PE32_PLUS       0x020bu
#define SUBSYSTEM_NATIVE      1u
#define DOS_HEADER_BYTES      64u
#define FILE_HEADER_BYTES     20u
#define OPTIONAL_HEADER_BYTES 112u // of PE32+, without the directories
#define SECTION_HEADER_BYTES  40u
#define IMAGE_BASE_ALIGNMENT  0x10000u
#define SECTOR_BYTES          512u

static bool is_power_of_two(uint32_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

static bool refuse_format(struct km_image_problem *problem, const char *text)
{
    return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "%s", text);
}

// Finds the PE signature, or says what the file is instead.
static bool find_nt_headers(struct km_image_file *image, struct km_image_problem *problem)
{
    const uint8_t *bytes = image->bytes;
    size_t size = image->size;

    if (size == 0) {
        return km_image_refuse(problem, KM_STATUS_MAPPED_FILE_SIZE_ZERO, "an empty file");
    }
    if (size > KM_IMAGE_MAX_FILE_BYTES) {
        return km_image_refuse(problem, KM_STATUS_SECTION_TOO_BIG,
                               "too large for a driver: %zu bytes, %llu at most", size,
                               (unsigned long long)KM_IMAGE_MAX_FILE_BYTES);
    }
    if (size < 2 || bytes[0] != 'M' || bytes[1] != 'Z') {
        const char *foreign = km_image_foreign_format(bytes, size);
        if (foreign != NULL) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_NOT_MZ, "%s, not a Windows driver",
                                   foreign);
        }
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_NOT_MZ,
                               "not a Windows driver: it does not begin with MZ");
    }
    if (size < DOS_HEADER_BYTES) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "truncated within the DOS header: %zu bytes of %u", size, DOS_HEADER_BYTES);
    }
    image->nt_headers_offset = km_load32(bytes + 0x3c);
    uint64_t nt = image->nt_headers_offset;
    if (nt >= size) {
        return km_image_refuse(
            problem, KM_STATUS_INVALID_IMAGE_PROTECT,
            "its PE header lies outside the file: at 0x%llx of 0x%zx bytes (truncated, or a DOS "
            "program)",
            (unsigned long long)nt, size);
    }
    if (size - nt >= 2 && bytes[nt] == 'N' && bytes[nt + 1] == 'E') {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_WIN_16, "a 16-bit Windows or OS/2 program");
    }
    if (size - nt >= 2 && bytes[nt] == 'L' && (bytes[nt + 1] == 'E' || bytes[nt + 1] == 'X')) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_LE_FORMAT,
                               "an OS/2 program or Windows 9x VxD");
    }
    if (!km_range_inside(nt, 4 + FILE_HEADER_BYTES, size)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "truncated within the PE header: at 0x%zx", size);
    }
    if (memcmp(bytes + nt, "PE\0\0", 4) != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_PROTECT,
                               "not a PE image: no PE signature at 0x%llx", (unsigned long long)nt);
    }
    if ((nt & 3) != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "its PE header is not 4-byte aligned: at 0x%llx", (unsigned long long)nt);
    }
    return true;
}

static bool parse_file_header(struct km_image_file *image, const uint8_t *header,
                              struct km_image_problem *problem)
{
    uint16_t machine = km_load16(header);

    image->section_count = km_load16(header + 2);
    image->time_stamp = km_load32(header + 4);
    image->characteristics = km_load16(header + 18);
    image->is_dll = (image->characteristics & FILE_DLL) != 0;
    image->uniprocessor_only = (image->characteristics & FILE_UP_SYSTEM_ONLY) != 0;

    if (machine != MACHINE_X64) {
        const char *name = km_image_machine_name(machine);
        if (name == NULL) {
            return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                                   "an image for the unknown machine 0x%04x; kmode runs x64 drivers",
                                   machine);
        }
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "%s; kmode runs x64 drivers", name);
    }
    if ((image->characteristics & FILE_EXECUTABLE_IMAGE) == 0) {
        return refuse_format(problem,
                             "not marked executable: the linker reported errors, or it is an object file");
    }
    if (image->section_count == 0) {
        return refuse_format(problem, "it has no sections");
    }
    if (image->section_count > KM_IMAGE_MAX_SECTIONS) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "%u sections, %u at most",
                               image->section_count, KM_IMAGE_MAX_SECTIONS);
    }
    return true;
}

static bool check_alignment(const struct km_image_file *image, struct km_image_problem *problem)
{
    uint32_t section = image->section_alignment, file = image->file_alignment;

    if (!is_power_of_two(section)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "section alignment 0x%x is not a power of two", section);
    }
    if (!is_power_of_two(file)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "file alignment 0x%x is not a power of two", file);
    }
    if (section < file) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "section alignment 0x%x is below the file alignment 0x%x", section, file);
    }
    if (image->low_alignment && section != file) {
        return km_image_refuse(
            problem, KM_STATUS_INVALID_IMAGE_FORMAT,
            "section alignment 0x%x is below a page and differs from the file alignment 0x%x", section, file);
    }
    if (!image->low_alignment && file < SECTOR_BYTES) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "file alignment 0x%x is below %u",
                               file, SECTOR_BYTES);
    }
    return true;
}

static bool check_subsystem(const struct km_image_file *image, struct km_image_problem *problem)
{
    if (image->subsystem == SUBSYSTEM_NATIVE) {
        return true;
    }
    const char *kind = image->is_dll ? "DLL" : "program";
    const char *name = km_image_subsystem_name(image->subsystem);
    if (name == NULL) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "not a driver: a %s of the unknown subsystem %u", kind, image->subsystem);
    }
    bool user = image->subsystem == 2 || image->subsystem == 3;
    return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT, "a %s%s (subsystem %s), not a driver",
                           user ? "user-mode " : "", kind, name);
}

static bool parse_optional_header(struct km_image_file *image, const uint8_t *header, uint32_t bytes,
                                  struct km_image_problem *problem)
{
    uint16_t magic = km_load16(header);

    if (magic != MAGIC_PE32_PLUS) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "its optional header is %s (0x%x), not PE32+, though the machine is x64",
                               magic == MAGIC_PE32 ? "PE32" : "of an unknown kind", magic);
    }
    image->entry_rva = km_load32(header + 16);
    image->image_base = km_load64(header + 24);
    image->section_alignment = km_load32(header + 32);
    image->file_alignment = km_load32(header + 36);
    image->low_alignment = image->section_alignment < KM_PAGE_SIZE;
    uint64_t size_of_image = km_round_up(km_load32(header + 56), KM_PAGE_SIZE);
    image->size_of_headers = km_load32(header + 60);
    image->checksum = km_load32(header + 64);
    image->subsystem = km_load16(header + 68);
    image->dll_characteristics = km_load16(header + 70);

    uint32_t directory_count = km_load32(header + 108);
    if (directory_count > KM_IMAGE_DIRECTORY_COUNT) {
        directory_count = KM_IMAGE_DIRECTORY_COUNT;
    }
    if (OPTIONAL_HEADER_BYTES + 8 * directory_count > bytes) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "its optional header of %u bytes is too small for %u data directories", bytes,
                               directory_count);
    }
    for (uint32_t i = 0; i < directory_count; i++) {
        const uint8_t *entry = header + OPTIONAL_HEADER_BYTES + (size_t)8 * i;
        image->directories[i] = (struct km_image_directory){km_load32(entry), km_load32(entry + 4)};
    }

    if (!check_subsystem(image, problem) || !check_alignment(image, problem)) {
        return false;
    }
    if ((image->characteristics & FILE_RELOCS_STRIPPED) != 0) {
        return km_image_refuse(
            problem, KM_STATUS_CONFLICTING_ADDRESSES,
            "linked without relocations (/fixed): it runs at 0x%llx only, which is not the kernel's",
            (unsigned long long)image->image_base);
    }
    if (image->image_base % IMAGE_BASE_ALIGNMENT != 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "image base 0x%llx is not a multiple of 64 KB",
                               (unsigned long long)image->image_base);
    }
    if (size_of_image == 0) {
        return refuse_format(problem, "the size of the image is 0");
    }
    if (size_of_image > KM_IMAGE_MAX_BYTES) {
        return km_image_refuse(problem, KM_STATUS_SECTION_TOO_BIG,
                               "the image is too large: 0x%llx bytes, 0x%llx at most",
                               (unsigned long long)size_of_image, (unsigned long long)KM_IMAGE_MAX_BYTES);
    }
    image->size_of_image = (uint32_t)size_of_image;
    return true;
}

bool km_image_parse_headers(struct km_image_file *image, struct km_image_problem *problem)
{
    if (!find_nt_headers(image, problem)) {
        return false;
    }
    uint64_t nt = image->nt_headers_offset;
    const uint8_t *file_header = image->bytes + nt + 4;
    if (!parse_file_header(image, file_header, problem)) {
        return false;
    }
    uint32_t optional_bytes = km_load16(file_header + 16);
    uint64_t optional = nt + 4 + FILE_HEADER_BYTES;
    if (optional_bytes < OPTIONAL_HEADER_BYTES) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "its optional header has %u bytes, PE32+ has %u at least", optional_bytes,
                               OPTIONAL_HEADER_BYTES);
    }
    if (!km_range_inside(optional, optional_bytes, image->size)) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "truncated within the optional header: at 0x%zx", image->size);
    }
    if (!parse_optional_header(image, image->bytes + optional, optional_bytes, problem)) {
        return false;
    }
    uint64_t table_end = optional + optional_bytes + (uint64_t)image->section_count * SECTION_HEADER_BYTES;
    if (table_end > image->size) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "truncated within the section table: at 0x%zx", image->size);
    }
    if (image->size_of_headers < table_end) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the section table ends at 0x%llx, behind the headers' size of 0x%x",
                               (unsigned long long)table_end, image->size_of_headers);
    }
    if (image->size_of_headers > image->size) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the headers lie outside the file: bytes 0..0x%x of 0x%zx",
                               image->size_of_headers, image->size);
    }
    return true;
}

static bool check_checksum(const struct km_image_file *image, struct km_image_problem *problem)
{
    uint32_t computed = km_image_checksum(image->bytes, image->size);

    if (image->checksum == computed) {
        return true;
    }
    if (image->checksum == 0) {
        return km_image_refuse(problem, KM_STATUS_IMAGE_CHECKSUM_MISMATCH,
                               "its checksum is not set, should be 0x%x: link it with /release", computed);
    }
    return km_image_refuse(
        problem, KM_STATUS_IMAGE_CHECKSUM_MISMATCH,
        "checksum mismatch: the header says 0x%x, the file has 0x%x (changed or damaged after "
        "linking)",
        image->checksum, computed);
}

static bool check_entry_point(const struct km_image_file *image, struct km_image_problem *problem)
{
    if (image->entry_rva == 0) {
        return true;
    }
    if (image->entry_rva >= image->size_of_image) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the entry point lies outside the image: at 0x%x of 0x%x", image->entry_rva,
                               image->size_of_image);
    }
    const struct km_image_section *section = km_image_section_at(image, image->entry_rva);
    if (section == NULL) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the entry point lies outside all sections: at 0x%x", image->entry_rva);
    }
    if ((section->characteristics & KM_SECTION_EXECUTE) == 0) {
        return km_image_refuse(problem, KM_STATUS_INVALID_IMAGE_FORMAT,
                               "the entry point lies in a section that is not executable: at 0x%x in %s",
                               image->entry_rva, section->name);
    }
    return true;
}

bool km_image_parse(struct km_image_file *image, const uint8_t *bytes, size_t size,
                    struct km_image_problem *problem)
{
    memset(image, 0, sizeof *image);
    image->bytes = bytes;
    image->size = size;
    problem->text[0] = 0;
    problem->status = 0;

    if (!km_image_parse_headers(image, problem) || !km_image_parse_sections(image, problem) ||
        !check_checksum(image, problem) || !check_entry_point(image, problem) ||
        !km_image_check_relocations(image, problem) || !km_image_check_imports(image, problem) ||
        !km_image_check_exports(image, problem) || !km_image_parse_load_config(image, problem)) {
        return false;
    }
    km_image_parse_debug(image);
    return true;
}
