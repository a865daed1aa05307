// SPDX-License-Identifier: MIT
// The operands of a script's commands: numbers, times, statuses, control codes, bytes.
#include "cli/script.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/number.h"
#include "cli/text.h"
#include "machine/names.h"
#include "machine/unicode.h"

#define UNITS_PER_SECOND UINT64_C(10000000)

struct constant {
    const char *name;
    uint32_t value;
};

// What the DDK's headers call the parts of a control code.
static const struct constant device_types[] = {
    {"FILE_DEVICE_BEEP", 0x01},
    {"FILE_DEVICE_CD_ROM", 0x02},
    {"FILE_DEVICE_CONTROLLER", 0x04},
    {"FILE_DEVICE_DISK", 0x07},
    {"FILE_DEVICE_DISK_FILE_SYSTEM", 0x08},
    {"FILE_DEVICE_FILE_SYSTEM", 0x09},
    {"FILE_DEVICE_KEYBOARD", 0x0B},
    {"FILE_DEVICE_MOUSE", 0x0F},
    {"FILE_DEVICE_NAMED_PIPE", 0x11},
    {"FILE_DEVICE_NETWORK", 0x12},
    {"FILE_DEVICE_NULL", 0x15},
    {"FILE_DEVICE_PARALLEL_PORT", 0x16},
    {"FILE_DEVICE_SERIAL_PORT", 0x1B},
    {"FILE_DEVICE_SOUND", 0x1D},
    {"FILE_DEVICE_STREAMS", 0x1E},
    {"FILE_DEVICE_UNKNOWN", 0x22},
    {"FILE_DEVICE_VIDEO", 0x23},
    {"FILE_DEVICE_BUS_EXTENDER", 0x2A},
    {"FILE_DEVICE_ACPI", 0x32},
    {"FILE_DEVICE_KSEC", 0x39},
    {NULL, 0},
};

static const struct constant methods[] = {
    {"METHOD_BUFFERED", 0},
    {"METHOD_IN_DIRECT", 1},
    {"METHOD_OUT_DIRECT", 2},
    {"METHOD_NEITHER", 3},
    {"METHOD_DIRECT_TO_HARDWARE", 1},
    {"METHOD_DIRECT_FROM_HARDWARE", 2},
    {NULL, 0},
};

static const struct constant accesses[] = {
    {"FILE_ANY_ACCESS", 0},
    {"FILE_SPECIAL_ACCESS", 0},
    {"FILE_READ_ACCESS", 1},
    {"FILE_READ_DATA", 1},
    {"FILE_WRITE_ACCESS", 2},
    {"FILE_WRITE_DATA", 2},
    {NULL, 0},
};

static const struct constant value_types[] = {
    {"REG_NONE", 0},   {"REG_SZ", 1},       {"REG_EXPAND_SZ", 2},
    {"REG_BINARY", 3}, {"REG_DWORD", 4},    {"REG_DWORD_BIG_ENDIAN", 5},
    {"REG_LINK", 6},   {"REG_MULTI_SZ", 7}, {"REG_QWORD", 11},
    {NULL, 0},
};

static bool fail(char *reason, const char *format, const char *word)
{
    snprintf(reason, KM_SCRIPT_REASON_BYTES, format, word);
    return false;
}

bool km_script_number(const char *word, uint64_t *number, char *reason)
{
    return km_number(word, number) || fail(reason, "'%.64s' is no number", word);
}

bool km_script_status(const char *word, uint32_t *status, char *reason)
{
    uint64_t number;
    if (km_status_number(word, status)) {
        return true;
    }
    if (!isdigit((unsigned char)*word)) {
        return fail(reason, "there is no status '%.64s'", word);
    }
    if (!km_script_number(word, &number, reason)) {
        return false;
    }
    *status = (uint32_t)number;
    return number <= UINT32_MAX || fail(reason, "'%.64s' has more bits than a status", word);
}

static bool find_constant(const struct constant *constants, const char *name, uint32_t *value)
{
    for (; constants->name != NULL; constants++) {
        if (strcmp(constants->name, name) == 0) {
            *value = constants->value;
            return true;
        }
    }
    return false;
}

