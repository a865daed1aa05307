// SPDX-License-Identifier: MIT
// The public API for programs that use drivers: files, requests of each kind, operations under way, the
// clock.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_SUCCESS                UINT32_C(0)
#define STATUS_BUFFER_OVERFLOW        UINT32_C(0x80000005)
#define STATUS_ACCESS_VIOLATION       UINT32_C(0xC0000005)
#define STATUS_INVALID_HANDLE         UINT32_C(0xC0000008)
#define STATUS_INVALID_DEVICE_REQUEST UINT32_C(0xC0000010)
#define STATUS_ACCESS_DENIED          UINT32_C(0xC0000022)
#define STATUS_OBJECT_NAME_NOT_FOUND  UINT32_C(0xC0000034)
#define STATUS_PROCESS_IS_TERMINATING UINT32_C(0xC000010A)
#define STATUS_CANCELLED              UINT32_C(0xC0000120)
#define STATUS_NOT_FOUND              UINT32_C(0xC0000225)

#define IOCTL(function, method, access) (UINT32_C(0x22) << 16 | (access) << 14 | (function) << 2 | (method))

#define UPPER(method) IOCTL(0x800u, method, 0u) // output: input, in capitals
#define HOLD          IOCTL(0x801u, 0u, 0u)     // pends until it is cancelled or released
#define RELEASE       IOCTL(0x802u, 0u, 0u)     // completes what is held
#define LATER         IOCTL(0x803u, 0u, 0u)     // input: ms after which it completes
#define NEEDS_WRITE   IOCTL(0x804u, 0u, 2u)
#define OVERFLOW      IOCTL(0x805u, 0u, 0u) // half of the output, and a warning
#define BLOCK         IOCTL(0x806u, 0u, 0u) // its dispatch routine waits for RELEASE

static char log_text[256];

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    snprintf(log_text, sizeof log_text, "%.*s", (int)bytes, text);
}

static km_machine *machine;
static km_process *process;
static km_thread *thread;

static void start(uint32_t processors)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = keep_output,
                                               .processors = processors};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/requests.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
}

// A clean run leaves nothing.
static void finish(void)
{
    if (km_machine_report(machine) == NULL) {
        log_text[0] = '\0';
        assert_int_equal(km_machine_finish(machine), KM_OK);
        assert_string_equal(log_text, "shutdown\n");
        assert_int_equal(km_driver_unload(machine, "requests"), KM_OK);
        if (km_finding_count(machine) != 0) {
            fail_msg("%s", km_machine_finding(machine, 0)->text);
        }
    }
    km_machine_destroy(machine);
    machine = NULL;
}

// Each test on one processor and on two.
#define TEST(name)                                                                                           \
    static void name(void);                                                                                  \
    static void name##_on(void **state)                                                                      \
    {                                                                                                        \
        start((uint32_t)(uintptr_t)*state);                                                                  \
        name();                                                                                              \
        finish();                                                                                            \
    }                                                                                                        \
    static void name(void)

static km_file *open_device(uint32_t flags)
{
    km_file *file;
    const enum km_result result = km_open(thread, "\\\\.\\Requests", KM_READ | KM_WRITE, flags, &file);
    if (result != KM_OK) {
        fail_msg("%s", km_machine_problem(machine));
    }
    return file;
}

TEST(test_users)
{
    km_process *other;
    km_thread *first;
    for (int user = KM_USER_SYSTEM; user <= KM_USER_LIMITED_ADMINISTRATOR; user++) {
        assert_int_equal(km_process_create_as(machine, "other.exe", NULL, (enum km_user)user, &other, &first),
                         KM_OK);
        assert_int_equal(km_process_exit(other, 0), KM_OK);
    }
    assert_int_equal(km_process_create_as(machine, "other.exe", NULL, (enum km_user)5, &other, &first),
                     KM_REFUSED);
    assert_int_equal(km_last_status(machine), 0xC000000D);
}

TEST(test_methods)
{
    for (uint32_t overlapped = 0; overlapped <= KM_OPEN_OVERLAPPED; overlapped++) {
        km_file *file = open_device(overlapped);
        for (uint32_t method = 0; method <= 3; method++) {
            struct km_io io = {.status = 1};
            char output[8] = "........";
            // METHOD_IN_DIRECT's "output" is a second input.
            assert_int_equal(km_ioctl(thread, file, UPPER(method), "abc", 3, output, sizeof output, &io),
                             KM_OK);
            assert_int_equal(io.status, STATUS_SUCCESS);
            assert_int_equal(io.information, 3);
            assert_memory_equal(output, "ABC.....", 8);
        }
        assert_int_equal(km_close(thread, file), KM_OK);
    }
}

