// SPDX-License-Identifier: MIT
// What a filter of the framework's handles, what it passes on, and what it changes.
#include "tests/drivers/client.h"

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

static const struct client_test tests[] = {TEST(test_filter)};
CLIENT(tests, "framework.sys", "framework-filter.sys")
