// SPDX-License-Identifier: MIT
// The public API as a test program uses it: boot, load, unload, what is refused, what a stop reports.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/include/kmode/machine.h"

#define DRIVER(name) "build/tests/golden/" name ".sys"

static char log_text[4096];
static size_t log_length;

static void keep_output(void *context, const char *text, size_t bytes)
{
    assert_ptr_equal(context, log_text);
    assert_true(log_length + bytes < sizeof log_text);
    memcpy(log_text + log_length, text, bytes);
    log_length += bytes;
    log_text[log_length] = '\0';
}

static struct km_machine_options options(void)
{
    return (struct km_machine_options){.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                       .exports_path = "nt/exports",
                                       .time_limit = 10,
                                       .debug_output = keep_output,
                                       .debug_context = log_text};
}

// Each test makes its own machine, not a fixture: cmocka takes SIGSEGV and its like before each test
// function.
static km_machine *create(void)
{
    const struct km_machine_options chosen = options();
    log_length = 0;
    log_text[0] = '\0';
    km_machine *machine = km_machine_create(&chosen);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    return machine;
}

static void destroy(km_machine **machine)
{
    km_machine_destroy(*machine);
}

#define MACHINE __attribute__((cleanup(destroy))) km_machine *

static void assert_problem(const km_machine *machine, const char *part)
{
    assert_non_null(km_machine_problem(machine));
    if (strstr(km_machine_problem(machine), part) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", km_machine_problem(machine), part);
    }
}

static void test_load_and_unload(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK);
    assert_int_equal(km_last_status(machine), 0);
    assert_int_equal(km_driver_unload(machine, "hello"), KM_OK);
    assert_string_equal(log_text, "hello: DriverEntry of \\Driver\\hello\n"
                                  "hello: \\REGISTRY\\MACHINE\\SYSTEM\\ControlSet001\\Services\\hello\n"
                                  "hello: unloading\n");
    assert_null(km_machine_report(machine));
}

static void test_load_again_after_unload(void **state)
{
    (void)state;
    MACHINE machine = create();
    for (int i = 0; i < 10; i++) {
        log_length = 0;
        assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK);
        assert_int_equal(km_driver_unload(machine, "HELLO"), KM_OK); // service names have no case
    }
}

static void test_load_twice(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK);
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_FILE_REFUSED);
    assert_problem(machine, "loaded already");
    assert_int_equal(km_driver_unload(machine, "hello"), KM_OK);
}

static void test_unload_what_is_not_loaded(void **state)
{
    (void)state;
    MACHINE machine = create();
    char *long_name = malloc(100000);
    assert_non_null(long_name);
    memset(long_name, 'x', 99999);
    long_name[99999] = '\0';
    assert_int_equal(km_driver_unload(machine, "hello"), KM_FAILED);
    assert_problem(machine, "hello");
    assert_int_equal(km_driver_unload(machine, ""), KM_FAILED);
    assert_int_equal(km_driver_unload(machine, "\xff\xfe"), KM_FAILED);
    assert_int_equal(km_driver_unload(machine, long_name), KM_FAILED);
    free(long_name);
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK); // it goes on
}

static void test_refused_files(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, "/nonexistent/x.sys"), KM_FILE_REFUSED);
    assert_problem(machine, "/nonexistent/x.sys");
    assert_int_equal(km_driver_load(machine, "/bin/sh"), KM_FILE_REFUSED);
    assert_problem(machine, "/bin/sh");
    assert_int_equal(km_driver_load(machine, "/"), KM_FILE_REFUSED);
    assert_int_equal(km_driver_load(machine, ""), KM_FILE_REFUSED);
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK);
}

static void test_a_driver_that_fails(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, DRIVER("fail-status")), KM_DRIVER_FAILED);
    assert_int_equal(km_last_status(machine), 0xC000000E);
    assert_null(km_machine_report(machine));
    assert_int_equal(km_driver_unload(machine, "fail-status"), KM_FAILED);
    assert_int_equal(km_driver_load(machine, DRIVER("fail-status")),
                     KM_DRIVER_FAILED); // nothing of it was left
}

static void test_a_driver_that_cannot_unload(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, DRIVER("no-unload")), KM_OK);
    assert_int_equal(km_driver_unload(machine, "no-unload"), KM_NO_UNLOAD);
    assert_int_equal(km_driver_unload(machine, "no-unload"), KM_NO_UNLOAD); // it is still there
}

static void test_a_stop_is_the_end(void **state)
{
    (void)state;
    MACHINE machine = create();
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_OK);
    assert_int_equal(km_driver_load(machine, DRIVER("null-write")), KM_STOPPED);
    assert_int_equal(km_driver_load(machine, DRIVER("no-unload")), KM_STOPPED);
    assert_int_equal(km_driver_unload(machine, "hello"), KM_STOPPED);
    const struct km_report *report = km_machine_report(machine);
    assert_non_null(report);
    assert_ptr_equal(report, km_machine_report(machine));
    assert_int_equal(report->kind, KM_REPORT_BUG_CHECK);
    assert_int_equal(report->code, 0x7E);
    assert_string_equal(report->name, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED");
    assert_int_equal(report->exception, 0xC0000005);
    assert_true(report->has_fault_address);
    assert_int_equal(report->fault_address, 0);
    assert_string_equal(report->fault_access, "write");
    assert_int_equal(report->register_count, 18);
    assert_true(report->frame_count >= 2);
    assert_string_equal(report->frames[0].module, "null-write.sys");
    assert_string_equal(report->frames[0].function, "DriverEntry");
    assert_int_equal(report->frames[0].line, 10);
    assert_int_equal(report->last_log_count, 2);
}

