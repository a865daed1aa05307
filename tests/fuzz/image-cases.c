// SPDX-License-Identifier: MIT
// The table of crafted images. Each begins as the built image, has fields of it overwritten, and is sealed
// with a right checksum, so that what is refused is refused for its own reason.
#include "tests/fuzz/image-cases.h"
#include "tests/fuzz/image-makers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])
#define MAX_POKES       5

struct poke {
    uint32_t at; // offset in the file, or IN(rva)
    uint8_t bytes;
    uint64_t value;
};

struct crafted {
    const char *name;
    enum image_verdict verdict;
    const char *reason;
    struct poke pokes[MAX_POKES];
    void (*make)(struct test_image *image); // after the pokes, if there is more to do
    bool unsealed;
};

// An offset by RVA: resolved by image_case_make.
#define IN(rva) ((rva) | 0x80000000u)

// Rows of the table: fields overwritten, or a routine called; then the checksum is made right, or is left
// alone.
// clang-format off
#define POKED(name_, verdict_, reason_, ...) \
    {.name = (name_), .verdict = (verdict_), .reason = (reason_), .pokes = {__VA_ARGS__}}
#define MADE(name_, verdict_, reason_, make_)                                                                \
    {.name = (name_), .verdict = (verdict_), .reason = (reason_), .make = (make_)}
#define UNSEALED_POKED(name_, verdict_, reason_, ...)                                                        \
    {.name = (name_), .verdict = (verdict_), .reason = (reason_), .pokes = {__VA_ARGS__}, .unsealed = true}
#define UNSEALED_MADE(name_, verdict_, reason_, make_)                                                       \
    {.name = (name_), .verdict = (verdict_), .reason = (reason_), .make = (make_), .unsealed = true}
// clang-format on

