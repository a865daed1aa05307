// SPDX-License-Identifier: MIT
// The functions of PCI buses in the Plug and Play tree: who they are, what they are given, what their bus
// driver answers, how they go and come.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "machine/include/kmode/machine.h"

#define STATUS_NO_SUCH_DEVICE        UINT32_C(0xC000000E)
#define STATUS_UNSUCCESSFUL          UINT32_C(0xC0000001)
#define STATUS_CONFLICTING_ADDRESSES UINT32_C(0xC0000018)
#define CM_PROB_NORMAL_CONFLICT      12
#define CM_PROB_FAILED_INSTALL       28

#define COMMAND 0x04
#define DISK    "PCI\\VEN_1AF4&DEV_1001&SUBSYS_ABCD1234&REV_07\\2&"

static km_machine *machine;
static char log_text[8192];

static void keep_output(void *context, const char *text, size_t bytes)
{
    (void)context;
    const size_t length = strlen(log_text);
    snprintf(log_text + length, sizeof log_text - length, "%.*s", (int)bytes, text);
}

// What has been told since the last time is that.
static void told(const char *expected)
{
    assert_string_equal(log_text, expected);
    log_text[0] = '\0';
}

static void start(unsigned processors)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = keep_output,
                                               .processors = processors,
                                               .pci_path = "tests/machine/drivers/pci-function.json"};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/pci-function.sys"), KM_OK);
    log_text[0] = '\0';
}

static void end(void)
{
    assert_int_equal(km_driver_unload(machine, "pci-function"), KM_OK);
    for (size_t i = 0; i < km_finding_count(machine); i++) {
        print_error("%s\n", km_machine_finding(machine, i)->text);
    }
    assert_int_equal(km_finding_count(machine), 0);
    km_machine_destroy(machine);
    machine = NULL;
}

static char device_name[KM_DEVICE_BYTES];

static enum km_result add(const char *hardware_id)
{
    return km_device_add(machine, "pci-function", hardware_id, device_name, sizeof device_name);
}

// The device at that place of the tree begins and ends so.
static void listed(size_t place, const char *begin, const char *end, int is_started, uint32_t problem)
{
    struct km_device device;
    assert_int_equal(km_device_list(machine, place, &device), KM_OK);
    const size_t length = strlen(device.name);
    if (strncmp(device.name, begin, strlen(begin)) != 0 || length < strlen(end) ||
        strcmp(device.name + length - strlen(end), end) != 0) {
        fail_msg("%s is not %s...%s", device.name, begin, end);
    }
    assert_int_equal(device.is_started, is_started);
    assert_int_equal(device.problem, problem);
}

static void test_tree(void **state)
{
    (void)state;
    struct km_device device;
    start(1);
    listed(0, "ACPI\\PNP0A03\\0", "", 1, 0);
    listed(1, DISK, "&0&10", 0, CM_PROB_FAILED_INSTALL);
    listed(2, "PCI\\VEN_8086&DEV_0100&SUBSYS_00000000&REV_00\\2&", "&0&18", 0, CM_PROB_FAILED_INSTALL);
    listed(3, "PCI\\VEN_8086&DEV_0101&", "&0&1D", 0, CM_PROB_FAILED_INSTALL);
    listed(4, "PCI\\VEN_8086&DEV_0102&", "&0&20", 0, CM_PROB_FAILED_INSTALL);
    listed(5, "PCI\\VEN_8086&DEV_0103&", "&0&28", 0, CM_PROB_FAILED_INSTALL);
    listed(6, "PCI\\VEN_8086&DEV_0105&", "&0&30", 0, CM_PROB_FAILED_INSTALL);
    listed(7, "PCI\\VEN_8086&DEV_0106&", "&0&38", 0, CM_PROB_FAILED_INSTALL);
    listed(8, "ACPI\\PNP0A03\\B", "", 1, 0);
    listed(9, "PCI\\VEN_8086&DEV_0104&", "&0&08", 0, CM_PROB_FAILED_INSTALL);
    assert_int_equal(km_device_list(machine, 10, &device), KM_REFUSED);
    assert_int_equal(km_device_remove(machine, "ACPI\\PNP0A03\\0"), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_UNSUCCESSFUL);
    end();
}

