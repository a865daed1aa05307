// SPDX-License-Identifier: MIT
// The 16550A UART: registers, FIFOs, modem lines, loopback (National Semiconductor's PC16550D data sheet).
// What it sends is sent at once, whatever the divisor says.
#ifndef KMODE_MACHINE_UART_H
#define KMODE_MACHINE_UART_H

#include <stdbool.h>
#include <stdint.h>

enum { KM_UART_PORTS = 8, KM_UART_FIFO = 16 };

struct km_uart {
    // Where what it sends goes; NULL: nowhere.
    void (*send)(void *context, uint8_t byte);
    // Asked for a byte while there is room for one: false, there is none. NULL: never.
    bool (*receive)(void *context, uint8_t *byte);
    // The interrupt line has changed.
    void (*interrupt)(void *context, bool asserted);
    void *context;
    bool connected; // the other side asserts CTS, DSR and DCD

    uint8_t interrupt_enable, fifo_control, line_control, modem_control, line_status, modem_delta, scratch;
    uint8_t modem_lines; // the last seen of MSR's upper half
    uint16_t divisor;
    uint8_t fifo[KM_UART_FIFO];
    unsigned first, count; // of the bytes in the FIFO; without FIFOs, of the one receiver register
    bool transmitter_empty_pending;
    bool asserted;
};

// As after a reset.
void km_uart_reset(struct km_uart *uart);
// Reads and writes register `offset`, 0 to 7.
uint8_t km_uart_read(struct km_uart *uart, unsigned offset);
void km_uart_write(struct km_uart *uart, unsigned offset, uint8_t value);
// Something may have come: asks for it.
void km_uart_poll(struct km_uart *uart);
// A byte that comes would interrupt.
bool km_uart_listens(const struct km_uart *uart);

#endif