TEST(test_large_buffers)
{
    static char input[200000], output[200000];
    km_file *file = open_device(0);
    memset(input, 'x', sizeof input);
    for (uint32_t method = 0; method <= 3; method++) {
        struct km_io io;
        memset(output, 0, sizeof output);
        assert_int_equal(
            km_ioctl(thread, file, UPPER(method), input, sizeof input, output, sizeof output, &io), KM_OK);
        assert_int_equal(io.information, sizeof output);
        for (size_t i = 0; i < sizeof output; i++) {
            assert_int_equal(output[i], 'X');
        }
    }
}

TEST(test_transfers)
{
    km_file *file = open_device(0);
    struct km_io io;
    char text[16] = {0};
    assert_int_equal(km_write(thread, file, 0, "kept", 4, &io), KM_OK);
    assert_int_equal(io.information, 4);
    assert_int_equal(km_read(thread, file, 0, text, sizeof text, &io), KM_OK);
    assert_int_equal(io.information, 4);
    assert_string_equal(text, "kept");
    assert_int_equal(km_read(thread, file, 2, text, sizeof text, &io), KM_OK);
    assert_int_equal(io.information, 2);
    assert_memory_equal(text, "pt", 2);
}

static void expect_problem(const char *text)
{
    assert_non_null(km_machine_problem(machine));
    assert_string_equal(km_machine_problem(machine), text);
}

TEST(test_failures)
{
    km_file *file, *reader;
    struct km_io io;
    char output[4];
    assert_int_equal(km_open(thread, "\\\\.\\Nobody", KM_READ, 0, &file), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_OBJECT_NAME_NOT_FOUND);
    expect_problem("\\\\.\\Nobody: cannot be opened: status 0xC0000034 STATUS_OBJECT_NAME_NOT_FOUND");
    assert_int_equal(km_open(thread, "\xff", KM_READ, 0, &file), KM_FAILED);
    assert_int_equal(km_open(thread, "", KM_READ, 0, &file), KM_FAILED);

    file = open_device(0);
    assert_int_equal(km_ioctl(thread, file, 0x22FFFC, NULL, 0, NULL, 0, &io), KM_REFUSED);
    assert_int_equal(io.status, STATUS_INVALID_DEVICE_REQUEST);
    expect_problem("\\\\.\\Requests: IOCTL 0x22FFFC: status 0xC0000010 STATUS_INVALID_DEVICE_REQUEST");

    assert_int_equal(km_open(thread, "\\Device\\Requests", KM_READ, 0, &reader), KM_OK);
    assert_int_equal(km_ioctl(thread, reader, NEEDS_WRITE, NULL, 0, NULL, 0, NULL), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_ACCESS_DENIED);
    assert_int_equal(km_ioctl(thread, file, NEEDS_WRITE, NULL, 0, NULL, 0, NULL), KM_OK);

    memset(output, '.', sizeof output);
    assert_int_equal(km_ioctl(thread, file, OVERFLOW, NULL, 0, output, 4, &io), KM_REFUSED);
    assert_int_equal(io.status, STATUS_BUFFER_OVERFLOW);
    assert_int_equal(io.information, 2);
    assert_memory_equal(output, "hh..", 4);
}

TEST(test_system_call)
{
    const uint64_t handle = 0x1000;
    uint32_t status = 0;
    assert_int_equal(km_system_call(thread, "NtClose", &handle, 1, &status), KM_OK);
    assert_int_equal(status, STATUS_INVALID_HANDLE);
    assert_int_equal(km_system_call(thread, "NtClose", NULL, 0, &status), KM_FAILED);
    expect_problem("NtClose takes 1 arguments, not 0");
    assert_int_equal(km_system_call(thread, "NtNothing", NULL, 0, &status), KM_FAILED);
    expect_problem("NtNothing: there is no such service");
}

