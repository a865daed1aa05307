// SPDX-License-Identifier: MIT
// An image's entry in the lists of a process environment block: LDR_DATA_TABLE_ENTRY as Windows 11 has it, of
// 64 bits, and of 32 bits in a 32-bit process.
#include "machine/loader-list.h"

#include <stdlib.h>
#include <string.h>

#define MACHINE_I386 0x014Cu

#define ENTRY_IS_DLL     0x00000004u
#define ENTRY_IS_READY   0x00004000u // LDRP_ENTRY_PROCESSED
#define ENTRY_IS_STATIC  0xFFFFu     // load count of what is never unloaded
#define ENTRY_IS_DYNAMIC 4u          // load reason of LoadLibrary's

#define LISTS               3u // of load order, of memory order, of initialization order
#define LARGEST_ENTRY_BYTES 0x138u

// Where things are. An entry begins with its links of the three lists.
static const struct layout {
    uint32_t pointer_bytes;
    uint32_t peb_loader_data, loader_lists;
    uint32_t peb_parameters, parameters_image_path;
    uint32_t linker_base; // in an image's headers
    uint32_t entry_bytes;
    uint32_t base, entry_point, image_bytes, full_name, base_name, flags, load_count, time_stamp;
    uint32_t original_base, load_time, load_reason;
} layouts[] = {
    {
        .pointer_bytes = 8,
        .peb_loader_data = 0x18,
        .loader_lists = 0x10,
        .peb_parameters = 0x20,
        .parameters_image_path = 0x60,
        .linker_base = 0x30,
        .entry_bytes = LARGEST_ENTRY_BYTES,
        .base = 0x30,
        .entry_point = 0x38,
        .image_bytes = 0x40,
        .full_name = 0x48,
        .base_name = 0x58,
        .flags = 0x68,
        .load_count = 0x6C,
        .time_stamp = 0x80,
        .original_base = 0xF8,
        .load_time = 0x100,
        .load_reason = 0x10C,
    },
    {
        .pointer_bytes = 4,
        .peb_loader_data = 0x0C,
        .loader_lists = 0x0C,
        .peb_parameters = 0x10,
        .parameters_image_path = 0x38,
        .linker_base = 0x34,
        .entry_bytes = 0xA8,
        .base = 0x18,
        .entry_point = 0x1C,
        .image_bytes = 0x20,
        .full_name = 0x24,
        .base_name = 0x2C,
        .flags = 0x34,
        .load_count = 0x38,
        .time_stamp = 0x44,
        .original_base = 0x80,
        .load_time = 0x88,
        .load_reason = 0x94,
    },
};

static bool read_pointer(struct km_machine *machine, const struct layout *layout, uint64_t address,
                         uint64_t *pointer)
{
    *pointer = 0;
    return km_user_copy_out(machine, address, pointer, layout->pointer_bytes);
}

static bool write_pointer(struct km_machine *machine, const struct layout *layout, uint64_t address,
                          uint64_t pointer)
{
    return km_user_copy_in(machine, address, &pointer, layout->pointer_bytes);
}

enum km_result km_loader_lost(const struct km_process *process)
{
    km_set_problem(process->machine,
                   "%s has lost its loader's lists: its process environment block is damaged",
                   process->image);
    return KM_FAILED;
}

// ---- Links

// At the end of the list with that head.
static bool link_node(struct km_machine *machine, const struct layout *layout, uint64_t head, uint64_t node)
{
    const uint64_t back = layout->pointer_bytes;
    uint64_t last;
    return read_pointer(machine, layout, head + back, &last) && write_pointer(machine, layout, node, head) &&
           write_pointer(machine, layout, node + back, last) && write_pointer(machine, layout, last, node) &&
           write_pointer(machine, layout, head + back, node);
}

static bool unlink_node(struct km_machine *machine, const struct layout *layout, uint64_t node)
{
    const uint64_t back = layout->pointer_bytes;
    uint64_t next, last;
    if (!read_pointer(machine, layout, node, &next) || !read_pointer(machine, layout, node + back, &last)) {
        return false;
    }
    return next == 0 ||
           (write_pointer(machine, layout, last, next) && write_pointer(machine, layout, next + back, last));
}

bool km_loader_remove(struct km_machine *machine, uint64_t entry, bool is_32bit)
{
    const struct layout *layout = &layouts[is_32bit];
    for (uint32_t i = 0; i < LISTS; i++) {
        if (!unlink_node(machine, layout, entry + (uint64_t)i * 2 * layout->pointer_bytes)) {
            return false;
        }
    }
    return true;
}

// ---- Entries

static void put(uint8_t *entry, uint32_t offset, uint64_t value, uint32_t bytes)
{
    memcpy(entry + offset, &value, bytes);
}

