// SPDX-License-Identifier: MIT
// Drives the mailbox: the order of reads, cancellation of any of them, limits, cleanup, recalled requests.
#include "tests/drivers/client.h"

#include "tests/drivers/queue/public.h"

#define DEVICE "\\\\.\\Mailbox"

static MAILBOX_STATE query(km_file *file)
{
    MAILBOX_STATE state;
    OK(km_ioctl(thread, file, IOCTL_MAILBOX_QUERY, NULL, 0, &state, sizeof state, NULL));
    return state;
}

static km_operation *start_read(km_file *file, char *buffer)
{
    km_operation *operation = NULL;
    struct km_io io;
    memset(buffer, '.', MAILBOX_MESSAGE_BYTES);
    OK(km_read_start(thread, file, 0, buffer, MAILBOX_MESSAGE_BYTES, &operation));
    expect_result(km_wait(operation, 0, &io), KM_PENDING, "a read without a message", __FILE__, __LINE__);
    return operation;
}

static void send(km_file *file, const char *text)
{
    OK(km_write(thread, file, 0, text, (uint32_t)strlen(text), NULL));
}

static void expect_message(km_operation *operation, const char *buffer, const char *text)
{
    struct km_io io;
    OK(km_wait(operation, KM_FOREVER, &io));
    assert_int_equal(io.information, strlen(text));
    assert_memory_equal(buffer, text, strlen(text));
}

static void expect_cancelled(km_operation *operation)
{
    REFUSED(km_wait(operation, KM_FOREVER, NULL), STATUS_CANCELLED);
}

