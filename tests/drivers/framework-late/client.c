// SPDX-License-Identifier: MIT
// Opens that pend: let in, cancelled, without their device any more. Input that its sender changes while the
// handler looks at it.
#include "tests/drivers/client.h"

#include "tests/drivers/framework-late/public.h"

const unsigned client_most_processors = 4;

#define DEVICE "\\\\.\\Late"

static void tell(km_file *file, ULONG code)
{
    OK(km_ioctl(thread, file, code, NULL, 0, NULL, 0, NULL));
}

static LONG query(km_file *file, ULONG code)
{
    LONG value = -1;
    OK(km_ioctl(thread, file, code, NULL, 0, &value, sizeof value, NULL));
    return value;
}

static void test_opens(void)
{
    km_file *file = open_device(thread, DEVICE, 0);
    const LONG closed = query(file, IOCTL_OPEN_CLOSED);
    for (unsigned i = 0; i < 2; i++) {
        tell(file, IOCTL_OPEN);
        tell(file, IOCTL_OPEN_ADMIT);
        assert_int_equal(query(file, IOCTL_OPEN_STATUS), STATUS_SUCCESS);
        assert_int_equal(query(file, IOCTL_OPEN_CLOSED), closed + (LONG)i + 1);
    }
    tell(file, IOCTL_OPEN);
    tell(file, IOCTL_OPEN_CANCEL);
    assert_int_equal((ULONG)query(file, IOCTL_OPEN_STATUS), STATUS_CANCELLED);
    // The device may be opened again, whatever became of the last one.
    tell(file, IOCTL_OPEN);
    tell(file, IOCTL_OPEN_END);
    assert_int_equal((ULONG)query(file, IOCTL_OPEN_STATUS), STATUS_CANCELLED);
    tell(file, IOCTL_OPEN);
    tell(file, IOCTL_OPEN_ADMIT);
    assert_int_equal(query(file, IOCTL_OPEN_STATUS), STATUS_SUCCESS);
    assert_int_equal(query(file, IOCTL_OPEN_CLOSED), closed + 3);
}

// Changes what is at the address that the handler looks at, and lets that go on.
static void change(km_file *control, LONG value)
{
    uint64_t address = 0;
    OK(km_ioctl(thread, control, IOCTL_LOOK_ADDRESS, NULL, 0, &address, sizeof address, NULL));
    OK(km_user_write(process, address, &value, sizeof value));
    tell(control, IOCTL_LOOK_ON);
}

static void assert_looks(LATE_LOOK look)
{
    assert_int_equal(look.First, 1);
    assert_int_equal(look.Second, 1);
    assert_int_equal(look.Sender, 2);
}

static void test_looks(void)
{
    km_file *file = open_device(thread, DEVICE, 0), *control = open_device(thread, DEVICE, 0);
    km_thread *other;
    km_operation *operation;
    LATE_LOOK look = {0};
    const LONG one = 1;
    OK(km_thread_create(process, &other));
    OK(km_ioctl_start(other, file, IOCTL_LOOK, &one, sizeof one, &look, sizeof look, &operation));
    change(control, 2);
    OK(km_wait(operation, KM_FOREVER, NULL));
    assert_looks(look);
    OK(km_write_start(other, file, 0, &one, sizeof one, &operation));
    change(control, 2);
    OK(km_wait(operation, KM_FOREVER, NULL));
    OK(km_ioctl(thread, control, IOCTL_LOOK_WRITTEN, NULL, 0, &look, sizeof look, NULL));
    assert_looks(look);
}

static const struct client_test tests[] = {TEST(test_opens), TEST(test_looks)};
CLIENT(tests, "framework-late.sys")
