// SPDX-License-Identifier: MIT
// Code that reads KUSER_SHARED_DATA, and which of it is changed to read the view; and the times in the page
// while another thread writes them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "machine/shared-user-data.h"

#define PAGE  UINT64_C(0xFFFFF78000000000)
#define BYTES 48

// 8 bytes of an address in the page, lowest first.
#define AT(low, high) low, high, 0x00, 0x00, 0x80, 0xF7, 0xFF, 0xFF

struct code {
    const char *what;
    size_t constant; // where the address is
    bool changes;
    size_t bytes;
    uint8_t code[BYTES];
};

static const struct code codes[] = {
    {"mov rax, [8]", 2, true, 11, {0x48, 0xA1, AT(0x08, 0), 0xC3}},
    {"mov eax, [26Ch]", 1, true, 10, {0xA1, AT(0x6C, 0x02), 0xC3}},
    {"mov ax, [26Ch]", 2, true, 11, {0x66, 0xA1, AT(0x6C, 0x02), 0xC3}},
    {"mov al, [FFFh]", 1, true, 10, {0xA0, AT(0xFF, 0x0F), 0xC3}},
    {"behind the page", 1, false, 10, {0xA0, AT(0x00, 0x10), 0xC3}},
    {"mov [8], rax", 2, false, 11, {0x48, 0xA3, AT(0x08, 0), 0xC3}},
    {"mov rax, 0; mov rax, [rax + 8]", 2, true, 15, {0x48, 0xB8, AT(0, 0), 0x48, 0x8B, 0x40, 0x08, 0xC3}},
    {"mov r12, 0; mov eax, [r12 + 320h]",
     2,
     true,
     19,
     {0x49, 0xBC, AT(0, 0), 0x41, 0x8B, 0x84, 0x24, 0x20, 0x03, 0x00, 0x00, 0xC3}},
    {"mov r8, 14h; mov rdx, [r8]", 2, true, 14, {0x49, 0xB8, AT(0x14, 0), 0x49, 0x8B, 0x10, 0xC3}},
    {"mov rcx, 8; add rax, [rcx]", 2, true, 14, {0x48, 0xB9, AT(0x08, 0), 0x48, 0x03, 0x01, 0xC3}},
    {"mov rcx, 8; cmp rax, [rcx]", 2, true, 14, {0x48, 0xB9, AT(0x08, 0), 0x48, 0x3B, 0x01, 0xC3}},
    {"mov rcx, 8; jne over; over: mov rax, [rcx]",
     2,
     true,
     16,
     {0x48, 0xB9, AT(0x08, 0), 0x75, 0x00, 0x48, 0x8B, 0x01, 0xC3}},
    {"mov rcx, 8; jmp over; int 3; over: mov rax, [rcx]",
     2,
     true,
     17,
     {0x48, 0xB9, AT(0x08, 0), 0xEB, 0x01, 0xCC, 0x48, 0x8B, 0x01, 0xC3}},
    {"mov rbx, 8; call here; mov rax, [rbx]",
     2,
     true,
     19,
     {0x48, 0xBB, AT(0x08, 0), 0xE8, 0, 0, 0, 0, 0x48, 0x8B, 0x03, 0xC3}},
    {"mov rcx, 8; call here; mov rax, [rcx]",
     2,
     false,
     19,
     {0x48, 0xB9, AT(0x08, 0), 0xE8, 0, 0, 0, 0, 0x48, 0x8B, 0x01, 0xC3}},
    {"mov rcx, 8; mov [rcx], rax", 2, false, 14, {0x48, 0xB9, AT(0x08, 0), 0x48, 0x89, 0x01, 0xC3}},
    {"mov rcx, 8; inc qword [rcx]", 2, false, 14, {0x48, 0xB9, AT(0x08, 0), 0x48, 0xFF, 0x01, 0xC3}},
    {"mov rcx, 0; cmp rax, rcx", 2, false, 14, {0x48, 0xB9, AT(0, 0), 0x48, 0x39, 0xC8, 0xC3}},
    {"mov rcx, 0; sub rcx, 8", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x83, 0xE9, 0x08, 0xC3}},
    {"mov rcx, 0; lea rcx, [rcx + 30h]", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x8D, 0x49, 0x30, 0xC3}},
    {"mov rcx, 0; mov rax, [rdx + rcx]", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x8B, 0x04, 0x0A, 0xC3}},
    {"mov rcx, 0; mov rax, [rcx + rcx]", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x8B, 0x04, 0x09, 0xC3}},
    {"mov rcx, 0; add rcx, [rcx + 8]", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x03, 0x49, 0x08, 0xC3}},
    {"mov rbx, 0; mov bl, [rbx + 8]", 2, false, 14, {0x48, 0xBB, AT(0, 0), 0x8A, 0x5B, 0x08, 0xC3}},
    {"mov rbx, 0; mov bh, [rbx + 8]", 2, false, 14, {0x48, 0xBB, AT(0, 0), 0x8A, 0x7B, 0x08, 0xC3}},
    {"mov rbx, 0; movzx ebx, byte [rbx + 8]",
     2,
     true,
     15,
     {0x48, 0xBB, AT(0, 0), 0x0F, 0xB6, 0x5B, 0x08, 0xC3}},
    {"mov rcx, 0; mov [rsp], rcx", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0x48, 0x89, 0x0C, 0x24, 0xC3}},
    {"mov rcx, 0; xor ecx, ecx; mov rax, [rcx]",
     2,
     false,
     16,
     {0x48, 0xB9, AT(0, 0), 0x31, 0xC9, 0x48, 0x8B, 0x01, 0xC3}},
    {"mov rcx, 0; ret; mov rax, [rcx]", 2, false, 14, {0x48, 0xB9, AT(0, 0), 0xC3, 0x48, 0x8B, 0x01}},
    {"mov rcx, 0; jmp out", 2, false, 12, {0x48, 0xB9, AT(0, 0), 0xEB, 0x70}},
    {"mov rcx, 0; jmp before", 2, false, 12, {0x48, 0xB9, AT(0, 0), 0xEB, 0x80}},
    {"mov rcx, 0; jmp to itself", 2, false, 12, {0x48, 0xB9, AT(0, 0), 0xEB, 0xFE}},
    {"mov rcx, 0; jmp rax", 2, false, 15, {0x48, 0xB9, AT(0, 0), 0xFF, 0xE0, 0x48, 0x8B, 0x01}},
    {"mov rcx, 0; what is no instruction", 2, false, 12, {0x48, 0xB9, AT(0, 0), 0x06, 0x06}},
    {"mov rcx, 0; and the end", 2, false, 10, {0x48, 0xB9, AT(0, 0)}},
    {"mov rcx, 0; half an instruction", 2, false, 12, {0x48, 0xB9, AT(0, 0), 0x48, 0x8B}},
    {"data", 1, false, 11, {0x90, AT(0x08, 0), 0x48, 0x8B}},
    {"data at the start", 0, false, 8, {AT(0x08, 0)}},
};