bool km_script_value_type(const char *word, uint32_t *type, char *reason)
{
    uint64_t number;
    if (find_constant(value_types, word, type)) {
        return true;
    }
    if (!isdigit((unsigned char)*word) || !km_script_number(word, &number, reason) || number > UINT32_MAX) {
        return fail(reason, "'%.64s' is no type of a value: REG_SZ and the like, or a number", word);
    }
    *type = (uint32_t)number;
    return true;
}

// ---- Control codes

// Of constants joined by '|', or numbers, no larger than most.
static bool read_part(const char *text, const struct constant *constants, uint32_t most, uint32_t *value,
                      char *reason)
{
    char word[KM_SCRIPT_REASON_BYTES];
    *value = 0;
    for (;;) {
        const size_t length = strcspn(text, "|");
        uint32_t constant;
        uint64_t number;
        size_t used = 0;
        for (size_t i = 0; i < length && used + 1 < sizeof word; i++) {
            if (text[i] != ' ' && text[i] != '\t') {
                word[used++] = text[i];
            }
        }
        word[used] = '\0';
        if (constants != NULL && find_constant(constants, word, &constant)) {
            number = constant;
        } else if (!isdigit((unsigned char)*word) || !km_script_number(word, &number, reason)) {
            return fail(reason, "'%.64s' is no part of a control code", word);
        }
        if (number > most) {
            return fail(reason, "'%.64s' is too large for its part of a control code", word);
        }
        *value |= (uint32_t)number;
        if (text[length] == '\0') {
            return true;
        }
        text += length + 1;
    }
}

bool km_script_code(const char *word, uint32_t *code, char *reason)
{
    static const struct {
        const struct constant *constants;
        uint32_t most;
        unsigned shift;
    } parts[] = {{device_types, 0xFFFF, 16}, {NULL, 0xFFF, 2}, {methods, 3, 0}, {accesses, 3, 14}};
    const char *const head = "CTL_CODE(";
    uint64_t number;
    if (strncmp(word, head, strlen(head)) != 0) {
        if (!isdigit((unsigned char)*word) || !km_script_number(word, &number, reason) ||
            number > UINT32_MAX) {
            return fail(reason,
                        "'%.64s' is no control code: a number, or CTL_CODE(type, function, method, access)",
                        word);
        }
        *code = (uint32_t)number;
        return true;
    }
    const char *at = word + strlen(head);
    *code = 0;
    for (size_t i = 0; i < 4; i++) {
        const size_t length = strcspn(at, ",)");
        char part[128];
        uint32_t value;
        if (at[length] != (i == 3 ? ')' : ',') || length >= sizeof part ||
            (i == 3 && at[length + 1] != '\0')) {
            return fail(reason, "'%.64s' is no CTL_CODE(type, function, method, access)", word);
        }
        memcpy(part, at, length);
        part[length] = '\0';
        if (!read_part(part, parts[i].constants, parts[i].most, &value, reason)) {
            return false;
        }
        *code |= value << parts[i].shift;
        at += length + 1;
    }
    return true;
}

// ---- Times

bool km_script_time(const char *word, uint64_t *time, char *reason)
{
    static const struct {
        const char *name;
        uint64_t numerator, denominator;
    } units[] = {{"ns", 1, 100}, {"us", 10, 1}, {"ms", 10000, 1}, {"s", UNITS_PER_SECOND, 1}};
    const size_t digits = strspn(word, "0123456789");
    char *end;
    if (strcmp(word, "forever") == 0) {
        *time = KM_SCRIPT_FOREVER;
        return true;
    }
    errno = 0;
    const uint64_t number = strtoull(word, &end, 10);
    for (size_t i = 0; i < sizeof units / sizeof *units && digits != 0 && errno == 0; i++) {
        uint64_t product;
        if (strcmp(word + digits, units[i].name) == 0 &&
            !__builtin_mul_overflow(number, units[i].numerator, &product) && product < KM_SCRIPT_FOREVER) {
            *time = product / units[i].denominator + (product % units[i].denominator != 0);
            return true;
        }
    }
    return fail(reason, "'%.64s' is no time: 100ns, 5us, 10ms, 2s or forever", word);
}

