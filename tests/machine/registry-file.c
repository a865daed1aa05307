// SPDX-License-Identifier: MIT
// Registry files: what each line means, what is wrong with it, and the round trip of files at random.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/registry-file.h"

#define HEADER "Windows Registry Editor Version 5.00\r\n"

static bool parse(const char *text, struct km_registry_file *file, struct km_registry_problem *problem)
{
    return km_registry_file_parse((const uint8_t *)text, strlen(text), file, problem);
}

static void assert_text(const struct km_utf16 *text, const char *expected)
{
    assert_int_equal(text->length, strlen(expected));
    for (size_t i = 0; i < text->length; i++) {
        assert_int_equal(text->units[i], (uint8_t)expected[i]);
    }
}

static void test_lines(void **state)
{
    static const uint8_t string[] = {'a', 0, '\\', 0, '"', 0, 0, 0}, dword[] = {0x1F, 0, 0, 0},
                         bytes[] = {1, 0xAB, 0xFF};
    static const struct {
        enum km_registry_action action;
        unsigned line;
        const char *name;
        uint32_t type;
        const uint8_t *data;
        size_t data_bytes;
    } expected[] = {
        {KM_REGISTRY_MAKE_KEY, 3, "", 0, NULL, 0},
        {KM_REGISTRY_PUT_VALUE, 4, "", KM_REG_SZ, string, sizeof string},
        {KM_REGISTRY_PUT_VALUE, 5, "x\"y", KM_REG_DWORD, dword, sizeof dword},
        {KM_REGISTRY_PUT_VALUE, 6, "b", KM_REG_BINARY, bytes, sizeof bytes},
        {KM_REGISTRY_PUT_VALUE, 8, "m", KM_REG_MULTI_SZ, bytes, sizeof bytes},
        {KM_REGISTRY_PUT_VALUE, 9, "e", KM_REG_NONE, NULL, 0},
        {KM_REGISTRY_REMOVE_VALUE, 10, "gone", 0, NULL, 0},
        {KM_REGISTRY_REMOVE_KEY, 12, "", 0, NULL, 0},
    };
    struct km_registry_file file;
    struct km_registry_problem problem;
    (void)state;
    assert_true(parse(
        HEADER "\r\n[HKLM\\k]\r\n@=\"a\\\\\\\"\"\r\n \"x\\\"y\" = DWORD:1f\r\n\"b\"=hex:01,ab,\\\r\n"
               "  FF\r\n\"m\"=hex(7):01,ab,ff\r\n\"e\"=hex(0):\r\n\"gone\"=-\r\n; comment\r\n[-HKLM\\k]",
        &file, &problem));
    assert_int_equal(file.count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < file.count; i++) {
        const struct km_registry_entry *entry = &file.entries[i];
        assert_int_equal(entry->action, expected[i].action);
        assert_int_equal(entry->line, expected[i].line);
        assert_text(&entry->key, "HKLM\\k");
        assert_text(&entry->name, expected[i].name);
        assert_int_equal(entry->type, expected[i].type);
        assert_int_equal(entry->data_bytes, expected[i].data_bytes);
        if (entry->data_bytes != 0) {
            assert_memory_equal(entry->data, expected[i].data, entry->data_bytes);
        }
    }
    km_registry_file_free(&file);
}

static void test_problems(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *reason;
    } bad[] = {
        {"", 1, "the first line is not"},
        {"REGEDIT4\r\n", 1, "the first line is not"},
        {"Windows Registry Editor Version 5.00 x", 1, "text behind the header"},
        {HEADER "x", 2, "a line is"},
        {HEADER "[HKLM", 2, "a key without its closing bracket"},
        {HEADER "[]", 2, "a key without a name"},
        {HEADER "[a] b", 2, "text behind the key's closing bracket"},
        {HEADER "@=\"x\"", 2, "a value without a key above it"},
        {HEADER "[-a]\n@=\"x\"", 3, "a value without a key above it"},
        {HEADER "[a]\n\"x", 3, "a string without its closing quote"},
        {HEADER "[a]\n\"x\"", 3, "an equals sign is missing"},
        {HEADER "[a]\n@=\"x\\n\"", 3, "a backslash in a string"},
        {HEADER "[a]\n@=\"x\" y", 3, "text behind the end of the value"},
        {HEADER "[a]\n@=x", 3, "a value is a quoted string"},
        {HEADER "[a]\n@=dword:", 3, "dword: takes one to eight"},
        {HEADER "[a]\n@=dword:123456789", 3, "text behind the end of the value"},
        {HEADER "[a]\n@=hex:zz", 3, "two hexadecimal digits are missing"},
        {HEADER "[a]\n@=hex:01 02", 3, "a comma is missing"},
        {HEADER "[a]\n@=hex(x):01", 3, "hex( takes a type"},
        {HEADER "[a]\n@=hex:01,\\\n  02,\\\n  x", 5, "two hexadecimal digits are missing"},
        {HEADER "[\xFF]", 2, "it is not UTF-8"},
        {HEADER "[\xC0\x80]", 2, "it is not UTF-8"},
        {HEADER "[\xED\xA0\x80]", 2, "it is not UTF-8"},
        {"\xFF\xFEW", 0, "UTF-16 with half a character"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct km_registry_file file;
        struct km_registry_problem problem;
        assert_false(parse(bad[i].text, &file, &problem));
        assert_int_equal(problem.line, bad[i].line);
        assert_non_null(strstr(problem.reason, bad[i].reason));
        assert_int_equal(file.count, 0);
    }
}