static const struct crafted crafted[] = {
    // What Windows loads.
    MADE("good", IMAGE_ACCEPTED, "", NULL),
    MADE("good-signed", IMAGE_ACCEPTED, "", image_make_overlay),
    MADE("good-odd-size", IMAGE_ACCEPTED, "", image_make_odd_size),
    MADE("good-low-alignment", IMAGE_ACCEPTED, "", image_make_low_alignment),
    POKED("good-zeros-with-file-size", IMAGE_ACCEPTED, "", {AT_SECTION(PDATA, FIELD_FILE_OFFSET), 4, 0}),
    POKED("good-no-entry-point", IMAGE_ACCEPTED, "", {AT_ENTRY_POINT, 4, 0}),
    POKED("good-no-directories", IMAGE_ACCEPTED, "", {AT_DIRECTORY_COUNT, 4, 0}),
    POKED("good-many-directories", IMAGE_ACCEPTED, "", {AT_DIRECTORY_COUNT, 4, 0xffffffff}),
    POKED("good-kernel-dll", IMAGE_ACCEPTED, "", {AT_CHARACTERISTICS, 2, 0x2022}),
    POKED("good-larger-image", IMAGE_ACCEPTED, "", {AT_SIZE_OF_IMAGE, 4, 0xa000}),
    POKED("good-size-not-in-pages", IMAGE_ACCEPTED, "", {AT_SIZE_OF_IMAGE, 4, 0x7040}),
    POKED("good-virtual-size-0", IMAGE_ACCEPTED, "", {AT_SECTION(TEXT, FIELD_VIRTUAL_SIZE), 4, 0}),
    POKED("good-no-lookup-table", IMAGE_ACCEPTED, "", {IN(IMPORT_RVA), 4, 0}),
    POKED("good-bound-imports", IMAGE_ACCEPTED, "", {IN(IMPORT_RVA + 4), 4, 0xffffffff},
          {IN(IAT_RVA), 8, 0xfffff80012345678}),
    POKED("good-relocations-padded", IMAGE_ACCEPTED, "", {AT_DIRECTORY(5) + 4, 4, 0x200}),
    POKED("good-exports-unsorted", IMAGE_ACCEPTED, "", {IN(EXPORT_NAMES), 4, EXPORT_STRINGS + 16},
          {IN(EXPORT_NAMES + 8), 4, EXPORT_STRINGS}),
    MADE("good-long-export-name", IMAGE_ACCEPTED, "", image_make_longest_export_name),
    POKED("good-no-cookie", IMAGE_ACCEPTED, "", {IN(LOAD_CONFIG_RVA + 0x58), 8, 0}),
    POKED("good-short-load-config", IMAGE_ACCEPTED, "", {IN(LOAD_CONFIG_RVA), 4, 0x40}),
    POKED("good-bad-debug-directory", IMAGE_ACCEPTED, "", {AT_DIRECTORY(6), 4, 0xfffffff0}),
    POKED("good-bad-codeview", IMAGE_ACCEPTED, "", {IN(DEBUG_RVA + 16), 4, 0x7fffffff}),
    POKED("good-bad-pdata", IMAGE_ACCEPTED, "", {AT_DIRECTORY(3), 4, 0x7ffffff0}),
    POKED("good-bad-certificate", IMAGE_ACCEPTED, "", {AT_DIRECTORY(4), 4, 0xffffff00},
          {AT_DIRECTORY(4) + 4, 4, 0x1000}),
    MADE("good-relocates-all", IMAGE_ACCEPTED, "", image_make_relocate_everything),

    // Not bound.
    MADE("import-self", IMAGE_UNBOUND, "import-self.sys", image_make_import_self),
    MADE("import-unknown-module", IMAGE_UNBOUND, "nosuch.sys", image_make_import_unknown_module),
    MADE("import-unknown-name", IMAGE_UNBOUND, "KmNoSuchRoutine", image_make_import_unknown_name),

    // No PE image at all.
    UNSEALED_MADE("empty", IMAGE_REFUSED, "an empty file", image_make_empty),
    UNSEALED_MADE("zeroed", IMAGE_REFUSED, "zero bytes", image_make_zeroed),
    UNSEALED_MADE("ones", IMAGE_REFUSED, "MZ", image_make_ones),
    UNSEALED_MADE("elf", IMAGE_REFUSED, "an ELF file", image_make_elf),
    UNSEALED_MADE("text", IMAGE_REFUSED, "MZ", image_make_text),
    MADE("ne", IMAGE_REFUSED, "16-bit", image_make_old_format),
    MADE("vxd", IMAGE_REFUSED, "VxD", image_make_vxd),
    POKED("no-signature", IMAGE_REFUSED, "PE signature", {AT_SIGNATURE, 4, 0x00014550}),
    UNSEALED_POKED("lfanew-outside", IMAGE_REFUSED, "outside the file", {AT_E_LFANEW, 4, 0x7fffffff}),
    UNSEALED_POKED("lfanew-negative", IMAGE_REFUSED, "outside the file", {AT_E_LFANEW, 4, 0xfffffff0}),
    UNSEALED_POKED("lfanew-at-end", IMAGE_REFUSED, "truncated", {AT_E_LFANEW, 4, IMAGE_FILE_SIZE - 4}),
    UNSEALED_POKED("lfanew-unaligned", IMAGE_REFUSED, "aligned", {AT_E_LFANEW, 4, 0x281}, {0x281, 4, 0x4550}),
    UNSEALED_POKED("lfanew-zero", IMAGE_REFUSED, "PE signature", {AT_E_LFANEW, 4, 0}),

    // Not for this machine, or not a driver.
    POKED("machine-x86", IMAGE_REFUSED, "a 32-bit x86 image", {AT_MACHINE, 2, 0x14c}, {AT_MAGIC, 2, 0x10b}),
    POKED("machine-arm64", IMAGE_REFUSED, "an ARM64 image", {AT_MACHINE, 2, 0xaa64}),
    POKED("machine-itanium", IMAGE_REFUSED, "an Itanium image", {AT_MACHINE, 2, 0x200}),
    POKED("machine-unknown", IMAGE_REFUSED, "0x1234", {AT_MACHINE, 2, 0x1234}),
    POKED("magic-pe32", IMAGE_REFUSED, "PE32", {AT_MAGIC, 2, 0x10b}),
    POKED("magic-unknown", IMAGE_REFUSED, "unknown kind", {AT_MAGIC, 2, 0}),
    POKED("user-program", IMAGE_REFUSED, "a user-mode program", {AT_SUBSYSTEM, 2, 3}),
    POKED("user-dll", IMAGE_REFUSED, "a user-mode DLL", {AT_SUBSYSTEM, 2, 2},
          {AT_CHARACTERISTICS, 2, 0x2022}),
    POKED("efi-driver", IMAGE_REFUSED, "EFI", {AT_SUBSYSTEM, 2, 12}),
    POKED("subsystem-unknown", IMAGE_REFUSED, "subsystem 0", {AT_SUBSYSTEM, 2, 0}),
    POKED("not-executable", IMAGE_REFUSED, "not marked executable", {AT_CHARACTERISTICS, 2, 0x20}),
    POKED("relocations-stripped", IMAGE_REFUSED, "without relocations", {AT_CHARACTERISTICS, 2, 0x23}),
    MADE("import-kernel32", IMAGE_REFUSED, "imports KERNEL32.dll: a user-mode program",
         image_make_import_kernel32),
    MADE("import-ntdll", IMAGE_REFUSED, "imports ntdll.dll: a user-mode program", image_make_import_ntdll),
    MADE("import-c-runtime", IMAGE_REFUSED, "a user-mode program", image_make_import_msvcrt),

    // Headers.
    UNSEALED_POKED("checksum-wrong", IMAGE_REFUSED, "checksum mismatch", {AT_CHECKSUM, 4, 0x12345}),
    UNSEALED_POKED("checksum-zero", IMAGE_REFUSED, "/release", {AT_CHECKSUM, 4, 0}),
    POKED("no-sections", IMAGE_REFUSED, "no sections", {AT_SECTION_COUNT, 2, 0}),
    POKED("sections-97", IMAGE_REFUSED, "97 sections", {AT_SECTION_COUNT, 2, 97}),
    POKED("sections-65535", IMAGE_REFUSED, "65535 sections", {AT_SECTION_COUNT, 2, 0xffff}),
    POKED("sections-past-headers", IMAGE_REFUSED, "section table", {AT_SECTION_COUNT, 2, 96}),
    POKED("optional-header-0", IMAGE_REFUSED, "optional header", {AT_OPTIONAL_SIZE, 2, 0}),
    POKED("optional-header-small", IMAGE_REFUSED, "too small for 16", {AT_OPTIONAL_SIZE, 2, 0xe8}),
    POKED("optional-header-huge", IMAGE_REFUSED, "", {AT_OPTIONAL_SIZE, 2, 0xffff}),
    POKED("headers-0", IMAGE_REFUSED, "headers", {AT_SIZE_OF_HEADERS, 4, 0}),
    POKED("headers-past-file", IMAGE_REFUSED, "headers lie outside the file",
          {AT_SIZE_OF_HEADERS, 4, 0x10000}),
    POKED("headers-past-image", IMAGE_REFUSED, "headers lie outside the image",
          {AT_SIZE_OF_HEADERS, 4, 0x1800}, {AT_SIZE_OF_IMAGE, 4, 0x1000}),
    POKED("headers-over-section", IMAGE_REFUSED, "overlaps the headers", {AT_SIZE_OF_HEADERS, 4, 0x1800}),
    POKED("image-base-unaligned", IMAGE_REFUSED, "64 KB", {AT_IMAGE_BASE, 8, 0x140001000}),
    POKED("image-size-0", IMAGE_REFUSED, "size of the image is 0", {AT_SIZE_OF_IMAGE, 4, 0}),
    POKED("image-size-huge", IMAGE_REFUSED, "too large", {AT_SIZE_OF_IMAGE, 4, 0x7fffffff}),
    POKED("image-size-wraps", IMAGE_REFUSED, "too large", {AT_SIZE_OF_IMAGE, 4, 0xffffffff}),
    POKED("image-size-small", IMAGE_REFUSED, "outside the image", {AT_SIZE_OF_IMAGE, 4, 0x6000}),
    POKED("alignment-0", IMAGE_REFUSED, "power of two", {AT_SECTION_ALIGNMENT, 4, 0}),
    POKED("alignment-odd", IMAGE_REFUSED, "power of two", {AT_SECTION_ALIGNMENT, 4, 0x1800}),
    POKED("alignment-file-0", IMAGE_REFUSED, "power of two", {AT_FILE_ALIGNMENT, 4, 0}),
    POKED("alignment-file-small", IMAGE_REFUSED, "below 512", {AT_FILE_ALIGNMENT, 4, 0x10}),
    POKED("alignment-below-file", IMAGE_REFUSED, "below the file alignment", {AT_FILE_ALIGNMENT, 4, 0x2000}),
    POKED("alignment-low", IMAGE_REFUSED, "below a page", {AT_SECTION_ALIGNMENT, 4, 0x800}),
    POKED("alignment-low-moved", IMAGE_REFUSED, "must be the same", {AT_SECTION_ALIGNMENT, 4, 0x200}),
    POKED("alignment-huge", IMAGE_REFUSED, "section alignment", {AT_SECTION_ALIGNMENT, 4, 0x80000000}),
    POKED("entry-outside", IMAGE_REFUSED, "entry point lies outside the image", {AT_ENTRY_POINT, 4, 0x8000}),
    POKED("entry-far-outside", IMAGE_REFUSED, "entry point lies outside the image",
          {AT_ENTRY_POINT, 4, 0xffffffff}),
    POKED("entry-in-headers", IMAGE_REFUSED, "entry point lies outside all sections",
          {AT_ENTRY_POINT, 4, 0x80}),
    POKED("entry-in-data", IMAGE_REFUSED, "not executable", {AT_ENTRY_POINT, 4, DATA_RVA}),

    // Sections.
    POKED("section-outside-file", IMAGE_REFUSED, "section 3 (.data) lies outside the file",
          {AT_SECTION(DATA, FIELD_FILE_OFFSET), 4, 0x2000}),
    POKED("section-size-outside-file", IMAGE_REFUSED, "section 1 (.text) lies outside the file",
          {AT_SECTION(TEXT, FIELD_FILE_SIZE), 4, 0x10000}),
    POKED("section-file-wraps", IMAGE_REFUSED, "outside the file",
          {AT_SECTION(TEXT, FIELD_FILE_SIZE), 4, 0xfffffe00}),
    POKED("section-file-unaligned", IMAGE_REFUSED, "multiple of 512",
          {AT_SECTION(TEXT, FIELD_FILE_OFFSET), 4, 0x401}),
    POKED("section-outside-image", IMAGE_REFUSED, "section 6 (.reloc) lies outside the image",
          {AT_SECTION(RELOC, FIELD_RVA), 4, 0x8000}),
    POKED("section-size-outside-image", IMAGE_REFUSED, "outside the image",
          {AT_SECTION(RELOC, FIELD_VIRTUAL_SIZE), 4, 0x7fffffff}),
    POKED("section-size-wraps", IMAGE_REFUSED, "outside the image",
          {AT_SECTION(RELOC, FIELD_VIRTUAL_SIZE), 4, 0xffffffff}),
    POKED("section-unaligned", IMAGE_REFUSED, "section alignment", {AT_SECTION(TEXT, FIELD_RVA), 4, 0x1010}),
    POKED("section-at-0", IMAGE_REFUSED, "overlaps the headers", {AT_SECTION(TEXT, FIELD_RVA), 4, 0}),
    POKED("section-overlap", IMAGE_REFUSED, "overlaps .text",
          {AT_SECTION(TEXT, FIELD_VIRTUAL_SIZE), 4, 0x1001}),
    POKED("section-twice", IMAGE_REFUSED, "overlaps .text", {AT_SECTION(RDATA, FIELD_RVA), 4, TEXT_RVA}),
    POKED("section-order", IMAGE_REFUSED, "out of order", {AT_SECTION(DATA, FIELD_RVA), 4, TEXT_RVA}),
    POKED("section-hole", IMAGE_REFUSED, "hole", {AT_SECTION(DATA, FIELD_VIRTUAL_SIZE), 4, 0x10}),
    POKED("section-empty", IMAGE_REFUSED, "is empty", {AT_SECTION(TEXT, FIELD_VIRTUAL_SIZE), 4, 0},
          {AT_SECTION(TEXT, FIELD_FILE_SIZE), 4, 0}),
    POKED("section-name-control-bytes", IMAGE_REFUSED, "section 1 (?[31m?",
          {AT_SECTION(TEXT, 0), 8, 0x0a0a076d31335b1b}, {AT_SECTION(TEXT, FIELD_RVA), 4, 0}),
    MADE("sections-zeroed-table", IMAGE_REFUSED, "is empty", image_make_zeroed_section_table),
    MADE("optional-header-zeroed", IMAGE_REFUSED, "optional header", image_make_zeroed_optional_header),
    UNSEALED_MADE("sections-zeroed", IMAGE_REFUSED, "", image_make_zeroed_sections),
    MADE("sections-zeroed-sealed", IMAGE_REFUSED, "", image_make_zeroed_sections_and_exports),
    MADE("sections-ones", IMAGE_REFUSED, "", image_make_ones_sections),

    // Relocations.
    POKED("reloc-outside", IMAGE_REFUSED, "relocation table lies outside", {AT_DIRECTORY(5), 4, 0x8000}),
    POKED("reloc-size-outside", IMAGE_REFUSED, "relocation table lies outside",
          {AT_DIRECTORY(5) + 4, 4, 0x1001}),
    POKED("reloc-wraps", IMAGE_REFUSED, "relocation table lies outside",
          {AT_DIRECTORY(5) + 4, 4, 0xffffffff}),
    POKED("reloc-directory-short", IMAGE_REFUSED, "block header", {AT_DIRECTORY(5) + 4, 4, 7}),
    POKED("reloc-block-0", IMAGE_REFUSED, "wrong size", {IN(RELOC_RVA + 4), 4, 0}),
    POKED("reloc-block-small", IMAGE_REFUSED, "wrong size", {IN(RELOC_RVA + 4), 4, 6}),
    POKED("reloc-block-odd", IMAGE_REFUSED, "wrong size", {IN(RELOC_RVA + 4), 4, 11}),
    POKED("reloc-block-large", IMAGE_REFUSED, "wrong size", {IN(RELOC_RVA + 4), 4, 0x1000}),
    POKED("reloc-block-wraps", IMAGE_REFUSED, "wrong size", {IN(RELOC_RVA + 4), 4, 0xfffffffe}),
    POKED("reloc-target-outside", IMAGE_REFUSED, "target outside", {IN(RELOC_RVA), 4, 0x8000}),
    POKED("reloc-target-wraps", IMAGE_REFUSED, "target outside", {IN(RELOC_RVA), 4, 0xfffff000}),
    POKED("reloc-target-straddles-end", IMAGE_REFUSED, "target outside", {IN(RELOC_RVA), 4, 0x7000},
          {IN(RELOC_RVA + 8), 2, 0xaff9}),
    POKED("reloc-target-in-headers", IMAGE_REFUSED, "target outside", {IN(RELOC_RVA), 4, 0}),
    POKED("reloc-highlow", IMAGE_REFUSED, "type 3 (HIGHLOW)", {IN(RELOC_RVA + 8), 2, 0x3058}),
    POKED("reloc-type-15", IMAGE_REFUSED, "type 15", {IN(RELOC_RVA + 8), 2, 0xf058}),

    // Imports.
    POKED("import-outside", IMAGE_REFUSED, "import descriptor 1 lies outside",
          {AT_DIRECTORY(1), 4, 0x7fff0000}),
    POKED("import-at-end", IMAGE_REFUSED, "import descriptor 1 lies outside", {AT_DIRECTORY(1), 4, 0x7ff0}),
    POKED("import-module-outside", IMAGE_REFUSED, "module name of import descriptor 1",
          {IN(IMPORT_RVA + 12), 4, 0xfffffff0}),
    POKED("import-module-empty", IMAGE_REFUSED, "is empty", {IN(MODULE_NAME_RVA), 1, 0}),
    POKED("import-module-binary", IMAGE_REFUSED, "is not text", {IN(MODULE_NAME_RVA), 4, 0x80818283}),
    MADE("import-module-control-bytes", IMAGE_REFUSED, "is not text", image_make_import_control_bytes),
    MADE("import-module-path", IMAGE_REFUSED, "a path", image_make_import_path),
    POKED("import-lookup-outside", IMAGE_REFUSED, "lookup table of ntoskrnl.exe lies outside",
          {IN(IMPORT_RVA), 4, 0xfffffff8}),
    POKED("import-slots-outside", IMAGE_REFUSED, "address table of ntoskrnl.exe lies outside",
          {IN(IMPORT_RVA + 16), 4, 0x7ffc}),
    POKED("import-slots-in-headers", IMAGE_REFUSED, "address table of ntoskrnl.exe lies outside",
          {IN(IMPORT_RVA + 16), 4, 0x80}),
    POKED("import-slots-missing", IMAGE_REFUSED, "no address table", {IN(IMPORT_RVA + 16), 4, 0}),
    POKED("import-name-outside", IMAGE_REFUSED, "import 1 from ntoskrnl.exe lies outside",
          {IN(LOOKUP_RVA), 8, 0x7fff0000}),
    POKED("import-name-64-bit", IMAGE_REFUSED, "import 1 from ntoskrnl.exe lies outside",
          {IN(LOOKUP_RVA), 8, 0x7fff000000000000}),
    POKED("import-name-empty", IMAGE_REFUSED, "is empty", {IN(NAMES_RVA + 2), 1, 0}),
    MADE("import-name-unterminated", IMAGE_REFUSED, "has no end", image_make_import_name_to_the_end),
    MADE("import-loop-descriptors", IMAGE_REFUSED, "more than 1024 modules",
         image_make_import_same_descriptor),
    MADE("import-loop-thunks", IMAGE_REFUSED, "more than 65536 imports", image_make_import_same_thunks),
    MADE("import-loop-names", IMAGE_REFUSED, "share their bytes", image_make_import_same_long_name),
    MADE("import-endless-thunks", IMAGE_REFUSED, "lies outside", image_make_import_endless_thunks),

    // Exports, load config.
    POKED("export-outside", IMAGE_REFUSED, "export table lies outside", {AT_DIRECTORY(0), 4, 0x7ffffff0}),
    POKED("export-size-wraps", IMAGE_REFUSED, "export table lies outside",
          {AT_DIRECTORY(0) + 4, 4, 0xffffffff}),
    POKED("export-short", IMAGE_REFUSED, "export table lies outside", {AT_DIRECTORY(0) + 4, 4, 39}),
    POKED("export-too-many", IMAGE_REFUSED, "too many exports", {IN(EXPORT_RVA + 20), 4, 0xffffffff}),
    POKED("export-too-many-names", IMAGE_REFUSED, "too many exports", {IN(EXPORT_RVA + 24), 4, 0x40000001}),
    POKED("export-functions-outside", IMAGE_REFUSED, "addresses lie outside",
          {IN(EXPORT_RVA + 28), 4, 0xfffffff0}),
    POKED("export-names-outside", IMAGE_REFUSED, "names lie outside", {IN(EXPORT_RVA + 32), 4, 0xfffffff0}),
    POKED("export-ordinals-outside", IMAGE_REFUSED, "ordinals lie outside",
          {IN(EXPORT_RVA + 36), 4, 0xfffffff0}),
    POKED("export-functions-straddle-end", IMAGE_REFUSED, "addresses lie outside",
          {IN(EXPORT_RVA + 28), 4, IMAGE_SIZE - 8}),
    POKED("export-names-straddle-end", IMAGE_REFUSED, "names lie outside",
          {IN(EXPORT_RVA + 32), 4, IMAGE_SIZE - 8}),
    POKED("export-ordinals-straddle-end", IMAGE_REFUSED, "ordinals lie outside",
          {IN(EXPORT_RVA + 36), 4, IMAGE_SIZE - 4}),
    POKED("export-name-outside", IMAGE_REFUSED, "export name 1, at 0x10000000, lies outside",
          {IN(EXPORT_NAMES), 4, 0x10000000}),
    MADE("export-name-endless", IMAGE_REFUSED, "has no end", image_make_endless_export_name),
    MADE("export-name-long", IMAGE_REFUSED, "too long", image_make_long_export_name),
    POKED("export-index-outside", IMAGE_REFUSED, "has the index 9", {IN(EXPORT_ORDINALS), 2, 9}),
    POKED("export-address-outside", IMAGE_REFUSED, "lies outside the image",
          {IN(EXPORT_FUNCTIONS), 4, 0x8000}),
    POKED("export-forwarder-empty", IMAGE_REFUSED, "forwarder", {IN(EXPORT_FUNCTIONS), 4, EXPORT_RVA}),
    POKED("load-config-outside", IMAGE_REFUSED, "load config directory lies outside",
          {AT_DIRECTORY(10), 4, 0x7ffffff0}),
    POKED("load-config-long", IMAGE_REFUSED, "load config directory lies outside",
          {IN(LOAD_CONFIG_RVA), 4, 0xffffffff}),
    POKED("cookie-outside", IMAGE_REFUSED, "cookie lies outside",
          {IN(LOAD_CONFIG_RVA + 0x58), 8, IMAGE_BASE + IMAGE_SIZE}),
    POKED("cookie-below", IMAGE_REFUSED, "cookie lies outside", {IN(LOAD_CONFIG_RVA + 0x58), 8, 0x1000}),
    POKED("cookie-straddles-end", IMAGE_REFUSED, "cookie lies outside",
          {IN(LOAD_CONFIG_RVA + 0x58), 8, IMAGE_BASE + PDATA_RVA - 4}),
    POKED("cookie-read-only", IMAGE_REFUSED, "not writable",
          {IN(LOAD_CONFIG_RVA + 0x58), 8, IMAGE_BASE + RDATA_RVA}),
    POKED("cookie-unaligned", IMAGE_REFUSED, "8-byte aligned",
          {IN(LOAD_CONFIG_RVA + 0x58), 8, IMAGE_BASE + COOKIE_RVA + 4}),
};

