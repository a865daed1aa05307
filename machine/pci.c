// SPDX-License-Identifier: MIT
// The PCI host bridge and the configuration space of the functions behind it.
#include "machine/pci.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/contract.h"
#include "machine/lines.h"

#define ADDRESS_ENABLE UINT32_C(0x80000000)
#define ADDRESS_BITS   UINT32_C(0x80FFFFFC)

enum { CONFIG_DATA = 4 }; // offset of CFCh from CF8h

#define COMMAND_ALWAYS     0x0144u // bus master, parity error response, SERR#
#define HEADER_MULTI       0x80u
#define NO_VENDOR          0xFFFFu
#define LINE_NOT_CONNECTED 0xFFu
#define MOST_MESSAGES      32u

struct bar_kind {
    const char *name;
    unsigned registers, flags, command;
    uint64_t least, most; // bytes
};

static const struct bar_kind bar_kinds[] = {
    {"memory", 1, 0, KM_PCI_COMMAND_MEMORY, 16, UINT64_C(1) << 31},
    {"memory64", 2, KM_PCI_BAR_MEMORY64, KM_PCI_COMMAND_MEMORY, 16, KM_PCI_MOST_BAR_BYTES},
    {"io", 1, KM_PCI_BAR_IO, KM_PCI_COMMAND_IO, 4, 256},
};

enum { BAR_KINDS = sizeof bar_kinds / sizeof *bar_kinds };

static const struct member {
    const char *name;
    unsigned offset, bytes; // in the header; no bytes: a part of the function's place
    bool required;
    uint64_t most;
    uint64_t absent; // what it is when it is not there
} members[] = {
    {"bus", 8, 0, false, 255, 0},
    {"device", 3, 0, true, 31, 0},
    {"function", 0, 0, false, 7, 0},
    {"vendor_id", KM_PCI_VENDOR_ID, 2, true, NO_VENDOR - 1, 0},
    {"device_id", KM_PCI_DEVICE_ID, 2, true, 0xFFFF, 0},
    {"revision", KM_PCI_REVISION, 1, false, 0xFF, 0},
    {"class", KM_PCI_CLASS, 3, false, 0xFFFFFF, 0xFF0000}, // fits no defined class
    {"subsystem_vendor_id", KM_PCI_SUBSYSTEM_VENDOR_ID, 2, false, 0xFFFF, 0},
    {"subsystem_id", KM_PCI_SUBSYSTEM_ID, 2, false, 0xFFFF, 0},
    {"interrupt_line", KM_PCI_INTERRUPT_LINE, 1, false, 0xFF, LINE_NOT_CONNECTED},
    {"interrupt_pin", KM_PCI_INTERRUPT_PIN, 1, false, 4, 0},
};

enum { MEMBERS = sizeof members / sizeof *members };

// ---- Configuration space

static void put(uint8_t *bytes, unsigned count, uint64_t value)
{
    for (unsigned i = 0; i < count; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static struct km_pci_function *find(const struct km_pci *pci, unsigned place)
{
    for (size_t i = 0; i < pci->count; i++) {
        if (pci->functions[i].place == place && !pci->functions[i].absent) {
            return &pci->functions[i];
        }
    }
    return NULL;
}

static struct km_pci_function *addressed(const struct km_pci *pci)
{
    return pci->address & ADDRESS_ENABLE ? find(pci, pci->address >> 8 & 0xFFFF) : NULL;
}

uint32_t km_pci_read(const struct km_pci *pci, unsigned offset, unsigned bytes)
{
    uint32_t value = UINT32_MAX >> (32 - 8 * bytes);
    if (offset == 0 && bytes == 4) {
        return pci->address;
    }
    const struct km_pci_function *function = addressed(pci);
    if (offset < CONFIG_DATA || function == NULL) {
        return value;
    }
    value = 0;
    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint32_t)function->bytes[(pci->address & 0xFC) + offset - CONFIG_DATA + i] << 8 * i;
    }
    return value;
}

