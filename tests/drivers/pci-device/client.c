// SPDX-License-Identifier: MIT
// Plays three factorial engines, which share an interrupt line, and drives their driver: requests that the
// engine ends at once, or later, or never; memory; stops, removals, and engines that are pulled out. The
// third interrupts by messages where the driver was installed for them.
#include "tests/drivers/client.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/drivers/pci-device/public.h"

#define STATUS_DEVICE_REMOVED UINT32_C(0xC00002B6)
#define STATUS_DELETE_PENDING UINT32_C(0xC0000056)

enum { ENGINES = 3, LINE_ENGINES = 2, MESSAGE_ENGINE = 2, REGISTERS_BAR = 0, MEMORY_BAR = 1 };

const char *const client_pci_path = "tests/drivers/pci-device/devices.json";

// ---- The engines

static struct engine {
    km_pci_function *function;
    unsigned messages; // by which it interrupts; 0: by its pin
    bool is_slow;      // it computes until finish is called
    volatile bool computes;
    uint32_t operand, interrupt_status;
    uint64_t result;
    char device[KM_DEVICE_BYTES]; // its name in the tree
} engines[ENGINES];

static void finish(struct engine *engine)
{
    engine->result = 1;
    for (uint32_t i = 2; i <= engine->operand; i++) {
        engine->result *= i;
    }
    engine->computes = false;
    engine->interrupt_status = 1;
    if (engine->messages != 0) {
        km_pci_send_message(engine->function, engine->operand % engine->messages);
    } else {
        km_pci_interrupt(engine->function, 1);
    }
}

static void read_register(const struct engine *engine, struct km_pci_access *access)
{
    switch (access->offset) {
    case FACTORIAL_IDENTIFICATION: access->value = FACTORIAL_IS_ENGINE; break;
    case FACTORIAL_RESULT_LOW: access->value = (uint32_t)engine->result; break;
    case FACTORIAL_RESULT_HIGH: access->value = engine->result >> 32; break;
    case FACTORIAL_INTERRUPT_STATUS: access->value = engine->interrupt_status; break;
    default: access->value = 0; break;
    }
}

static void write_register(struct engine *engine, const struct km_pci_access *access)
{
    switch (access->offset) {
    case FACTORIAL_OPERAND:
        engine->operand = (uint32_t)access->value;
        engine->computes = true;
        if (!engine->is_slow) {
            finish(engine);
        }
        break;
    case FACTORIAL_INTERRUPT_ACKNOWLEDGE:
        engine->interrupt_status &= ~(uint32_t)access->value;
        if (engine->messages == 0) {
            km_pci_interrupt(engine->function, engine->interrupt_status != 0);
        }
        break;
    default: break;
    }
}

static void watch(void *context, km_pci_function *function, struct km_pci_access *access)
{
    struct engine *engine = context;
    (void)function;
    if (access->bytes == 4 && access->is_write) {
        write_register(engine, access);
    } else if (access->bytes == 4) {
        read_register(engine, access);
    }
}

// ---- What the tests have in common

static void start_engines(void)
{
    for (unsigned i = 0; i < ENGINES; i++) {
        engines[i] = (struct engine){.function = km_pci_find(machine, 0, 4 + i, 0)};
        assert_non_null(engines[i].function);
        OK(km_pci_watch(engines[i].function, REGISTERS_BAR, watch, &engines[i]));
    }
    OK(km_device_add(machine, "pci-device", FACTORIAL_HARDWARE_ID, engines[0].device, KM_DEVICE_BYTES));
    // They stand in the tree in the order of their slots, or of their coming.
    size_t found = 0;
    struct km_device device;
    for (size_t place = 0; km_device_list(machine, place, &device) == KM_OK; place++) {
        if (strncmp(device.name, FACTORIAL_HARDWARE_ID, strlen(FACTORIAL_HARDWARE_ID)) == 0) {
            assert_true(device.is_started);
            const char *slot = device.name + strlen(device.name) - 2; // in hexadecimal, device << 3
            const unsigned number = (unsigned)strtoul(slot, NULL, 16) / 8 - 4;
            assert_in_range(number, 0, ENGINES - 1);
            strcpy(engines[number].device, device.name);
            found++;
        }
    }
    assert_int_equal(found, ENGINES);
}

// By the device interface: \\.\PCI#VEN_...#...#{...}
static enum km_result open_engine(const struct engine *engine, uint32_t flags, km_file **file)
{
    char name[2 * KM_DEVICE_BYTES];
    snprintf(name, sizeof name, "\\\\.\\%s#" FACTORIAL_INTERFACE_TEXT, engine->device);
    for (char *at = name + 4; *at != '\0'; at++) {
        *at = *at == '\\' ? '#' : *at;
    }
    return km_open(thread, name, KM_READ | KM_WRITE, flags, file);
}