static void test_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        const struct code *each = &codes[i];
        uint8_t code[BYTES];
        memcpy(code, each->code, sizeof code);
        const size_t changed = km_shared_user_data_redirect(code, each->bytes);
        uint64_t before, after;
        memcpy(&before, each->code + each->constant, sizeof before);
        memcpy(&after, code + each->constant, sizeof after);
        if (changed != each->changes ||
            after != (each->changes ? before - PAGE + KM_SHARED_USER_DATA_VIEW : before)) {
            fail_msg("%s: %zu changed, 0x%llx", each->what, changed, (unsigned long long)after);
        }
        // Nothing else has.
        memcpy(code + each->constant, &before, sizeof before);
        assert_memory_equal(code, each->code, sizeof code);
    }
}

// Several in one piece; what has been cut at its end is none.
static void test_several(void **state)
{
    (void)state;
    uint8_t code[] = {0x48,        0xA1, AT(0x08, 0), 0x48, 0xB9, AT(0, 0), 0x48, 0x39, 0xC8, 0x48, 0xA1,
                      AT(0x14, 0), 0xC3, 0x48,        0xA1, 0x08, 0x00,     0x00, 0x00, 0x80, 0xF7, 0xFF};
    assert_int_equal(km_shared_user_data_redirect(code, sizeof code), 2);
    assert_int_equal(km_shared_user_data_redirect(code, sizeof code), 0);
    assert_int_equal(km_shared_user_data_redirect(code, 0), 0);
    assert_int_equal(km_shared_user_data_redirect(code, 1), 0);
}

