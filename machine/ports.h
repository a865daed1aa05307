// SPDX-License-Identifier: MIT
// The I/O ports: which device answers at which.
#ifndef KMODE_MACHINE_PORTS_H
#define KMODE_MACHINE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KM_PORT_RANGES = 64 };

// Ports [first, first + count) of a device. Offsets are from `first`; `bytes` is 1, 2 or 4, and always 1 for
// a device that is not `wide`: then a wider access is one byte after the other, as on the ISA bus.
struct km_port_range {
    uint16_t first;
    uint32_t count;
    bool wide;
    uint32_t (*read)(void *context, uint16_t offset, unsigned bytes);
    void (*write)(void *context, uint16_t offset, unsigned bytes, uint32_t value);
    void *context;
};

// Zeroed: no device is there.
struct km_ports {
    struct km_port_range ranges[KM_PORT_RANGES];
    size_t count;
    struct km_port_range rest; // who is asked where nobody is; count 0: nobody
};

// false: one of the ports is another device's, or there is no room for one more.
bool km_ports_claim(struct km_ports *ports, const struct km_port_range *range);
// Whatever is claimed with that context is nobody's any more.
void km_ports_release(struct km_ports *ports, const void *context);

// in, out. Ports of no device read as ones, which is what a bus does that nobody drives; what is written to
// them is lost. Not for two processors at a time.
uint32_t km_ports_read(const struct km_ports *ports, uint16_t port, unsigned bytes);
void km_ports_write(const struct km_ports *ports, uint16_t port, unsigned bytes, uint32_t value);

#endif
