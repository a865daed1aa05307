// SPDX-License-Identifier: MIT
// What services tell user mode: that a handle lacks a right, and texts about its process.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/include/kmode/machine.h"

#define STATUS_INFO_LENGTH_MISMATCH UINT32_C(0xC0000004)
#define STATUS_ACCESS_DENIED        UINT32_C(0xC0000022)
#define STATUS_HANDLE_NOT_CLOSABLE  UINT32_C(0xC0000235)

#define CURRENT UINT64_MAX // of NtCurrentProcess

#define PROCESS_TERMINATE         0x0001
#define PROCESS_QUERY_INFORMATION 0x0400
#define SECTION_QUERY             0x0001
#define SECTION_MAP_READ          0x0004
#define KEY_QUERY_VALUE           0x0001
#define KEY_SET_VALUE             0x0002
#define KEY_NOTIFY                0x0010
#define EVENT_MODIFY_STATE        0x0002
#define OBJ_PROTECT_CLOSE         0x0001
#define MEM_RESERVE               0x2000
#define MEM_RELEASE               0x8000
#define PAGE_READONLY             0x02
#define PAGE_READWRITE            0x04
#define SEC_COMMIT                0x8000000
#define VIEW_UNMAP                2

static km_machine *machine;
static km_process *process;
static km_thread *thread;
static uint64_t area; // of user memory: results at its start, arguments behind

enum { RESULT = 0, SIZE = 8, OBJECT = 64, NAME = 128, TEXT = 160, CLIENT_ID = 512 };

// Within a test: cmocka takes signals over as each begins.
static void make_machine(void)
{
    const struct km_machine_options options = {
        .kernel_path = "build/lib/kmode/ntoskrnl.exe", .exports_path = "nt/exports", .time_limit = 10};
    machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_process_create(machine, "client.exe", "client.exe -x", &process, &thread), KM_OK);
    assert_int_equal(km_user_alloc(thread, 0x1000, 0, &area), KM_OK);
}

static int destroy_machine(void **state)
{
    (void)state;
    km_machine_destroy(machine);
    machine = NULL;
    return 0;
}

static uint32_t call(const char *service, const uint64_t *arguments, size_t count)
{
    uint32_t status = 0;
    assert_int_equal(km_system_call(thread, service, arguments, count, &status), KM_OK);
    return status;
}

