// SPDX-License-Identifier: MIT
// The other end of a serial port: a file, standard input and output, a pseudo-terminal, or the program that
// drives the machine.
#ifndef KMODE_MACHINE_SERIAL_H
#define KMODE_MACHINE_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KM_SERIAL_NAME_BYTES = 64 };

struct km_serial {
    int input, output;               // -1: none
    int terminal;                    // the pseudo-terminal's own end, kept open; -1: none
    bool owned;                      // input and output are to be closed
    char name[KM_SERIAL_NAME_BYTES]; // of the pseudo-terminal, else ""
    uint8_t *pending;                // bytes that the program has sent
    size_t pending_bytes, pending_room;
};

// Opens "stdio", "pty", "program", or any other name as a file to write to. false and errno on failure.
bool km_serial_open(struct km_serial *serial, const char *name);
void km_serial_close(struct km_serial *serial);

// The program sends bytes. false: no memory for them.
bool km_serial_feed(struct km_serial *serial, const void *bytes, size_t count);
// The next byte that has come; false: none. Does not wait.
bool km_serial_receive(struct km_serial *serial, uint8_t *byte);
void km_serial_send(const struct km_serial *serial, uint8_t byte);

#endif
