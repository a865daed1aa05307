// SPDX-License-Identifier: MIT
// The registry as a simulated process has it, and what registry callbacks are told of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_BUFFER_OVERFLOW       UINT32_C(0x80000005)
#define STATUS_NO_MORE_ENTRIES       UINT32_C(0x8000001A)
#define STATUS_INVALID_HANDLE        UINT32_C(0xC0000008)
#define STATUS_ACCESS_DENIED         UINT32_C(0xC0000022)
#define STATUS_OBJECT_NAME_NOT_FOUND UINT32_C(0xC0000034)
#define STATUS_CANNOT_DELETE         UINT32_C(0xC0000121)
#define REG_SZ                       1u
#define REG_BINARY                   3u
#define KEY                          "HKLM\\SOFTWARE\\Kmode"
#define ASKED                        "\\Registry\\Machine\\SOFTWARE\\Kmode"
#define TOLD                         "\\REGISTRY\\MACHINE\\SOFTWARE\\Kmode"

static char log_text[8192];
static size_t log_bytes;

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    if (bytes < sizeof log_text - log_bytes) {
        memcpy(log_text + log_bytes, text, bytes);
        log_bytes += bytes;
        log_text[log_bytes] = '\0';
    }
}

static void expect_log(const char *expected)
{
    assert_string_equal(log_text, expected);
    log_bytes = 0;
    log_text[0] = '\0';
}

static km_machine *machine;
static km_process *process;
static km_thread *thread;

// cmocka has signal handlers of its own around each step of a test: a machine is made within one.
static void start(void)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = keep_output};
    machine = km_machine_create(&options);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/keys.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
}

static void finish(void)
{
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "keys"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
    log_bytes = 0;
    log_text[0] = '\0';
}

static void refused(enum km_result result, uint32_t status)
{
    assert_int_equal(result, KM_REFUSED);
    assert_int_equal(km_last_status(machine), status);
}

static void test_keys(void **state)
{
    uint64_t key, below;
    char name[64];
    (void)state;
    start();
    refused(km_key_open(thread, KEY, KM_KEY_READ, &key), STATUS_OBJECT_NAME_NOT_FOUND);
    expect_log("open " ASKED ", user\n");
    refused(km_key_create(thread, KEY "\\Above\\Below", KM_KEY_ALL, &below), STATUS_OBJECT_NAME_NOT_FOUND);
    expect_log("create " ASKED "\\Above\\Below, user\n");
    assert_int_equal(km_key_create(thread, KEY, KM_KEY_ALL, &key), KM_OK);
    assert_int_equal(km_key_create(thread, "HKEY_LOCAL_MACHINE\\Software\\KMODE\\Below", KM_KEY_ALL, &below),
                     KM_OK);
    expect_log("create " ASKED ", user\n"
               "create \\Registry\\Machine\\Software\\KMODE\\Below, user\n");

    assert_int_equal(km_key_enumerate(thread, key, 0, name, sizeof name), KM_OK);
    assert_string_equal(name, "Below");
    assert_int_equal(km_key_enumerate(thread, key, 0, name, 4), KM_OK);
    assert_string_equal(name, "Bel");
    refused(km_key_enumerate(thread, key, 1, name, sizeof name), STATUS_NO_MORE_ENTRIES);
    expect_log("enumerate " TOLD ", user\n"
               "enumerate " TOLD ", user\n"
               "enumerate " TOLD ", user\n");

    refused(km_key_delete(thread, key), STATUS_CANNOT_DELETE); // it has a subkey
    assert_int_equal(km_key_delete(thread, below), KM_OK);
    assert_int_equal(km_key_close(thread, below), KM_OK);
    refused(km_key_close(thread, below), STATUS_INVALID_HANDLE);
    assert_int_equal(km_key_delete(thread, key), KM_OK);
    assert_int_equal(km_key_close(thread, key), KM_OK);
    expect_log("delete " TOLD ", user\n"
               "delete " TOLD "\\Below, user\n"
               "delete " TOLD ", user\n");
    finish();
}

static void test_values(void **state)
{
    const uint16_t text[] = {'a', 0x20AC, 0};
    uint64_t key;
    uint32_t type = 0;
    uint8_t data[16];
    char name[64];
    size_t bytes = sizeof data;
    (void)state;
    start();
    assert_int_equal(km_key_create(thread, KEY, KM_KEY_ALL, &key), KM_OK);
    assert_int_equal(km_key_set_value(thread, key, "Grün😀", REG_SZ, text, sizeof text), KM_OK);
    assert_int_equal(km_key_set_value(thread, key, "", REG_BINARY, NULL, 0), KM_OK);
    refused(km_key_set_value(thread, key, "locked", REG_SZ, text, sizeof text), STATUS_ACCESS_DENIED);
    expect_log("create " ASKED ", user\n"
               "set " TOLD ", user\n"
               "set " TOLD ", user\n"
               "set " TOLD ", user\n");

    assert_int_equal(km_key_query_value(thread, key, "GRÜN😀", &type, data, &bytes), KM_OK);
    assert_int_equal(type, REG_SZ);
    assert_int_equal(bytes, sizeof text);
    assert_memory_equal(data, text, sizeof text);
    bytes = sizeof text - 1;
    refused(km_key_query_value(thread, key, "Grün😀", NULL, data, &bytes), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(bytes, sizeof text);
    bytes = sizeof data;
    assert_int_equal(km_key_query_value(thread, key, "", &type, data, &bytes), KM_OK);
    assert_int_equal(type, REG_BINARY);
    assert_int_equal(bytes, 0);
    refused(km_key_query_value(thread, key, "none", NULL, data, &bytes), STATUS_OBJECT_NAME_NOT_FOUND);
    log_bytes = 0;

    assert_int_equal(km_key_enumerate_value(thread, key, 0, name, sizeof name), KM_OK);
    assert_string_equal(name, "Grün😀");
    assert_int_equal(km_key_enumerate_value(thread, key, 0, name, 7), KM_OK);
    assert_string_equal(name, "Grün"); // what is cut is a whole character
    assert_int_equal(km_key_enumerate_value(thread, key, 1, name, sizeof name), KM_OK);
    assert_string_equal(name, "");
    refused(km_key_enumerate_value(thread, key, 2, name, sizeof name), STATUS_NO_MORE_ENTRIES);
    expect_log("enumerate values " TOLD ", user\n"
               "enumerate values " TOLD ", user\n"
               "enumerate values " TOLD ", user\n"
               "enumerate values " TOLD ", user\n");

    assert_int_equal(km_key_delete_value(thread, key, "grün😀"), KM_OK);
    refused(km_key_delete_value(thread, key, "grün😀"), STATUS_OBJECT_NAME_NOT_FOUND);
    expect_log("delete value " TOLD ", user\n"
               "delete value " TOLD ", user\n");
    assert_int_equal(km_key_close(thread, key), KM_OK);
    finish();
}

static void test_refusals(void **state)
{
    uint64_t key;
    (void)state;
    start();
    assert_int_equal(km_key_create(thread, KEY, KM_KEY_READ, &key), KM_OK);
    refused(km_key_set_value(thread, key, "a", REG_BINARY, "b", 1), STATUS_ACCESS_DENIED);
    assert_int_equal(km_key_set_value(thread, key, "\xFF", REG_BINARY, "b", 1), KM_FAILED);
    assert_int_equal(km_key_open(thread, "HKLM\\\xC0", KM_KEY_READ, &key), KM_FAILED);
    refused(km_key_open(thread, "HKLMX\\SOFTWARE", KM_KEY_READ, &key), UINT32_C(0xC000003B));
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
