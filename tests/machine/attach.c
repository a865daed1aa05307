// SPDX-License-Identifier: MIT
// Drivers' threads in the address spaces of other processes, and what is found there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_ACCESS_VIOLATION  UINT32_C(0xC0000005)
#define STATUS_INVALID_PARAMETER UINT32_C(0xC000000D)
#define STATUS_INVALID_CID       UINT32_C(0xC000000B)

#define IOCTL(function) (UINT32_C(0x22) << 16 | (function) << 2)
#define PEEK_ATTACHED   IOCTL(0x800u)
#define PEEK_OLD        IOCTL(0x803u)
#define POKE_ATTACHED   IOCTL(0x804u)
#define FIND_BLOCK      IOCTL(0x805u)

struct place {
    uint64_t process, address, value;
};

struct text {
    uint16_t bytes, room;
    uint64_t address;
};

static uint64_t read_word(km_process *process, uint64_t address, size_t bytes)
{
    uint64_t value = 0;
    assert_int_equal(km_user_read(process, address, &value, bytes), KM_OK);
    return value;
}

// The counted text at address is expected, which is ASCII.
static void expect_text(km_process *process, uint64_t address, const char *expected)
{
    struct text text;
    assert_int_equal(km_user_read(process, address, &text, sizeof text), KM_OK);
    assert_int_equal(text.bytes, strlen(expected) * 2);
    assert_int_equal(text.room, text.bytes + 2);
    for (size_t i = 0; i <= strlen(expected); i++) {
        assert_int_equal(read_word(process, text.address + 2 * i, 2), expected[i]);
    }
}

static uint64_t find_block(km_thread *thread, km_file *file, km_process *process, uint64_t id)
{
    struct km_io io;
    uint64_t block = 0;
    const struct place place = {km_process_id(process), id, 0};
    assert_int_equal(km_ioctl(thread, file, FIND_BLOCK, &place, sizeof place, &block, sizeof block, &io),
                     KM_OK);
    assert_int_equal(io.status, 0);
    return block;
}

static void test_environment(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine *machine = km_machine_create(&options);
    km_process *process, *other;
    km_thread *thread, *other_thread, *second;
    km_file *file;
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/attach.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", "client.exe -v", &process, &thread), KM_OK);
    assert_int_equal(km_process_create(machine, "\\??\\D:\\other.exe", NULL, &other, &other_thread), KM_OK);
    assert_int_equal(km_thread_create(other, &second), KM_OK);
    assert_int_equal(km_open(thread, "\\\\.\\Attach", KM_READ | KM_WRITE, 0, &file), KM_OK);

    const uint64_t peb = find_block(thread, file, process, 0), other_peb = find_block(thread, file, other, 0);
    assert_true(peb != 0 && other_peb != 0 && peb != other_peb);
    assert_int_equal(read_word(process, peb + 2, 1), 0);    // BeingDebugged
    assert_int_equal(read_word(process, peb + 0x10, 8), 0); // ImageBaseAddress
    assert_int_equal(read_word(process, peb + 0xB8, 4), options.processors);
    assert_int_equal(read_word(process, peb + 0x118, 4), 10); // OSMajorVersion
    assert_int_equal(read_word(process, peb + 0x124, 4), 2);  // OSPlatformId
    // No image is in the loader's lists.
    const uint64_t loader = read_word(process, peb + 0x18, 8);
    for (uint64_t list = loader + 0x10; list <= loader + 0x30; list += 0x10) {
        assert_int_equal(read_word(process, list, 8), list);
        assert_int_equal(read_word(process, list + 8, 8), list);
    }
    uint64_t parameters = read_word(process, peb + 0x20, 8);
    expect_text(process, parameters + 0x38, "C:\\Windows\\System32\\");
    expect_text(process, parameters + 0x60, "C:\\Windows\\System32\\client.exe");
    expect_text(process, parameters + 0x70, "client.exe -v");
    assert_int_equal(read_word(process, read_word(process, parameters + 0x80, 8), 2), 'S'); // SystemDrive
    parameters = read_word(other, other_peb + 0x20, 8);
    expect_text(other, parameters + 0x60, "D:\\other.exe");

    const uint64_t teb = find_block(thread, file, other, km_thread_id(other_thread));
    const uint64_t second_teb = find_block(thread, file, other, km_thread_id(second));
    assert_true(teb != 0 && second_teb != 0 && teb != second_teb);
    assert_int_equal(read_word(other, teb + 0x30, 8), teb);
    assert_int_equal(read_word(other, teb + 0x40, 8), km_process_id(other));
    assert_int_equal(read_word(other, teb + 0x48, 8), km_thread_id(other_thread));
    assert_int_equal(read_word(other, second_teb + 0x48, 8), km_thread_id(second));
    assert_int_equal(read_word(other, teb + 0x60, 8), other_peb);
    // It goes with the thread.
    uint64_t word;
    assert_int_equal(km_thread_exit(second, 0), KM_OK);
    assert_int_not_equal(km_user_read(other, second_teb, &word, sizeof word), KM_OK);
    assert_int_equal(read_word(other, teb + 0x30, 8), teb);

    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "attach"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

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
        {"environment blocks", test_environment, NULL, NULL, (void *)(uintptr_t)1},
        {"environment blocks on two", test_environment, NULL, NULL, (void *)(uintptr_t)2},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