TEST(test_user_memory)
{
    uint64_t address, other_address;
    char text[8] = {0};
    km_process *other;
    km_thread *other_thread;
    assert_int_equal(km_user_alloc(thread, 0x3000, 0, &address), KM_OK);
    assert_int_equal(km_user_read(process, address + 0x2ff8, text, 8), KM_OK);
    assert_memory_equal(text, "\0\0\0\0\0\0\0", 8);
    assert_int_equal(km_user_write(process, address + 0xffe, "bridge", 7), KM_OK);
    assert_int_equal(km_user_read(process, address + 0xffe, text, 7), KM_OK);
    assert_string_equal(text, "bridge");
    assert_int_equal(km_user_read(process, address + 0x2ffc, text, 8), KM_FAILED);
    assert_int_equal(km_user_write(process, UINT64_C(0x400000400000), text, 1), KM_FAILED);

    assert_int_equal(km_process_create(machine, "other.exe", "other 1", &other, &other_thread), KM_OK);
    assert_int_equal(km_user_alloc(other_thread, 16, 0, &other_address), KM_OK);
    assert_int_equal(km_user_write(process, other_address, text, 1), KM_FAILED);
    assert_int_equal(km_user_write(other, other_address, text, 1), KM_OK);
    assert_int_equal(km_process_exit(other, 3), KM_OK);
    assert_int_equal(km_user_write(other, other_address, text, 1), KM_FAILED);
    assert_int_equal(km_user_free(thread, address), KM_OK);
    assert_int_equal(km_user_read(process, address, text, 1), KM_FAILED);
    assert_int_equal(km_user_free(thread, address), KM_REFUSED);
}

// One thread is in the kernel while another one asks.
TEST(test_two_threads)
{
    static const uint32_t codes[] = {HOLD, BLOCK};
    km_file *file = open_device(0), *second_file = open_device(0);
    for (size_t i = 0; i < 2; i++) {
        km_thread *second;
        km_operation *operation;
        struct km_io io;
        char output[4] = "....";
        assert_int_equal(km_thread_create(process, &second), KM_OK);
        assert_int_equal(km_ioctl_start(second, file, codes[i], NULL, 0, output, 4, &operation), KM_OK);
        assert_int_equal(km_wait(operation, 0, &io), KM_PENDING);
        assert_int_equal(km_wait(operation, 1000000, &io), KM_PENDING);
        assert_int_equal(km_ioctl(second, file, UPPER(0), "a", 1, output, 1, &io), KM_FAILED);
        assert_non_null(strstr(km_machine_problem(machine), " of client.exe is still in a call: IOCTL 0x22"));
        assert_int_equal(km_ioctl(thread, second_file, RELEASE, NULL, 0, NULL, 0, &io), KM_OK);
        assert_int_equal(km_wait(operation, KM_FOREVER, &io), KM_OK);
        assert_int_equal(io.information, 4);
        assert_memory_equal(output, "held", 4);
        assert_int_equal(km_ioctl(second, file, UPPER(0), "a", 1, output, 1, &io), KM_OK);
        assert_int_equal(km_thread_exit(second, 0), KM_OK);
        assert_int_equal(km_thread_exit(second, 0), KM_FAILED);
    }
}

TEST(test_cancel)
{
    km_file *file = open_device(0);
    km_thread *second;
    km_operation *operation;
    struct km_io io;
    assert_int_equal(km_thread_create(process, &second), KM_OK);
    assert_int_equal(km_ioctl_start(second, file, HOLD, NULL, 0, NULL, 0, &operation), KM_OK);
    assert_int_equal(km_cancel(thread, operation), KM_OK);
    assert_int_equal(km_wait(operation, KM_FOREVER, &io), KM_REFUSED);
    assert_int_equal(io.status, STATUS_CANCELLED);
}

TEST(test_overlapped)
{
    km_file *file = open_device(KM_OPEN_OVERLAPPED);
    km_operation *operations[3];
    struct km_io io;
    char output[3][4];
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(km_ioctl_start(thread, file, HOLD, NULL, 0, output[i], 4, &operations[i]), KM_OK);
    }
    assert_int_equal(km_wait(operations[0], 0, &io), KM_PENDING);
    assert_int_equal(km_cancel(thread, operations[1]), KM_OK);
    assert_int_equal(km_wait(operations[1], KM_FOREVER, &io), KM_REFUSED);
    assert_int_equal(io.status, STATUS_CANCELLED);
    assert_int_equal(km_ioctl(thread, file, RELEASE, NULL, 0, NULL, 0, &io), KM_OK);
    assert_int_equal(km_cancel(thread, operations[0]), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_NOT_FOUND);
    for (size_t i = 0; i < 3; i += 2) {
        assert_int_equal(km_wait(operations[i], KM_FOREVER, &io), KM_OK);
        assert_memory_equal(output[i], "held", 4);
    }
}

