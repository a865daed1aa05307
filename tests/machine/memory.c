// SPDX-License-Identifier: MIT
// RAM and page tables: by hand at the edges, and against a model of one byte a page.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/memory.h"

#define BASE    UINT64_C(0x480000000000)
#define PAGE    KM_PAGE_SIZE
#define AT(n)   (BASE + (n) * PAGE)
#define READ    KM_PROTECT_READ
#define WRITE   (KM_PROTECT_READ | KM_PROTECT_WRITE)
#define EXECUTE (KM_PROTECT_READ | KM_PROTECT_EXECUTE)

enum { WINDOW_PAGES = 64 };
#define RAM_BYTES (64 * PAGE)

static struct km_memory memory;

static int set_up(void **state)
{
    (void)state;
    return km_memory_init(&memory, RAM_BYTES) ? 0 : 1;
}

static int tear_down(void **state)
{
    (void)state;
    km_memory_deinit(&memory);
    // Everything went back to Linux: the place is free again.
    void *again =
        mmap((void *)BASE, 64 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(again, (void *)BASE);
    munmap(again, 64 * PAGE);
    return 0;
}

struct range {
    uint64_t start, end;
    uint32_t protection;
};

// What is mapped in the window, neighbours of one protection as one range.
static size_t list_ranges(struct range *ranges)
{
    size_t count = 0;
    for (uint64_t at = BASE; at < AT(WINDOW_PAGES); at += PAGE) {
        uint32_t protection = km_memory_query(&memory, at);
        if (protection == 0) {
            continue;
        }
        protection &= ~KM_PROTECT_MAPPED;
        if (count != 0 && ranges[count - 1].end == at && ranges[count - 1].protection == protection) {
            ranges[count - 1].end += PAGE;
        } else {
            ranges[count++] = (struct range){at, at + PAGE, protection};
        }
    }
    return count;
}

static void assert_ranges(size_t count, const struct range *expected)
{
    struct range found[WINDOW_PAGES];
    assert_int_equal(list_ranges(found), count);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(found[i].start, expected[i].start);
        assert_int_equal(found[i].end, expected[i].end);
        assert_int_equal(found[i].protection, expected[i].protection);
    }
}

static void assert_nothing_mapped(void)
{
    struct range found[WINDOW_PAGES];
    assert_int_equal(list_ranges(found), 0);
}

#define ASSERT_RANGES(...)                                                                                   \
    do {                                                                                                     \
        const struct range expected_[] = {__VA_ARGS__};                                                      \
        assert_ranges(sizeof expected_ / sizeof *expected_, expected_);                                      \
    } while (0)

static void test_maps_zeroed_memory(void **state)
{
    (void)state;
    static const uint8_t zeros[2 * PAGE];
    assert_true(km_memory_map(&memory, AT(1), 2 * PAGE, WRITE));
    assert_memory_equal((void *)AT(1), zeros, sizeof zeros);
    memset((void *)AT(1), 0xA5, sizeof zeros);
    km_memory_unmap(&memory, AT(1), 2 * PAGE);
    assert_true(km_memory_map(&memory, AT(1), 2 * PAGE, WRITE));
    assert_memory_equal((void *)AT(1), zeros, sizeof zeros);
}

static void test_refuses_what_is_no_range(void **state)
{
    static const struct {
        uint64_t address, bytes;
    } bad[] = {
        {AT(0) + 1, PAGE},
        {AT(0), PAGE + 1},
        {AT(0), 0},
        {KM_SYSTEM_RANGE_START - PAGE, PAGE},
        {KM_SYSTEM_RANGE_START - PAGE, 2 * PAGE},
        {KM_USER_RANGE_END - PAGE, 2 * PAGE},
        {KM_USER_RANGE_START - PAGE, PAGE},
        {0, PAGE},
        {UINT64_C(0x7ffffffff000), PAGE},
        {UINT64_C(0x7fffffffe000), 2 * PAGE},
        {AT(0), UINT64_MAX - AT(0) + 1},
        {AT(0), UINT64_MAX & ~(PAGE - 1)},
        {UINT64_C(0xFFFF800000000000), PAGE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(km_memory_map(&memory, bad[i].address, bad[i].bytes, WRITE));
        assert_false(km_memory_protect(&memory, bad[i].address, bad[i].bytes, READ));
        km_memory_unmap(&memory, bad[i].address, bad[i].bytes);
        assert_nothing_mapped();
    }
}

static void test_refuses_occupied_pages(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(4), 4 * PAGE, WRITE));
    assert_false(km_memory_map(&memory, AT(4), 4 * PAGE, WRITE));
    assert_false(km_memory_map(&memory, AT(3), 2 * PAGE, WRITE));
    assert_false(km_memory_map(&memory, AT(7), 2 * PAGE, WRITE));
    assert_false(km_memory_map(&memory, AT(0), 16 * PAGE, WRITE));
    ASSERT_RANGES({AT(4), AT(8), WRITE});
}

