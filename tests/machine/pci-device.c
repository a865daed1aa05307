// SPDX-License-Identifier: MIT
// PCI devices that a program plays: their memory and ports watched, their interrupts, their configuration.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "machine/include/kmode/machine.h"
#include "tests/machine/drivers/pci-registers.h"

#define COMMAND         0x04
#define STATUS_REGISTER 0x06
#define BAR_0           0x10

static km_machine *machine;
static km_thread *thread;
static km_file *file;
static km_pci_function *devices[2];

static struct km_pci_access seen[16];
static size_t seen_count;

static void start(unsigned processors)
{
    const struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe",
                                               .exports_path = "nt/exports",
                                               .time_limit = 10,
                                               .checks = 1,
                                               .processors = processors,
                                               .pci_path = "tests/machine/drivers/pci-registers.json"};
    km_process *process;
    km_machine_destroy(machine); // of a test that failed
    machine = km_machine_create(&options);
    assert_non_null(machine);
    assert_null(km_machine_problem(machine));
    assert_int_equal(km_driver_load(machine, "build/tests/machine/drivers/pci-registers.sys"), KM_OK);
    assert_int_equal(km_process_create(machine, "client.exe", NULL, &process, &thread), KM_OK);
    assert_int_equal(km_open(thread, "\\\\.\\PciRegisters", KM_READ | KM_WRITE, 0, &file), KM_OK);
    devices[0] = km_pci_find(machine, 0, 3, 0);
    devices[1] = km_pci_find(machine, 0, 4, 0);
    assert_non_null(devices[0]);
    assert_non_null(devices[1]);
    memset(seen, 0, sizeof seen);
    seen_count = 0;
}

static void end(void)
{
    assert_int_equal(km_close(thread, file), KM_OK);
    assert_int_equal(km_machine_finish(machine), KM_OK);
    assert_int_equal(km_driver_unload(machine, "pci-registers"), KM_OK);
    if (km_finding_count(machine) != 0) {
        fail_msg("%s", km_machine_finding(machine, 0)->text);
    }
    km_machine_destroy(machine);
    machine = NULL;
}

// Each test on one processor and on two.
#define ON_EACH(test)                                                                                        \
    static void test##_on_one(void **state)                                                                  \
    {                                                                                                        \
        (void)state;                                                                                         \
        start(1);                                                                                            \
        test();                                                                                              \
        end();                                                                                               \
    }                                                                                                        \
    static void test##_on_two(void **state)                                                                  \
    {                                                                                                        \
        (void)state;                                                                                         \
        start(2);                                                                                            \
        test();                                                                                              \
        end();                                                                                               \
    }

// ---- What the driver does

static void ask(uint32_t code)
{
    assert_int_equal(km_ioctl(thread, file, code, NULL, 0, NULL, 0, NULL), KM_OK);
}

static uint64_t read_at(unsigned device, unsigned is_port, unsigned offset, unsigned bytes)
{
    struct pci_registers_access access = {device, is_port, offset, bytes, 0};
    assert_int_equal(
        km_ioctl(thread, file, PCI_REGISTERS_READ, &access, sizeof access, &access, sizeof access, NULL),
        KM_OK);
    return access.value;
}

static void write_at(unsigned device, unsigned is_port, unsigned offset, unsigned bytes, uint64_t value)
{
    const struct pci_registers_access access = {device, is_port, offset, bytes, value};
    assert_int_equal(km_ioctl(thread, file, PCI_REGISTERS_WRITE, &access, sizeof access, NULL, 0, NULL),
                     KM_OK);
}

static void counted(int32_t first, int32_t second)
{
    int32_t counts[3];
    assert_int_equal(km_ioctl(thread, file, PCI_REGISTERS_COUNT, NULL, 0, counts, sizeof counts, NULL),
                     KM_OK);
    assert_int_equal(counts[0], first);
    assert_int_equal(counts[1], second);
}

// ---- Tests

