// SPDX-License-Identifier: MIT
// Keeps requests with the process monitor and compares its events with what processes, threads and images do.
#include "tests/drivers/client.h"

#include "tests/drivers/monitor/public.h"

#define DEVICE                                   "\\\\.\\ProcessMonitor"
#define STATUS_ACCESS_DISABLED_BY_POLICY_DEFAULT UINT32_C(0xC0000361)

static km_file *file;

// Opens the device and takes the events of what was before.
static void open_monitor(void)
{
    file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    for (;;) {
        km_operation *operation;
        MONITOR_EVENT event;
        OK(km_ioctl_start(thread, file, IOCTL_MONITOR_NEXT, NULL, 0, &event, sizeof event, &operation));
        if (km_wait(operation, 0, NULL) == KM_PENDING) {
            OK(km_cancel(thread, operation));
            REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_CANCELLED);
            return;
        }
    }
}

static MONITOR_EVENT next_event(void)
{
    MONITOR_EVENT event;
    OK(km_ioctl(thread, file, IOCTL_MONITOR_NEXT, NULL, 0, &event, sizeof event, NULL));
    return event;
}

static void expect_text(const WCHAR *text, const char *expected)
{
    size_t i = 0;
    for (; expected[i] != '\0'; i++) {
        assert_int_equal(text[i], (UCHAR)expected[i]);
    }
    assert_int_equal(text[i], 0);
}

static MONITOR_EVENT expect_event(ULONG kind, uint64_t process_id, uint64_t thread_id)
{
    const MONITOR_EVENT event = next_event();
    assert_int_equal(event.Kind, kind);
    assert_int_equal(event.ProcessId, process_id);
    assert_int_equal(event.ThreadId, thread_id);
    assert_int_equal(event.Lost, 0);
    return event;
}

// The events of a process with two threads, in NT's order.
static void test_life(void)
{
    km_process *other;
    km_thread *first, *second;
    open_monitor();
    OK(km_process_create(machine, "other.exe", "other.exe -v", &other, &first));
    OK(km_thread_create(other, &second));
    const uint64_t id = km_process_id(other), first_id = km_thread_id(first),
                   second_id = km_thread_id(second);
    OK(km_thread_exit(first, 1));
    OK(km_thread_exit(second, 2));

    MONITOR_EVENT event = expect_event(MonitorProcessCreated, id, 0);
    expect_text(event.Image, "other.exe");
    expect_text(event.Command, "other.exe -v");
    const uint64_t sequence = event.Sequence;
    expect_event(MonitorThreadCreated, id, first_id);
    expect_event(MonitorThreadCreated, id, second_id);
    assert_int_equal(expect_event(MonitorThreadEnded, id, first_id).CreatorId, id); // in its own context
    expect_event(MonitorThreadEnded, id, second_id);
    event = expect_event(MonitorProcessEnded, id, 0);
    assert_int_equal(event.Sequence, sequence + 5);
}

// Requests that wait are answered as the events come, the oldest first.
static void test_waiting(void)
{
    MONITOR_EVENT events[4];
    km_operation *operations[4];
    km_thread *first;
    struct km_io io;
    open_monitor();
    for (size_t i = 0; i < 4; i++) {
        OK(km_ioctl_start(thread, file, IOCTL_MONITOR_NEXT, NULL, 0, &events[i], sizeof *events,
                          &operations[i]));
    }
    OK(km_cancel(thread, operations[1]));
    REFUSED(km_wait(operations[1], KM_FOREVER, NULL), STATUS_CANCELLED);
    km_process *other = start_process("other.exe", &first);
    OK(km_wait(operations[0], KM_FOREVER, &io));
    assert_int_equal(io.information, sizeof *events);
    OK(km_wait(operations[2], KM_FOREVER, NULL));
    expect_result(km_wait(operations[3], 0, &io), KM_PENDING, "the last request", __FILE__, __LINE__);
    assert_int_equal(events[0].Kind, MonitorProcessCreated);
    assert_int_equal(events[2].Kind, MonitorThreadCreated);
    assert_int_equal(events[2].Sequence, events[0].Sequence + 1);
    OK(km_process_exit(other, 0));
    OK(km_wait(operations[3], KM_FOREVER, NULL));
    assert_int_equal(events[3].Kind, MonitorThreadEnded);
    assert_int_equal(events[3].ProcessId, events[0].ProcessId);
    // One more, which the end of the process cancels.
    (void)next_event();
    OK(km_ioctl_start(thread, file, IOCTL_MONITOR_NEXT, NULL, 0, &events[0], sizeof *events, &operations[0]));
    expect_result(km_wait(operations[0], 0, &io), KM_PENDING, "a request", __FILE__, __LINE__);
}

