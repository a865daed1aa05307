// SPDX-License-Identifier: MIT
// Drives the cipher device: data by each transfer method, refused requests, bad user memory, files of their
// own.
#include "tests/drivers/client.h"

#include "tests/drivers/ioctl/public.h"

#define DEVICE "\\\\.\\Cipher"

static km_file *open_with_key(const char *key)
{
    km_file *file = open_device(thread, DEVICE, 0);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_SET_KEY, key, (uint32_t)strlen(key), NULL, 0, NULL));
    return file;
}

static CIPHER_STATISTICS query(km_file *file)
{
    CIPHER_STATISTICS statistics;
    struct km_io io;
    OK(km_ioctl(thread, file, IOCTL_CIPHER_QUERY, NULL, 0, &statistics, sizeof statistics, &io));
    assert_int_equal(io.information, sizeof statistics);
    return statistics;
}

static void test_methods(void)
{
    static const char plain[] = "attack at dawn";
    enum { BYTES = sizeof plain - 1 };
    static const uint32_t encoders[] = {IOCTL_CIPHER_ENCODE, IOCTL_CIPHER_ENCODE_NEITHER};
    km_file *file = open_with_key("k3y");
    char expected[BYTES], output[BYTES + 2];
    struct km_io io;
    for (size_t i = 0; i < BYTES; i++) {
        expected[i] = (char)(plain[i] ^ "k3y"[i % 3]);
    }
    for (size_t i = 0; i < 2; i++) {
        memset(output, '.', sizeof output);
        OK(km_ioctl(thread, file, encoders[i], plain, BYTES, output, sizeof output, &io));
        assert_int_equal(io.information, BYTES);
        assert_memory_equal(output, expected, BYTES);
        assert_memory_equal(output + BYTES, "..", 2);
        // Half of it: a warning with what there is room for.
        memset(output, '.', sizeof output);
        REFUSED(km_ioctl(thread, file, encoders[i], plain, BYTES, output, BYTES / 2, &io),
                STATUS_BUFFER_OVERFLOW);
        assert_int_equal(io.information, BYTES / 2);
        assert_memory_equal(output, expected, BYTES / 2);
        assert_memory_equal(output + BYTES / 2, ".......", BYTES - BYTES / 2);
    }

    // The second buffer of METHOD_IN_DIRECT is read, and that of METHOD_OUT_DIRECT written.
    char data[9000];
    uint32_t factor = 3, position = 1;
    memset(data, 2, sizeof data);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_ADD, &factor, sizeof factor, data, sizeof data, &io));
    assert_int_equal(io.information, 0);
    assert_int_equal(query(file).Checksum, 2 * 3 * sizeof data);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_STREAM, &position, sizeof position, data, sizeof data, &io));
    assert_int_equal(io.information, sizeof data);
    for (size_t i = 0; i < sizeof data; i++) {
        assert_int_equal(data[i], "k3y"[(i + 1) % 3]);
    }

    const CIPHER_STATISTICS statistics = query(file);
    assert_int_equal(statistics.Bytes, 2 * (BYTES + BYTES / 2));
    assert_int_equal(statistics.Requests,
                     6); // the key, two whole encodings, sum, stream and the query in between
    OK(km_close(thread, file));
}

static void test_refusals(void)
{
    km_file *file = open_device(thread, DEVICE, 0), *other;
    char text[32] = {0};
    uint32_t word = 0;
    REFUSED(km_open(thread, DEVICE "\\below", KM_READ, 0, &other), STATUS_OBJECT_NAME_NOT_FOUND);
    REFUSED(km_ioctl(thread, file, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x9ff, METHOD_BUFFERED, 0), NULL, 0, NULL, 0,
                     NULL),
            STATUS_INVALID_DEVICE_REQUEST);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_SET_KEY, text, 0, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_SET_KEY, text, CIPHER_KEY_BYTES + 1, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_QUERY, NULL, 0, text, sizeof(CIPHER_STATISTICS) - 1, NULL),
            STATUS_BUFFER_TOO_SMALL);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_STREAM, &word, sizeof word, NULL, 0, NULL),
            STATUS_BUFFER_TOO_SMALL);
    REFUSED(km_read(thread, file, 0, text, 1, NULL), STATUS_INVALID_DEVICE_REQUEST);

    // What the code asks for is compared with what the handle was opened with.
    OK(km_open(thread, DEVICE, KM_READ, 0, &other));
    REFUSED(km_ioctl(thread, other, IOCTL_CIPHER_SET_KEY, text, 1, NULL, 0, NULL), STATUS_ACCESS_DENIED);
    OK(km_ioctl(thread, other, IOCTL_CIPHER_QUERY, NULL, 0, text, sizeof text, NULL));
    OK(km_close(thread, other));
    OK(km_open(thread, DEVICE, KM_WRITE, 0, &other));
    OK(km_ioctl(thread, other, IOCTL_CIPHER_SET_KEY, text, 1, NULL, 0, NULL));
    REFUSED(km_ioctl(thread, other, IOCTL_CIPHER_QUERY, NULL, 0, text, sizeof text, NULL),
            STATUS_ACCESS_DENIED);
    OK(km_close(thread, other));
    OK(km_close(thread, file));
}