static void test_refuses_memory_that_is_linuxs(void **state)
{
    (void)state;
    void *foreign =
        mmap((void *)AT(5), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(foreign, (void *)AT(5));
    assert_false(km_memory_map(&memory, AT(4), 4 * PAGE, WRITE));
    assert_nothing_mapped();
    assert_int_equal(munmap(foreign, PAGE), 0);
}

static void test_neighbours_of_one_protection_join(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(0), PAGE, WRITE));
    assert_true(km_memory_map(&memory, AT(2), PAGE, WRITE));
    ASSERT_RANGES({AT(0), AT(1), WRITE}, {AT(2), AT(3), WRITE});
    assert_true(km_memory_map(&memory, AT(1), PAGE, WRITE));
    ASSERT_RANGES({AT(0), AT(3), WRITE});
    assert_true(km_memory_map(&memory, AT(3), PAGE, READ));
    ASSERT_RANGES({AT(0), AT(3), WRITE}, {AT(3), AT(4), READ});
}

static void test_unmap_splits(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(0), 8 * PAGE, WRITE));
    km_memory_unmap(&memory, AT(3), 2 * PAGE);
    ASSERT_RANGES({AT(0), AT(3), WRITE}, {AT(5), AT(8), WRITE});
    km_memory_unmap(&memory, AT(3), 2 * PAGE); // nothing there: nothing happens
    ASSERT_RANGES({AT(0), AT(3), WRITE}, {AT(5), AT(8), WRITE});
    km_memory_unmap(&memory, AT(2), 4 * PAGE);
    ASSERT_RANGES({AT(0), AT(2), WRITE}, {AT(6), AT(8), WRITE});
}

static void test_protect_splits_and_joins(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(0), 8 * PAGE, WRITE));
    assert_true(km_memory_protect(&memory, AT(2), 2 * PAGE, EXECUTE));
    ASSERT_RANGES({AT(0), AT(2), WRITE}, {AT(2), AT(4), EXECUTE}, {AT(4), AT(8), WRITE});
    assert_true(km_memory_protect(&memory, AT(1), 5 * PAGE, READ));
    ASSERT_RANGES({AT(0), AT(1), WRITE}, {AT(1), AT(6), READ}, {AT(6), AT(8), WRITE});
    assert_true(km_memory_protect(&memory, AT(1), 5 * PAGE, WRITE));
    ASSERT_RANGES({AT(0), AT(8), WRITE});
}

static void test_protect_needs_the_whole_range(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(0), 2 * PAGE, WRITE));
    assert_true(km_memory_map(&memory, AT(3), 2 * PAGE, WRITE));
    assert_false(km_memory_protect(&memory, AT(0), 5 * PAGE, READ));
    assert_false(km_memory_protect(&memory, AT(2), PAGE, READ));
    assert_false(km_memory_protect(&memory, AT(4), 2 * PAGE, READ));
    ASSERT_RANGES({AT(0), AT(2), WRITE}, {AT(3), AT(5), WRITE});
}

static void test_allows_asks_for_every_byte(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(0), 2 * PAGE, WRITE));
    assert_true(km_memory_map(&memory, AT(2), PAGE, READ));
    assert_true(km_memory_allows(&memory, AT(0), 3 * PAGE, READ));
    assert_true(km_memory_allows(&memory, AT(0) + 1, 2 * PAGE - 1, WRITE));
    assert_false(km_memory_allows(&memory, AT(0) + 1, 2 * PAGE, WRITE));
    assert_false(km_memory_allows(&memory, AT(2), PAGE + 1, READ));
    assert_false(km_memory_allows(&memory, AT(0) - 1, 1, READ));
    assert_false(km_memory_allows(&memory, UINT64_MAX, 2, READ));
    assert_false(km_memory_allows(&memory, AT(0), PAGE, EXECUTE));
}

