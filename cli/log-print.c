// SPDX-License-Identifier: MIT
// kmode log: records as text, a line each, and as JSON.
#include "cli/log.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json-text.h"
#include "sdk/log/format-record.h"

enum { MESSAGE_BYTES = 8192 };

static const char *const level_names[] = {"?", "ERROR", "WARN", "INFO", "DEBUG", "TRACE"};
static const char *const json_levels[] = {NULL, "error", "warn", "info", "debug", "trace"};
static const char *const kind_names[] = {"unknown", "deferred", "text", "data"};

struct entry {
    struct km_log_site site;
    bool has_site;
    uint32_t kind;
    char message[MESSAGE_BYTES];
};

// Whatever has been written by KmLogRingWrite, as hexadecimal digits.
static void format_data(char *output, size_t size, const uint8_t *bytes, size_t count)
{
    size_t length = 0;
    output[0] = '\0';
    for (size_t i = 0; i < count && length + 4 < size; i++) {
        length += (size_t)snprintf(output + length, size - length, i == 0 ? "%02x" : " %02x", bytes[i]);
    }
}

static void read_entry(struct entry *entry, const struct km_log_image *image,
                       const struct km_log_records *records, const struct km_log_record *record)
{
    const uint8_t *payload = records->payloads + record->payload;
    const uint32_t address = KMP_WORD_SITE(record->word), kind = KMP_WORD_KIND(record->word);
    entry->kind = kind <= KMP_RECORD_DATA ? kind : 0;
    entry->has_site = km_log_image_site(image, address, kind == KMP_RECORD_DEFERRED, &entry->site);
    if (kind == KMP_RECORD_DEFERRED && entry->has_site) {
        const KMP_RECORD_ARGUMENTS arguments = {entry->site.types, entry->site.count, payload, record->bytes};
        KmpFormatRecord(entry->message, sizeof entry->message, entry->site.format, &arguments);
    } else if (kind == KMP_RECORD_TEXT) {
        snprintf(entry->message, sizeof entry->message, "%.*s", (int)record->bytes, (const char *)payload);
    } else if (kind == KMP_RECORD_DEFERRED) {
        snprintf(entry->message, sizeof entry->message, "<the image has no call at 0x%" PRIx32 ">", address);
    } else {
        format_data(entry->message, sizeof entry->message, payload, record->bytes);
    }
}

// Records of no level are shown always.
static bool is_wanted(const struct km_log_view *view, const struct entry *entry,
                      const struct km_log_record *record)
{
    return (!entry->has_site || entry->site.level <= view->level) && !(view->unread && record->was_read);
}

// One record is one line, and does nothing to a terminal.
static void put_line(const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char character = (unsigned char)*text;
        if (character == '\n') {
            fputs("\\n", stdout);
        } else if ((character < 0x20 && character != '\t') || character == 0x7F) {
            printf("\\x%02x", character);
        } else {
            putchar(character);
        }
    }
}

static void print_text(const struct km_log_view *view, const struct entry *entry,
                       const struct km_log_record *record, int64_t nanoseconds)
{
    const uint64_t magnitude = nanoseconds < 0 ? -(uint64_t)nanoseconds : (uint64_t)nanoseconds;
    char time[32], ids[32];
    snprintf(time, sizeof time, "%s%" PRIu64 ".%09" PRIu64, nanoseconds < 0 ? "-" : "",
             magnitude / 1000000000, magnitude % 1000000000);
    snprintf(ids, sizeof ids, "%" PRIu32 ":%" PRIu32, KMP_IDS_PROCESS(record->ids),
             KMP_IDS_THREAD(record->ids));
    printf("%15s %2" PRIu32 " %-9s ", time, KMP_WORD_PROCESSOR(record->word), ids);
    if (record->has_irql) {
        printf("@%-2" PRIu32 " ", KMP_WORD_IRQL(record->word));
    }
    printf("%-5s [", entry->has_site ? level_names[entry->site.level] : level_names[0]);
    put_line(entry->has_site ? entry->site.target : kind_names[entry->kind]);
    fputs("] ", stdout);
    put_line(entry->message);
    if (view->source && entry->has_site) {
        fputs("  ", stdout);
        put_line(entry->site.function);
        putchar(' ');
        put_line(entry->site.file);
        printf(":%" PRIu32, entry->site.line);
    }
    putchar('\n');
}

static json_t *to_json(const struct entry *entry, const struct km_log_record *record, int64_t nanoseconds)
{
    json_t *object = json_pack(
        "{s:I, s:I, s:i, s:I, s:I, s:s, s:b, s:o}", "nanoseconds", (json_int_t)nanoseconds, "system_time",
        (json_int_t)(record->time / 100), "processor", (int)KMP_WORD_PROCESSOR(record->word), "process",
        (json_int_t)KMP_IDS_PROCESS(record->ids), "thread", (json_int_t)KMP_IDS_THREAD(record->ids), "kind",
        kind_names[entry->kind], "read", (int)record->was_read, "message", km_json_text(entry->message));
    if (record->has_irql) {
        json_object_set_new(object, "irql", json_integer(KMP_WORD_IRQL(record->word)));
    }
    if (entry->has_site) {
        json_object_set_new(object, "level", json_string(json_levels[entry->site.level]));
        json_object_set_new(object, "target", km_json_text(entry->site.target));
        json_object_set_new(object, "file", km_json_text(entry->site.file));
        json_object_set_new(object, "line", json_integer(entry->site.line));
        json_object_set_new(object, "function", km_json_text(entry->site.function));
    }
    return object;
}

static bool write_json(const struct km_log_view *view, const struct km_log_records *records, json_t *array)
{
    json_t *document =
        json_pack("{s:o, s:o, s:I, s:I, s:I, s:b, s:O}", "dump", km_json_text(view->dump_path), "image",
                  km_json_text(view->image_path), "lost", (json_int_t)records->lost, "dropped",
                  (json_int_t)records->dropped, "unfinished", (json_int_t)records->unfinished, "truncated",
                  (int)records->is_truncated, "records", array);
    const bool done = strcmp(view->json, "-") == 0
                          ? json_dumpf(document, stdout, JSON_INDENT(2)) == 0 && putchar('\n') != EOF
                          : json_dump_file(document, view->json, JSON_INDENT(2)) == 0;
    if (!done) {
        km_error("cannot write %s: %s", view->json, strerror(errno));
    }
    json_decref(document);
    return done;
}

bool km_log_print(const struct km_log_view *view, const struct km_log_image *image,
                  const KMP_RING_HEADER *header, const struct km_log_records *records)
{
    static struct entry entry;
    json_t *array = view->json != NULL ? json_array() : NULL;
    bool done = true;

    for (size_t i = 0; i < records->count; i++) {
        const struct km_log_record *record = &records->items[i];
        const int64_t nanoseconds = (int64_t)(record->time - header->Start.SystemTime * 100);
        read_entry(&entry, image, records, record);
        if (!is_wanted(view, &entry, record)) {
            continue;
        }
        if (array != NULL) {
            json_array_append_new(array, to_json(&entry, record, nanoseconds));
        }
        if (array == NULL || strcmp(view->json, "-") != 0) {
            print_text(view, &entry, record, nanoseconds);
        }
    }
    if (array != NULL) {
        done = write_json(view, records, array);
        json_decref(array);
    }
    return done;
}
