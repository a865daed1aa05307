// SPDX-License-Identifier: MIT
// Unit tests of the image loader, on images built by tests/fuzz/image-builder.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/contract.h"
#include "machine/image.h"
#include "tests/fuzz/image-cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_BASE UINT64_C(0x400001000000)

static struct test_image built;
static struct km_image_file image;
static struct km_image_problem problem;
static uint8_t memory[TEST_IMAGE_CAPACITY * 2];

static void parse_built(void)
{
    if (!km_image_parse(&image, built.bytes, built.size, &problem)) {
        fail_msg("refused: %s", problem.text);
    }
}

static void build_and_lay_out(void)
{
    test_image_build(&built);
    parse_built();
    memset(memory, 0, sizeof memory);
    assert_true(km_image_lay_out(&image, memory, RUN_BASE, &problem));
}

static uint64_t load64(uint32_t rva)
{
    uint64_t value;
    memcpy(&value, memory + rva, sizeof value);
    return value;
}

static void test_every_case_gets_its_verdict(void **state)
{
    int refused = 0;
    (void)state;

    for (size_t i = 0; i < image_case_count(); i++) {
        struct image_case image_case;
        image_case_make(i, &image_case, &built);
        // Of exactly its size on the heap, for memory checkers to see a read too far.
        uint8_t *bytes = malloc(built.size != 0 ? built.size : 1);
        memcpy(bytes, built.bytes, built.size);
        bool accepted = km_image_parse(&image, bytes, built.size, &problem);
        free(bytes);
        if (accepted != (image_case.verdict != IMAGE_REFUSED)) {
            fail_msg("%s: %s %s", image_case.name, accepted ? "accepted" : "refused", problem.text);
        }
        if (!accepted) {
            refused++;
            assert_true(problem.status >> 30 == 3);
            assert_null(strchr(problem.text, '\n'));
            if (problem.text[0] == 0 || strstr(problem.text, image_case.reason) == NULL) {
                fail_msg("%s: not refused for \"%s\" but: %s", image_case.name, image_case.reason,
                         problem.text);
            }
        }
    }
    assert_true(refused >= 60);
}

static void test_facts(void **state)
{
    struct km_image_directory directory;
    (void)state;

    test_image_build(&built);
    parse_built();
    assert_int_equal(image.image_base, IMAGE_BASE);
    assert_int_equal(image.size_of_image, IMAGE_SIZE);
    assert_int_equal(image.size_of_headers, IMAGE_HEADERS);
    assert_int_equal(image.entry_rva, ENTRY_RVA);
    assert_int_equal(image.checksum, test_image_get(&built, AT_CHECKSUM, 4));
    assert_int_equal(image.time_stamp, 0x5eadbeef);
    assert_int_equal(image.dll_characteristics, 0x160);
    assert_false(image.is_dll);
    assert_false(image.uniprocessor_only);
    assert_false(image.low_alignment);
    assert_int_equal(image.section_count, IMAGE_SECTIONS);
    assert_string_equal(image.sections[INIT].name, "INIT");
    assert_int_equal(image.sections[DATA].virtual_size, 0x1800);
    assert_int_equal(image.sections[DATA].memory_size, 0x2000);
    assert_int_equal(image.security_cookie_rva, COOKIE_RVA);
    assert_int_equal(image.import_module_count, 2);
    assert_int_equal(image.import_count, 4);
    assert_int_equal(image.export_count, 4);
    assert_true(image.exports_sorted);
    assert_string_equal(image.pdb_name, "C:\\built.pdb");
    assert_int_equal(image.pdb_age, 3);
    assert_memory_equal(image.pdb_guid, "0123456789abcdef", 16);
    assert_true(km_image_directory(&image, KM_IMAGE_DIRECTORY_EXCEPTION, &directory));
    assert_int_equal(directory.rva, PDATA_RVA);
    assert_int_equal(directory.size, 0x18);
    assert_false(km_image_directory(&image, KM_IMAGE_DIRECTORY_TLS, &directory));
}

