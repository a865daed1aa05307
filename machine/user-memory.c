// SPDX-License-Identifier: MIT
// User memory, from outside: allocated and freed by system calls, read and written by way of RAM, for the
// pages of a process are there for Linux only while a processor is in it.
#include "machine/process.h"

#include <string.h>
#include <sys/mman.h>

#define CURRENT_PROCESS (~UINT64_C(0))
#define MEM_COMMIT      0x1000u
#define MEM_RESERVE     0x2000u
#define MEM_RELEASE     0x8000u
#define PAGE_READWRITE  4u

// All of RAM, mapped once more for the machine alone. NULL: Linux has no room.
static uint8_t *window(struct km_machine *machine)
{
    struct km_memory *memory = &machine->memory;
    if (memory->window == NULL) {
        void *mapped =
            mmap(NULL, memory->ram_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memory->ram, 0);
        memory->window = mapped != MAP_FAILED ? mapped : NULL;
    }
    return memory->window;
}

// The next bytes at address that lie in one page, at most *count, which becomes their number. NULL: they are
// not mapped.
static uint8_t *find(struct km_machine *machine, struct km_memory_cache *cache, uint64_t address,
                     size_t *count)
{
    const uint64_t offset = address % KM_PAGE_SIZE;
    uint8_t *ram = window(machine);
    if (ram == NULL) {
        return NULL;
    }
    const uint64_t physical = km_memory_physical_cached(&machine->memory, cache, address - offset);
    if (physical >= machine->memory.ram_bytes) { // no address, or a device's
        return NULL;
    }
    *count = *count < KM_PAGE_SIZE - offset ? *count : KM_PAGE_SIZE - offset;
    return ram + physical + offset;
}

bool km_user_copy_in(struct km_machine *machine, uint64_t address, const void *bytes, size_t count)
{
    for (size_t done = 0, part; done < count; done += part) {
        part = count - done;
        uint8_t *there = address + done < KM_USER_RANGE_END
                             ? find(machine, &machine->user_cache, address + done, &part)
                             : NULL;
        if (there == NULL) {
            return false;
        }
        memcpy(there, (const uint8_t *)bytes + done, part);
    }
    return true;
}

void *km_user_page(struct km_machine *machine, uint64_t address, size_t count)
{
    size_t part = count;
    uint8_t *there = address < KM_USER_RANGE_END ? find(machine, &machine->user_cache, address, &part) : NULL;
    return part == count ? there : NULL;
}

static bool copy_out(struct km_machine *machine, struct km_memory_cache *cache, uint64_t address, void *bytes,
                     size_t count)
{
    for (size_t done = 0, part; done < count; done += part) {
        part = count - done;
        const uint8_t *there = find(machine, cache, address + done, &part);
        if (there == NULL) {
            return false;
        }
        memcpy((uint8_t *)bytes + done, there, part);
    }
    return true;
}

bool km_user_copy_out(struct km_machine *machine, uint64_t address, void *bytes, size_t count)
{
    return address + count <= KM_USER_RANGE_END &&
           copy_out(machine, &machine->user_cache, address, bytes, count);
}

bool km_memory_copy_out(struct km_machine *machine, uint64_t address, void *bytes, size_t count)
{
    struct km_memory_cache cache = {0};
    return copy_out(machine, &cache, address, bytes, count);
}

// ---- The public calls

enum km_result km_user_alloc(km_thread *thread, size_t bytes, uint32_t protection, uint64_t *address)
{
    struct km_machine *machine = thread->process->machine;
    enum km_result result = km_machine_ready(machine);
    const uint64_t asked[2] = {0, bytes};
    const uint64_t block = thread->area + KM_AREA_STATUS_BLOCK;
    if (result != KM_OK) {
        return result;
    }
    const uint64_t arguments[] = {CURRENT_PROCESS,
                                  block,
                                  0,
                                  block + 8,
                                  MEM_RESERVE | MEM_COMMIT,
                                  protection != 0 ? protection : PAGE_READWRITE};
    uint32_t status;
    if (!km_user_copy_in(machine, block, asked, sizeof asked)) {
        km_set_problem(machine, "thread %llu of %s has lost its memory", (unsigned long long)thread->id,
                       thread->process->image);
        return KM_FAILED;
    }
    result = km_thread_call(thread, KM_SERVICE_NtAllocateVirtualMemory, arguments, 6, &status);
    if (result != KM_OK) {
        return result;
    }
    if (km_is_failure(status)) {
        return km_refused(machine, status, "%zu bytes of user memory", bytes);
    }
    km_user_copy_out(machine, block, address, sizeof *address);
    return KM_OK;
}

enum km_result km_user_free(km_thread *thread, uint64_t address)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t asked[2] = {address, 0};
    const uint64_t block = thread->area + KM_AREA_STATUS_BLOCK;
    const uint64_t arguments[] = {CURRENT_PROCESS, block, block + 8, MEM_RELEASE};
    uint32_t status;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (!km_user_copy_in(machine, block, asked, sizeof asked)) {
        km_set_problem(machine, "thread %llu of %s has lost its memory", (unsigned long long)thread->id,
                       thread->process->image);
        return KM_FAILED;
    }
    result = km_thread_call(thread, KM_SERVICE_NtFreeVirtualMemory, arguments, 4, &status);
    if (result == KM_OK && km_is_failure(status)) {
        return km_refused(machine, status, "user memory at 0x%llX cannot be freed",
                          (unsigned long long)address);
    }
    return result;
}

// Every process has a part of the user range for its own.
static enum km_result check_range(const struct km_process *process, uint64_t address, size_t count)
{
    const uint64_t part = UINT64_C(1) << 36;
    struct km_machine *machine = process->machine;
    const uint64_t own = process->threads->area / part;
    uint64_t end;
    if (__builtin_add_overflow(address, count, &end) || address / part != own ||
        (count != 0 && (end - 1) / part != own)) {
        km_set_problem(machine, "0x%llX, %zu bytes: no memory of %s", (unsigned long long)address, count,
                       process->image);
        return KM_FAILED;
    }
    return KM_OK;
}

static enum km_result not_mapped(struct km_process *process, uint64_t address, size_t count)
{
    km_set_problem(process->machine, "0x%llX, %zu bytes: not all of it is memory of %s",
                   (unsigned long long)address, count, process->image);
    return KM_FAILED;
}

enum km_result km_user_write(km_process *process, uint64_t address, const void *bytes, size_t count)
{
    enum km_result result = km_machine_ready(process->machine);
    result = result == KM_OK ? check_range(process, address, count) : result;
    if (result == KM_OK && !km_user_copy_in(process->machine, address, bytes, count)) {
        return not_mapped(process, address, count);
    }
    return result;
}

enum km_result km_user_read(km_process *process, uint64_t address, void *bytes, size_t count)
{
    enum km_result result = km_machine_ready(process->machine);
    result = result == KM_OK ? check_range(process, address, count) : result;
    if (result == KM_OK && !km_user_copy_out(process->machine, address, bytes, count)) {
        return not_mapped(process, address, count);
    }
    return result;
}
