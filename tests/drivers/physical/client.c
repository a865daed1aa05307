// SPDX-License-Identifier: MIT
// Reads RAM by physical address: the ranges of it, the caller's own pages, the driver's buffer, and what is
// not there.
#include "tests/drivers/client.h"

#include "tests/drivers/physical/public.h"

#define STATUS_INVALID_ADDRESS UINT32_C(0xC0000141)

static km_file *file;

static void open_file(void)
{
    file = open_device(thread, "\\\\.\\PhysicalReader", 0);
}

static size_t query_ranges(PHYSICAL_RANGE *ranges, size_t room)
{
    struct km_io io;
    OK(km_ioctl(thread, file, IOCTL_PHYSICAL_RANGES, NULL, 0, ranges, (uint32_t)(room * sizeof *ranges),
                &io));
    return io.information / sizeof *ranges;
}

static enum km_result read_from(PHYSICAL_SOURCE source, uint64_t address, void *data, uint32_t bytes,
                                struct km_io *io)
{
    const PHYSICAL_READ read = {.Address = address, .Source = source};
    return km_ioctl(thread, file, IOCTL_PHYSICAL_READ, &read, sizeof read, data, bytes, io);
}

static uint64_t translate(uint64_t address)
{
    uint64_t physical = 0;
    OK(km_ioctl(thread, file, IOCTL_PHYSICAL_TRANSLATE, &address, sizeof address, &physical, sizeof physical,
                NULL));
    return physical;
}

static PHYSICAL_BUFFER query_buffer(void)
{
    PHYSICAL_BUFFER buffer;
    OK(km_ioctl(thread, file, IOCTL_PHYSICAL_BUFFER, NULL, 0, &buffer, sizeof buffer, NULL));
    return buffer;
}

static void test_ranges(void)
{
    PHYSICAL_RANGE ranges[32];
    uint64_t end = 0, bytes = 0;
    struct km_io io;
    open_file();
    const size_t count = query_ranges(ranges, 32);
    assert_in_range(count, 1, 31);
    for (size_t i = 0; i < count; i++) {
        assert_true(ranges[i].Start >= end);
        assert_true(ranges[i].Bytes != 0 && ranges[i].Bytes % 0x1000 == 0 && ranges[i].Start % 0x1000 == 0);
        end = ranges[i].Start + ranges[i].Bytes;
        bytes += ranges[i].Bytes;
    }
    assert_in_range(bytes, UINT64_C(1) << 29, UINT64_C(1) << 30); // 1 GB but for holes
    if (count > 1) {
        REFUSED(km_ioctl(thread, file, IOCTL_PHYSICAL_RANGES, NULL, 0, ranges, sizeof *ranges, &io),
                STATUS_BUFFER_OVERFLOW);
        assert_int_equal(io.information, sizeof *ranges);
    }
    // What is behind the last one is not there; at its end, as much as there is.
    char data[64];
    REFUSED(read_from(PhysicalRam, end, data, sizeof data, &io), STATUS_INVALID_ADDRESS);
    REFUSED(read_from(PhysicalRam, end - 24, data, sizeof data, &io), STATUS_BUFFER_OVERFLOW);
    assert_int_equal(io.information, 24);
    REFUSED(read_from(PhysicalRam, UINT64_C(0xfee00000), data, sizeof data, &io), STATUS_INVALID_ADDRESS);
}