static void test_encodings(void **state)
{
    static const uint16_t key[] = {'H', 0xE4, 0xD83D, 0xDE00};
    static const char *const texts[] = {HEADER "[H\xC3\xA4\xF0\x9F\x98\x80]",
                                        "\xEF\xBB\xBF" HEADER "[H\xC3\xA4\xF0\x9F\x98\x80]"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct km_registry_file file;
        struct km_registry_problem problem;
        assert_true(parse(texts[i], &file, &problem));
        assert_int_equal(file.entries[0].key.length, 4);
        assert_memory_equal(file.entries[0].key.units, key, sizeof key);
        km_registry_file_free(&file);
    }
}

static void test_roots(void **state)
{
    static const struct {
        const char *key, *kernel; // NULL: there is none
    } cases[] = {
        {"HKEY_LOCAL_MACHINE", "\\Registry\\Machine"},
        {"hklm\\SOFTWARE", "\\Registry\\Machine\\SOFTWARE"},
        {"HKEY_USERS\\x", "\\Registry\\User\\x"},
        {"HKCU\\x", "\\Registry\\User\\S-1-5-18\\x"},
        {"HKEY_CLASSES_ROOT\\x", "\\Registry\\Machine\\SOFTWARE\\Classes\\x"},
        {"HKEY_LOCAL_MACHINES", NULL},
        {"HKEY", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint16_t units[64];
        struct km_utf16 key = {units, strlen(cases[i].key)}, kernel;
        for (size_t at = 0; at < key.length; at++) {
            units[at] = (uint8_t)cases[i].key[at];
        }
        assert_int_equal(km_registry_kernel_key(&key, &kernel), cases[i].kernel != NULL);
        if (cases[i].kernel != NULL) {
            assert_text(&kernel, cases[i].kernel);
        }
        free(kernel.units);
    }
}

// ---- Files at random

static uint32_t seed = 1;

static uint32_t next(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void random_text(struct km_utf16 *text, size_t least)
{
    static const uint16_t units[] = {'a', 'Z', ' ', '\\', '"', ']', '[', '=', '@', 0xE4, 0xD800, 0xFFFF, ';'};
    uint16_t buffer[24];
    size_t length = least + next(20);
    for (size_t i = 0; i < length; i++) {
        buffer[i] = units[next(sizeof units / sizeof *units)];
    }
    assert_true(km_utf16_copy(text, buffer, length));
}

static void random_entry(struct km_registry_file *file)
{
    struct km_registry_entry *entry = km_registry_file_add(file, 0);
    assert_non_null(entry);
    entry->action = file->count == 1 || next(4) == 0 ? KM_REGISTRY_MAKE_KEY : KM_REGISTRY_PUT_VALUE;
    if (entry->action == KM_REGISTRY_MAKE_KEY) {
        random_text(&entry->key, 1);
        return;
    }
    const struct km_utf16 *key = &file->entries[file->count - 2].key;
    assert_true(km_utf16_copy(&entry->key, key->units, key->length));
    random_text(&entry->name, 0);
    entry->type = next(3) == 0 ? next(0x7FFFFFFF) : next(8);
    entry->data_bytes = next(200);
    entry->data = malloc(entry->data_bytes + 1);
    assert_non_null(entry->data);
    for (size_t i = 0; i < entry->data_bytes; i++) {
        // Many of them are strings.
        entry->data[i] = (uint8_t)(i % 2 != 0 ? 0 : i + 2 >= entry->data_bytes ? 0 : next(96) + 32);
    }
}

static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 500; round++) {
        struct km_registry_file file = {0}, again;
        struct km_registry_problem problem;
        size_t size;
        for (uint32_t count = 1 + next(20); count != 0; count--) {
            random_entry(&file);
        }
        uint8_t *bytes = km_registry_file_write(&file, &size, &problem);
        assert_non_null(bytes);
        assert_true(km_registry_file_parse(bytes, size, &again, &problem));
        assert_int_equal(again.count, file.count);
        for (size_t i = 0; i < file.count; i++) {
            const struct km_registry_entry *a = &file.entries[i], *b = &again.entries[i];
            assert_int_equal(a->action, b->action);
            assert_int_equal(a->key.length, b->key.length);
            assert_memory_equal(a->key.units, b->key.units, a->key.length * 2);
            assert_int_equal(a->name.length, b->name.length);
            if (a->name.length != 0) {
                assert_memory_equal(a->name.units, b->name.units, a->name.length * 2);
            }
            assert_int_equal(a->type, b->type);
            assert_int_equal(a->data_bytes, b->data_bytes);
            if (a->data_bytes != 0) {
                assert_memory_equal(a->data, b->data, a->data_bytes);
            }
        }
        free(bytes);
        km_registry_file_free(&again);
        km_registry_file_free(&file);
    }
}

static void test_unwritable(void **state)
{
    static const uint16_t name[] = {'a', '\n'};
    struct km_registry_file file = {0};
    struct km_registry_problem problem;
    size_t size;
    (void)state;
    struct km_registry_entry *entry = km_registry_file_add(&file, 0);
    assert_non_null(entry);
    assert_true(km_utf16_copy(&entry->key, name, 2));
    assert_null(km_registry_file_write(&file, &size, &problem));
    assert_int_equal(problem.line, 1);
    km_registry_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines), cmocka_unit_test(test_problems),   cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_roots), cmocka_unit_test(test_round_trip), cmocka_unit_test(test_unwritable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
