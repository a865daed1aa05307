// SPDX-License-Identifier: MIT
// Characters in UTF-8 and UTF-16: there and back, and what is none.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "machine/unicode.h"

static void test_all(void **state)
{
    (void)state;
    for (uint32_t character = 0; character <= 0x10FFFF; character++) {
        char text[4];
        uint16_t units[2];
        uint32_t back = 0;
        size_t used = 0;
        if (character >= 0xD800 && character < 0xE000) {
            continue;
        }
        const size_t bytes = km_utf8_encode(character, text), count = km_utf16_encode(character, units);
        if (km_utf8_decode(text, bytes, &back) != bytes || back != character) {
            fail_msg("U+%04X is lost in UTF-8", character);
        }
        for (size_t cut = 0; cut < bytes; cut++) {
            assert_int_equal(km_utf8_decode(text, cut, &back), 0);
        }
        if (km_utf16_decode(units, count, &used) != character || used != count) {
            fail_msg("U+%04X is lost in UTF-16", character);
        }
    }
}

static void test_known(void **state)
{
    char text[4];
    uint16_t units[2];
    (void)state;
    assert_int_equal(km_utf8_encode(0x7F, text), 1);
    assert_int_equal(km_utf8_encode(0xE9, text), 2);
    assert_memory_equal(text, "\xC3\xA9", 2);
    assert_int_equal(km_utf8_encode(0x20AC, text), 3);
    assert_memory_equal(text, "\xE2\x82\xAC", 3);
    assert_int_equal(km_utf8_encode(0x1F600, text), 4);
    assert_memory_equal(text, "\xF0\x9F\x98\x80", 4);
    assert_int_equal(km_utf16_encode(0x1F600, units), 2);
    assert_int_equal(units[0], 0xD83D);
    assert_int_equal(units[1], 0xDE00);
}

static void test_none(void **state)
{
    static const char *const texts[] = {
        "\x80",             // a byte within a character
        "\xC1\xBF",         // too long a form
        "\xE0\x9F\xBF",     // likewise
        "\xF0\x8F\xBF\xBF", // likewise
        "\xED\xA0\x80",     // half of a surrogate pair
        "\xF4\x90\x80\x80", // behind the last
        "\xF8\x88\x80\x80\x80",
        "\xFF",
        "\xC3(",
        "\xE2\x82(",
    };
    static const uint16_t units[][2] = {{0xD83D, 'a'}, {0xDE00, 0xD83D}, {0xD83D, 0xD83D}};
    size_t used;
    uint32_t character;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(km_utf8_decode(texts[i], strlen(texts[i]), &character), 0);
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        assert_int_equal(km_utf16_decode(units[i], 2, &used), KM_NO_CHARACTER);
        assert_int_equal(used, 1);
    }
    assert_int_equal(km_utf16_decode(units[0], 1, &used), KM_NO_CHARACTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all),
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