// What the process writes is there, page by page, as it changes.
static void test_own_pages(void)
{
    enum { BYTES = 3 * 0x1000 };
    static unsigned char pattern[BYTES], read[BYTES];
    uint64_t pages[3];
    open_file();
    for (size_t i = 0; i < BYTES; i++) {
        pattern[i] = (unsigned char)(i * 13 + i / 0x1000);
    }
    const uint64_t address = user_memory(process, thread, pattern, BYTES);
    for (size_t i = 0; i < 3; i++) {
        struct km_io io;
        pages[i] = translate(address + i * 0x1000);
        assert_int_equal(translate(address + i * 0x1000 + 0x123), pages[i] + 0x123);
        OK(read_from(PhysicalRam, pages[i], read, 0x1000, &io));
        assert_int_equal(io.information, 0x1000);
        assert_memory_equal(read, pattern + i * 0x1000, 0x1000);
    }
    assert_true(pages[0] != pages[1] && pages[1] != pages[2]);
    OK(km_user_write(process, address + 0x1010, "changed", 7));
    OK(read_from(PhysicalRam, pages[1] + 0x10, read, 7, NULL));
    assert_memory_equal(read, "changed", 7);
    // By virtual address, of the caller's.
    OK(read_from(PhysicalVirtual, address + 0xff0, read, 0x40, NULL));
    assert_memory_equal(read + 0x20, "changed", 7);
    // Other processes' pages are others.
    km_thread *first;
    km_process *other = start_process("other.exe", &first);
    const uint64_t others = user_memory(other, first, "theirs", 6);
    REFUSED(
        km_ioctl(thread, file, IOCTL_PHYSICAL_TRANSLATE, &others, sizeof others, pages, sizeof *pages, NULL),
        STATUS_ACCESS_VIOLATION);
    const uint64_t kernel = query_buffer().Virtual;
    REFUSED(
        km_ioctl(thread, file, IOCTL_PHYSICAL_TRANSLATE, &kernel, sizeof kernel, pages, sizeof *pages, NULL),
        STATUS_ACCESS_VIOLATION);
    OK(km_process_exit(other, 0));
}

static void test_buffer(void)
{
    static unsigned char read[PHYSICAL_BUFFER_BYTES];
    static const PHYSICAL_SOURCE sources[] = {PhysicalRam, PhysicalMapped, PhysicalVirtual};
    open_file();
    const PHYSICAL_BUFFER buffer = query_buffer();
    assert_true(buffer.Physical != 0 && buffer.Physical + PHYSICAL_BUFFER_BYTES <= UINT64_C(1) << 32);
    for (size_t i = 0; i < 3; i++) {
        const uint64_t start = sources[i] == PhysicalVirtual ? buffer.Virtual : buffer.Physical;
        const uint32_t offset = 0xff8; // across pages
        memset(read, 0xEE, sizeof read);
        OK(read_from(sources[i], start, read, sizeof read, NULL));
        for (size_t byte = 0; byte < sizeof read; byte++) {
            assert_int_equal(read[byte], (unsigned char)(byte / 16));
        }
        OK(read_from(sources[i], start + offset, read, 0x20, NULL));
        assert_int_equal(read[0], (unsigned char)(offset / 16));
        assert_int_equal(read[0x1f], (unsigned char)((offset + 0x1f) / 16));
    }
}

// Whatever address is given: an answer, never a bug check.
static void test_nowhere(void)
{
    static const uint64_t nowhere[] = {0,
                                       0x10,
                                       UINT64_C(0x400000000000),
                                       UINT64_C(0x7ffffffff000),
                                       UINT64_C(0x0000800000000000),
                                       UINT64_C(0xfffff80000000000),
                                       UINT64_C(0xfffffffffffffff8)};
    char data[16];
    struct km_io io;
    open_file();
    for (size_t i = 0; i < sizeof nowhere / sizeof *nowhere; i++) {
        REFUSED(read_from(PhysicalVirtual, nowhere[i], data, sizeof data, &io), STATUS_INVALID_ADDRESS);
        assert_int_equal(io.information, 0);
    }
    const uint64_t outside = query_buffer().Physical + PHYSICAL_BUFFER_BYTES - 8;
    REFUSED(read_from(PhysicalMapped, outside, data, sizeof data, NULL), STATUS_INVALID_ADDRESS);
    REFUSED(read_from(PhysicalMapped, outside - 0x4000, data, sizeof data, NULL), STATUS_INVALID_ADDRESS);
    REFUSED(read_from(PhysicalSources, 0, data, sizeof data, NULL), STATUS_INVALID_PARAMETER);
    REFUSED(km_ioctl(thread, file, IOCTL_PHYSICAL_READ, data, 8, data, sizeof data, NULL),
            STATUS_INVALID_PARAMETER);
}

static const struct client_test tests[] = {TEST(test_ranges), TEST(test_own_pages), TEST(test_buffer),
                                           TEST(test_nowhere)};
CLIENT(tests, "physical.sys")
