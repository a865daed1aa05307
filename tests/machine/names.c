// SPDX-License-Identifier: MIT
// Names of bug checks and statuses, the export lists, and the symbolizer that may not be there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "machine/module.h"
#include "machine/names.h"
#include "machine/symbolize.h"

static void test_bug_checks(void **state)
{
    static const struct {
        uint32_t code;
        const char *name;
    } known[] = {
        {0x0A, "IRQL_NOT_LESS_OR_EQUAL"},
        {0x1E, "KMODE_EXCEPTION_NOT_HANDLED"},
        {0x50, "PAGE_FAULT_IN_NONPAGED_AREA"},
        {0x7E, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"},
        {0x7F, "UNEXPECTED_KERNEL_MODE_TRAP"},
        {0xBE, "ATTEMPTED_WRITE_TO_READONLY_MEMORY"},
        {0xC2, "BAD_POOL_CALLER"},
        {0xD1, "DRIVER_IRQL_NOT_LESS_OR_EQUAL"},
        {0xF7, "DRIVER_OVERRAN_STACK_BUFFER"},
        {0xFC, "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY"},
        {0x139, "KERNEL_SECURITY_CHECK_FAILURE"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const struct km_bug_check_name *found = km_bug_check_name(known[i].code);
        assert_non_null(found);
        assert_int_equal(found->code, known[i].code);
        assert_string_equal(found->name, known[i].name);
    }
    assert_null(km_bug_check_name(0xDEADBEEF));
}

// Every code is found, and found as itself: the table is searched as it is ordered, and has no code twice.
static void test_every_bug_check_is_found(void **state)
{
    (void)state;
    size_t found = 0;
    for (uint32_t code = 0; code < 0x20100; code++) {
        const struct km_bug_check_name *name = km_bug_check_name(code);
        if (name != NULL) {
            assert_int_equal(name->code, code);
            assert_true(strlen(name->name) > 4);
            found++;
        }
    }
    assert_true(found >= 20);
}

static void test_statuses(void **state)
{
    (void)state;
    assert_string_equal(km_status_name(0x00000000), "STATUS_SUCCESS");
    assert_string_equal(km_status_name(0x00000103), "STATUS_PENDING");
    assert_string_equal(km_status_name(0x80000003), "STATUS_BREAKPOINT");
    assert_string_equal(km_status_name(0xC0000005), "STATUS_ACCESS_VIOLATION");
    assert_string_equal(km_status_name(0xC0000001), "STATUS_UNSUCCESSFUL");
    assert_string_equal(km_status_name(0xC0000094), "STATUS_INTEGER_DIVIDE_BY_ZERO");
    assert_string_equal(km_status_name(0xC000009A), "STATUS_INSUFFICIENT_RESOURCES");
    assert_null(km_status_name(0xE0001234));
    assert_null(km_status_name(0xFFFFFFFF));
}

static void test_export_lists(void **state)
{
    const char *lists = "nt/exports";
    (void)state;
    assert_true(km_export_list_has(lists, "ntoskrnl.exe", "DbgPrint"));
    assert_true(km_export_list_has(lists, "NTOSKRNL.EXE", "DbgPrint"));
    assert_true(km_export_list_has(lists, "fltmgr.sys", "FltRegisterFilter"));
    assert_false(km_export_list_has(lists, "ntoskrnl.exe", "DbgPrin"));
    assert_false(km_export_list_has(lists, "ntoskrnl.exe", "DbgPrintt"));
    assert_false(km_export_list_has(lists, "ntoskrnl.exe", ""));
    assert_false(km_export_list_has(lists, "ntoskrnl.exe", "#"));
    assert_false(km_export_list_has(lists, "ntoskrnl.exe", "implemented"));
    assert_false(km_export_list_has(lists, "nosuch.sys", "DbgPrint"));
    assert_false(km_export_list_has(lists, "", "DbgPrint"));
    assert_false(km_export_list_has(lists, ".sys", "DbgPrint"));
    assert_false(km_export_list_has(lists, "../exports/ntoskrnl.exe", "DbgPrint"));
    assert_false(km_export_list_has(NULL, "ntoskrnl.exe", "DbgPrint"));
    assert_false(km_export_list_has("/nonexistent", "ntoskrnl.exe", "DbgPrint"));
}

static void assert_no_symbols(const char *image)
{
    const uint64_t offsets[] = {0x1000, 0x2000};
    struct km_symbols symbols;
    assert_false(km_symbolize(image, offsets, 2, &symbols));
    assert_int_equal(symbols.count, 0);
    km_symbols_free(&symbols);
}

static void test_no_symbolizer(void **state)
{
    (void)state;
    setenv("KMODE_SYMBOLIZER", "/nonexistent/llvm-symbolizer", 1);
    assert_no_symbols("build/lib/kmode/ntoskrnl.exe");
    setenv("KMODE_SYMBOLIZER", "/bin/false", 1);
    assert_no_symbols("build/lib/kmode/ntoskrnl.exe");
    setenv("KMODE_SYMBOLIZER", "/bin/echo", 1); // something that is no JSON
    assert_no_symbols("build/lib/kmode/ntoskrnl.exe");
    unsetenv("KMODE_SYMBOLIZER");
}

static void test_no_image(void **state)
{
    const uint64_t offset = 0x1000;
    struct km_symbols symbols;
    (void)state;
    km_symbolize("/nonexistent.sys", &offset, 1, &symbols);
    for (size_t i = 0; i < symbols.count; i++) {
        assert_null(symbols.items[i].function);
    }
    km_symbols_free(&symbols);
}

static void test_symbols_of_the_kernel(void **state)
{
    (void)state;
    // Whatever lies at the start of .text, the symbolizer knows its function, file and line.
    const uint64_t offsets[] = {0x1000, 0x1000};
    struct km_symbols symbols;
    assert_true(km_symbolize("build/lib/kmode/ntoskrnl.exe", offsets, 2, &symbols));
    assert_true(symbols.count >= 2);
    assert_int_equal(symbols.items[0].address_index, 0);
    assert_int_equal(symbols.items[symbols.count - 1].address_index, 1);
    assert_non_null(symbols.items[0].function);
    km_symbols_free(&symbols);
    assert_int_equal(symbols.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bug_checks),
        cmocka_unit_test(test_every_bug_check_is_found),
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_export_lists),
        cmocka_unit_test(test_no_symbolizer),
        cmocka_unit_test(test_no_image),
        cmocka_unit_test(test_symbols_of_the_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