TEST(test_clock)
{
    km_file *file = open_device(KM_OPEN_OVERLAPPED);
    km_operation *operation;
    struct km_io io;
    const uint32_t wait = 5000; // ms
    const uint64_t before = km_clock_now(machine);
    assert_int_equal(km_ioctl(thread, file, LATER, &wait, sizeof wait, NULL, 0, &io), KM_OK);
    assert_true(km_clock_now(machine) - before >= 50000000);
    assert_int_equal(km_ioctl_start(thread, file, LATER, &wait, sizeof wait, NULL, 0, &operation), KM_OK);
    assert_int_equal(km_clock_advance(machine, 40000000), KM_OK);
    assert_int_equal(km_wait(operation, 0, &io), KM_PENDING);
    assert_int_equal(km_clock_advance(machine, 20000000), KM_OK);
    assert_int_equal(km_wait(operation, 0, &io), KM_OK);
    assert_true(km_clock_now(machine) - before < 150000000);
}

// What waits is cancelled with its process.
TEST(test_exit_while_pending)
{
    km_file *file = open_device(KM_OPEN_OVERLAPPED);
    km_operation *operation;
    assert_int_equal(km_ioctl_start(thread, file, HOLD, NULL, 0, NULL, 0, &operation), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    assert_int_equal(km_ioctl(thread, file, RELEASE, NULL, 0, NULL, 0, NULL), KM_FAILED);
}

// One that another has ended, whichever way, can still be ended by the test, and by the end of the run.
TEST(test_ended_by_another)
{
    for (uint32_t left = 0; left <= 1; left++) {
        km_process *other;
        km_thread *first, *second;
        uint64_t address, handle;
        uint32_t status;
        assert_int_equal(km_process_create(machine, "other.exe", NULL, &other, &first), KM_OK);
        assert_int_equal(km_thread_create(other, &second), KM_OK);
        assert_int_equal(km_user_alloc(thread, 0x1000, 0, &address), KM_OK);
        const uint64_t memory[] = {0, 48, 0, 0, 0, 0, 0, km_process_id(other),
                                   0}; // handle, attributes, client id
        assert_int_equal(km_user_write(process, address, memory, sizeof memory), KM_OK);
        const uint64_t open[] = {address, 1, address + 8, address + 56};
        assert_int_equal(km_system_call(thread, "NtOpenProcess", open, 4, &status), KM_OK);
        assert_int_equal(status, STATUS_SUCCESS);
        assert_int_equal(km_user_read(process, address, &handle, sizeof handle), KM_OK);
        const uint64_t terminate[] = {handle, 7};
        assert_int_equal(km_system_call(thread, "NtTerminateProcess", terminate, 2, &status), KM_OK);
        assert_int_equal(status, STATUS_SUCCESS);
        if (left) {
            assert_int_equal(km_process_exit(other, 0), KM_OK);
            assert_int_equal(km_process_exit(other, 0), KM_REFUSED);
            assert_int_equal(km_system_call(thread, "NtTerminateProcess", terminate, 2, &status), KM_OK);
            assert_int_equal(status, STATUS_PROCESS_IS_TERMINATING);
        }
    }
}

TEST(test_deadlock)
{
    km_file *file = open_device(0);
    assert_int_equal(km_ioctl(thread, file, BLOCK, NULL, 0, NULL, 0, NULL), KM_STOPPED);
    expect_problem("the machine has stopped: its report tells why");
    const struct km_report *report = km_machine_report(machine);
    assert_int_equal(report->kind, KM_REPORT_DEADLOCK);
    char who[64];
    snprintf(who, sizeof who, "thread %llu of client.exe waits for ",
             (unsigned long long)km_thread_id(thread));
    if (strstr(report->reason, who) == NULL) {
        fail_msg("%s", report->reason);
    }
    assert_int_equal(km_close(thread, file), KM_STOPPED);
    assert_int_equal(km_clock_advance(machine, 1), KM_STOPPED);
}

#define BOTH(test)                                                                                           \
    cmocka_unit_test_prestate(test##_on, (void *)1), cmocka_unit_test_prestate(test##_on, (void *)2)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_users),         BOTH(test_methods),
        BOTH(test_large_buffers), BOTH(test_transfers),
        BOTH(test_failures),      BOTH(test_system_call),
        BOTH(test_user_memory),   BOTH(test_two_threads),
        BOTH(test_cancel),        BOTH(test_overlapped),
        BOTH(test_clock),         BOTH(test_exit_while_pending),
        BOTH(test_deadlock),      BOTH(test_ended_by_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