static const uint32_t truncations[] = {
    1,     2,     3,     0x3b,  0x3c,   0x3f,   0x40,   0x7f,   0x80,   0x83,   0x84,  0x97,
    0x98,  0x107, 0x108, 0x187, 0x188,  0x1b0,  0x277,  0x278,  0x3ff,  0x400,  0x401, 0x5ff,
    0x600, 0xdff, 0xe00, 0xfff, 0x1000, 0x1200, 0x1234, 0x1a00, 0x1b00, 0x1bff,
};

// Sizes of files of nothing but random bytes.
static const uint32_t random_sizes[] = {1, 16, 64, 100, 512, 4096, 0x1c00, 65536};

// Parts of the image that random bytes replace, all else right.
static const struct {
    const char *name;
    uint32_t from, to;
} random_parts[] = {
    {"file-header", AT_MACHINE, AT_MAGIC},
    {"optional-header", AT_MAGIC, AT_DIRECTORIES},
    {"directories", AT_DIRECTORIES, AT_SECTIONS},
    {"section-table", AT_SECTIONS, AT_SECTION(IMAGE_SECTIONS, 0)},
    {"sections", IMAGE_HEADERS, IMAGE_FILE_SIZE},
    {"imports", 0x1200, 0x1a00},
    {"relocations", 0x1a00, 0x1c00},
    {"exports", 0x800, 0x8a0},
};
#define RANDOM_SEEDS 2 // of each part

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void fill_random(struct test_image *image, uint32_t from, uint32_t to, uint64_t seed)
{
    uint64_t state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;

    for (uint32_t i = 0; i < 8; i++) {
        next_random(&state);
    }
    for (uint32_t i = from; i < to; i++) {
        image->bytes[i] = (uint8_t)(next_random(&state) >> 24);
    }
}

