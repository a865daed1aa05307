// SPDX-License-Identifier: MIT
// Snapshots: a driver's whole life, and that of the processes that use it, leave nothing behind in the
// kernel; what is there for now is told.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "machine/include/kmode/machine.h"

#define IOCTL(function) (UINT32_C(0x22) << 16 | (function) << 2)
#define UPPER           IOCTL(0x800u)
#define HOLD            IOCTL(0x801u)

struct setting {
    uint32_t processors;
    int checks;
};

static km_machine *start(const struct setting *setting)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 60,
                                               .checks = setting->checks,
                                               .processors = setting->processors};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    return machine;
}

// Requests that are answered, that are cancelled, and that a process leaves behind when it ends.
static void live(km_machine *machine)
{
    km_process *process;
    km_thread *thread, *second;
    km_file *file;
    km_operation *held;
    struct km_io io;
    char text[16] = "text";
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/requests.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_thread_create(process, &second), KM_OK);
    assert_int_equal(km_open(thread, "\\\\.\\Requests", KM_READ | KM_WRITE, KM_OPEN_OVERLAPPED, &file),
                     KM_OK);
    assert_int_equal(km_ioctl(thread, file, UPPER, text, 4, text, sizeof text, &io), KM_OK);
    assert_string_equal(text, "TEXT");
    assert_int_equal(km_ioctl_start(thread, file, HOLD, NULL, 0, text, sizeof text, &held), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    assert_int_equal(km_driver_unload(machine, "requests"), KM_OK);
}

static km_snapshot *take(km_machine *machine)
{
    km_snapshot *snapshot = km_snapshot_take(machine);
    assert_non_null(snapshot);
    return snapshot;
}

static void expect_change(km_snapshot *before, km_snapshot *after, const char *expected)
{
    char *changes = km_snapshot_compare(before, after);
    assert_non_null(changes);
    assert_string_equal(changes, expected);
    free(changes);
}

static void test_nothing_left(void **state)
{
    km_machine *machine = start(*state);
    live(machine);
    km_snapshot *before = take(machine);
    for (int i = 0; i < 20; i++) {
        live(machine);
    }
    km_snapshot *after = take(machine);
    expect_change(before, after, "");
    km_machine_destroy(machine);
    expect_change(before, before, "");
    km_snapshot_free(before);
    km_snapshot_free(after);
}

static void test_what_is_left(void **state)
{
    km_machine *machine = start(*state);
    km_process *process;
    km_thread *thread;
    km_file *file;
    live(machine);
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/requests.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    // The first handle of a process brings the page that it lies in.
    assert_int_equal(km_open(thread, "\\\\.\\Requests", KM_READ | KM_WRITE, 0, &file), KM_OK);
    assert_int_equal(km_close(thread, file), KM_OK);
    km_snapshot *before = take(machine);
    assert_int_equal(km_open(thread, "\\\\.\\Requests", KM_READ | KM_WRITE, 0, &file), KM_OK);
    km_snapshot *after = take(machine);
    char *changes = km_snapshot_compare(before, after);
    assert_non_null(strstr(changes, "File objects: 1 more\n"));
    assert_non_null(strstr(changes, "File handles: 1 more\n"));
    free(changes);
    changes = km_snapshot_compare(after, before);
    assert_non_null(strstr(changes, "File objects: 1 less\n"));
    free(changes);
    assert_int_equal(km_close(thread, file), KM_OK);
    km_snapshot *closed = take(machine);
    expect_change(before, closed, "");
    km_snapshot_free(before);
    km_snapshot_free(after);
    km_snapshot_free(closed);
    km_machine_destroy(machine);
}

int main(void)
{
    static struct setting settings[] = {{1, 1}, {1, 0}, {2, 1}, {2, 0}};
    const struct CMUnitTest tests[] = {
        {"one processor, checks", test_nothing_left, NULL, NULL, &settings[0]},
        {"one processor", test_nothing_left, NULL, NULL, &settings[1]},
        {"two processors, checks", test_nothing_left, NULL, NULL, &settings[2]},
        {"two processors", test_nothing_left, NULL, NULL, &settings[3]},
        {"an open file", test_what_is_left, NULL, NULL, &settings[0]},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
