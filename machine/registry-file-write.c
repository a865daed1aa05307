// SPDX-License-Identifier: MIT
// Registry files written, and the names of their roots.
#include "machine/registry-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_PER_LINE = 25 };

struct writer {
    uint8_t *bytes;
    size_t size, room;
    bool failed; // no memory
};

static void put_unit(struct writer *writer, uint16_t unit)
{
    if (writer->room - writer->size < 2) {
        size_t room = writer->room != 0 ? writer->room * 2 : 4096;
        uint8_t *bytes = writer->failed ? NULL : realloc(writer->bytes, room);
        if (bytes == NULL) {
            writer->failed = true;
            return;
        }
        writer->bytes = bytes;
        writer->room = room;
    }
    writer->bytes[writer->size++] = (uint8_t)unit;
    writer->bytes[writer->size++] = (uint8_t)(unit >> 8);
}

static void put(struct writer *writer, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            put_unit(writer, '\r');
        }
        put_unit(writer, (uint8_t)*text);
    }
}

static void put_quoted(struct writer *writer, const uint16_t *units, size_t length)
{
    put(writer, "\"");
    for (size_t i = 0; i < length; i++) {
        if (units[i] == '\\' || units[i] == '"') {
            put_unit(writer, '\\');
        }
        put_unit(writer, units[i]);
    }
    put(writer, "\"");
}

static bool has_line_end(const struct km_utf16 *text)
{
    for (size_t i = 0; i < text->length; i++) {
        if (text->units[i] == '\n' || text->units[i] == '\r') {
            return true;
        }
    }
    return false;
}

// A zero-terminated string of one line.
static bool is_plain_string(const struct km_registry_entry *entry)
{
    if (entry->type != KM_REG_SZ || entry->data_bytes < 2 || entry->data_bytes % 2 != 0) {
        return false;
    }
    for (size_t i = 0; i < entry->data_bytes; i += 2) {
        unsigned unit = entry->data[i] | (unsigned)entry->data[i + 1] << 8;
        bool last = i + 2 == entry->data_bytes;
        if (last ? unit != 0 : unit == 0 || unit == '\n' || unit == '\r') {
            return false;
        }
    }
    return true;
}

static void put_bytes(struct writer *writer, const struct km_registry_entry *entry)
{
    char text[16];
    if (entry->type == KM_REG_BINARY) {
        put(writer, "hex:");
    } else {
        snprintf(text, sizeof text, "hex(%x):", entry->type);
        put(writer, text);
    }
    for (size_t i = 0; i < entry->data_bytes; i++) {
        bool last = i + 1 == entry->data_bytes;
        snprintf(text, sizeof text, "%02x%s", entry->data[i], last ? "" : ",");
        put(writer, text);
        if (!last && i % BYTES_PER_LINE == BYTES_PER_LINE - 1) {
            put(writer, "\\\n  ");
        }
    }
}

static void put_data(struct writer *writer, const struct km_registry_entry *entry)
{
    if (entry->action == KM_REGISTRY_REMOVE_VALUE) {
        put(writer, "-");
    } else if (is_plain_string(entry)) {
        size_t length = entry->data_bytes / 2 - 1;
        uint16_t unit;
        // Unit by unit: data need not be aligned.
        put(writer, "\"");
        for (size_t i = 0; i < length; i++) {
            memcpy(&unit, entry->data + i * 2, sizeof unit);
            if (unit == '\\' || unit == '"') {
                put_unit(writer, '\\');
            }
            put_unit(writer, unit);
        }
        put(writer, "\"");
    } else if (entry->type == KM_REG_DWORD && entry->data_bytes == 4) {
        char text[16];
        uint32_t value;
        memcpy(&value, entry->data, sizeof value);
        snprintf(text, sizeof text, "dword:%08x", value);
        put(writer, text);
    } else {
        put_bytes(writer, entry);
    }
}

static void put_key(struct writer *writer, const struct km_registry_entry *entry)
{
    put(writer, entry->action == KM_REGISTRY_REMOVE_KEY ? "\n[-" : "\n[");
    for (size_t i = 0; i < entry->key.length; i++) {
        put_unit(writer, entry->key.units[i]);
    }
    put(writer, "]\n");
}

static void put_value(struct writer *writer, const struct km_registry_entry *entry)
{
    if (entry->name.length == 0) {
        put(writer, "@");
    } else {
        put_quoted(writer, entry->name.units, entry->name.length);
    }
    put(writer, "=");
    put_data(writer, entry);
    put(writer, "\n");
}

uint8_t *km_registry_file_write(const struct km_registry_file *file, size_t *size,
                                struct km_registry_problem *problem)
{
    struct writer writer = {0};
    put_unit(&writer, 0xFEFF);
    put(&writer, "Windows Registry Editor Version 5.00\n");
    for (size_t i = 0; i < file->count && !writer.failed; i++) {
        const struct km_registry_entry *entry = &file->entries[i];
        problem->line = (unsigned)i + 1;
        if (has_line_end(&entry->key) || has_line_end(&entry->name)) {
            snprintf(problem->reason, sizeof problem->reason,
                     "a name with a line end in it, for which such a file has no way");
            free(writer.bytes);
            return NULL;
        }
        if (entry->action == KM_REGISTRY_MAKE_KEY || entry->action == KM_REGISTRY_REMOVE_KEY) {
            put_key(&writer, entry);
        } else {
            put_value(&writer, entry);
        }
    }
    if (writer.failed) {
        problem->line = 0;
        snprintf(problem->reason, sizeof problem->reason, "no memory");
        free(writer.bytes);
        return NULL;
    }
    *size = writer.size;
    return writer.bytes;
}

// ---- Roots

static const struct {
    const char *name, *kernel;
} roots[] = {
    {"HKEY_LOCAL_MACHINE", "\\Registry\\Machine"},
    {"HKLM", "\\Registry\\Machine"},
    {"HKEY_USERS", "\\Registry\\User"},
    {"HKU", "\\Registry\\User"},
    {"HKEY_CURRENT_USER", "\\Registry\\User\\S-1-5-18"},
    {"HKCU", "\\Registry\\User\\S-1-5-18"},
    {"HKEY_CLASSES_ROOT", "\\Registry\\Machine\\SOFTWARE\\Classes"},
    {"HKCR", "\\Registry\\Machine\\SOFTWARE\\Classes"},
};

static bool starts_with(const struct km_utf16 *key, const char *name, size_t length)
{
    if (key->length < length || (key->length > length && key->units[length] != '\\')) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        uint16_t unit = key->units[i];
        uint16_t upper = unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 0x20) : unit;
        if (upper != (uint8_t)name[i]) {
            return false;
        }
    }
    return true;
}

bool km_registry_kernel_key(const struct km_utf16 *key, struct km_utf16 *kernel)
{
    *kernel = (struct km_utf16){0};
    for (size_t i = 0; i < sizeof roots / sizeof *roots; i++) {
        size_t name = strlen(roots[i].name), prefix = strlen(roots[i].kernel);
        if (!starts_with(key, roots[i].name, name)) {
            continue;
        }
        kernel->units = malloc((prefix + key->length - name + 1) * sizeof *kernel->units);
        if (kernel->units == NULL) {
            return false;
        }
        for (size_t at = 0; at < prefix; at++) {
            kernel->units[at] = (uint8_t)roots[i].kernel[at];
        }
        memcpy(kernel->units + prefix, key->units + name, (key->length - name) * sizeof *key->units);
        kernel->length = prefix + key->length - name;
        return true;
    }
    return false;
}
