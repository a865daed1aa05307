// SPDX-License-Identifier: MIT
// Values of self-describing events: what they say, by how they lie in memory and how they are meant.
#include "cli/trace-value.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/number.h"
#include "cli/text.h"
#include "machine/names.h"
#include "machine/unicode.h"
#include "sdk/log/format-record.h"

static const char *const in_names[] = {
    [KM_TRACE_IN_NULL] = "null",
    [KM_TRACE_IN_UTF16] = "utf16",
    [KM_TRACE_IN_NARROW] = "narrow",
    [KM_TRACE_IN_INT8] = "int8",
    [KM_TRACE_IN_UINT8] = "uint8",
    [KM_TRACE_IN_INT16] = "int16",
    [KM_TRACE_IN_UINT16] = "uint16",
    [KM_TRACE_IN_INT32] = "int32",
    [KM_TRACE_IN_UINT32] = "uint32",
    [KM_TRACE_IN_INT64] = "int64",
    [KM_TRACE_IN_UINT64] = "uint64",
    [KM_TRACE_IN_FLOAT] = "float",
    [KM_TRACE_IN_DOUBLE] = "double",
    [KM_TRACE_IN_BOOL32] = "bool32",
    [KM_TRACE_IN_BINARY] = "binary",
    [KM_TRACE_IN_GUID] = "guid",
    [KM_TRACE_IN_POINTER] = "pointer",
    [KM_TRACE_IN_FILETIME] = "filetime",
    [KM_TRACE_IN_SYSTEMTIME] = "systemtime",
    [KM_TRACE_IN_SID] = "sid",
    [KM_TRACE_IN_HEXINT32] = "hexint32",
    [KM_TRACE_IN_HEXINT64] = "hexint64",
    [KM_TRACE_IN_COUNTED_UTF16] = "counted utf16",
    [KM_TRACE_IN_COUNTED_NARROW] = "counted narrow",
    [KM_TRACE_IN_STRUCT] = "struct",
    [KM_TRACE_IN_COUNTED_BINARY] = "counted binary",
    [KM_TRACE_IN_CUSTOM] = "custom",
};

static const char *const out_names[] = {
    [KM_TRACE_OUT_NO_PRINT] = "no print",
    [KM_TRACE_OUT_STRING] = "string",
    [KM_TRACE_OUT_BOOLEAN] = "boolean",
    [KM_TRACE_OUT_HEX] = "hex",
    [KM_TRACE_OUT_PID] = "pid",
    [KM_TRACE_OUT_TID] = "tid",
    [KM_TRACE_OUT_PORT] = "port",
    [KM_TRACE_OUT_IPV4] = "ipv4",
    [KM_TRACE_OUT_IPV6] = "ipv6",
    [KM_TRACE_OUT_SOCKET_ADDRESS] = "socket address",
    [KM_TRACE_OUT_XML] = "xml",
    [KM_TRACE_OUT_JSON] = "json",
    [KM_TRACE_OUT_WIN32_ERROR] = "win32 error",
    [KM_TRACE_OUT_NTSTATUS] = "ntstatus",
    [KM_TRACE_OUT_HRESULT] = "hresult",
    [KM_TRACE_OUT_FILETIME] = "filetime",
    [KM_TRACE_OUT_SIGNED] = "signed",
    [KM_TRACE_OUT_UNSIGNED] = "unsigned",
    [KM_TRACE_OUT_UTF8] = "utf8",
};

const char *km_trace_in_name(enum km_trace_in in)
{
    return in_names[in];
}

const char *km_trace_out_name(unsigned out)
{
    return out < sizeof out_names / sizeof *out_names ? out_names[out] : NULL;
}

// ---- Text

static size_t character_at(const char *text, size_t bytes)
{
    uint32_t character;
    return km_utf8_decode(text, bytes, &character);
}

static bool is_control(const char *text, size_t length)
{
    const uint8_t *at = (const uint8_t *)text;
    return length == 0 || (length == 1 && (at[0] < ' ' || at[0] == 0x7F)) ||
           (length == 2 && at[0] == 0xC2 && at[1] < 0xA0);
}