// Each of its hardware and compatible IDs finds it.
static void test_ids(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "PCI\\VEN_1AF4&DEV_1001&SUBSYS_ABCD1234&REV_07",
        "PCI\\VEN_1AF4&DEV_1001&SUBSYS_ABCD1234",
        "PCI\\VEN_1AF4&DEV_1001&CC_018000",
        "PCI\\VEN_1AF4&DEV_1001&CC_0180",
        "PCI\\VEN_1AF4&DEV_1001&REV_07",
        "PCI\\VEN_1AF4&DEV_1001",
        "PCI\\VEN_1AF4&CC_018000",
        "PCI\\VEN_1AF4&CC_0180",
        "PCI\\VEN_1AF4",
        "PCI\\CC_018000",
        "PCI\\CC_0180",
        "pci\\ven_1af4",
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        start(1);
        assert_int_equal(add(ids[i]), KM_OK);
        assert_memory_equal(device_name, DISK, strlen(DISK));
        end();
    }
    start(1);
    assert_int_equal(add("PCI\\VEN_1AF4&DEV_1002"), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_NO_SUCH_DEVICE);
    end();
}

static void test_answers(void **state)
{
    char expected[4096];
    struct km_pci_bar_state bars[4];
    start((unsigned)(uintptr_t)*state);
    km_pci_function *function = km_pci_find(machine, 0, 2, 0);
    static const unsigned registers[] = {0, 1, 2, 3};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(km_pci_bar(function, registers[i], &bars[i]), KM_OK);
    }
    assert_int_equal(add("PCI\\VEN_1AF4"), KM_OK);
    char resources[512];
    snprintf(resources, sizeof resources,
             "memory %llx, 2000 bytes, flags 0, share 1\nport %llx, 20 bytes, flags 21, share 1\n"
             "memory %llx, 40 bytes, flags 0, share 1\nmemory %llx, 10000 bytes, flags 0, share 1\n",
             (unsigned long long)bars[0].address, (unsigned long long)bars[1].address,
             (unsigned long long)bars[2].address, (unsigned long long)bars[3].address);
    snprintf(expected, sizeof expected,
             "START_DEVICE: 0\nraw: interface 5, bus 0\n%sinterrupt level 18, vector 18, flags 0, share 3\n"
             "translated: interface 5, bus 0\n%sinterrupt level 4, vector 18, flags 0, share 3\n"
             "no messages, no fallback: c0000225\n"
             "QUERY_CAPABILITIES: 0, address 20000, unique 0\n"
             "bus 0, address 20000, type 5, of PCI\n"
             "READ_CONFIG: 0, 4 bytes, 10011af4\nbehind the end: c00000f1\nno ROM: c00000ef\n"
             "WRITE_CONFIG: 0, 1 byte\n"
             "too small: c00000bb\nanother: c00000bb\nQUERY_INTERFACE: 0, version 1, whole\n"
             "GetBusData: 4 bytes, 109\nSetBusData: 2 bytes of the last\nof a ROM: 0\n"
             "TranslateBusAddress: 1, 123456789, 0\nGetDmaAdapter: 0000000000000000, 0\n",
             resources, resources);
    told(expected);
    end();
}

static uint32_t command_of(km_pci_function *function)
{
    uint32_t command;
    assert_int_equal(km_pci_read_config(function, COMMAND, 2, &command), KM_OK);
    return command;
}

static void test_life(void **state)
{
    (void)state;
    start(1);
    km_pci_function *function = km_pci_find(machine, 0, 2, 0), *other = km_pci_find(machine, 0, 3, 5);
    assert_int_equal(command_of(function), 3);
    assert_int_equal(add("PCI\\VEN_1AF4"), KM_OK);
    assert_int_equal(command_of(function), 3);
    assert_int_equal(km_device_stop(machine, device_name), KM_OK);
    assert_int_equal(command_of(function), 0);
    assert_int_equal(km_device_start(machine, device_name), KM_OK);
    assert_int_equal(command_of(function), 3);
    assert_int_equal(km_device_remove(machine, device_name), KM_OK);
    assert_int_equal(command_of(function), 0);
    assert_int_equal(km_device_start(machine, device_name), KM_OK);
    assert_int_equal(command_of(function), 3);
    assert_int_equal(command_of(other), 1); // that nobody drives, as firmware has left it
    end();
}

