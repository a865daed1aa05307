// SPDX-License-Identifier: MIT
// The one line that says what went wrong last.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "machine/machine-private.h"

void km_set_problem(struct km_machine *machine, const char *format, ...)
{
    va_list arguments;
    char *text = NULL;
    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0) {
        text = NULL;
    }
    va_end(arguments);
    free(machine->problem_text);
    machine->problem_text = text;
    machine->problem = text != NULL ? text : "out of memory";
}

void km_clear_problem(struct km_machine *machine)
{
    if (machine->problem_text != NULL) {
        free(machine->problem_text);
        machine->problem_text = NULL;
    }
    machine->problem = NULL;
}
