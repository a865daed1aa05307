// SPDX-License-Identifier: MIT
// What a filter of the framework's handles, what it passes on, and what it changes.
#include "tests/drivers/client.h"

#include "tests/drivers/framework-filter/public.h"

const unsigned client_most_processors = 4;

static void test_filter(void)
{
    km_file *file = open_device(thread, "\\\\.\\FrameworkBuffered", 0);
    char back[16];
    struct km_io io;
    OK(km_write(thread, file, 0, "what?", 5, NULL));
    REFUSED(km_write(thread, file, 0, "!what", 5, NULL), STATUS_ACCESS_DENIED);
    OK(km_read(thread, file, 0, back, sizeof back, &io));
    assert_int_equal(io.information, 5);
    assert_memory_equal(back, "what.", 5);
    REFUSED(km_ioctl(thread, file, CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS),
                     NULL, 0, back, 4, NULL),
            STATUS_INVALID_DEVICE_REQUEST);
}

// The output of a METHOD_NEITHER request is the filter's again when the device below is done.
static void test_neither(void)
{
    km_file *file = open_device(thread, "\\\\.\\Framework", 0);
    const FRAMEWORK_PAIR pair = {40, 2};
    FILTER_OWN_MDL answer;
    LONG total = 0;
    char back[16] = {0};
    struct km_io io;
    OK(km_ioctl(thread, file, IOCTL_SUM_NEITHER, &pair, sizeof pair, &total, sizeof total, &io));
    assert_int_equal(io.information, sizeof total);
    assert_int_equal(total, 1042);
    OK(km_ioctl(thread, file, IOCTL_MANY_NEITHER, "echo", 4, back, sizeof back, &io));
    assert_int_equal(io.information, 4);
    assert_string_equal(back, "echo");
    OK(km_ioctl(thread, file, IOCTL_OWN_MDL, NULL, 0, &answer, sizeof answer, NULL));
    assert_int_equal(answer.Total, 42);
    assert_int_equal(answer.Untouched, 77);
    assert_true(answer.KeepsMdl);
}

static const struct client_test tests[] = {TEST(test_filter), TEST(test_neither)};
CLIENT(tests, "framework.sys", "framework-filter.sys")