static bool is_word(const char *text, size_t bytes)
{
    size_t length;
    for (size_t i = 0; i < bytes; i += length) {
        length = character_at(text + i, bytes - i);
        if (is_control(text + i, length) || text[i] == ' ' || text[i] == '"') {
            return false;
        }
    }
    return bytes != 0;
}

static void write_escaped(FILE *file, char character)
{
    static const char special[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    const char *found = character != '\0' ? strchr(special, character) : NULL;
    if (found != NULL) {
        fprintf(file, "\\%c", letters[found - special]);
    } else {
        fprintf(file, "\\x%02X", (unsigned char)character);
    }
}

void km_trace_write_word(FILE *file, const char *text, size_t bytes)
{
    if (is_word(text, bytes)) {
        fwrite(text, 1, bytes, file);
        return;
    }
    fputc('"', file);
    for (size_t i = 0; i < bytes;) {
        const size_t length = character_at(text + i, bytes - i);
        if (is_control(text + i, length) || text[i] == '"' || text[i] == '\\') {
            const size_t escaped = length != 0 ? length : 1;
            for (size_t at = i; at < i + escaped; at++) {
                write_escaped(file, text[at]);
            }
            i += escaped;
        } else {
            fwrite(text + i, 1, length, file);
            i += length;
        }
    }
    fputc('"', file);
}

static uint64_t number_at(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i-- > 0;) {
        value = value << 8 | at[i];
    }
    return value;
}

// Half of a surrogate pair is U+FFFD, as is half a character.
static char *utf8_of(const uint8_t *utf16, size_t bytes, size_t *length)
{
    const size_t room = bytes / 2 * 3 + 4;
    char *text = km_allocate(room, 1);
    *length = KmpAppendWide(text, room, 0, utf16, (uint32_t)bytes);
    if (bytes % 2 != 0) {
        *length += km_utf8_encode(KM_NO_CHARACTER, text + *length);
    }
    return text;
}

void km_trace_write_utf16(FILE *file, const uint8_t *text, size_t bytes)
{
    size_t length;
    char *utf8 = utf8_of(text, bytes, &length);
    km_trace_write_word(file, utf8, length);
    free(utf8);
}

void km_trace_write_bytes(FILE *file, const uint8_t *bytes, size_t count)
{
    char *text = km_hexadecimal(bytes, count);
    fputs(text, file);
    free(text);
}

static char *guid_text(const uint8_t *guid)
{
    return km_format("{%08" PRIx64 "-%04" PRIx64 "-%04" PRIx64 "-%02x%02x-%02x%02x%02x%02x%02x%02x}",
                     number_at(guid, 4), number_at(guid + 4, 2), number_at(guid + 6, 2), guid[8], guid[9],
                     guid[10], guid[11], guid[12], guid[13], guid[14], guid[15]);
}

void km_trace_write_guid(FILE *file, const uint8_t guid[static 16])
{
    char *text = guid_text(guid);
    fputs(text, file);
    free(text);
}

// ---- Values

static void show_literal(struct km_trace_shown *shown, char *text)
{
    shown->kind = KM_TRACE_LITERAL;
    shown->text = text;
    shown->bytes = strlen(text);
}

static void show_string(struct km_trace_shown *shown, const uint8_t *bytes, size_t count)
{
    shown->kind = KM_TRACE_STRING;
    shown->text = km_allocate(count + 1, 1);
    shown->bytes = count;
    memcpy(shown->text, bytes, count);
}

static void show_utf16(struct km_trace_shown *shown, const uint8_t *bytes, size_t count)
{
    shown->kind = KM_TRACE_STRING;
    shown->text = utf8_of(bytes, count, &shown->bytes);
}

static void show_bytes(struct km_trace_shown *shown, const uint8_t *bytes, size_t count)
{
    show_literal(shown, km_hexadecimal(bytes, count));
}

