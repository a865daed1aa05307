// SPDX-License-Identifier: MIT
// Drives the cipher device through the filter above it: what it counts, what it refuses, what it leaves as it
// is.
#include "tests/drivers/client.h"

#include "tests/drivers/filter/public.h"
#include "tests/drivers/ioctl/public.h"

static km_file *control;

static FILTER_STATISTICS query(void)
{
    FILTER_STATISTICS statistics;
    OK(km_ioctl(thread, control, IOCTL_FILTER_QUERY, NULL, 0, &statistics, sizeof statistics, NULL));
    return statistics;
}

static void refuse(uint32_t code)
{
    OK(km_ioctl(thread, control, IOCTL_FILTER_REFUSE, &code, sizeof code, NULL, 0, NULL));
}

static void test_counts(void)
{
    control = open_device(thread, "\\\\.\\CipherFilter", 0);
    const FILTER_STATISTICS before = query();
    km_file *file = open_device(thread, "\\\\.\\Cipher", 0), *nobody;
    char output[3];
    REFUSED(km_open(thread, "\\\\.\\Cipher\\below", KM_READ, 0, &nobody), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_SET_KEY, "\1", 1, NULL, 0, NULL));
    OK(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE, "abc", 3, output, 3, NULL));
    assert_memory_equal(output, "`cb", 3);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE_NEITHER, "abc", 3, output, 3, NULL));
    assert_memory_equal(output, "`cb", 3);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE, "abc", 3, output, 2, NULL), STATUS_BUFFER_OVERFLOW);
    REFUSED(km_ioctl(thread, file, 0x22fffc, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    OK(km_close(thread, file));

    const FILTER_STATISTICS after = query();
    assert_int_equal(after.Opened - before.Opened, 1);
    assert_int_equal(after.Closed - before.Closed, 1);
    assert_int_equal(after.Passed, 5);
    assert_int_equal(after.Succeeded, 3);
    assert_int_equal(after.Failed, 2);
    assert_int_equal(after.Information, 3 + 3 + 2);
    assert_int_equal(after.Refused, 0);
}

static void test_refuses(void)
{
    km_file *file = open_device(thread, "\\\\.\\Cipher", 0);
    char output[3];
    control = open_device(thread, "\\\\.\\CipherFilter", 0);
    refuse(IOCTL_CIPHER_ENCODE);
    REFUSED(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE, "abc", 3, output, 3, NULL), STATUS_ACCESS_DENIED);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE_NEITHER, "abc", 3, output, 3, NULL));
    refuse(0);
    OK(km_ioctl(thread, file, IOCTL_CIPHER_ENCODE, "abc", 3, output, 3, NULL));
    assert_int_equal(query().Refused, 1);
    assert_int_equal(query().Passed, 2);
    REFUSED(km_ioctl(thread, control, IOCTL_FILTER_REFUSE, output, 3, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, control, IOCTL_FILTER_QUERY, NULL, 0, output, 3, NULL), STATUS_BUFFER_TOO_SMALL);
    REFUSED(km_ioctl(thread, control, IOCTL_CIPHER_ENCODE, "abc", 3, output, 3, NULL),
            STATUS_INVALID_DEVICE_REQUEST);
}

static const struct client_test tests[] = {TEST(test_counts), TEST(test_refuses)};
CLIENT(tests, "ioctl.sys", "filter.sys")