// ---- Bytes

static bool append(struct km_bytes *bytes, const void *more, size_t count, char *reason)
{
    if (count > KM_SCRIPT_MOST_BYTES - bytes->count) {
        return fail(reason, "%s", "more bytes than a buffer of a script has (1 MB)");
    }
    uint8_t *larger = realloc(bytes->data, bytes->count + count + 1);
    if (larger == NULL) {
        return fail(reason, "%s", "out of memory");
    }
    bytes->data = larger;
    if (count != 0) {
        memcpy(larger + bytes->count, more, count);
    }
    bytes->count += count;
    return true;
}

bool km_script_wide(struct km_bytes *bytes, const char *text, size_t length, char *reason)
{
    for (size_t i = 0; i < length;) {
        uint32_t character;
        uint16_t units[2];
        const size_t whole = km_utf8_decode(text + i, length - i, &character);
        if (whole == 0) {
            return fail(reason, "%s", "a text that is no UTF-8");
        }
        if (!append(bytes, units, km_utf16_encode(character, units) * sizeof *units, reason)) {
            return false;
        }
        i += whole;
    }
    return true;
}

// Hexadecimal digits, two a byte.
static bool append_hex(struct km_bytes *bytes, const char *text, size_t length, char *reason)
{
    if (length >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        length -= 2;
    }
    for (size_t i = 0; i + 1 < length; i += 2) {
        const int high = km_hexadecimal_digit(text[i]), low = km_hexadecimal_digit(text[i + 1]);
        if (high < 0 || low < 0) {
            return fail(reason, "'%.64s' is neither hexadecimal bytes nor a \"text\"", text);
        }
        const uint8_t byte = (uint8_t)(high << 4 | low);
        if (!append(bytes, &byte, 1, reason)) {
            return false;
        }
    }
    return (length != 0 && length % 2 == 0) ||
           fail(reason, "'%.64s' is no whole number of bytes in hexadecimal", text);
}

// u32:N and the like; false with *matched where it is one.
static bool append_integer(struct km_bytes *bytes, const char *part, bool *matched, char *reason)
{
    static const struct {
        const char *name;
        size_t count;
    } widths[] = {{"u8:", 1}, {"u16:", 2}, {"u32:", 4}, {"u64:", 8}, {"zero:", 0}};
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        const size_t head = strlen(widths[i].name), count = widths[i].count;
        uint64_t number;
        if (strncmp(part, widths[i].name, head) != 0) {
            continue;
        }
        *matched = true;
        const bool negative = part[head] == '-' && count != 0;
        if (!km_script_number(part + head + negative, &number, reason)) {
            return false;
        }
        const uint64_t most = count == 8   ? UINT64_MAX
                              : count == 0 ? KM_SCRIPT_MOST_BYTES
                                           : (UINT64_C(1) << count * 8) - 1;
        if (number > (negative ? most / 2 + 1 : most)) {
            return fail(reason, "'%.64s' is too large", part);
        }
        if (count != 0) {
            number = negative ? -number : number;
            return append(bytes, &number, count, reason);
        }
        uint8_t *zeroes = km_allocate(number, 1);
        const bool added = append(bytes, zeroes, number, reason);
        free(zeroes);
        return added;
    }
    return true;
}

static bool append_file(struct km_bytes *bytes, const char *path, const struct km_script_reader *reader,
                        char *reason)
{
    size_t size;
    char *data = reader->read_file != NULL ? reader->read_file(path, &size) : NULL;
    if (data == NULL) {
        snprintf(reason, KM_SCRIPT_REASON_BYTES, "%.128s: %s", path,
                 reader->read_file != NULL ? strerror(errno) : "bytes of files are not to be had here");
        return false;
    }
    const bool added = append(bytes, data, size, reason);
    free(data);
    return added;
}

