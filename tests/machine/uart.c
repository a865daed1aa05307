// SPDX-License-Identifier: MIT
// The 16550A, register by register.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "machine/uart.h"

static struct km_uart uart;
static char sent[64], incoming[64];
static size_t sent_bytes, incoming_at, incoming_bytes;
static unsigned edges;
static bool line;

static void send(void *context, uint8_t byte)
{
    (void)context;
    sent[sent_bytes++] = (char)byte;
}

static bool receive(void *context, uint8_t *byte)
{
    (void)context;
    if (incoming_at == incoming_bytes) {
        return false;
    }
    *byte = (uint8_t)incoming[incoming_at++];
    return true;
}

static void interrupt(void *context, bool asserted)
{
    (void)context;
    assert_int_not_equal(asserted, line);
    line = asserted;
    edges += asserted;
}

static int set_up(void **state)
{
    (void)state;
    uart = (struct km_uart){.send = send, .receive = receive, .interrupt = interrupt, .connected = true};
    sent_bytes = incoming_at = incoming_bytes = 0;
    edges = 0;
    line = false;
    km_uart_reset(&uart);
    return 0;
}

static void feed(const char *text)
{
    incoming_bytes = strlen(text);
    memcpy(incoming, text, incoming_bytes);
    incoming_at = 0;
    km_uart_poll(&uart);
}

#define READ(offset)         km_uart_read(&uart, offset)
#define WRITE(offset, value) km_uart_write(&uart, offset, value)

static void test_reset(void **state)
{
    (void)state;
    assert_int_equal(READ(1), 0);
    assert_int_equal(READ(2), 0x01);
    assert_int_equal(READ(3), 0);
    assert_int_equal(READ(4), 0);
    assert_int_equal(READ(5), 0x60);
    assert_int_equal(READ(6), 0xB0);
}

static void test_scratch_and_masks(void **state)
{
    (void)state;
    WRITE(7, 0x5A);
    assert_int_equal(READ(7), 0x5A);
    WRITE(1, 0xF0);
    assert_int_equal(READ(1), 0x00);
    WRITE(4, 0xE0);
    assert_int_equal(READ(4), 0x00);
    WRITE(5, 0x00); // read-only
    WRITE(6, 0x00);
    assert_int_equal(READ(5), 0x60);
    assert_int_equal(READ(6), 0xB0);
}

static void test_divisor_latch(void **state)
{
    (void)state;
    WRITE(3, 0x83);
    WRITE(0, 0x0C);
    WRITE(1, 0x01);
    assert_int_equal(READ(0), 0x0C);
    assert_int_equal(READ(1), 0x01);
    WRITE(3, 0x03);
    assert_int_equal(READ(1), 0x00);
    assert_int_equal(sent_bytes, 0);
    assert_int_equal(uart.divisor, 0x10C);
}

static void test_sends(void **state)
{
    (void)state;
    WRITE(0, 'h');
    WRITE(0, 'i');
    assert_int_equal(sent_bytes, 2);
    assert_memory_equal(sent, "hi", 2);
    assert_int_equal(READ(5), 0x60);
}

static void test_receives_without_fifos(void **state)
{
    (void)state;
    feed("abc");
    assert_int_equal(READ(5), 0x61);
    assert_int_equal(READ(0), 'a');
    assert_int_equal(READ(0), 'b');
    assert_int_equal(READ(0), 'c');
    assert_int_equal(READ(5), 0x60);
    assert_int_equal(READ(0), 'c'); // what was there last
}

static void test_receives_with_fifos(void **state)
{
    (void)state;
    WRITE(2, 0x01);
    assert_int_equal(READ(2), 0xC1);
    feed("0123456789abcdefghij");
    assert_int_equal(incoming_at, KM_UART_FIFO); // the rest waits on the wire
    for (const char *c = "0123456789abcdefghij"; *c != '\0'; c++) {
        assert_int_equal(READ(5), 0x61);
        assert_int_equal(READ(0), *c);
    }
    assert_int_equal(READ(5), 0x60);
    feed("xyz");
    WRITE(2, 0x03); // clears the receiver
    assert_int_equal(READ(5), 0x60);
    feed("xyz");
    WRITE(2, 0x00); // no FIFOs, and nothing in them
    assert_int_equal(READ(5), 0x60);
    assert_int_equal(READ(2), 0x01);
}