static void test_unusable_directories_are_not_given_out(void **state)
{
    struct km_image_directory directory;
    (void)state;

    test_image_build(&built);
    test_image_put(&built, AT_DIRECTORY(KM_IMAGE_DIRECTORY_EXCEPTION) + 4, 4, 0xffffff);
    test_image_put(&built, AT_DIRECTORY(KM_IMAGE_DIRECTORY_SECURITY), 4, IMAGE_FILE_SIZE - 8);
    test_image_put(&built, AT_DIRECTORY(KM_IMAGE_DIRECTORY_SECURITY) + 4, 4, 16);
    test_image_seal(&built);
    parse_built();
    assert_false(km_image_directory(&image, KM_IMAGE_DIRECTORY_EXCEPTION, &directory));
    assert_false(km_image_directory(&image, KM_IMAGE_DIRECTORY_SECURITY, &directory));
}

static void test_regions(void **state)
{
    static const struct km_image_region expected[] = {
        {0x0000, 0x1000, KM_PROTECT_READ, false, -1},
        {TEXT_RVA, 0x1000, KM_PROTECT_READ | KM_PROTECT_EXECUTE, false, TEXT},
        {RDATA_RVA, 0x1000, KM_PROTECT_READ, false, RDATA},
        {DATA_RVA, 0x2000, KM_PROTECT_READ | KM_PROTECT_WRITE, false, DATA},
        {PDATA_RVA, 0x1000, KM_PROTECT_READ, false, PDATA},
        {INIT_RVA, 0x1000, KM_PROTECT_READ | KM_PROTECT_EXECUTE, true, INIT},
        {RELOC_RVA, 0x1000, KM_PROTECT_READ, true, RELOC},
        {IMAGE_SIZE, 0x2000, KM_PROTECT_NONE, false, -1},
    };
    (void)state;

    test_image_build(&built);
    test_image_put(&built, AT_SIZE_OF_IMAGE, 4, IMAGE_SIZE + 0x1001);
    test_image_seal(&built);
    parse_built();
    assert_int_equal(image.region_count, sizeof expected / sizeof expected[0]);
    for (uint32_t i = 0; i < image.region_count; i++) {
        assert_int_equal(image.regions[i].rva, expected[i].rva);
        assert_int_equal(image.regions[i].size, expected[i].size);
        assert_int_equal(image.regions[i].protection, expected[i].protection);
        assert_int_equal(image.regions[i].discardable, expected[i].discardable);
        assert_int_equal(image.regions[i].section, expected[i].section);
    }
}

static void test_lay_out_copies_and_relocates(void **state)
{
    (void)state;

    build_and_lay_out();
    assert_memory_equal(memory, built.bytes, AT_IMAGE_BASE);
    assert_int_equal(load64(AT_IMAGE_BASE), RUN_BASE);
    assert_memory_equal(memory + AT_SECTION_ALIGNMENT, built.bytes + AT_SECTION_ALIGNMENT,
                        IMAGE_HEADERS - AT_SECTION_ALIGNMENT);
    assert_memory_equal(memory + TEXT_RVA, built.bytes + 0x400, 0x200);
    assert_int_equal(load64(POINTER_RVA), RUN_BASE + ENTRY_RVA);
    assert_int_equal(load64(LOAD_CONFIG_RVA + 0x58), RUN_BASE + COOKIE_RVA);
    assert_int_equal(load64(RDATA_RVA + 0x7f8), RUN_BASE + DATA_RVA);
    assert_int_equal(load64(DATA_RVA + 0xffc), RUN_BASE - IMAGE_BASE); // straddles a page, in the zeros
    assert_int_equal(load64(COOKIE_RVA), KM_IMAGE_DEFAULT_SECURITY_COOKIE);
    assert_int_equal(load64(DATA_RVA + 0x200), 0);
    for (size_t i = IMAGE_SIZE; i < sizeof memory; i++) {
        assert_int_equal(memory[i], 0);
    }
}

static void test_lay_out_below_the_preferred_base(void **state)
{
    (void)state;

    test_image_build(&built);
    parse_built();
    memset(memory, 0, sizeof memory);
    assert_true(km_image_lay_out(&image, memory, 0x10000, &problem));
    assert_int_equal(load64(POINTER_RVA), 0x10000 + ENTRY_RVA);
}

