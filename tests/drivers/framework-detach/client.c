// SPDX-License-Identifier: MIT
// Ends a filter while requests that it has passed on are in the hands of the device below.
#include "tests/drivers/client.h"

#include "tests/drivers/framework-detach/public.h"

const unsigned client_most_processors = 4;

#define CONTROL "\\\\.\\DetachControl"
#define LOWER   "\\\\.\\DetachLower"

static LONG query(km_file *file, ULONG code)
{
    LONG value = -1;
    OK(km_ioctl(thread, file, code, NULL, 0, &value, sizeof value, NULL));
    return value;
}

// Has a thread of its own make the request, which does not end yet.
static km_operation *start(km_file *file, ULONG code)
{
    km_operation *operation = NULL;
    km_thread *other;
    struct km_io io;
    OK(km_thread_create(process, &other));
    OK(km_ioctl_start(other, file, code, NULL, 0, NULL, 0, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "a request that is held", __FILE__, __LINE__);
    return operation;
}

static void detach_while(ULONG code)
{
    km_file *control = open_device(thread, CONTROL, 0);
    OK(km_ioctl(thread, control, IOCTL_ATTACH, NULL, 0, NULL, 0, NULL));
    km_file *lower[] = {open_device(thread, LOWER, 0), open_device(thread, LOWER, 0)};
    const LONG handled = query(control, IOCTL_HANDLED);
    km_operation *held = start(lower[0], code);
    assert_int_equal(query(control, IOCTL_HANDLED), handled + (code == IOCTL_HOLD_HANDLED));
    km_operation *detach = start(open_device(thread, CONTROL, 0), IOCTL_DETACH);
    // What is sent meanwhile goes past the filter, not to one that ends.
    km_operation *past = start(lower[1], code);
    assert_int_equal(query(control, IOCTL_HELD), 2);
    assert_int_equal(query(control, IOCTL_HANDLED), handled + (code == IOCTL_HOLD_HANDLED));
    OK(km_ioctl(thread, control, IOCTL_RELEASE, NULL, 0, NULL, 0, NULL));
    OK(km_wait(held, KM_FOREVER, NULL));
    OK(km_wait(past, KM_FOREVER, NULL));
    OK(km_wait(detach, KM_FOREVER, NULL));
    assert_int_equal(query(control, IOCTL_HELD), 0);
}

static void test_passed_on(void)
{
    detach_while(IOCTL_HOLD);
}

static void test_handled(void)
{
    detach_while(IOCTL_HOLD_HANDLED);
}

// A handle that came by the filter is the lower device's: it outlives the filter.
static void test_handle(void)
{
    km_file *control = open_device(thread, CONTROL, 0);
    OK(km_ioctl(thread, control, IOCTL_ATTACH, NULL, 0, NULL, 0, NULL));
    km_file *lower = open_device(thread, LOWER, 0);
    OK(km_ioctl(thread, control, IOCTL_DETACH, NULL, 0, NULL, 0, NULL));
    OK(km_ioctl(thread, control, IOCTL_RELEASE, NULL, 0, NULL, 0, NULL));
    OK(km_ioctl(thread, lower, IOCTL_HOLD, NULL, 0, NULL, 0, NULL));
    OK(km_ioctl(thread, lower, IOCTL_HOLD_HANDLED, NULL, 0, NULL, 0, NULL));
    OK(km_close(thread, lower));
}

// What a filter has pending ends with its handle, its thread, its device.
static void test_pending(void)
{
    km_file *control = open_device(thread, CONTROL, 0);
    OK(km_ioctl(thread, control, IOCTL_ATTACH, NULL, 0, NULL, 0, NULL));
    km_file *lower = open_device(thread, LOWER, KM_OPEN_OVERLAPPED);
    km_operation *closed = start(lower, IOCTL_FILTER_WAIT);
    km_operation *ended = start(open_device(thread, LOWER, KM_OPEN_OVERLAPPED), IOCTL_FILTER_WAIT);
    OK(km_close(thread, lower));
    REFUSED(km_wait(closed, KM_FOREVER, NULL), STATUS_CANCELLED);
    OK(km_ioctl(thread, control, IOCTL_DETACH, NULL, 0, NULL, 0, NULL));
    REFUSED(km_wait(ended, KM_FOREVER, NULL), STATUS_CANCELLED);
}

static const struct client_test tests[] = {TEST(test_passed_on), TEST(test_handled), TEST(test_handle),
                                           TEST(test_pending)};
CLIENT(tests, "framework-detach.sys")
