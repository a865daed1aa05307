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

static FILTER_FILES files_of(km_file *file)
{
    FILTER_FILES files = {0};
    OK(km_ioctl(thread, file, IOCTL_FILES, NULL, 0, &files, sizeof files, NULL));
    return files;
}

// The filter has contexts of its own for the handles of the device below, which has others.
static void test_files(void)
{
    km_file *one = open_device(thread, "\\\\.\\Framework", 0),
            *two = open_device(thread, "\\\\.\\Framework", 0);
    const FRAMEWORK_PAIR pair = {1, 2};
    ULONG requests = 0;
    LONG total = 0;
    assert_int_equal(files_of(one).Seen, 1);
    assert_int_equal(files_of(one).Seen, 2);
    assert_int_equal(files_of(two).Seen, 1);
    assert_int_equal(files_of(two).Known, 2);
    OK(km_ioctl(thread, two, IOCTL_SUM_NEITHER, &pair, sizeof pair, &total, sizeof total, NULL));
    OK(km_ioctl(thread, two, IOCTL_REQUESTS, NULL, 0, &requests, sizeof requests, NULL));
    assert_int_equal(requests, 1);
    OK(km_close(thread, two));
    assert_int_equal(files_of(one).Known, 1);
}

// Opens that one of the two refuses leave nothing.
static void test_opens(void)
{
    static const struct {
        const char *name;
        uint32_t status;
    } opens[] = {{"\\\\.\\Framework\\refused", STATUS_SHARING_VIOLATION},
                 {"\\\\.\\Framework\\other", STATUS_OBJECT_NAME_NOT_FOUND},
                 {"\\\\.\\Framework\\no", STATUS_ACCESS_DENIED},
                 {"\\\\.\\Framework\\nasked", STATUS_ACCESS_DENIED},
                 {"\\\\.\\Framework\\nf", STATUS_ACCESS_DENIED},
                 {"\\\\.\\Framework\\ypend", STATUS_NOT_SUPPORTED},
                 {"\\\\.\\Framework\\yes", STATUS_SUCCESS},
                 {"\\\\.\\Framework\\yasked", STATUS_SUCCESS},
                 {"\\\\.\\Framework\\yf", STATUS_SUCCESS}};
    km_file *file = open_device(thread, "\\\\.\\Framework", 0), *refused;
    LONG before = 0, after = 0;
    OK(km_ioctl(thread, file, IOCTL_CLOSED, NULL, 0, &before, sizeof before, NULL));
    REFUSED(km_open(thread, "\\\\.\\Framework\\yan", KM_READ | KM_WRITE, 0, &refused),
            STATUS_SHARING_VIOLATION);
    OK(km_ioctl(thread, file, IOCTL_CLOSED, NULL, 0, &after, sizeof after, NULL));
    assert_int_equal(after, before + 1);
    for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
        km_file *opened;
        const enum km_result result = km_open(thread, opens[i].name, KM_READ | KM_WRITE, 0, &opened);
        if (opens[i].status == STATUS_SUCCESS) {
            OK(result);
            assert_int_equal(files_of(opened).Seen, 1);
            assert_int_equal(files_of(file).Known, 2);
            OK(km_close(thread, opened));
        } else {
            REFUSED(result, opens[i].status);
        }
        assert_int_equal(files_of(file).Known, 1);
    }
}

// What the filter has kept, and passes on from a DPC, is answered below at once, one way or the other.
static void test_later(void)
{
    static const ULONG codes[] = {IOCTL_SUM_BUFFERED, IOCTL_SUM_DIRECT};
    km_file *file = open_device(thread, "\\\\.\\Framework", 0);
    const FRAMEWORK_PAIR pair = {40, 2};
    for (size_t i = 0; i < 2; i++) {
        LONG total = 0;
        OK(km_ioctl(thread, file, codes[i], &pair, sizeof pair, &total, sizeof total, NULL));
        assert_int_equal(total, 42);
        REFUSED(km_ioctl(thread, file, codes[i], &pair, 4, &total, sizeof total, NULL),
                STATUS_BUFFER_TOO_SMALL);
    }
}

// It goes while there are handles, and comes back to handles that it does not know.
static void test_comes_and_goes(void)
{
    km_file *old = open_device(thread, "\\\\.\\Framework", 0), *new;
    assert_int_equal(files_of(old).Known, 1);
    OK(km_driver_unload(machine, "framework-filter"));
    REFUSED(km_ioctl(thread, old, IOCTL_FILES, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    OK(km_driver_load(machine, "build/tests/drivers/framework-filter.sys"));
    assert_int_equal(files_of(old).Seen, -1);
    assert_int_equal(files_of(old).Known, 0);
    new = open_device(thread, "\\\\.\\Framework", 0);
    assert_int_equal(files_of(new).Seen, 1);
    OK(km_close(thread, old));
    assert_int_equal(files_of(new).Known, 1);
}

static const struct client_test tests[] = {TEST(test_filter), TEST(test_neither), TEST(test_files),
                                           TEST(test_opens),  TEST(test_later),   TEST(test_comes_and_goes)};
CLIENT(tests, "framework.sys", "framework-filter.sys")
