// SPDX-License-Identifier: MIT
// Drives the metronome by the virtual clock: beats at their times, waits for them, cancelled waits, one
// delay, DPCs on each processor.
#include "tests/drivers/client.h"

#include "tests/drivers/timer/public.h"

#define MS UINT64_C(10000)

static km_file *file;

static void open_file(void)
{
    file = open_device(thread, "\\\\.\\Metronome", KM_OPEN_OVERLAPPED);
}

static void start_beat(uint32_t period)
{
    OK(km_ioctl(thread, file, IOCTL_METRONOME_START, &period, sizeof period, NULL, 0, NULL));
}

static km_operation *start_wait(uint32_t code, uint32_t number, uint32_t *answer)
{
    km_operation *operation = NULL;
    *answer = 0;
    OK(km_ioctl_start(thread, file, code, &number, sizeof number, answer, sizeof *answer, &operation));
    return operation;
}

static void test_beats(void)
{
    METRONOME_BEATS_KEPT beats;
    uint32_t period = 20;
    open_file();
    REFUSED(km_ioctl(thread, file, IOCTL_METRONOME_STOP, NULL, 0, &beats, sizeof beats, NULL),
            STATUS_INVALID_DEVICE_STATE);
    start_beat(period);
    REFUSED(km_ioctl(thread, file, IOCTL_METRONOME_START, &period, sizeof period, NULL, 0, NULL),
            STATUS_INVALID_DEVICE_STATE);
    OK(km_clock_advance(machine, 210 * MS));
    OK(km_ioctl(thread, file, IOCTL_METRONOME_STOP, NULL, 0, &beats, sizeof beats, NULL));
    // What the calls take moves the clock too, but by far less than a beat.
    assert_int_equal(beats.Count, 10);
    for (uint32_t i = 0; i < beats.Count; i++) {
        assert_in_range(beats.Times[i], 20000 * (i + 1), 20000 * (i + 1) + 5000);
    }
    // Stopped is stopped; and it starts again.
    OK(km_clock_advance(machine, 100 * MS));
    start_beat(1);
    OK(km_clock_advance(machine, 5 * MS));
    OK(km_ioctl(thread, file, IOCTL_METRONOME_STOP, NULL, 0, &beats, sizeof beats, NULL));
    assert_in_range(beats.Count, 5, 7);
    period = 0;
    REFUSED(km_ioctl(thread, file, IOCTL_METRONOME_START, &period, sizeof period, NULL, 0, NULL),
            STATUS_INVALID_PARAMETER);
}

static void test_waits(void)
{
    uint32_t answers[5], beat = 1;
    km_operation *waits[5];
    struct km_io io;
    open_file();
    start_beat(10);
    const uint32_t beats[5] = {3, 1, 3, 4, 1000};
    for (size_t i = 0; i < 5; i++) {
        waits[i] = start_wait(IOCTL_METRONOME_WAIT, beats[i], &answers[i]);
    }
    OK(km_wait(waits[1], KM_FOREVER, NULL));
    assert_int_equal(answers[1], 1);
    expect_result(km_wait(waits[0], 0, &io), KM_PENDING, "the third beat", __FILE__, __LINE__);
    OK(km_cancel(thread, waits[3]));
    REFUSED(km_wait(waits[3], KM_FOREVER, NULL), STATUS_CANCELLED);
    OK(km_wait(waits[0], KM_FOREVER, NULL));
    OK(km_wait(waits[2], KM_FOREVER, NULL));
    assert_int_equal(answers[0], 3);
    assert_int_equal(answers[2], 3);
    // One that is over is answered at once.
    OK(km_ioctl(thread, file, IOCTL_METRONOME_WAIT, &beat, sizeof beat, &beat, sizeof beat, NULL));
    assert_in_range(beat, 3, 4);
    // The last one ends with the file, and the timer beats on until the driver is unloaded.
    OK(km_close(thread, file));
    REFUSED(km_wait(waits[4], KM_FOREVER, NULL), STATUS_CANCELLED);
}

static void test_after(void)
{
    uint32_t answers[2], delay = 1500;
    km_operation *operation;
    struct km_io io;
    open_file();
    for (size_t round = 0; round < 3; round++) {
        OK(km_ioctl(thread, file, IOCTL_METRONOME_AFTER, &delay, sizeof delay, answers, sizeof *answers,
                    NULL));
        assert_in_range(answers[0], delay, delay + 2000);
        operation = start_wait(IOCTL_METRONOME_AFTER, 1000000, &answers[0]);
        expect_result(km_wait(operation, 500 * MS, &io), KM_PENDING, "a second", __FILE__, __LINE__);
        REFUSED(km_ioctl(thread, file, IOCTL_METRONOME_AFTER, &delay, sizeof delay, answers + 1, 4, NULL),
                STATUS_DEVICE_BUSY);
        OK(km_cancel(thread, operation));
        REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_CANCELLED);
    }
}

static void test_dpcs(void)
{
    METRONOME_ROUND_ANSWER answer;
    open_file();
    for (size_t round = 0; round < 10; round++) {
        OK(km_ioctl(thread, file, IOCTL_METRONOME_ROUND, NULL, 0, &answer, sizeof answer, NULL));
        assert_in_range(answer.Processors, 1, 2);
        for (uint32_t i = 0; i < answer.Processors; i++) {
            assert_int_equal(answer.RanOn[i], i);
            assert_int_equal(answer.Irql[i], 2);
        }
        assert_false(answer.QueuedTwice);
        assert_true(answer.ThreadedAtPassive);
    }
}

static const struct client_test tests[] = {TEST(test_beats), TEST(test_waits), TEST(test_after),
                                           TEST(test_dpcs)};
CLIENT(tests, "timer.sys")
