// SPDX-License-Identifier: MIT
// The 16550A UART.
#include "machine/uart.h"

#include <stddef.h>

enum {
    DATA,
    INTERRUPT_ENABLE,
    INTERRUPT_ID,
    LINE_CONTROL,
    MODEM_CONTROL,
    LINE_STATUS,
    MODEM_STATUS,
    SCRATCH
};
enum { FIFO_CONTROL = INTERRUPT_ID };

#define IER_RECEIVED          0x01u
#define IER_TRANSMITTER_EMPTY 0x02u
#define IER_LINE_STATUS       0x04u
#define IER_MODEM_STATUS      0x08u
#define IER_BITS              0x0Fu

#define IIR_NONE              0x01u
#define IIR_LINE_STATUS       0x06u
#define IIR_RECEIVED          0x04u
#define IIR_TIME_OUT          0x0Cu
#define IIR_TRANSMITTER_EMPTY 0x02u
#define IIR_MODEM_STATUS      0x00u
#define IIR_FIFOS             0xC0u

#define FCR_ENABLE         0x01u
#define FCR_CLEAR_RECEIVER 0x02u
#define FCR_TRIGGER_SHIFT  6

#define LCR_DIVISOR_LATCH 0x80u

#define MCR_DTR      0x01u
#define MCR_RTS      0x02u
#define MCR_OUT1     0x04u
#define MCR_OUT2     0x08u // on a PC: lets the interrupt out
#define MCR_LOOPBACK 0x10u
#define MCR_BITS     0x1Fu

#define LSR_DATA    0x01u
#define LSR_OVERRUN 0x02u
#define LSR_ERRORS  0x1Eu
#define LSR_EMPTY   0x60u // transmitter holding register and shift register

#define MSR_CTS 0x10u
#define MSR_DSR 0x20u
#define MSR_RI  0x40u
#define MSR_DCD 0x80u

static bool has_fifos(const struct km_uart *uart)
{
    return uart->fifo_control & FCR_ENABLE;
}

static unsigned capacity(const struct km_uart *uart)
{
    return has_fifos(uart) ? KM_UART_FIFO : 1;
}

static unsigned trigger(const struct km_uart *uart)
{
    static const unsigned levels[] = {1, 4, 8, 14};
    return has_fifos(uart) ? levels[uart->fifo_control >> FCR_TRIGGER_SHIFT] : 1;
}

static bool is_looped(const struct km_uart *uart)
{
    return uart->modem_control & MCR_LOOPBACK;
}

// A full receiver loses: without FIFOs the byte that is there, with them the new one.
static void put(struct km_uart *uart, uint8_t byte)
{
    if (uart->count == capacity(uart)) {
        uart->line_status |= LSR_OVERRUN;
        if (!has_fifos(uart)) {
            uart->fifo[uart->first] = byte;
        }
        return;
    }
    uart->fifo[(uart->first + uart->count++) % KM_UART_FIFO] = byte;
}

static void fill(struct km_uart *uart)
{
    uint8_t byte;
    while (!is_looped(uart) && uart->receive != NULL && uart->count < capacity(uart) &&
           uart->receive(uart->context, &byte)) {
        put(uart, byte);
    }
}

static uint8_t modem_lines(const struct km_uart *uart)
{
    const unsigned control = uart->modem_control;
    if (!is_looped(uart)) {
        return uart->connected ? MSR_CTS | MSR_DSR | MSR_DCD : 0;
    }
    return (uint8_t)((control & MCR_RTS ? MSR_CTS : 0) | (control & MCR_DTR ? MSR_DSR : 0) |
                     (control & MCR_OUT1 ? MSR_RI : 0) | (control & MCR_OUT2 ? MSR_DCD : 0));
}

static void follow_modem_lines(struct km_uart *uart)
{
    const unsigned now = modem_lines(uart), changed = now ^ uart->modem_lines;
    // Of the ring indicator only its end counts.
    uart->modem_delta |= (uint8_t)((changed & ~(now & MSR_RI)) >> 4);
    uart->modem_lines = (uint8_t)now;
}

// The highest cause that is enabled.
static uint8_t cause(const struct km_uart *uart)
{
    const unsigned enabled = uart->interrupt_enable;
    if (enabled & IER_LINE_STATUS && uart->line_status & LSR_ERRORS) {
        return IIR_LINE_STATUS;
    }
    if (enabled & IER_RECEIVED && uart->count > 0) {
        return uart->count >= trigger(uart) ? IIR_RECEIVED : IIR_TIME_OUT;
    }
    if (enabled & IER_TRANSMITTER_EMPTY && uart->transmitter_empty_pending) {
        return IIR_TRANSMITTER_EMPTY;
    }
    if (enabled & IER_MODEM_STATUS && uart->modem_delta != 0) {
        return IIR_MODEM_STATUS;
    }
    return IIR_NONE;
}