static km_file *open_started(const struct engine *engine)
{
    km_file *file = NULL;
    OK(open_engine(engine, KM_OPEN_OVERLAPPED, &file));
    return file;
}

static FACTORIAL_COUNTS count(km_file *file)
{
    FACTORIAL_COUNTS counts;
    OK(km_ioctl(thread, file, IOCTL_FACTORIAL_COUNT, NULL, 0, &counts, sizeof counts, NULL));
    return counts;
}

static uint64_t compute(km_file *file, uint32_t operand)
{
    uint64_t result = 0;
    struct km_io io;
    OK(km_ioctl(thread, file, IOCTL_FACTORIAL_COMPUTE, &operand, sizeof operand, &result, sizeof result,
                &io));
    assert_int_equal(io.information, sizeof result);
    return result;
}

static km_operation *start_compute(km_file *file, uint32_t operand, uint64_t *result)
{
    km_operation *operation = NULL;
    OK(km_ioctl_start(thread, file, IOCTL_FACTORIAL_COMPUTE, &operand, sizeof operand, result, sizeof *result,
                      &operation));
    expect_result(km_wait(operation, 0, NULL), KM_PENDING, "a slow engine", __FILE__, __LINE__);
    return operation;
}

// Another processor may be at it still.
static void await_operand(struct engine *engine, uint32_t operand)
{
    for (unsigned i = 0; i < 10000 && !(engine->computes && engine->operand == operand); i++) {
        OK(km_clock_advance(machine, 10000));
    }
    assert_true(engine->computes);
    assert_int_equal(engine->operand, operand);
}

static void await_computed(km_file *file, LONG computed)
{
    for (unsigned i = 0; i < 10000 && count(file).Computed != computed; i++) {
        OK(km_clock_advance(machine, 10000));
    }
    assert_int_equal(count(file).Computed, computed);
}

// ---- Tests

static void test_compute(void)
{
    start_engines();
    km_file *files[LINE_ENGINES] = {open_started(&engines[0]), open_started(&engines[1])};
    uint32_t too_large = FACTORIAL_LARGEST + 1;
    uint64_t result;
    uint64_t factorial = 1;
    for (uint32_t i = 0; i <= FACTORIAL_LARGEST; i++) {
        factorial *= i > 1 ? i : 1;
        assert_int_equal(compute(files[i % LINE_ENGINES], i), factorial);
    }
    REFUSED(km_ioctl(thread, files[0], IOCTL_FACTORIAL_COMPUTE, &too_large, 4, &result, 8, NULL),
            STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, files[0], IOCTL_FACTORIAL_COMPUTE, &too_large, 3, &result, 8, NULL),
            STATUS_INVALID_PARAMETER);
    too_large = 1;
    REFUSED(km_ioctl(thread, files[0], IOCTL_FACTORIAL_COMPUTE, &too_large, 4, &result, 7, NULL),
            STATUS_BUFFER_TOO_SMALL);
    REFUSED(km_ioctl(thread, files[0], 0x222000, NULL, 0, NULL, 0, NULL), STATUS_INVALID_DEVICE_REQUEST);
    for (unsigned i = 0; i < LINE_ENGINES; i++) {
        const FACTORIAL_COUNTS counts = count(files[i]);
        assert_int_equal(counts.Computed, FACTORIAL_LARGEST / 2 + (i == 0));
        assert_int_equal(counts.Served, counts.Computed);
        assert_true(counts.Interrupts >= counts.Served);
        assert_int_equal(counts.Messages, 0);
    }
    // The first that is connected to the line is asked for the other's interrupts too.
    assert_true(count(files[0]).Interrupts + count(files[1]).Interrupts > FACTORIAL_LARGEST + 1);
}

// One after the other, in their order.
static void test_queue(void)
{
    start_engines();
    km_file *file = open_started(&engines[0]);
    uint64_t results[4];
    km_operation *operations[4];
    engines[0].is_slow = true;
    for (uint32_t i = 0; i < 4; i++) {
        operations[i] = start_compute(file, 3 + i, &results[i]);
    }
    static const uint64_t expected[4] = {6, 24, 120, 720};
    for (uint32_t i = 0; i < 4; i++) {
        await_operand(&engines[0], 3 + i);
        if (i < 3) {
            expect_result(km_wait(operations[3], 0, NULL), KM_PENDING, "the last", __FILE__, __LINE__);
        }
        finish(&engines[0]);
        OK(km_wait(operations[i], KM_FOREVER, NULL));
        assert_int_equal(results[i], expected[i]);
    }
    // The other engine has had nothing to do with it.
    km_file *other = open_started(&engines[1]);
    assert_int_equal(count(other).Served, 0);
    assert_int_equal(count(file).Served, 4);
}

