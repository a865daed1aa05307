// SPDX-License-Identifier: MIT
// Devices of the Plug and Play tree, as the public API has them: which IRPs their drivers see, in which
// order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/include/kmode/machine.h"
#include "tests/machine/drivers/toaster.h"

#define STATUS_UNSUCCESSFUL               UINT32_C(0xC0000001)
#define STATUS_NO_SUCH_DEVICE             UINT32_C(0xC000000E)
#define STATUS_ACCESS_DENIED              UINT32_C(0xC0000022)
#define STATUS_OBJECT_NAME_NOT_FOUND      UINT32_C(0xC0000034)
#define STATUS_DEVICE_CONFIGURATION_ERROR UINT32_C(0xC0000182)
#define STATUS_INVALID_DEVICE_STATE       UINT32_C(0xC0000184)
#define STATUS_NO_MORE_ENTRIES            UINT32_C(0x8000001A)
#define STATUS_DEVICE_BUSY                UINT32_C(0x80000011)

#define DRIVER(name)                    "build/tests/machine/drivers/" name ".sys"
#define GUID_TEXT                       "{781ef630-72b2-11d2-b852-00c04fad5171}"
#define ROOT_TOASTER                    "ROOT\\TOASTER\\0000"
#define ROOT_LINK                       "\\\\.\\ROOT#TOASTER#0000#" GUID_TEXT
#define PNP_DEVICE_FAILED               4u
#define PNP_DEVICE_REMOVED              8u
#define PNP_DEVICE_DISABLED             1u
#define PNP_DEVICE_NOT_DISABLEABLE      0x20u
#define PNP_DEVICE_REQUIREMENTS_CHANGED 0x10u

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

static void start(uintptr_t processors)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .debug_output = keep_output,
                                               .processors = (uint32_t)processors};
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    log_text[0] = '\0';
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
}

static void end(void)
{
    for (size_t i = 0; i < km_finding_count(machine); i++) {
        print_error("%s\n", km_machine_finding(machine, i)->text);
    }
    assert_int_equal(km_finding_count(machine), 0);
    km_machine_destroy(machine);
    machine = NULL;
}

static void refused(enum km_result result, uint32_t status)
{
    assert_int_equal(result, KM_REFUSED);
    assert_int_equal(km_last_status(machine), status);
    assert_non_null(km_machine_problem(machine));
}

static void open_client(km_process **process, km_thread **thread)
{
    assert_int_equal(km_process_create(machine, "client.exe", NULL, process, thread), KM_OK);
}

static void tell(km_thread *thread, const char *name, uint32_t code, uint32_t number)
{
    km_file *file;
    struct km_io io;
    assert_int_equal(km_open(thread, name, KM_READ, 0, &file), KM_OK);
    assert_int_equal(km_ioctl(thread, file, code, &number, sizeof number, NULL, 0, &io), KM_OK);
    assert_int_equal(km_close(thread, file), KM_OK);
}

#define STARTED                                                                                              \
    "AddDevice\nFILTER_RESOURCE_REQUIREMENTS\nSTART_DEVICE\nwithout resources\nQUERY_CAPABILITIES\n"         \
    "QUERY_PNP_DEVICE_STATE\nQUERY_DEVICE_RELATIONS\n"
#define STARTED_AGAIN                                                                                        \
    "FILTER_RESOURCE_REQUIREMENTS\nSTART_DEVICE\nwithout resources\nQUERY_DEVICE_RELATIONS\n"
#define REMOVED "QUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\nREMOVE_DEVICE\n"

