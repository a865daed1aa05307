// SPDX-License-Identifier: MIT
// Event providers that are listened to, otherwise, and no more, while their driver runs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine/include/kmode/machine.h"

#define STATUS_NOT_FOUND UINT32_C(0xC0000225)

static const uint8_t first[16] = {0x55, 0x5E, 0x57, 0xE7, 1, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 1};
static const uint8_t second[16] = {0x55, 0x5E, 0x57, 0xE7, 2, 0, 0, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 2};

static km_machine *machine;
static char printed[1024];
static size_t printed_bytes;

static void print(void *context, const char *text, size_t bytes)
{
    (void)context;
    if (printed_bytes + bytes < sizeof printed) {
        memcpy(printed + printed_bytes, text, bytes);
        printed_bytes += bytes;
        printed[printed_bytes] = '\0';
    }
}

static void hear(void *context, const struct km_event *event)
{
    char line[64];
    const int is_first = memcmp(event->provider, first, sizeof first) == 0;
    const int bytes = snprintf(line, sizeof line, "event %u of %s\n", event->id,
                               is_first                                              ? "first"
                               : memcmp(event->provider, second, sizeof second) == 0 ? "second"
                                                                                     : "nobody");
    print(context, line, (size_t)bytes);
}

// What has been printed and heard since the last time.
static void is(const char *expected)
{
    assert_string_equal(printed, expected);
    printed_bytes = 0;
    printed[0] = '\0';
}

static void start(void **state)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = (uint32_t)(uintptr_t)*state,
                                               .debug_output = print,
                                               .event_output = hear};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    printed_bytes = 0;
    printed[0] = '\0';
}

static void end(void)
{
    assert_int_equal(km_driver_unload(machine, "events"), KM_OK);
    is("");
    assert_int_equal(km_finding_count(machine), 0);
    km_machine_destroy(machine);
    machine = NULL;
}

static void load(void)
{
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/events.sys"), KM_OK);
}

static void test_registered(void **state)
{
    start(state);
    load();
    is("");
    assert_int_equal(km_event_enable(machine, first, 3, 0, 0), KM_OK);
    is("first 1 3 ffffffffffffffff 0 0000000000000000 0\nevent 1 of first\n");
    assert_int_equal(km_event_enable(machine, NULL, 5, 0, 0), KM_OK);
    is("second 1 5 ffffffffffffffff 0 0000000000000000 0\nevent 2 of second\n");
    assert_int_equal(km_event_enable(machine, first, 4, 0x10, 0x30), KM_OK);
    is("first 1 4 10 30 0000000000000000 0\nevent 1 of first\n");
    assert_int_equal(km_event_enable(machine, first, 4, 0x10, 0x30), KM_OK); // the same is told once more
    is("first 1 4 10 30 0000000000000000 0\nevent 1 of first\n");
    assert_int_equal(km_event_disable(machine, first), KM_OK); // all are wanted still
    is("first 1 5 ffffffffffffffff 0 0000000000000000 0\nevent 1 of first\n");
    assert_int_equal(km_event_disable(machine, NULL), KM_OK);
    is("first 0 0 0 0 0000000000000000 0\nsecond 0 0 0 0 0000000000000000 0\n");
    assert_int_equal(km_event_disable(machine, NULL), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_NOT_FOUND);
    assert_int_equal(km_event_disable(machine, first), KM_REFUSED);
    assert_non_null(km_machine_problem(machine));
    assert_int_equal(km_event_enable(machine, second, 2, 0, 0), KM_OK);
    is("second 1 2 ffffffffffffffff 0 0000000000000000 0\nevent 2 of second\nthird 0\n");
    end();
}

static void test_not_yet_registered(void **state)
{
    start(state);
    assert_int_equal(km_event_enable(machine, second, 1, 0, 0), KM_OK);
    assert_int_equal(km_event_enable(machine, NULL, 2, 0, 0), KM_OK);
    is("");
    load();
    is("first 1 2 ffffffffffffffff 0 0000000000000000 0\nevent 1 of first\nthird 1\n"
       "second 1 1 ffffffffffffffff 0 0000000000000000 0\nevent 2 of second\n");
    end();
    start(state);
    assert_int_equal(km_event_enable(machine, first, 1, 0, 0), KM_OK);
    assert_int_equal(km_event_disable(machine, first), KM_OK);
    load();
    is("");
    end();
}

int main(void)
{
    void *const one = (void *)1, *const two = (void *)2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_registered, one),
        cmocka_unit_test_prestate(test_registered, two),
        cmocka_unit_test_prestate(test_not_yet_registered, one),
        cmocka_unit_test_prestate(test_not_yet_registered, two),
    };
    return cmocka_run_group_tests_name("event", tests, NULL, NULL);
}
