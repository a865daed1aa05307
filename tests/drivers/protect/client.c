// SPDX-License-Identifier: MIT
// Attacks a process that the driver protects, by handles opened and duplicated, to it and to its thread.
#include "tests/drivers/client.h"

#include "tests/drivers/protect/public.h"

#define DEVICE                    "\\\\.\\Protect"
#define PROCESS_TERMINATE         0x0001
#define PROCESS_DUP_HANDLE        0x0040
#define PROCESS_QUERY_INFORMATION 0x0400
#define THREAD_TERMINATE          0x0001
#define STATUS_INVALID_CID        UINT32_C(0xC000000B)
#define CURRENT_PROCESS           UINT64_MAX

static km_process *victim;
static km_thread *victim_thread;

// Opens what the client id names by a process; *handle is its own. Returns the status.
static uint32_t open_by_id(km_process *of, km_thread *by, const char *service, uint64_t process_id,
                           uint64_t thread_id, uint32_t access, uint64_t *handle)
{
    const struct {
        uint32_t length;
        uint64_t rest[5];
    } attributes = {.length = 48};
    const uint64_t client_id[2] = {process_id, thread_id};
    const uint64_t result = user_memory(of, by, NULL, 8);
    const uint32_t status =
        SYSTEM_CALL(by, service, result, access, user_memory(of, by, &attributes, sizeof attributes),
                    user_memory(of, by, client_id, sizeof client_id));
    OK(km_user_read(of, result, handle, sizeof *handle));
    return status;
}

static uint64_t open_process(km_process *of, km_thread *by, km_process *target, uint32_t access)
{
    uint64_t handle = 0;
    assert_int_equal(open_by_id(of, by, "NtOpenProcess", km_process_id(target), 0, access, &handle),
                     STATUS_SUCCESS);
    return handle;
}

static uint32_t terminate(uint64_t handle)
{
    return SYSTEM_CALL(thread, "NtTerminateProcess", handle, 5);
}

static km_file *protect(km_process *target)
{
    const uint64_t id = km_process_id(target);
    km_file *file = open_device(thread, DEVICE, 0);
    OK(km_ioctl(thread, file, IOCTL_PROTECT_PROCESS, &id, sizeof id, NULL, 0, NULL));
    return file;
}

static PROTECT_STATE query(km_file *file)
{
    PROTECT_STATE state;
    OK(km_ioctl(thread, file, IOCTL_PROTECT_QUERY, NULL, 0, &state, sizeof state, NULL));
    return state;
}

// It can still be asked about, and is there.
static void expect_alive(uint64_t handle)
{
    uint64_t information[6];
    const uint64_t buffer = user_memory(process, thread, NULL, sizeof information);
    assert_int_equal(
        SYSTEM_CALL(thread, "NtQueryInformationProcess", handle, 0, buffer, sizeof information, 0),
        STATUS_SUCCESS);
    OK(km_user_read(process, buffer, information, sizeof information));
    assert_int_equal((uint32_t)information[0], 0x103); // ExitStatus: STATUS_PENDING
    assert_int_equal(information[4], km_process_id(victim));
}

static void test_open(void)
{
    victim = start_process("victim.exe", &victim_thread);
    km_file *file = protect(victim);
    const uint64_t handle =
        open_process(process, thread, victim, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION);
    assert_int_equal(terminate(handle), STATUS_ACCESS_DENIED);
    expect_alive(handle);
    const PROTECT_STATE state = query(file);
    assert_int_equal(state.Created, 1);
    assert_int_equal(state.Stripped, 1);
    assert_int_equal(state.Granted, 1);
    assert_int_equal(state.Wrong, 0);
    // A handle without the right to begin with is one more, of which nothing is taken; others' are not the
    // driver's.
    km_thread *other_thread;
    km_process *other = start_process("other.exe", &other_thread);
    (void)open_process(process, thread, victim, PROCESS_QUERY_INFORMATION);
    assert_int_equal(terminate(open_process(process, thread, other, PROCESS_TERMINATE)), STATUS_SUCCESS);
    assert_int_equal(query(file).Created, 2);
    assert_int_equal(query(file).Stripped, 1);
    // The process itself may.
    (void)open_process(victim, victim_thread, victim, PROCESS_TERMINATE);
    assert_int_equal(query(file).Created, 2);
    // Without protection: the old handle is as it was made, a new one is whole.
    OK(km_close(thread, file));
    assert_int_equal(terminate(handle), STATUS_ACCESS_DENIED);
    assert_int_equal(terminate(open_process(process, thread, victim, PROCESS_TERMINATE)), STATUS_SUCCESS);
}

static void test_duplicate(void)
{
    victim = start_process("victim.exe", &victim_thread);
    km_file *file = protect(victim);
    const uint64_t own =
        open_process(victim, victim_thread, victim, PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION);
    const uint64_t source = open_process(process, thread, victim, PROCESS_DUP_HANDLE);
    const uint64_t result = user_memory(process, thread, NULL, 8);
    uint64_t copy = 0;
    assert_int_equal(SYSTEM_CALL(thread, "NtDuplicateObject", source, own, CURRENT_PROCESS, result,
                                 PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, 0, 0),
                     STATUS_SUCCESS);
    OK(km_user_read(process, result, &copy, sizeof copy));
    assert_int_equal(terminate(copy), STATUS_ACCESS_DENIED);
    expect_alive(copy);
    // DUPLICATE_SAME_ACCESS
    assert_int_equal(SYSTEM_CALL(thread, "NtDuplicateObject", source, own, CURRENT_PROCESS, result, 0, 0, 2),
                     STATUS_SUCCESS);
    OK(km_user_read(process, result, &copy, sizeof copy));
    assert_int_equal(terminate(copy), STATUS_ACCESS_DENIED);
    const PROTECT_STATE state = query(file);
    assert_int_equal(state.Duplicated, 2);
    assert_int_equal(state.Stripped, 2);
    assert_int_equal(state.Granted, 3); // and the source
    assert_int_equal(state.Wrong, 0);
}

static void test_thread(void)
{
    uint64_t handle = 0;
    victim = start_process("victim.exe", &victim_thread);
    km_file *file = protect(victim);
    assert_int_equal(open_by_id(process, thread, "NtOpenThread", km_process_id(victim),
                                km_thread_id(victim_thread), THREAD_TERMINATE, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(SYSTEM_CALL(thread, "NtTerminateThread", handle, 5), STATUS_ACCESS_DENIED);
    assert_int_equal(query(file).Stripped, 1);
    assert_int_equal(query(file).Wrong, 0);
    // One file at a time decides, for a process that is there.
    const uint64_t id = km_process_id(victim), nobody = 0xfffffff0;
    km_file *second = open_device(thread, DEVICE, 0);
    REFUSED(km_ioctl(thread, second, IOCTL_PROTECT_PROCESS, &id, sizeof id, NULL, 0, NULL),
            STATUS_DEVICE_BUSY);
    REFUSED(km_ioctl(thread, file, IOCTL_PROTECT_PROCESS, &nobody, sizeof nobody, NULL, 0, NULL),
            STATUS_INVALID_CID);
    REFUSED(km_ioctl(thread, file, IOCTL_PROTECT_PROCESS, &id, 4, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    OK(km_close(thread, file));
    OK(km_ioctl(thread, second, IOCTL_PROTECT_PROCESS, &id, sizeof id, NULL, 0, NULL));
    OK(km_process_exit(victim, 0));
}

static const struct client_test tests[] = {TEST(test_open), TEST(test_duplicate), TEST(test_thread)};
CLIENT(tests, "protect.sys")