static void show_unsigned(struct km_trace_shown *shown, uint64_t value)
{
    if (value > INT64_MAX) {
        show_literal(shown, km_format("%" PRIu64, value));
        return;
    }
    shown->kind = KM_TRACE_INTEGER;
    shown->integer = (int64_t)value;
}

static void show_signed(struct km_trace_shown *shown, uint64_t value, size_t bytes)
{
    shown->kind = KM_TRACE_INTEGER;
    switch (bytes) {
    case 1: shown->integer = (int8_t)value; break;
    case 2: shown->integer = (int16_t)value; break;
    case 4: shown->integer = (int32_t)value; break;
    default: shown->integer = (int64_t)value; break;
    }
}

// Since 1601, in units of 100 ns.
static void show_time(struct km_trace_shown *shown, uint64_t time)
{
    const time_t seconds = (time_t)(time / 10000000) - INT64_C(11644473600);
    struct tm tm = {0};
    char text[80];
    gmtime_r(&seconds, &tm);
    const size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + length, sizeof text - length, ".%07" PRIu64 "Z", time % 10000000);
    show_literal(shown, km_copy_string(text));
}

static void show_system_time(struct km_trace_shown *shown, const uint8_t *at)
{
    unsigned parts[8];
    for (size_t i = 0; i < 8; i++) {
        parts[i] = (unsigned)number_at(at + 2 * i, 2);
    }
    show_literal(shown, km_format("%04u-%02u-%02uT%02u:%02u:%02u.%03u", parts[0], parts[1], parts[3],
                                  parts[4], parts[5], parts[6], parts[7]));
}

static void show_sid(struct km_trace_shown *shown, const uint8_t *sid)
{
    char *text = NULL;
    size_t bytes;
    uint64_t authority = 0;
    for (size_t i = 2; i < 8; i++) {
        authority = authority << 8 | sid[i];
    }
    FILE *file = open_memstream(&text, &bytes);
    if (file == NULL) {
        show_bytes(shown, sid, 8 + 4u * sid[1]);
        return;
    }
    fprintf(file, "S-%u-%" PRIu64, sid[0], authority);
    for (unsigned i = 0; i < sid[1]; i++) {
        fprintf(file, "-%" PRIu64, number_at(sid + 8 + 4u * i, 4));
    }
    fclose(file);
    show_literal(shown, text);
}

static void show_address(struct km_trace_shown *shown, int family, const uint8_t *address)
{
    char text[INET6_ADDRSTRLEN];
    show_literal(shown, km_copy_string(inet_ntop(family, address, text, sizeof text)));
}

static void show_status(struct km_trace_shown *shown, uint32_t status)
{
    show_literal(shown, km_format("0x%08" PRIx32, status));
    shown->symbol = km_status_name(status);
}

// A whole number of that many bytes. false: `out` means none.
static bool show_meant(struct km_trace_shown *shown, const struct km_trace_value *value, uint64_t number)
{
    switch (value->out) {
    case KM_TRACE_OUT_BOOLEAN:
        shown->kind = KM_TRACE_BOOLEAN;
        shown->boolean = number != 0;
        return true;
    case KM_TRACE_OUT_STRING:
        if (value->bytes == 1) {
            show_string(shown, value->data, 1);
        } else if (value->bytes == 2) {
            show_utf16(shown, value->data, 2);
        }
        return value->bytes <= 2;
    case KM_TRACE_OUT_HEX: show_literal(shown, km_format("0x%" PRIx64, number)); return true;
    case KM_TRACE_OUT_PORT: // in the network's order
        if (value->bytes == 2) {
            show_unsigned(shown, (uint64_t)value->data[0] << 8 | value->data[1]);
        }
        return value->bytes == 2;
    case KM_TRACE_OUT_IPV4:
        if (value->bytes == 4) {
            show_address(shown, AF_INET, value->data);
        }
        return value->bytes == 4;
    case KM_TRACE_OUT_NTSTATUS:
        if (value->bytes == 4) {
            show_status(shown, (uint32_t)number);
        }
        return value->bytes == 4;
    case KM_TRACE_OUT_HRESULT: show_literal(shown, km_format("0x%08" PRIx64, number)); return true;
    case KM_TRACE_OUT_FILETIME:
        if (value->bytes == 8) {
            show_time(shown, number);
        }
        return value->bytes == 8;
    case KM_TRACE_OUT_SIGNED: show_signed(shown, number, value->bytes); return true;
    case KM_TRACE_OUT_PID:
    case KM_TRACE_OUT_TID:
    case KM_TRACE_OUT_WIN32_ERROR:
    case KM_TRACE_OUT_UNSIGNED: show_unsigned(shown, number); return true;
    default: return false;
    }
}