static void test_query_knows_the_edges(void **state)
{
    (void)state;
    assert_true(km_memory_map(&memory, AT(1), PAGE, READ));
    assert_int_equal(km_memory_query(&memory, AT(1) - 1), 0);
    assert_int_equal(km_memory_query(&memory, AT(1)), READ | KM_PROTECT_MAPPED);
    assert_int_equal(km_memory_query(&memory, AT(2) - 1), READ | KM_PROTECT_MAPPED);
    assert_int_equal(km_memory_query(&memory, AT(2)), 0);
    assert_true(km_memory_next(&memory, 0) == AT(1));
    assert_true(km_memory_next(&memory, AT(1) + 1) == AT(1));
    assert_true(km_memory_next(&memory, AT(2)) == KM_PHYSICAL_NONE);
    assert_int_equal(km_memory_query(&memory, 0), 0);
    assert_int_equal(km_memory_query(&memory, UINT64_MAX), 0);
}

static void test_ram_is_seen_at_every_place_it_is_mapped_at(void **state)
{
    (void)state;
    assert_true(km_memory_map_physical(&memory, AT(0), 2 * PAGE, 4 * PAGE, WRITE));
    assert_true(km_memory_map_physical(&memory, AT(8), PAGE, 5 * PAGE, READ));
    memset((void *)AT(1), 0x5A, PAGE);
    assert_memory_equal((void *)AT(1), (void *)AT(8), PAGE);
    assert_int_equal(km_memory_physical(&memory, AT(0) + 17), 4 * PAGE);
    assert_int_equal(km_memory_physical(&memory, AT(8)), 5 * PAGE);
    assert_int_equal(km_memory_physical(&memory, AT(9)), KM_PHYSICAL_NONE);
    assert_true(km_memory_map(&memory, AT(9), PAGE, READ));
    assert_int_equal(km_memory_physical(&memory, AT(9)), KM_PHYSICAL_NONE);
}

static void test_ram_keeps_what_it_holds_until_it_is_released(void **state)
{
    (void)state;
    static const uint8_t zeros[PAGE];
    assert_true(km_memory_map_physical(&memory, AT(0), PAGE, 0, WRITE));
    memset((void *)AT(0), 1, PAGE);
    km_memory_unmap(&memory, AT(0), PAGE);
    assert_true(km_memory_map_physical(&memory, AT(3), PAGE, 0, WRITE));
    assert_int_equal(*(uint8_t *)AT(3), 1);
    km_memory_unmap(&memory, AT(3), PAGE);
    km_memory_release(&memory, 0, PAGE);
    assert_true(km_memory_map_physical(&memory, AT(4), PAGE, 0, WRITE));
    assert_memory_equal((void *)AT(4), zeros, PAGE);
}

static void test_refuses_ram_that_there_is_not(void **state)
{
    (void)state;
    assert_false(km_memory_map_physical(&memory, AT(0), PAGE, RAM_BYTES, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(0), 2 * PAGE, RAM_BYTES - PAGE, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(0), PAGE, 1, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(0), PAGE, KM_PHYSICAL_NONE & ~(PAGE - 1), WRITE));
    assert_nothing_mapped();
}

static void test_user_range_maps_too(void **state)
{
    (void)state;
    const uint64_t address = UINT64_C(0x100000000);
    assert_true(km_memory_map_physical(&memory, address, PAGE, 0, WRITE));
    *(uint32_t *)address = 7;
    assert_int_equal(km_memory_query(&memory, address), WRITE | KM_PROTECT_MAPPED);
}

// ---- against a model

enum { MODEL_PAGES = 40 };
#define UNMAPPED 0xFFu

static uint8_t model[MODEL_PAGES]; // protection of each page, or UNMAPPED

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*state >> 33);
}

static void assert_like_model(void)
{
    for (uint32_t page = 0; page < MODEL_PAGES; page++) {
        assert_int_equal(km_memory_query(&memory, AT(page) + 123),
                         model[page] == UNMAPPED ? 0 : model[page] | KM_PROTECT_MAPPED);
    }
}

static bool model_all(uint32_t first, uint32_t count, bool mapped)
{
    for (uint32_t page = first; page < first + count; page++) {
        if ((model[page] != UNMAPPED) != mapped) {
            return false;
        }
    }
    return true;
}

