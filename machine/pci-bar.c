// SPDX-License-Identifier: MIT
// Base address registers: the addresses that firmware gives them, and what answers there.
#include "machine/pci.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "machine/contract.h"

#define FIRST_PORT   UINT64_C(0x1000) // above what the ISA bus decodes
#define END_OF_PORTS UINT64_C(0x10000)

#define FIRST_MEMORY   UINT64_C(0xC0000000)
#define END_OF_MEMORY  UINT64_C(0xFEC00000) // from there on are the interrupt controllers'
#define END_OF_HIGH    (UINT64_C(1) << 52)  // of what x64's page tables can name
#define MEMORY_GRANULE KM_PAGE_SIZE         // no two BARs share a page, so that each can be mapped alone

// Where the next BAR of a kind goes.
struct room {
    uint64_t next, end, granule;
};

static unsigned command_bit(const struct km_pci_bar *bar)
{
    return bar->flags & KM_PCI_BAR_IO ? KM_PCI_COMMAND_IO : KM_PCI_COMMAND_MEMORY;
}

static uint64_t read_register(const struct km_pci_function *function, unsigned number)
{
    uint32_t value;
    memcpy(&value, &function->bytes[KM_PCI_FIRST_BAR + 4 * number], sizeof value);
    return value;
}

uint64_t km_pci_bar_address(const struct km_pci_function *function, unsigned number)
{
    const struct km_pci_bar *bar = &function->bars[number];
    uint64_t address = read_register(function, number);
    if (bar->flags & KM_PCI_BAR_MEMORY64) {
        address |= read_register(function, number + 1) << 32;
    }
    return address & ~(bar->bytes - 1) & ~UINT64_C(3); // the least of a memory BAR clears its four bits
}

bool km_pci_bar_answers(const struct km_pci_function *function, unsigned number)
{
    const struct km_pci_bar *bar = &function->bars[number];
    return bar->bytes != 0 && !function->absent && function->bytes[KM_PCI_COMMAND] & command_bit(bar);
}

// ---- As firmware does at start

// Returns false if there is no room.
static bool place(struct km_pci_function *function, unsigned number, struct room *room)
{
    const struct km_pci_bar *bar = &function->bars[number];
    const uint64_t span = bar->bytes > room->granule ? bar->bytes : room->granule;
    const uint64_t address = (room->next + span - 1) & ~(span - 1);
    if (address < room->next || address >= room->end || span > room->end - address) {
        return false;
    }
    room->next = address + span;
    const uint64_t value = address | bar->flags;
    memcpy(&function->bytes[KM_PCI_FIRST_BAR + 4 * number], &value, bar->flags & KM_PCI_BAR_MEMORY64 ? 8 : 4);
    return true;
}

static struct room *room_for(const struct km_pci_bar *bar, struct room *io, struct room *memory,
                             struct room *high)
{
    return bar->flags & KM_PCI_BAR_IO ? io : bar->flags & KM_PCI_BAR_MEMORY64 ? high : memory;
}

