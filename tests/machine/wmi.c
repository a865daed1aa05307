// SPDX-License-Identifier: MIT
// Data of WMI providers as the public API has them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_NO_MORE_ENTRIES        UINT32_C(0x8000001A)
#define STATUS_INVALID_PARAMETER      UINT32_C(0xC000000D)
#define STATUS_BUFFER_TOO_SMALL       UINT32_C(0xC0000023)
#define STATUS_WMI_GUID_NOT_FOUND     UINT32_C(0xC0000295)
#define STATUS_WMI_INSTANCE_NOT_FOUND UINT32_C(0xC0000296)
#define STATUS_WMI_ITEMID_NOT_FOUND   UINT32_C(0xC0000297)
#define STATUS_WMI_SET_FAILURE        UINT32_C(0xC00002C7)

#define LAMP    "{0d7a9c11-51c5-4d7e-9b01-3f6a11625d77}"
#define NOBODYS "{0d7a9c11-51c5-4d7e-9b01-3f6a11625d78}"

static km_machine *machine;

static void start(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/lamp.sys"), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK); // it is asked what it has
}

static void end(void)
{
    assert_int_equal(km_driver_unload(machine, "lamp"), KM_OK);
    for (size_t i = 0; i < km_finding_count(machine); i++) {
        print_error("%s\n", km_machine_finding(machine, i)->text);
    }
    assert_int_equal(km_finding_count(machine), 0);
    km_machine_destroy(machine);
    machine = NULL;
}

static void refused(enum km_result result, uint32_t status)
{
    assert_int_equal(result, KM_REFUSED);
    assert_int_equal(km_last_status(machine), status);
    assert_non_null(km_machine_problem(machine));
}

static void is(const char *lamp, uint32_t expected)
{
    uint32_t value = 0;
    size_t bytes = sizeof value;
    assert_int_equal(km_wmi_query(machine, LAMP, lamp, &value, &bytes), KM_OK);
    assert_int_equal(bytes, sizeof value);
    assert_int_equal(value, expected);
}

static void test_query(void **state)
{
    char name[64];
    uint32_t value;
    size_t bytes = 3;
    start(state);
    assert_int_equal(km_wmi_instance(machine, LAMP, 0, name, sizeof name), KM_OK);
    assert_string_equal(name, "Lamp0");
    assert_int_equal(km_wmi_instance(machine, LAMP, 1, name, sizeof name), KM_OK);
    assert_string_equal(name, "Lamp1");
    refused(km_wmi_instance(machine, LAMP, 2, name, sizeof name), STATUS_NO_MORE_ENTRIES);
    refused(km_wmi_instance(machine, NOBODYS, 0, name, sizeof name), STATUS_WMI_GUID_NOT_FOUND);
    refused(km_wmi_instance(machine, "lamp", 0, name, sizeof name), STATUS_INVALID_PARAMETER);
    is("Lamp0", 10);
    is("lamp1", 20);
    refused(km_wmi_query(machine, LAMP, "Lamp0", &value, &bytes), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(bytes, sizeof value);
    refused(km_wmi_query(machine, LAMP, "Lamp2", &value, &bytes), STATUS_WMI_INSTANCE_NOT_FOUND);
    assert_int_equal(bytes, 0);
    char long_name[600];
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_int_equal(km_wmi_query(machine, LAMP, long_name, &value, &bytes), KM_FAILED);
    end();
}

static void test_change(void **state)
{
    const uint32_t bright = 100, more = 5;
    uint32_t output[2] = {0};
    size_t bytes = sizeof output;
    start(state);
    assert_int_equal(km_wmi_set(machine, LAMP, "Lamp1", &bright, sizeof bright), KM_OK);
    is("Lamp1", 100);
    is("Lamp0", 10);
    refused(km_wmi_set(machine, LAMP, "Lamp1", &bright, 1), STATUS_WMI_SET_FAILURE);
    assert_int_equal(km_wmi_set_item(machine, LAMP, "Lamp0", 1, &more, sizeof more), KM_OK);
    is("Lamp0", 5);
    refused(km_wmi_set_item(machine, LAMP, "Lamp0", 2, &more, sizeof more), STATUS_WMI_ITEMID_NOT_FOUND);
    assert_int_equal(km_wmi_execute(machine, LAMP, "Lamp1", 1, &more, sizeof more, output, &bytes), KM_OK);
    assert_int_equal(bytes, sizeof output);
    assert_true(output[0] == 105 && output[1] == 105);
    bytes = 4;
    refused(km_wmi_execute(machine, LAMP, "Lamp1", 1, &more, sizeof more, output, &bytes),
            STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(bytes, sizeof output);
    refused(km_wmi_execute(machine, LAMP, "Lamp1", 2, &more, sizeof more, output, &bytes),
            STATUS_WMI_ITEMID_NOT_FOUND);
    assert_int_equal(bytes, 0);
    is("Lamp1", 105);
    end();
}

int main(void)
{
    void *const one = (void *)1, *const two = (void *)2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_query, one),
        cmocka_unit_test_prestate(test_query, two),
        cmocka_unit_test_prestate(test_change, one),
        cmocka_unit_test_prestate(test_change, two),
    };
    return cmocka_run_group_tests_name("wmi", tests, NULL, NULL);
}