static void test_addresses(void **state)
{
    (void)state;
    assert_int_equal(km_shared_user_data_address(KM_SHARED_USER_DATA_VIEW), PAGE);
    assert_int_equal(km_shared_user_data_address(KM_SHARED_USER_DATA_VIEW + 0xFFF), PAGE + 0xFFF);
    assert_int_equal(km_shared_user_data_address(KM_SHARED_USER_DATA_VIEW - 1), KM_SHARED_USER_DATA_VIEW - 1);
    assert_int_equal(km_shared_user_data_address(KM_SHARED_USER_DATA_VIEW + 0x1000),
                     KM_SHARED_USER_DATA_VIEW + 0x1000);
    assert_int_equal(km_shared_user_data_address(PAGE + 8), PAGE + 8);
}

// ---- The times

#define STEP   (UINT64_C(156250) * 3000 + 7) // carries into the high words every ninth time, of ticks never
#define WRITES 200000

static const size_t offsets[] = {0x008, 0x014, 0x320};

static volatile bool written;

static void *write_times(void *context)
{
    (void)context;
    for (uint64_t i = 1; i <= WRITES; i++) {
        km_shared_user_data_write(i * STEP + UINT64_C(0xFFFFFF00), i * STEP);
    }
    written = true;
    return NULL;
}

static uint64_t read_at_once(size_t offset)
{
    typedef volatile uint64_t __attribute__((aligned(4))) quadword;
    return *(quadword *)(KM_SHARED_USER_DATA_BASE + offset);
}

static uint64_t read_by_words(size_t offset)
{
    const volatile uint32_t *words = (const volatile uint32_t *)(KM_SHARED_USER_DATA_BASE + offset);
    uint32_t low, high;
    do {
        high = words[1];
        low = words[0];
    } while (high != words[2]);
    return (uint64_t)high << 32 | low;
}

// By either reader, none is half an old one and half a new one: it would go back.
static void test_times(void **state)
{
    (void)state;
    pthread_t writer;
    uint64_t seen[3] = {0};
    unsigned back = 0;
    void *page = mmap((void *)KM_SHARED_USER_DATA_BASE, KM_PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(page, (void *)KM_SHARED_USER_DATA_BASE);
    km_shared_user_data_write(UINT64_C(0xFFFFFF00), 0);
    assert_int_equal(pthread_create(&writer, NULL, write_times, NULL), 0);
    while (!written) {
        for (unsigned i = 0; i < 3; i++) {
            const uint64_t once = read_at_once(offsets[i]);
            back += once < seen[i];
            const uint64_t words = read_by_words(offsets[i]);
            back += words < once;
            seen[i] = words;
        }
        // Whoever sees a time of the one sees that of the other.
        const uint64_t interrupt = read_at_once(0x008);
        back += read_at_once(0x014) < interrupt + UINT64_C(0xFFFFFF00);
    }
    pthread_join(writer, NULL);
    assert_int_equal(back, 0);
    assert_int_equal(read_at_once(0x008), WRITES * STEP);
    assert_int_equal(read_by_words(0x014), WRITES * STEP + UINT64_C(0xFFFFFF00));
    assert_int_equal(read_by_words(0x320), WRITES * STEP / 156250);
    munmap(page, KM_PAGE_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_several),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