static void test_life(void **state)
{
    char device[KM_DEVICE_BYTES], other[KM_DEVICE_BYTES];
    start((uintptr_t)*state);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_string_equal(device, ROOT_TOASTER);
    told(STARTED);
    refused(km_device_start(machine, device), STATUS_INVALID_DEVICE_STATE);
    refused(km_device_stop(machine, "ROOT\\TOASTER\\0001"), STATUS_NO_SUCH_DEVICE);
    assert_int_equal(km_device_stop(machine, device), KM_OK);
    told("QUERY_STOP_DEVICE\nSTOP_DEVICE\n");
    struct km_device listed_device;
    assert_int_equal(km_device_list(machine, 0, &listed_device), KM_OK);
    assert_string_equal(listed_device.name, ROOT_TOASTER);
    assert_true(listed_device.is_stopped && !listed_device.is_started);
    refused(km_device_stop(machine, device), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(km_device_start(machine, device), KM_OK);
    told(STARTED_AGAIN);
    // A second one has the next number, of the ID that it is given.
    assert_int_equal(km_device_add(machine, "toaster", "root\\bread", other, sizeof other), KM_OK);
    assert_string_equal(other, "ROOT\\BREAD\\0000");
    told(STARTED);
    assert_int_equal(km_device_remove(machine, other), KM_OK);
    told(REMOVED);
    refused(km_device_remove(machine, other), STATUS_NO_SUCH_DEVICE);
    // What no bus has reported is waited for.
    refused(km_device_add(machine, "toaster", "PCI\\VEN_1234", other, sizeof other), STATUS_NO_SUCH_DEVICE);
    told("");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    told(REMOVED "DriverUnload\n");
    refused(km_device_add(machine, "toaster", NULL, device, sizeof device), STATUS_OBJECT_NAME_NOT_FOUND);
    end();
}

static void test_no_add_device(void **state)
{
    char device[KM_DEVICE_BYTES];
    (void)state;
    start(1);
    assert_int_equal(km_driver_load(machine, "build/tests/golden/hello.sys"), KM_OK);
    assert_int_equal(km_device_add(machine, "hello", NULL, device, sizeof device), KM_NO_ADD_DEVICE);
    assert_string_equal(device, "");
    assert_int_equal(km_driver_unload(machine, "hello"), KM_OK);
    end();
}

static void test_refusals(void **state)
{
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    told(STARTED);
    tell(thread, ROOT_LINK, TOASTER_REFUSE, TOASTER_REFUSES_REMOVE | TOASTER_REFUSES_STOP);
    refused(km_device_remove(machine, device), STATUS_UNSUCCESSFUL);
    told("QUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\nCANCEL_REMOVE_DEVICE\n");
    refused(km_device_stop(machine, device), STATUS_UNSUCCESSFUL);
    told("QUERY_STOP_DEVICE\nCANCEL_STOP_DEVICE\n");
    refused(km_driver_unload(machine, "toaster"), STATUS_UNSUCCESSFUL);
    told("QUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\nCANCEL_REMOVE_DEVICE\n");
    // It works as before.
    tell(thread, ROOT_LINK, TOASTER_REFUSE, TOASTER_FAILS_START);
    assert_int_equal(km_device_remove(machine, device), KM_OK);
    told(REMOVED);
    refused(km_device_add(machine, "toaster", NULL, device, sizeof device),
            STATUS_DEVICE_CONFIGURATION_ERROR);
    told("AddDevice\nFILTER_RESOURCE_REQUIREMENTS\nSTART_DEVICE\nwithout resources\nREMOVE_DEVICE\n");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    told("DriverUnload\n");
    assert_int_equal(km_process_exit(process, 0), KM_OK);
    end();
}

static void test_failed_add(void **state)
{
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    (void)state;
    start(1);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    tell(thread, ROOT_LINK, TOASTER_REFUSE, TOASTER_FAILS_ADD);
    told(STARTED);
    refused(km_device_add(machine, "toaster", "ROOT\\OTHER", device, sizeof device), STATUS_NO_SUCH_DEVICE);
    told("AddDevice\n");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    end();
}

static void test_open(void **state)
{
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    km_file *file, *other;
    struct km_io io;
    uint32_t number = 0;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    refused(km_open(thread, ROOT_LINK, KM_READ, 0, &file), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_int_equal(km_open(thread, ROOT_LINK, KM_READ, 0, &file), KM_OK);
    told(STARTED);
    // An open file keeps it.
    refused(km_device_remove(machine, device), STATUS_DEVICE_BUSY);
    told("QUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\nCANCEL_REMOVE_DEVICE\n");
    assert_int_equal(km_ioctl(thread, file, TOASTER_REFUSE, &number, sizeof number, NULL, 0, &io), KM_OK);
    // But not from being pulled out: then it goes when the file is closed.
    assert_int_equal(km_device_surprise_remove(machine, device), KM_OK);
    told("SURPRISE_REMOVAL\n");
    refused(km_device_surprise_remove(machine, device), STATUS_INVALID_DEVICE_STATE);
    refused(km_ioctl(thread, file, TOASTER_REFUSE, &number, sizeof number, NULL, 0, &io),
            STATUS_NO_SUCH_DEVICE);
    refused(km_open(thread, ROOT_LINK, KM_READ, 0, &other), STATUS_OBJECT_NAME_NOT_FOUND);
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told("REMOVE_DEVICE\n");
    refused(km_device_stop(machine, device), STATUS_NO_SUCH_DEVICE);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_string_equal(device, ROOT_TOASTER);
    told(STARTED);
    assert_int_equal(km_device_surprise_remove(machine, device), KM_OK);
    told("SURPRISE_REMOVAL\nREMOVE_DEVICE\n");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    end();
}

// What a driver says about its device's state has consequences.
static void test_state(void **state)
{
    static const struct {
        uint32_t state;
        const char *log;
    } cases[] = {
        {PNP_DEVICE_FAILED, "QUERY_PNP_DEVICE_STATE\nSURPRISE_REMOVAL\nREMOVE_DEVICE\n"},
        {PNP_DEVICE_REMOVED, "QUERY_PNP_DEVICE_STATE\nSURPRISE_REMOVAL\nREMOVE_DEVICE\n"},
        // It stays: a file is open.
        {PNP_DEVICE_DISABLED, "QUERY_PNP_DEVICE_STATE\nQUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\n"
                              "CANCEL_REMOVE_DEVICE\n"},
        {PNP_DEVICE_REQUIREMENTS_CHANGED, "QUERY_PNP_DEVICE_STATE\nQUERY_RESOURCE_REQUIREMENTS\nQUERY_STOP_"
                                          "DEVICE\nSTOP_DEVICE\n" STARTED_AGAIN},
        {PNP_DEVICE_NOT_DISABLEABLE, "QUERY_PNP_DEVICE_STATE\n"},
        {0, "QUERY_PNP_DEVICE_STATE\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char device[KM_DEVICE_BYTES];
        km_process *process;
        km_thread *thread;
        km_file *file;
        struct km_io io;
        start((uintptr_t)*state);
        open_client(&process, &thread);
        assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
        assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
        told(STARTED);
        assert_int_equal(km_open(thread, ROOT_LINK, KM_READ, 0, &file), KM_OK);
        assert_int_equal(
            km_ioctl(thread, file, TOASTER_STATE, &cases[i].state, sizeof cases[i].state, NULL, 0, &io),
            KM_OK);
        assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
        assert_int_equal(km_close(thread, file), KM_OK);
        assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
        told(cases[i].log);
        if (cases[i].state == PNP_DEVICE_NOT_DISABLEABLE) {
            refused(km_device_remove(machine, device), STATUS_ACCESS_DENIED);
            told("");
        }
        assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
        end();
    }
}

#define BUS "\\Device\\ToasterBus"
#define IDENTIFIED(number)                                                                                   \
    "toaster " number ": QUERY_ID\ntoaster " number ": QUERY_CAPABILITIES\ntoaster " number                  \
    ": QUERY_ID\ntoaster " number ": QUERY_DEVICE_TEXT\ntoaster " number                                     \
    ": QUERY_DEVICE_TEXT\ntoaster " number ": QUERY_ID\ntoaster " number ": QUERY_ID\ntoaster " number       \
    ": QUERY_ID\ntoaster " number ": QUERY_BUS_INFORMATION\ntoaster " number                                 \
    ": QUERY_RESOURCES\ntoaster " number ": QUERY_RESOURCE_REQUIREMENTS\ntoaster " number                    \
    ": DEVICE_ENUMERATED\n"
#define BOTH(number, minor) minor "\ntoaster " number ": " minor "\n"
#define CHILD_STARTED(number, resources)                                                                     \
    "AddDevice\n" BOTH(number,                                                                               \
                       "FILTER_RESOURCE_REQUIREMENTS") "START_DEVICE\n" resources "toaster " number          \
                                                       ": START_DEVICE\n" BOTH(number, "QUERY_CAPABILITIES") \
                                                           BOTH(number, "QUERY_PNP_DEVICE_STATE")            \
                                                               BOTH(number, "QUERY_DEVICE_RELATIONS")

// The device at that place: as so much of a name as is known, and what is the matter with it.
static void listed(size_t place, const char *name, int started, uint32_t problem)
{
    struct km_device device;
    assert_int_equal(km_device_list(machine, place, &device), KM_OK);
    assert_int_equal(strncmp(device.name, name, strlen(name)), 0);
    assert_int_equal(device.is_started, started);
    assert_int_equal(device.is_stopped, 0);
    assert_int_equal(device.problem, problem);
}

static void not_listed(size_t place)
{
    struct km_device device;
    refused(km_device_list(machine, place, &device), STATUS_NO_MORE_ENTRIES);
    assert_string_equal(device.name, "");
}

static void plug(km_thread *thread, uint32_t code, uint32_t number)
{
    tell(thread, BUS, code, number);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
}

static void test_bus(void **state)
{
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster-bus")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster-bus", "ROOT\\ToasterBus", device, sizeof device), KM_OK);
    assert_string_equal(device, "ROOT\\TOASTERBUS\\0000");
    plug(thread, TOASTER_BUS_PLUG_IN, 1);
    told(IDENTIFIED("1"));
    listed(0, "ROOT\\TOASTERBUS\\0000", 1, 0);
    listed(1, "ToasterBus\\MsToaster\\2&", 0, 28);
    not_listed(2);
    // A driver for it comes later.
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", "ToasterBus\\AnyToaster", device, sizeof device),
                     KM_OK);
    assert_int_equal(strncmp(device, "ToasterBus\\MsToaster\\2&", 23), 0);
    assert_string_equal(device + strlen(device) - 4, "&0&1");
    told("toaster 1: QUERY_RESOURCE_REQUIREMENTS\n" CHILD_STARTED(
        "1", "port 310, 8 bytes, translated 310\ninterrupt 5, IRQL of a device 1\n"));
    // The next one finds it there; where one has its ports, the other has none.
    plug(thread, TOASTER_BUS_PLUG_IN, 2);
    told(IDENTIFIED("2")
             CHILD_STARTED("2", "port 320, 8 bytes, translated 320\ninterrupt 5, IRQL of a device 1\n"));
    plug(thread, TOASTER_BUS_PLUG_IN, 3);
    told(IDENTIFIED("3") "AddDevice\n" BOTH("3", "FILTER_RESOURCE_REQUIREMENTS") BOTH("3", "REMOVE_DEVICE"));
    plug(thread, TOASTER_BUS_UNPLUG, 1);
    told(BOTH("1", "SURPRISE_REMOVAL") BOTH("1", "REMOVE_DEVICE"));
    listed(1, "ToasterBus\\MsToaster\\2&", 1, 0);
    listed(2, "ToasterBus\\MsToaster\\2&", 0, 12); // without resources
    not_listed(3);
    // Children go before their bus.
    assert_int_equal(km_driver_unload(machine, "toaster-bus"), KM_OK);
    told(BOTH("2", "QUERY_REMOVE_DEVICE") "toaster 3: QUERY_REMOVE_DEVICE\n" BOTH(
        "2", "REMOVE_DEVICE") "toaster 3: REMOVE_DEVICE\nbus: DriverUnload\n");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    told("DriverUnload\n");
    end();
}