static void test_lay_out_refuses_impossible_bases(void **state)
{
    (void)state;

    test_image_build(&built);
    parse_built();
    memset(memory, 0, sizeof memory);
    assert_false(km_image_lay_out(&image, memory, RUN_BASE + 1, &problem));
    assert_false(km_image_lay_out(&image, memory, UINT64_MAX - 0xfff, &problem));
    assert_int_equal(memory[0], 0);
}

static void test_relocations_of_the_relocations_change_nothing(void **state)
{
    (void)state;

    for (size_t i = 0; i < image_case_count(); i++) {
        struct image_case image_case;
        image_case_make(i, &image_case, &built);
        if (strcmp(image_case.name, "good-relocates-all") == 0) {
            parse_built();
            memset(memory, 0, sizeof memory);
            assert_true(km_image_lay_out(&image, memory, RUN_BASE, &problem));
            assert_int_equal(load64(DATA_RVA + 0x1ff8), RUN_BASE - IMAGE_BASE);
            assert_int_equal(load64(RELOC_RVA + 0xff8), RUN_BASE - IMAGE_BASE);
            // The tables are spoilt now; that is found, not followed.
            assert_false(km_image_each_import(&image, memory, NULL, NULL, &problem));
            assert_true(problem.text[0] != 0);
            return;
        }
    }
    fail();
}

struct seen {
    int count;
    int stop_at; // the call that ends the walk, 0 for none
    struct km_image_import imports[8];
    char modules[8][32], names[8][32];
    struct km_image_export exports[8];
};

static bool see_import(void *context, const struct km_image_import *import)
{
    struct seen *seen = context;

    assert_in_range(seen->count, 0, 7);
    seen->imports[seen->count] = *import;
    snprintf(seen->modules[seen->count], 32, "%s", import->module);
    snprintf(seen->names[seen->count], 32, "%s", import->name != NULL ? import->name : "");
    memset(memory + import->slot_rva, 0x55, 8);
    seen->count++;
    return seen->count != seen->stop_at;
}

static void test_imports(void **state)
{
    struct seen seen = {.count = 0};
    (void)state;

    build_and_lay_out();
    assert_true(km_image_each_import(&image, memory, see_import, &seen, &problem));
    assert_int_equal(seen.count, 4);
    assert_string_equal(seen.modules[0], "ntoskrnl.exe");
    assert_string_equal(seen.names[0], "DbgPrint");
    assert_int_equal(seen.imports[0].hint, 100);
    assert_int_equal(seen.imports[0].slot_rva, IAT_RVA);
    assert_null(seen.imports[1].name);
    assert_int_equal(seen.imports[1].ordinal, 7);
    assert_int_equal(seen.imports[1].slot_rva, IAT_RVA + 8);
    assert_string_equal(seen.names[2], "memcpy");
    assert_string_equal(seen.modules[3], "hal.dll");
    assert_string_equal(seen.names[3], "KeStallExecutionProcessor");
    assert_int_equal(seen.imports[3].slot_rva, IAT_RVA + 0x20);
}

static void test_imports_without_lookup_table(void **state)
{
    struct seen seen = {.count = 0};
    (void)state;

    test_image_build(&built);
    test_image_put(&built, test_image_at(IMPORT_RVA), 4, 0);
    test_image_seal(&built);
    parse_built();
    memset(memory, 0, sizeof memory);
    assert_true(km_image_lay_out(&image, memory, RUN_BASE, &problem));
    assert_true(km_image_each_import(&image, memory, see_import, &seen, &problem));
    assert_int_equal(seen.count, 4);
}

static void test_a_visitor_ends_the_walk(void **state)
{
    struct seen seen = {.count = 0, .stop_at = 2};
    (void)state;

    build_and_lay_out();
    assert_false(km_image_each_import(&image, memory, see_import, &seen, &problem));
    assert_int_equal(seen.count, 2);
    assert_int_equal(problem.text[0], 0);
}

static bool see_export(void *context, const struct km_image_export *exported)
{
    struct seen *seen = context;

    assert_in_range(seen->count, 0, 7);
    seen->exports[seen->count++] = *exported;
    return true;
}

