// SPDX-License-Identifier: MIT
// Ring 0 instructions, from their bytes, on a virtual processor of the test's own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <cpuid.h>
#include <stdbool.h>
#include <string.h>

#include "machine/msr.h"
#include "machine/privileged.h"

#define POISON UINT64_C(0xA5A5A5A5A5A5A5A5)

static KM_PROCESSOR processor;
static KM_REGISTERS registers;
static uint8_t irql;

// One device, at ports 60h to 63h: it answers 41h, 42h, ..., and notes what it is sent.
static uint32_t next_value, sent[8];
static unsigned accesses;
static uint8_t memory[8];

static uint32_t read_port(void *context, uint16_t port, unsigned bytes)
{
    (void)context;
    accesses++;
    return port >= 0x60 && port <= 0x63 ? next_value++ | UINT32_C(0x99887700)
                                        : UINT32_MAX << 8 * bytes % 32 | 0xFF;
}

static void write_port(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
    (void)context, (void)port, (void)bytes;
    sent[accesses++ % 8] = value;
}

static bool allows(void *context, uint64_t address, unsigned bytes, uint32_t access)
{
    (void)context, (void)access;
    return address >= (uint64_t)memory && address + bytes <= (uint64_t)memory + sizeof memory;
}

static const struct km_privileged_reach device = {
    .read_port = read_port, .write_port = write_port, .allows = allows};
static const struct km_privileged_reach *reach; // NULL: an empty bus
static struct km_privileged_fault fault;

static int set_up(void **state)
{
    km_msrs_clear();
    km_msrs_reset(3);
    (void)state;
    processor = (KM_PROCESSOR){.cr0 = 0x80050033,
                               .cr2 = 0x1234567,
                               .cr3 = 0x1AD000,
                               .cr4 = 0x350EF8,
                               .dr = {0x10, 0x11, 0x12, 0x13, 0, 0, 0xFFFF0FF0, 0x400},
                               .kpcr = UINT64_C(0x400000123000),
                               .irql = (uint64_t)&irql,
                               .number = 3,
                               .interrupts_enabled = 1};
    irql = 2;
    reach = NULL;
    next_value = 0x41;
    accesses = 0;
    memset(memory, 0, sizeof memory);
    memset(&registers, 0xA5, sizeof registers);
    return 0;
}

// Executes the bytes of one instruction; where it is done, rip must be behind them, where not, nothing may
// have changed.
static enum km_privileged_result execute(size_t length, const uint8_t *code)
{
    registers.rip = (uint64_t)code;
    const KM_REGISTERS before = registers;
    const KM_PROCESSOR processor_before = processor;
    enum km_privileged_result result = km_privileged_execute(&processor, &registers, length, reach, &fault);
    if (result == KM_PRIVILEGED_DONE) {
        assert_int_equal(registers.rip, (uint64_t)code + length);
    } else {
        assert_memory_equal(&registers, &before, sizeof before);
        assert_memory_equal(&processor, &processor_before, sizeof processor);
    }
    return result;
}

#define EXECUTE(...) execute(sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[16]){__VA_ARGS__})
#define DONE(...)    assert_int_equal(EXECUTE(__VA_ARGS__), KM_PRIVILEGED_DONE)
#define REFUSED(...) assert_int_equal(EXECUTE(__VA_ARGS__), KM_PRIVILEGED_REFUSED)
#define NOT(...)     assert_int_equal(EXECUTE(__VA_ARGS__), KM_PRIVILEGED_NOT)

static void test_reads_control_registers(void **state)
{
    (void)state;
    DONE(0x0F, 0x20, 0xC0); // mov rax, cr0
    assert_int_equal(registers.rax, 0x80050033);
    DONE(0x0F, 0x20, 0xD1); // mov rcx, cr2
    assert_int_equal(registers.rcx, 0x1234567);
    DONE(0x41, 0x0F, 0x20, 0xDF); // mov r15, cr3
    assert_int_equal(registers.r15, 0x1AD000);
    DONE(0x0F, 0x20, 0xE4); // mov rsp, cr4
    assert_int_equal(registers.rsp, 0x350EF8);
    DONE(0x44, 0x0F, 0x20, 0xC7); // mov rdi, cr8
    assert_int_equal(registers.rdi, 2);
    assert_int_equal(registers.rbx, POISON);
}

