// SPDX-License-Identifier: MIT
// Opens devices of a driver that has some of the framework's and some of its own.
#include "tests/drivers/client.h"

static void test_own(void)
{
    static const char *const names[] = {"\\Device\\Own0", "\\Device\\Own1", "\\Device\\Own8",
                                        "\\Device\\Own4096"};
    km_file *file;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        REFUSED(km_open(thread, names[i], KM_READ, 0, &file), STATUS_INVALID_DEVICE_REQUEST);
    }
    OK(km_close(thread, open_device(thread, "\\\\.\\OwnFramework", 0)));
}

static const struct client_test tests[] = {TEST(test_own)};
CLIENT(tests, "framework-own.sys")