bool km_pci_assign(struct km_pci *pci, uint64_t ram_bytes)
{
    struct room io = {FIRST_PORT, END_OF_PORTS, 1};
    struct room memory = {ram_bytes > FIRST_MEMORY ? ram_bytes : FIRST_MEMORY, END_OF_MEMORY, MEMORY_GRANULE};
    struct room high = {ram_bytes > KM_DEVICE_MEMORY_BASE ? ram_bytes : KM_DEVICE_MEMORY_BASE, END_OF_HIGH,
                        MEMORY_GRANULE};
    if (pci->storage_bytes != 0) {
        pci->storage = memfd_create("kmode-pci", MFD_CLOEXEC);
        pci->has_storage = pci->storage >= 0;
        if (!pci->has_storage || ftruncate(pci->storage, (off_t)pci->storage_bytes) != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < pci->count; i++) {
        struct km_pci_function *function = &pci->functions[i];
        unsigned wanted = 0, lacking = 0;
        for (unsigned number = 0; number < KM_PCI_BARS; number++) {
            const struct km_pci_bar *bar = &function->bars[number];
            if (bar->bytes == 0) {
                continue;
            }
            wanted |= command_bit(bar);
            if (!place(function, number, room_for(bar, &io, &memory, &high))) {
                lacking |= command_bit(bar);
            }
        }
        function->bytes[KM_PCI_COMMAND] |= (uint8_t)(wanted & ~lacking);
        km_pci_reset_table(pci, function);
    }
    return true;
}

// ---- What answers

struct hit {
    struct km_pci_function *function;
    unsigned number;
    uint64_t offset; // from the BAR's first byte
};

// The first BAR of that kind that has the address; answering: only one that answers.
static bool find(const struct km_pci *pci, uint64_t address, bool io, bool answering, struct hit *hit)
{
    for (size_t i = 0; i < pci->count; i++) {
        struct km_pci_function *function = &pci->functions[i];
        for (unsigned number = 0; number < KM_PCI_BARS; number++) {
            const struct km_pci_bar *bar = &function->bars[number];
            if (bar->bytes != 0 && !(bar->flags & KM_PCI_BAR_IO) == !io &&
                (answering ? km_pci_bar_answers(function, number)
                           : !function->absent && km_pci_bar_address(function, number) != 0) &&
                address - km_pci_bar_address(function, number) < bar->bytes) {
                *hit = (struct hit){function, number, address - km_pci_bar_address(function, number)};
                return true;
            }
        }
    }
    return false;
}

bool km_pci_find_page(const struct km_pci *pci, uint64_t physical, uint64_t *storage)
{
    struct hit hit;
    *storage = KM_PCI_NO_STORAGE;
    if (find(pci, physical, false, true, &hit)) {
        const struct km_pci_bar *bar = &hit.function->bars[hit.number];
        if (bar->watch == NULL && !bar->has_table && bar->bytes >= KM_PAGE_SIZE) {
            *storage = bar->storage + hit.offset;
        }
        return true;
    }
    // BARs that are smaller may begin anywhere in it.
    for (uint64_t at = physical; at < physical + KM_PAGE_SIZE; at += 16) {
        if (find(pci, at, false, false, &hit)) {
            return true;
        }
    }
    return false;
}

static uint64_t ones(unsigned bytes)
{
    return UINT64_MAX >> (64 - 8 * bytes);
}

static uint64_t read_bar(const struct km_pci *pci, const struct hit *hit, unsigned bytes)
{
    const struct km_pci_bar *bar = &hit->function->bars[hit->number];
    uint64_t value = 0;
    if (pread(pci->storage, &value, bytes, (off_t)(bar->storage + hit->offset)) != (ssize_t)bytes) {
        value = 0; // of a page that was never written, for which Linux has no memory
    }
    if (bar->watch != NULL) {
        struct km_pci_access access = {
            .bar = hit->number, .bytes = bytes, .offset = hit->offset, .value = value};
        bar->watch(bar->watch_context, hit->function, &access);
        value = access.value & ones(bytes);
    }
    return value;
}

static void write_bar(struct km_pci *pci, const struct hit *hit, unsigned bytes, uint64_t value)
{
    const struct km_pci_bar *bar = &hit->function->bars[hit->number];
    if (bar->watch != NULL) {
        struct km_pci_access access = {
            .is_write = 1, .bar = hit->number, .bytes = bytes, .offset = hit->offset, .value = value};
        bar->watch(bar->watch_context, hit->function, &access);
        value = access.value;
    }
    if (pwrite(pci->storage, &value, bytes, (off_t)(bar->storage + hit->offset)) < 0) {
        return; // Linux has no memory: it is lost, as with a device that does not take it
    }
    pci->table_written = pci->table_written || bar->has_table;
}

// How many bytes of an access at the address one BAR takes; 0: none is there, and it is 1.
static unsigned part(const struct km_pci *pci, uint64_t address, bool io, unsigned bytes, struct hit *hit)
{
    if (!find(pci, address, io, true, hit)) {
        return 0;
    }
    const uint64_t left = hit->function->bars[hit->number].bytes - hit->offset;
    return left < bytes ? (unsigned)left : bytes;
}

static uint64_t read_bus(const struct km_pci *pci, uint64_t address, bool io, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned done = 0, taken; done < bytes; done += taken != 0 ? taken : 1) {
        struct hit hit;
        taken = part(pci, address + done, io, bytes - done, &hit);
        value |= (taken != 0 ? read_bar(pci, &hit, taken) : 0xFF) << 8 * done;
    }
    return value;
}

static void write_bus(struct km_pci *pci, uint64_t address, bool io, unsigned bytes, uint64_t value)
{
    for (unsigned done = 0, taken; done < bytes; done += taken != 0 ? taken : 1) {
        struct hit hit;
        taken = part(pci, address + done, io, bytes - done, &hit);
        if (taken != 0) {
            write_bar(pci, &hit, taken, value >> 8 * done & ones(taken));
        }
    }
}

uint64_t km_pci_read_memory(struct km_pci *pci, uint64_t physical, unsigned bytes)
{
    return read_bus(pci, physical, false, bytes);
}

void km_pci_write_memory(struct km_pci *pci, uint64_t physical, unsigned bytes, uint64_t value)
{
    write_bus(pci, physical, false, bytes, value);
}

uint32_t km_pci_read_port(struct km_pci *pci, uint16_t port, unsigned bytes)
{
    return (uint32_t)read_bus(pci, port, true, bytes);
}

void km_pci_write_port(struct km_pci *pci, uint16_t port, unsigned bytes, uint32_t value)
{
    write_bus(pci, port, true, bytes, value);
}
