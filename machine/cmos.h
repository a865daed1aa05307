// SPDX-License-Identifier: MIT
// The CMOS: real-time clock and 128 bytes of memory behind ports 70h and 71h (Motorola's MC146818 data
// sheet). Its time is the machine's clock's, UTC. It interrupts nobody.
#ifndef KMODE_MACHINE_CMOS_H
#define KMODE_MACHINE_CMOS_H

#include <stdbool.h>
#include <stdint.h>

enum { KM_CMOS_FIRST_PORT = 0x70, KM_CMOS_PORTS = 2, KM_CMOS_BYTES = 128 };

struct km_date {
    int64_t second, minute, hour, weekday, day, month, year;
};

struct km_cmos {
    uint64_t (*now)(void *context); // in units of 100 ns since 1601-01-01
    void *context;
    uint8_t index;
    uint8_t bytes[KM_CMOS_BYTES];
    int64_t offset;      // seconds that the clock has been set ahead of `now`
    struct km_date held; // with updates inhibited: what it shows
};

void km_cmos_reset(struct km_cmos *cmos);
// port: 0 for 70h, 1 for 71h.
uint8_t km_cmos_read(struct km_cmos *cmos, unsigned port);
void km_cmos_write(struct km_cmos *cmos, unsigned port, uint8_t value);

#endif
