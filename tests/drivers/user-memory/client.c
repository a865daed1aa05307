// SPDX-License-Identifier: MIT
// Gives the driver of the SDK's memory routines good addresses and bad ones, looks at what it shares, and
// leaves without giving back.
#include "tests/drivers/client.h"

#include "tests/drivers/user-memory/public.h"

#define STATUS_NAME_TOO_LONG UINT32_C(0xC0000106)
#define PAGE                 UINT64_C(0x1000)
#define PAGE_READONLY        2

static km_file *file;

static void open_file(void)
{
    file = open_device(thread, "\\\\.\\UserMemory", 0);
}

static enum km_result request(uint32_t code, uint64_t address, uint64_t bytes, uint64_t value,
                              uint64_t *answer)
{
    const USER_MEMORY_REQUEST asked = {.Address = address, .Bytes = bytes, .Value = value};
    return km_ioctl(thread, file, code, &asked, sizeof asked, answer, answer != NULL ? sizeof *answer : 0,
                    NULL);
}

static uint64_t number_at(uint64_t address)
{
    uint64_t number = 0;
    OK(km_user_read(process, address, &number, sizeof number));
    return number;
}

static void test_values(void)
{
    uint64_t start = 40, memory, constant = 0;
    open_file();
    memory = user_memory(process, thread, &start, sizeof start);
    OK(request(IOCTL_USER_MEMORY_ADD, memory, 0, 2, NULL));
    assert_int_equal(number_at(memory), 42);
    OK(request(IOCTL_USER_MEMORY_ADD, memory + 3, 0, 1, NULL)); // not aligned
    assert_int_equal(number_at(memory + 3), 1);

    OK(km_user_alloc(thread, PAGE, PAGE_READONLY, &constant));
    REFUSED(request(IOCTL_USER_MEMORY_ADD, constant, 0, 1, NULL), STATUS_ACCESS_VIOLATION);
    assert_int_equal(number_at(constant), 0);
    OK(km_user_free(thread, constant));
    REFUSED(request(IOCTL_USER_MEMORY_ADD, constant, 0, 1, NULL), STATUS_ACCESS_VIOLATION);
    REFUSED(request(IOCTL_USER_MEMORY_ADD, 0, 0, 1, NULL), STATUS_ACCESS_VIOLATION);
    REFUSED(request(IOCTL_USER_MEMORY_ADD, UINT64_C(0xFFFFF78000000014), 0, 1, NULL),
            STATUS_ACCESS_VIOLATION);
    REFUSED(request(IOCTL_USER_MEMORY_ADD, UINT64_MAX - 3, 0, 1, NULL), STATUS_ACCESS_VIOLATION);
    OK(km_close(thread, file));
}

static enum km_result capture(uint64_t address, WCHAR *text, size_t room, uint64_t *bytes)
{
    const USER_MEMORY_REQUEST asked = {.Address = address};
    struct km_io io = {0};
    const enum km_result result =
        km_ioctl(thread, file, IOCTL_USER_MEMORY_STRING, &asked, sizeof asked, text, (uint32_t)room, &io);
    *bytes = io.information;
    return result;
}

static void test_strings(void)
{
    WCHAR text[USER_MEMORY_LONGEST];
    char longest[USER_MEMORY_LONGEST / 2 + 2] = {0};
    uint64_t bytes, string;
    USHORT odd = 3;
    open_file();
    OK(capture(user_string(process, thread, "name"), text, sizeof text, &bytes));
    assert_int_equal(bytes, 8);
    assert_true(text[0] == 'n' && text[3] == 'e');
    memset(longest, 'x', sizeof longest - 2);
    OK(capture(user_string(process, thread, longest), text, sizeof text, &bytes));
    assert_int_equal(bytes, USER_MEMORY_LONGEST);
    longest[sizeof longest - 2] = 'x';
    REFUSED(capture(user_string(process, thread, longest), text, sizeof text, &bytes), STATUS_NAME_TOO_LONG);
    string = user_string(process, thread, "name");
    OK(km_user_write(process, string, &odd, sizeof odd));
    REFUSED(capture(string, text, sizeof text, &bytes), STATUS_INVALID_PARAMETER);
    // The header is there, the text is not.
    const struct {
        USHORT length, most;
        uint64_t buffer;
    } header = {.length = 8, .most = 8, .buffer = 0x10};
    string = user_memory(process, thread, &header, sizeof header);
    REFUSED(capture(string, text, sizeof text, &bytes), STATUS_ACCESS_VIOLATION);
    REFUSED(capture(8, text, sizeof text, &bytes), STATUS_ACCESS_VIOLATION);
    OK(km_close(thread, file));
}

