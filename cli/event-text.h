// SPDX-License-Identifier: MIT
// An event of Event Tracing for Windows as a line.
#ifndef KMODE_CLI_EVENT_TEXT_H
#define KMODE_CLI_EVENT_TEXT_H

#include <stdio.h>

#include "machine/include/kmode/machine.h"

// Writes "PROVIDER EVENT LEVEL field=value ..." of an event that describes itself, "PROVIDER id=7 version=1
// LEVEL ..." and the bytes of one that a manifest describes.
void km_event_write_text(FILE *file, const struct km_event *event);

#endif