static void put_name(uint8_t *entry, const struct layout *layout, uint32_t offset, uint64_t text,
                     size_t bytes)
{
    put(entry, offset, bytes, 2);
    put(entry, offset + 2, bytes + 2, 2);
    put(entry, offset + layout->pointer_bytes, text, layout->pointer_bytes);
}

// From the headers, which are mapped.
static bool describe(struct km_machine *machine, const struct layout *layout, uint64_t base, uint8_t *entry)
{
    uint32_t offset, entry_point;
    uint64_t linker_base;
    if (!km_user_copy_out(machine, base + 0x3C, &offset, sizeof offset)) {
        return false;
    }
    const uint64_t headers = base + offset;
    if (!km_user_copy_out(machine, headers + 0x08, entry + layout->time_stamp, 4) ||
        !km_user_copy_out(machine, headers + 0x28, &entry_point, sizeof entry_point) ||
        !read_pointer(machine, layout, headers + layout->linker_base, &linker_base) ||
        !km_user_copy_out(machine, headers + 0x50, entry + layout->image_bytes, 4)) {
        return false;
    }
    put(entry, layout->base, base, layout->pointer_bytes);
    put(entry, layout->original_base, linker_base, layout->pointer_bytes);
    put(entry, layout->entry_point, entry_point != 0 ? base + entry_point : 0, layout->pointer_bytes);
    return true;
}

// Links it into the lists of the block; what a process runs is started, not initialized.
static bool link_entry(struct km_process *process, const struct layout *layout, uint64_t entry, bool is_dll)
{
    const uint64_t peb = layout->pointer_bytes == 4 ? process->wow64_peb : process->peb;
    uint64_t data;
    bool linked = read_pointer(process->machine, layout, peb + layout->peb_loader_data, &data);
    for (uint32_t i = 0; i < (is_dll ? LISTS : LISTS - 1); i++) {
        const uint64_t at = (uint64_t)i * 2 * layout->pointer_bytes;
        linked = linked && link_node(process->machine, layout, data + layout->loader_lists + at, entry + at);
    }
    return linked;
}

enum km_result km_loader_enter(struct km_thread *thread, const struct km_listed_image *listed,
                               uint64_t *address)
{
    struct km_process *process = thread->process;
    struct km_machine *machine = process->machine;
    const struct layout *layout = &layouts[listed->is_32bit];
    uint8_t entry[LARGEST_ENTRY_BYTES] = {0};
    enum km_result result = km_user_alloc(thread, layout->entry_bytes + listed->path_bytes + 2, 0, address);
    if (result != KM_OK) {
        return result;
    }
    size_t first = listed->path_bytes / 2;
    while (first > 0 && listed->path[first - 1] != '\\') {
        first--;
    }
    const uint64_t text = *address + layout->entry_bytes;
    put_name(entry, layout, layout->full_name, text, listed->path_bytes);
    put_name(entry, layout, layout->base_name, text + first * 2, listed->path_bytes - first * 2);
    put(entry, layout->flags, ENTRY_IS_READY | (listed->is_dll ? ENTRY_IS_DLL : 0), 4);
    put(entry, layout->load_count, listed->is_static ? ENTRY_IS_STATIC : 1, 2);
    put(entry, layout->load_reason, listed->is_static ? 0 : ENTRY_IS_DYNAMIC, 4);
    put(entry, layout->load_time, km_machine_uptime(machine), 8);
    const bool entered = describe(machine, layout, listed->base, entry) &&
                         km_user_copy_in(machine, *address, entry, layout->entry_bytes) &&
                         km_user_copy_in(machine, text, listed->path, listed->path_bytes) &&
                         link_entry(process, layout, *address, listed->is_dll);
    return entered ? KM_OK : km_loader_lost(process);
}

// ---- What is read of a process and of its images

bool km_loader_image_path(const struct km_process *process, char16_t **path, size_t *bytes)
{
    struct km_machine *machine = process->machine;
    const struct layout *layout = &layouts[false];
    uint64_t parameters, string[2];
    if (!read_pointer(machine, layout, process->peb + layout->peb_parameters, &parameters) ||
        !km_user_copy_out(machine, parameters + layout->parameters_image_path, string, sizeof string)) {
        return false;
    }
    *bytes = string[0] & 0xFFFE;
    *path = malloc(*bytes + 2);
    if (*path != NULL && !km_user_copy_out(machine, string[1], *path, *bytes)) {
        free(*path);
        *path = NULL;
    }
    return *path != NULL;
}

bool km_loader_is_32bit(struct km_machine *machine, uint64_t base, bool *is_32bit)
{
    uint32_t offset;
    uint16_t kind;
    if (!km_user_copy_out(machine, base + 0x3C, &offset, sizeof offset) ||
        !km_user_copy_out(machine, base + offset + 4, &kind, sizeof kind)) {
        return false;
    }
    *is_32bit = kind == MACHINE_I386;
    return true;
}
