// SPDX-License-Identifier: MIT
// A driver whose device has another attached is unloaded when that is detached, or its last file closed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

static char log_text[4096];

static void note(void *context, const char *text, size_t bytes)
{
    (void)context;
    strncat(log_text, text, bytes < sizeof log_text - strlen(log_text) - 1 ? bytes : 0);
}

static km_machine *start(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = note};
    log_text[0] = '\0';
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/stack-lower.sys"), KM_OK);
    return machine;
}

static void end(km_machine *machine)
{
    assert_int_equal(km_machine_finish(machine), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

static void test_attached(void **state)
{
    (void)state;
    km_machine *machine = start();
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/stack-upper.sys"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "stack-lower"), KM_OK);
    assert_null(strstr(log_text, "lower unloads"));
    // Nobody can open it, or attach to it, any more.
    km_process *process;
    km_thread *thread;
    km_file *file;
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_not_equal(km_open(thread, "\\Device\\StackLower", KM_READ, 0, &file), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    assert_int_equal(km_driver_unload(machine, "stack-upper"), KM_OK);
    assert_non_null(strstr(log_text, "upper unloads\nlower unloads"));
    end(machine);
}

static void test_open(void **state)
{
    (void)state;
    km_machine *machine = start();
    km_process *process;
    km_thread *thread;
    km_file *file;
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_open(thread, "\\Device\\StackLower", KM_READ, 0, &file), KM_OK);
    assert_int_equal(km_driver_unload(machine, "stack-lower"), KM_OK);
    assert_null(strstr(log_text, "lower unloads"));
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    end(machine);
    assert_non_null(strstr(log_text, "lower unloads"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_attached), cmocka_unit_test(test_open)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