static void test_without_a_symbolizer(void **state)
{
    (void)state;
    MACHINE machine = create();
    setenv("KMODE_SYMBOLIZER", "/nonexistent", 1);
    assert_int_equal(km_driver_load(machine, DRIVER("null-write")), KM_STOPPED);
    const struct km_report *report = km_machine_report(machine);
    unsetenv("KMODE_SYMBOLIZER");
    assert_true(report->frame_count >= 2);
    assert_string_equal(report->frames[0].module, "null-write.sys");
    assert_null(report->frames[0].function);
    assert_int_equal(report->frames[0].line, 0);
}

static void test_unimplemented_imports(void **state)
{
    (void)state;
    MACHINE machine = create();
    const char *driver, *module, *name;
    assert_false(km_unimplemented_import(machine, 0, &driver, &module, &name));
    assert_int_equal(km_driver_load(machine, DRIVER("unimplemented-unused")), KM_OK);
    assert_true(km_unimplemented_import(machine, 0, &driver, &module, &name));
    assert_string_equal(driver, "unimplemented-unused.sys");
    assert_string_equal(module, "ntoskrnl.exe");
    assert_string_equal(name, "KeSetHardwareCounterConfiguration");
    assert_false(km_unimplemented_import(machine, 1, &driver, &module, &name));
    assert_int_equal(km_driver_load(machine, DRIVER("unimplemented-called")), KM_STOPPED);
    assert_int_equal(km_machine_report(machine)->kind, KM_REPORT_UNIMPLEMENTED);
    assert_string_equal(km_machine_report(machine)->name, "KeSetHardwareCounterConfiguration");
}

static void create_badly(struct km_machine_options chosen, const char *part)
{
    km_machine *machine = km_machine_create(&chosen);
    assert_non_null(machine);
    assert_problem(machine, part);
    assert_int_equal(km_driver_load(machine, DRIVER("hello")), KM_FAILED);
    assert_non_null(km_machine_problem(machine));
    assert_int_equal(km_driver_unload(machine, "hello"), KM_FAILED);
    assert_null(km_machine_report(machine));
    km_machine_destroy(machine);
}

static void test_kernels_that_do_not_boot(void **state)
{
    struct km_machine_options chosen = options();
    (void)state;
    chosen.kernel_path = NULL;
    create_badly(chosen, "kernel");
    chosen.kernel_path = "/nonexistent/ntoskrnl.exe";
    create_badly(chosen, "/nonexistent/ntoskrnl.exe");
    chosen.kernel_path = "/bin/sh";
    create_badly(chosen, "/bin/sh");
    km_machine_destroy(NULL);
}

static void test_time_limit(void **state)
{
    struct km_machine_options chosen = options();
    (void)state;
    chosen.time_limit = 0.05;
    MACHINE machine = km_machine_create(&chosen);
    assert_int_equal(km_driver_load(machine, DRIVER("never-returns")), KM_STOPPED);
    assert_int_equal(km_machine_report(machine)->kind, KM_REPORT_TIME_LIMIT);
    assert_string_equal(km_machine_report(machine)->frames[0].function, "WaitForNothing");
}

// The limit may strike anywhere: while the driver prints, the machine's code and the kernel's run by turns.
static void test_time_limit_anywhere(void **state)
{
    (void)state;
    for (int i = 1; i <= 40; i++) {
        struct km_machine_options chosen = options();
        chosen.time_limit = i * 0.0005;
        km_machine *machine = km_machine_create(&chosen);
        if (km_machine_problem(machine) == NULL) {
            enum km_result result = km_driver_load(machine, DRIVER("hello"));
            assert_true(result == KM_OK || result == KM_STOPPED);
            assert_true(result == KM_OK || km_machine_report(machine)->kind == KM_REPORT_TIME_LIMIT);
        }
        km_machine_destroy(machine);
        log_length = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_and_unload),
        cmocka_unit_test(test_load_again_after_unload),
        cmocka_unit_test(test_load_twice),
        cmocka_unit_test(test_unload_what_is_not_loaded),
        cmocka_unit_test(test_refused_files),
        cmocka_unit_test(test_a_driver_that_fails),
        cmocka_unit_test(test_a_driver_that_cannot_unload),
        cmocka_unit_test(test_a_stop_is_the_end),
        cmocka_unit_test(test_without_a_symbolizer),
        cmocka_unit_test(test_unimplemented_imports),
        cmocka_unit_test(test_kernels_that_do_not_boot),
        cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_time_limit_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