// A code without the API's help: buffers wherever they are said to be.
static uint32_t control(uint64_t handle, uint64_t io_status, uint32_t code, uint64_t input,
                        uint64_t input_bytes, uint64_t output, uint64_t output_bytes)
{
    return SYSTEM_CALL(thread, "NtDeviceIoControlFile", handle, 0, 0, 0, io_status, code, input, input_bytes,
                       output, output_bytes);
}

static void test_bad_user_memory(void)
{
    const uint64_t attributes = user_attributes(process, thread, "\\Device\\Cipher", 0);
    const uint64_t results = user_memory(process, thread, NULL, 24),
                   good = user_memory(process, thread, "text", 4);
    uint64_t handle = 0, unmapped, read_only;
    char text[4];
    assert_int_equal(SYSTEM_CALL(thread, "NtOpenFile", results, KM_READ | KM_WRITE | UINT64_C(0x100000),
                                 attributes, results + 8, 0, 0x20),
                     STATUS_SUCCESS);
    OK(km_user_read(process, results, &handle, sizeof handle));
    OK(km_user_alloc(thread, 0x1000, 0, &unmapped));
    OK(km_user_alloc(thread, 0x1000, 2, &read_only)); // PAGE_READONLY
    OK(km_user_free(thread, unmapped));

    assert_int_equal(control(handle, results + 8, IOCTL_CIPHER_ENCODE_NEITHER, good, 4, good, 4),
                     STATUS_SUCCESS);
    OK(km_user_read(process, good, text, sizeof text));
    assert_memory_equal(text, "text", 4);
    const struct {
        uint64_t input, output;
    } bad[] = {
        {unmapped, good},                    // unmapped to begin with
        {good, unmapped},                    //
        {good, read_only},                   // not to be written
        {UINT64_C(0x400000001000), good},    // the kernel's memory, which a user does not reach
        {good, UINT64_C(0x400000001000)},    //
        {UINT64_C(0x3ffffffffffe), good},    // across the boundary
        {0, good},                           //
        {good, 0},                           //
        {UINT64_C(0xffff800000000000), good} // not canonical on this machine, kernel's on Windows
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (control(handle, results + 8, IOCTL_CIPHER_ENCODE_NEITHER, bad[i].input, 4, bad[i].output, 4) !=
            STATUS_ACCESS_VIOLATION) {
            fail_msg("case %zu", i);
        }
    }
    // Of the other methods it is the I/O manager that looks; but for NULL, which to it is no buffer.
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (bad[i].input == 0 || bad[i].output == 0) {
            continue;
        }
        const uint32_t code = bad[i].output == good ? IOCTL_CIPHER_ENCODE : IOCTL_CIPHER_STREAM;
        if (control(handle, results + 8, code, bad[i].input, 4, bad[i].output, 4) !=
            STATUS_ACCESS_VIOLATION) {
            fail_msg("buffered or direct, case %zu", i);
        }
    }
    assert_int_equal(control(handle, results + 8, IOCTL_CIPHER_STREAM, good, 4, 0, 4),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(control(handle, results + 8, IOCTL_CIPHER_ADD, good, 4, 0, 4), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(SYSTEM_CALL(thread, "NtClose", handle), STATUS_SUCCESS);
}

static void test_files_of_their_own(void)
{
    km_file *first = open_with_key("A"), *second = open_with_key("B");
    char output = 0;
    assert_int_equal(query(first).OpenFiles, 2);
    OK(km_ioctl(thread, first, IOCTL_CIPHER_ENCODE, "x", 1, &output, 1, NULL));
    assert_int_equal(output, 'x' ^ 'A');
    OK(km_ioctl(thread, second, IOCTL_CIPHER_ENCODE, "x", 1, &output, 1, NULL));
    assert_int_equal(output, 'x' ^ 'B');
    OK(km_close(thread, first));
    assert_int_equal(query(second).Bytes, 1);
    assert_int_equal(query(second).OpenFiles, 1);
    // The second stays open: the end of the process closes it.
}

static const struct client_test tests[] = {TEST(test_methods), TEST(test_refusals),
                                           TEST(test_bad_user_memory), TEST(test_files_of_their_own)};
CLIENT(tests, "ioctl.sys")
