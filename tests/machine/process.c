// SPDX-License-Identifier: MIT
// Simulated processes and threads: made, asked for services, ended; and what drivers are told of them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/machine-private.h"

#define DRIVER(name) "build/tests/kernel/ps/" name ".debug.sys"

#define STATUS_SUCCESS               UINT32_C(0)
#define STATUS_INVALID_CID           UINT32_C(0xC000000B)
#define STATUS_INVALID_PARAMETER     UINT32_C(0xC000000D)
#define STATUS_VIRUS_INFECTED        UINT32_C(0xC0000906)
#define STATUS_OBJECT_NAME_INVALID   UINT32_C(0xC0000033)
#define STATUS_THREAD_IS_TERMINATING UINT32_C(0xC000004B)

static char log_text[65536];
static size_t log_length;

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    assert_true(log_length + bytes < sizeof log_text);
    memcpy(log_text + log_length, text, bytes);
    log_length += bytes;
    log_text[log_length] = '\0';
}

static void clear_log(void)
{
    log_length = 0;
    log_text[0] = '\0';
}

static km_machine *create(uint32_t processors)
{
    const struct km_machine_options chosen = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                              .exports_path = "nt/exports",
                                              .time_limit = 10,
                                              .processors = processors,
                                              .debug_output = keep_output};
    clear_log();
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

// Answers the request's status.
static uint32_t ask(km_machine *machine, KM_REQUEST request, KM_REQUEST *answer)
{
    KM_REQUEST *shared = &machine->shared->request;
    *shared = request;
    assert_int_equal(km_request_carry_out(machine, shared), KM_RUN_ANSWERED);
    if (answer != NULL) {
        *answer = *shared;
    }
    return shared->status;
}

static KM_REQUEST new_process(const char *image, const char *command_line, uint64_t thread)
{
    KM_REQUEST request = {.kind = KM_REQUEST_CREATE_PROCESS, .thread = thread};
    snprintf(request.image_file, sizeof request.image_file, "%s", image);
    snprintf(request.service_name, sizeof request.service_name, "%s", command_line);
    return request;
}

static uint32_t exit_thread(km_machine *machine, uint64_t thread, uint32_t status)
{
    return ask(machine, (KM_REQUEST){.kind = KM_REQUEST_EXIT_THREAD, .thread = thread, .arguments = {status}},
               NULL);
}

static void test_life(void **state)
{
    (void)state;
    for (uint32_t processors = 1; processors <= 2; processors++) {
        MACHINE machine = create(processors);
        KM_REQUEST first, second;
        assert_int_equal(ask(machine, new_process("client.exe", "", 0), &first), STATUS_SUCCESS);
        assert_true(first.process != 0 && first.process % 4 == 0);
        assert_true(first.thread != 0 && first.thread % 4 == 0 && first.thread != first.process);
        assert_int_equal(
            ask(machine, (KM_REQUEST){.kind = KM_REQUEST_CREATE_THREAD, .process = first.process}, &second),
            STATUS_SUCCESS);
        assert_int_not_equal(second.thread, first.thread);
        // A handle that no table has.
        const KM_REQUEST close = {.kind = KM_REQUEST_SYSTEM_CALL,
                                  .service = KM_SERVICE_NtClose,
                                  .thread = second.thread,
                                  .arguments = {0x1000}};
        assert_int_equal(ask(machine, close, NULL), 0xC0000008);
        assert_int_equal(exit_thread(machine, first.thread, 1), STATUS_SUCCESS);
        assert_int_equal(ask(machine, close, NULL), 0xC0000008);
        assert_int_equal(exit_thread(machine, second.thread, 2), STATUS_SUCCESS);
        assert_int_equal(ask(machine, close, NULL), STATUS_INVALID_CID);
        assert_int_equal(exit_thread(machine, first.thread, 1), STATUS_INVALID_CID);
        assert_int_equal(exit_thread(machine, 0, 1), STATUS_INVALID_PARAMETER); // the kernel's own
        assert_int_equal(
            ask(machine, (KM_REQUEST){.kind = KM_REQUEST_CREATE_THREAD, .process = first.process}, NULL),
            STATUS_INVALID_CID);
        assert_int_equal(ask(machine, (KM_REQUEST){.kind = KM_REQUEST_CREATE_THREAD, .process = 4}, NULL),
                         STATUS_INVALID_PARAMETER);
    }
}

