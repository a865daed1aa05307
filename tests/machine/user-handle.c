// SPDX-License-Identifier: MIT
// A handle of a user process that a driver takes for the kernel's is a finding; the driver's own is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define IOCTL(function) (UINT32_C(0x22) << 16 | (function) << 2)
#define EVENT_ALL       UINT32_C(0x1F0003)

static uint64_t make_event(km_process *process, km_thread *thread)
{
    uint64_t place = 0, handle = 0;
    uint32_t status = 1;
    assert_int_equal(km_user_alloc(thread, 4096, 0, &place), KM_OK);
    const uint64_t arguments[] = {place, EVENT_ALL, 0, 0, 0};
    assert_int_equal(km_system_call(thread, "NtCreateEvent", arguments, 5, &status), KM_OK);
    assert_int_equal(status, 0);
    assert_int_equal(km_user_read(process, place, &handle, sizeof handle), KM_OK);
    assert_true(handle != 0);
    return handle;
}

static void test_user_handle(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine *machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/user-handle.sys"), KM_OK);
    km_process *process;
    km_thread *thread;
    km_file *file;
    struct km_io io;
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_open(thread, "\\Device\\UserHandle", KM_READ, 0, &file), KM_OK);
    uint64_t handle = make_event(process, thread);
    assert_int_equal(km_ioctl(thread, file, IOCTL(0x800u), &handle, sizeof handle, NULL, 0, &io), KM_OK);
    assert_int_equal(km_ioctl(thread, file, IOCTL(0x802u), &handle, sizeof handle, NULL, 0, &io), KM_OK);
    assert_int_equal(km_finding_count(machine), 0);
    assert_int_equal(km_ioctl(thread, file, IOCTL(0x801u), &handle, sizeof handle, NULL, 0, &io), KM_OK);
    assert_int_equal(km_finding_count(machine), 1);
    assert_string_equal(km_machine_finding(machine, 0)->kind, "user-handle-trusted");
    // One that means nothing is only refused.
    handle = 0x7770;
    assert_int_equal(km_ioctl(thread, file, IOCTL(0x801u), &handle, sizeof handle, NULL, 0, &io), KM_REFUSED);
    assert_int_equal(km_finding_count(machine), 1);
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    assert_int_equal(km_machine_finish(machine), KM_OK);
    km_machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"one processor", test_user_handle, NULL, NULL, (void *)(uintptr_t)1},
        {"two processors", test_user_handle, NULL, NULL, (void *)(uintptr_t)2},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