static void test_exports(void **state)
{
    struct seen seen = {.count = 0};
    (void)state;

    build_and_lay_out();
    assert_true(km_image_each_export(&image, memory, see_export, &seen, &problem));
    assert_int_equal(seen.count, 4);
    assert_string_equal(seen.exports[0].name, "Alpha");
    assert_int_equal(seen.exports[0].ordinal, EXPORT_BASE);
    assert_int_equal(seen.exports[0].rva, TEXT_RVA);
    assert_null(seen.exports[0].forwarder);
    assert_string_equal(seen.exports[1].forwarder, "hal.HalBeta");
    assert_null(seen.exports[3].name);
    assert_int_equal(seen.exports[3].ordinal, EXPORT_BASE + 3);
}

static void test_finding_exports(void **state)
{
    uint64_t rva;
    const char *forwarder;
    (void)state;

    build_and_lay_out();
    for (int from_file = 0; from_file < 2; from_file++) {
        const uint8_t *where = from_file ? NULL : memory;
        assert_true(km_image_find_export(&image, where, "Alpha", &rva, &forwarder));
        assert_int_equal(rva, TEXT_RVA);
        assert_null(forwarder);
        assert_true(km_image_find_export(&image, where, "Gamma", &rva, &forwarder));
        assert_int_equal(rva, DATA_RVA);
        assert_true(km_image_find_export(&image, where, "Beta", &rva, &forwarder));
        assert_string_equal(forwarder, "hal.HalBeta");
        assert_false(km_image_find_export(&image, where, "Alph", &rva, &forwarder));
        assert_false(km_image_find_export(&image, where, "Alphas", &rva, &forwarder));
        assert_false(km_image_find_export(&image, where, "", &rva, &forwarder));
        assert_false(km_image_find_export(&image, where, "alpha", &rva, &forwarder));
        assert_true(km_image_find_export_ordinal(&image, where, EXPORT_BASE + 3, &rva, &forwarder));
        assert_int_equal(rva, TEXT_RVA + 8);
        assert_false(km_image_find_export_ordinal(&image, where, EXPORT_BASE + 4, &rva, &forwarder));
        assert_false(km_image_find_export_ordinal(&image, where, EXPORT_BASE - 1, &rva, &forwarder));
    }
}

static void test_finding_exports_of_an_unsorted_table(void **state)
{
    uint64_t rva;
    const char *forwarder;
    (void)state;

    test_image_build(&built);
    test_image_put(&built, test_image_at(EXPORT_NAMES), 4, EXPORT_STRINGS + 16);
    test_image_put(&built, test_image_at(EXPORT_NAMES + 8), 4, EXPORT_STRINGS);
    test_image_seal(&built);
    parse_built();
    assert_false(image.exports_sorted);
    assert_true(km_image_find_export(&image, NULL, "Gamma", &rva, &forwarder));
    assert_int_equal(rva, TEXT_RVA);
    assert_true(km_image_find_export(&image, NULL, "Alpha", &rva, &forwarder));
    assert_int_equal(rva, DATA_RVA);
}

static void test_an_image_without_tables(void **state)
{
    uint64_t rva;
    const char *forwarder;
    struct seen seen = {.count = 0};
    (void)state;

    test_image_build(&built);
    test_image_put(&built, AT_DIRECTORY_COUNT, 4, 0);
    test_image_seal(&built);
    parse_built();
    assert_int_equal(image.import_count, 0);
    assert_int_equal(image.security_cookie_rva, 0);
    assert_null(image.pdb_name);
    assert_true(km_image_each_import(&image, NULL, see_import, &seen, &problem));
    assert_true(km_image_each_export(&image, NULL, see_export, &seen, &problem));
    assert_int_equal(seen.count, 0);
    assert_false(km_image_find_export(&image, NULL, "Alpha", &rva, &forwarder));
    assert_false(km_image_find_export_ordinal(&image, NULL, 1, &rva, &forwarder));
}

static void test_reading_from_the_file_is_reading_from_memory(void **state)
{
    uint8_t piece[0x900];
    (void)state;

    test_image_build(&built);
    test_image_put(&built, AT_DIRECTORY(KM_IMAGE_DIRECTORY_RELOCATION), 4, 0);
    test_image_seal(&built);
    parse_built();
    memset(memory, 0, sizeof memory);
    assert_true(km_image_lay_out(&image, memory, IMAGE_BASE, &problem));
    for (uint32_t rva = 0; rva + sizeof piece <= IMAGE_SIZE; rva += 0x80) {
        memset(piece, 0xcc, sizeof piece);
        assert_true(km_image_read(&image, NULL, rva, piece, sizeof piece));
        assert_memory_equal(piece, memory + rva, sizeof piece);
    }
    assert_true(km_image_read(&image, NULL, IMAGE_SIZE, piece, 0));
    assert_false(km_image_read(&image, NULL, IMAGE_SIZE, piece, 1));
    assert_false(km_image_read(&image, memory, IMAGE_SIZE - 1, piece, 2));
    assert_false(km_image_read(&image, memory, UINT64_MAX, piece, 2));
}

