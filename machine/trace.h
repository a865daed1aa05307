// SPDX-License-Identifier: MIT
// A trace under way: which calls over the border each thread is in.
#ifndef KMODE_MACHINE_TRACE_H
#define KMODE_MACHINE_TRACE_H

#include "machine/trace-value.h"

struct km_trace_call {
    uint64_t frame;
    bool is_shown;
    bool is_open; // its line has been written, without its end
    uint32_t irql;
    const struct km_trace_routine *routine;
    char name[64]; // of what is called
    size_t argument_count;
    uint64_t arguments[KM_TRACE_ARGUMENTS];
};

struct km_trace_thread {
    uint64_t id;
    struct km_trace_call *calls; // the innermost last
    size_t count, room;
};

struct km_trace_state {
    struct km_trace_thread *threads;
    size_t count;
    struct km_trace_symbols symbols;
    struct km_trace_text line; // that is not written yet: its call may return before anything else happens
    uint64_t line_frame;       // of that call
    bool has_line;
};

#endif