static void update(struct km_uart *uart)
{
    // In loopback the modem outputs are inactive, OUT2 among them.
    const bool asserted =
        cause(uart) != IIR_NONE && (uart->modem_control & (MCR_OUT2 | MCR_LOOPBACK)) == MCR_OUT2;
    if (asserted != uart->asserted) {
        uart->asserted = asserted;
        if (uart->interrupt != NULL) {
            uart->interrupt(uart->context, asserted);
        }
    }
}

void km_uart_reset(struct km_uart *uart)
{
    uart->interrupt_enable = uart->fifo_control = uart->line_control = uart->modem_control = 0;
    uart->line_status = uart->modem_delta = uart->scratch = 0;
    uart->divisor = 0;
    uart->first = uart->count = 0;
    uart->transmitter_empty_pending = false;
    uart->modem_lines = modem_lines(uart);
    update(uart);
}

void km_uart_poll(struct km_uart *uart)
{
    fill(uart);
    update(uart);
}

bool km_uart_listens(const struct km_uart *uart)
{
    return uart->interrupt_enable & IER_RECEIVED && uart->modem_control & MCR_OUT2 && !is_looped(uart);
}

static uint8_t read_data(struct km_uart *uart)
{
    fill(uart);
    if (uart->count == 0) {
        return uart->fifo[uart->first]; // the register keeps what it had
    }
    uint8_t byte = uart->fifo[uart->first];
    if (--uart->count > 0) {
        uart->first = (uart->first + 1) % KM_UART_FIFO;
    }
    return byte;
}

static uint8_t read_line_status(struct km_uart *uart)
{
    fill(uart);
    uint8_t status = (uint8_t)(uart->line_status | LSR_EMPTY | (uart->count > 0 ? LSR_DATA : 0));
    uart->line_status = 0;
    return status;
}

static uint8_t read_interrupt_id(struct km_uart *uart)
{
    fill(uart);
    uint8_t id = cause(uart);
    if (id == IIR_TRANSMITTER_EMPTY) {
        uart->transmitter_empty_pending = false;
    }
    return id | (has_fifos(uart) ? IIR_FIFOS : 0);
}

uint8_t km_uart_read(struct km_uart *uart, unsigned offset)
{
    const bool latch = uart->line_control & LCR_DIVISOR_LATCH;
    uint8_t value = 0;
    switch (offset) {
    case DATA: value = latch ? (uint8_t)uart->divisor : read_data(uart); break;
    case INTERRUPT_ENABLE: value = latch ? (uint8_t)(uart->divisor >> 8) : uart->interrupt_enable; break;
    case INTERRUPT_ID: value = read_interrupt_id(uart); break;
    case LINE_CONTROL: value = uart->line_control; break;
    case MODEM_CONTROL: value = uart->modem_control; break;
    case LINE_STATUS: value = read_line_status(uart); break;
    case MODEM_STATUS:
        value = uart->modem_lines | uart->modem_delta;
        uart->modem_delta = 0;
        break;
    case SCRATCH: value = uart->scratch; break;
    }
    update(uart);
    return value;
}

static void write_data(struct km_uart *uart, uint8_t byte)
{
    // The register is full for no time at all: an interrupt that was due for it is over, and due again.
    uart->transmitter_empty_pending = false;
    update(uart);
    if (is_looped(uart)) {
        put(uart, byte);
    } else if (uart->send != NULL) {
        uart->send(uart->context, byte);
    }
    uart->transmitter_empty_pending = true;
}

static void write_interrupt_enable(struct km_uart *uart, uint8_t value)
{
    if (value & ~uart->interrupt_enable & IER_TRANSMITTER_EMPTY) {
        uart->transmitter_empty_pending = true;
    }
    uart->interrupt_enable = value & IER_BITS;
}

static void write_fifo_control(struct km_uart *uart, uint8_t value)
{
    if ((value ^ uart->fifo_control) & FCR_ENABLE || value & FCR_CLEAR_RECEIVER) {
        uart->first = uart->count = 0;
    }
    // The other bits are programmed only together with this one.
    uart->fifo_control = value & FCR_ENABLE ? value : 0;
}

void km_uart_write(struct km_uart *uart, unsigned offset, uint8_t value)
{
    const bool latch = uart->line_control & LCR_DIVISOR_LATCH;
    switch (offset) {
    case DATA:
        if (latch) {
            uart->divisor = (uint16_t)((uart->divisor & 0xFF00) | value);
        } else {
            write_data(uart, value);
        }
        break;
    case INTERRUPT_ENABLE:
        if (latch) {
            uart->divisor = (uint16_t)(value << 8 | (uart->divisor & 0xFF));
        } else {
            write_interrupt_enable(uart, value);
        }
        break;
    case FIFO_CONTROL: write_fifo_control(uart, value); break;
    case LINE_CONTROL: uart->line_control = value; break;
    case MODEM_CONTROL:
        uart->modem_control = value & MCR_BITS;
        follow_modem_lines(uart);
        break;
    case SCRATCH: uart->scratch = value; break;
    }
    update(uart);
}
