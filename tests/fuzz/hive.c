// SPDX-License-Identifier: MIT
// libFuzzer target on the reader of hives: of what it accepts the writer makes a hive that reads the same.
// The base block's checksum is set right first, or nothing behind it would ever be reached.
#include "cm/hive-write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                                   \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: broken promise: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

// What the kernel's walk allows: every key, value and byte of data has bytes of the file for itself.
struct budget {
    size_t keys, values, data;
};

static bool grow(CM_HIVE_WRITER *writer, uint32_t room)
{
    const uint32_t larger = room + room / 2;
    uint8_t *buffer = realloc(writer->Buffer, larger);
    if (buffer != NULL) {
        writer->Buffer = buffer;
        writer->Room = larger;
    }
    return buffer != NULL;
}

static uint16_t upcase(uint16_t character)
{
    return character >= 'a' && character <= 'z' ? (uint16_t)(character - 'a' + 'A') : character;
}

static bool same_name(const CM_HIVE_NAME *one, const CM_HIVE_NAME *other)
{
    for (uint32_t i = 0; i < one->Length && one->Length == other->Length; i++) {
        if (CmpHiveCharacter(one, i) != CmpHiveCharacter(other, i)) {
            return false;
        }
    }
    return one->Length == other->Length;
}

static bool copy_values(const CM_HIVE_IMAGE *image, const CM_HIVE_KEY *key, CM_HIVE_WRITER *writer,
                        uint32_t cell, struct budget *budget)
{
    for (uint32_t i = 0; i < key->Node.ValueCount; i++) {
        CM_HIVE_VALUE value;
        if (budget->values-- == 0 || !CmpReadHiveValue(image, key, i, &value) ||
            value.DataBytes > budget->data) {
            return false;
        }
        budget->data -= value.DataBytes;
        uint8_t *data = malloc(value.DataBytes + 1);
        REQUIRE(data != NULL);
        const bool copied = CmpReadHiveData(image, &value, data);
        if (copied) {
            REQUIRE(CmpWriteHiveValue(writer, cell, i, &value.Name, value.Type, data, value.DataBytes));
        }
        free(data);
        if (!copied) {
            return false;
        }
    }
    return true;
}

static bool copy_key(const CM_HIVE_IMAGE *image, uint32_t from, CM_HIVE_WRITER *writer, uint32_t parent,
                     unsigned levels, struct budget *budget, uint32_t *to)
{
    CM_HIVE_KEY key;
    const uint8_t *security;
    uint32_t security_bytes;
    if (budget->keys-- == 0 || levels == CM_HIVE_MAXIMUM_LEVELS || !CmpReadHiveKey(image, from, &key) ||
        !CmpReadHiveSecurity(image, &key, &security, &security_bytes) ||
        key.Node.SubKeyCount > image->Bytes / sizeof(CM_HIVE_KEY_NODE) ||
        key.Node.ValueCount > image->Bytes / sizeof(CM_HIVE_VALUE_NODE)) {
        return false;
    }
    const CM_HIVE_NEW_KEY new_key = {.Name = key.Name,
                                     .Class = key.Class,
                                     .Flags = key.Node.Flags & CM_HIVE_KEY_LINK,
                                     .LastWritten = key.Node.LastWritten,
                                     .Parent = parent,
                                     .UserFlags = key.Node.LargestSubKeyName & 0xFF0000,
                                     .Security = security,
                                     .SecurityBytes = security_bytes,
                                     .SubKeyCount = key.Node.SubKeyCount,
                                     .ValueCount = key.Node.ValueCount};
    REQUIRE(CmpWriteHiveKey(writer, &new_key, to));
    if (!copy_values(image, &key, writer, *to, budget)) {
        return false;
    }
    for (uint32_t i = 0; i < key.Node.SubKeyCount; i++) {
        uint32_t cell, copy;
        if (!CmpReadHiveSubKey(image, &key, i, &cell) ||
            !copy_key(image, cell, writer, *to, levels + 1, budget, &copy)) {
            return false;
        }
        CmpLinkHiveSubKey(writer, *to, i, copy);
    }
    return true;
}

