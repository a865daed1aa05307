// SPDX-License-Identifier: MIT
// Threads and processes suspended and resumed, by drivers and by programs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define STATUS_INVALID_CID            UINT32_C(0xC000000B)
#define STATUS_ACCESS_DENIED          UINT32_C(0xC0000022)
#define STATUS_SUSPEND_COUNT_EXCEEDED UINT32_C(0xC000004A)
#define STATUS_THREAD_IS_TERMINATING  UINT32_C(0xC000004B)
#define STATUS_PROCESS_IS_TERMINATING UINT32_C(0xC000010A)
#define THREAD_TERMINATE              0x0001u
#define THREAD_SUSPEND_RESUME         0x0002u
#define PROCESS_SUSPEND_RESUME        0x0800u
#define PROCESS_QUERY                 0x0400u

#define IOCTL(function) (UINT32_C(0x22) << 16 | (function) << 2)
#define FIND            IOCTL(0x800u)
#define SUSPEND         IOCTL(0x801u)
#define RESUME          IOCTL(0x802u)
#define COUNT           IOCTL(0x803u)
#define BLOCK           IOCTL(0x804u)
#define RELEASE         IOCTL(0x805u)
#define STAGE           IOCTL(0x806u)

static km_machine *machine;
static km_process *control, *target;
static km_thread *by, *first, *second;
static km_file *device;
static uint64_t memory; // of the controlling process

static void start(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/suspend.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "control.exe", NULL, &control, &by), KM_OK);
    assert_int_equal(km_process_create(machine, "target.exe", NULL, &target, &first), KM_OK);
    assert_int_equal(km_thread_create(target, &second), KM_OK);
    assert_int_equal(km_open(by, "\\\\.\\Suspend", KM_READ | KM_WRITE, 0, &device), KM_OK);
    assert_int_equal(km_user_alloc(by, 4096, 0, &memory), KM_OK);
}

static void finish(void)
{
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "suspend"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
}

static uint32_t send(uint32_t code, uint64_t *number)
{
    struct km_io io = {0};
    const enum km_result result =
        km_ioctl(by, device, code, number, sizeof *number, number, sizeof *number, &io);
    assert_true(result == KM_OK || result == KM_REFUSED);
    return io.status;
}

static void command(uint32_t code, uint64_t number)
{
    assert_int_equal(send(code, &number), 0);
}

static uint64_t count_of(const km_thread *thread)
{
    uint64_t number = km_thread_id(thread);
    assert_int_equal(send(COUNT, &number), 0);
    return number;
}

static uint32_t call(const char *service, const uint64_t *arguments, size_t count)
{
    uint32_t status = 0;
    assert_int_equal(km_system_call(by, service, arguments, count, &status), KM_OK);
    return status;
}

// A handle of the controlling process's.
static uint64_t open_by_id(const char *service, uint64_t process, uint64_t thread, uint32_t access)
{
    const uint64_t client_id[2] = {process, thread}, attributes[6] = {48};
    const uint64_t arguments[] = {memory, access, memory + 0x100, memory + 0x200};
    uint64_t handle;
    assert_int_equal(km_user_write(control, memory + 0x100, attributes, sizeof attributes), KM_OK);
    assert_int_equal(km_user_write(control, memory + 0x200, client_id, sizeof client_id), KM_OK);
    assert_int_equal(call(service, arguments, 4), 0);
    assert_int_equal(km_user_read(control, memory, &handle, sizeof handle), KM_OK);
    return handle;
}

static uint32_t change_thread(const char *service, uint64_t handle, uint32_t *before)
{
    const uint64_t arguments[] = {handle, memory};
    const uint32_t status = call(service, arguments, 2);
    assert_int_equal(km_user_read(control, memory, before, sizeof *before), KM_OK);
    return status;
}

static enum km_result yield_in(km_thread *thread)
{
    return km_system_call(thread, "NtYieldExecution", NULL, 0, NULL);
}

static void test_process(void **state)
{
    start(state);
    command(FIND, km_process_id(target));
    assert_int_equal(yield_in(first), KM_OK);
    command(SUSPEND, 0);
    assert_int_equal(count_of(first), 1);
    assert_int_equal(count_of(second), 1);
    assert_int_equal(yield_in(first), KM_FAILED);
    assert_int_equal(km_thread_exit(second, 0), KM_FAILED);
    command(SUSPEND, 0);
    assert_int_equal(count_of(second), 2);
    command(RESUME, 0);
    assert_int_equal(yield_in(second), KM_FAILED);
    command(RESUME, 0);
    assert_int_equal(yield_in(first), KM_OK);
    assert_int_equal(yield_in(second), KM_OK);
    command(RESUME, 0); // nothing is suspended any more
    assert_int_equal(count_of(first), 0);

    // A thread that is made meanwhile runs.
    km_thread *third;
    command(SUSPEND, 0);
    assert_int_equal(km_thread_create(target, &third), KM_OK);
    assert_int_equal(yield_in(third), KM_OK);
    assert_int_equal(km_thread_exit(third, 0), KM_OK);
    assert_int_equal(km_process_exit(target, 7), KM_OK);
    uint64_t number = 0;
    assert_int_equal(send(SUSPEND, &number), STATUS_PROCESS_IS_TERMINATING);
    assert_int_equal(send(RESUME, &number), STATUS_PROCESS_IS_TERMINATING);
    finish();
}

