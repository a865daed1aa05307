// SPDX-License-Identifier: MIT
// The real-time clock and its memory.
#include "machine/cmos.h"

#include <string.h>

#define UNITS_PER_SECOND INT64_C(10000000)
#define SECONDS_PER_DAY  86400

enum {
    SECONDS = 0x00,
    MINUTES = 0x02,
    HOURS = 0x04,
    DAY_OF_WEEK = 0x06,
    DAY = 0x07,
    MONTH = 0x08,
    YEAR = 0x09,
    STATUS_A = 0x0A,
    STATUS_B = 0x0B,
    STATUS_C = 0x0C,
    STATUS_D = 0x0D,
    CENTURY = 0x32
};

#define A_UPDATING 0x80u
#define A_DEFAULT  0x26u // 32,768 Hz crystal, 1,024 Hz rate
#define B_24_HOURS 0x02u
#define B_BINARY   0x04u
#define B_INHIBIT  0x80u
#define D_VALID    0x80u
#define HOURS_PM   0x80u
#define INDEX_MASK 0x7Fu // the topmost bit of port 70h masks non-maskable interrupts

static int64_t days_before_year(int64_t year)
{
    const int64_t years = year - 1;
    return years * 365 + years / 4 - years / 100 + years / 400;
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t days_of_month(int64_t month, int64_t year)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static struct km_date date_of(int64_t time)
{
    struct km_date date = {.second = time % 60, .minute = time / 60 % 60, .hour = time / 3600 % 24};
    int64_t days = time / SECONDS_PER_DAY;
    date.weekday = (days + 1) % 7 + 1; // 1601-01-01 was a Monday; Sunday is 1
    date.year = 1601 + days / 366;
    while (days_before_year(date.year + 1) - days_before_year(1601) <= days) {
        date.year++;
    }
    days -= days_before_year(date.year) - days_before_year(1601);
    for (date.month = 1; days >= days_of_month(date.month, date.year); date.month++) {
        days -= days_of_month(date.month, date.year);
    }
    date.day = days + 1;
    return date;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

// What no calendar has is taken for the nearest that it has.
static int64_t time_of(struct km_date date)
{
    const int64_t year = clamp(date.year, 1601, 9999), month = clamp(date.month, 1, 12);
    int64_t days = days_before_year(year) - days_before_year(1601);
    for (int64_t i = 1; i < month; i++) {
        days += days_of_month(i, year);
    }
    days += clamp(date.day, 1, days_of_month(month, year)) - 1;
    return days * SECONDS_PER_DAY + clamp(date.hour, 0, 23) * 3600 + clamp(date.minute, 0, 59) * 60 +
           clamp(date.second, 0, 59);
}

static bool is_inhibited(const struct km_cmos *cmos)
{
    return cmos->bytes[STATUS_B] & B_INHIBIT;
}

static struct km_date shown_date(const struct km_cmos *cmos)
{
    return is_inhibited(cmos)
               ? cmos->held
               : date_of((int64_t)(cmos->now(cmos->context) / UNITS_PER_SECOND) + cmos->offset);
}

static void set_clock(struct km_cmos *cmos, struct km_date date)
{
    cmos->offset = time_of(date) - (int64_t)(cmos->now(cmos->context) / UNITS_PER_SECOND);
}

static uint8_t encode(const struct km_cmos *cmos, int64_t value)
{
    return (uint8_t)(cmos->bytes[STATUS_B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

static int64_t decode(const struct km_cmos *cmos, uint8_t value)
{
    return cmos->bytes[STATUS_B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static uint8_t encode_hour(const struct km_cmos *cmos, int64_t hour)
{
    if (cmos->bytes[STATUS_B] & B_24_HOURS) {
        return encode(cmos, hour);
    }
    return encode(cmos, (hour + 11) % 12 + 1) | (hour >= 12 ? HOURS_PM : 0);
}

static int64_t decode_hour(const struct km_cmos *cmos, uint8_t value)
{
    if (cmos->bytes[STATUS_B] & B_24_HOURS) {
        return decode(cmos, value);
    }
    return decode(cmos, value & (uint8_t)~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

void km_cmos_reset(struct km_cmos *cmos)
{
    cmos->index = 0;
    cmos->offset = 0;
    memset(cmos->bytes, 0, sizeof cmos->bytes);
    cmos->bytes[STATUS_A] = A_DEFAULT;
    cmos->bytes[STATUS_B] = B_24_HOURS;
}

static uint8_t read_byte(const struct km_cmos *cmos)
{
    const struct km_date date = shown_date(cmos);
    switch (cmos->index) {
    case SECONDS: return encode(cmos, date.second);
    case MINUTES: return encode(cmos, date.minute);
    case HOURS: return encode_hour(cmos, date.hour);
    case DAY_OF_WEEK: return encode(cmos, date.weekday);
    case DAY: return encode(cmos, date.day);
    case MONTH: return encode(cmos, date.month);
    case YEAR: return encode(cmos, date.year % 100);
    case CENTURY: return encode(cmos, date.year / 100);
    case STATUS_C: return 0; // nothing has interrupted
    case STATUS_D: return D_VALID;
    default: return cmos->bytes[cmos->index];
    }
}

static void write_byte(struct km_cmos *cmos, uint8_t value)
{
    struct km_date date = shown_date(cmos);
    const int64_t number = decode(cmos, value);
    switch (cmos->index) {
    case SECONDS: date.second = number; break;
    case MINUTES: date.minute = number; break;
    case HOURS: date.hour = decode_hour(cmos, value); break;
    case DAY_OF_WEEK: return; // the date tells it
    case DAY: date.day = number; break;
    case MONTH: date.month = number; break;
    case YEAR: date.year = date.year / 100 * 100 + number; break;
    case CENTURY: date.year = number * 100 + date.year % 100; break;
    case STATUS_A: cmos->bytes[STATUS_A] = value & (uint8_t)~A_UPDATING; return;
    case STATUS_B:
        // What is shown is held from now on, or what is held goes on from here.
        cmos->held = date;
        set_clock(cmos, date);
        cmos->bytes[STATUS_B] = value;
        return;
    case STATUS_C:
    case STATUS_D: return;
    default: cmos->bytes[cmos->index] = value; return;
    }
    if (is_inhibited(cmos)) {
        cmos->held = date; // which need not be one until all of it is written
    } else {
        set_clock(cmos, date);
    }
}

uint8_t km_cmos_read(struct km_cmos *cmos, unsigned port)
{
    return port == 0 ? 0xFF : read_byte(cmos); // the index can only be written
}

void km_cmos_write(struct km_cmos *cmos, unsigned port, uint8_t value)
{
    if (port == 0) {
        cmos->index = value & INDEX_MASK;
    } else {
        write_byte(cmos, value);
    }
}
