// SPDX-License-Identifier: MIT
// Instructions on a device's memory, from their bytes: what the device sees of each, and what the registers
// hold afterwards.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include "machine/device-access.h"

#define DEVICE UINT64_C(0x500000000000) // two pages; nothing is mapped there

static struct km_device_step step;
static KM_REGISTERS registers;
static _Alignas(16) uint8_t fxsave[512];
static uint8_t contents[2 * KM_PAGE_SIZE];
static uint8_t memory[64]; // that is no device's
static bool read_only;

static struct access {
    bool write;
    uint64_t offset, value;
    unsigned bytes;
} seen[1024];
static size_t seen_count;

static bool is_device(void *context, uint64_t address, uint32_t access)
{
    (void)context;
    return address - DEVICE < sizeof contents && !(read_only && access == KM_TRAP_ACCESS_WRITE);
}

static bool allows(void *context, uint64_t address, unsigned bytes, uint32_t access)
{
    (void)context, (void)access;
    return address >= (uint64_t)memory && address + bytes <= (uint64_t)memory + sizeof memory;
}

static uint64_t read_device(void *context, uint64_t address, unsigned bytes)
{
    (void)context;
    uint64_t value = 0;
    memcpy(&value, contents + (address - DEVICE), bytes);
    seen[seen_count++ % 1024] = (struct access){.offset = address - DEVICE, .bytes = bytes, .value = value};
    return value;
}

static void write_device(void *context, uint64_t address, unsigned bytes, uint64_t value)
{
    (void)context;
    memcpy(contents + (address - DEVICE), &value, bytes);
    seen[seen_count++ % 1024] =
        (struct access){.write = true, .offset = address - DEVICE, .bytes = bytes, .value = value};
}

static const struct km_device_reach reach = {
    .is_device = is_device, .allows = allows, .read = read_device, .write = write_device};

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contents; i++) {
        contents[i] = (uint8_t)(i * 7 + 1);
    }
    for (size_t i = 0; i < 16; i++) {
        (&registers.rax)[i] = UINT64_C(0x1111111111111111) * i;
    }
    registers.rflags = 0x202;
    memset(memory, 0, sizeof memory);
    memset(fxsave, 0, sizeof fxsave);
    fxsave[0] = 0x7F; // x87 control word
    fxsave[1] = 0x02;
    fxsave[24] = 0x80; // MXCSR
    fxsave[25] = 0x1F;
    read_only = false;
    seen_count = 0;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    km_device_step_free(&step);
    return 0;
}

// The bytes are one instruction.
static bool run(const char *code, size_t length)
{
    registers.rip = (uint64_t)code;
    const bool done = km_device_access(&step, &registers, fxsave, length, &reach);
    if (done && registers.rip != (uint64_t)code) {
        assert_int_equal(registers.rip, (uint64_t)code + length);
    }
    return done;
}
#define RUN(bytes) run(bytes, sizeof(bytes) - 1)

static void saw(size_t at, bool write, uint64_t offset, unsigned bytes, uint64_t value)
{
    assert_true(at < seen_count);
    assert_int_equal(seen[at].write, write);
    assert_int_equal(seen[at].offset, offset);
    assert_int_equal(seen[at].bytes, bytes);
    assert_int_equal(seen[at].value, value);
}

