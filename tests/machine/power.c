// SPDX-License-Identifier: MIT
// The machine put to sleep and woken, as the public API has it: which power IRPs the drivers of a tree see,
// in which order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine/include/kmode/machine.h"
#include "tests/machine/drivers/sleeper.h"

#define STATUS_DEVICE_BUSY           UINT32_C(0x80000011)
#define STATUS_OBJECT_NAME_NOT_FOUND UINT32_C(0xC0000034)
#define STATUS_INVALID_DEVICE_STATE  UINT32_C(0xC0000184)

#define DRIVER(name) "build/tests/machine/drivers/" name ".sys"

static km_machine *machine;
static char log_text[8192];

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    const size_t length = strlen(log_text);
    snprintf(log_text + length, sizeof log_text - length, "%.*s", (int)bytes, text);
}

// What has been told since the last time is that.
static void told(const char *expected)
{
    assert_string_equal(log_text, expected);
    log_text[0] = '\0';
}

// A machine with the bus and its child, both started.
static void start(uintptr_t processors)
{
    char device[KM_DEVICE_BYTES];
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = keep_output,
                                               .processors = (uint32_t)processors};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, DRIVER("sleeper")), KM_OK);
    assert_int_equal(km_device_add(machine, "sleeper", NULL, device, sizeof device), KM_OK);
    assert_int_equal(km_device_add(machine, "sleeper", "Sleeper\\Child", device, sizeof device), KM_OK);
    log_text[0] = '\0';
}

static void end(void)
{
    for (size_t i = 0; i < km_finding_count(machine); i++) {
        print_error("%s\n", km_machine_finding(machine, i)->text);
    }
    assert_int_equal(km_finding_count(machine), 0);
    km_machine_destroy(machine);
    machine = NULL;
}

static void is_in(enum km_power expected)
{
    enum km_power state;
    assert_int_equal(km_machine_power(machine, &state), KM_OK);
    assert_int_equal(state, expected);
}

static void tell(uint32_t code, uint32_t number)
{
    static km_process *process;
    static km_thread *thread;
    km_file *file;
    struct km_io io;
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_open(thread, "\\Device\\Sleeper", KM_READ, 0, &file), KM_OK);
    assert_int_equal(km_ioctl(thread, file, code, &number, sizeof number, NULL, 0, &io), KM_OK);
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_process_exit(process, 0), KM_OK);
}

// Those farther from the root go first, asked and told.
#define ASKED(state)                                                                                         \
    "leaves S0\n"                                                                                            \
    "child: query " state "\npdo: query " state "\n"                                                         \
    "bus: query " state "\n"
#define TOLD(state, action)                                                                                  \
    "child: set " state "\npdo: set " state "\nchild: set D3, " action "\npdo: set D3, " action "\n"         \
    "bus: set " state "\nbus: set D3, " action "\n"
// Those nearer the root come first.
#define WOKEN(state)                                                                                         \
    "bus: set S0, sleep, " state " to S0\nbus: set D0, none\n"                                               \
    "child: set S0, sleep, " state " to S0\npdo: set S0, sleep, " state " to S0\n"                           \
    "child: set D0, none\npdo: set D0, none\nback in S0\n"

static void test_sleep(void **state)
{
    start((uintptr_t)*state);
    is_in(KM_POWER_WORKING);
    assert_int_equal(km_machine_wake(machine), KM_OK); // it does not sleep
    told("");
    tell(SLEEPER_TIMES, 0);
    told("never slept, never woke\n");
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_OK);
    told(ASKED("S3, sleep, S0 to S3") TOLD("S3, sleep, S0 to S3", "sleep"));
    is_in(KM_POWER_SLEEP3);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP1), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_INVALID_DEVICE_STATE);
    told("");
    assert_int_equal(km_clock_advance(machine, 5000000), KM_OK);
    assert_int_equal(km_machine_wake(machine), KM_OK);
    told(WOKEN("S3"));
    tell(SLEEPER_TIMES, 0);
    told("has slept, woke after half a second\n");
    is_in(KM_POWER_WORKING);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_HIBERNATED), KM_OK);
    told(ASKED("S4, hibernate, S0 to S4") TOLD("S4, hibernate, S0 to S4", "hibernate"));
    assert_int_equal(km_machine_wake(machine), KM_OK);
    told(WOKEN("S4"));
    assert_int_equal(km_machine_sleep(machine, KM_POWER_WORKING), KM_FAILED);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_HIBERNATED + 1), KM_FAILED);
    assert_int_equal(km_driver_unload(machine, "sleeper"), KM_OK);
    end();
}

// Who has been asked hears that nothing comes of it.
static void test_refusal(void **state)
{
    (void)state;
    start(1);
    tell(SLEEPER_SET, SLEEPER_CHILD_REFUSES);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_DEVICE_BUSY);
    assert_non_null(strstr(km_machine_problem(machine), "Sleeper\\Child\\"));
    told("leaves S0\nchild: query S3, sleep, S0 to S3\n"
         "child: set S0, sleep, S0 to S0\npdo: set S0, sleep, S0 to S0\nchild: set D0, none\n"
         "pdo: set D0, none\nback in S0\n");
    is_in(KM_POWER_WORKING);
    tell(SLEEPER_SET, SLEEPER_BUS_REFUSES);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_REFUSED);
    assert_non_null(strstr(km_machine_problem(machine), "ROOT\\SLEEPER\\0000"));
    told("leaves S0\nchild: query S3, sleep, S0 to S3\npdo: query S3, sleep, S0 to S3\n"
         "bus: query S3, sleep, S0 to S3\n"
         "bus: set S0, sleep, S0 to S0\nbus: set D0, none\n"
         "child: set S0, sleep, S0 to S0\npdo: set S0, sleep, S0 to S0\nchild: set D0, none\n"
         "pdo: set D0, none\nback in S0\n");
    tell(SLEEPER_SET, 0);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP1), KM_OK);
    assert_int_equal(km_machine_wake(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "sleeper"), KM_OK);
    end();
}

