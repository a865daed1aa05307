// SPDX-License-Identifier: MIT
// PE images: from the bytes of a .sys or .exe file to an image laid out in memory, everything checked.
//
// The order of use: km_image_parse judges the whole file, tables included, and refuses what ntoskrnl's loader
// would refuse. What it accepts can be laid out, bound and searched by the other routines; none of them reads
// or writes outside the file, outside `memory`, or longer than a time linear in the size of the file.
//
// An RVA is an offset from the start of the image as laid out. Where a routine takes `memory`, it is what
// km_image_lay_out has filled in, all of it mapped and written by nobody else meanwhile; NULL means "as the
// file has it", which holds for an image that already runs, too, and whose INIT sections are gone. Nothing
// here allocates or keeps state, save km_image_read_file; a struct km_image_file is plain data, valid as long
// as the file's bytes.
#ifndef KMODE_MACHINE_IMAGE_H
#define KMODE_MACHINE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KM_IMAGE_MAX_FILE_BYTES     UINT64_C(0x10000000) // 256 MB; size_of_image obeys KM_IMAGE_MAX_BYTES
#define KM_IMAGE_MAX_SECTIONS       96u                  // the documented limit of the Windows loader
#define KM_IMAGE_MAX_IMPORT_MODULES 1024u
#define KM_IMAGE_MAX_IMPORTS        65536u
#define KM_IMAGE_MAX_EXPORTS        65536u // ordinals have 16 bits
#define KM_IMAGE_MAX_NAME           4096u  // bytes of an import, export or forwarder name, without its NUL
#define KM_IMAGE_MAX_MODULE_NAME    255u

// What the compiler's run time leaves in the cookie of an image that nobody has given a random one.
#define KM_IMAGE_DEFAULT_SECURITY_COOKIE UINT64_C(0x00002B992DDFA232)

// Why a file was refused: one line of printable ASCII, place and reason, without newline, file name and full
// stop; and the NTSTATUS that stands for it.
struct km_image_problem {
    char text[512];
    uint32_t status;
};

struct km_image_section {
    char name[9]; // printable: other bytes are shown as '?'
    uint32_t rva;
    uint32_t virtual_size; // as the program sees it, never 0
    uint32_t memory_size;  // virtual_size in whole pages (not rounded in an image of low alignment)
    uint32_t file_offset;
    uint32_t file_size;       // bytes of the file that belong to it; 0 if it is all zeros
    uint32_t characteristics; // IMAGE_SCN_*
};

// A run of pages of one protection. The regions of an image follow each other without gap from 0 to
// size_of_image.
struct km_image_region {
    uint32_t rva;
    uint32_t size;       // bytes, a multiple of the page size, never 0
    uint32_t protection; // KM_PROTECT_* of machine/contract.h
    bool discardable;    // of a section that is freed after DriverEntry
    int16_t section;     // index in sections; -1 for headers, gaps, and images of low alignment
};

enum km_image_directory_index {
    KM_IMAGE_DIRECTORY_EXPORT = 0,
    KM_IMAGE_DIRECTORY_IMPORT = 1,
    KM_IMAGE_DIRECTORY_RESOURCE = 2,
    KM_IMAGE_DIRECTORY_EXCEPTION = 3,
    KM_IMAGE_DIRECTORY_SECURITY = 4, // its "rva" is an offset in the file
    KM_IMAGE_DIRECTORY_RELOCATION = 5,
    KM_IMAGE_DIRECTORY_DEBUG = 6,
    KM_IMAGE_DIRECTORY_TLS = 9,
    KM_IMAGE_DIRECTORY_LOAD_CONFIG = 10,
    KM_IMAGE_DIRECTORY_IAT = 12,
    KM_IMAGE_DIRECTORY_DELAY_IMPORT = 13,
    KM_IMAGE_DIRECTORY_COUNT = 16,
};

struct km_image_directory {
    uint32_t rva;
    uint32_t size;
};

struct km_image_file {
    const uint8_t *bytes; // the caller's
    size_t size;

    uint64_t image_base;    // preferred, a multiple of 64 KB
    uint32_t size_of_image; // in whole pages
    uint32_t size_of_headers;
    uint32_t nt_headers_offset;
    uint32_t section_alignment, file_alignment;
    bool low_alignment; // sections are not page aligned: the whole image is readable, writable and executable
    uint32_t entry_rva; // 0 if the image has none
    uint32_t checksum;
    uint32_t time_stamp;
    uint16_t characteristics;     // IMAGE_FILE_*
    uint16_t dll_characteristics; // IMAGE_DLLCHARACTERISTICS_*
    uint16_t subsystem;           // 1, native
    bool is_dll;
    bool uniprocessor_only; // IMAGE_FILE_UP_SYSTEM_ONLY: Windows refuses it where there is more than one
                            // processor