static void show_integer(struct km_trace_shown *shown, const struct km_trace_value *value)
{
    const uint64_t number = number_at(value->data, value->bytes);
    if (show_meant(shown, value, number)) {
        return;
    }
    switch (value->in) {
    case KM_TRACE_IN_HEXINT32:
    case KM_TRACE_IN_HEXINT64:
    case KM_TRACE_IN_POINTER: show_literal(shown, km_format("0x%" PRIx64, number)); return;
    case KM_TRACE_IN_INT8:
    case KM_TRACE_IN_INT16:
    case KM_TRACE_IN_INT32:
    case KM_TRACE_IN_INT64: show_signed(shown, number, value->bytes); return;
    case KM_TRACE_IN_BOOL32:
        shown->kind = KM_TRACE_BOOLEAN;
        shown->boolean = number != 0;
        return;
    default: show_unsigned(shown, number); return;
    }
}

static void show_binary(struct km_trace_shown *shown, const struct km_trace_value *value)
{
    if (value->out == KM_TRACE_OUT_IPV6 && value->bytes == 16) {
        show_address(shown, AF_INET6, value->data);
    } else if (value->out == KM_TRACE_OUT_UTF8 || value->out == KM_TRACE_OUT_STRING ||
               value->out == KM_TRACE_OUT_XML || value->out == KM_TRACE_OUT_JSON) {
        show_string(shown, value->data, value->bytes);
    } else {
        show_bytes(shown, value->data, value->bytes);
    }
}

static void show_real(struct km_trace_shown *shown, const struct km_trace_value *value)
{
    float narrow;
    if (value->in == KM_TRACE_IN_FLOAT) {
        memcpy(&narrow, value->data, sizeof narrow);
        shown->real = narrow;
    } else {
        memcpy(&shown->real, value->data, sizeof shown->real);
    }
    shown->kind = KM_TRACE_REAL;
}

void km_trace_show(const struct km_trace_value *value, struct km_trace_shown *shown)
{
    *shown = (struct km_trace_shown){.kind = KM_TRACE_NOTHING};
    switch (value->in) {
    case KM_TRACE_IN_NULL:
    case KM_TRACE_IN_STRUCT: return;
    case KM_TRACE_IN_UTF16:
    case KM_TRACE_IN_COUNTED_UTF16: show_utf16(shown, value->data, value->bytes); return;
    case KM_TRACE_IN_NARROW:
    case KM_TRACE_IN_COUNTED_NARROW: show_string(shown, value->data, value->bytes); return;
    case KM_TRACE_IN_BINARY:
    case KM_TRACE_IN_COUNTED_BINARY: show_binary(shown, value); return;
    case KM_TRACE_IN_CUSTOM: show_bytes(shown, value->data, value->bytes); return;
    case KM_TRACE_IN_FLOAT:
    case KM_TRACE_IN_DOUBLE: show_real(shown, value); return;
    case KM_TRACE_IN_GUID: show_literal(shown, guid_text(value->data)); return;
    case KM_TRACE_IN_FILETIME: show_time(shown, number_at(value->data, value->bytes)); return;
    case KM_TRACE_IN_SYSTEMTIME: show_system_time(shown, value->data); return;
    case KM_TRACE_IN_SID: show_sid(shown, value->data); return;
    default: show_integer(shown, value); return;
    }
}

void km_trace_shown_free(struct km_trace_shown *shown)
{
    free(shown->text);
    *shown = (struct km_trace_shown){0};
}