static void test_loopback(void **state)
{
    (void)state;
    WRITE(4, 0x10);
    assert_int_equal(READ(6), 0x0B); // all lines fell
    WRITE(4, 0x1A);                  // RTS, OUT2
    assert_int_equal(READ(6), 0x99); // CTS, DCD, and that they changed
    assert_int_equal(READ(6), 0x90);
    WRITE(4, 0x15);                  // DTR, OUT1
    assert_int_equal(READ(6), 0x6B); // a ring that starts is no change
    WRITE(4, 0x11);
    assert_int_equal(READ(6), 0x24); // its end is
    WRITE(0, 0xAE);
    assert_int_equal(sent_bytes, 0);
    assert_int_equal(READ(5), 0x61);
    assert_int_equal(READ(0), 0xAE);
    WRITE(0, 1);
    WRITE(0, 2); // the first is lost
    assert_int_equal(READ(5), 0x63);
    assert_int_equal(READ(5), 0x61); // told once
    assert_int_equal(READ(0), 2);
    feed("wire");
    assert_int_equal(READ(5), 0x60);
    assert_int_equal(line, false);
}

static void test_overrun_with_fifos(void **state)
{
    (void)state;
    WRITE(2, 0x01);
    WRITE(4, 0x10);
    for (unsigned i = 0; i < KM_UART_FIFO + 2; i++) {
        WRITE(0, (uint8_t)i);
    }
    assert_int_equal(READ(5), 0x63);
    for (unsigned i = 0; i < KM_UART_FIFO; i++) {
        assert_int_equal(READ(0), i);
    }
    assert_int_equal(READ(5), 0x60);
}

static void test_received_interrupt(void **state)
{
    (void)state;
    feed("a");
    WRITE(1, 0x01);
    assert_int_equal(READ(2), 0x04);
    assert_false(line); // OUT2 keeps it in
    WRITE(4, 0x08);
    assert_true(line);
    READ(0);
    assert_false(line);
    assert_int_equal(READ(2), 0x01);
    WRITE(2, 0x81); // FIFOs, from 8 bytes on
    feed("1234567");
    assert_int_equal(READ(2), 0xCC); // fewer, and nothing more comes
    feed("8");
    assert_int_equal(READ(2), 0xC4);
    READ(0);
    assert_int_equal(READ(2), 0xCC);
    assert_true(line);
    WRITE(4, 0x18);
    assert_false(line);
}

static void test_transmitter_interrupt(void **state)
{
    (void)state;
    WRITE(4, 0x08);
    WRITE(1, 0x02);
    assert_true(line); // it is empty when it is asked for
    assert_int_equal(READ(2), 0x02);
    assert_false(line); // told is done
    assert_int_equal(READ(2), 0x01);
    WRITE(0, 'x');
    assert_true(line);
    WRITE(0, 'y'); // a new edge
    assert_int_equal(edges, 3);
    WRITE(1, 0x00);
    assert_false(line);
}

static void test_priorities(void **state)
{
    (void)state;
    WRITE(4, 0x10);
    WRITE(0, 1);
    WRITE(0, 2);
    WRITE(1, 0x0F);
    assert_int_equal(READ(2), 0x06);
    READ(5);
    assert_int_equal(READ(2), 0x04);
    READ(0);
    assert_int_equal(READ(2), 0x02);
    assert_int_equal(READ(2), 0x00);
    READ(6);
    assert_int_equal(READ(2), 0x01);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_reset),
        TEST(test_scratch_and_masks),
        TEST(test_divisor_latch),
        TEST(test_sends),
        TEST(test_receives_without_fifos),
        TEST(test_receives_with_fifos),
        TEST(test_loopback),
        TEST(test_overrun_with_fifos),
        TEST(test_received_interrupt),
        TEST(test_transmitter_interrupt),
        TEST(test_priorities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