static void find(void)
{
    assert_null(km_pci_find(machine, 0, 7, 0));
    assert_null(km_pci_find(machine, 0, 3, 1));
    assert_null(km_pci_find(machine, 1, 3, 0));
    assert_null(km_pci_find(machine, 0, 3 + 32, 0));
    struct km_pci_bar_state state;
    assert_int_equal(km_pci_bar(devices[0], 0, &state), KM_OK);
    assert_int_equal(state.bytes, 4096);
    assert_true(state.address >= 0xC0000000 && state.address < 0xFEC00000);
    assert_true(state.answers && !state.is_port);
    assert_int_equal(km_pci_bar(devices[0], 1, &state), KM_OK);
    assert_int_equal(state.bytes, 16);
    assert_true(state.answers && state.is_port);
    assert_int_equal(km_pci_bar(devices[0], 2, &state), KM_OK);
    assert_true(state.address > UINT32_MAX);
    assert_int_equal(km_pci_bar(devices[0], 3, &state), KM_FAILED); // the upper half
    assert_string_equal(km_machine_problem(machine), "PCI 00:03.0: it has no BAR 3");
    assert_int_equal(km_pci_bar(devices[0], 6, &state), KM_FAILED);
}
ON_EACH(find)

static void memory(void)
{
    uint32_t value = 0x12345678;
    assert_int_equal(km_pci_write_bar(devices[0], 0, 0xFFC, &value, 4), KM_OK);
    assert_int_equal(read_at(0, 0, 0xFFC, 4), 0x12345678);
    write_at(0, 0, 0x10, 8, UINT64_C(0x1122334455667788));
    assert_int_equal(km_pci_read_bar(devices[0], 0, 0x14, &value, 4), KM_OK);
    assert_int_equal(value, 0x11223344);
    write_at(0, 1, 6, 2, 0xABCD);
    assert_int_equal(km_pci_read_bar(devices[0], 1, 4, &value, 4), KM_OK);
    assert_int_equal(value, 0xABCD0000);
    assert_int_equal(read_at(1, 0, 0x10, 4), 0);
    assert_int_equal(km_pci_read_bar(devices[0], 0, 0xFFD, &value, 4), KM_FAILED);
    assert_string_equal(km_machine_problem(machine), "PCI 00:03.0: not so many bytes are in its BAR 0");
    assert_int_equal(km_pci_write_bar(devices[0], 0, UINT64_MAX, &value, 4), KM_FAILED);
    assert_int_equal(km_pci_write_bar(devices[1], 1, 0, &value, 4), KM_FAILED);
}
ON_EACH(memory)

// Reads answer the offset; writes are left in their complement.
static void keep(void *context, km_pci_function *function, struct km_pci_access *access)
{
    assert_ptr_equal(context, function);
    seen[seen_count++ % 16] = *access;
    access->value = access->is_write ? ~access->value : 0x8877665544332200 | access->offset;
}

static void saw(size_t at, int is_write, unsigned bar, uint64_t offset, unsigned bytes, uint64_t value)
{
    assert_true(at < seen_count);
    assert_int_equal(seen[at].is_write, is_write);
    assert_int_equal(seen[at].bar, bar);
    assert_int_equal(seen[at].offset, offset);
    assert_int_equal(seen[at].bytes, bytes);
    assert_int_equal(seen[at].value, value);
}

static void refuse_to_plug(void *context, km_pci_function *function, struct km_pci_access *access)
{
    (void)access;
    *(enum km_result *)context = km_pci_plug(function, 0);
}