// What firmware has not placed cannot be placed; what is moved is put back where it is assigned.
static void test_places(void **state)
{
    (void)state;
    struct km_pci_bar_state before, after;
    start(1);
    assert_int_equal(add("PCI\\VEN_8086&DEV_0102"), KM_REFUSED);
    assert_int_equal(km_last_status(machine), STATUS_CONFLICTING_ADDRESSES);
    listed(4, "PCI\\VEN_8086&DEV_0102&", "&0&20", 0, CM_PROB_NORMAL_CONFLICT);
    log_text[0] = '\0';
    // 8 GB are more than a descriptor can tell: the ports alone are given.
    assert_int_equal(add("PCI\\VEN_8086&DEV_0103"), KM_OK);
    km_pci_function *large = km_pci_find(machine, 0, 5, 0);
    assert_int_equal(km_pci_bar(large, 2, &after), KM_OK);
    char expected[128];
    snprintf(expected, sizeof expected, "raw: interface 5, bus 0\nport %llx, 4 bytes",
             (unsigned long long)after.address);
    assert_non_null(strstr(log_text, expected));
    assert_int_equal(command_of(large), 3);
    km_pci_function *function = km_pci_find(machine, 0, 2, 0);
    assert_int_equal(km_pci_bar(function, 0, &before), KM_OK);
    assert_int_equal(km_pci_write_config(function, 0x10, 4, 0xF0000000), KM_OK);
    assert_int_equal(add("PCI\\VEN_1AF4"), KM_OK);
    assert_int_equal(km_pci_bar(function, 0, &after), KM_OK);
    assert_int_equal(after.address, before.address);
    end();
}

static void test_plug(void **state)
{
    uint32_t value = 0;
    struct km_pci_bar_state bar;
    struct km_device device;
    start((unsigned)(uintptr_t)*state);
    km_pci_function *function = km_pci_find(machine, 0, 2, 0);
    assert_int_equal(add("PCI\\VEN_1AF4"), KM_OK);
    value = 0xCAFE;
    assert_int_equal(km_pci_write_bar(function, 0, 0, &value, 4), KM_OK);
    log_text[0] = '\0';
    assert_int_equal(km_pci_plug(function, 0), KM_OK);
    told("SURPRISE_REMOVAL, c000000e\nREMOVE_DEVICE\n");
    listed(1, "PCI\\VEN_8086&DEV_0100&", "", 0, CM_PROB_FAILED_INSTALL);
    assert_int_equal(km_device_start(machine, device_name), KM_REFUSED);
    assert_int_equal(km_pci_plug(function, 0), KM_OK); // it is out already
    // As after power-on: no BAR has an address, but for what it is assigned now.
    assert_int_equal(km_pci_plug(function, 1), KM_OK);
    listed(7, DISK, "&0&10", 1, 0);
    assert_non_null(strstr(log_text, "START_DEVICE: 0\n"));
    assert_int_equal(km_pci_bar(function, 0, &bar), KM_OK);
    assert_true(bar.answers && bar.address >= 0xC0000000);
    struct km_pci_bar_state other;
    assert_int_equal(km_pci_bar(function, 2, &other), KM_OK);
    assert_true(other.address >= bar.address + bar.bytes || other.address + other.bytes <= bar.address);
    assert_int_equal(km_pci_read_bar(function, 0, 0, &value, 4), KM_OK);
    assert_int_equal(value, 0);
    // One that nobody drives goes without a word.
    log_text[0] = '\0';
    assert_int_equal(km_pci_plug(km_pci_find(machine, 11, 1, 0), 0), KM_OK);
    told("");
    assert_int_equal(km_device_list(machine, 8, &device), KM_OK);
    assert_string_equal(device.name, "ACPI\\PNP0A03\\B");
    assert_int_equal(km_device_list(machine, 9, &device), KM_REFUSED);
    end();
}

// What an INF would write: whether the driver wants messages, and how many at most.
static void install(const char *device, unsigned supported, unsigned limit)
{
    char path[] = "/tmp/kmode-messages-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    dprintf(descriptor,
            "Windows Registry Editor Version 5.00\n\n"
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\%s\\Device Parameters\\"
            "Interrupt Management\\MessageSignaledInterruptProperties]\n"
            "\"MSISupported\"=dword:%08x\n\"MessageNumberLimit\"=dword:%08x\n",
            device, supported, limit);
    close(descriptor);
    assert_int_equal(km_registry_load(machine, path), KM_OK);
    unlink(path);
}

#define MSI_CONTROL 0x42
#define MSI_ADDRESS 0x44
#define MSI_DATA    0x4C

static uint32_t config_of(km_pci_function *function, unsigned offset, unsigned bytes)
{
    uint32_t value;
    assert_int_equal(km_pci_read_config(function, offset, bytes, &value), KM_OK);
    return value;
}