void km_pci_write_space(struct km_pci_function *function, unsigned offset, unsigned bytes, uint32_t value,
                        unsigned *changed)
{
    for (unsigned at = offset; at < offset + bytes; at++, value >>= 8) {
        const uint8_t writable = function->writable[at], before = function->bytes[at];
        function->bytes[at] = (uint8_t)((before & ~writable) | (value & writable));
        if (function->bytes[at] == before) {
            continue;
        }
        if (at == KM_PCI_COMMAND || (at >= KM_PCI_FIRST_BAR && at < KM_PCI_END_OF_BARS)) {
            *changed |= KM_PCI_CHANGED_PLACES;
        } else if (at == KM_PCI_COMMAND + 1 || at == KM_PCI_MSI_CONTROL || at == KM_PCI_MSIX_CONTROL + 1) {
            *changed |= KM_PCI_CHANGED_INTERRUPT;
        }
    }
}

unsigned km_pci_write(struct km_pci *pci, unsigned offset, unsigned bytes, uint32_t value)
{
    unsigned changed = 0;
    if (offset == 0 && bytes == 4) {
        pci->address = value & ADDRESS_BITS;
        return 0;
    }
    struct km_pci_function *function = addressed(pci);
    if (offset >= CONFIG_DATA && function != NULL) {
        km_pci_write_space(function, (pci->address & 0xFC) + offset - CONFIG_DATA, bytes, value, &changed);
    }
    return changed;
}

unsigned km_pci_buses(const struct km_pci *pci)
{
    unsigned buses = 1;
    for (size_t i = 0; i < pci->count; i++) {
        const unsigned bus = pci->functions[i].place >> 8;
        buses = bus >= buses ? bus + 1 : buses;
    }
    return buses;
}

bool km_pci_has_line(const struct km_pci_function *function)
{
    return function->bytes[KM_PCI_INTERRUPT_PIN] != 0 && function->routed_line < KM_LINE_MESSAGE;
}

unsigned km_pci_enabled_messages(const struct km_pci_function *function)
{
    const unsigned control = function->bytes[KM_PCI_MSI_CONTROL];
    const unsigned enabled =
        function->messages != 0 && control & KM_PCI_MSI_ENABLE ? 1u << (control >> 4 & 7) : 0;
    return enabled < function->messages ? enabled : function->messages; // more than there are is undefined
}

uint64_t km_pci_message(const struct km_pci_function *function, unsigned number, uint32_t *data)
{
    uint64_t address;
    uint16_t written;
    memcpy(&address, &function->bytes[KM_PCI_MSI_ADDRESS], sizeof address);
    memcpy(&written, &function->bytes[KM_PCI_MSI_DATA], sizeof written);
    *data = (written & ~(km_pci_enabled_messages(function) - 1)) | number;
    return address;
}

bool km_pci_asserts(const struct km_pci_function *function)
{
    return km_pci_enabled_messages(function) == 0 && !km_pci_table_enabled(function) && function->asserts &&
           !function->absent && !(function->bytes[KM_PCI_COMMAND + 1] & KM_PCI_COMMAND_NO_INTX >> 8);
}

// ---- The file

static bool wrong(char *problem, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));
static bool wrong(char *problem, size_t bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem, bytes, format, arguments);
    va_end(arguments);
    for (char *at = problem; *at != '\0'; at++) { // names of the file's may have any character
        if (iscntrl((unsigned char)*at)) {
            *at = '?';
        }
    }
    return false;
}

// JSON has no hexadecimal numbers, in which everybody writes these: a string may be one.
static bool parse_number(const json_t *json, uint64_t most, uint64_t *number)
{
    if (json_is_integer(json) && json_integer_value(json) >= 0) {
        *number = (uint64_t)json_integer_value(json);
        return *number <= most;
    }
    const char *text = json_string_value(json);
    char *end;
    if (text == NULL || !isdigit((unsigned char)*text)) {
        return false;
    }
    errno = 0;
    *number = strtoull(text, &end, 0);
    return errno == 0 && *end == '\0' && *number <= most;
}