size_t image_case_count(void)
{
    return COUNT_OF(crafted) + COUNT_OF(truncations) + COUNT_OF(random_sizes) +
           COUNT_OF(random_parts) * RANDOM_SEEDS;
}

static void make_crafted(const struct crafted *from, struct image_case *image_case, struct test_image *image)
{
    snprintf(image_case->name, sizeof image_case->name, "%s", from->name);
    image_case->verdict = from->verdict;
    image_case->reason = from->reason;
    for (int i = 0; i < MAX_POKES && from->pokes[i].bytes != 0; i++) {
        uint32_t at = from->pokes[i].at;
        at = at >> 31 != 0 ? test_image_at(at & 0x7fffffff) : at;
        test_image_put(image, at, from->pokes[i].bytes, from->pokes[i].value);
    }
    if (from->make != NULL) {
        from->make(image);
    }
    if (!from->unsealed) {
        test_image_seal(image);
    }
}

void image_case_make(size_t index, struct image_case *image_case, struct test_image *image)
{
    test_image_build(image);
    image_case->verdict = IMAGE_REFUSED;
    image_case->reason = "";
    if (index < COUNT_OF(crafted)) {
        make_crafted(&crafted[index], image_case, image);
        return;
    }
    index -= COUNT_OF(crafted);
    if (index < COUNT_OF(truncations)) {
        image->size = truncations[index];
        snprintf(image_case->name, sizeof image_case->name, "truncated-to-%u", truncations[index]);
        return;
    }
    index -= COUNT_OF(truncations);
    if (index < COUNT_OF(random_sizes)) {
        image->size = random_sizes[index];
        fill_random(image, 0, random_sizes[index], 1 + index);
        snprintf(image_case->name, sizeof image_case->name, "random-%u-bytes", random_sizes[index]);
        return;
    }
    index -= COUNT_OF(random_sizes);
    size_t part = index / RANDOM_SEEDS, seed = index % RANDOM_SEEDS + 1;
    fill_random(image, random_parts[part].from, random_parts[part].to, 100 * part + seed);
    test_image_seal(image);
    snprintf(image_case->name, sizeof image_case->name, "random-%s-%zu", random_parts[part].name, seed);
}