static void test_cancel(void)
{
    start_engines();
    km_file *file = open_started(&engines[1]);
    uint64_t results[3];
    km_operation *operations[3];
    engines[1].is_slow = true;
    for (uint32_t i = 0; i < 3; i++) {
        operations[i] = start_compute(file, 10 + i, &results[i]);
    }
    await_operand(&engines[1], 10);
    OK(km_cancel(thread, operations[1])); // that waits
    REFUSED(km_wait(operations[1], KM_FOREVER, NULL), STATUS_CANCELLED);
    OK(km_cancel(thread, operations[0])); // that the engine computes
    REFUSED(km_wait(operations[0], KM_FOREVER, NULL), STATUS_CANCELLED);
    expect_result(km_wait(operations[2], 0, NULL), KM_PENDING, "the third", __FILE__, __LINE__);
    finish(&engines[1]); // for nobody
    await_operand(&engines[1], 12);
    finish(&engines[1]);
    OK(km_wait(operations[2], KM_FOREVER, NULL));
    assert_int_equal(results[2], 479001600);
    assert_int_equal(count(file).Served, 2);
    assert_int_equal(count(file).Computed, 1);
    // The end of the process cancels what is left, and the engine never answers.
    (void)start_compute(file, 5, &results[0]);
    await_operand(&engines[1], 5);
}

static void test_memory(void)
{
    start_engines();
    km_file *file = open_started(&engines[0]);
    char text[16], long_text[300];
    for (size_t i = 0; i < sizeof long_text; i++) {
        long_text[i] = (char)('a' + i % 26);
    }
    OK(km_write(thread, file, FACTORIAL_MEMORY_BYTES - 5, "hello", 5, NULL));
    OK(km_pci_read_bar(engines[0].function, MEMORY_BAR, FACTORIAL_MEMORY_BYTES - 5, text, 5));
    assert_memory_equal(text, "hello", 5);
    OK(km_pci_write_bar(engines[0].function, MEMORY_BAR, 0x1001, long_text, sizeof long_text));
    char back[sizeof long_text];
    OK(km_read(thread, file, 0x1001, back, sizeof back, NULL));
    assert_memory_equal(back, long_text, sizeof back);
    OK(km_read(thread, file, 0, text, 0, NULL));
    REFUSED(km_read(thread, file, FACTORIAL_MEMORY_BYTES - 4, text, 5, NULL), STATUS_INVALID_PARAMETER);
    REFUSED(km_write(thread, file, FACTORIAL_MEMORY_BYTES + 1, text, 1, NULL), STATUS_INVALID_PARAMETER);
}

// Requests wait while it is stopped; while it computes it is not.
static void test_stop(void)
{
    start_engines();
    km_file *file = open_started(&engines[0]);
    uint64_t results[2];
    char byte;
    engines[0].is_slow = true;
    km_operation *first = start_compute(file, 6, &results[0]);
    await_operand(&engines[0], 6);
    REFUSED(km_device_stop(machine, engines[0].device), STATUS_DEVICE_BUSY);
    finish(&engines[0]);
    OK(km_wait(first, KM_FOREVER, NULL));
    assert_int_equal(results[0], 720);
    await_computed(file, 1);
    OK(km_device_stop(machine, engines[0].device));
    km_operation *second = start_compute(file, 7, &results[1]);
    assert_false(engines[0].computes);
    REFUSED(km_read(thread, file, 0, &byte, 1, NULL), UINT32_C(0xC00000A3)); // STATUS_DEVICE_NOT_READY
    engines[0].is_slow = false;
    OK(km_device_start(machine, engines[0].device));
    OK(km_wait(second, KM_FOREVER, NULL));
    assert_int_equal(results[1], 5040);
    OK(km_read(thread, file, 0, &byte, 1, NULL));
    // The other one has gone on.
    km_file *other = open_started(&engines[1]);
    assert_int_equal(compute(other, 4), 24);
}