static bool parse_bar(struct km_pci_function *function, const json_t *json, unsigned *place,
                      unsigned *command, char *problem, size_t room)
{
    const char *key;
    const json_t *value;
    json_object_foreach((json_t *)json, key, value)
    {
        if (strcmp(key, "kind") != 0 && strcmp(key, "bytes") != 0) {
            return wrong(problem, room, "a BAR has a kind and bytes, no \"%s\"", key);
        }
    }
    const char *name = json_string_value(json_object_get(json, "kind"));
    const struct bar_kind *kind = bar_kinds;
    while (name != NULL && kind < bar_kinds + BAR_KINDS && strcmp(kind->name, name) != 0) {
        kind++;
    }
    if (name == NULL || kind == bar_kinds + BAR_KINDS) {
        return wrong(problem, room, "a BAR's kind is \"memory\", \"memory64\" or \"io\"");
    }
    uint64_t bytes;
    if (!parse_number(json_object_get(json, "bytes"), kind->most, &bytes) || bytes < kind->least ||
        (bytes & (bytes - 1)) != 0) {
        return wrong(problem, room, "a BAR of kind \"%s\" has bytes: a power of two from %llu to %llu",
                     kind->name, (unsigned long long)kind->least, (unsigned long long)kind->most);
    }
    if (*place + kind->registers > KM_PCI_BARS) {
        return wrong(problem, room, "the BARs take more than six registers (\"memory64\" takes two)");
    }
    const unsigned offset = KM_PCI_FIRST_BAR + 4 * *place;
    put(&function->bytes[offset], 4, kind->flags);
    put(&function->writable[offset], 4 * kind->registers, ~(bytes - 1));
    function->bars[*place] = (struct km_pci_bar){.bytes = bytes, .flags = kind->flags};
    *place += kind->registers;
    *command |= kind->command;
    return true;
}

static bool parse_bars(struct km_pci_function *function, const json_t *json, char *problem, size_t room)
{
    unsigned place = 0, command = COMMAND_ALWAYS;
    if (json != NULL && !json_is_array(json)) {
        return wrong(problem, room, "\"bars\" is an array of objects");
    }
    for (size_t i = 0; i < json_array_size(json); i++) {
        if (!parse_bar(function, json_array_get(json, i), &place, &command, problem, room)) {
            return false;
        }
    }
    if (function->bytes[KM_PCI_INTERRUPT_PIN] != 0) {
        command |= KM_PCI_COMMAND_NO_INTX;
    }
    put(&function->writable[KM_PCI_COMMAND], 2, command);
    return true;
}

// "messages": the capability, if it is there.
static bool parse_messages(struct km_pci_function *function, const json_t *json, char *problem, size_t room)
{
    uint64_t count = 0;
    if (json == NULL) {
        return true;
    }
    if (!parse_number(json, MOST_MESSAGES, &count) || count == 0 || (count & (count - 1)) != 0) {
        return wrong(problem, room, "a device's \"messages\" is 1, 2, 4, 8, 16 or 32");
    }
    function->messages = (unsigned)count;
    function->bytes[KM_PCI_STATUS] = KM_PCI_STATUS_CAPABILITIES;
    function->bytes[KM_PCI_CAPABILITIES] = KM_PCI_MSI;
    function->bytes[KM_PCI_MSI] = KM_PCI_MSI_ID;
    function->bytes[KM_PCI_MSI_CONTROL] = (uint8_t)(KM_PCI_MSI_64BIT | (unsigned)__builtin_ctzll(count) << 1);
    function->writable[KM_PCI_MSI_CONTROL] = 0x70 | KM_PCI_MSI_ENABLE;
    put(&function->writable[KM_PCI_MSI_ADDRESS], 8, ~UINT64_C(3));
    put(&function->writable[KM_PCI_MSI_DATA], 2, 0xFFFF);
    return true;
}

