// SPDX-License-Identifier: MIT
// Changes the registry by system calls, and compares the guard's records with what came of each.
#include "tests/drivers/client.h"

#include "tests/drivers/registry/public.h"

#define DEVICE         "\\\\.\\RegistryGuard"
#define WATCHED        "\\REGISTRY\\MACHINE\\SOFTWARE\\Watched"
#define KEY_ALL_ACCESS 0xF003F
#define REG_DWORD      4

static km_file *file;

static void copy_path(WCHAR *target, const char *path)
{
    size_t i = 0;
    for (; path[i] != '\0'; i++) {
        assert_in_range(i, 0, GUARD_NAME_CHARACTERS - 2);
        target[i] = (UCHAR)path[i];
    }
    target[i] = 0;
}

static void set_paths(const char *watched, const char *guarded)
{
    GUARD_PATHS paths;
    memset(&paths, 0, sizeof paths);
    copy_path(paths.Watched, watched);
    copy_path(paths.Guarded, guarded);
    OK(km_ioctl(thread, file, IOCTL_GUARD_SET, &paths, sizeof paths, NULL, 0, NULL));
}

static void expect_name(const WCHAR *name, const char *expected)
{
    char text[GUARD_NAME_CHARACTERS];
    size_t i = 0;
    for (; name[i] != 0 && i < sizeof text - 1; i++) {
        text[i] = (char)name[i];
    }
    text[i] = '\0';
    if (strcasecmp(text, expected) != 0) {
        fail_msg("%s, not %s", text, expected);
    }
}

static GUARD_RECORD expect_record(ULONG operation, uint32_t status, const char *key, const char *value)
{
    GUARD_RECORD record;
    OK(km_ioctl(thread, file, IOCTL_GUARD_READ, NULL, 0, &record, sizeof record, NULL));
    assert_int_equal(record.Operation, operation);
    assert_int_equal(record.Status, status);
    expect_name(record.Key, key);
    expect_name(record.Value, value);
    if (operation != GuardCloseKey) {
        assert_int_equal(record.ProcessId, km_process_id(process));
    }
    return record;
}

static void expect_no_record(void)
{
    GUARD_RECORD record;
    REFUSED(km_ioctl(thread, file, IOCTL_GUARD_READ, NULL, 0, &record, sizeof record, NULL),
            STATUS_NO_MORE_ENTRIES);
}

static uint32_t create_key(const char *name, uint64_t root, uint64_t *handle)
{
    const uint64_t result = user_memory(process, thread, NULL, 8);
    const uint32_t status = SYSTEM_CALL(thread, "NtCreateKey", result, KEY_ALL_ACCESS,
                                        user_attributes(process, thread, name, root), 0, 0, 0, 0);
    OK(km_user_read(process, result, handle, sizeof *handle));
    return status;
}

static uint32_t set_value(uint64_t key, const char *name, uint32_t value)
{
    return SYSTEM_CALL(thread, "NtSetValueKey", key, user_string(process, thread, name), 0, REG_DWORD,
                       user_memory(process, thread, &value, sizeof value), sizeof value);
}

static uint32_t delete_value(uint64_t key, const char *name)
{
    return SYSTEM_CALL(thread, "NtDeleteValueKey", key, user_string(process, thread, name));
}

// KeyValuePartialInformation.
static uint32_t query_value(uint64_t key, const char *name, uint32_t *value)
{
    uint32_t answer[8] = {0};
    const uint64_t buffer = user_memory(process, thread, NULL, sizeof answer + 8);
    const uint32_t status = SYSTEM_CALL(thread, "NtQueryValueKey", key, user_string(process, thread, name), 2,
                                        buffer, sizeof answer, buffer + sizeof answer);
    OK(km_user_read(process, buffer, answer, sizeof answer));
    *value = answer[3];
    return status;
}

static void close_key(uint64_t key)
{
    assert_int_equal(SYSTEM_CALL(thread, "NtClose", key), STATUS_SUCCESS);
}