static void test_remove(void)
{
    start_engines();
    km_file *file = open_started(&engines[1]), *gone;
    assert_int_equal(compute(file, 3), 6);
    REFUSED(km_device_remove(machine, engines[1].device), STATUS_DEVICE_BUSY); // a file is open
    assert_int_equal(compute(file, 4), 24);
    OK(km_close(thread, file));
    OK(km_device_remove(machine, engines[1].device));
    REFUSED(open_engine(&engines[1], 0, &gone), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(km_device_start(machine, engines[1].device));
    file = open_started(&engines[1]);
    assert_int_equal(compute(file, 5), 120);
    assert_int_equal(count(file).Computed, 1); // its driver has begun anew
}

static void test_pull_out(void)
{
    start_engines();
    km_file *file = open_started(&engines[0]), *gone;
    uint64_t results[2];
    uint32_t operand = 3;
    char byte;
    engines[0].is_slow = true;
    km_operation *running = start_compute(file, 8, &results[0]),
                 *waiting = start_compute(file, 9, &results[1]);
    await_operand(&engines[0], 8);
    OK(km_pci_plug(engines[0].function, 0));
    REFUSED(km_wait(running, KM_FOREVER, NULL), STATUS_DEVICE_REMOVED);
    REFUSED(km_wait(waiting, KM_FOREVER, NULL), STATUS_DEVICE_REMOVED);
    REFUSED(km_ioctl(thread, file, IOCTL_FACTORIAL_COMPUTE, &operand, 4, results, 8, NULL),
            STATUS_DEVICE_REMOVED);
    REFUSED(km_read(thread, file, 0, &byte, 1, NULL), UINT32_C(0xC00000A3));
    REFUSED(open_engine(&engines[0], 0, &gone), STATUS_OBJECT_NAME_NOT_FOUND);
    OK(km_close(thread, file)); // and only now it is removed
    OK(km_pci_plug(engines[0].function, 1));
    engines[0].is_slow = false;
    file = open_started(&engines[0]);
    assert_int_equal(compute(file, 10), 3628800);
    // An interrupt that comes as it is pulled out is nobody's.
    OK(km_close(thread, file));
    engines[1].is_slow = true;
    file = open_started(&engines[1]);
    running = start_compute(file, 2, results);
    await_operand(&engines[1], 2);
    OK(km_device_surprise_remove(machine, engines[1].device));
    REFUSED(km_wait(running, KM_FOREVER, NULL), STATUS_DEVICE_REMOVED);
    OK(km_close(thread, file));
    OK(km_pci_plug(engines[1].function, 1)); // its bus is asked again
    engines[1].computes = false;
    file = open_started(&engines[1]);
    engines[1].is_slow = false;
    assert_int_equal(compute(file, 11), 39916800);
}

// Writes what the driver's installation would: whether it wants messages.
static void install(const struct engine *engine, bool messages)
{
    char path[] = "/tmp/kmode-engine-XXXXXX";
    const int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    dprintf(descriptor,
            "Windows Registry Editor Version 5.00\n\n"
            "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Enum\\%s\\Device Parameters\\"
            "Interrupt Management\\MessageSignaledInterruptProperties]\n\"MSISupported\"=dword:%x\n",
            engine->device, messages);
    close(descriptor);
    const enum km_result result = km_registry_load(machine, path);
    unlink(path);
    OK(result);
}

// What has been written is looked at when the device gets its driver.
static void restart_driver(void)
{
    OK(km_driver_unload(machine, "pci-device"));
    OK(km_driver_load(machine, "build/tests/drivers/pci-device.sys"));
    start_engines();
}

static void test_messages(void)
{
    struct engine *engine = &engines[MESSAGE_ENGINE];
    start_engines();
    install(engine, true);
    restart_driver();
    km_file *file = open_started(engine);
    engine->messages = count(file).Messages;
    assert_int_equal(engine->messages, 4);
    uint64_t factorial = 1;
    for (uint32_t i = 1; i <= FACTORIAL_LARGEST; i++) {
        factorial *= i;
        assert_int_equal(compute(file, i), factorial);
    }
    // A message is an edge: nobody asks whose it is, and none is left.
    FACTORIAL_COUNTS counts = count(file);
    assert_int_equal(counts.Computed, FACTORIAL_LARGEST);
    assert_int_equal(counts.Served, FACTORIAL_LARGEST);
    assert_int_equal(counts.Interrupts, FACTORIAL_LARGEST);
    uint64_t result;
    engine->is_slow = true;
    km_operation *operation = start_compute(file, 7, &result);
    await_operand(engine, 7);
    OK(km_pci_send_message(engine->function, 3)); // one that means nothing
    expect_result(km_wait(operation, 0, NULL), KM_PENDING, "a slow engine", __FILE__, __LINE__);
    finish(engine);
    OK(km_wait(operation, KM_FOREVER, NULL));
    assert_int_equal(result, 5040);
    // The others still have their line; and this one has it again.
    km_file *other = open_started(&engines[0]);
    assert_int_equal(compute(other, 5), 120);
    OK(km_close(thread, other));
    OK(km_close(thread, file));
    install(engine, false);
    restart_driver();
    file = open_started(engine);
    assert_int_equal(count(file).Messages, 0);
    assert_int_equal(compute(file, 6), 720);
}

static const struct client_test tests[] = {TEST(test_compute),  TEST(test_queue),   TEST(test_cancel),
                                           TEST(test_memory),   TEST(test_stop),    TEST(test_remove),
                                           TEST(test_pull_out), TEST(test_messages)};
CLIENT(tests, "pci-device.sys")