// "msix": that capability, whose table is at the beginning of a memory BAR.
static bool parse_msix(struct km_pci_function *function, const json_t *json, char *problem, size_t room)
{
    uint64_t messages = 0, bar = 0;
    if (json == NULL) {
        return true;
    }
    if (!json_is_object(json) || json_object_size(json) != 2 ||
        !parse_number(json_object_get(json, "messages"), KM_PCI_MSIX_MOST, &messages) || messages == 0 ||
        !parse_number(json_object_get(json, "bar"), KM_PCI_BARS - 1, &bar)) {
        return wrong(problem, room, "\"msix\" has messages, 1 to %u, and the bar of their table",
                     KM_PCI_MSIX_MOST);
    }
    struct km_pci_bar *table = &function->bars[bar];
    // Behind the table are 64 bits, one of them for each message that waits.
    if (table->flags & KM_PCI_BAR_IO || table->bytes < messages * KM_PCI_MSIX_ENTRY + 8) {
        return wrong(problem, room, "BAR %u has no memory for the table of %u messages", (unsigned)bar,
                     (unsigned)messages);
    }
    table->has_table = true;
    function->table_messages = (unsigned)messages;
    function->table_bar = (unsigned)bar;
    function->bytes[KM_PCI_STATUS] = KM_PCI_STATUS_CAPABILITIES;
    function->bytes[function->messages != 0 ? KM_PCI_MSI + 1 : KM_PCI_CAPABILITIES] = KM_PCI_MSIX;
    function->bytes[KM_PCI_MSIX] = KM_PCI_MSIX_ID;
    put(&function->bytes[KM_PCI_MSIX_CONTROL], 2, messages - 1);
    function->writable[KM_PCI_MSIX_CONTROL + 1] = 0xC0; // enable, and the mask of the function
    put(&function->bytes[KM_PCI_MSIX_TABLE], 4, bar);
    put(&function->bytes[KM_PCI_MSIX_PENDING], 4, messages * KM_PCI_MSIX_ENTRY | bar);
    return true;
}

static bool is_member(const char *name)
{
    size_t i = 0;
    while (i < MEMBERS && strcmp(members[i].name, name) != 0) {
        i++;
    }
    return i < MEMBERS || strcmp(name, "bars") == 0 || strcmp(name, "messages") == 0 ||
           strcmp(name, "msix") == 0;
}

static bool parse_function(struct km_pci_function *function, const json_t *json, char *problem, size_t room)
{
    const char *key;
    const json_t *value;
    if (!json_is_object(json)) {
        return wrong(problem, room, "each device is an object");
    }
    json_object_foreach((json_t *)json, key, value)
    {
        if (!is_member(key)) {
            return wrong(problem, room, "a device has no \"%s\"", key);
        }
    }
    for (size_t i = 0; i < MEMBERS; i++) {
        const struct member *member = &members[i];
        uint64_t number = member->absent;
        value = json_object_get(json, member->name);
        if (value == NULL ? member->required : !parse_number(value, member->most, &number)) {
            return wrong(problem, room, "a device's \"%s\" is a number, 0 to 0x%llX", member->name,
                         (unsigned long long)member->most);
        }
        if (member->bytes == 0) {
            function->place |= (uint16_t)(number << member->offset);
        } else {
            put(&function->bytes[member->offset], member->bytes, number);
        }
    }
    function->routed_line = function->bytes[KM_PCI_INTERRUPT_LINE];
    function->writable[KM_PCI_CACHE_LINE] = function->writable[KM_PCI_LATENCY] =
        function->writable[KM_PCI_INTERRUPT_LINE] = 0xFF;
    return parse_messages(function, json_object_get(json, "messages"), problem, room) &&
           parse_bars(function, json_object_get(json, "bars"), problem, room) &&
           parse_msix(function, json_object_get(json, "msix"), problem, room);
}

// Who looks for devices asks function 0 first, and for the others only if it says that there are some.
static const struct km_pci_function *join_functions(struct km_pci *pci)
{
    for (size_t i = 0; i < pci->count; i++) {
        if ((pci->functions[i].place & 7) != 0) {
            struct km_pci_function *first = find(pci, pci->functions[i].place & ~7u);
            if (first == NULL) {
                return &pci->functions[i];
            }
            first->bytes[KM_PCI_HEADER_TYPE] |= HEADER_MULTI;
            first->reset[KM_PCI_HEADER_TYPE] |= HEADER_MULTI;
        }
    }
    return NULL;
}