static void test_writes_control_registers(void **state)
{
    (void)state;
    registers.rax = 15;
    DONE(0x44, 0x0F, 0x22, 0xC0); // mov cr8, rax
    assert_int_equal(irql, 15);
    registers.rax = 0x80050033 & ~UINT64_C(0x10000);
    DONE(0x0F, 0x22, 0xC0); // mov cr0, rax: write protection off
    assert_int_equal(processor.cr0, registers.rax);
    registers.rdx = 0x2AD000;
    DONE(0x0F, 0x22, 0xDA); // mov cr3, rdx
    assert_int_equal(processor.cr3, 0x2AD000);
}

static void test_refuses_states_that_cannot_be(void **state)
{
    (void)state;
    registers.rax = 16;
    REFUSED(0x44, 0x0F, 0x22, 0xC0); // mov cr8, rax
    assert_int_equal(irql, 2);
    registers.rax = 0x33; // no paging
    REFUSED(0x0F, 0x22, 0xC0);
    registers.rax = 0x80050032; // no protection
    REFUSED(0x0F, 0x22, 0xC0);
    registers.rax = 0; // no PAE
    REFUSED(0x0F, 0x22, 0xE0);
    registers.rax = UINT64_C(0x180050033); // above 32 bits
    REFUSED(0x0F, 0x22, 0xC0);
    registers.rax = 0xA0050033; // NW without CD
    REFUSED(0x0F, 0x22, 0xC0);
    registers.rax = UINT64_C(0x100000400);
    REFUSED(0x0F, 0x23, 0xF8); // mov dr7, rax
}

static void test_reserved_bits(void **state)
{
    static const unsigned reserved[] = {15, 26, 29, 31, 33, 62, 63};
    uint32_t eax, ebx, ecx, edx;
    (void)state;
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
        registers.rax = processor.cr4 | UINT64_C(1) << reserved[i];
        REFUSED(0x0F, 0x22, 0xE0); // mov cr4, rax
    }
    registers.rax = processor.cr4 ^ 0x1000; // another depth of page tables
    REFUSED(0x0F, 0x22, 0xE0);
    registers.rax = (processor.cr4 | 0x100) & ~UINT64_C(0x80); // with PCE, without PGE
    DONE(0x0F, 0x22, 0xE0);
    assert_int_equal(processor.cr4, registers.rax);
    // What is set may stay, whatever the host's processor has.
    processor.cr4 |= UINT64_C(1) << 62;
    registers.rax = processor.cr4 | 0x80;
    DONE(0x0F, 0x22, 0xE0);
    processor.cr4 &= ~(UINT64_C(1) << 62);
    // SMXE and VMXE as the host's processor has them.
    assert_true(__get_cpuid(1, &eax, &ebx, &ecx, &edx));
    registers.rax = processor.cr4 | 0x4000;
    assert_int_equal(EXECUTE(0x0F, 0x22, 0xE0), ecx & 0x40 ? KM_PRIVILEGED_DONE : KM_PRIVILEGED_REFUSED);
    registers.rax = processor.cr4 | 0x2000;
    assert_int_equal(EXECUTE(0x0F, 0x22, 0xE0), ecx & 0x20 ? KM_PRIVILEGED_DONE : KM_PRIVILEGED_REFUSED);
    // Those of cr0 stay as they are without a word.
    registers.rax = 0x80050033 | 0x1000;
    DONE(0x0F, 0x22, 0xC0);
    assert_int_equal(processor.cr0, 0x80050033);
}

static void test_debug_registers(void **state)
{
    (void)state;
    DONE(0x0F, 0x21, 0xF8); // mov rax, dr7
    assert_int_equal(registers.rax, 0x400);
    registers.rbx = UINT64_C(0x400010001000);
    DONE(0x0F, 0x23, 0xC3); // mov dr0, rbx
    assert_int_equal(processor.dr[0], UINT64_C(0x400010001000));
}

