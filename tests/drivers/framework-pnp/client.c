// SPDX-License-Identifier: MIT
// Starts, stops, removes and wakes a device of the framework's, with requests under way.
#include "tests/drivers/client.h"

#include "tests/drivers/framework-pnp/public.h"

const unsigned client_most_processors = 4;

#define DEVICE                  "\\\\.\\FrameworkPnp"
#define STATUS_DEVICE_NOT_READY UINT32_C(0xC00000A3)
#define STATUS_DELETE_PENDING   UINT32_C(0xC0000056)

static char device[KM_DEVICE_BYTES];

static void add(void)
{
    OK(km_device_add(machine, "framework-pnp", NULL, device, sizeof device));
}

static PNP_COUNTS counts(km_file *file)
{
    PNP_COUNTS now;
    OK(km_ioctl(thread, file, IOCTL_PNP_COUNTS, NULL, 0, &now, sizeof now, NULL));
    return now;
}

static km_operation *start(km_file *file, ULONG code)
{
    km_thread *other;
    km_operation *operation = NULL;
    struct km_io io;
    OK(km_thread_create(process, &other));
    OK(km_ioctl_start(other, file, code, NULL, 0, NULL, 0, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "a request under way", __FILE__, __LINE__);
    return operation;
}

static void test_life(void)
{
    km_file *file, *none;
    PNP_COUNTS before;
    REFUSED(km_open(thread, DEVICE, KM_READ | KM_WRITE, 0, &none), STATUS_OBJECT_NAME_NOT_FOUND);
    add();
    file = open_device(thread, DEVICE, 0);
    before = counts(file);
    assert_int_equal(before.Starts, before.Stops + 1);
    assert_true(before.Capabilities >= 1);
    OK(km_close(thread, file));

    // Stopped for a rebalance: nothing is taken, and then it goes on.
    OK(km_device_stop(machine, device));
    REFUSED(km_open(thread, DEVICE, KM_READ | KM_WRITE, 0, &none), STATUS_DEVICE_NOT_READY);
    OK(km_device_start(machine, device));
    file = open_device(thread, DEVICE, 0);
    assert_int_equal(counts(file).Stops, before.Stops + 1);
    assert_int_equal(counts(file).Starts, before.Starts + 1);

    // The driver may refuse to be removed, and is asked again.
    const LONG yes = 1, no = 0;
    OK(km_ioctl(thread, file, IOCTL_PNP_REFUSE, &yes, sizeof yes, NULL, 0, NULL));
    OK(km_close(thread, file));
    assert_int_equal(km_device_remove(machine, device), KM_REFUSED);
    file = open_device(thread, DEVICE, 0);
    OK(km_ioctl(thread, file, IOCTL_PNP_REFUSE, &no, sizeof no, NULL, 0, NULL));
    OK(km_close(thread, file));
    OK(km_device_remove(machine, device));
    REFUSED(km_open(thread, DEVICE, KM_READ | KM_WRITE, 0, &none), STATUS_OBJECT_NAME_NOT_FOUND);
    // And a new one of the same name may come.
    add();
    file = open_device(thread, DEVICE, 0);
    assert_int_equal(counts(file).Starts, before.Starts + 2);
    assert_int_equal(counts(file).Stops, before.Stops + 2);
}

// The device is pulled while requests wait.
static void test_surprise(void)
{
    add();
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_operation *first = start(file, IOCTL_PNP_WAIT), *second = start(file, IOCTL_PNP_WAIT);
    PNP_COUNTS now;
    OK(km_cancel(thread, first));
    REFUSED(km_wait(first, KM_FOREVER, NULL), STATUS_CANCELLED);
    OK(km_device_surprise_remove(machine, device));
    REFUSED(km_wait(second, KM_FOREVER, NULL), STATUS_CANCELLED);
    REFUSED(km_ioctl(thread, file, IOCTL_PNP_COUNTS, NULL, 0, &now, sizeof now, NULL), STATUS_DELETE_PENDING);
    OK(km_close(thread, file));
    add();
    file = open_device(thread, DEVICE, 0);
    now = counts(file);
    assert_int_equal(now.Starts, now.Stops + 1);
}

// The driver hears of the stop when no handler of its is under way any more.
static void test_stop_waits(void)
{
    add();
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    const LONG inside = counts(file).StopsWhileInside;
    km_operation *slow = start(file, IOCTL_PNP_SLOW);
    OK(km_device_stop(machine, device));
    OK(km_wait(slow, KM_FOREVER, NULL));
    OK(km_device_start(machine, device));
    assert_int_equal(counts(file).StopsWhileInside, inside);
    // It takes requests again, and waits for them again.
    slow = start(file, IOCTL_PNP_SLOW);
    km_operation *waiting = start(file, IOCTL_PNP_WAIT);
    OK(km_device_stop(machine, device));
    OK(km_wait(slow, KM_FOREVER, NULL));
    OK(km_device_start(machine, device));
    assert_int_equal(counts(file).StopsWhileInside, inside);
    // What is pending stays so while the device is stopped; not when it is gone.
    slow = start(file, IOCTL_PNP_SLOW);
    OK(km_device_surprise_remove(machine, device));
    OK(km_wait(slow, KM_FOREVER, NULL));
    REFUSED(km_wait(waiting, KM_FOREVER, NULL), STATUS_CANCELLED);
    OK(km_close(thread, file));
    add();
    file = open_device(thread, DEVICE, 0);
    assert_int_equal(counts(file).StopsWhileInside, inside);
}

// What would be pending behind a surprise removal is refused: by a handler, by who puts back what it took.
static void test_pend_when_gone(void)
{
    static const ULONG codes[] = {IOCTL_PNP_SLOW_WAIT, IOCTL_PNP_WAIT_AGAIN};
    for (size_t i = 0; i < 2; i++) {
        add();
        km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
        km_operation *late = start(file, codes[i]);
        OK(km_device_surprise_remove(machine, device));
        REFUSED(km_wait(late, KM_FOREVER, NULL), STATUS_DELETE_PENDING);
        OK(km_close(thread, file));
    }
}

// Another thread closes the handle while the handler is under way: what pends then is cancelled too.
static void test_pend_when_closed(void)
{
    add();
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_operation *late = start(file, IOCTL_PNP_SLOW_WAIT);
    OK(km_close(thread, file));
    REFUSED(km_wait(late, KM_FOREVER, NULL), STATUS_CANCELLED);
}

static void test_power(void)
{
    add();
    km_file *file = open_device(thread, DEVICE, 0);
    const PNP_COUNTS before = counts(file);
    OK(km_machine_sleep(machine, KM_POWER_SLEEP3));
    OK(km_machine_wake(machine));
    assert_int_equal(counts(file).PowerDowns, before.PowerDowns + 1);
    assert_int_equal(counts(file).PowerUps, before.PowerUps + 1);
    OK(km_machine_sleep(machine, KM_POWER_HIBERNATED));
    OK(km_machine_wake(machine));
    assert_int_equal(counts(file).PowerDowns, before.PowerDowns + 2);
    assert_int_equal(counts(file).PowerUps, before.PowerUps + 2);
}

static const struct client_test tests[] = {
    TEST(test_life),           TEST(test_surprise),         TEST(test_stop_waits),
    TEST(test_pend_when_gone), TEST(test_pend_when_closed), TEST(test_power)};
CLIENT(tests, "framework-pnp.sys")