// Places the contents of a function's BARs behind those of the others.
static bool add_storage(struct km_pci *pci, struct km_pci_function *function)
{
    const uint64_t page = KM_PAGE_SIZE;
    for (unsigned i = 0; i < KM_PCI_BARS; i++) {
        const uint64_t bytes = (function->bars[i].bytes + page - 1) & ~(page - 1);
        if (bytes > KM_PCI_MOST_BAR_BYTES - pci->storage_bytes) {
            return false;
        }
        function->bars[i].storage = pci->storage_bytes;
        pci->storage_bytes += bytes;
    }
    return true;
}

// jansson tells lines of what is no JSON only. The text is known to be an array by now: its elements are
// parsed one after the other, each with its line.
static bool parse_functions(struct km_pci *pci, const char *path, const char *text, char *problem,
                            size_t room)
{
    char reason[256];
    unsigned line = 1;
    const char *seen = text, *at = strchr(text, '[') + 1;
    for (size_t i = 0; at += strspn(at, ", \t\r\n"), *at != ']'; i++) {
        json_error_t error;
        for (; seen < at; seen++) {
            line += *seen == '\n';
        }
        json_t *json =
            json_loads(at, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES, &error);
        if (json == NULL) {
            return wrong(problem, room, "%s: %s", path, error.text);
        }
        struct km_pci_function function = {.file_line = line};
        bool parsed = parse_function(&function, json, reason, sizeof reason);
        json_decref(json);
        if (parsed && !add_storage(pci, &function)) {
            parsed = wrong(reason, sizeof reason, "the BARs of all devices take more than 2^62 bytes");
        }
        if (parsed && find(pci, function.place) != NULL) {
            parsed = wrong(reason, sizeof reason, "another device has that bus, device and function");
        }
        if (!parsed) {
            return wrong(problem, room, "%s:%u: %s", path, line, reason);
        }
        memcpy(function.reset, function.bytes, sizeof function.reset);
        pci->functions[i] = function;
        pci->count++;
        at += error.position;
    }
    const struct km_pci_function *lonely = join_functions(pci);
    return lonely == NULL ||
           wrong(problem, room, "%s:%u: the device has no function 0", path, lonely->file_line);
}

static bool parse(struct km_pci *pci, const char *path, const char *text, char *problem, size_t room)
{
    json_error_t error;
    json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL) {
        return wrong(problem, room, "%s:%d: %s", path, error.line, error.text);
    }
    const bool is_array = json_is_array(json);
    const size_t count = json_array_size(json);
    json_decref(json);
    if (!is_array) {
        return wrong(problem, room, "%s:1: it is no array of devices", path);
    }
    pci->functions = calloc(count + 1, sizeof *pci->functions);
    if (pci->functions == NULL) {
        return wrong(problem, room, "%s: no memory", path);
    }
    return parse_functions(pci, path, text, problem, room);
}

bool km_pci_load(struct km_pci *pci, const char *path, char *problem, size_t bytes)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    if (file == NULL) {
        return wrong(problem, bytes, "%s: %s", path, strerror(errno));
    }
    errno = 0;
    const ssize_t length = getdelim(&text, &room, '\0', file);
    bool loaded = false;
    if (ferror(file) || (length < 0 && !feof(file))) {
        wrong(problem, bytes, "%s: %s", path, strerror(errno != 0 ? errno : ENOMEM));
    } else if (length > 0 && text[length - 1] == '\0') {
        wrong(problem, bytes, "%s: it is no text", path);
    } else {
        loaded = parse(pci, path, length < 0 ? "" : text, problem, bytes);
    }
    if (!loaded) {
        km_pci_free(pci);
    }
    free(text);
    fclose(file);
    return loaded;
}

void km_pci_free(struct km_pci *pci)
{
    if (pci->has_storage) {
        close(pci->storage);
    }
    free(pci->functions);
    *pci = (struct km_pci){0};
}
