// SPDX-License-Identifier: MIT
// Drives the framework: each transfer method, sizes and addresses that are wrong, requests that wait, are
// cancelled, end with their handle or device, contexts of handles, who may open, reads and writes.
#include "tests/drivers/client.h"

#include "tests/drivers/framework/public.h"

const unsigned client_most_processors = 4;

#define DEVICE                     "\\\\.\\Framework"
#define STATUS_INVALID_BUFFER_SIZE UINT32_C(0xC0000206)
#define STATUS_INTERNAL_ERROR      UINT32_C(0xC00000E5)
#define STATUS_DELETE_PENDING      UINT32_C(0xC0000056)
#define STATUS_END_OF_FILE         UINT32_C(0xC0000011)
#define STATUS_DISK_FULL           UINT32_C(0xC000007F)

static const ULONG sums[] = {IOCTL_SUM_BUFFERED, IOCTL_SUM_DIRECT, IOCTL_SUM_NEITHER};
static const ULONG waits[] = {IOCTL_WAIT_BUFFERED, IOCTL_WAIT_DIRECT, IOCTL_WAIT_NEITHER};

static LONG query(km_file *file, ULONG code)
{
    LONG value = -1;
    struct km_io io;
    OK(km_ioctl(thread, file, code, NULL, 0, &value, sizeof value, &io));
    assert_int_equal(io.information, sizeof value);
    return value;
}

static void test_methods(void)
{
    km_file *file = open_device(thread, DEVICE, 0);
    const FRAMEWORK_PAIR pairs[2] = {{40, 2}, {1, 1}};
    UCHAR bytes[5000], back[5000];
    struct km_io io;
    for (size_t i = 0; i < 3; i++) {
        LONG total[2] = {0, 77};
        OK(km_ioctl(thread, file, sums[i], pairs, sizeof pairs[0], total, sizeof total, &io));
        assert_int_equal(io.information, sizeof(LONG));
        assert_int_equal(total[0], 42);
        assert_int_equal(total[1], 77);
        // Sizes are looked at before the handler is called.
        REFUSED(km_ioctl(thread, file, sums[i], pairs, 4, total, 4, NULL), STATUS_BUFFER_TOO_SMALL);
        REFUSED(km_ioctl(thread, file, sums[i], NULL, 0, total, 4, NULL), STATUS_BUFFER_TOO_SMALL);
        REFUSED(km_ioctl(thread, file, sums[i], pairs, 9, total, 4, NULL), STATUS_INVALID_BUFFER_SIZE);
        REFUSED(km_ioctl(thread, file, sums[i], pairs, 8, total, 3, NULL), STATUS_BUFFER_TOO_SMALL);
        REFUSED(km_ioctl(thread, file, sums[i], pairs, 8, NULL, 0, NULL), STATUS_BUFFER_TOO_SMALL);
    }
    assert_int_equal(query(file, IOCTL_REQUESTS), 3);
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (UCHAR)i;
    }
    OK(km_ioctl(thread, file, IOCTL_ADD_DIRECT, NULL, 0, bytes, 100, &io));
    assert_int_equal(query(file, IOCTL_LAST), 99 * 100 / 2);
    static const ULONG many[] = {IOCTL_MANY_BUFFERED, IOCTL_MANY_NEITHER};
    for (size_t i = 0; i < 2; i++) {
        memset(back, 0, sizeof back);
        OK(km_ioctl(thread, file, many[i], bytes, 4096, back, sizeof back, &io));
        assert_int_equal(io.information, 4096);
        assert_memory_equal(back, bytes, 4096);
        assert_int_equal(back[4096], 0);
        REFUSED(km_ioctl(thread, file, many[i], bytes, 4097, back, sizeof back, NULL),
                STATUS_INVALID_BUFFER_SIZE);
    }
    REFUSED(km_ioctl(thread, file, FRAMEWORK_CODE(99, METHOD_BUFFERED), NULL, 0, NULL, 0, NULL),
            STATUS_INVALID_DEVICE_REQUEST);
    REFUSED(km_read(thread, file, 0, back, 4, NULL), STATUS_INVALID_DEVICE_REQUEST);
}

