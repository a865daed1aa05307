// SPDX-License-Identifier: MIT
// Values of a trace as people read them. Whatever an argument leads to is read by way of RAM, since it may
// lead nowhere.
#include "machine/trace-value.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/names.h"
#include "machine/process.h"
#include "machine/symbolize.h"
#include "machine/trace.h"

#include "trace-table.inc"

#define SHOWN_CHARACTERS 64u

// NT's layout on x64.
#define DRIVER_NAME          0x38u
#define DEVICE_DRIVER        0x08u
#define FILE_NAME            0x58u
#define IRP_STACK_LOCATION   0xB8u
#define STACK_LOCATION_BYTES 0x48u
#define STACK_LOCATION_CODE  0x18u
#define MAJOR_DEVICE_CONTROL 14u
#define MAJOR_INTERNAL       15u
#define MAJOR_POWER          22u
#define MAJOR_PNP            27u

struct unicode_string {
    uint16_t length, maximum_length;
    uint32_t unused;
    uint64_t buffer;
};

void km_trace_append(struct km_trace_text *text, const char *format, ...)
{
    va_list list;
    const size_t room = sizeof text->text - text->length;
    va_start(list, format);
    const int wanted = vsnprintf(text->text + text->length, room, format, list);
    va_end(list);
    if (wanted > 0) {
        text->length += (size_t)wanted < room ? (size_t)wanted : room - 1;
    }
}

static bool read_memory(struct km_machine *machine, uint64_t address, void *bytes, size_t count)
{
    return address + count > address && km_memory_copy_out(machine, address, bytes, count);
}

// ---- Texts

static void append_character(struct km_trace_text *text, uint32_t character)
{
    if (character >= 0x20 && character < 0x7F) {
        km_trace_append(text, character == '"' ? "\\\"" : "%c", (int)character);
    } else if (character >= 0xA0 && character < 0x800) {
        km_trace_append(text, "%c%c", (int)(0xC0 | character >> 6), (int)(0x80 | (character & 0x3F)));
    } else if (character >= 0x800 && (character & 0xF800) != 0xD800) {
        km_trace_append(text, "%c%c%c", (int)(0xE0 | character >> 12), (int)(0x80 | (character >> 6 & 0x3F)),
                        (int)(0x80 | (character & 0x3F)));
    } else {
        km_trace_append(text, character == '\n' ? "\\n" : "\\x%02X", character);
    }
}

// Of characters of so many bytes each, up to a zero or `count` of them.
static void append_text(struct km_machine *machine, struct km_trace_text *text, uint64_t address,
                        size_t width, size_t count, bool ends_in_zero)
{
    const size_t shown = count < SHOWN_CHARACTERS ? count : SHOWN_CHARACTERS;
    km_trace_append(text, "\"");
    for (size_t i = 0; i < shown; i++) {
        uint32_t character = 0;
        if (!read_memory(machine, address + i * width, &character, width)) {
            km_trace_append(text, i == 0 ? "?" : "");
            break;
        }
        if (character == 0 && ends_in_zero) {
            km_trace_append(text, "\"");
            return;
        }
        append_character(text, character);
    }
    km_trace_append(text, count > shown ? "\"..." : "\"");
}

static void append_unicode_string(struct km_machine *machine, struct km_trace_text *text, uint64_t address,
                                  size_t width)
{
    struct unicode_string string;
    if (address == 0) {
        km_trace_append(text, "NULL");
    } else if (!read_memory(machine, address, &string, sizeof string)) {
        km_trace_append(text, "0x%llx", (unsigned long long)address);
    } else if (string.buffer == 0) {
        km_trace_append(text, "\"\"");
    } else {
        append_text(machine, text, string.buffer, width, string.length / width, false);
    }
}

// ---- Names of values