static void watch(void)
{
    uint64_t value = 5;
    assert_int_equal(km_pci_watch(devices[0], 0, keep, devices[0]), KM_OK);
    assert_int_equal(km_pci_watch(devices[0], 1, keep, devices[0]), KM_OK);
    assert_int_equal(km_pci_write_bar(devices[0], 0, 0x40, &value, 8), KM_OK); // not a driver's
    assert_int_equal(seen_count, 0);
    assert_int_equal(read_at(0, 0, 0x40, 1), 0x40);
    assert_int_equal(read_at(0, 0, 0x42, 2), 0x2242);
    assert_int_equal(read_at(0, 0, 0x44, 4), 0x44332244);
    assert_int_equal(read_at(0, 0, 0x48, 8), 0x8877665544332248);
    write_at(0, 0, 0x41, 1, 0xA5);
    write_at(0, 0, 0x50, 8, 0x1122334455667788);
    write_at(0, 1, 8, 4, 0x12345678);
    assert_int_equal(read_at(0, 1, 9, 1), 0x09);
    assert_int_equal(read_at(1, 0, 0x40, 4), 0); // another's
    assert_int_equal(seen_count, 8);
    saw(0, 0, 0, 0x40, 1, 5);
    saw(1, 0, 0, 0x42, 2, 0);
    saw(4, 1, 0, 0x41, 1, 0xA5);
    saw(5, 1, 0, 0x50, 8, 0x1122334455667788);
    saw(6, 1, 1, 8, 4, 0x12345678);
    saw(7, 0, 1, 9, 1, 0xA9); // what the last one left there
    assert_int_equal(km_pci_watch(devices[0], 0, NULL, NULL), KM_OK);
    assert_int_equal(read_at(0, 0, 0x40, 4), 0x5A05);
    assert_int_equal(read_at(0, 0, 0x50, 8), ~0x1122334455667788);
    assert_int_equal(seen_count, 8);
    assert_int_equal(km_pci_watch(devices[1], 1, keep, NULL), KM_FAILED);
    enum km_result result = KM_OK;
    assert_int_equal(km_pci_watch(devices[1], 0, refuse_to_plug, &result), KM_OK);
    assert_int_equal(read_at(1, 0, 0x40, 4), 0);
    assert_int_equal(result, KM_FAILED);
}
ON_EACH(watch)

// A device that interrupts until the driver has said that it is served.
static void serve(void *context, km_pci_function *function, struct km_pci_access *access)
{
    uint32_t *causes = context;
    if (!access->is_write && access->offset == PCI_REGISTER_CAUSE) {
        access->value = *causes;
    } else if (access->is_write && access->offset == PCI_REGISTER_DONE && --*causes == 0) {
        km_pci_interrupt(function, 0);
    }
}

static uint32_t status_of(km_pci_function *function)
{
    uint32_t status;
    assert_int_equal(km_pci_read_config(function, STATUS_REGISTER, 2, &status), KM_OK);
    return status;
}

static void interrupt(void)
{
    uint32_t causes[2] = {0, 0};
    assert_int_equal(km_pci_watch(devices[0], 0, serve, &causes[0]), KM_OK);
    assert_int_equal(km_pci_watch(devices[1], 0, serve, &causes[1]), KM_OK);
    ask(PCI_REGISTERS_CONNECT);
    causes[0] = 1;
    assert_int_equal(km_pci_interrupt(devices[0], 1), KM_OK);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    counted(1, 0);
    assert_int_equal(status_of(devices[0]), 0);
    // A level lasts: it interrupts until it has been served.
    causes[1] = 3;
    assert_int_equal(km_pci_interrupt(devices[1], 1), KM_OK);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    counted(1, 3);
    ask(PCI_REGISTERS_DISCONNECT);
    // Nobody serves it: it waits.
    causes[0] = 1;
    assert_int_equal(km_pci_interrupt(devices[0], 1), KM_OK);
    assert_int_equal(status_of(devices[0]), 8);
    counted(1, 3);
    ask(PCI_REGISTERS_CONNECT);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    counted(2, 3);
    // Disabled in the command register, it waits too.
    assert_int_equal(km_pci_write_config(devices[0], COMMAND, 2, 0x0403), KM_OK);
    causes[0] = 2;
    assert_int_equal(km_pci_interrupt(devices[0], 1), KM_OK);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    assert_int_equal(status_of(devices[0]), 8);
    counted(2, 3);
    assert_int_equal(km_pci_write_config(devices[0], COMMAND, 2, 0x0003), KM_OK);
    assert_int_equal(km_clock_advance(machine, 0), KM_OK);
    counted(4, 3);
    ask(PCI_REGISTERS_DISCONNECT);
}
ON_EACH(interrupt)

static void no_line(void)
{
    km_pci_function *unwired = km_pci_find(machine, 0, 5, 0), *without = km_pci_find(machine, 0, 6, 0);
    assert_int_equal(km_pci_interrupt(unwired, 1), KM_FAILED);
    assert_string_equal(km_machine_problem(machine),
                        "PCI 00:05.0: it has no interrupt pin that is wired to a "
                        "line; its interrupt_line is 255");
    assert_int_equal(km_pci_interrupt(without, 1), KM_FAILED);
}
ON_EACH(no_line)