static void test_checksum(void **state)
{
    (void)state;

    // The builder's own sum is the reference; every length, so that odd ones and all folds are among them.
    test_image_build(&built);
    for (built.size = AT_CHECKSUM + 4; built.size < IMAGE_FILE_SIZE; built.size++) {
        test_image_seal(&built);
        assert_int_equal(km_image_checksum(built.bytes, built.size), test_image_get(&built, AT_CHECKSUM, 4));
    }
    assert_int_equal(km_image_checksum(built.bytes, AT_CHECKSUM + 3), 0);
    assert_int_equal(km_image_checksum(built.bytes, 0), 0);
}

static void expect_unreadable(const char *path, const char *reason)
{
    uint8_t *bytes;
    size_t size;

    assert_false(km_image_read_file(path, &bytes, &size, &problem));
    if (strstr(problem.text, reason) == NULL) {
        fail_msg("%s: not \"%s\" but: %s", path, reason, problem.text);
    }
}

static void test_reading_files(void **state)
{
    char directory[] = "/tmp/kmode-image-XXXXXX", path[64];
    uint8_t *bytes;
    size_t size;
    (void)state;

    assert_non_null(mkdtemp(directory));
    expect_unreadable(directory, "a directory");
    snprintf(path, sizeof path, "%s/file.sys", directory);
    expect_unreadable(path, "no such file");

    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    expect_unreadable(path, "an empty file");
    assert_int_equal(truncate(path, (off_t)KM_IMAGE_MAX_FILE_BYTES + 1), 0);
    expect_unreadable(path, "too large");
    assert_int_equal(truncate(path, 0), 0);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("MZ?", file);
    assert_int_equal(fclose(file), 0);
    assert_true(km_image_read_file(path, &bytes, &size, &problem));
    assert_int_equal(size, 3);
    assert_memory_equal(bytes, "MZ?", 3);
    free(bytes);

    if (geteuid() != 0) {
        assert_int_equal(chmod(path, 0), 0);
        expect_unreadable(path, "no permission");
    }
    char below[80];
    snprintf(below, sizeof below, "%s/below", path);
    expect_unreadable(below, "not a directory");
    assert_int_equal(unlink(path), 0);

    assert_int_equal(mkfifo(path, 0600), 0);
    expect_unreadable(path, "a FIFO");
    assert_int_equal(unlink(path), 0);
    expect_unreadable("/dev/zero", "a character device");
    expect_unreadable("", "no such file");
    assert_int_equal(symlink(path, path), 0);
    expect_unreadable(path, "cannot be found");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
}

int main(void)
{
    const struct CMUnitTest image_tests[] = {
        cmocka_unit_test(test_every_case_gets_its_verdict),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_unusable_directories_are_not_given_out),
        cmocka_unit_test(test_regions),
        cmocka_unit_test(test_lay_out_copies_and_relocates),
        cmocka_unit_test(test_lay_out_below_the_preferred_base),
        cmocka_unit_test(test_lay_out_refuses_impossible_bases),
        cmocka_unit_test(test_relocations_of_the_relocations_change_nothing),
        cmocka_unit_test(test_imports),
        cmocka_unit_test(test_imports_without_lookup_table),
        cmocka_unit_test(test_a_visitor_ends_the_walk),
        cmocka_unit_test(test_exports),
        cmocka_unit_test(test_finding_exports),
        cmocka_unit_test(test_finding_exports_of_an_unsorted_table),
        cmocka_unit_test(test_an_image_without_tables),
        cmocka_unit_test(test_reading_from_the_file_is_reading_from_memory),
        cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_reading_files),
    };
    return cmocka_run_group_tests_name("image", image_tests, NULL, NULL);
}
