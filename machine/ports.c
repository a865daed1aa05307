// SPDX-License-Identifier: MIT
// The I/O ports.
#include "machine/ports.h"

enum { PORTS = 0x10000 };

bool km_ports_claim(struct km_ports *ports, const struct km_port_range *range)
{
    if (ports->count == KM_PORT_RANGES || range->count == 0 || range->count > PORTS - range->first) {
        return false;
    }
    for (size_t i = 0; i < ports->count; i++) {
        const struct km_port_range *other = &ports->ranges[i];
        if (range->first < other->first + other->count && other->first < range->first + range->count) {
            return false;
        }
    }
    ports->ranges[ports->count++] = *range;
    return true;
}

void km_ports_release(struct km_ports *ports, const void *context)
{
    size_t kept = 0;
    for (size_t i = 0; i < ports->count; i++) {
        if (ports->ranges[i].context != context) {
            ports->ranges[kept++] = ports->ranges[i];
        }
    }
    ports->count = kept;
}

static const struct km_port_range *find(const struct km_ports *ports, uint32_t port)
{
    for (size_t i = 0; i < ports->count; i++) {
        if (port - ports->ranges[i].first < ports->ranges[i].count) {
            return &ports->ranges[i];
        }
    }
    return port - ports->rest.first < ports->rest.count ? &ports->rest : NULL;
}

// The device that takes the whole access as one.
static const struct km_port_range *find_whole(const struct km_ports *ports, uint16_t port, unsigned bytes)
{
    const struct km_port_range *range = find(ports, port);
    bool whole = range != NULL && (bytes == 1 || range->wide);
    for (unsigned i = 1; whole && i < bytes; i++) {
        whole = find(ports, (uint32_t)port + i) == range;
    }
    return whole ? range : NULL;
}

uint32_t km_ports_read(const struct km_ports *ports, uint16_t port, unsigned bytes)
{
    const struct km_port_range *whole = find_whole(ports, port, bytes);
    if (whole != NULL) {
        return whole->read(whole->context, (uint16_t)(port - whole->first), bytes) &
               (UINT32_MAX >> (32 - 8 * bytes));
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        const struct km_port_range *range = find(ports, (uint32_t)port + i);
        uint32_t byte =
            range != NULL ? range->read(range->context, (uint16_t)(port + i - range->first), 1) : 0xFF;
        value |= (byte & 0xFF) << 8 * i;
    }
    return value;
}

void km_ports_write(const struct km_ports *ports, uint16_t port, unsigned bytes, uint32_t value)
{
    const struct km_port_range *whole = find_whole(ports, port, bytes);
    if (whole != NULL) {
        whole->write(whole->context, (uint16_t)(port - whole->first), bytes, value);
        return;
    }
    for (unsigned i = 0; i < bytes; i++) {
        const struct km_port_range *range = find(ports, (uint32_t)port + i);
        if (range != NULL) {
            range->write(range->context, (uint16_t)(port + i - range->first), 1, value >> 8 * i & 0xFF);
        }
    }
}
