// SPDX-License-Identifier: MIT
// How arguments and results are shown in a trace: by the types that nt/facts has of them. The tables are made
// by nt/make-trace-table.
#ifndef KMODE_MACHINE_TRACE_VALUE_H
#define KMODE_MACHINE_TRACE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/machine-private.h"

enum km_value_kind {
    KM_VALUE_NOTHING,
    KM_VALUE_BOOLEAN,
    KM_VALUE_CODE, // of a device control
    KM_VALUE_DEVICE_OBJECT,
    KM_VALUE_DRIVER_OBJECT,
    KM_VALUE_ENUM,
    KM_VALUE_FILE_OBJECT,
    KM_VALUE_GUID,
    KM_VALUE_HANDLE,
    KM_VALUE_IRP,
    KM_VALUE_NEXT_IRP, // which its next driver is about to get
    KM_VALUE_OBJECT_ATTRIBUTES,
    KM_VALUE_POINTER,
    KM_VALUE_POOL_TAG,
    KM_VALUE_SIGNED,
    KM_VALUE_STATUS,
    KM_VALUE_STATUS_BLOCK,
    KM_VALUE_STRING,
    KM_VALUE_TEXT, // ends in a zero
    KM_VALUE_TIME, // 100 ns; negative: from now
    KM_VALUE_UNICODE_STRING,
    KM_VALUE_UNSIGNED,
    KM_VALUE_WIDE_TEXT
};

struct km_trace_type {
    enum km_value_kind kind;
    uint8_t bytes;
    int16_t enumeration; // index of its enum, or -1
};

struct km_trace_parameter {
    const char *name;
    bool in, out;
    struct km_trace_type type;
    struct km_trace_type behind; // what lies at its address; KM_VALUE_NOTHING: that is not shown
};

struct km_trace_routine {
    const char *name;
    struct km_trace_type result;
    uint16_t first, count; // of its parameters
    bool varies;           // more arguments may follow
};

struct km_trace_enum {
    const char *name;
    bool flags;
    uint16_t first, count;
};

struct km_trace_enum_value {
    const char *name;
    uint64_t value; // 32 bits
};

// A line that grows; what does not fit is cut.
struct km_trace_text {
    char text[2048];
    size_t length;
};

__attribute__((format(printf, 2, 3))) void km_trace_append(struct km_trace_text *text, const char *format,
                                                           ...);

// What is known of an exported routine, or of a type of driver's routines ("DRIVER_DISPATCH", or with a P in
// front); NULL: nothing.
const struct km_trace_routine *km_trace_find_routine(const char *name, bool is_callback);

// Appends "NAME=VALUE, ..." of a call's arguments. routine may be NULL.
void km_trace_arguments(struct km_machine *machine, struct km_trace_text *text,
                        const struct km_trace_routine *routine, const uint64_t *arguments, size_t count);
// Appends " = RESULT", and what the routine has put where its arguments lead to.
void km_trace_result(struct km_machine *machine, struct km_trace_text *text,
                     const struct km_trace_routine *routine, uint64_t result, const uint64_t *arguments,
                     size_t count);
// Appends "hello.sys!Function", or as much as is known of the address; false if it lies in no image.
bool km_trace_symbol(struct km_machine *machine, struct km_trace_text *text, uint64_t address);

// Names that were looked up once.
struct km_trace_symbol {
    uint64_t address;
    char *name; // "hello.sys!Function"
};

struct km_trace_symbols {
    struct km_trace_symbol *items;
    size_t count;
};

void km_trace_symbols_free(struct km_trace_symbols *symbols);

#endif
