// SPDX-License-Identifier: MIT
// PCI configuration space: what functions of a file answer, and what no file may say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/pci.h"

#define PLACE(bus, device, function) ((uint32_t)((bus) << 16 | (device) << 11 | (function) << 8))

static struct km_pci pci;
static char problem[512];

static bool load(const char *text)
{
    char path[] = "/tmp/kmode-pci-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    close(file);
    km_pci_free(&pci);
    problem[0] = '\0';
    bool loaded = km_pci_load(&pci, path, problem, sizeof problem);
    if (strncmp(problem, path, strlen(path)) == 0) { // what is left begins with the colon
        memmove(problem, problem + strlen(path), strlen(problem + strlen(path)) + 1);
    }
    unlink(path);
    return loaded;
}

static int tear_down(void **state)
{
    (void)state;
    km_pci_free(&pci);
    return 0;
}

static uint32_t read_config(uint32_t place, unsigned offset, unsigned bytes)
{
    km_pci_write(&pci, 0, 4, 0x80000000 | place | (offset & ~3u));
    return km_pci_read(&pci, 4 + (offset & 3), bytes);
}

static void write_config(uint32_t place, unsigned offset, unsigned bytes, uint32_t value)
{
    km_pci_write(&pci, 0, 4, 0x80000000 | place | (offset & ~3u));
    km_pci_write(&pci, 4 + (offset & 3), bytes, value);
}

static const char two_devices[] =
    "[\n"
    "  {\"device\": 3, \"vendor_id\": \"0x1AF4\", \"device_id\": \"0x1001\", \"revision\": 7,\n"
    "   \"class\": \"0x018000\", \"subsystem_vendor_id\": 4660, \"subsystem_id\": \"0x5678\",\n"
    "   \"interrupt_line\": 11, \"interrupt_pin\": 1,\n"
    "   \"bars\": [{\"kind\": \"memory\", \"bytes\": 4096}, {\"kind\": \"io\", \"bytes\": 32},\n"
    "              {\"kind\": \"memory64\", \"bytes\": \"0x200000000\"}]},\n"
    "  {\"bus\": 1, \"device\": 31, \"function\": 7, \"vendor_id\": 1, \"device_id\": 2},\n"
    "  {\"bus\": 1, \"device\": 31, \"vendor_id\": 1, \"device_id\": 3}\n"
    "]\n";

static void test_header(void **state)
{
    (void)state;
    const uint32_t place = PLACE(0, 3, 0);
    assert_true(load(two_devices));
    assert_int_equal(read_config(place, 0x00, 4), 0x10011AF4);
    assert_int_equal(read_config(place, 0x02, 2), 0x1001);
    assert_int_equal(read_config(place, 0x04, 4), 0);
    assert_int_equal(read_config(place, 0x08, 4), 0x01800007);
    assert_int_equal(read_config(place, 0x0B, 1), 0x01);
    assert_int_equal(read_config(place, 0x0E, 1), 0);
    assert_int_equal(read_config(place, 0x2C, 4), 0x56781234);
    assert_int_equal(read_config(place, 0x3C, 2), 0x010B);
    assert_int_equal(read_config(place, 0xFC, 4), 0);
    assert_int_equal(read_config(PLACE(1, 31, 0), 0x0E, 1), 0x80); // it has more than one function
    assert_int_equal(read_config(PLACE(1, 31, 7), 0x00, 4), 0x00020001);
    assert_int_equal(read_config(PLACE(1, 31, 7), 0x3C, 2), 0x00FF);
    assert_int_equal(read_config(PLACE(1, 31, 7), 0x08, 4), 0xFF000000);
}

static void test_read_only(void **state)
{
    (void)state;
    const uint32_t place = PLACE(0, 3, 0);
    static const unsigned fixed[] = {0x00, 0x08, 0x2C, 0x34, 0x40, 0xFC};
    assert_true(load(two_devices));
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        const uint32_t before = read_config(place, fixed[i], 4);
        write_config(place, fixed[i], 4, ~before);
        assert_int_equal(read_config(place, fixed[i], 4), before);
    }
}

static void test_command(void **state)
{
    (void)state;
    assert_true(load(two_devices));
    write_config(PLACE(0, 3, 0), 0x04, 4, 0xFFFFFFFF);
    assert_int_equal(read_config(PLACE(0, 3, 0), 0x04, 4), 0x00000547);
    write_config(PLACE(0, 3, 0), 0x05, 1, 0);
    assert_int_equal(read_config(PLACE(0, 3, 0), 0x04, 2), 0x0047);
    // What has neither BARs nor an interrupt can enable none.
    write_config(PLACE(1, 31, 0), 0x04, 2, 0xFFFF);
    assert_int_equal(read_config(PLACE(1, 31, 0), 0x04, 2), 0x0144);
}