// What the handler has not written is zero, and no more comes back than there is room for.
static void test_leaks(void)
{
    km_file *file = open_device(thread, DEVICE, 0);
    UCHAR bytes[512], back[512];
    struct km_io io;
    memset(bytes, 0x5A, sizeof bytes);
    OK(km_ioctl(thread, file, IOCTL_UNTOUCHED, bytes, sizeof bytes, back, sizeof back, &io));
    assert_int_equal(io.information, sizeof back);
    for (size_t i = 0; i < sizeof back; i++) {
        assert_int_equal(back[i], 0);
    }
    REFUSED(km_ioctl(thread, file, IOCTL_TOO_MUCH, NULL, 0, back, 16, &io), STATUS_INTERNAL_ERROR);
    assert_int_equal(io.information, 0);
}

static uint32_t control(km_file *file, ULONG code, uint64_t input, uint64_t input_bytes, uint64_t output,
                        uint64_t output_bytes)
{
    const uint64_t io = user_memory(process, thread, NULL, 16);
    return SYSTEM_CALL(thread, "NtDeviceIoControlFile", km_file_handle(file), 0, 0, 0, io, code, input,
                       input_bytes, output, output_bytes);
}

// METHOD_NEITHER: addresses of nothing, of the kernel, of memory that is only to be read.
static void test_addresses(void)
{
    km_file *file = open_device(thread, DEVICE, 0);
    const FRAMEWORK_PAIR pair = {1, 2};
    const uint64_t good = user_memory(process, thread, &pair, sizeof pair);
    uint64_t read_only = 0;
    OK(km_user_alloc(thread, 4096, 2, &read_only)); // PAGE_READONLY
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, good, 8, good, 8), STATUS_SUCCESS);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, 8, 8, good, 8), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, good, 8, 8, 8), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, UINT64_C(0x410000000000), 8, good, 8),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, good, 8, UINT64_C(0x410000000000), 8),
                     STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, good, 8, read_only, 8), STATUS_ACCESS_VIOLATION);
    assert_int_equal(control(file, IOCTL_SUM_NEITHER, read_only, 8, good, 8), STATUS_SUCCESS);
    assert_int_equal(query(file, IOCTL_REQUESTS), 2);
}