static bool append_enum(struct km_trace_text *text, int index, uint32_t value)
{
    const struct km_trace_enum *enumeration = &enums[index];
    uint32_t rest = value;
    bool any = false;
    for (size_t i = 0; i < enumeration->count; i++) {
        const struct km_trace_enum_value *known = &enum_values[enumeration->first + i];
        const uint32_t bits = (uint32_t)known->value;
        if (!enumeration->flags ? bits == value : bits != 0 && (rest & bits) == bits) {
            km_trace_append(text, "%s%s", any ? "|" : "", known->name);
            any = true;
            rest &= ~bits;
            if (!enumeration->flags) {
                return true;
            }
        }
    }
    if (enumeration->flags && (rest != 0 || !any)) {
        km_trace_append(text, any ? "|0x%x" : rest > 9 ? "0x%x" : "%u", rest);
    }
    return any || enumeration->flags;
}

static int enum_named(const char *name)
{
    for (size_t i = 0; i < sizeof enums / sizeof *enums; i++) {
        if (strcmp(enums[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static void append_status(struct km_trace_text *text, uint32_t status)
{
    const char *name = km_status_name(status);
    km_trace_append(text, "0x%08X%s%s", status, name != NULL ? " " : "", name != NULL ? name : "");
}

static void append_unsigned(struct km_trace_text *text, uint64_t value)
{
    km_trace_append(text, value < 65536 ? "%llu" : "0x%llx", (unsigned long long)value);
}

// ---- Symbols

void km_trace_symbols_free(struct km_trace_symbols *symbols)
{
    for (size_t i = 0; i < symbols->count; i++) {
        free(symbols->items[i].name);
    }
    free(symbols->items);
    *symbols = (struct km_trace_symbols){0};
}

static char *find_symbol(const struct km_module *module, uint64_t address)
{
    const uint64_t offset = address - module->base;
    struct km_symbols symbols = {0};
    char *name = NULL;
    if (km_symbolize(module->path, &offset, 1, &symbols)) {
        for (size_t i = 0; i < symbols.count && name == NULL; i++) {
            if (symbols.items[i].function != NULL &&
                asprintf(&name, "%s!%s", module->name, symbols.items[i].function) < 0) {
                name = NULL;
            }
        }
    }
    km_symbols_free(&symbols);
    if (name == NULL && asprintf(&name, "%s+0x%llx", module->name, (unsigned long long)offset) < 0) {
        name = NULL;
    }
    return name;
}

bool km_trace_symbol(struct km_machine *machine, struct km_trace_text *text, uint64_t address)
{
    const struct km_module *module = km_modules_at(&machine->modules, address);
    struct km_trace_symbols *symbols = &machine->trace->symbols;
    if (module == NULL) {
        return false;
    }
    if ((km_memory_query(&machine->memory, address) & KM_PROTECT_EXECUTE) == 0) {
        km_trace_append(text, "%s+0x%llx", module->name, (unsigned long long)(address - module->base));
        return true;
    }
    const size_t length = strlen(module->name);
    for (size_t i = 0; i < symbols->count; i++) {
        if (symbols->items[i].address == address &&
            strncmp(symbols->items[i].name, module->name, length) == 0) {
            km_trace_append(text, "%s", symbols->items[i].name);
            return true;
        }
    }
    char *name = find_symbol(module, address);
    struct km_trace_symbol *items =
        name != NULL ? realloc(symbols->items, (symbols->count + 1) * sizeof *items) : NULL;
    km_trace_append(text, "%s", name != NULL ? name : module->name);
    if (items == NULL) {
        free(name);
        return true;
    }
    symbols->items = items;
    symbols->items[symbols->count++] = (struct km_trace_symbol){.address = address, .name = name};
    return true;
}

// ---- Objects

static void append_pointer(struct km_machine *machine, struct km_trace_text *text, uint64_t address)
{
    if (address == 0) {
        km_trace_append(text, "NULL");
    } else if (!km_trace_symbol(machine, text, address)) {
        km_trace_append(text, "0x%llx", (unsigned long long)address);
    }
}

static void append_driver(struct km_machine *machine, struct km_trace_text *text, uint64_t driver)
{
    struct unicode_string name;
    if (driver != 0 && read_memory(machine, driver + DRIVER_NAME, &name, sizeof name) && name.buffer != 0) {
        km_trace_append(text, " ");
        append_text(machine, text, name.buffer, 2, name.length / 2, false);
    }
}

static void append_irp(struct km_machine *machine, struct km_trace_text *text, uint64_t irp, bool next)
{
    static const struct {
        uint8_t major;
        const char *minors;
    } families[] = {{MAJOR_PNP, "IRP_MN_PNP"}, {MAJOR_POWER, "IRP_MN_POWER"}};
    uint64_t location;
    uint8_t major[2];
    uint32_t code;
    if (irp == 0 || !read_memory(machine, irp + IRP_STACK_LOCATION, &location, sizeof location)) {
        return;
    }
    location -= next ? STACK_LOCATION_BYTES : 0;
    if (!read_memory(machine, location, major, sizeof major)) {
        return;
    }
    km_trace_append(text, " ");
    if (!append_enum(text, enum_named("IRP_MJ"), major[0])) {
        km_trace_append(text, "major %u", major[0]);
    }
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (families[i].major == major[0]) {
            km_trace_append(text, " ");
            if (!append_enum(text, enum_named(families[i].minors), major[1])) {
                km_trace_append(text, "minor %u", major[1]);
            }
            return;
        }
    }
    if ((major[0] == MAJOR_DEVICE_CONTROL || major[0] == MAJOR_INTERNAL) &&
        read_memory(machine, location + STACK_LOCATION_CODE, &code, sizeof code)) {
        km_trace_append(text, " 0x%X", code);
    } else if (major[1] != 0) {
        km_trace_append(text, " minor %u", major[1]);
    }
}

static void append_object_attributes(struct km_machine *machine, struct km_trace_text *text, uint64_t address)
{
    struct {
        uint32_t length, unused;
        uint64_t root, name;
        uint32_t attributes, unused_too;
    } attributes;
    if (address == 0 || !read_memory(machine, address, &attributes, sizeof attributes)) {
        append_pointer(machine, text, address);
        return;
    }
    km_trace_append(text, "{");
    if (attributes.root != 0) {
        km_trace_append(text, "0x%llx, ", (unsigned long long)attributes.root);
    }
    append_unicode_string(machine, text, attributes.name, 2);
    km_trace_append(text, ", ");
    append_enum(text, enum_named("OBJECT_FLAGS"), attributes.attributes);
    km_trace_append(text, "}");
}

static void append_guid(struct km_machine *machine, struct km_trace_text *text, uint64_t address)
{
    struct {
        uint32_t first;
        uint16_t second, third;
        uint8_t rest[8];
    } guid;
    if (address == 0 || !read_memory(machine, address, &guid, sizeof guid)) {
        append_pointer(machine, text, address);
        return;
    }
    km_trace_append(text, "{%08X-%04X-%04X-%02X%02X-", guid.first, guid.second, guid.third, guid.rest[0],
                    guid.rest[1]);
    for (size_t i = 2; i < sizeof guid.rest; i++) {
        km_trace_append(text, "%02X", guid.rest[i]);
    }
    km_trace_append(text, "}");
}

static void append_status_block(struct km_machine *machine, struct km_trace_text *text, uint64_t address)
{
    struct {
        uint32_t status, unused;
        uint64_t information;
    } block;
    if (address == 0 || !read_memory(machine, address, &block, sizeof block)) {
        append_pointer(machine, text, address);
        return;
    }
    km_trace_append(text, "{");
    append_status(text, block.status);
    km_trace_append(text, ", ");
    append_unsigned(text, block.information);
    km_trace_append(text, "}");
}

static void append_time(struct km_trace_text *text, int64_t time)
{
    const uint64_t size = time < 0 ? -(uint64_t)time : (uint64_t)time;
    km_trace_append(text, "%s%llu.%llums", time < 0 ? "-" : "", (unsigned long long)(size / 10000),
                    (unsigned long long)(size / 1000 % 10));
}

static void append_handle(struct km_trace_text *text, uint64_t handle)
{
    if (handle == ~UINT64_C(0)) {
        km_trace_append(text, "NtCurrentProcess()");
    } else if (handle == ~UINT64_C(1)) {
        km_trace_append(text, "NtCurrentThread()");
    } else {
        km_trace_append(text, handle == 0 ? "NULL" : "0x%llx", (unsigned long long)handle);
    }
}

static void append_tag(struct km_trace_text *text, uint32_t tag)
{
    km_trace_append(text, "'");
    for (size_t i = 0; i < 4; i++) {
        const char character = (char)(tag >> i * 8);
        km_trace_append(text, character >= 0x20 && character < 0x7F ? "%c" : ".", character);
    }
    km_trace_append(text, "'");
}

static void append_value(struct km_machine *machine, struct km_trace_text *text,
                         const struct km_trace_type *type, uint64_t value)
{
    const unsigned unused_bits = type->bytes != 0 && type->bytes < 8 ? 64 - type->bytes * 8u : 0;
    const int64_t number = (int64_t)(value << unused_bits) >> unused_bits;
    value = value << unused_bits >> unused_bits;
    switch (type->kind) {
    case KM_VALUE_NOTHING: break;
    case KM_VALUE_BOOLEAN: km_trace_append(text, "%s", (uint8_t)value ? "TRUE" : "FALSE"); break;
    case KM_VALUE_CODE: km_trace_append(text, "0x%llX", (unsigned long long)value); break;
    case KM_VALUE_ENUM:
        if (!append_enum(text, type->enumeration, (uint32_t)value)) {
            append_unsigned(text, value);
        }
        break;
    case KM_VALUE_DRIVER_OBJECT:
        append_pointer(machine, text, value);
        append_driver(machine, text, value);
        break;
    case KM_VALUE_DEVICE_OBJECT: {
        uint64_t driver = 0;
        append_pointer(machine, text, value);
        if (value != 0 && read_memory(machine, value + DEVICE_DRIVER, &driver, sizeof driver)) {
            append_driver(machine, text, driver);
        }
        break;
    }
    case KM_VALUE_FILE_OBJECT:
        append_pointer(machine, text, value);
        if (value != 0) {
            km_trace_append(text, " ");
            append_unicode_string(machine, text, value + FILE_NAME, 2);
        }
        break;
    case KM_VALUE_GUID: append_guid(machine, text, value); break;
    case KM_VALUE_HANDLE: append_handle(text, value); break;
    case KM_VALUE_IRP:
    case KM_VALUE_NEXT_IRP:
        append_pointer(machine, text, value);
        append_irp(machine, text, value, type->kind == KM_VALUE_NEXT_IRP);
        break;
    case KM_VALUE_OBJECT_ATTRIBUTES: append_object_attributes(machine, text, value); break;
    case KM_VALUE_POINTER: append_pointer(machine, text, value); break;
    case KM_VALUE_POOL_TAG: append_tag(text, (uint32_t)value); break;
    case KM_VALUE_SIGNED: km_trace_append(text, "%lld", (long long)number); break;
    case KM_VALUE_STATUS: append_status(text, (uint32_t)value); break;
    case KM_VALUE_STATUS_BLOCK: append_status_block(machine, text, value); break;
    case KM_VALUE_STRING: append_unicode_string(machine, text, value, 1); break;
    case KM_VALUE_TIME: append_time(text, (int64_t)value); break;
    case KM_VALUE_UNICODE_STRING: append_unicode_string(machine, text, value, 2); break;
    case KM_VALUE_UNSIGNED: append_unsigned(text, value); break;
    case KM_VALUE_TEXT:
    case KM_VALUE_WIDE_TEXT:
        if (value == 0) {
            km_trace_append(text, "NULL");
        } else {
            append_text(machine, text, value, type->kind == KM_VALUE_TEXT ? 1 : 2, SIZE_MAX, true);
        }
        break;
    }
}

// ---- Calls

const struct km_trace_routine *km_trace_find_routine(const char *name, bool is_callback)
{
    const struct km_trace_routine *table = is_callback ? callbacks : routines;
    size_t low = 0,
           high = is_callback ? sizeof callbacks / sizeof *callbacks : sizeof routines / sizeof *routines;
    if (is_callback && name[0] == 'P' && strncmp(name, "PROCESSOR_", 10) != 0) {
        name++;
    }
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(name, table[middle].name);
        if (order == 0) {
            return &table[middle];
        }
        *(order < 0 ? &high : &low) = order < 0 ? middle : middle + 1;
    }
    return NULL;
}

// The value is an address, and what is shown is what lies there.
static bool shows_target(const struct km_trace_type *type)
{
    switch (type->kind) {
    case KM_VALUE_GUID:
    case KM_VALUE_OBJECT_ATTRIBUTES:
    case KM_VALUE_STATUS_BLOCK:
    case KM_VALUE_STRING:
    case KM_VALUE_TEXT:
    case KM_VALUE_UNICODE_STRING:
    case KM_VALUE_WIDE_TEXT: return true;
    default: return false;
    }
}

// What lies at the address. false: it cannot be read.
static bool append_behind(struct km_machine *machine, struct km_trace_text *text,
                          const struct km_trace_type *type, uint64_t address)
{
    uint64_t value = 0;
    if (type->kind == KM_VALUE_NOTHING || address == 0 ||
        !read_memory(machine, address, &value, type->bytes)) {
        return false;
    }
    append_value(machine, text, type, value);
    return true;
}

void km_trace_arguments(struct km_machine *machine, struct km_trace_text *text,
                        const struct km_trace_routine *routine, const uint64_t *arguments, size_t count)
{
    if (routine == NULL ||
        (routine->count == 0 && !routine->varies && count != 0 && routine->result.kind == 0)) {
        for (size_t i = 0; i < count && i < 4; i++) {
            km_trace_append(text, "%s0x%llx", i != 0 ? ", " : "", (unsigned long long)arguments[i]);
        }
        return;
    }
    for (size_t i = 0; i < routine->count && i < count; i++) {
        const struct km_trace_parameter *parameter = &parameters[routine->first + i];
        km_trace_append(text, "%s%s=", i != 0 ? ", " : "", parameter->name);
        if (!parameter->in && shows_target(&parameter->type)) {
            // The routine's to fill in: it says nothing yet.
            append_pointer(machine, text, arguments[i]);
            continue;
        }
        const size_t before = text->length;
        if (parameter->in && parameter->behind.kind != KM_VALUE_NOTHING) {
            km_trace_append(text, "[");
            if (append_behind(machine, text, &parameter->behind, arguments[i])) {
                km_trace_append(text, "]");
                continue;
            }
            text->length = before;
        }
        append_value(machine, text, &parameter->type, arguments[i]);
    }
    if (routine->varies) {
        km_trace_append(text, "%s...", routine->count != 0 ? ", " : "");
    }
}

void km_trace_result(struct km_machine *machine, struct km_trace_text *text,
                     const struct km_trace_routine *routine, uint64_t result, const uint64_t *arguments,
                     size_t count)
{
    if (routine == NULL) {
        km_trace_append(text, " = 0x%llx", (unsigned long long)result);
        return;
    }
    if (routine->result.kind != KM_VALUE_NOTHING) {
        // An IRP that was just made says nothing yet.
        const struct km_trace_type pointer = {.kind = KM_VALUE_POINTER, .bytes = 8};
        km_trace_append(text, " = ");
        append_value(machine, text, routine->result.kind == KM_VALUE_IRP ? &pointer : &routine->result,
                     result);
    }
    if (routine->result.kind == KM_VALUE_STATUS && (uint32_t)result >= UINT32_C(0xC0000000)) {
        return;
    }
    for (size_t i = 0; i < routine->count && i < count; i++) {
        const struct km_trace_parameter *parameter = &parameters[routine->first + i];
        const size_t before = text->length;
        if (!parameter->out || arguments[i] == 0) {
            continue;
        }
        km_trace_append(text, ", %s: ", parameter->name);
        if (shows_target(&parameter->type)) {
            append_value(machine, text, &parameter->type, arguments[i]);
        } else if (!append_behind(machine, text, &parameter->behind, arguments[i])) {
            text->length = before;
            text->text[before] = '\0';
        }
    }
}