static void test_loads(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        size_t length;
        unsigned bytes;
        uint64_t value; // of rax, which was 0xAAAAAAAAAAAAAAAA
    } cases[] = {
#define CODE(bytes) bytes, sizeof(bytes) - 1
        {CODE("\x8A\x43\x10"), 1, UINT64_C(0xAAAAAAAAAAAAAA71)},         // mov al, [rbx + 10h]
        {CODE("\x8A\x63\x10"), 1, UINT64_C(0xAAAAAAAAAAAA71AA)},         // mov ah
        {CODE("\x66\x8B\x43\x10"), 2, UINT64_C(0xAAAAAAAAAAAA7871)},     // mov ax
        {CODE("\x8B\x43\x10"), 4, UINT64_C(0x86) << 24 | 0x7F7871},      // mov eax
        {CODE("\x48\x8B\x43\x10"), 8, UINT64_C(0xA29B948D867F7871)},     // mov rax
        {CODE("\x0F\xB6\x43\x10"), 1, 0x71},                             // movzx eax, byte
        {CODE("\x48\x0F\xBE\x43\x13"), 1, UINT64_C(0xFFFFFFFFFFFFFF86)}, // movsx rax, byte
        {CODE("\x48\x63\x43\x10"), 4, UINT64_C(0xFFFFFFFF867F7871)},     // movsxd rax, dword
        {CODE("\x03\x43\x10"), 4, 0x312A231B},                           // add eax
        {CODE("\x8B\x04\x8B"), 4, 0},                                    // mov eax, [rbx + rcx * 4]
        {CODE("\x0F\xCA"), 0, 0},                                        // bswap edx: no memory
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_up(NULL);
        registers.rax = UINT64_C(0xAAAAAAAAAAAAAAAA);
        registers.rbx = DEVICE;
        registers.rcx = 4;
        const bool done = run(cases[i].code, cases[i].length);
        assert_int_equal(done, cases[i].bytes != 0);
        if (done) {
            assert_int_equal(seen_count, 1);
            assert_int_equal(seen[0].bytes, cases[i].bytes);
            assert_false(seen[0].write);
            if (cases[i].value != 0) {
                assert_int_equal(registers.rax, cases[i].value);
            } else {
                assert_int_equal(registers.rax, UINT64_C(0x867F7871));
            }
        }
    }
}

static void test_same_register(void **state)
{
    (void)state;
    registers.rax = DEVICE + 0x10;
    assert_true(RUN("\x48\x03\x00")); // add rax, [rax]
    assert_int_equal(registers.rax, DEVICE + 0x10 + UINT64_C(0xA29B948D867F7871));
    registers.rsp = DEVICE + 0x10;
    assert_true(RUN("\x48\x8B\x24\x24")); // mov rsp, [rsp]
    assert_int_equal(registers.rsp, UINT64_C(0xA29B948D867F7871));
    assert_int_equal(registers.r15, UINT64_C(0xFFFFFFFFFFFFFFFF));
    assert_int_equal(registers.rbp, UINT64_C(0x5555555555555555));
}

static void test_stores(void **state)
{
    (void)state;
    registers.rbx = DEVICE;
    registers.rax = UINT64_C(0x123456789ABCDEF0);
    assert_true(RUN("\x88\x03"));                         // mov [rbx], al
    assert_true(RUN("\x88\x63\x01"));                     // mov [rbx + 1], ah
    assert_true(RUN("\x66\x89\x43\x02"));                 // mov [rbx + 2], ax
    assert_true(RUN("\x89\x43\x04"));                     // mov [rbx + 4], eax
    assert_true(RUN("\x48\x89\x43\x08"));                 // mov [rbx + 8], rax
    assert_true(RUN("\xC7\x43\x10\x78\x56\x34\x12"));     // mov dword [rbx + 10h], 12345678h
    assert_true(RUN("\x48\xC7\x43\x18\xFF\xFF\xFF\xFF")); // mov qword [rbx + 18h], -1
    assert_true(RUN("\x0F\xC3\x43\x20"));                 // movnti [rbx + 20h], eax
    assert_int_equal(seen_count, 8);
    saw(0, true, 0, 1, 0xF0);
    saw(1, true, 1, 1, 0xDE);
    saw(2, true, 2, 2, 0xDEF0);
    saw(3, true, 4, 4, 0x9ABCDEF0);
    saw(4, true, 8, 8, UINT64_C(0x123456789ABCDEF0));
    saw(5, true, 0x10, 4, 0x12345678);
    saw(6, true, 0x18, 8, UINT64_MAX);
    saw(7, true, 0x20, 4, 0x9ABCDEF0);
}