static void test_order(void)
{
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    char buffers[4][MAILBOX_MESSAGE_BYTES], text[2];
    km_operation *reads[4];
    struct km_io io;
    for (size_t i = 0; i < 4; i++) {
        reads[i] = start_read(file, buffers[i]);
    }
    send(file, "first");
    send(file, "second one");
    expect_message(reads[0], buffers[0], "first");
    expect_message(reads[1], buffers[1], "second one");
    expect_result(km_wait(reads[2], 0, &io), KM_PENDING, "the third read", __FILE__, __LINE__);
    OK(km_cancel(thread, reads[2]));
    expect_cancelled(reads[2]);
    send(file, "third");
    expect_message(reads[3], buffers[3], "third");
    assert_int_equal(query(file).Delivered, 3);
    assert_int_equal(query(file).Cancelled, 1);

    // Messages that come first are kept in their order, as many as there may be.
    static const char *const kept[MAILBOX_MESSAGES] = {"a", "b", "cc", "d"};
    for (size_t i = 0; i < MAILBOX_MESSAGES; i++) {
        send(file, kept[i]);
    }
    REFUSED(km_write(thread, file, 0, "e", 1, NULL), STATUS_DEVICE_BUSY);
    for (size_t i = 0; i < 2; i++) {
        OK(km_read(thread, file, 0, text, sizeof text, &io));
        assert_int_equal(io.information, 1);
        assert_int_equal(text[0], kept[i][0]);
    }
    REFUSED(km_read(thread, file, 0, text, 1, &io), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(io.information, 1);
    assert_int_equal(text[0], 'c');
    REFUSED(km_read(thread, file, 0, text, 0, &io), STATUS_INVALID_PARAMETER);
    REFUSED(km_write(thread, file, 0, buffers, MAILBOX_MESSAGE_BYTES + 1, NULL), STATUS_INVALID_PARAMETER);
    // One message is left for the driver to free.
}

static void test_limit(void)
{
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    char buffers[MAILBOX_READS + 1][MAILBOX_MESSAGE_BYTES];
    km_operation *reads[MAILBOX_READS];
    for (size_t i = 0; i < MAILBOX_READS; i++) {
        reads[i] = start_read(file, buffers[i]);
    }
    assert_int_equal(query(file).Reads, MAILBOX_READS);
    REFUSED(km_read(thread, file, 0, buffers[MAILBOX_READS], 1, NULL), STATUS_DEVICE_BUSY);
    // From the middle, the front and the end.
    static const size_t cancelled[] = {3, 0, MAILBOX_READS - 1};
    for (size_t i = 0; i < 3; i++) {
        OK(km_cancel(thread, reads[cancelled[i]]));
        expect_cancelled(reads[cancelled[i]]);
    }
    assert_int_equal(query(file).Reads, MAILBOX_READS - 3);
    for (size_t i = 0; i < MAILBOX_READS; i++) {
        const char text[] = {(char)('0' + i), '\0'};
        if (i != 3 && i != 0 && i != MAILBOX_READS - 1) {
            send(file, text);
            expect_message(reads[i], buffers[i], text);
        }
    }
    assert_int_equal(query(file).Reads, 0);
}

// Closing a file ends what waits on it, and nothing else.
static void test_cleanup(void)
{
    km_file *first = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_file *second = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    char buffers[3][MAILBOX_MESSAGE_BYTES];
    km_operation *reads[3] = {start_read(first, buffers[0]), start_read(second, buffers[1]),
                              start_read(first, buffers[2])};
    km_operation *reservation;
    OK(km_ioctl_start(thread, first, IOCTL_MAILBOX_RESERVE, NULL, 0, NULL, 0, &reservation));
    OK(km_close(thread, first));
    expect_cancelled(reads[0]);
    expect_cancelled(reads[2]);
    expect_cancelled(reservation);
    assert_int_equal(query(second).Reads, 1);
    assert_int_equal(query(second).Cancelled, 3);
    send(second, "still there");
    expect_message(reads[1], buffers[1], "still there");
}

static void test_recall(void)
{
    km_file *first = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_file *second = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    km_operation *reservations[2];
    struct km_io io;
    REFUSED(km_ioctl(thread, first, IOCTL_MAILBOX_RECALL, NULL, 0, NULL, 0, NULL), STATUS_NOT_FOUND);
    for (size_t round = 0; round < 3; round++) {
        OK(km_ioctl_start(thread, first, IOCTL_MAILBOX_RESERVE, NULL, 0, NULL, 0, &reservations[0]));
        OK(km_ioctl_start(thread, second, IOCTL_MAILBOX_RESERVE, NULL, 0, NULL, 0, &reservations[1]));
        REFUSED(km_ioctl(thread, first, IOCTL_MAILBOX_RESERVE, NULL, 0, NULL, 0, NULL), STATUS_DEVICE_BUSY);
        OK(km_ioctl(thread, second, IOCTL_MAILBOX_RECALL, NULL, 0, NULL, 0, NULL));
        OK(km_wait(reservations[1], KM_FOREVER, &io));
        expect_result(km_wait(reservations[0], 0, &io), KM_PENDING, "the other file's", __FILE__, __LINE__);
        OK(km_cancel(thread, reservations[0]));
        expect_cancelled(reservations[0]);
        REFUSED(km_ioctl(thread, first, IOCTL_MAILBOX_RECALL, NULL, 0, NULL, 0, NULL), STATUS_NOT_FOUND);
    }
}

// The end of a process cancels what its threads wait for.
static void test_exit(void)
{
    km_thread *other_thread;
    km_process *other = start_process("other.exe", &other_thread);
    km_file *mine = open_device(thread, DEVICE, 0);
    km_file *others = open_device(other_thread, DEVICE, KM_OPEN_OVERLAPPED);
    char buffer[MAILBOX_MESSAGE_BYTES];
    km_operation *reads[2];
    for (size_t i = 0; i < 2; i++) {
        OK(km_read_start(other_thread, others, 0, buffer, sizeof buffer, &reads[i]));
    }
    OK(km_process_exit(other, 0));
    assert_int_equal(query(mine).Reads, 0);
    assert_int_equal(query(mine).Cancelled, 2);
    // And of this one at the end of the test.
    km_file *file = open_device(thread, DEVICE, KM_OPEN_OVERLAPPED);
    (void)start_read(file, buffer);
}

static const struct client_test tests[] = {TEST(test_order), TEST(test_limit), TEST(test_cleanup),
                                           TEST(test_recall), TEST(test_exit)};
CLIENT(tests, "queue.sys")
