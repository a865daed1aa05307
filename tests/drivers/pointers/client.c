// SPDX-License-Identifier: MIT
// Gives the copier pointers of every kind, and takes memory away while it waits.
#include "tests/drivers/client.h"

#include "tests/drivers/pointers/public.h"

#define STATUS_DATATYPE_MISALIGNMENT UINT32_C(0x80000002)
#define CURRENT_PROCESS              UINT64_MAX
#define MEM_DECOMMIT                 0x4000
#define PAGE_NOACCESS                1
#define PAGE_READONLY                2
#define PAGE_READWRITE               4

static km_file *file;

static void open_file(void)
{
    file = open_device(thread, "\\\\.\\Copier", 0);
}

static enum km_result copy(uint64_t from, uint64_t to, uint32_t bytes, uint32_t alignment)
{
    const COPIER_REQUEST request = {.From = from, .To = to, .Bytes = bytes, .Alignment = alignment};
    return km_ioctl(thread, file, IOCTL_COPIER_COPY, &request, sizeof request, NULL, 0, NULL);
}

// By a thread of its own, which is in the driver until go().
static km_operation *start_later(uint32_t code, uint64_t from, uint64_t to, uint32_t bytes)
{
    const COPIER_REQUEST request = {.From = from, .To = to, .Bytes = bytes, .Alignment = 1};
    km_operation *operation = NULL;
    km_thread *other;
    struct km_io io;
    OK(km_thread_create(process, &other));
    OK(km_ioctl_start(other, open_device(other, "\\\\.\\Copier", 0), code, &request, sizeof request, NULL, 0,
                      &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "until it may go on", __FILE__, __LINE__);
    return operation;
}

static void go(void)
{
    OK(km_ioctl(thread, file, IOCTL_COPIER_GO, NULL, 0, NULL, 0, NULL));
}

// NtProtectVirtualMemory and NtFreeVirtualMemory take pointers to base and size.
static void protect(uint64_t address, uint64_t bytes, uint32_t protection)
{
    const uint64_t region[2] = {address, bytes};
    const uint64_t at = user_memory(process, thread, region, 24);
    assert_int_equal(
        SYSTEM_CALL(thread, "NtProtectVirtualMemory", CURRENT_PROCESS, at, at + 8, protection, at + 16),
        STATUS_SUCCESS);
}

static void decommit(uint64_t address, uint64_t bytes)
{
    const uint64_t region[2] = {address, bytes};
    const uint64_t at = user_memory(process, thread, region, sizeof region);
    assert_int_equal(SYSTEM_CALL(thread, "NtFreeVirtualMemory", CURRENT_PROCESS, at, at + 8, MEM_DECOMMIT),
                     STATUS_SUCCESS);
}

static void test_probes(void)
{
    km_thread *first;
    km_process *other = start_process("other.exe", &first);
    open_file();
    const uint64_t memory = user_memory(process, thread, NULL, 0x3000);
    const uint64_t others = user_memory(other, first, "theirs", 7);
    char text[8];
    OK(km_user_write(process, memory, "0123456789", 10));
    protect(memory + 0x2000, 0x1000, PAGE_READONLY);
    OK(copy(memory, memory + 0x1000, 8, 1));
    OK(copy(memory + 1, memory + 0x1011, 5, 1));
    OK(km_user_read(process, memory + 0x1010, text, 7));
    assert_memory_equal(text, "\00012345", 7);
    OK(copy(memory + 0x2ff8, memory, 8, 8)); // the last bytes of all
    const struct {
        uint64_t from, to;
        uint32_t bytes;
    } bad[] = {
        {memory, memory + 0x2000, 1},                    // read-only
        {memory, memory + 0x1ff9, 8},                    // its last byte is
        {memory + 0x2ff9, memory, 8},                    // its last byte is not there
        {others, memory, 4},                             // another process's
        {memory, others, 4},                             //
        {0, memory, 1},                                  //
        {memory, 0, 1},                                  //
        {UINT64_C(0x400000000000), memory, 1},           // the kernel's
        {UINT64_C(0x3fffffffffff), memory, 2},           // reaches into it
        {memory, UINT64_C(0x400000000000), 1},           //
        {UINT64_MAX - 7, memory, 16},                    // wraps
        {memory, UINT64_C(0x8000000000000000), 1},       // not canonical
        {UINT64_C(0xfffff78000000000), memory, 4},       // there, but not for user mode
        {memory + 0x1000, memory, UINT32_C(0xffffffff)}, // all of it
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const enum km_result result = copy(bad[i].from, bad[i].to, bad[i].bytes, 1);
        if (result != KM_REFUSED || km_last_status(machine) != STATUS_ACCESS_VIOLATION) {
            fail_msg("case %zu: result %d, status 0x%08X", i, result, km_last_status(machine));
        }
    }
    REFUSED(copy(memory + 2, memory + 0x1000, 4, 4), STATUS_DATATYPE_MISALIGNMENT);
    REFUSED(copy(memory, memory + 0x1001, 4, 2), STATUS_DATATYPE_MISALIGNMENT);
    // Nobody has written to the other process, nor to what is read-only.
    OK(km_user_read(other, others, text, 6));
    assert_memory_equal(text, "theirs", 6);
    OK(km_user_read(process, memory + 0x2000, text, 2));
    assert_memory_equal(text, "\0\0", 2);
}

// Probed, and then gone, protected, or partly so.
static void test_gone_in_between(void)
{
    static char pattern[0x2000], read[0x2000];
    km_operation *operation;
    open_file();
    memset(pattern, 'p', sizeof pattern);
    const uint64_t from = user_memory(process, thread, pattern, sizeof pattern);

    uint64_t to = user_memory(process, thread, NULL, 0x2000);
    operation = start_later(IOCTL_COPIER_COPY_LATER, from, to, 0x2000);
    go();
    OK(km_wait(operation, KM_FOREVER, NULL));
    OK(km_user_read(process, to, read, sizeof read));
    assert_memory_equal(read, pattern, sizeof read);

    operation = start_later(IOCTL_COPIER_COPY_LATER, from, to, 0x2000);
    OK(km_user_free(thread, to));
    go();
    REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_ACCESS_VIOLATION);

    to = user_memory(process, thread, NULL, 0x2000);
    operation = start_later(IOCTL_COPIER_COPY_LATER, from, to, 0x2000);
    protect(to + 0x1000, 0x1000, PAGE_READONLY);
    go();
    REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_ACCESS_VIOLATION);
    OK(km_user_read(process, to, read, sizeof read));
    assert_memory_equal(read, pattern, 0x1000); // what came before it faulted
    for (size_t i = 0x1000; i < 0x2000; i++) {
        assert_int_equal(read[i], 0);
    }

    protect(to + 0x1000, 0x1000, PAGE_READWRITE);
    operation = start_later(IOCTL_COPIER_COPY_LATER, from, to, 0x2000);
    protect(from, 0x1000, PAGE_NOACCESS);
    go();
    REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_ACCESS_VIOLATION);
    protect(from, 0x1000, PAGE_READWRITE);
    operation = start_later(IOCTL_COPIER_COPY_LATER, from, to, 0x2000);
    decommit(from + 0x1000, 0x1000);
    go();
    REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_ACCESS_VIOLATION);
}