static km_operation *start_wait(km_thread *by, km_file *file, ULONG code, LONG first,
                                FRAMEWORK_ANSWER *answer)
{
    const FRAMEWORK_PAIR pair = {first, -first};
    km_operation *operation = NULL;
    struct km_io io;
    OK(km_ioctl_start(by, file, code, &pair, sizeof pair, answer, sizeof *answer, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "a wait without an answer", __FILE__, __LINE__);
    return operation;
}

// Who may open is decided later.
static void test_pended_open(void)
{
    km_file *file = open_device(thread, DEVICE "\\yes", 0), *other = open_device(thread, DEVICE, 0), *none;
    const LONG closed = query(other, IOCTL_CLOSED);
    assert_int_equal(query(file, IOCTL_REQUESTS), 100);
    REFUSED(km_open(thread, DEVICE "\\no", KM_READ, 0, &none), STATUS_ACCESS_DENIED);
    REFUSED(km_open(thread, DEVICE "\\what", KM_READ, 0, &none), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(query(other, IOCTL_CLOSED), closed);
    OK(km_close(thread, file));
    assert_int_equal(query(other, IOCTL_CLOSED), closed + 1);
}

// Whatever another thread does to the input of a request that goes on, or to its memory, the driver has what
// was there when it was sent.
static void test_changed_input(void)
{
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED), *other = open_device(thread, DEVICE, 0);
    const FRAMEWORK_PAIR pair = {1, -1}, changed = {8, 9};
    const LONG said = 7;
    for (size_t i = 0; i < 6; i++) {
        const uint64_t output = user_memory(process, thread, NULL, sizeof(FRAMEWORK_ANSWER));
        FRAMEWORK_ANSWER answer;
        uint64_t input;
        OK(km_user_alloc(thread, sizeof pair, 0, &input));
        OK(km_user_write(process, input, &pair, sizeof pair));
        assert_int_equal(control(file, waits[i % 3], input, sizeof pair, output, sizeof answer),
                         STATUS_PENDING);
        if (i < 3) {
            OK(km_user_write(process, input, &changed, sizeof changed));
        } else {
            OK(km_user_free(thread, input));
        }
        OK(km_ioctl(thread, other, IOCTL_ANSWER, &said, 4, NULL, 0, NULL));
        OK(km_user_read(process, output, &answer, sizeof answer));
        assert_int_equal(answer.Asked.First, 1);
        assert_int_equal(answer.Asked.Second, -1);
        assert_int_equal(answer.Answer, 7);
    }
}

static void test_pending(void)
{
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED), *other = open_device(thread, DEVICE, 0);
    FRAMEWORK_ANSWER answers[4];
    km_operation *operations[4];
    const LONG said = 7;
    struct km_io io;
    REFUSED(km_ioctl(thread, other, IOCTL_ANSWER, &said, 4, NULL, 0, NULL), STATUS_NOT_FOUND);
    for (size_t i = 0; i < 4; i++) {
        operations[i] = start_wait(thread, file, waits[i % 3], (LONG)i + 1, &answers[i]);
    }
    // The second is cancelled; the others are answered in their order, with what they asked.
    OK(km_cancel(thread, operations[1]));
    REFUSED(km_wait(operations[1], KM_FOREVER, NULL), STATUS_CANCELLED);
    for (size_t i = 0; i < 4; i += i == 0 ? 2 : 1) {
        OK(km_ioctl(thread, other, IOCTL_ANSWER, &said, 4, NULL, 0, NULL));
        OK(km_wait(operations[i], KM_FOREVER, &io));
        assert_int_equal(io.information, sizeof answers[i]);
        assert_int_equal(answers[i].Asked.First, i + 1);
        assert_int_equal(answers[i].Asked.Second, -(LONG)(i + 1));
        assert_int_equal(answers[i].Answer, said);
    }
    REFUSED(km_ioctl(thread, other, IOCTL_ANSWER, &said, 4, NULL, 0, NULL), STATUS_NOT_FOUND);
}

// The end of a handle cancels its requests alone.
static void test_cleanup(void)
{
    km_file *first = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_file *second = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    FRAMEWORK_ANSWER answers[3];
    km_operation *operations[3];
    const LONG said = 1, closed = query(second, IOCTL_CLOSED);
    for (size_t i = 0; i < 3; i++) {
        operations[i] = start_wait(thread, i == 1 ? second : first, waits[i], (LONG)i, &answers[i]);
    }
    OK(km_close(thread, first));
    REFUSED(km_wait(operations[0], KM_FOREVER, NULL), STATUS_CANCELLED);
    REFUSED(km_wait(operations[2], KM_FOREVER, NULL), STATUS_CANCELLED);
    assert_int_equal(query(second, IOCTL_CLOSED), closed + 1);
    km_file *third = open_device(thread, DEVICE, 0);
    assert_int_equal(query(third, IOCTL_REQUESTS), 0);
    OK(km_ioctl(thread, third, IOCTL_ANSWER, &said, 4, NULL, 0, NULL));
    OK(km_wait(operations[1], KM_FOREVER, NULL));
    // And of a process: what is pending of it at its end.
    km_thread *other_thread;
    km_process *other = start_process("other.exe", &other_thread);
    km_file *others = open_device(other_thread, DEVICE, KM_OPEN_OVERLAPPED);
    (void)start_wait(other_thread, others, IOCTL_WAIT_NEITHER, 1, &answers[0]);
    OK(km_process_exit(other, 0));
    REFUSED(km_ioctl(thread, third, IOCTL_ANSWER, &said, 4, NULL, 0, NULL), STATUS_NOT_FOUND);
    // This one's end at the end of the test.
    (void)start_wait(thread, second, IOCTL_WAIT_NEITHER, 1, &answers[0]);
}

