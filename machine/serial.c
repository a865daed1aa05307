// SPDX-License-Identifier: MIT
// The other end of a serial port.
#include "machine/serial.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static bool open_terminal(struct km_serial *serial)
{
    struct termios settings;
    serial->input = serial->output = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    serial->owned = true;
    if (serial->input < 0 || grantpt(serial->input) != 0 || unlockpt(serial->input) != 0) {
        return false;
    }
    int error = ptsname_r(serial->input, serial->name, sizeof serial->name);
    if (error != 0) {
        errno = error;
        return false;
    }
    // Held open, so that whoever comes and goes at the other end is no hang-up.
    serial->terminal = open(serial->name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (serial->terminal < 0 || tcgetattr(serial->terminal, &settings) != 0) {
        return false;
    }
    cfmakeraw(&settings);
    return tcsetattr(serial->terminal, TCSANOW, &settings) == 0;
}

bool km_serial_open(struct km_serial *serial, const char *name)
{
    *serial = (struct km_serial){.input = -1, .output = -1, .terminal = -1};
    if (strcmp(name, "program") == 0) {
        return true;
    }
    if (strcmp(name, "stdio") == 0) {
        serial->input = STDIN_FILENO;
        serial->output = STDOUT_FILENO;
        return true;
    }
    bool opened;
    if (strcmp(name, "pty") == 0) {
        opened = open_terminal(serial);
    } else {
        serial->owned = true;
        serial->output = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        opened = serial->output >= 0;
    }
    if (!opened) {
        int error = errno;
        km_serial_close(serial);
        errno = error;
    }
    return opened;
}

void km_serial_close(struct km_serial *serial)
{
    if (serial->owned && serial->output >= 0) {
        close(serial->output); // a terminal's input is the same
    }
    if (serial->terminal >= 0) {
        close(serial->terminal);
    }
    free(serial->pending);
    *serial = (struct km_serial){.input = -1, .output = -1, .terminal = -1};
}

bool km_serial_feed(struct km_serial *serial, const void *bytes, size_t count)
{
    const size_t needed = serial->pending_bytes + count;
    if (needed > serial->pending_room) {
        const size_t room = needed * 2;
        uint8_t *grown = realloc(serial->pending, room);
        if (grown == NULL) {
            return false;
        }
        serial->pending = grown;
        serial->pending_room = room;
    }
    memcpy(serial->pending + serial->pending_bytes, bytes, count);
    serial->pending_bytes += count;
    return true;
}

bool km_serial_receive(struct km_serial *serial, uint8_t *byte)
{
    if (serial->pending_bytes > 0) {
        *byte = serial->pending[0];
        memmove(serial->pending, serial->pending + 1, --serial->pending_bytes);
        return true;
    }
    if (serial->input < 0) {
        return false;
    }
    struct pollfd ready = {.fd = serial->input, .events = POLLIN};
    if (poll(&ready, 1, 0) != 1 || !(ready.revents & (POLLIN | POLLHUP))) {
        return false;
    }
    ssize_t count = read(serial->input, byte, 1);
    if (count == 0) {
        serial->input = -1; // its end
    }
    return count == 1;
}

void km_serial_send(const struct km_serial *serial, uint8_t byte)
{
    while (serial->output >= 0 && write(serial->output, &byte, 1) < 0 && errno == EINTR) {
    }
}