static void one_random_step(uint64_t *random)
{
    static const uint8_t protections[] = {READ, WRITE, EXECUTE, READ | WRITE | EXECUTE};
    uint32_t first = next_random(random) % MODEL_PAGES;
    uint32_t count = 1 + next_random(random) % (MODEL_PAGES - first);
    uint8_t protection = protections[next_random(random) % 4];
    if (count > 6 && next_random(random) % 4 != 0) {
        count = 1 + count % 6; // short ranges meet the edges more often
    }
    bool done;
    switch (next_random(random) % 3) {
    case 0:
        done = km_memory_map(&memory, AT(first), count * PAGE, protection);
        assert_int_equal(done, model_all(first, count, false));
        break;
    case 1:
        done = km_memory_protect(&memory, AT(first), count * PAGE, protection);
        assert_int_equal(done, model_all(first, count, true));
        break;
    default:
        km_memory_unmap(&memory, AT(first), count * PAGE);
        memset(model + first, UNMAPPED, count);
        return;
    }
    if (done) {
        memset(model + first, protection, count);
    }
    bool allowed = true;
    for (uint32_t page = first; page < first + count; page++) {
        allowed = allowed && model[page] != UNMAPPED && (model[page] & protection) == protection;
    }
    assert_int_equal(km_memory_allows(&memory, AT(first), count * PAGE, protection), allowed);
}

static void test_does_what_the_model_does(void **state)
{
    enum { SEEDS = 200, STEPS = 200 };
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        uint64_t random = seed;
        km_memory_deinit(&memory);
        assert_true(km_memory_init(&memory, RAM_BYTES));
        memset(model, UNMAPPED, sizeof model);
        for (int step = 0; step < STEPS; step++) {
            one_random_step(&random);
            assert_like_model();
        }
    }
}

// The table may be right and Linux's mappings not: compare the two.
static void test_linux_agrees(void **state)
{
    (void)state;
    uint64_t random = 7331;
    memset(model, UNMAPPED, sizeof model);
    for (int step = 0; step < 300; step++) {
        one_random_step(&random);
    }
    uint8_t linuxs[MODEL_PAGES];
    memset(linuxs, UNMAPPED, sizeof linuxs);
    FILE *maps = fopen("/proc/self/maps", "r");
    assert_non_null(maps);
    unsigned long start, end;
    char permissions[8], line[512];
    while (fgets(line, sizeof line, maps) != NULL &&
           sscanf(line, "%lx-%lx %7s", &start, &end, permissions) == 3) {
        for (uint64_t address = start; address < end && start >= BASE && end <= AT(MODEL_PAGES);
             address += PAGE) {
            linuxs[(address - BASE) / PAGE] = (uint8_t)((permissions[0] == 'r' ? KM_PROTECT_READ : 0) |
                                                        (permissions[1] == 'w' ? KM_PROTECT_WRITE : 0) |
                                                        (permissions[2] == 'x' ? KM_PROTECT_EXECUTE : 0));
        }
    }
    fclose(maps);
    assert_memory_equal(linuxs, model, sizeof model);
}

// ---- Memory of devices

#define DEVICE (UINT64_C(1) << 40) // four pages, the first of which traps

static struct device {
    int file;
    uint64_t moved; // pages that its contents have moved in the file
    bool gone, all_trap;
} device;

static bool find_device(void *context, uint64_t physical, int *file, uint64_t *offset)
{
    const struct device *found = context;
    if (found->gone || physical - DEVICE >= 4 * PAGE) {
        return false;
    }
    *file = found->file;
    *offset =
        found->all_trap || physical == DEVICE ? KM_MEMORY_TRAPS : physical - DEVICE + found->moved * PAGE;
    return true;
}

static const struct km_memory_devices devices = {.context = &device, .find = find_device};

static void plug_device(void)
{
    device = (struct device){.file = memfd_create("device", 0)};
    assert_true(device.file >= 0);
    assert_int_equal(ftruncate(device.file, 8 * PAGE), 0);
    memory.devices = &devices;
}

static uint32_t word_of_file(uint64_t offset)
{
    uint32_t word = 0;
    assert_int_equal(pread(device.file, &word, sizeof word, (off_t)offset), sizeof word);
    return word;
}

