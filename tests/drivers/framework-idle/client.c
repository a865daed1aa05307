// SPDX-License-Identifier: MIT
// A device that sleeps while nobody uses it, and is woken by who comes.
#include "tests/drivers/client.h"

#include "tests/drivers/framework-idle/public.h"

const unsigned client_most_processors = 4;

#define DEVICE                  "\\\\.\\FrameworkIdle"
#define SECOND                  UINT64_C(10000000)
#define STATUS_DELETE_PENDING   UINT32_C(0xC0000056)
#define STATUS_DEVICE_NOT_READY UINT32_C(0xC00000A3)

static char device[KM_DEVICE_BYTES];

static km_file *add(void)
{
    OK(km_device_add(machine, "framework-idle", NULL, device, sizeof device));
    return open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
}

static IDLE_COUNTS counts(km_file *file)
{
    IDLE_COUNTS now;
    OK(km_ioctl(thread, file, IOCTL_IDLE_COUNTS, NULL, 0, &now, sizeof now, NULL));
    assert_int_equal(now.Wrong, 0);
    return now;
}

static void advance(unsigned seconds)
{
    OK(km_clock_advance(machine, seconds * SECOND));
}

static km_operation *start(km_file *file, ULONG code)
{
    km_operation *operation = NULL;
    km_thread *other;
    struct km_io io;
    OK(km_thread_create(process, &other));
    OK(km_ioctl_start(other, file, code, NULL, 0, NULL, 0, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "a request under way", __FILE__, __LINE__);
    return operation;
}

static void test_idle(void)
{
    km_file *file = add();
    const IDLE_COUNTS before = counts(file);
    IDLE_COUNTS now;
    // Asked every now and then, it stays awake.
    for (unsigned i = 0; i < 5; i++) {
        advance(IDLE_SECONDS / 2);
        now = counts(file);
        assert_int_equal(now.Downs, before.Downs);
    }
    for (LONG i = 1; i <= 2; i++) {
        advance(2 * IDLE_SECONDS);
        now = counts(file);
        assert_int_equal(now.Downs, before.Downs + i);
        assert_int_equal(now.Ups, before.Ups + i);
    }
    // So does an open.
    advance(2 * IDLE_SECONDS);
    OK(km_close(thread, open_device(thread, DEVICE, 0)));
    assert_int_equal(counts(file).Ups, before.Ups + 3);
    // Not while a handler is under way, but while a request is pending.
    km_operation *slow = start(file, IOCTL_IDLE_SLOW);
    OK(km_wait(slow, KM_FOREVER, NULL));
    assert_int_equal(counts(file).Downs, before.Downs + 3);
    km_operation *waiting = start(file, IOCTL_IDLE_WAIT);
    advance(2 * IDLE_SECONDS);
    assert_int_equal(counts(file).Downs, before.Downs + 4);
    OK(km_cancel(thread, waiting));
    REFUSED(km_wait(waiting, KM_FOREVER, NULL), STATUS_CANCELLED);
}

// Who cannot wait is refused, and has woken the device all the same.
static void test_late(void)
{
    km_file *file = add();
    const IDLE_COUNTS before = counts(file);
    OK(km_ioctl(thread, file, IOCTL_IDLE_LATE, NULL, 0, NULL, 0, NULL));
    advance(2 * IDLE_SECONDS + IDLE_SECONDS / 2);
    const IDLE_COUNTS now = counts(file);
    assert_int_equal((uint32_t)now.LateStatus, STATUS_DEVICE_NOT_READY);
    assert_int_equal(now.Downs, before.Downs + 1);
    assert_int_equal(now.Ups, before.Ups + 1);
}

// The system sleeps: whether the device did already or not, it is awake afterwards.
static void test_system(void)
{
    km_file *file = add();
    const IDLE_COUNTS before = counts(file);
    OK(km_machine_sleep(machine, KM_POWER_SLEEP3));
    km_operation *late = start(file, IOCTL_IDLE_WAIT);
    advance(2 * IDLE_SECONDS);
    OK(km_machine_wake(machine));
    assert_int_equal(counts(file).Downs, before.Downs + 1);
    advance(2 * IDLE_SECONDS);
    OK(km_machine_sleep(machine, KM_POWER_SLEEP3));
    OK(km_machine_wake(machine));
    const IDLE_COUNTS now = counts(file);
    assert_int_equal(now.Downs, before.Downs + 2);
    assert_int_equal(now.Ups, before.Ups + 2);
    // A handler under way is waited for.
    km_operation *slow = start(file, IOCTL_IDLE_SLOW);
    OK(km_machine_sleep(machine, KM_POWER_SLEEP3));
    OK(km_machine_wake(machine));
    OK(km_wait(slow, KM_FOREVER, NULL));
    assert_int_equal(counts(file).Downs, before.Downs + 3);
    OK(km_cancel(thread, late));
    REFUSED(km_wait(late, KM_FOREVER, NULL), STATUS_CANCELLED);
}

// Who waits for a device that does not wake any more is told so.
static void test_gone(void)
{
    km_file *file = add();
    OK(km_machine_sleep(machine, KM_POWER_SLEEP3));
    km_operation *late = start(file, IOCTL_IDLE_WAIT);
    OK(km_device_surprise_remove(machine, device));
    REFUSED(km_wait(late, KM_FOREVER, NULL), STATUS_DELETE_PENDING);
    OK(km_close(thread, file));
    OK(km_machine_wake(machine));
    // And one that sleeps may be stopped, started, removed.
    file = add();
    advance(2 * IDLE_SECONDS);
    OK(km_device_stop(machine, device));
    OK(km_device_start(machine, device));
    const IDLE_COUNTS now = counts(file);
    advance(2 * IDLE_SECONDS);
    assert_int_equal(counts(file).Downs, now.Downs + 1);
    OK(km_close(thread, file));
    advance(2 * IDLE_SECONDS);
    OK(km_device_remove(machine, device));
}

static const struct client_test tests[] = {TEST(test_idle), TEST(test_late), TEST(test_system),
                                           TEST(test_gone)};
CLIENT(tests, "framework-idle.sys")