#define CALL(service, ...)                                                                                   \
    call(service, (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

static void put(uint64_t offset, uint64_t value)
{
    assert_int_equal(km_user_write(process, area + offset, &value, sizeof value), KM_OK);
}

static uint64_t get(uint64_t offset)
{
    uint64_t value = 0;
    assert_int_equal(km_user_read(process, area + offset, &value, sizeof value), KM_OK);
    return value;
}

// OBJECT_ATTRIBUTES with a name; "": without one.
static uint64_t name_object(const char *name)
{
    uint16_t text[64] = {0};
    size_t length = 0;
    while (name[length] != '\0') {
        text[length] = (uint8_t)name[length];
        length++;
    }
    const uint64_t attributes[] = {48, 0, length != 0 ? area + NAME : 0, 0, 0, 0};
    const uint64_t counted[] = {length * 2 | length * 2 << 16, area + TEXT};
    assert_int_equal(km_user_write(process, area + OBJECT, attributes, sizeof attributes), KM_OK);
    assert_int_equal(km_user_write(process, area + NAME, counted, sizeof counted), KM_OK);
    assert_int_equal(km_user_write(process, area + TEXT, text, sizeof text), KM_OK);
    return area + OBJECT;
}

static uint64_t open_self(uint64_t access)
{
    put(CLIENT_ID, km_process_id(process));
    put(CLIENT_ID + 8, 0);
    assert_int_equal(CALL("NtOpenProcess", area + RESULT, access, name_object(""), area + CLIENT_ID), 0);
    return get(RESULT);
}

static void test_process(void **state)
{
    (void)state;
    make_machine();
    const uint64_t weak = open_self(PROCESS_QUERY_INFORMATION);
    put(RESULT, 0);
    put(SIZE, 0x1000);
    assert_int_equal(
        CALL("NtAllocateVirtualMemory", weak, area + RESULT, 0, area + SIZE, MEM_RESERVE, PAGE_READWRITE),
        STATUS_ACCESS_DENIED);
    put(RESULT, area);
    put(SIZE, 0);
    assert_int_equal(CALL("NtFreeVirtualMemory", weak, area + RESULT, area + SIZE, MEM_RELEASE),
                     STATUS_ACCESS_DENIED);
    put(RESULT, area);
    put(SIZE, 0x1000);
    assert_int_equal(
        CALL("NtProtectVirtualMemory", weak, area + RESULT, area + SIZE, PAGE_READONLY, area + NAME),
        STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtUnmapViewOfSection", weak, area), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtReadVirtualMemory", weak, area, area + NAME, 8, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtWriteVirtualMemory", weak, area, area + NAME, 8, 0), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtTerminateProcess", weak, 1), STATUS_ACCESS_DENIED);
    const uint64_t weaker = open_self(PROCESS_TERMINATE);
    assert_int_equal(CALL("NtQueryInformationProcess", weaker, 0, area + NAME, 48, 0), STATUS_ACCESS_DENIED);
}

// A process's texts: a UNICODE_STRING, and what it leads to behind it.
static void expect_text(uint64_t class, const char *expected)
{
    uint64_t head[2];
    uint16_t text[128] = {0};
    assert_int_equal(CALL("NtQueryInformationProcess", CURRENT, class, area + CLIENT_ID, 8, area + SIZE),
                     STATUS_INFO_LENGTH_MISMATCH);
    const uint64_t needed = (uint32_t)get(SIZE);
    assert_int_equal(
        CALL("NtQueryInformationProcess", CURRENT, class, area + CLIENT_ID, needed - 1, area + SIZE),
        STATUS_INFO_LENGTH_MISMATCH);
    assert_int_equal(CALL("NtQueryInformationProcess", CURRENT, class, area + CLIENT_ID, needed, area + SIZE),
                     0);
    assert_int_equal(km_user_read(process, area + CLIENT_ID, head, sizeof head), KM_OK);
    assert_int_equal(head[1], area + CLIENT_ID + 16);
    assert_int_equal(km_user_read(process, head[1], text, (uint16_t)head[0]), KM_OK);
    for (size_t i = 0; i <= (uint16_t)head[0] / 2; i++) {
        assert_int_equal(text[i], (uint8_t)expected[i]);
    }
}

static void test_texts(void **state)
{
    (void)state;
    make_machine();
    expect_text(27, "\\Device\\HarddiskVolume1\\Windows\\System32\\client.exe");
    expect_text(43, "C:\\Windows\\System32\\client.exe");
    expect_text(60, "client.exe -x");
}

static void test_section(void **state)
{
    (void)state;
    make_machine();
    put(SIZE, 0x1000);
    assert_int_equal(CALL("NtCreateSection", area + RESULT, SECTION_QUERY | SECTION_MAP_READ, 0, area + SIZE,
                          PAGE_READWRITE, SEC_COMMIT, 0),
                     0);
    const uint64_t section = get(RESULT);
    for (int writable = 0; writable <= 1; writable++) {
        put(RESULT, 0);
        put(SIZE, 0);
        assert_int_equal(CALL("NtMapViewOfSection", section, CURRENT, area + RESULT, 0, 0, 0, area + SIZE,
                              VIEW_UNMAP, 0, writable ? PAGE_READWRITE : PAGE_READONLY),
                         writable ? STATUS_ACCESS_DENIED : 0);
    }
    const uint64_t weak = open_self(PROCESS_QUERY_INFORMATION);
    put(RESULT, 0);
    assert_int_equal(CALL("NtMapViewOfSection", section, weak, area + RESULT, 0, 0, 0, area + SIZE,
                          VIEW_UNMAP, 0, PAGE_READONLY),
                     STATUS_ACCESS_DENIED);
}

static uint64_t make_key(uint64_t access)
{
    assert_int_equal(CALL("NtCreateKey", area + RESULT, access,
                          name_object("\\Registry\\Machine\\SOFTWARE\\Rights"), 0, 0, 0, 0),
                     0);
    return get(RESULT);
}

static void test_key(void **state)
{
    (void)state;
    make_machine();
    const uint64_t reader = make_key(KEY_QUERY_VALUE), writer = make_key(KEY_SET_VALUE),
                   neither = make_key(KEY_NOTIFY);
    const uint64_t length = area + SIZE, buffer = area + CLIENT_ID;
    name_object("Value"); // whose UNICODE_STRING is the value's
    assert_int_equal(CALL("NtSetValueKey", reader, area + NAME, 0, 4, area, 4), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtSetValueKey", writer, area + NAME, 0, 4, area, 4), 0);
    assert_int_equal(CALL("NtQueryValueKey", writer, area + NAME, 2, buffer, 64, length),
                     STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtQueryValueKey", reader, area + NAME, 2, buffer, 64, length), 0);
    assert_int_equal(CALL("NtEnumerateValueKey", writer, 0, 2, buffer, 64, length), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtQueryKey", neither, 0, buffer, 64, length), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtQueryKey", neither, 3, buffer, 256, length), 0); // the name needs no right
    assert_int_equal(CALL("NtEnumerateKey", reader, 0, 0, buffer, 64, length), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtDeleteValueKey", reader, area + NAME), STATUS_ACCESS_DENIED);
    assert_int_equal(CALL("NtDeleteValueKey", writer, area + NAME), 0);
    assert_int_equal(CALL("NtDeleteKey", writer), STATUS_ACCESS_DENIED);
}

static void test_event(void **state)
{
    (void)state;
    make_machine();
    assert_int_equal(CALL("NtCreateEvent", area + RESULT, EVENT_MODIFY_STATE, 0, 0, 1), 0);
    const uint64_t event = get(RESULT);
    assert_int_equal(CALL("NtWaitForSingleObject", event, 0, 0), STATUS_ACCESS_DENIED);
    // A handle that is protected stays open.
    assert_int_equal(
        CALL("NtDuplicateObject", CURRENT, event, CURRENT, area + RESULT, 0, OBJ_PROTECT_CLOSE, 2), 0);
    assert_int_equal(CALL("NtClose", get(RESULT)), STATUS_HANDLE_NOT_CLOSABLE);
    assert_int_equal(CALL("NtSetEvent", get(RESULT), 0), 0);
    assert_int_equal(CALL("NtClose", event), 0);
}

#define TEST(test) cmocka_unit_test_teardown(test, destroy_machine)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_process), TEST(test_texts), TEST(test_section),
                                       TEST(test_key), TEST(test_event)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