// The bytes at a user address, whatever process it is of, by way of RAM.
static void access_user(km_machine *machine, uint64_t address, void *bytes, size_t count, int write)
{
    uint64_t physical = km_memory_physical(&machine->memory, address & ~(KM_PAGE_SIZE - 1));
    assert_int_not_equal(physical, KM_PHYSICAL_NONE);
    off_t offset = (off_t)(physical + address % KM_PAGE_SIZE);
    ssize_t done = write ? pwrite(machine->memory.ram, bytes, count, offset)
                         : pread(machine->memory.ram, bytes, count, offset);
    assert_int_equal(done, count);
}

static uint32_t system_call(km_machine *machine, const KM_REQUEST *client, uint32_t service,
                            const uint64_t *arguments, size_t count)
{
    KM_REQUEST request = {.kind = KM_REQUEST_SYSTEM_CALL, .service = service, .thread = client->thread};
    memcpy(request.arguments, arguments, count * sizeof *arguments);
    return ask(machine, request, NULL);
}

static void test_user_memory(void **state)
{
    (void)state;
    const uint64_t self = UINT64_MAX; // NtCurrentProcess
    for (uint32_t processors = 1; processors <= 2; processors++) {
        MACHINE machine = create(processors);
        KM_REQUEST first, second;
        assert_int_equal(ask(machine, new_process("a.exe", "", 0), &first), STATUS_SUCCESS);
        assert_int_equal(ask(machine, new_process("b.exe", "", 0), &second), STATUS_SUCCESS);
        const uint64_t area = first.arguments[0], other = second.arguments[0];
        assert_true(area != 0 && other != 0 && area / 0x1000000000 != other / 0x1000000000);
        // Each allocates, and gets an address of its own.
        uint64_t asked[2] = {0, 0x3000}, got[2], got_other[2];
        access_user(machine, area, asked, sizeof asked, 1);
        access_user(machine, other, asked, sizeof asked, 1);
        const uint64_t allocate[] = {self, area, 0, area + 8, 0x3000, 4};
        const uint64_t allocate_other[] = {self, other, 0, other + 8, 0x3000, 4};
        assert_int_equal(system_call(machine, &first, KM_SERVICE_NtAllocateVirtualMemory, allocate, 6),
                         STATUS_SUCCESS);
        assert_int_equal(system_call(machine, &second, KM_SERVICE_NtAllocateVirtualMemory, allocate_other, 6),
                         STATUS_SUCCESS);
        access_user(machine, area, got, sizeof got, 0);
        access_user(machine, other, got_other, sizeof got_other, 0);
        assert_int_equal(got[1], 0x3000);
        assert_true(got[0] != got_other[0]);
        // One cannot point a system call to the other's memory: it is not there.
        const uint64_t wrong[] = {self, other, 0, other + 8, 0x3000, 4};
        assert_int_equal(system_call(machine, &first, KM_SERVICE_NtAllocateVirtualMemory, wrong, 6),
                         UINT32_C(0xC0000005));
        // Nor to the kernel's.
        const uint64_t kernel[] = {self, KM_SYSTEM_RANGE_START, 0, area + 8, 0x3000, 4};
        assert_int_equal(system_call(machine, &first, KM_SERVICE_NtAllocateVirtualMemory, kernel, 6),
                         UINT32_C(0xC0000005));
        // Read from the other by handle of its own: its own memory alone.
        uint64_t word = 0x1122334455667788;
        access_user(machine, got[0], &word, sizeof word, 1);
        const uint64_t read[] = {self, got[0], area + 0x100, 8, area + 0x200};
        assert_int_equal(system_call(machine, &first, KM_SERVICE_NtReadVirtualMemory, read, 5),
                         STATUS_SUCCESS);
        word = 0;
        access_user(machine, area + 0x100, &word, sizeof word, 0);
        assert_int_equal(word, 0x1122334455667788);
        access_user(machine, area + 0x200, &word, sizeof word, 0);
        assert_int_equal(word, 8);
        // All of it is gone with the process.
        exit_thread(machine, first.thread, 0);
        assert_int_equal(km_memory_query(&machine->memory, got[0]), 0);
        exit_thread(machine, second.thread, 0);
    }
}