static void test_read_modify_write(void **state)
{
    (void)state;
    registers.rbx = DEVICE;
    assert_true(RUN("\x83\x4B\x10\x06")); // or dword [rbx + 10h], 6
    saw(0, false, 0x10, 4, 0x867F7871);
    saw(1, true, 0x10, 4, 0x867F7877);
    assert_true(RUN("\xF0\xFF\x43\x10")); // lock inc dword [rbx + 10h]
    saw(3, true, 0x10, 4, 0x867F7878);
    registers.rcx = 5;
    assert_true(RUN("\x87\x4B\x10")); // xchg ecx, [rbx + 10h]
    saw(5, true, 0x10, 4, 5);
    assert_int_equal(registers.rcx, 0x867F7878);
    registers.rax = 5;
    registers.rcx = 9;
    assert_true(RUN("\xF0\x0F\xB1\x4B\x10")); // lock cmpxchg [rbx + 10h], ecx
    saw(7, true, 0x10, 4, 9);
    assert_int_equal(registers.rflags & 0x40, 0x40);
    registers.rax = 5;
    assert_true(RUN("\xF0\x0F\xB1\x4B\x10"));
    assert_int_equal(registers.rax, 9);
    assert_int_equal(registers.rflags & 0x40, 0);
    assert_true(RUN("\x0F\xBA\x6B\x10\x07")); // bts dword [rbx + 10h], 7
    assert_int_equal(contents[0x10], 0x89);
    assert_int_equal(registers.rflags & 1, 0);
}

static void test_flags(void **state)
{
    (void)state;
    registers.rbx = DEVICE;
    assert_true(RUN("\x80\x7B\x10\x71")); // cmp byte [rbx + 10h], 71h
    assert_int_equal(registers.rflags, 0x246);
    assert_int_equal(seen_count, 1);
    assert_true(RUN("\x80\x7B\x10\x72"));
    assert_int_equal(registers.rflags, 0x297); // CF PF AF SF
    assert_true(RUN("\x80\x53\x10\x00"));      // adc byte [rbx + 10h], 0
    assert_int_equal(contents[0x10], 0x72);
    assert_true(RUN("\xF7\x43\x10\x00\x00\x00\x80")); // test dword [rbx + 10h], 80000000h
    assert_int_equal(registers.rflags & 0x80, 0x80);
    registers.rflags = 0x10246; // RF and IF are not the instruction's
    assert_true(RUN("\x8B\x43\x10"));
    assert_int_equal(registers.rflags, 0x10246);
}

static void test_sse(void **state)
{
    (void)state;
    registers.rbx = DEVICE;
    memset(fxsave + 160 + 16 * 9, 0x5A, 16);
    assert_true(RUN("\xF3\x0F\x6F\x5B\x10")); // movdqu xmm3, [rbx + 10h]
    saw(0, false, 0x10, 8, UINT64_C(0xA29B948D867F7871));
    saw(1, false, 0x18, 8, UINT64_C(0xDAD3CCC5BEB7B0A9));
    assert_memory_equal(fxsave + 160 + 16 * 3, contents + 0x10, 16);
    assert_true(RUN("\x44\x0F\x11\x4B\x20")); // movups [rbx + 20h], xmm9
    saw(2, true, 0x20, 8, UINT64_C(0x5A5A5A5A5A5A5A5A));
    saw(3, true, 0x28, 8, UINT64_C(0x5A5A5A5A5A5A5A5A));
    assert_true(RUN("\xF2\x0F\x10\x4B\x10")); // movsd xmm1, [rbx + 10h]: no string
    saw(4, false, 0x10, 8, UINT64_C(0xA29B948D867F7871));
    assert_int_equal(fxsave[24], 0x80);
    assert_int_equal(fxsave[25], 0x1F);
}