static void test_forbidden(void)
{
    static const WCHAR name[] = {'B', 'a', 'd', '.', 'e', 'x', 'e', 0}, none[] = {0};
    km_process *other;
    km_thread *first;
    open_monitor();
    OK(km_ioctl(thread, file, IOCTL_MONITOR_FORBID, name, sizeof name, NULL, 0, NULL));
    REFUSED(km_process_create(machine, "bad.exe", NULL, &other, &first),
            STATUS_ACCESS_DISABLED_BY_POLICY_DEFAULT);
    const MONITOR_EVENT event = next_event();
    assert_int_equal(event.Kind, MonitorProcessRefused);
    expect_text(event.Image, "bad.exe");
    assert_int_equal(expect_event(MonitorProcessEnded, event.ProcessId, 0).Sequence, event.Sequence + 1);
    OK(km_ioctl(thread, file, IOCTL_MONITOR_FORBID, none, sizeof none, NULL, 0, NULL));
    other = start_process("bad.exe", &first);
    expect_event(MonitorProcessCreated, km_process_id(other), 0);
    REFUSED(km_ioctl(thread, file, IOCTL_MONITOR_FORBID, name, sizeof name - 2, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_MONITOR_FORBID, name, 3, NULL, 0, NULL), STATUS_INVALID_PARAMETER);
}

// A driver that is loaded is an image of no process. The device is another client's to open only when this
// one is done.
static void test_images(void)
{
    km_file *second;
    open_monitor();
    OK(km_driver_load(machine, "build/tests/drivers/ioctl.sys"));
    MONITOR_EVENT event;
    do {
        event = next_event(); // kmode may use threads of its own to load it
    } while (event.Kind != MonitorImageLoaded);
    assert_int_equal(event.ProcessId, 0);
    expect_text(event.Image, "ioctl.sys");
    assert_true(event.ImageBytes >= 0x1000 && event.ImageBytes % 0x1000 == 0);
    OK(km_driver_unload(machine, "ioctl"));
    REFUSED(km_open(thread, DEVICE, KM_READ, 0, &second), STATUS_ACCESS_DENIED);
}

// What nobody fetches is lost, and counted.
static void test_lost(void)
{
    km_thread *first;
    open_monitor();
    const uint64_t events = 4 * 12; // a process: created, its thread, the thread's end, its own
    for (size_t i = 0; i < 12; i++) {
        OK(km_process_exit(start_process("other.exe", &first), 0));
    }
    for (size_t i = 0; i < MONITOR_EVENTS; i++) {
        assert_int_equal(next_event().Lost, 0);
    }
    OK(km_process_exit(start_process("other.exe", &first), 0));
    const MONITOR_EVENT event = next_event();
    assert_int_equal(event.Kind, MonitorProcessCreated);
    assert_int_equal(event.Lost, events - MONITOR_EVENTS);
}

static const struct client_test tests[] = {TEST(test_life), TEST(test_waiting), TEST(test_forbidden),
                                           TEST(test_images), TEST(test_lost)};
CLIENT(tests, "monitor.sys")