// A device that is made and ended while others go on.
static void test_second_device(void)
{
    km_file *file = open_device(thread, DEVICE, 0), *second, *refused;
    FRAMEWORK_ANSWER answers[3];
    km_operation *operations[3];
    REFUSED(km_open(thread, DEVICE "2", KM_READ | KM_WRITE, 0, &refused), STATUS_OBJECT_NAME_NOT_FOUND);
    REFUSED(km_ioctl(thread, file, IOCTL_BREAK, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_STATE);
    OK(km_ioctl(thread, file, IOCTL_MAKE, NULL, 0, NULL, 0, NULL));
    REFUSED(km_ioctl(thread, file, IOCTL_MAKE, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_STATE);
    second = open_device(thread, DEVICE "2", KM_OPEN_OVERLAPPED);
    for (size_t i = 0; i < 3; i++) {
        operations[i] = start_wait(thread, second, waits[i], (LONG)i, &answers[i]);
    }
    OK(km_ioctl(thread, file, IOCTL_BREAK, NULL, 0, NULL, 0, NULL));
    for (size_t i = 0; i < 3; i++) {
        REFUSED(km_wait(operations[i], KM_FOREVER, NULL), STATUS_CANCELLED);
    }
    REFUSED(km_ioctl(thread, second, IOCTL_LAST, NULL, 0, answers, 4, NULL), STATUS_DELETE_PENDING);
    OK(km_close(thread, second));
    REFUSED(km_open(thread, DEVICE "2", KM_READ | KM_WRITE, 0, &refused), STATUS_OBJECT_NAME_NOT_FOUND);
    // One that is left is ended with the driver.
    OK(km_ioctl(thread, file, IOCTL_MAKE, NULL, 0, NULL, 0, NULL));
    OK(km_close(thread, open_device(thread, DEVICE "2", 0)));
}

static void test_open(void)
{
    km_file *file;
    km_process *other;
    km_thread *other_thread;
    struct km_io io;
    char text[8];
    REFUSED(km_open(thread, DEVICE "\\below", KM_READ | KM_WRITE, 0, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    // Without an SDDL string a device is for the system and for administrators.
    OK(km_process_create_as(machine, "user.exe", NULL, KM_USER_STANDARD, &other, &other_thread));
    REFUSED(km_open(other_thread, DEVICE, KM_READ, 0, &file), STATUS_ACCESS_DENIED);
    OK(km_open(other_thread, "\\\\.\\FrameworkDirect", KM_READ | KM_WRITE, 0, &file));
    OK(km_write(other_thread, file, 0, "user", 4, NULL));
    OK(km_read(other_thread, file, 0, text, sizeof text, &io));
    assert_int_equal(io.information, 4);
    assert_memory_equal(text, "user", 4);
    OK(km_process_exit(other, 0));
}

static void test_transfers(void)
{
    static const char *const names[] = {"\\\\.\\FrameworkBuffered", "\\\\.\\FrameworkDirect",
                                        "\\\\.\\FrameworkNeither"};
    char text[512], back[512];
    struct km_io io;
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = (char)('a' + i % 26);
    }
    for (size_t i = 0; i < 3; i++) {
        km_file *file = open_device(thread, names[i], 0);
        REFUSED(km_read(thread, file, 0, back, sizeof back, NULL), STATUS_END_OF_FILE);
        OK(km_write(thread, file, 0, text, 200, &io));
        assert_int_equal(io.information, 200);
        REFUSED(km_write(thread, file, 0, text, 300, &io), STATUS_DISK_FULL);
        assert_int_equal(io.information, 0);
        OK(km_read(thread, file, 0, back, sizeof back, &io));
        assert_int_equal(io.information, 200);
        assert_memory_equal(back, text, 200);
        OK(km_read(thread, file, 0, back, 10, &io));
        assert_int_equal(io.information, 10);
        OK(km_write(thread, file, 0, text, 0, &io));
        assert_int_equal(io.information, 0);
        REFUSED(km_read(thread, file, 0, back, 10, NULL), STATUS_END_OF_FILE);
    }
}

static const struct client_test tests[] = {
    TEST(test_methods),       TEST(test_leaks),       TEST(test_addresses), TEST(test_pending),
    TEST(test_changed_input), TEST(test_pended_open), TEST(test_cleanup),   TEST(test_open),
    TEST(test_second_device), TEST(test_transfers)};
CLIENT(tests, "framework.sys")