static void test_unload_child_driver(void **state)
{
    char device[KM_DEVICE_BYTES];
    km_process *process;
    km_thread *thread;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    refused(km_device_add(machine, "toaster", "ToasterBus\\MsToaster", device, sizeof device),
            STATUS_NO_SUCH_DEVICE);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster-bus")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster-bus", NULL, device, sizeof device), KM_OK);
    plug(thread, TOASTER_BUS_PLUG_IN, 0);
    told(IDENTIFIED("0")
             CHILD_STARTED("0", "port 310, 8 bytes, translated 310\ninterrupt 5, IRQL of a device 1\n"));
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    told(BOTH("0", "QUERY_DEVICE_RELATIONS") BOTH("0", "QUERY_REMOVE_DEVICE")
             BOTH("0", "REMOVE_DEVICE") "DriverUnload\n");
    // It is there still, and waits for the driver.
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    told("toaster 0: QUERY_RESOURCE_REQUIREMENTS\n" CHILD_STARTED(
        "0", "port 310, 8 bytes, translated 310\ninterrupt 5, IRQL of a device 1\n"));
    assert_int_equal(km_device_remove(machine, device), KM_OK);
    told(BOTH("0", "QUERY_DEVICE_RELATIONS") BOTH("0", "QUERY_REMOVE_DEVICE") BOTH("0", "REMOVE_DEVICE"));
    assert_int_equal(km_device_start(machine, device), KM_OK);
    told(CHILD_STARTED("0", "port 310, 8 bytes, translated 310\ninterrupt 5, IRQL of a device 1\n"));
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "toaster-bus"), KM_OK);
    end();
}