// rsi and rdi, a device's or not; rcx.
static void test_strings(void **state)
{
    (void)state;
    registers.rsi = DEVICE + 0x10;
    registers.rdi = (uint64_t)memory;
    registers.rcx = 3;
    assert_true(RUN("\xF3\xA5")); // rep movsd
    assert_int_equal(registers.rcx, 0);
    assert_int_equal(registers.rsi, DEVICE + 0x1C);
    assert_memory_equal(memory, contents + 0x10, 12);
    saw(2, false, 0x18, 4, 0xBEB7B0A9);
    seen_count = 0;
    registers.rdi = DEVICE + 0xFFE;
    registers.rax = 0x1234;
    registers.rcx = 2;
    assert_true(RUN("\xF3\x66\xAB")); // rep stosw
    saw(0, true, 0xFFE, 2, 0x1234);
    saw(1, true, 0x1000, 2, 0x1234);
    registers.rflags |= 0x400;
    registers.rsi = DEVICE + 8;
    registers.rax = UINT64_MAX;
    assert_true(RUN("\xAC")); // lodsb, backwards
    assert_int_equal(registers.rsi, DEVICE + 7);
    assert_int_equal(registers.rax, UINT64_C(0xFFFFFFFFFFFFFF39));
}

static void test_long_string(void **state)
{
    (void)state;
    static const char code[] = "\xF3\xAA"; // rep stosb
    registers.rdi = DEVICE;
    registers.rax = 0;
    registers.rcx = 300;
    assert_true(run(code, 2));
    assert_int_equal(registers.rip, (uint64_t)code); // so that an interrupt may come
    assert_int_equal(registers.rcx, 300 - 256);
    assert_true(run(code, 2));
    assert_int_equal(registers.rip, (uint64_t)code + 2);
    assert_int_equal(seen_count, 300);
}

// As far as it is a device's: the rest is the processor's.
static void test_string_ends(void **state)
{
    (void)state;
    static const char code[] = "\xF3\xA4"; // rep movsb
    registers.rsi = DEVICE + sizeof contents - 2;
    registers.rdi = (uint64_t)memory;
    registers.rcx = 5;
    assert_true(run(code, 2));
    assert_int_equal(registers.rip, (uint64_t)code);
    assert_int_equal(registers.rcx, 3);
    assert_false(run(code, 2));
    assert_int_equal(registers.rcx, 3);
}

static void test_across_pages(void **state)
{
    (void)state;
    registers.rbx = DEVICE + 0xFFD;
    assert_true(RUN("\x48\x8B\x03")); // mov rax, [rbx]
    saw(0, false, 0xFFD, 3, contents[0xFFD] | contents[0xFFE] << 8 | contents[0xFFF] << 16);
    saw(1, false, 0x1000, 5, seen[1].value);
    assert_memory_equal(&registers.rax, contents + 0xFFD, 8);
    registers.rbx = DEVICE + sizeof contents - 4;
    assert_false(RUN("\x48\x8B\x03")); // half of it is nowhere
}

static void test_read_only(void **state)
{
    (void)state;
    read_only = true;
    registers.rbx = DEVICE;
    assert_true(RUN("\x8B\x03"));
    assert_false(RUN("\x89\x03"));
    assert_false(RUN("\xFF\x03")); // inc dword [rbx]
    assert_int_equal(seen_count, 1);
}

static void test_refused(void **state)
{
    (void)state;
    registers.rbx = DEVICE;
    const KM_REGISTERS before = registers;
    assert_false(RUN("\xFF\x33"));         // push qword [rbx]
    assert_false(RUN("\xFF\x13"));         // call [rbx]
    assert_false(RUN("\xF7\x33"));         // div dword [rbx]
    assert_false(RUN("\x0F\xA3\x0B"));     // bt [rbx], ecx
    assert_false(RUN("\xC5\xFE\x6F\x03")); // vmovdqu ymm0, [rbx]
    assert_false(RUN("\x0F\xAE\x03"));     // fxsave [rbx]
    assert_false(RUN("\x0F\x0B"));         // ud2
    assert_false(run("\x8B\x43", 2));      // cut off
    assert_false(run("\x8B\x43", 0));
    assert_int_equal(seen_count, 0);
    registers.rip = before.rip;
    assert_memory_equal(&registers, &before, sizeof before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_loads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_register, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_stores, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_modify_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_flags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sse, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_strings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_string, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_string_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_across_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_read_only, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