    uint32_t section_count;
    struct km_image_section sections[KM_IMAGE_MAX_SECTIONS]; // ascending, disjoint
    uint32_t region_count;
    struct km_image_region regions[2 * KM_IMAGE_MAX_SECTIONS + 2];
    struct km_image_directory
        directories[KM_IMAGE_DIRECTORY_COUNT]; // as the file has them; see km_image_directory

    uint32_t security_cookie_rva; // 8-aligned, in a writable section; 0 if the image has none
    uint32_t import_module_count, import_count, export_count;
    bool exports_sorted; // names ascend by byte, as the format asks

    const char *pdb_name; // CodeView (RSDS) path, printable, in `bytes`; NULL if there is none
    uint8_t pdb_guid[16];
    uint32_t pdb_age;
};

// Reads what the file says into *image and judges it, all its tables included. Returns false with *problem
// filled in if Windows would refuse the file as a driver, and then *image holds nothing of use. `bytes` must
// outlive *image.
bool km_image_parse(struct km_image_file *image, const uint8_t *bytes, size_t size,
                    struct km_image_problem *problem);

// Copies headers and sections to `memory`, size_of_image bytes that are zero and writable, and relocates them
// for `base` (page aligned), the address at which the image will run; memory itself may be elsewhere. The
// ImageBase in the copied headers becomes `base`. Fails for an impossible base only, and has then written
// nothing.
bool km_image_lay_out(const struct km_image_file *image, uint8_t *memory, uint64_t base,
                      struct km_image_problem *problem);

struct km_image_import {
    const char *module; // printable ASCII without path separators: "ntoskrnl.exe"
    const char *name;   // printable ASCII; NULL if imported by ordinal
    uint16_t ordinal;   // 0 if imported by name
    uint16_t hint;
    uint32_t slot_rva; // of the 8 bytes in the import address table; never in the headers
};

// Returns false to end the walk. The strings live in `memory` (or in the file) and no longer than the call if
// the visitor writes to memory other than the slot.
typedef bool (*km_import_visitor)(void *context, const struct km_image_import *import);

// Calls visitor (may be NULL) for each import in the order of the table. The visitor may write the slot.
// Returns false if the visitor ended the walk (problem->text is empty then) or if the tables in memory are no
// longer those that km_image_parse accepted (a relocation or a slot overlapped them).
bool km_image_each_import(const struct km_image_file *image, const uint8_t *memory, km_import_visitor visitor,
                          void *context, struct km_image_problem *problem);

struct km_image_export {
    const char *name; // printable ASCII; NULL if exported by ordinal alone
    uint32_t ordinal; // with the table's base added
    uint32_t rva;
    const char *forwarder; // "MODULE.Name" or "MODULE.#ordinal" if this export is another module's, else NULL
};

typedef bool (*km_export_visitor)(void *context, const struct km_image_export *exported);

// Calls visitor for each export: the named in the order of the table, then those without a name. Returns as
// km_image_each_import does.
bool km_image_each_export(const struct km_image_file *image, const uint8_t *memory, km_export_visitor visitor,
                          void *context, struct km_image_problem *problem);

// Finds an export by name. Returns true with *rva set, and *forwarder NULL or (then *rva means nothing) what
// it forwards to: following it, and seeing that it ends, is the caller's matter.
bool km_image_find_export(const struct km_image_file *image, const uint8_t *memory, const char *name,
                          uint64_t *rva, const char **forwarder);
bool km_image_find_export_ordinal(const struct km_image_file *image, const uint8_t *memory, uint32_t ordinal,
                                  uint64_t *rva, const char **forwarder);

// True with *directory filled in if the image has that directory and it lies wholly inside the image (that of
// KM_IMAGE_DIRECTORY_SECURITY: inside the file). km_image_parse judges the contents of export, import,
// relocation and load config directories; those of the others (.pdata among them) are their readers' to
// distrust.
bool km_image_directory(const struct km_image_file *image, enum km_image_directory_index index,
                        struct km_image_directory *directory);

// The section that holds rva, NULL if none does.
const struct km_image_section *km_image_section_at(const struct km_image_file *image, uint64_t rva);

// Copies `length` bytes at rva, zeros where the file holds none. Returns false if they are not all in the
// image.
bool km_image_read(const struct km_image_file *image, const uint8_t *memory, uint64_t rva, void *buffer,
                   size_t length);

// The PE checksum of a file, computed; 0 if it has no PE headers to hold one.
uint32_t km_image_checksum(const uint8_t *bytes, size_t size);

// Reads a whole image file. On success *bytes is the caller's to free(), *size not 0. Refuses with one clear
// reason what is missing, unreadable, empty, too large, or not a regular file; never waits for a FIFO or a
// device.
bool km_image_read_file(const char *path, uint8_t **bytes, size_t *size, struct km_image_problem *problem);

#endif