// Of removal and of ejection.
#define RELATED BOTH("1", "QUERY_DEVICE_RELATIONS") BOTH("1", "QUERY_DEVICE_RELATIONS")

static void test_eject(void **state)
{
    char device[KM_DEVICE_BYTES], name[KM_DEVICE_BYTES + 64];
    km_process *process;
    km_thread *thread;
    km_file *file;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster-bus")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster-bus", NULL, device, sizeof device), KM_OK);
    plug(thread, TOASTER_BUS_PLUG_IN, 1);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", "ToasterBus\\MsToaster", device, sizeof device),
                     KM_OK);
    for (char *separator = device; (separator = strchr(separator, '\\')) != NULL;) {
        *separator = '#';
    }
    snprintf(name, sizeof name, "\\\\.\\%s#%s", device, GUID_TEXT);
    assert_int_equal(km_open(thread, name, KM_READ, 0, &file), KM_OK);
    log_text[0] = '\0';
    plug(thread, TOASTER_BUS_EJECT, 1);
    told(RELATED BOTH("1", "QUERY_REMOVE_DEVICE") BOTH("1", "CANCEL_REMOVE_DEVICE") "ejected 0x80000011\n");
    assert_int_equal(km_close(thread, file), KM_OK);
    plug(thread, TOASTER_BUS_EJECT, 1);
    told(RELATED BOTH("1", "QUERY_REMOVE_DEVICE")
             BOTH("1", "REMOVE_DEVICE") "toaster 1: EJECT\ntoaster 1: REMOVE_DEVICE\nejected 0x0\n");
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "toaster-bus"), KM_OK);
    end();
}