static void test_locked(void)
{
    enum { BYTES = 3 * 0x1000 - 100 };
    static unsigned char data[BYTES];
    uint64_t memory, sum = 0, constant = 0;
    open_file();
    REFUSED(request(IOCTL_USER_MEMORY_CHANGE, 0, 0, 1, &sum), STATUS_INVALID_DEVICE_STATE);
    memset(data, 1, sizeof data);
    memory = user_memory(process, thread, data, sizeof data);
    OK(request(IOCTL_USER_MEMORY_LOCK, memory, BYTES, 0, NULL));
    REFUSED(request(IOCTL_USER_MEMORY_LOCK, memory, BYTES, 0, NULL), STATUS_DEVICE_BUSY);
    OK(request(IOCTL_USER_MEMORY_CHANGE, 0, 0, 2, &sum));
    assert_int_equal(sum, 3 * BYTES);
    OK(km_user_read(process, memory, data, sizeof data));
    assert_true(data[0] == 3 && data[BYTES - 1] == 3);
    data[0] = 10; // and what the program writes, the driver sees
    OK(km_user_write(process, memory, data, 1));
    OK(request(IOCTL_USER_MEMORY_CHANGE, 0, 0, 0, &sum));
    assert_int_equal(sum, 3 * BYTES + 7);
    OK(request(IOCTL_USER_MEMORY_UNLOCK, 0, 0, 0, NULL));
    REFUSED(request(IOCTL_USER_MEMORY_CHANGE, 0, 0, 1, &sum), STATUS_INVALID_DEVICE_STATE);

    OK(km_user_alloc(thread, PAGE, PAGE_READONLY, &constant));
    REFUSED(request(IOCTL_USER_MEMORY_LOCK, constant, 10, 0, NULL), STATUS_ACCESS_VIOLATION);
    REFUSED(request(IOCTL_USER_MEMORY_LOCK, 8, 10, 0, NULL), STATUS_ACCESS_VIOLATION);
    REFUSED(request(IOCTL_USER_MEMORY_LOCK, memory, 0, 0, NULL), STATUS_INVALID_PARAMETER);
    REFUSED(request(IOCTL_USER_MEMORY_LOCK, memory, UINT64_C(1) << 40, 0, NULL), STATUS_INVALID_PARAMETER);
    // Locked pages of a file that is closed are unlocked.
    OK(request(IOCTL_USER_MEMORY_LOCK, memory, BYTES, 0, NULL));
    OK(km_close(thread, file));
}

static void test_shared(void)
{
    uint64_t address = 0, before = 1, value = 77;
    open_file();
    REFUSED(request(IOCTL_USER_MEMORY_SWAP, 0, 0, 1, &before), STATUS_INVALID_DEVICE_STATE);
    OK(request(IOCTL_USER_MEMORY_SHARE, 0, 0x20000, 0, &address));
    assert_true(address != 0 && address % 0x10000 == 0);
    assert_int_equal(number_at(address), 0);
    OK(km_user_write(process, address, &value, sizeof value));
    OK(request(IOCTL_USER_MEMORY_SWAP, 0, 0, 78, &before));
    assert_int_equal(before, 77);
    assert_int_equal(number_at(address), 78);
    assert_int_equal(number_at(address + 0x1FFF8), 0);
    REFUSED(request(IOCTL_USER_MEMORY_SHARE, 0, 0x20000, 0, &address), STATUS_DEVICE_BUSY);
    OK(km_close(thread, file));
    assert_int_equal(km_user_read(process, address, &value, sizeof value), KM_FAILED);
}

static void test_shown(void)
{
    uint64_t address = 0, sum = 0;
    open_file();
    OK(request(IOCTL_USER_MEMORY_SHOW, 0, 0, 0, &address));
    assert_int_equal(number_at(address), 0x1234);
    OK(request(IOCTL_USER_MEMORY_CHANGE, 0, 0, 1, &sum));
    assert_int_equal(number_at(address), UINT64_C(0x0101010101011335));
    OK(request(IOCTL_USER_MEMORY_UNLOCK, 0, 0, 0, NULL));
    assert_int_equal(km_user_read(process, address, &sum, sizeof sum), KM_FAILED);
    OK(request(IOCTL_USER_MEMORY_SHOW, 0, 0, 0, &address));
    OK(km_close(thread, file));
}

// The process ends with pages locked and a view of the section: its file's cleanup is in time.
static void test_process_that_ends(void)
{
    km_process *own_process = process;
    km_thread *own_thread = thread;
    uint64_t memory, address = 0;
    process = start_process("another.exe", &thread);
    open_file();
    memory = user_memory(process, thread, "x", 1);
    OK(request(IOCTL_USER_MEMORY_LOCK, memory, 1, 0, NULL));
    OK(request(IOCTL_USER_MEMORY_SHARE, 0, 0x10000, 0, &address));
    OK(km_process_exit(process, 0));
    process = own_process;
    thread = own_thread;
}

static const struct client_test tests[] = {
    TEST(test_values), TEST(test_strings), TEST(test_locked),
    TEST(test_shared), TEST(test_shown),   TEST(test_process_that_ends),
};

CLIENT(tests, "user-memory.sys")