// Whether Linux lets the process read there.
static bool is_readable(uint64_t address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const bool readable = write(ends[1], (const void *)address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return readable;
}

static void test_devices(void **state)
{
    (void)state;
    assert_false(km_memory_map_physical(&memory, AT(0), PAGE, DEVICE, WRITE)); // there is none yet
    plug_device();
    assert_false(km_memory_map_physical(&memory, AT(0), PAGE, DEVICE - PAGE, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(0), 2 * PAGE, DEVICE + 3 * PAGE, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(0), 2 * PAGE, RAM_BYTES - PAGE, WRITE));
    assert_true(km_memory_map_physical(&memory, AT(0), 4 * PAGE, DEVICE, WRITE));
    assert_false(km_memory_map_physical(&memory, AT(3), PAGE, DEVICE, WRITE)); // taken
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(km_memory_query(&memory, AT(i)), WRITE | KM_PROTECT_MAPPED);
        assert_int_equal(km_memory_physical(&memory, AT(i)), DEVICE + i * PAGE);
        assert_true(km_memory_is_device(&memory, AT(i)));
        assert_int_equal(km_memory_allows(&memory, AT(i), 8, WRITE), i != 0);
        assert_int_equal(is_readable(AT(i)), i != 0);
    }
    *(volatile uint32_t *)(AT(2) + 8) = 0xCAFE;
    assert_int_equal(word_of_file(2 * PAGE + 8), 0xCAFE);
    assert_false(km_memory_is_device(&memory, AT(4)));
    // Protection: what traps still traps.
    assert_true(km_memory_protect(&memory, AT(0), 4 * PAGE, READ));
    assert_false(is_readable(AT(0)));
    assert_true(is_readable(AT(1)));
    assert_int_equal(km_memory_query(&memory, AT(0)), READ | KM_PROTECT_MAPPED);
    assert_true(km_memory_protect(&memory, AT(0), 4 * PAGE, WRITE));
    km_memory_unmap(&memory, AT(0), 4 * PAGE);
    assert_false(km_memory_is_device(&memory, AT(1)));
    assert_int_equal(memory.device_pages, 0);
    close(device.file);
}

static void test_devices_move(void **state)
{
    (void)state;
    plug_device();
    assert_true(km_memory_map_physical(&memory, AT(0), 4 * PAGE, DEVICE, WRITE));
    assert_true(km_memory_map_physical(&memory, AT(8), PAGE, DEVICE + 3 * PAGE, READ));
    assert_true(km_memory_map_physical(&memory, AT(9), PAGE, 5 * PAGE, WRITE)); // RAM
    *(volatile uint32_t *)AT(3) = 1;
    *(volatile uint32_t *)AT(9) = 2;
    device.moved = 3;
    km_memory_refresh_devices(&memory);
    assert_int_equal(*(volatile uint32_t *)AT(3), 0);
    *(volatile uint32_t *)AT(3) = 3;
    assert_int_equal(word_of_file(6 * PAGE), 3);
    assert_int_equal(*(volatile uint32_t *)AT(8), 3);
    assert_int_equal(*(volatile uint32_t *)AT(9), 2);
    device.all_trap = true;
    km_memory_refresh_devices(&memory);
    assert_false(is_readable(AT(3)));
    assert_false(is_readable(AT(8)));
    assert_true(is_readable(AT(9)));
    device = (struct device){.file = device.file, .gone = true};
    km_memory_refresh_devices(&memory);
    assert_true(km_memory_is_device(&memory, AT(3))); // mapped still, and nobody answers
    assert_false(is_readable(AT(3)));
    device.gone = false;
    km_memory_refresh_devices(&memory);
    assert_false(is_readable(AT(0)));
    assert_int_equal(*(volatile uint32_t *)AT(3), 1);
    assert_int_equal(km_memory_query(&memory, AT(8)), READ | KM_PROTECT_MAPPED);
    close(device.file);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_maps_zeroed_memory),
        TEST(test_refuses_what_is_no_range),
        TEST(test_refuses_occupied_pages),
        TEST(test_refuses_memory_that_is_linuxs),
        TEST(test_neighbours_of_one_protection_join),
        TEST(test_unmap_splits),
        TEST(test_protect_splits_and_joins),
        TEST(test_protect_needs_the_whole_range),
        TEST(test_allows_asks_for_every_byte),
        TEST(test_query_knows_the_edges),
        TEST(test_ram_is_seen_at_every_place_it_is_mapped_at),
        TEST(test_ram_keeps_what_it_holds_until_it_is_released),
        TEST(test_refuses_ram_that_there_is_not),
        TEST(test_user_range_maps_too),
        TEST(test_does_what_the_model_does),
        TEST(test_linux_agrees),
        TEST(test_devices),
        TEST(test_devices_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