static void test_model_specific_registers(void **state)
{
    (void)state;
    registers.rcx = UINT64_C(0xFFFFFFFFC0000080); // the upper half of rcx does not count
    DONE(0x0F, 0x32);                             // rdmsr
    assert_int_equal(registers.rax, 0xD01);
    assert_int_equal(registers.rdx, 0);
    registers.rcx = 0xC0000101; // IA32_GS_BASE
    DONE(0x0F, 0x32);
    assert_int_equal(registers.rdx << 32 | registers.rax, processor.kpcr);
    registers.rcx = 0x10; // IA32_TIME_STAMP_COUNTER
    DONE(0x0F, 0x32);
    uint64_t first = registers.rdx << 32 | registers.rax;
    DONE(0x0F, 0x32);
    assert_true((registers.rdx << 32 | registers.rax) > first);
    registers.rcx = 0x12345678;
    REFUSED(0x0F, 0x32);
    REFUSED(0x0F, 0x30); // wrmsr
}

static void test_msr_writes(void **state)
{
    uint64_t value;
    (void)state;
    registers.rcx = 0xC0000082; // IA32_LSTAR
    registers.rax = UINT64_C(0xFFFFFFFF12345678);
    registers.rdx = UINT64_C(0xFFFFFFFF00004000);
    DONE(0x0F, 0x30);
    assert_true(km_msr_read(&processor, 0xC0000082, &value));
    assert_int_equal(value, UINT64_C(0x0000400012345678));
    assert_true(km_msr_write(&processor, 0xC0000082, 0));
    assert_false(km_msr_write(&processor, 0x3A, 1));                // read-only
    assert_false(km_msr_write(&processor, 0xC0000080, UINT64_MAX)); // reserved bits
    assert_false(km_msr_write(&processor, 0x277, UINT64_C(0x8)));   // a reserved memory type
    assert_true(km_msr_read(&processor, 0xC0000080, &value));
    assert_int_equal(value, 0xD01);
    assert_true(km_msr_read(&processor, 0xC0000103, &value)); // IA32_TSC_AUX
    assert_int_equal(value, 3);
}

static void test_interrupt_flag(void **state)
{
    (void)state;
    DONE(0xFA); // cli
    assert_int_equal(processor.interrupts_enabled, 0);
    DONE(0xFB); // sti
    assert_int_equal(processor.interrupts_enabled, 1);
}

static void test_ports_of_an_empty_bus(void **state)
{
    (void)state;
    registers.rax = UINT64_C(0x1111111122222200);
    DONE(0xEC); // in al, dx
    assert_int_equal(registers.rax, UINT64_C(0x11111111222222FF));
    registers.rax = UINT64_C(0x1111111122220000);
    DONE(0x66, 0xED); // in ax, dx
    assert_int_equal(registers.rax, UINT64_C(0x111111112222FFFF));
    registers.rax = UINT64_C(0x1111111100000000);
    DONE(0xED); // in eax, dx clears the upper half
    assert_int_equal(registers.rax, UINT64_C(0xFFFFFFFF));
    registers.rax = 0;
    DONE(0xE4, 0x64); // in al, 64h
    assert_int_equal(registers.rax, 0xFF);
    const KM_REGISTERS before = registers;
    DONE(0xEE);       // out dx, al
    DONE(0xEF);       // out dx, eax
    DONE(0xE6, 0x80); // out 80h, al
    assert_int_equal(registers.rax, before.rax);
}

static void test_ports_of_a_device(void **state)
{
    (void)state;
    reach = &device;
    registers.rdx = 0x60;
    registers.rax = UINT64_C(0x1111111122222222);
    DONE(0xEC); // in al, dx
    assert_int_equal(registers.rax, UINT64_C(0x1111111122222241));
    DONE(0x66, 0xED); // in ax, dx
    assert_int_equal(registers.rax, UINT64_C(0x1111111122227742));
    DONE(0xED); // in eax, dx
    assert_int_equal(registers.rax, UINT64_C(0x99887743));
    DONE(0xE4, 0x63); // in al, 63h
    assert_int_equal(registers.rax, UINT64_C(0x99887744));
    accesses = 0;
    registers.rax = UINT64_C(0x5555555566778899);
    DONE(0xEE);       // out dx, al
    DONE(0x66, 0xEF); // out dx, ax
    DONE(0xEF);       // out dx, eax
    DONE(0xE6, 0x80); // out 80h, al
    assert_int_equal(sent[0], 0x99);
    assert_int_equal(sent[1], 0x8899);
    assert_int_equal(sent[2], 0x66778899);
    assert_int_equal(sent[3], 0x99);
}

// A string instruction leaves rip at itself where it ends early.
static enum km_privileged_result string(uint8_t *code, size_t length)
{
    registers.rip = (uint64_t)code;
    enum km_privileged_result result = km_privileged_execute(&processor, &registers, length, reach, &fault);
    registers.rip -= (uint64_t)code;
    return result;
}

