// SPDX-License-Identifier: MIT
// Many threads send requests to two drivers and cancel them, while processes with requests of their own come
// and go. On four processors; `make soak` does it there under a hundred seeds.
#include "tests/drivers/client.h"

#include <stdlib.h>

#include "tests/drivers/ioctl/public.h"
#include "tests/drivers/queue/public.h"
#include "tests/drivers/stress/public.h"

const unsigned client_most_processors = 4;

static uint32_t number; // of the run: each machine's is another

static void test_stress(void)
{
    const int soak = getenv("SOAK") != NULL;
    const STRESS_RUN run = {.Seed = ++number, .Threads = 8, .Rounds = soak ? 200 : 40};
    km_process *others[3];
    km_thread *threads[3];
    km_operation *operation;
    STRESS_RESULT result;
    struct km_io io;
    char text[MAILBOX_MESSAGE_BYTES];
    ULONG written_here = 0;

    km_file *mailbox = open_device(thread, "\\\\.\\Mailbox", KM_OPEN_OVERLAPPED);
    for (size_t i = 0; i < 3; i++) {
        others[i] = start_process("other.exe", &threads[i]);
        km_file *theirs = open_device(threads[i], "\\\\.\\Mailbox", KM_OPEN_OVERLAPPED);
        OK(km_read_start(threads[i], theirs, 0, text, sizeof text, &operation));
    }
    km_thread *runner;
    OK(km_thread_create(process, &runner));
    km_file *stress = open_device(runner, "\\\\.\\Stress", 0);
    OK(km_ioctl_start(runner, stress, IOCTL_STRESS_RUN, &run, sizeof run, &result, sizeof result,
                      &operation));
    for (size_t i = 0; i < 3; i++) {
        OK(km_clock_advance(machine, 300));
        OK(km_process_exit(others[i], 0));
        const enum km_result written = km_write(thread, mailbox, 0, "\1", 1, &io);
        assert_true(written == KM_OK || (written == KM_REFUSED && io.status == STATUS_DEVICE_BUSY));
        written_here += written == KM_OK;
    }
    OK(km_wait(operation, KM_FOREVER, &io));
    assert_int_equal(io.information, sizeof result);
    assert_int_equal(result.Wrong, 0);
    assert_true(result.Written > 0 && result.Encoded > 0);

    // All requests of the run are done. What was written has been read, by somebody, or is there.
    MAILBOX_STATE state;
    OK(km_ioctl(thread, mailbox, IOCTL_MAILBOX_QUERY, NULL, 0, &state, sizeof state, NULL));
    assert_int_equal(state.Reads, 0);
    assert_int_equal(state.Delivered + state.Messages, result.Written + written_here);
    assert_in_range(state.Delivered - result.Read, 0, 3); // those of the processes that ended
    assert_int_equal(result.Recalled, result.Reserved);
}

static const struct client_test tests[] = {TEST(test_stress)};
CLIENT(tests, "ioctl.sys", "queue.sys", "stress.sys")