// One part in front of a '+', or the last. *at becomes where it ends.
static bool append_part(const char **at, const struct km_script_reader *reader, struct km_bytes *bytes,
                        char *reason)
{
    const char *start = *at;
    const bool wide = start[0] == 'L' && (start[1] == '"' || start[1] == '\'');
    const char quote = start[wide];
    if (*start == '@') {
        *at = start + strlen(start);
        return append_file(bytes, start + 1, reader, reason);
    }
    if (quote == '"' || quote == '\'') {
        const char *text = start + wide + 1, *end = strchr(text, quote);
        if (end == NULL) {
            return fail(reason, "%s", "a quote that is not closed");
        }
        *at = end + 1;
        return wide ? km_script_wide(bytes, text, (size_t)(end - text), reason)
                    : append(bytes, text, (size_t)(end - text), reason);
    }
    const size_t length = strcspn(start, "+*");
    char *part = km_allocate(length + 1, 1);
    memcpy(part, start, length);
    bool matched = false;
    const bool done =
        append_integer(bytes, part, &matched, reason) && (matched || append_hex(bytes, part, length, reason));
    free(part);
    *at = start + length;
    return done;
}

// "*N" behind a part that begins at byte first.
static bool repeat(const char **at, struct km_bytes *bytes, size_t first, char *reason)
{
    const char *digits = *at + 1;
    const size_t length = strspn(digits, "0123456789"), count = bytes->count - first;
    const uint64_t times = strtoull(digits, NULL, 10);
    uint64_t total;
    if (length == 0 || length > 9 || times == 0) {
        return fail(reason, "'%.64s' is no number of times", *at);
    }
    if (__builtin_mul_overflow(times, (uint64_t)count, &total) || total > KM_SCRIPT_MOST_BYTES - first) {
        return fail(reason, "%s", "more bytes than a buffer of a script has (1 MB)");
    }
    *at = digits + length;
    // The part itself is there already.
    uint8_t *more = km_allocate(total, 1);
    for (uint64_t i = 1; count != 0 && i < times; i++) {
        memcpy(more + (i - 1) * count, bytes->data + first, count);
    }
    const bool added = append(bytes, more, total - count, reason);
    free(more);
    return added;
}

bool km_script_bytes(const char *word, const struct km_script_reader *reader, struct km_bytes *bytes,
                     char *reason)
{
    *bytes = (struct km_bytes){0};
    if (strcmp(word, "-") == 0) {
        bytes->absent = true;
        return true;
    }
    // The bytes are there even where they are none.
    if (!append(bytes, "", 0, reason)) {
        return false;
    }
    for (const char *at = word; *word != '\0';) {
        const size_t first = bytes->count;
        if (!append_part(&at, reader, bytes, reason) || (*at == '*' && !repeat(&at, bytes, first, reason))) {
            break;
        }
        if (*at == '\0') {
            return true;
        }
        if (*at != '+') {
            fail(reason, "'%.64s' behind a part of the bytes: they are joined by +", at);
            break;
        }
        at++;
    }
    if (*word == '\0') {
        return true;
    }
    free(bytes->data);
    *bytes = (struct km_bytes){0};
    return false;
}

// ---- Places on the PCI bus

// The number in hexadecimal digits up to `end`; *word is then behind that.
static bool take_place_number(const char **word, char end, uint32_t most, uint32_t *number)
{
    char *stop;
    if (!isxdigit((unsigned char)**word)) {
        return false;
    }
    const unsigned long value = strtoul(*word, &stop, 16);
    *number = (uint32_t)value;
    *word = stop + (*stop != '\0');
    return *stop == end && value <= most;
}

bool km_script_pci_place(const char *word, uint32_t *place, char *reason)
{
    const char *at = word;
    uint32_t bus, device, function;
    if (!take_place_number(&at, ':', 0xFF, &bus) || !take_place_number(&at, '.', 0x1F, &device) ||
        !take_place_number(&at, '\0', 7, &function)) {
        snprintf(reason, KM_SCRIPT_REASON_BYTES,
                 "'%.64s' is no place on the PCI bus: BUS:DEVICE.FUNCTION in hexadecimal, 00:03.0", word);
        return false;
    }
    *place = bus << 8 | device << 3 | function;
    return true;
}