static void test_string_port_io(void **state)
{
    (void)state;
    uint8_t rep_insb[15] = {0xF3, 0x6C}, rep_outsw[15] = {0xF3, 0x66, 0x6F}, insb[15] = {0x6C};
    reach = &device;
    registers.rdx = 0x60;
    registers.rflags = 0;
    registers.rdi = (uint64_t)memory;
    registers.rcx = 3;
    assert_int_equal(string(rep_insb, 2), KM_PRIVILEGED_DONE);
    assert_memory_equal(memory, "ABC", 4);
    assert_int_equal(registers.rdi, (uint64_t)memory + 3);
    assert_int_equal(registers.rcx, 0);
    assert_int_equal(registers.rip, 2);

    registers.rflags = 0x400; // backwards
    assert_int_equal(string(insb, 1), KM_PRIVILEGED_DONE);
    assert_memory_equal(memory, "ABCD", 5);
    assert_int_equal(registers.rdi, (uint64_t)memory + 2);

    registers.rflags = 0;
    registers.rsi = (uint64_t)memory;
    registers.rcx = 2;
    accesses = 0;
    assert_int_equal(string(rep_outsw, 3), KM_PRIVILEGED_DONE);
    assert_int_equal(sent[0], 0x4241);
    assert_int_equal(sent[1], 0x4443);

    registers.rcx = 0;
    accesses = 0;
    assert_int_equal(string(rep_insb, 2), KM_PRIVILEGED_DONE);
    assert_int_equal(accesses, 0);
    assert_int_equal(registers.rip, 2);
}

static void test_string_port_io_that_faults(void **state)
{
    (void)state;
    uint8_t rep_insb[15] = {0xF3, 0x6C}, outsb[15] = {0x6E};
    reach = &device;
    registers.rdx = 0x60;
    registers.rflags = 0;
    registers.rdi = (uint64_t)memory + 6;
    registers.rcx = 5;
    assert_int_equal(string(rep_insb, 2), KM_PRIVILEGED_FAULT);
    assert_int_equal(registers.rcx, 3);
    assert_int_equal(registers.rdi, (uint64_t)memory + 8);
    assert_int_equal(registers.rip, 0);
    assert_int_equal(fault.address, (uint64_t)memory + 8);
    assert_int_equal(fault.access, KM_TRAP_ACCESS_WRITE);
    assert_int_equal(accesses, 2); // nothing is taken from the port that has nowhere to go
    registers.rsi = 0x10;
    assert_int_equal(string(outsb, 1), KM_PRIVILEGED_FAULT);
    assert_int_equal(fault.access, KM_TRAP_ACCESS_READ);
    assert_int_equal(accesses, 2);
}

static bool allows_all(void *context, uint64_t address, unsigned bytes, uint32_t access)
{
    (void)context, (void)address, (void)bytes, (void)access;
    return true;
}

// What waits for the processor is looked at in between.
static void test_string_port_io_in_parts(void **state)
{
    (void)state;
    static uint8_t source[1000];
    uint8_t rep_outsb[15] = {0xF3, 0x6E};
    const struct km_privileged_reach free = {.write_port = write_port, .allows = allows_all};
    reach = &free;
    registers.rflags = 0;
    registers.rsi = (uint64_t)source;
    registers.rcx = sizeof source;
    unsigned parts = 0;
    do {
        assert_int_equal(string(rep_outsb, 2), KM_PRIVILEGED_DONE);
        parts++;
        assert_int_equal(registers.rsi - (uint64_t)source, sizeof source - registers.rcx);
    } while (registers.rip == 0);
    assert_true(parts > 1);
    assert_int_equal(registers.rcx, 0);
    assert_int_equal(accesses, sizeof source);
}

static void test_caches_and_task_switched(void **state)
{
    (void)state;
    DONE(0x0F, 0x09);       // wbinvd
    DONE(0x0F, 0x08);       // invd
    DONE(0x0F, 0x01, 0x38); // invlpg [rax]
    processor.cr0 |= 8;
    DONE(0x0F, 0x06); // clts
    assert_int_equal(processor.cr0 & 8, 0);
}