static void require_same(const CM_HIVE_IMAGE *one, uint32_t one_cell, const CM_HIVE_IMAGE *other,
                         uint32_t other_cell)
{
    CM_HIVE_KEY a, b;
    const uint8_t *security_a, *security_b;
    uint32_t bytes_a, bytes_b;
    REQUIRE(CmpReadHiveKey(one, one_cell, &a) && CmpReadHiveKey(other, other_cell, &b));
    REQUIRE(same_name(&a.Name, &b.Name) && same_name(&a.Class, &b.Class));
    REQUIRE(a.Node.LastWritten == b.Node.LastWritten);
    REQUIRE(a.Node.SubKeyCount == b.Node.SubKeyCount && a.Node.ValueCount == b.Node.ValueCount);
    REQUIRE(CmpReadHiveSecurity(one, &a, &security_a, &bytes_a));
    REQUIRE(CmpReadHiveSecurity(other, &b, &security_b, &bytes_b));
    REQUIRE(bytes_a == bytes_b && (bytes_a == 0 || memcmp(security_a, security_b, bytes_a) == 0));
    for (uint32_t i = 0; i < a.Node.ValueCount; i++) {
        CM_HIVE_VALUE value_a, value_b;
        REQUIRE(CmpReadHiveValue(one, &a, i, &value_a) && CmpReadHiveValue(other, &b, i, &value_b));
        REQUIRE(same_name(&value_a.Name, &value_b.Name) && value_a.Type == value_b.Type);
        REQUIRE(value_a.DataBytes == value_b.DataBytes);
        uint8_t *data_a = malloc(value_a.DataBytes + 1), *data_b = malloc(value_b.DataBytes + 1);
        REQUIRE(data_a != NULL && data_b != NULL);
        REQUIRE(CmpReadHiveData(one, &value_a, data_a) && CmpReadHiveData(other, &value_b, data_b));
        REQUIRE(memcmp(data_a, data_b, value_a.DataBytes) == 0);
        free(data_a);
        free(data_b);
    }
    for (uint32_t i = 0; i < a.Node.SubKeyCount; i++) {
        uint32_t sub_a, sub_b;
        REQUIRE(CmpReadHiveSubKey(one, &a, i, &sub_a) && CmpReadHiveSubKey(other, &b, i, &sub_b));
        require_same(one, sub_a, other, sub_b);
    }
}

static void round_trip(const CM_HIVE_IMAGE *image, uint32_t minor)
{
    static const uint8_t name[] = "fuzzed";
    const CM_HIVE_NAME file_name = {name, sizeof name - 1, true};
    CM_HIVE_WRITER writer = {.Grow = grow, .Upcase = upcase, .Minor = minor, .Time = 1};
    struct budget budget = {image->Bytes / sizeof(CM_HIVE_KEY_NODE),
                            image->Bytes / sizeof(CM_HIVE_VALUE_NODE), image->Bytes};
    uint32_t root;
    CM_HIVE_IMAGE written;
    REQUIRE(CmpBeginHive(&writer));
    if (copy_key(image, image->RootCell, &writer, CM_HIVE_NO_CELL, 0, &budget, &root)) {
        CmpEndHive(&writer, root, 1, &file_name);
        REQUIRE(CmpOpenHiveImage(writer.Buffer, writer.Bytes, &written) == CmHiveValid);
        REQUIRE(written.Minor == minor);
        require_same(image, image->RootCell, &written, written.RootCell);
    }
    free(writer.Buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CM_HIVE_IMAGE image;
    uint8_t *file = malloc(size + 1);
    REQUIRE(file != NULL);
    memcpy(file, data, size);
    if (size >= sizeof(CM_HIVE_BASE_BLOCK)) {
        const uint32_t sum = CmpHiveCheckSum(file);
        memcpy(file + offsetof(CM_HIVE_BASE_BLOCK, CheckSum), &sum, sizeof sum);
    }
    if (CmpOpenHiveImage(file, size, &image) == CmHiveValid) {
        round_trip(&image, 3);
        round_trip(&image, 5);
    }
    free(file);
    return 0;
}