static void test_bars(void **state)
{
    (void)state;
    const uint32_t place = PLACE(0, 3, 0);
    static const uint32_t masks[] = {0xFFFFF000, 0xFFFFFFE1, 0x00000004, 0xFFFFFFFE, 0, 0};
    assert_true(load(two_devices));
    assert_int_equal(read_config(place, 0x10, 4), 0);
    assert_int_equal(read_config(place, 0x14, 4), 1);
    assert_int_equal(read_config(place, 0x18, 4), 4);
    for (unsigned i = 0; i < 6; i++) {
        write_config(place, 0x10 + 4 * i, 4, 0xFFFFFFFF);
        assert_int_equal(read_config(place, 0x10 + 4 * i, 4), masks[i]);
    }
    write_config(place, 0x10, 4, 0xFEBC1234);
    assert_int_equal(read_config(place, 0x10, 4), 0xFEBC1000);
    write_config(place, 0x12, 1, 0x55);
    assert_int_equal(read_config(place, 0x10, 4), 0xFE551000);
    write_config(place, 0x14, 2, 0xC040);
    assert_int_equal(read_config(place, 0x14, 4), 0xFFFFC041);
}

static void test_interrupt_line(void **state)
{
    (void)state;
    assert_true(load(two_devices));
    write_config(PLACE(0, 3, 0), 0x3C, 4, 0xFFFFFF05);
    assert_int_equal(read_config(PLACE(0, 3, 0), 0x3C, 4), 0x00000105);
}

static void test_messages(void **state)
{
    uint32_t data;
    (void)state;
    assert_true(load("[{\"device\": 3, \"vendor_id\": 1, \"device_id\": 1, \"messages\": 4}]"));
    const struct km_pci_function *function = &pci.functions[0];
    const uint32_t place = PLACE(0, 3, 0);
    assert_int_equal(read_config(place, 0x06, 2), 0x0010);
    assert_int_equal(read_config(place, 0x34, 1), 0x40);
    write_config(place, 0x40, 4, 0xFFFEFFFF); // all but the enabling
    assert_int_equal(read_config(place, 0x40, 4), 0x00F40005);
    write_config(place, 0x44, 4, 0xFEE00FFF);
    assert_int_equal(read_config(place, 0x44, 4), 0xFEE00FFC);
    write_config(place, 0x4C, 4, 0xFFFF0037);
    assert_int_equal(read_config(place, 0x4C, 4), 0x37);
    assert_int_equal(km_pci_enabled_messages(function), 0);
    write_config(place, 0x42, 2, 0x21);
    assert_int_equal(km_pci_enabled_messages(function), 4);
    assert_int_equal(km_pci_message(function, 2, &data), 0xFEE00FFC);
    assert_int_equal(data, 0x36);       // the low bits count
    write_config(place, 0x42, 2, 0x71); // more than it has
    assert_int_equal(km_pci_enabled_messages(function), 4);
}

static void test_absent(void **state)
{
    (void)state;
    assert_true(load(two_devices));
    assert_int_equal(read_config(PLACE(0, 4, 0), 0, 4), 0xFFFFFFFF);
    assert_int_equal(read_config(PLACE(0, 3, 1), 0, 2), 0xFFFF);
    assert_int_equal(read_config(PLACE(2, 3, 0), 0, 1), 0xFF);
    write_config(PLACE(0, 4, 0), 0x3C, 1, 5);
    assert_int_equal(read_config(PLACE(0, 4, 0), 0x3C, 1), 0xFF);
}

static void test_address(void **state)
{
    (void)state;
    assert_true(load(two_devices));
    km_pci_write(&pci, 0, 4, 0xFFFFFFFF);
    assert_int_equal(km_pci_read(&pci, 0, 4), 0x80FFFFFC);
    km_pci_write(&pci, 0, 4, 0x00001800); // not enabled
    assert_int_equal(km_pci_read(&pci, 4, 4), 0xFFFFFFFF);
    km_pci_write(&pci, 0, 4, 0x80001800);
    km_pci_write(&pci, 0, 1, 0xFF); // only a whole one is an access to the address
    km_pci_write(&pci, 0, 2, 0xFFFF);
    assert_int_equal(km_pci_read(&pci, 0, 4), 0x80001800);
    assert_int_equal(km_pci_read(&pci, 1, 1), 0xFF);
    assert_int_equal(km_pci_read(&pci, 4, 4), 0x10011AF4);
}