// Plugged in again while a file of the old one is open: the new one waits for it.
static void test_plugged_in_again(void **state)
{
    char device[KM_DEVICE_BYTES], name[KM_DEVICE_BYTES + 64];
    km_process *process;
    km_thread *thread;
    km_file *file;
    start((uintptr_t)*state);
    open_client(&process, &thread);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster-bus")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster-bus", NULL, device, sizeof device), KM_OK);
    plug(thread, TOASTER_BUS_PLUG_IN, 1);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", "ToasterBus\\MsToaster", device, sizeof device),
                     KM_OK);
    for (char *separator = device; (separator = strchr(separator, '\\')) != NULL;) {
        *separator = '#';
    }
    snprintf(name, sizeof name, "\\\\.\\%s#%s", device, GUID_TEXT);
    assert_int_equal(km_open(thread, name, KM_READ, 0, &file), KM_OK);
    log_text[0] = '\0';
    plug(thread, TOASTER_BUS_UNPLUG, 1);
    told(BOTH("1", "SURPRISE_REMOVAL"));
    plug(thread, TOASTER_BUS_PLUG_IN, 1);
    told("toaster 1: QUERY_ID\ntoaster 1: QUERY_CAPABILITIES\ntoaster 1: QUERY_ID\n");
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told(BOTH("1", "REMOVE_DEVICE") IDENTIFIED("1")
             CHILD_STARTED("1", "port 310, 8 bytes, translated 310\ninterrupt 5, IRQL of a device 1\n"));
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "toaster-bus"), KM_OK);
    end();
}

static const char filters[] =
    "Windows Registry Editor Version 5.00\n\n"
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\ROOT\\TOASTER\\0000]\n"
    "\"UpperFilters\"=hex(7):75,00,70,00,70,00,65,00,72,00,00,00,00,00\n"  // "upper"
    "\"LowerFilters\"=hex(7):6c,00,6f,00,77,00,65,00,72,00,00,00,00,00\n"; // "lower"

static void copy_file(const char *from, const char *to)
{
    char command[512];
    snprintf(command, sizeof command, "cp %s %s", from, to);
    assert_int_equal(system(command), 0);
}