static void test_messages(void **state)
{
    static const struct {
        unsigned supported, limit;
        const char *told;
        uint32_t control;
    } cases[] = {
        {0, 8, "interrupt level 20, vector 20, flags 0, share 3\n", 0x86},
        {1, 1, "1 messages from vector 24, flags 3, share 1\n", 0x87},
        {1, 2, "2 messages from vector 24, flags 3, share 1\n", 0x97},
        {1, 3, "2 messages from vector 24, flags 3, share 1\n", 0x97},
        {1, 32, "8 messages from vector 24, flags 3, share 1\n", 0xB7},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct km_device device;
        start(1);
        km_pci_function *function = km_pci_find(machine, 0, 6, 0);
        assert_int_equal(config_of(function, 0x04, 4), 0x00100000); // it has capabilities
        assert_int_equal(config_of(function, 0x34, 1), 0x40);
        assert_int_equal(config_of(function, 0x40, 4), 0x00860005);
        assert_int_equal(km_device_list(machine, 6, &device), KM_OK);
        install(device.name, cases[i].supported, cases[i].limit);
        assert_int_equal(add("PCI\\VEN_8086&DEV_0105"), KM_OK);
        if (strstr(log_text, cases[i].told) == NULL) {
            fail_msg("%s does not have %s", log_text, cases[i].told);
        }
        assert_int_equal(config_of(function, MSI_CONTROL, 2), cases[i].control);
        const unsigned enabled = cases[i].supported ? 1u << (cases[i].control >> 4 & 7) : 0;
        if (enabled != 0) {
            assert_non_null(strstr(log_text, "messages of level 10, vector 24, flags 3, share 1\n"));
            assert_int_equal(config_of(function, MSI_ADDRESS, 4), 0xFEE00000);
            assert_int_equal(config_of(function, MSI_ADDRESS + 4, 4), 0);
            assert_int_equal(config_of(function, MSI_DATA, 2), 24);
            assert_int_equal(km_pci_send_message(function, enabled - 1), KM_OK); // nobody is connected
        }
        assert_int_equal(km_pci_send_message(function, enabled), KM_FAILED);
        assert_int_equal(km_device_stop(machine, device_name), KM_OK);
        assert_int_equal(config_of(function, MSI_CONTROL, 2), 0x86);
        assert_int_equal(km_pci_send_message(function, 0), KM_FAILED);
        assert_int_equal(km_device_start(machine, device_name), KM_OK);
        assert_int_equal(config_of(function, MSI_CONTROL, 2), cases[i].control);
        end();
    }
}

// Each message has an interrupt of its own; they share the driver's lock, so all run at the highest IRQL.
static void test_connected(void **state)
{
    struct km_device device;
    start((unsigned)(uintptr_t)*state);
    km_pci_function *function = km_pci_find(machine, 0, 6, 0);
    assert_int_equal(km_device_list(machine, 6, &device), KM_OK);
    install(device.name, 1, 4);
    assert_int_equal(add("PCI\\VEN_8086&DEV_0105"), KM_OK);
    static const char connected[] = "no routine: c000000d\nas a line: c0000010\nconnected: 0\n"
                                    "4 messages at IRQL 12\n"
                                    "fee00000 18, vector 24, IRQL 10, mode 1\n"
                                    "fee00000 19, vector 25, IRQL 11, mode 1\n"
                                    "fee00000 1a, vector 26, IRQL 12, mode 1\n"
                                    "fee00000 1b, vector 27, IRQL 4, mode 1\n";
    assert_non_null(strstr(log_text, connected));
    log_text[0] = '\0';
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(km_pci_send_message(function, i), KM_OK);
        assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    }
    told("message 0, its own, IRQL 12\nmessage 1, its own, IRQL 12\nmessage 2, its own, IRQL 12\n");
    // It is no level, and the pin is not asked.
    assert_int_equal(km_pci_interrupt(function, 1), KM_OK);
    assert_int_equal(km_pci_interrupt(function, 0), KM_OK);
    told("");
    assert_int_equal(km_pci_send_message(function, 3), KM_OK);
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    assert_int_equal(km_pci_send_message(function, 1), KM_OK); // they are inactive by now
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    told("message 3, its own, IRQL 12\n");
    assert_int_equal(km_device_stop(machine, device_name), KM_OK);
    assert_int_equal(km_device_start(machine, device_name), KM_OK);
    assert_non_null(strstr(log_text, connected));
    log_text[0] = '\0';
    assert_int_equal(km_pci_send_message(function, 1), KM_OK);
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    told("message 1, its own, IRQL 12\n");
    end();
}