static void test_services(void **state)
{
    uint32_t before;
    start(state);
    const uint64_t thread = open_by_id("NtOpenThread", 0, km_thread_id(first), THREAD_SUSPEND_RESUME);
    assert_int_equal(change_thread("NtResumeThread", thread, &before), 0);
    assert_int_equal(before, 0);
    for (uint32_t i = 0; i < 127; i++) {
        assert_int_equal(change_thread("NtSuspendThread", thread, &before), 0);
        assert_int_equal(before, i);
    }
    assert_int_equal(change_thread("NtSuspendThread", thread, &before), STATUS_SUSPEND_COUNT_EXCEEDED);
    assert_int_equal(yield_in(first), KM_FAILED);
    assert_int_equal(yield_in(second), KM_OK);
    for (uint32_t i = 127; i > 0; i--) {
        assert_int_equal(change_thread("NtResumeThread", thread, &before), 0);
        assert_int_equal(before, i);
    }
    assert_int_equal(yield_in(first), KM_OK);
    // The count is nobody's who does not ask for it, and is written to user memory alone.
    const uint64_t no_count[] = {thread, 0}, bad_count[] = {thread, UINT64_C(0xFFFF800000000000)};
    assert_int_equal(call("NtSuspendThread", no_count, 2), 0);
    assert_int_equal(call("NtResumeThread", bad_count, 2), UINT32_C(0xC0000005));
    assert_int_equal(call("NtResumeThread", no_count, 2), 0);
    assert_int_equal(count_of(first), 0);

    const uint64_t weak = open_by_id("NtOpenThread", 0, km_thread_id(first), THREAD_TERMINATE);
    assert_int_equal(change_thread("NtSuspendThread", weak, &before), STATUS_ACCESS_DENIED);
    assert_int_equal(change_thread("NtResumeThread", weak, &before), STATUS_ACCESS_DENIED);

    const uint64_t process = open_by_id("NtOpenProcess", km_process_id(target), 0, PROCESS_SUSPEND_RESUME);
    assert_int_equal(call("NtSuspendProcess", &process, 1), 0);
    assert_int_equal(count_of(second), 1);
    assert_int_equal(call("NtResumeProcess", &process, 1), 0);
    assert_int_equal(count_of(second), 0);
    const uint64_t weak_process = open_by_id("NtOpenProcess", km_process_id(target), 0, PROCESS_QUERY);
    assert_int_equal(call("NtSuspendProcess", &weak_process, 1), STATUS_ACCESS_DENIED);
    assert_int_equal(call("NtResumeProcess", &weak_process, 1), STATUS_ACCESS_DENIED);

    // One that is asked to end ends, however often it is suspended.
    assert_int_equal(change_thread("NtSuspendThread", thread, &before), 0);
    assert_int_equal(change_thread("NtSuspendThread", thread, &before), 0);
    const uint64_t terminate[] = {weak, 3};
    assert_int_equal(call("NtTerminateThread", terminate, 2), 0);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    uint32_t status = 0;
    assert_int_equal(km_system_call(first, "NtYieldExecution", NULL, 0, &status), KM_OK);
    assert_int_equal(status, STATUS_INVALID_CID);
    assert_int_equal(change_thread("NtSuspendThread", thread, &before), STATUS_THREAD_IS_TERMINATING);
    finish();
}

static void test_critical_region(void **state)
{
    km_file *file;
    km_operation *blocked;
    uint64_t stage = 0;
    start(state);
    assert_int_equal(km_open(first, "\\\\.\\Suspend", KM_READ | KM_WRITE, 0, &file), KM_OK);
    command(FIND, km_process_id(target));
    assert_int_equal(km_ioctl_start(first, file, BLOCK, NULL, 0, NULL, 0, &blocked), KM_OK);
    command(SUSPEND, 0);
    assert_int_equal(km_wait(blocked, 10000, NULL), KM_PENDING);
    assert_int_equal(send(STAGE, &stage), 0);
    assert_int_equal(stage, 1);
    command(RELEASE, 0);
    assert_int_equal(km_wait(blocked, 10000, NULL), KM_PENDING);
    assert_int_equal(send(STAGE, &stage), 0);
    assert_int_equal(stage, 2); // it has come to the region's end, and no further
    command(RESUME, 0);
    assert_int_equal(km_wait(blocked, 10000, NULL), KM_OK);
    assert_int_equal(send(STAGE, &stage), 0);
    assert_int_equal(stage, 3);
    finish();
}

static void test_own_process(void **state)
{
    km_file *file;
    km_operation *operation;
    start(state);
    assert_int_equal(km_open(first, "\\\\.\\Suspend", KM_READ | KM_WRITE, 0, &file), KM_OK);
    command(FIND, km_process_id(target));
    assert_int_equal(km_ioctl_start(first, file, SUSPEND, NULL, 0, NULL, 0, &operation), KM_OK);
    assert_int_equal(km_wait(operation, 10000, NULL), KM_PENDING);
    assert_int_equal(count_of(second), 1);
    command(RESUME, 0);
    assert_int_equal(km_wait(operation, 10000, NULL), KM_OK);
    finish();
}

int main(void)
{
    void *const one = (void *)(uintptr_t)1, *const two = (void *)(uintptr_t)2;
    const struct CMUnitTest tests[] = {
        {"a process", test_process, NULL, NULL, one},
        {"a process, two processors", test_process, NULL, NULL, two},
        {"services", test_services, NULL, NULL, one},
        {"services, two processors", test_services, NULL, NULL, two},
        {"critical region", test_critical_region, NULL, NULL, one},
        {"critical region, two processors", test_critical_region, NULL, NULL, two},
        {"own process", test_own_process, NULL, NULL, one},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