static void test_filters(void **state)
{
    char device[KM_DEVICE_BYTES], folder[] = "/tmp/kmode-pnp-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    start(1);
    snprintf(path, sizeof path, "%s/filters.reg", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(filters, file);
    fclose(file);
    assert_int_equal(km_registry_load(machine, path), KM_OK);
    static const char *const names[] = {"upper", "lower"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.sys", folder, names[i]);
        copy_file(DRIVER("toaster-filter"), path);
        assert_int_equal(km_driver_load(machine, path), KM_OK);
    }
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_string_equal(device, ROOT_TOASTER);
    told("lower: AddDevice, lowest\nAddDevice\nupper: AddDevice, above another\n"
         "FILTER_RESOURCE_REQUIREMENTS\nSTART_DEVICE\nwithout resources\nlower: started\nupper: started\n"
         "QUERY_CAPABILITIES\nQUERY_PNP_DEVICE_STATE\nQUERY_DEVICE_RELATIONS\n");
    // A filter's unloading takes its device along.
    assert_int_equal(km_driver_unload(machine, "lower"), KM_OK);
    told("QUERY_DEVICE_RELATIONS\nQUERY_REMOVE_DEVICE\nupper: removed\nREMOVE_DEVICE\nlower: removed\n");
    assert_int_equal(km_driver_unload(machine, "upper"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    end();
}

static void test_notification(void **state)
{
    char device[KM_DEVICE_BYTES];
    start((uintptr_t)*state);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster")), KM_OK);
    assert_int_equal(km_driver_load(machine, DRIVER("toaster-watcher")), KM_OK);
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told(STARTED "watcher: arrival, opened 0x0\n");
    // The first time it refuses: no driver is asked.
    refused(km_device_remove(machine, device), STATUS_UNSUCCESSFUL);
    told("QUERY_DEVICE_RELATIONS\nwatcher: query remove\n");
    // The second time it closes its file.
    assert_int_equal(km_device_remove(machine, device), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told("QUERY_DEVICE_RELATIONS\nwatcher: query remove\nQUERY_REMOVE_DEVICE\nwatcher: remove complete\n"
         "REMOVE_DEVICE\nwatcher: removal\n");
    assert_int_equal(km_device_add(machine, "toaster", NULL, device, sizeof device), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told(STARTED "watcher: arrival, opened 0x0\n");
    // Pulled out, it is told afterwards, and its file goes then.
    assert_int_equal(km_device_surprise_remove(machine, device), KM_OK);
    assert_int_equal(km_clock_advance(machine, 10000), KM_OK);
    told("SURPRISE_REMOVAL\nwatcher: remove complete\nREMOVE_DEVICE\nwatcher: removal\n");
    assert_int_equal(km_driver_unload(machine, "toaster-watcher"), KM_OK);
    assert_int_equal(km_driver_unload(machine, "toaster"), KM_OK);
    end();
}

int main(void)
{
    void *const one = (void *)1, *const two = (void *)2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(test_life, one),
        cmocka_unit_test_prestate(test_life, two),
        cmocka_unit_test(test_no_add_device),
        cmocka_unit_test_prestate(test_refusals, one),
        cmocka_unit_test_prestate(test_refusals, two),
        cmocka_unit_test(test_failed_add),
        cmocka_unit_test_prestate(test_open, one),
        cmocka_unit_test_prestate(test_open, two),
        cmocka_unit_test_prestate(test_state, one),
        cmocka_unit_test_prestate(test_state, two),
        cmocka_unit_test_prestate(test_bus, one),
        cmocka_unit_test_prestate(test_bus, two),
        cmocka_unit_test_prestate(test_unload_child_driver, one),
        cmocka_unit_test_prestate(test_unload_child_driver, two),
        cmocka_unit_test_prestate(test_eject, one),
        cmocka_unit_test_prestate(test_eject, two),
        cmocka_unit_test_prestate(test_plugged_in_again, one),
        cmocka_unit_test_prestate(test_plugged_in_again, two),
        cmocka_unit_test(test_filters),
        cmocka_unit_test_prestate(test_notification, one),
        cmocka_unit_test_prestate(test_notification, two),
    };
    return cmocka_run_group_tests_name("plug and play", tests, NULL, NULL);
}