// A device that is armed and signals wakes the system.
static void test_wake(void **state)
{
    start((uintptr_t)*state);
    tell(SLEEPER_ARM, 0);
    told("pdo: armed for S3\n");
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP2), KM_OK);
    log_text[0] = '\0';
    tell(SLEEPER_SIGNAL, 0);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told("child: wait-wake ended with 0x0\n" WOKEN("S2"));
    is_in(KM_POWER_WORKING);
    // In the working state it is no more than an event of the device's.
    tell(SLEEPER_ARM, 0);
    tell(SLEEPER_SIGNAL, 0);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told("pdo: armed for S3\nchild: wait-wake ended with 0x0\n");
    assert_int_equal(km_driver_unload(machine, "sleeper"), KM_OK);
    end();
}

// A timer that is to wakes it, when its time has come.
static void test_wake_timer(void **state)
{
    static const uint32_t timers[] = {SLEEPER_TIMER, SLEEPER_TIMER_EX};
    start((uintptr_t)*state);
    for (size_t i = 0; i < 2; i++) {
        tell(timers[i], 0);
        assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_OK);
        log_text[0] = '\0';
        assert_int_equal(km_clock_advance(machine, 5000000), KM_OK);
        is_in(KM_POWER_SLEEP3);
        told("");
        assert_int_equal(km_clock_advance(machine, 20000000), KM_OK);
        is_in(KM_POWER_WORKING);
        told(WOKEN("S3"));
    }
    assert_int_equal(km_driver_unload(machine, "sleeper"), KM_OK);
    end();
}

static void test_shutdown(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(km_machine_finish(machine), KM_OK);
    told(TOLD("S5, shutdown off, S0 to S5", "shutdown off"));
    assert_int_equal(km_machine_finish(machine), KM_OK);
    told("");
    assert_int_equal(km_machine_wake(machine), KM_REFUSED);
    end();
    // One that sleeps is woken first.
    start(1);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_OK);
    log_text[0] = '\0';
    assert_int_equal(km_machine_finish(machine), KM_OK);
    told(WOKEN("S3") TOLD("S5, shutdown off, S0 to S5", "shutdown off"));
    end();
}

static void test_settings(void **state)
{
    (void)state;
    start(1);
    assert_int_equal(km_power_setting(machine, "ACDC_POWER_SOURCE", 0), KM_OK); // as it is
    told("");
    assert_int_equal(km_power_setting(machine, "ACDC_POWER_SOURCE", 1), KM_OK);
    told("power source is 1\noff the mains\n");
    assert_int_equal(km_power_setting(machine, "ACDC_POWER_SOURCE", 0), KM_OK);
    told("power source is 0\non the mains\n");
    assert_int_equal(km_power_setting(machine, "{7a1ecd44-d7b3-4c1f-900b-3a11625d4099}", 5), KM_OK);
    told("own is 5\n");
    assert_int_equal(km_power_setting(machine, "BATTERY_PERCENTAGE_REMAINING", 50), KM_OK);
    told("");
    // One that unregisters within its call.
    assert_int_equal(km_power_setting(machine, "LIDSWITCH_STATE_CHANGE", 1), KM_OK);
    assert_int_equal(km_power_setting(machine, "LIDSWITCH_STATE_CHANGE", 0), KM_OK);
    told("lid is 1\n");
    assert_int_equal(km_power_setting(machine, "NO_SUCH_SETTING", 1), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(km_power_setting(machine, "{1}", 1), KM_REFUSED);
    assert_int_equal(km_driver_unload(machine, "sleeper"), KM_OK);
    end();
}

// A driver that keeps an IRP for more than ten minutes.
static void held(uint32_t fault, const char *kind)
{
    start(1);
    tell(SLEEPER_SET, fault);
    assert_int_equal(km_machine_sleep(machine, KM_POWER_SLEEP3), KM_STOPPED);
    const struct km_report *stop = km_machine_report(machine);
    assert_int_equal(stop->kind, KM_REPORT_BUG_CHECK);
    assert_int_equal(stop->code, 0x9F);
    assert_int_equal(stop->parameters[0], 3);
    assert_true(stop->parameters[1] != 0 && stop->parameters[2] != 0 && stop->parameters[3] != 0);
    assert_int_equal(km_finding_count(machine), 1);
    assert_string_equal(km_machine_finding(machine, 0)->kind, "power-irp-held");
    assert_non_null(strstr(km_machine_finding(machine, 0)->text, kind));
    assert_true(km_clock_now(machine) >= UINT64_C(600) * 10000000);
    km_machine_destroy(machine);
    machine = NULL;
}

static void test_watchdog(void **state)
{
    (void)state;
    held(SLEEPER_CHILD_HOLDS, "a system state");
    // The device's own, for which the system's waits.
    held(SLEEPER_PDO_HOLDS, "a device state");
}

int main(void)
{
    void *const one = (void *)1, *const two = (void *)2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_sleep, one),
        cmocka_unit_test_prestate(test_sleep, two),
        cmocka_unit_test(test_refusal),
        cmocka_unit_test_prestate(test_wake, one),
        cmocka_unit_test_prestate(test_wake, two),
        cmocka_unit_test(test_shutdown),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_settings),
        cmocka_unit_test_prestate(test_wake_timer, one),
        cmocka_unit_test_prestate(test_wake_timer, two),
    };
    return cmocka_run_group_tests_name("power", tests, NULL, NULL);
}