static void test_empty(void **state)
{
    (void)state;
    assert_true(load("[]"));
    assert_int_equal(read_config(0, 0, 4), 0xFFFFFFFF);
}

static void test_refused(void **state)
{
    (void)state;
#define GOOD "\"device\": 1, \"vendor_id\": 1, \"device_id\": 1"
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"", ":1: "},
        {"[\n{\n,", ":3: "},
        {"{}", ":1: it is no array of devices"},
        {"[\n\n 5]", ":3: each device is an object"},
        {"[{" GOOD "},\n{\"device\": 32, \"vendor_id\": 1, \"device_id\": 1}]",
         ":2: a device's \"device\" is a number, 0 to 0x1F"},
        {"[{\"device\": 1, \"device_id\": 1}]", ":1: a device's \"vendor_id\" is a number, 0 to 0xFFFE"},
        {"[{\"device\": 1, \"vendor_id\": \"0xFFFF\", \"device_id\": 1}]", ":1: a device's \"vendor_id\""},
        {"[{\"device\": 1, \"vendor_id\": \"8086h\", \"device_id\": 1}]", ":1: a device's \"vendor_id\""},
        {"[{\"device\": -1, \"vendor_id\": 1, \"device_id\": 1}]", ":1: a device's \"device\""},
        {"[{" GOOD ", \"interrupt_pin\": 5}]", ":1: a device's \"interrupt_pin\" is a number, 0 to 0x4"},
        {"[{" GOOD ", \"a\\nb\": 1}]", ":1: a device has no \"a?b\""},
        {"[{" GOOD ", \"color\": 1}]", ":1: a device has no \"color\""},
        {"[{" GOOD ", \"function\": 1}]", ":1: the device has no function 0"},
        {"[{" GOOD ", \"messages\": 3}]", ":1: a device's \"messages\" is 1, 2, 4, 8, 16 or 32"},
        {"[{" GOOD ", \"messages\": 64}]", ":1: a device's \"messages\" is"},
        {"[{" GOOD ", \"msix\": {\"messages\": 65, \"bar\": 0}}]", ":1: \"msix\" has messages, 1 to 64"},
        {"[{" GOOD ", \"msix\": 3}]", ":1: \"msix\" has messages"},
        {"[{" GOOD ", \"msix\": {\"messages\": 1, \"bar\": 0}}]", ":1: BAR 0 has no memory for"},
        {"[{" GOOD "},\n {" GOOD "}]", ":2: another device has that bus, device and function"},
        {"[{" GOOD ", \"bars\": 1}]", ":1: \"bars\" is an array"},
        {"[{" GOOD ", \"bars\": [1]}]", ":1: a BAR's kind is"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"rom\", \"bytes\": 16}]}]", ":1: a BAR's kind is"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"io\", \"bytes\": 512}]}]",
         ":1: a BAR of kind \"io\" has bytes"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"io\", \"bytes\": 2}]}]", ":1: a BAR of kind \"io\" has bytes"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"memory\", \"bytes\": 48}]}]",
         ":1: a BAR of kind \"memory\" has bytes: a power of two from 16 to 2147483648"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"memory\"}]}]", ":1: a BAR of kind \"memory\" has bytes"},
        {"[{" GOOD ", \"bars\": [{\"kind\": \"io\", \"bytes\": 4, \"at\": 1}]}]",
         ":1: a BAR has a kind and bytes"},
#define BAR64 "{\"kind\": \"memory64\", \"bytes\": 16}"
        {"[{" GOOD ", \"bars\": [" BAR64 ", " BAR64 ", " BAR64 ", " BAR64 "]}]", ":1: the BARs take more"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_false(load(cases[i].text));
        if (strncmp(problem, cases[i].problem, strlen(cases[i].problem)) != 0) {
            fail_msg("%s: \"%s\" is not \"%s\"", cases[i].text, problem, cases[i].problem);
        }
        assert_null(strchr(problem, '\n'));
        assert_null(pci.functions);
    }
    assert_false(km_pci_load(&pci, "/nonexistent", problem, sizeof problem));
    assert_string_equal(problem, "/nonexistent: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_header, tear_down),
        cmocka_unit_test_teardown(test_read_only, tear_down),
        cmocka_unit_test_teardown(test_command, tear_down),
        cmocka_unit_test_teardown(test_bars, tear_down),
        cmocka_unit_test_teardown(test_interrupt_line, tear_down),
        cmocka_unit_test_teardown(test_messages, tear_down),
        cmocka_unit_test_teardown(test_absent, tear_down),
        cmocka_unit_test_teardown(test_address, tear_down),
        cmocka_unit_test_teardown(test_empty, tear_down),
        cmocka_unit_test_teardown(test_refused, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