static void config(void)
{
    uint32_t value, bar;
    assert_int_equal(km_pci_read_config(devices[0], 0, 4, &value), KM_OK);
    assert_int_equal(value, 0x00011234);
    assert_int_equal(km_pci_write_config(devices[0], 0, 4, 0), KM_OK); // read-only
    assert_int_equal(km_pci_read_config(devices[0], 2, 2, &value), KM_OK);
    assert_int_equal(value, 1);
    assert_int_equal(km_pci_read_config(devices[0], 1, 2, &value), KM_FAILED);
    assert_int_equal(km_pci_read_config(devices[0], 256, 4, &value), KM_FAILED);
    assert_int_equal(km_pci_read_config(devices[0], 0, 3, &value), KM_FAILED);
    assert_int_equal(km_pci_write_config(devices[0], 254, 4, 0), KM_FAILED);
    // Its memory follows.
    value = 0xCAFE;
    assert_int_equal(km_pci_write_bar(devices[0], 0, 0, &value, 4), KM_OK);
    assert_int_equal(km_pci_read_config(devices[0], BAR_0, 4, &bar), KM_OK);
    assert_int_equal(km_pci_write_config(devices[0], BAR_0, 4, 0xF0000000), KM_OK);
    assert_int_equal(read_at(0, 0, 0, 4), 0xFFFFFFFF);
    struct km_pci_bar_state state;
    assert_int_equal(km_pci_bar(devices[0], 0, &state), KM_OK);
    assert_int_equal(state.address, 0xF0000000);
    assert_int_equal(km_pci_write_config(devices[0], BAR_0, 4, bar), KM_OK);
    assert_int_equal(read_at(0, 0, 0, 4), 0xCAFE);
    assert_int_equal(km_pci_write_config(devices[0], COMMAND, 2, 0), KM_OK);
    assert_int_equal(km_pci_bar(devices[0], 0, &state), KM_OK);
    assert_false(state.answers);
    assert_int_equal(read_at(0, 0, 0, 4), 0xFFFFFFFF);
    assert_int_equal(km_pci_read_bar(devices[0], 0, 0, &value, 4), KM_OK); // the device's own, all the same
    assert_int_equal(value, 0xCAFE);
}
ON_EACH(config)

static void dma(void)
{
    uint64_t buffer[2], value = 0;
    uint8_t bytes[3] = {0xAA, 0xBB, 0xCC};
    assert_int_equal(km_ioctl(thread, file, PCI_REGISTERS_BUFFER, NULL, 0, buffer, sizeof buffer, NULL),
                     KM_OK);
    assert_int_equal(km_pci_dma_read(devices[0], buffer[0], &value, 8), KM_FAILED);
    assert_string_equal(km_machine_problem(machine),
                        "PCI 00:03.0: it is no bus master: bit 2 of its command register is not set");
    assert_int_equal(km_pci_write_config(devices[0], COMMAND, 2, 0x0007), KM_OK);
    assert_int_equal(km_pci_dma_read(devices[0], buffer[0], &value, 8), KM_OK);
    assert_int_equal(value, 0x1122334455667788);
    assert_int_equal(km_pci_dma_write(devices[0], buffer[0] + 1, bytes, sizeof bytes), KM_OK);
    assert_int_equal(km_ioctl(thread, file, PCI_REGISTERS_BUFFER, NULL, 0, buffer, sizeof buffer, NULL),
                     KM_OK);
    assert_int_equal(buffer[1], 0x11223344CCBBAA88);
    assert_int_equal(km_pci_dma_write(devices[0], (UINT64_C(1) << 30) - 2, bytes, sizeof bytes), KM_FAILED);
    assert_string_equal(km_machine_problem(machine), "PCI 00:03.0: not all of 0x3FFFFFFE, 3 bytes is RAM");
    assert_int_equal(km_pci_dma_read(devices[0], UINT64_MAX, bytes, sizeof bytes), KM_FAILED);
    assert_int_equal(km_pci_dma_write(devices[1], buffer[0], bytes, sizeof bytes), KM_FAILED);
}
ON_EACH(dma)

int main(void)
{
#define BOTH(test) cmocka_unit_test(test##_on_one), cmocka_unit_test(test##_on_two)
    const struct CMUnitTest tests[] = {BOTH(find),    BOTH(memory), BOTH(watch), BOTH(interrupt),
                                       BOTH(no_line), BOTH(config), BOTH(dma)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