static void test_bad_names(void **state)
{
    (void)state;
    MACHINE machine = create(1);
    assert_int_equal(ask(machine, new_process("", "", 0), NULL), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(ask(machine, new_process("\xff\xfe", "", 0), NULL), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(ask(machine, new_process("a", "\xff\xfe", 0), NULL), STATUS_OBJECT_NAME_INVALID);
}

static void test_many(void **state)
{
    (void)state;
    MACHINE machine = create(1);
    for (int i = 0; i < 500; i++) {
        KM_REQUEST made;
        assert_int_equal(ask(machine, new_process("client.exe", "", 0), &made), STATUS_SUCCESS);
        assert_int_equal(exit_thread(machine, made.thread, 0), STATUS_SUCCESS);
    }
}

static void expect_log(const char *format, ...)
{
    char expected[4096];
    va_list list;
    va_start(list, format);
    vsnprintf(expected, sizeof expected, format, list);
    va_end(list);
    assert_string_equal(log_text, expected);
    clear_log();
}

#define FOLDER "\\Device\\HarddiskVolume1\\Windows\\System32\\"

static void test_notification(void **state)
{
    (void)state;
    MACHINE machine = create(1);
    KM_REQUEST parent, child, thread;
    assert_int_equal(km_driver_load(machine, DRIVER("notify")), KM_OK);
    clear_log();

    assert_int_equal(ask(machine, new_process("parent.exe", "", 0), &parent), STATUS_SUCCESS);
    const unsigned pp = (unsigned)parent.process, pt = (unsigned)parent.thread;
    // Its own thread has come to run by now.
    assert_int_equal(ask(machine,
                         (KM_REQUEST){.kind = KM_REQUEST_SYSTEM_CALL,
                                      .service = KM_SERVICE_NtClose,
                                      .thread = parent.thread,
                                      .arguments = {0x1000}},
                         NULL),
                     0xC0000008);
    clear_log();

    assert_int_equal(ask(machine, new_process("child.exe", "child 1", parent.thread), &child),
                     STATUS_SUCCESS);
    assert_int_equal(
        ask(machine, (KM_REQUEST){.kind = KM_REQUEST_CREATE_THREAD, .process = child.process}, &thread),
        STATUS_SUCCESS);
    exit_thread(machine, thread.thread, 0);
    exit_thread(machine, child.thread, 0x1234);
    const unsigned cp = (unsigned)child.process, ct = (unsigned)child.thread, tt = (unsigned)thread.thread;
    // The kernel's request thread is the first there is.
    const unsigned st = 8;
    expect_log("notify: process %u of %u created, by %u\n"
               "notify: Ex: %u of %u by %u.%u: " FOLDER "child.exe \"child 1\" 1\n"
               "notify: thread %u of %u created, on %u\n"
               "notify: Ex: thread %u of %u starts, on %u\n"
               "notify: thread %u of %u created, on %u\n"
               "notify: Ex: thread %u of %u starts, on %u\n"
               "notify: thread %u of %u exits, on %u\n"
               "notify: Ex: thread %u of %u exits, on %u\n"
               "notify: thread %u of %u exits, on %u\n"
               "notify: Ex: thread %u of %u exits, on %u\n"
               "notify: process %u of %u exits, by %u\n"
               "notify: Ex: %u exits with 00001234: " FOLDER "child.exe\n",
               cp, pp, pp, cp, pp, pp, pt, ct, cp, pt, ct, cp, ct, tt, cp, st, tt, cp, tt, tt, cp, tt, tt, cp,
               tt, ct, cp, ct, ct, cp, ct, cp, pp, cp, cp);

    // A driver's image is the system's.
    assert_int_equal(km_driver_load(machine, "build/tests/golden/hello.sys"), KM_OK);
    assert_non_null(
        strstr(log_text, "notify: image \\SystemRoot\\System32\\drivers\\hello.sys in 0, 11\nhello:"));
    assert_int_equal(km_driver_unload(machine, "notify.debug"), KM_OK);
    clear_log();
    assert_int_equal(exit_thread(machine, parent.thread, 0), STATUS_SUCCESS);
    expect_log("%s", "");
}

// The refused process ends without having run.
static void test_refusal(void **state)
{
    (void)state;
    MACHINE machine = create(1);
    KM_REQUEST refused, other;
    assert_int_equal(km_driver_load(machine, DRIVER("notify")), KM_OK);
    clear_log();
    assert_int_equal(ask(machine, new_process("bad.exe", "refused", 0), &refused), STATUS_VIRUS_INFECTED);
    assert_int_equal(refused.process, 0);
    assert_int_equal(ask(machine, new_process("good.exe", "", 0), &other), STATUS_SUCCESS);
    assert_int_equal(exit_thread(machine, other.thread, 0), STATUS_SUCCESS);
    assert_non_null(strstr(log_text, "bad.exe \"refused\" 1\n"));
    assert_non_null(strstr(log_text, " exits with c0000906: "));
    assert_int_equal(km_driver_unload(machine, "notify.debug"), KM_OK);
}

static uint32_t call(km_machine *machine, uint64_t thread, uint32_t service, uint64_t first, uint64_t second)
{
    return ask(machine,
               (KM_REQUEST){.kind = KM_REQUEST_SYSTEM_CALL,
                            .service = service,
                            .thread = thread,
                            .arguments = {first, second}},
               NULL);
}

static void test_termination(void **state)
{
    (void)state;
    MACHINE machine = create(1);
    KM_REQUEST first, second, third;
    assert_int_equal(km_driver_load(machine, DRIVER("notify")), KM_OK);
    assert_int_equal(ask(machine, new_process("client.exe", "", 0), &first), STATUS_SUCCESS);
    const KM_REQUEST more = {.kind = KM_REQUEST_CREATE_THREAD, .process = first.process};
    // The last thread cannot end itself alone.
    assert_int_equal(call(machine, first.thread, KM_SERVICE_NtTerminateThread, 0, 1), 0xC00000DB);
    assert_int_equal(ask(machine, more, &second), STATUS_SUCCESS);
    assert_int_equal(ask(machine, more, &third), STATUS_SUCCESS);
    assert_int_equal(call(machine, second.thread, KM_SERVICE_NtTerminateThread, 0, 1),
                     STATUS_THREAD_IS_TERMINATING);
    assert_int_equal(call(machine, second.thread, KM_SERVICE_NtClose, 0x1000, 0), STATUS_INVALID_CID);
    // One thread ends them all, the one that is in user mode too.
    assert_int_equal(call(machine, third.thread, KM_SERVICE_NtTerminateProcess, UINT64_MAX, 0x77),
                     STATUS_THREAD_IS_TERMINATING);
    assert_int_not_equal(call(machine, first.thread, KM_SERVICE_NtClose, 0x1000, 0), 0xC0000008);
    assert_int_equal(ask(machine, more, NULL), STATUS_INVALID_CID);
    assert_non_null(strstr(log_text, " exits with 00000077: "));
    assert_int_equal(km_driver_unload(machine, "notify.debug"), KM_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),         cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_user_memory),  cmocka_unit_test(test_many),
        cmocka_unit_test(test_notification), cmocka_unit_test(test_refusal),
        cmocka_unit_test(test_termination),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