static void test_records(void)
{
    uint64_t parent = 0, key = 0, other = 0;
    file = open_device(thread, DEVICE, 0);
    assert_int_equal(create_key(WATCHED, 0, &parent), STATUS_SUCCESS); // not watched yet
    set_paths(WATCHED, "");
    assert_int_equal(create_key("Child", parent, &key), STATUS_SUCCESS);
    assert_int_equal(set_value(key, "Number", 1), STATUS_SUCCESS);
    assert_int_equal(set_value(key, "Number", 2), STATUS_SUCCESS);
    assert_int_equal(delete_value(key, "Number"), STATUS_SUCCESS);
    assert_int_equal(delete_value(key, "Number"), STATUS_OBJECT_NAME_NOT_FOUND);
    // A name that begins alike is another key's.
    assert_int_equal(create_key(WATCHED " not", 0, &other), STATUS_SUCCESS);
    assert_int_equal(set_value(other, "Number", 3), STATUS_SUCCESS);
    assert_int_equal(SYSTEM_CALL(thread, "NtDeleteKey", key), STATUS_SUCCESS);
    close_key(key);

    expect_record(GuardCreateKey, STATUS_SUCCESS, WATCHED "\\Child", "");
    assert_int_equal(expect_record(GuardSetValue, STATUS_SUCCESS, WATCHED "\\Child", "Number").Count, 1);
    assert_int_equal(expect_record(GuardSetValue, STATUS_SUCCESS, WATCHED "\\Child", "Number").Count, 2);
    assert_int_equal(expect_record(GuardDeleteValue, STATUS_SUCCESS, WATCHED "\\Child", "Number").Count, 3);
    expect_record(GuardDeleteValue, STATUS_OBJECT_NAME_NOT_FOUND, WATCHED "\\Child", "Number");
    assert_int_equal(expect_record(GuardDeleteKey, STATUS_SUCCESS, WATCHED "\\Child", "").Blocked, 0);
    // The key is gone, and with it its name; the context is not.
    GUARD_RECORD record;
    OK(km_ioctl(thread, file, IOCTL_GUARD_READ, NULL, 0, &record, sizeof record, NULL));
    assert_int_equal(record.Operation, GuardCloseKey);
    assert_int_equal(record.Count, 4);
    expect_no_record();
}

static void test_refusals(void)
{
    uint64_t parent = 0, key = 0, below = 0;
    uint32_t value;
    file = open_device(thread, DEVICE, 0);
    assert_int_equal(create_key(WATCHED, 0, &parent), STATUS_SUCCESS);
    assert_int_equal(create_key("Guarded", parent, &key), STATUS_SUCCESS);
    assert_int_equal(set_value(key, "Number", 41), STATUS_SUCCESS);
    set_paths(WATCHED, WATCHED "\\guarded"); // case does not matter

    assert_int_equal(set_value(key, "Number", 42), STATUS_ACCESS_DENIED);
    assert_int_equal(delete_value(key, "Number"), STATUS_ACCESS_DENIED);
    assert_int_equal(create_key("Below", key, &below), STATUS_ACCESS_DENIED);
    assert_int_equal(create_key(WATCHED "\\Guarded\\Below", 0, &below), STATUS_ACCESS_DENIED);
    assert_int_equal(SYSTEM_CALL(thread, "NtDeleteKey", key), STATUS_ACCESS_DENIED);
    assert_int_equal(query_value(key, "Number", &value), STATUS_SUCCESS);
    assert_int_equal(value, 41);
    assert_int_equal(set_value(parent, "Number", 43), STATUS_SUCCESS);

    assert_int_equal(
        expect_record(GuardSetValue, STATUS_ACCESS_DENIED, WATCHED "\\Guarded", "Number").Blocked, 1);
    expect_record(GuardDeleteValue, STATUS_ACCESS_DENIED, WATCHED "\\Guarded", "Number");
    expect_record(GuardCreateKey, STATUS_ACCESS_DENIED, WATCHED "\\Guarded\\Below", "");
    expect_record(GuardCreateKey, STATUS_ACCESS_DENIED, WATCHED "\\Guarded\\Below", "");
    expect_record(GuardDeleteKey, STATUS_ACCESS_DENIED, WATCHED "\\Guarded", "");
    assert_int_equal(expect_record(GuardSetValue, STATUS_SUCCESS, WATCHED, "Number").Blocked, 0);
    expect_no_record();

    // Without the guard it can be had again. Keys that stay open give their contexts back when the driver
    // goes.
    set_paths(WATCHED, "");
    assert_int_equal(set_value(key, "Number", 42), STATUS_SUCCESS);
    assert_int_equal(create_key("Open", parent, &below), STATUS_SUCCESS);
    expect_record(GuardSetValue, STATUS_SUCCESS, WATCHED "\\Guarded", "Number");
    // Records beyond those that there is room for push out the oldest.
    for (uint32_t i = 0; i < GUARD_RECORDS + 5; i++) {
        assert_int_equal(set_value(below, "Number", i), STATUS_SUCCESS);
    }
    assert_int_equal(expect_record(GuardSetValue, STATUS_SUCCESS, WATCHED "\\Open", "Number").Count, 6);
    REFUSED(km_ioctl(thread, file, IOCTL_GUARD_SET, &value, sizeof value, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
}

static const struct client_test tests[] = {TEST(test_records), TEST(test_refusals)};
CLIENT(tests, "registry.sys")
