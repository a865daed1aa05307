// SPDX-License-Identifier: MIT
// Drivers' threads in the address spaces of other processes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define STATUS_ACCESS_VIOLATION  UINT32_C(0xC0000005)
#define STATUS_INVALID_PARAMETER UINT32_C(0xC000000D)
#define STATUS_INVALID_CID       UINT32_C(0xC000000B)

#define IOCTL(function) (UINT32_C(0x22) << 16 | (function) << 2)
#define PEEK_ATTACHED   IOCTL(0x800u)
#define PEEK_OLD        IOCTL(0x803u)
#define POKE_ATTACHED   IOCTL(0x804u)

struct place {
    uint64_t process, address, value;
};

static void test_attach(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine *machine = km_machine_create(&options);
    km_process *process, *other;
    km_thread *thread, *other_thread;
    km_file *file;
    struct km_io io;
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/attach.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_process_create(machine, "other.exe", NULL, &other, &other_thread), KM_OK);
    assert_int_equal(km_open(thread, "\\\\.\\Attach", KM_READ | KM_WRITE, 0, &file), KM_OK);

    // One page in each process, with different contents.
    uint64_t own_address, other_address, value = 0;
    const uint64_t own_value = 0x1111, other_value = 0x2222, poked = 0x3333;
    assert_int_equal(km_user_alloc(thread, 4096, 4, &own_address), KM_OK);
    assert_int_equal(km_user_alloc(other_thread, 4096, 4, &other_address), KM_OK);
    assert_int_equal(km_user_write(process, own_address, &own_value, 8), KM_OK);
    assert_int_equal(km_user_write(other, other_address, &other_value, 8), KM_OK);

    for (uint32_t code = PEEK_ATTACHED; code <= PEEK_OLD; code += IOCTL(1u)) {
        struct place place = {km_process_id(other), other_address, 0};
        assert_int_equal(km_ioctl(thread, file, code, &place, sizeof place, &value, sizeof value, &io),
                         KM_OK);
        assert_int_equal(io.status, 0);
        assert_int_equal(value, other_value);
        place = (struct place){km_process_id(process), own_address, 0}; // attached to itself
        assert_int_equal(km_ioctl(thread, file, code, &place, sizeof place, &value, sizeof value, &io),
                         KM_OK);
        assert_int_equal(io.status, 0);
        assert_int_equal(value, own_value);
        // What is not mapped in the process attached to is a fault, wherever it is mapped besides.
        place = (struct place){km_process_id(other), own_address, 0};
        km_ioctl(thread, file, code, &place, sizeof place, &value, sizeof value, &io);
        assert_int_equal(io.status, STATUS_ACCESS_VIOLATION);
    }
    struct place place = {km_process_id(other), other_address, poked};
    assert_int_equal(km_ioctl(thread, file, POKE_ATTACHED, &place, sizeof place, &value, sizeof value, &io),
                     KM_OK);
    assert_int_equal(km_user_read(other, other_address, &value, sizeof value), KM_OK);
    assert_int_equal(value, poked);
    assert_int_equal(km_user_read(process, own_address, &value, sizeof value), KM_OK);
    assert_int_equal(value, own_value);

    assert_int_equal(km_process_exit(other, 0), KM_OK);
    km_ioctl(thread, file, PEEK_ATTACHED, &place, sizeof place, &value, sizeof value, &io);
    assert_true(io.status == STATUS_INVALID_CID || io.status == STATUS_INVALID_PARAMETER);
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "attach"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"one processor", test_attach, NULL, NULL, (void *)(uintptr_t)1},
        {"two processors", test_attach, NULL, NULL, (void *)(uintptr_t)2},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
