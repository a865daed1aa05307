// SPDX-License-Identifier: MIT
// Writes small hives into a folder, for the fuzzer of their reader to start from.
#include "cm/hive-write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool grow(CM_HIVE_WRITER *writer, uint32_t room)
{
    uint8_t *buffer = realloc(writer->Buffer, room);
    if (buffer != NULL) {
        writer->Buffer = buffer;
        writer->Room = room;
    }
    return buffer != NULL;
}

static uint16_t upcase(uint16_t character)
{
    return character >= 'a' && character <= 'z' ? (uint16_t)(character - 'a' + 'A') : character;
}

static CM_HIVE_NAME name_of(const char *text)
{
    return (CM_HIVE_NAME){(const uint8_t *)text, (uint32_t)strlen(text), true};
}

static uint32_t add_key(CM_HIVE_WRITER *writer, const char *name, uint32_t parent, uint32_t sub_keys,
                        uint32_t values)
{
    static const uint8_t class_name[] = {'C', 0, 0x3B1 & 0xFF, 0x3B1 >> 8};
    // Self-relative, with an empty list of access control.
    static const uint8_t security[] = {1, 0, 4,  0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                                       0, 0, 20, 0,    0, 0, 2, 0, 8, 0, 0, 0, 0, 0};
    const CM_HIVE_NEW_KEY key = {.Name = name_of(name),
                                 .Class = {class_name, parent == CM_HIVE_NO_CELL ? 2 : 0, false},
                                 .Flags = parent == CM_HIVE_NO_CELL ? CM_HIVE_KEY_ROOT : 0,
                                 .LastWritten = 5,
                                 .Parent = parent,
                                 .Security = security,
                                 .SecurityBytes = sizeof security,
                                 .SubKeyCount = sub_keys,
                                 .ValueCount = values};
    uint32_t cell;
    if (!CmpWriteHiveKey(writer, &key, &cell)) {
        abort();
    }
    return cell;
}

static void add_values(CM_HIVE_WRITER *writer, uint32_t key, uint32_t large)
{
    uint8_t *data = calloc(1, large);
    const CM_HIVE_NAME none = {0}, in_place = name_of("dword"), big = name_of("big"), text = name_of("text");
    if (data == NULL || !CmpWriteHiveValue(writer, key, 0, &none, 1, "d\0\0\0\0", 6) ||
        !CmpWriteHiveValue(writer, key, 1, &in_place, 4, "\x1f\0\0", 4) ||
        !CmpWriteHiveValue(writer, key, 2, &big, 3, data, large) ||
        !CmpWriteHiveValue(writer, key, 3, &text, 0, NULL, 0)) {
        abort();
    }
    free(data);
}

static int write_hive(const char *folder, const char *file, uint32_t minor, uint32_t keys, uint32_t large)
{
    CM_HIVE_WRITER writer = {.Grow = grow, .Upcase = upcase, .Minor = minor, .Time = 9};
    char path[4096];
    if (!CmpBeginHive(&writer)) {
        abort();
    }
    const uint32_t root = add_key(&writer, "root", CM_HIVE_NO_CELL, keys, 4);
    add_values(&writer, root, large);
    for (uint32_t i = 0; i < keys; i++) {
        char name[16];
        snprintf(name, sizeof name, "key%05u", i);
        CmpLinkHiveSubKey(&writer, root, i, add_key(&writer, name, root, 0, 0));
    }
    const CM_HIVE_NAME file_name = name_of(file);
    CmpEndHive(&writer, root, 1, &file_name);
    snprintf(path, sizeof path, "%s/%s", folder, file);
    FILE *stream = fopen(path, "wb");
    const bool written = stream != NULL && fwrite(writer.Buffer, writer.Bytes, 1, stream) == 1;
    free(writer.Buffer);
    return stream == NULL || fclose(stream) != 0 || !written;
}

int main(int argument_count, char **arguments)
{
    if (argument_count != 2) {
        fprintf(stderr, "usage: make-hive-corpus FOLDER\n");
        return 2;
    }
    const char *folder = arguments[1];
    return write_hive(folder, "standard", 3, 2, 9) || write_hive(folder, "latest", 5, 2, 9) ||
           write_hive(folder, "big-data", 5, 1, 40000) || write_hive(folder, "index-root", 5, 1100, 9);
}