// Pages that are locked are written to though their address is gone, and nobody else's are.
static void test_locked(void)
{
    char read[16];
    open_file();
    uint64_t to = user_memory(process, thread, "................", 16);
    km_operation *operation = start_later(IOCTL_COPIER_FILL_LATER, 0, to, 16);
    protect(to, 0x1000, PAGE_READONLY); // too late
    go();
    OK(km_wait(operation, KM_FOREVER, NULL));
    OK(km_user_read(process, to, read, sizeof read));
    assert_memory_equal(read, "xxxxxxxxxxxxxxxx", 16);

    const COPIER_REQUEST request = {.To = to, .Bytes = 16, .Alignment = 1};
    REFUSED(km_ioctl(thread, file, IOCTL_COPIER_FILL_LATER, &request, sizeof request, NULL, 0, NULL),
            STATUS_ACCESS_VIOLATION);
    protect(to, 0x1000, PAGE_READWRITE);
    operation = start_later(IOCTL_COPIER_FILL_LATER, 0, to, 16);
    OK(km_user_free(thread, to));
    uint64_t others[8]; // one of them may well have the address
    for (size_t i = 0; i < 8; i++) {
        others[i] = user_memory(process, thread, "................", 16);
    }
    go();
    OK(km_wait(operation, KM_FOREVER, NULL));
    for (size_t i = 0; i < 8; i++) {
        OK(km_user_read(process, others[i], read, sizeof read));
        assert_memory_equal(read, "................", 16);
    }
}

// The process ends while one of its threads is in the driver with its pages locked: it is gone when that is
// done.
static void test_end_in_between(void)
{
    km_thread *first, *second;
    km_operation *operation;
    struct km_io io;
    open_file();
    km_process *other = start_process("other.exe", &first);
    OK(km_thread_create(other, &second));
    const COPIER_REQUEST request = {.To = user_memory(other, first, NULL, 16), .Bytes = 16, .Alignment = 1};
    km_file *others = open_device(first, "\\\\.\\Copier", 0);
    OK(km_ioctl_start(first, others, IOCTL_COPIER_FILL_LATER, &request, sizeof request, NULL, 0, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "until it may go on", __FILE__, __LINE__);
    go();
    OK(km_wait(operation, KM_FOREVER, &io));
    OK(km_ioctl_start(first, others, IOCTL_COPIER_FILL_LATER, &request, sizeof request, NULL, 0, &operation));
    OK(km_process_exit(other, 0));
    go();
    OK(km_clock_advance(machine, 10000));
}

static const struct client_test tests[] = {TEST(test_probes), TEST(test_gone_in_between), TEST(test_locked),
                                           TEST(test_end_in_between)};
CLIENT(tests, "pointers.sys")