#define MSIX_CONTROL 0x52

// Of MSI-X each message is a resource of its own, and masked ones wait.
static void test_table(void **state)
{
    struct km_device device;
    uint32_t entries[3][4], masked = 1, pending;
    start((unsigned)(uintptr_t)*state);
    km_pci_function *function = km_pci_find(machine, 0, 7, 0);
    assert_int_equal(config_of(function, 0x34, 1), 0x50);
    assert_int_equal(config_of(function, 0x50, 4), 0x00020011);
    assert_int_equal(config_of(function, 0x54, 4), 0);
    assert_int_equal(config_of(function, 0x58, 4), 0x30);
    assert_int_equal(km_pci_read_bar(function, 0, 0, entries, sizeof entries), KM_OK);
    assert_int_equal(entries[2][3], 1);
    assert_int_equal(km_device_list(machine, 7, &device), KM_OK);
    install(device.name, 1, 2);
    assert_int_equal(add("PCI\\VEN_8086&DEV_0106"), KM_OK);
    assert_non_null(strstr(log_text, "1 messages from vector 24, flags 3, share 1\n"
                                     "1 messages from vector 25, flags 3, share 1\n"));
    assert_non_null(strstr(log_text, "2 messages at IRQL 11\n"));
    assert_int_equal(config_of(function, MSIX_CONTROL, 2), 0x8002);
    assert_int_equal(km_pci_read_bar(function, 0, 0, entries, sizeof entries), KM_OK);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(entries[i][0], 0xFEE00000);
        assert_int_equal(entries[i][2], 24 + i);
        assert_int_equal(entries[i][3], 0);
    }
    assert_int_equal(entries[2][3], 1); // it was given to nobody
    log_text[0] = '\0';
    assert_int_equal(km_pci_send_message(function, 0), KM_OK);
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    told("message 0, its own, IRQL 11\n");
    // The function's mask.
    assert_int_equal(km_pci_write_config(function, MSIX_CONTROL, 2, 0xC000), KM_OK);
    assert_int_equal(km_pci_send_message(function, 0), KM_OK);
    assert_int_equal(km_pci_send_message(function, 2), KM_OK);
    assert_int_equal(km_pci_read_bar(function, 0, 0x30, &pending, 4), KM_OK);
    assert_int_equal(pending, 5);
    told("");
    assert_int_equal(km_pci_write_config(function, MSIX_CONTROL, 2, 0x8000), KM_OK);
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    told("message 0, its own, IRQL 11\n");
    assert_int_equal(km_pci_read_bar(function, 0, 0x30, &pending, 4), KM_OK);
    assert_int_equal(pending, 4);
    // A message's own.
    assert_int_equal(km_pci_write_bar(function, 0, 0xC, &masked, 4), KM_OK);
    assert_int_equal(km_pci_send_message(function, 0), KM_OK);
    told("");
    assert_int_equal(km_pci_send_message(function, 3), KM_FAILED);
    assert_int_equal(km_device_stop(machine, device_name), KM_OK);
    assert_int_equal(config_of(function, MSIX_CONTROL, 2), 0x0002);
    assert_int_equal(km_pci_send_message(function, 0), KM_FAILED);
    // The driver's start unmasks it: what was pending comes then.
    log_text[0] = '\0';
    assert_int_equal(km_device_start(machine, device_name), KM_OK);
    assert_int_equal(km_clock_advance(machine, 100000), KM_OK);
    assert_int_equal(km_pci_read_bar(function, 0, 0x30, &pending, 4), KM_OK);
    assert_int_equal(pending, 4);
    end();
}

int main(void)
{
#define TEST(test, processors) {#test " on " #processors, test, NULL, NULL, (void *)(uintptr_t)(processors)}
    const struct CMUnitTest tests[] = {
        TEST(test_tree, 1),  TEST(test_ids, 1),      TEST(test_answers, 1),   TEST(test_answers, 2),
        TEST(test_life, 1),  TEST(test_messages, 1), TEST(test_connected, 1), TEST(test_connected, 2),
        TEST(test_table, 1), TEST(test_table, 2),    TEST(test_places, 1),    TEST(test_plug, 1),
        TEST(test_plug, 2)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
