// SPDX-License-Identifier: MIT
// The real-time clock and its memory; the ports that devices answer at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine/cmos.h"
#include "machine/ports.h"

#define UNIX_EPOCH UINT64_C(116444736000000000)
#define SECOND     UINT64_C(10000000)

static struct km_cmos cmos;
static uint64_t now;

static uint64_t read_now(void *context)
{
    (void)context;
    return now;
}

static int set_up(void **state)
{
    (void)state;
    cmos = (struct km_cmos){.now = read_now};
    now = UNIX_EPOCH + 1709211599 * SECOND; // 2024-02-29 12:59:59, a Thursday
    km_cmos_reset(&cmos);
    return 0;
}

static uint8_t get(uint8_t index)
{
    km_cmos_write(&cmos, 0, index);
    return km_cmos_read(&cmos, 1);
}

static void set(uint8_t index, uint8_t value)
{
    km_cmos_write(&cmos, 0, index);
    km_cmos_write(&cmos, 1, value);
}

static void test_time(void **state)
{
    (void)state;
    assert_int_equal(get(0x00), 0x59);
    assert_int_equal(get(0x02), 0x59);
    assert_int_equal(get(0x04), 0x12);
    assert_int_equal(get(0x06), 0x05);
    assert_int_equal(get(0x07), 0x29);
    assert_int_equal(get(0x08), 0x02);
    assert_int_equal(get(0x09), 0x24);
    assert_int_equal(get(0x32), 0x20);
    now += SECOND;
    assert_int_equal(get(0x04), 0x13);
    assert_int_equal(get(0x00), 0x00);
    now += 11 * 3600 * SECOND;
    assert_int_equal(get(0x07), 0x01);
    assert_int_equal(get(0x08), 0x03);
    assert_int_equal(get(0x06), 0x06);
}

static void test_formats(void **state)
{
    (void)state;
    set(0x0B, 0x06);
    assert_int_equal(get(0x00), 59);
    set(0x0B, 0x04); // 12 hours
    assert_int_equal(get(0x04), 0x80 | 12);
    now += SECOND;
    assert_int_equal(get(0x04), 0x80 | 1);
    now += 11 * 3600 * SECOND;
    assert_int_equal(get(0x04), 12);
    set(0x0B, 0x00);
    now += 10 * 3600 * SECOND;
    assert_int_equal(get(0x04), 0x10);
}

static void test_status(void **state)
{
    (void)state;
    assert_int_equal(get(0x0A), 0x26);
    assert_int_equal(get(0x0B), 0x02);
    assert_int_equal(get(0x0C), 0x00);
    assert_int_equal(get(0x0D), 0x80);
    set(0x0A, 0xAF);
    assert_int_equal(get(0x0A), 0x2F); // that it updates cannot be written
    set(0x0D, 0x00);
    assert_int_equal(get(0x0D), 0x80);
    km_cmos_write(&cmos, 0, 0x0D);
    assert_int_equal(km_cmos_read(&cmos, 0), 0xFF);
}

static void test_setting(void **state)
{
    (void)state;
    set(0x0B, 0x82);
    now += 100 * SECOND;
    assert_int_equal(get(0x00), 0x59); // held
    set(0x00, 0x30);
    set(0x02, 0x15);
    set(0x04, 0x08);
    set(0x07, 0x31); // not a day of the month that is still there
    set(0x08, 0x12);
    set(0x09, 0x99);
    set(0x32, 0x19);
    set(0x0B, 0x02);
    assert_int_equal(get(0x00), 0x30);
    assert_int_equal(get(0x07), 0x31);
    assert_int_equal(get(0x08), 0x12);
    assert_int_equal(get(0x09), 0x99);
    assert_int_equal(get(0x32), 0x19);
    assert_int_equal(get(0x06), 0x06); // a Friday
    now += 16 * 3600 * SECOND;
    assert_int_equal(get(0x09), 0x00);
    assert_int_equal(get(0x32), 0x20);
    assert_int_equal(get(0x07), 0x01);
    set(0x02, 0x00); // while it runs
    assert_int_equal(get(0x02), 0x00);
    assert_int_equal(get(0x00), 0x30);
}

static void test_memory(void **state)
{
    (void)state;
    for (unsigned i = 0x0E; i < 0x80; i++) {
        if (i != 0x32) {
            set((uint8_t)i, (uint8_t)(i * 3));
        }
    }
    for (unsigned i = 0x0E; i < 0x80; i++) {
        if (i != 0x32) {
            assert_int_equal(get((uint8_t)(i | 0x80)), (uint8_t)(i * 3)); // the topmost bit is the NMI's mask
        }
    }
}

// ---- Ports

static uint32_t last_offset, last_bytes, last_value;

static uint32_t read_device(void *context, uint16_t offset, unsigned bytes)
{
    last_bytes = bytes;
    return *(uint32_t *)context + offset;
}

static void write_device(void *context, uint16_t offset, unsigned bytes, uint32_t value)
{
    (void)context;
    last_offset = offset;
    last_bytes = bytes;
    last_value = value;
}

static void test_ports(void **state)
{
    (void)state;
    static struct km_ports ports;
    uint32_t narrow = 0x10, wide = 0xABCD0000;
    struct km_port_range range = {
        .first = 0x100, .count = 4, .read = read_device, .write = write_device, .context = &narrow};
    assert_true(km_ports_claim(&ports, &range));
    range.first = 0x102;
    assert_false(km_ports_claim(&ports, &range));
    range = (struct km_port_range){
        .first = 0xFFFC, .count = 8, .read = read_device, .write = write_device, .context = &wide};
    assert_false(km_ports_claim(&ports, &range)); // past the last port
    range.count = 4;
    range.wide = true;
    assert_true(km_ports_claim(&ports, &range));

    assert_int_equal(km_ports_read(&ports, 0x100, 1), 0x10);
    assert_int_equal(km_ports_read(&ports, 0x102, 4), 0xFFFF1312);
    assert_int_equal(km_ports_read(&ports, 0xFF, 2), 0x10FF);
    assert_int_equal(km_ports_read(&ports, 0x200, 4), 0xFFFFFFFF);
    assert_int_equal(km_ports_read(&ports, 0xFFFC, 4), 0xABCD0000);
    assert_int_equal(last_bytes, 4);
    assert_int_equal(km_ports_read(&ports, 0xFFFE, 4), 0xFFFF0302); // it does not end in the device
    km_ports_write(&ports, 0xFFFE, 2, 0x1234);
    assert_int_equal(last_offset, 2);
    assert_int_equal(last_value, 0x1234);
    km_ports_write(&ports, 0x102, 2, 0x1234);
    assert_int_equal(last_offset, 3);
    assert_int_equal(last_bytes, 1);
    assert_int_equal(last_value, 0x12);
    last_value = 0;
    km_ports_write(&ports, 0x300, 4, 1);
    assert_int_equal(last_value, 0);

    km_ports_release(&ports, &narrow);
    assert_int_equal(km_ports_read(&ports, 0x100, 2), 0xFFFF);
    assert_int_equal(km_ports_read(&ports, 0xFFFD, 1), 1);
    range =
        (struct km_port_range){.count = 1, .read = read_device, .write = write_device, .context = &narrow};
    for (unsigned i = 1; i < KM_PORT_RANGES; i++) {
        assert_true(km_ports_claim(&ports, &range));
        range.first++;
    }
    assert_false(km_ports_claim(&ports, &range)); // no room
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_time),    TEST(test_formats), TEST(test_status),
        TEST(test_setting), TEST(test_memory),  TEST(test_ports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
