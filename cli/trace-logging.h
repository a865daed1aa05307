// SPDX-License-Identifier: MIT
// Events that describe themselves, as TraceLogging writes them: metadata with the event's name and each
// field's name and type, and data without either.
#ifndef KMODE_CLI_TRACE_LOGGING_H
#define KMODE_CLI_TRACE_LOGGING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// How a value lies in the data.
enum km_trace_in {
    KM_TRACE_IN_NULL,
    KM_TRACE_IN_UTF16, // to its terminator
    KM_TRACE_IN_NARROW,
    KM_TRACE_IN_INT8,
    KM_TRACE_IN_UINT8,
    KM_TRACE_IN_INT16,
    KM_TRACE_IN_UINT16,
    KM_TRACE_IN_INT32,
    KM_TRACE_IN_UINT32,
    KM_TRACE_IN_INT64,
    KM_TRACE_IN_UINT64,
    KM_TRACE_IN_FLOAT,
    KM_TRACE_IN_DOUBLE,
    KM_TRACE_IN_BOOL32,
    KM_TRACE_IN_BINARY, // behind its number of bytes
    KM_TRACE_IN_GUID,
    KM_TRACE_IN_POINTER,
    KM_TRACE_IN_FILETIME,
    KM_TRACE_IN_SYSTEMTIME,
    KM_TRACE_IN_SID,
    KM_TRACE_IN_HEXINT32,
    KM_TRACE_IN_HEXINT64,
    KM_TRACE_IN_COUNTED_UTF16, // behind its number of bytes
    KM_TRACE_IN_COUNTED_NARROW,
    KM_TRACE_IN_STRUCT,
    KM_TRACE_IN_COUNTED_BINARY,
    KM_TRACE_IN_CUSTOM // of a type that the metadata have bytes for, which nobody here knows
};

// How it is meant.
enum km_trace_out {
    KM_TRACE_OUT_NULL = 0,
    KM_TRACE_OUT_NO_PRINT = 1,
    KM_TRACE_OUT_STRING = 2,
    KM_TRACE_OUT_BOOLEAN = 3,
    KM_TRACE_OUT_HEX = 4,
    KM_TRACE_OUT_PID = 5,
    KM_TRACE_OUT_TID = 6,
    KM_TRACE_OUT_PORT = 7,
    KM_TRACE_OUT_IPV4 = 8,
    KM_TRACE_OUT_IPV6 = 9,
    KM_TRACE_OUT_SOCKET_ADDRESS = 10,
    KM_TRACE_OUT_XML = 11,
    KM_TRACE_OUT_JSON = 12,
    KM_TRACE_OUT_WIN32_ERROR = 13,
    KM_TRACE_OUT_NTSTATUS = 14,
    KM_TRACE_OUT_HRESULT = 15,
    KM_TRACE_OUT_FILETIME = 16,
    KM_TRACE_OUT_SIGNED = 17,
    KM_TRACE_OUT_UNSIGNED = 18,
    KM_TRACE_OUT_UTF8 = 35
};

// A name, UTF-8 as its writer says; or NULL, for an element of an array.
struct km_trace_name {
    const char *text;
    size_t bytes;
};

// Structures and arrays, in each other, are no deeper than this.
#define KM_TRACE_DEPTH 64

struct km_trace_value {
    struct km_trace_name name;
    enum km_trace_in in;
    unsigned out;        // km_trace_out, or what it does not know
    const uint8_t *data; // without its count or terminator
    size_t bytes;
};

// Who is told of the fields, in order. A structure's fields, and an array's elements, come between open and
// close.
struct km_trace_visitor {
    void (*open)(void *context, struct km_trace_name name, bool is_array);
    void (*close)(void *context, bool is_array);
    void (*value)(void *context, const struct km_trace_value *value);
};

// What metadata begin with. Points into them.
struct km_trace_event {
    struct km_trace_name name;
    const uint8_t *fields; // their descriptions
    size_t field_bytes;
};

// The bytes of provider traits or of an event's metadata at `bytes`, of which there are `count`: their own
// size, of two bytes, says so. 0: these are none.
size_t km_trace_block(const uint8_t *bytes, size_t count);

// The name in provider traits. text is NULL: there is none.
struct km_trace_name km_trace_provider(const uint8_t *traits, size_t count);

// Reads how an event's metadata begin. NULL, or what is wrong with them.
const char *km_trace_open(const uint8_t *metadata, size_t count, struct km_trace_event *event);

// Tells visitor of the fields in the data. NULL, or what is wrong with metadata or data, and *read is how
// much of the data could be told; all that has been opened is closed in either case.
const char *km_trace_decode(const struct km_trace_event *event, const uint8_t *data, size_t count,
                            const struct km_trace_visitor *visitor, void *context, size_t *read);

#endif