static void test_refuses_what_this_processor_does_not_do(void **state)
{
    (void)state;
    REFUSED(0xF4);             // hlt
    REFUSED(0x0F, 0x01, 0xF8); // swapgs
    REFUSED(0x0F, 0x01, 0x10); // lgdt [rax]
    REFUSED(0x0F, 0x01, 0x18); // lidt [rax]
    REFUSED(0x0F, 0x33);       // rdpmc
    REFUSED(0x48, 0x0F, 0x07); // sysret
}

static void test_leaves_other_instructions_alone(void **state)
{
    (void)state;
    NOT(0x48, 0x89, 0xC8); // mov rax, rcx
    NOT(0x48, 0x8B, 0x00); // mov rax, [rax]
    NOT(0x90);             // nop
    NOT(0x0F, 0x0B);       // ud2
    NOT(0xCC);             // int3
    NOT(0x0F);             // half an instruction
    NOT(0x06);             // not an instruction in 64-bit mode
    const uint8_t read_cr0[] = {0x0F, 0x20, 0xC0};
    registers.rip = (uint64_t)read_cr0;
    assert_int_equal(km_privileged_execute(&processor, &registers, 0, NULL, NULL), KM_PRIVILEGED_NOT);
    assert_int_equal(km_privileged_execute(&processor, &registers, 2, NULL, NULL), KM_PRIVILEGED_NOT);
}

// ---- the divisor of a divide error

static int read_memory(void *context, uint64_t address, uint64_t *value)
{
    if (address < 0x1000) {
        return 0;
    }
    (void)context;
    memcpy(value, (const void *)address, sizeof *value);
    return 1;
}

static int divisor_is_not_zero(size_t length, const uint8_t *code)
{
    registers.rip = (uint64_t)code;
    return km_divisor_is_not_zero(&registers, length, read_memory, NULL) != 0;
}

#define DIVISOR(...)                                                                                         \
    divisor_is_not_zero(sizeof((const uint8_t[]){__VA_ARGS__}), (const uint8_t[16]){__VA_ARGS__})

static void test_divisor_in_a_register(void **state)
{
    (void)state;
    registers.rcx = 0;
    assert_false(DIVISOR(0x48, 0xF7, 0xF1)); // div rcx
    registers.rcx = UINT64_C(0x100000000);
    assert_true(DIVISOR(0x48, 0xF7, 0xF1));
    assert_false(DIVISOR(0xF7, 0xF9)); // idiv ecx
    registers.rcx = 0x100;
    assert_false(DIVISOR(0xF6, 0xF1)); // div cl
    assert_true(DIVISOR(0xF6, 0xF5));  // div ch
    registers.r9 = 1;
    assert_true(DIVISOR(0x49, 0xF7, 0xF9)); // idiv r9
}

static void test_divisor_in_memory(void **state)
{
    (void)state;
    uint64_t divisors[2] = {0, 5};
    registers.rbx = (uint64_t)divisors;
    assert_false(DIVISOR(0x48, 0xF7, 0x3B));      // idiv qword [rbx]
    assert_true(DIVISOR(0x48, 0xF7, 0x7B, 0x08)); // idiv qword [rbx+8]
    registers.rsi = 1;
    assert_true(DIVISOR(0x48, 0xF7, 0x3C, 0xF3)); // idiv qword [rbx+rsi*8]
    divisors[0] = UINT64_C(0xFFFFFFFF00000000);
    assert_false(DIVISOR(0xF7, 0x3B)); // idiv dword [rbx]
    registers.rbx = 0;
    assert_false(DIVISOR(0x48, 0xF7, 0x3B)); // cannot be read: not known to be other than zero
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup(function, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_reads_control_registers),
        TEST(test_writes_control_registers),
        TEST(test_refuses_states_that_cannot_be),
        TEST(test_reserved_bits),
        TEST(test_debug_registers),
        TEST(test_model_specific_registers),
        TEST(test_msr_writes),
        TEST(test_interrupt_flag),
        TEST(test_ports_of_an_empty_bus),
        TEST(test_ports_of_a_device),
        TEST(test_string_port_io),
        TEST(test_string_port_io_that_faults),
        TEST(test_string_port_io_in_parts),
        TEST(test_caches_and_task_switched),
        TEST(test_refuses_what_this_processor_does_not_do),
        TEST(test_leaves_other_instructions_alone),
        TEST(test_divisor_in_a_register),
        TEST(test_divisor_in_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
