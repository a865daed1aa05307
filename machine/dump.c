// SPDX-License-Identifier: MIT
// The system's memory as an ELF core file: what debuggers open, and what is searched for signatures, for each
// run of pages is one piece of it.
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "machine/machine-private.h"

// Pages that follow each other and can be read alike.
struct run {
    uint64_t address, bytes;
    uint32_t protection;
};

struct runs {
    struct run *items;
    size_t count, capacity;
};

// A device's memory is not read: that may change it.
static bool is_dumped(const struct km_machine *machine, uint64_t address, uint32_t protection)
{
    const uint64_t physical = km_memory_physical(&machine->memory, address);
    return physical == KM_PHYSICAL_NONE ? (protection & KM_PROTECT_READ) != 0
                                        : physical < machine->memory.ram_bytes;
}

static bool add_page(struct runs *runs, uint64_t address, uint32_t protection)
{
    struct run *last = runs->count != 0 ? &runs->items[runs->count - 1] : NULL;
    if (last != NULL && last->address + last->bytes == address && last->protection == protection) {
        last->bytes += KM_PAGE_SIZE;
        return true;
    }
    if (runs->count == runs->capacity) {
        const size_t capacity = runs->capacity * 2 + 64;
        struct run *items = realloc(runs->items, capacity * sizeof *items);
        if (items == NULL) {
            return false;
        }
        runs->items = items;
        runs->capacity = capacity;
    }
    runs->items[runs->count++] = (struct run){address, KM_PAGE_SIZE, protection};
    return true;
}

static bool find_runs(const struct km_machine *machine, struct runs *runs)
{
    for (uint64_t address = KM_SYSTEM_RANGE_START;
         (address = km_memory_next(&machine->memory, address)) != KM_PHYSICAL_NONE; address += KM_PAGE_SIZE) {
        const uint32_t protection = km_memory_query(&machine->memory, address);
        if (is_dumped(machine, address, protection) && !add_page(runs, address, protection)) {
            errno = ENOMEM;
            return false;
        }
    }
    if (runs->count >= PN_XNUM) {
        errno = EFBIG;
        return false;
    }
    return true;
}

static bool write_headers(const struct runs *runs, FILE *file)
{
    const Elf64_Ehdr header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_CORE,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof header,
        .e_ehsize = sizeof header,
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = (Elf64_Half)runs->count,
    };
    const uint64_t end = sizeof header + runs->count * sizeof(Elf64_Phdr);
    uint64_t offset = (end + KM_PAGE_SIZE - 1) & ~(KM_PAGE_SIZE - 1);
    if (fwrite(&header, sizeof header, 1, file) != 1) {
        return false;
    }
    for (size_t i = 0; i < runs->count; i++) {
        const struct run *run = &runs->items[i];
        const Elf64_Phdr segment = {
            .p_type = PT_LOAD,
            .p_flags = (run->protection & KM_PROTECT_READ ? PF_R : 0u) |
                       (run->protection & KM_PROTECT_WRITE ? PF_W : 0u) |
                       (run->protection & KM_PROTECT_EXECUTE ? PF_X : 0u),
            .p_offset = offset,
            .p_vaddr = run->address,
            .p_filesz = run->bytes,
            .p_memsz = run->bytes,
            .p_align = KM_PAGE_SIZE,
        };
        if (fwrite(&segment, sizeof segment, 1, file) != 1) {
            return false;
        }
        offset += run->bytes;
    }
    return fseeko(file, (off_t)((end + KM_PAGE_SIZE - 1) & ~(KM_PAGE_SIZE - 1)), SEEK_SET) == 0;
}

// RAM is read where it is, for not every page of it can be read where it is mapped.
static bool write_pages(const struct km_machine *machine, const uint8_t *ram, const struct run *run,
                        FILE *file)
{
    for (uint64_t address = run->address; address < run->address + run->bytes; address += KM_PAGE_SIZE) {
        const uint64_t physical = km_memory_physical(&machine->memory, address);
        const void *page = physical == KM_PHYSICAL_NONE ? (const void *)address : ram + physical;
        if (fwrite(page, KM_PAGE_SIZE, 1, file) != 1) {
            return false;
        }
    }
    return true;
}

enum km_result km_machine_dump(km_machine *machine, const char *path)
{
    struct runs runs = {0};
    FILE *file = NULL;
    void *ram =
        mmap(NULL, machine->memory.ram_bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, machine->memory.ram, 0);
    bool done = ram != MAP_FAILED && find_runs(machine, &runs) && (file = fopen(path, "wbe")) != NULL &&
                write_headers(&runs, file);
    for (size_t i = 0; i < runs.count && done; i++) {
        done = write_pages(machine, ram, &runs.items[i], file);
    }
    if (file != NULL && fclose(file) != 0) {
        done = false;
    }
    if (!done) {
        km_set_problem(machine, "%s: the dump cannot be written: %s", path, strerror(errno));
    }
    if (ram != MAP_FAILED) {
        munmap(ram, machine->memory.ram_bytes);
    }
    free(runs.items);
    return done ? KM_OK : KM_FAILED;
}
