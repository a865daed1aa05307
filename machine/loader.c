// SPDX-License-Identifier: MIT
// What ntdll's loader does in a process: images are mapped by system calls of its thread, and entered into
// the lists of the process environment block.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uchar.h>

#include "machine/process.h"

#define CURRENT_PROCESS (~UINT64_C(0))
#define SYSTEM_FOLDER   "C:\\Windows\\System32\\"

#define FILE_READ_AND_EXECUTE   UINT32_C(0x00100021) // FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE
#define FILE_SHARE_ALL_BUT_DATA 5u                   // FILE_SHARE_READ | FILE_SHARE_DELETE
#define FILE_SYNCHRONOUS        0x60u                // FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT
#define SECTION_ACCESS          0x0Du                // SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_EXECUTE
#define PAGE_EXECUTE            0x10u
#define PAGE_EXECUTE_READ       0x20u
#define SEC_IMAGE               UINT32_C(0x01000000)
#define VIEW_SHARE              1u

// Of the process environment block, its parameters and its loader's data.
#define PEB_LOADER_DATA       0x18u
#define PEB_PARAMETERS        0x20u
#define PARAMETERS_IMAGE_PATH 0x60u
#define LOADER_DATA_LISTS     0x10u // of load order, of memory order, of initialization order
#define LIST_BYTES            0x10u
#define LARGEST_PATH_BYTES    0x8000u

// LDR_DATA_TABLE_ENTRY as Windows 11 has it.
struct entry {
    uint64_t links[3][2]; // of the three lists
    uint64_t base, entry_point;
    uint32_t image_bytes, unused44;
    uint16_t full_name_bytes, full_name_room;
    uint32_t unused4c;
    uint64_t full_name;
    uint16_t base_name_bytes, base_name_room;
    uint32_t unused5c;
    uint64_t base_name;
    uint32_t flags;
    uint16_t load_count, tls_index;
    uint64_t hash_links[2];
    uint32_t time_stamp, unused84;
    uint8_t unused88[0xF8 - 0x88];
    uint64_t linker_base;
    uint64_t load_time;
    uint32_t name_hash, load_reason;
    uint8_t unused110[0x138 - 0x110];
};

_Static_assert(sizeof(struct entry) == 0x138, "the size of Windows 11's");
_Static_assert(offsetof(struct entry, linker_base) == 0xF8, "as Windows 11 has it");

#define ENTRY_IS_DLL     UINT32_C(0x00000004)
#define ENTRY_IS_READY   UINT32_C(0x00004000) // LDRP_ENTRY_PROCESSED
#define ENTRY_IS_STATIC  UINT16_C(0xFFFF)     // load_count of what is never unloaded
#define ENTRY_IS_DYNAMIC 4u                   // load_reason of LoadLibrary's

// What the lists are to have of an image.
struct listed {
    uint64_t base;
    char16_t *path;
    size_t path_bytes;
    bool is_dll, is_static;
};

// ---- Names

static char *full_name(const char *name)
{
    const bool is_whole = strchr(name, '\\') != NULL || (name[0] != '\0' && name[1] == ':');
    const size_t bytes = strlen(name) + sizeof SYSTEM_FOLDER;
    char *whole = malloc(bytes);
    if (whole != NULL) {
        snprintf(whole, bytes, "%s%s", is_whole ? "" : SYSTEM_FOLDER, name);
    }
    return whole;
}

// ---- The lists

static enum km_result lost_lists(const struct km_process *process)
{
    km_set_problem(process->machine,
                   "%s has lost its loader's lists: its process environment block is damaged",
                   process->image);
    return KM_FAILED;
}

// At the end of the list with that head.
static bool link_node(struct km_machine *machine, uint64_t head, uint64_t node)
{
    uint64_t last;
    if (!km_user_copy_out(machine, head + 8, &last, sizeof last)) {
        return false;
    }
    const uint64_t links[2] = {head, last};
    return km_user_copy_in(machine, node, links, sizeof links) &&
           km_user_copy_in(machine, last, &node, sizeof node) &&
           km_user_copy_in(machine, head + 8, &node, sizeof node);
}

static bool unlink_node(struct km_machine *machine, uint64_t node)
{
    uint64_t links[2];
    if (!km_user_copy_out(machine, node, links, sizeof links)) {
        return false;
    }
    return links[0] == 0 || (km_user_copy_in(machine, links[1], &links[0], sizeof links[0]) &&
                             km_user_copy_in(machine, links[0] + 8, &links[1], sizeof links[1]));
}

// From the headers, which are mapped.
static bool describe(struct km_machine *machine, uint64_t base, struct entry *entry)
{
    uint32_t offset, entry_point;
    if (!km_user_copy_out(machine, base + 0x3C, &offset, sizeof offset)) {
        return false;
    }
    const uint64_t headers = base + offset;
    entry->base = base;
    if (!km_user_copy_out(machine, headers + 0x08, &entry->time_stamp, sizeof entry->time_stamp) ||
        !km_user_copy_out(machine, headers + 0x28, &entry_point, sizeof entry_point) ||
        !km_user_copy_out(machine, headers + 0x30, &entry->linker_base, sizeof entry->linker_base) ||
        !km_user_copy_out(machine, headers + 0x50, &entry->image_bytes, sizeof entry->image_bytes)) {
        return false;
    }
    entry->entry_point = entry_point != 0 ? base + entry_point : 0;
    return true;
}

// Enters it; *address is the entry's.
static enum km_result enter(struct km_thread *thread, const struct listed *listed, uint64_t *address)
{
    struct km_process *process = thread->process;
    struct km_machine *machine = process->machine;
    struct entry entry = {0};
    uint64_t data;
    enum km_result result = km_user_alloc(thread, sizeof entry + listed->path_bytes + 2, 0, address);
    if (result != KM_OK) {
        return result;
    }
    size_t first = listed->path_bytes / 2;
    while (first > 0 && listed->path[first - 1] != '\\') {
        first--;
    }
    entry.full_name = *address + sizeof entry;
    entry.full_name_bytes = (uint16_t)listed->path_bytes;
    entry.full_name_room = (uint16_t)(listed->path_bytes + 2);
    entry.base_name = entry.full_name + first * 2;
    entry.base_name_bytes = (uint16_t)(listed->path_bytes - first * 2);
    entry.base_name_room = (uint16_t)(entry.base_name_bytes + 2);
    entry.flags = ENTRY_IS_READY | (listed->is_dll ? ENTRY_IS_DLL : 0);
    entry.load_count = listed->is_static ? ENTRY_IS_STATIC : 1;
    entry.load_reason = listed->is_static ? 0 : ENTRY_IS_DYNAMIC;
    entry.load_time = km_machine_uptime(machine);
    const bool entered = describe(machine, listed->base, &entry) &&
                         km_user_copy_out(machine, process->peb + PEB_LOADER_DATA, &data, sizeof data) &&
                         km_user_copy_in(machine, *address, &entry, sizeof entry) &&
                         km_user_copy_in(machine, entry.full_name, listed->path, listed->path_bytes) &&
                         link_node(machine, data + LOADER_DATA_LISTS, *address) &&
                         link_node(machine, data + LOADER_DATA_LISTS + LIST_BYTES, *address + LIST_BYTES) &&
                         // What a process runs is started, not initialized.
                         (!listed->is_dll || link_node(machine, data + LOADER_DATA_LISTS + 2 * LIST_BYTES,
                                                       *address + 2 * LIST_BYTES));
    return entered ? KM_OK : lost_lists(process);
}

// ---- At the start

// The path of what the process runs, as its parameters have it. false: they are damaged, or no memory.
static bool read_image_path(const struct km_process *process, struct listed *listed)
{
    struct km_machine *machine = process->machine;
    uint64_t parameters, string[2];
    if (!km_user_copy_out(machine, process->peb + PEB_PARAMETERS, &parameters, sizeof parameters) ||
        !km_user_copy_out(machine, parameters + PARAMETERS_IMAGE_PATH, string, sizeof string)) {
        return false;
    }
    listed->path_bytes = string[0] & 0xFFFE;
    listed->path = malloc(listed->path_bytes + 2);
    return listed->path != NULL && km_user_copy_out(machine, string[1], listed->path, listed->path_bytes);
}

enum km_result km_loader_start(struct km_thread *thread, uint64_t image, uint64_t ntdll)
{
    static char16_t system_dll[] = u"C:\\Windows\\System32\\ntdll.dll";
    struct listed listed = {.base = image, .is_static = true};
    uint64_t address;
    enum km_result result = KM_OK;
    if (image != 0) {
        result = read_image_path(thread->process, &listed) ? enter(thread, &listed, &address)
                                                           : lost_lists(thread->process);
        free(listed.path);
    }
    if (result == KM_OK && ntdll != 0) {
        listed = (struct listed){.base = ntdll,
                                 .path = system_dll,
                                 .path_bytes = sizeof system_dll - sizeof *system_dll,
                                 .is_dll = true,
                                 .is_static = true};
        result = enter(thread, &listed, &address);
    }
    return result;
}

// ---- Loading

// A call whose first argument is where it puts a handle, which becomes *handle if *status is no failure.
static enum km_result call_for_handle(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                                      size_t count, uint64_t *handle, uint32_t *status)
{
    enum km_result result = km_thread_call(thread, service, arguments, count, status);
    return result == KM_OK && !km_is_failure(*status) &&
                   !km_user_copy_out(thread->process->machine, arguments[0], handle, sizeof *handle)
               ? km_thread_lost(thread)
               : result;
}

// What is told of a failure is the call's own, not what closing says.
static enum km_result close_handle(struct km_thread *thread, uint64_t handle)
{
    uint32_t status;
    return km_thread_call(thread, KM_SERVICE_NtClose, &handle, 1, &status);
}

static enum km_result open_section(struct km_thread *thread, const char *name, uint64_t *section,
                                   uint32_t *status)
{
    const uint64_t area = thread->area;
    uint64_t file;
    enum km_result result = km_thread_put_name(thread, name);
    if (result != KM_OK) {
        return result;
    }
    const uint64_t open[] = {area + KM_AREA_HANDLE,       FILE_READ_AND_EXECUTE,   area + KM_AREA_ATTRIBUTES,
                             area + KM_AREA_STATUS_BLOCK, FILE_SHARE_ALL_BUT_DATA, FILE_SYNCHRONOUS};
    result = call_for_handle(thread, KM_SERVICE_NtOpenFile, open, 6, &file, status);
    if (result != KM_OK || km_is_failure(*status)) {
        return result;
    }
    const uint64_t create[] = {area + KM_AREA_HANDLE, SECTION_ACCESS, 0, 0, PAGE_EXECUTE, SEC_IMAGE, file};
    result = call_for_handle(thread, KM_SERVICE_NtCreateSection, create, 7, section, status);
    return result == KM_OK ? close_handle(thread, file) : result;
}

static enum km_result map(struct km_thread *thread, const char *name, uint64_t *base)
{
    struct km_machine *machine = thread->process->machine;
    const uint64_t block = thread->area + KM_AREA_STATUS_BLOCK;
    const uint64_t asked[2] = {0, 0};
    uint64_t section;
    uint32_t status;
    enum km_result result = open_section(thread, name, &section, &status);
    if (result == KM_OK && km_is_failure(status)) {
        return km_refused(machine, status, "%s: cannot be loaded", name);
    }
    if (result != KM_OK) {
        return result;
    }
    const uint64_t arguments[] = {section, CURRENT_PROCESS, block,      0, 0,
                                  0,       block + 8,       VIEW_SHARE, 0, PAGE_EXECUTE_READ};
    if (!km_user_copy_in(machine, block, asked, sizeof asked)) {
        return km_thread_lost(thread);
    }
    result = km_thread_call(thread, KM_SERVICE_NtMapViewOfSection, arguments, 10, &status);
    const bool is_read = km_user_copy_out(machine, block, base, sizeof *base);
    if (result == KM_OK) {
        result = close_handle(thread, section);
    }
    if (result == KM_OK && km_is_failure(status)) {
        return km_refused(machine, status, "%s: cannot be mapped", name);
    }
    return result == KM_OK && !is_read ? km_thread_lost(thread) : result;
}

static enum km_result unmap(struct km_thread *thread, uint64_t base, const char *name)
{
    const uint64_t arguments[] = {CURRENT_PROCESS, base};
    uint32_t status;
    enum km_result result = km_thread_call(thread, KM_SERVICE_NtUnmapViewOfSection, arguments, 2, &status);
    return result == KM_OK && km_is_failure(status)
               ? km_refused(thread->process->machine, status, "%s: cannot be unmapped", name)
               : result;
}

// Maps it and enters it, as what `image` will know.
static enum km_result load(struct km_thread *thread, struct km_loaded_image *image)
{
    struct listed listed = {.is_dll = true};
    enum km_result result = map(thread, image->name, &image->base);
    if (result != KM_OK) {
        return result;
    }
    listed.base = image->base;
    char16_t *path = malloc(LARGEST_PATH_BYTES);
    if (path == NULL) {
        result = km_no_memory(thread->process->machine);
    } else {
        listed.path_bytes = km_nt_path(image->name, path, LARGEST_PATH_BYTES / 2);
        // User mode has no \\??\\ in front of its names.
        const size_t skipped = image->name[1] == ':' ? 4 : 0;
        listed.path = path + skipped;
        listed.path_bytes -= skipped * sizeof *path;
        result = enter(thread, &listed, &image->entry);
    }
    free(path);
    if (result != KM_OK && result != KM_STOPPED) {
        unmap(thread, image->base, image->name);
    }
    return result;
}

enum km_result km_load_image(km_thread *thread, const char *name, uint64_t *base)
{
    struct km_process *process = thread->process;
    enum km_result result = km_machine_ready(process->machine);
    if (result != KM_OK) {
        return result;
    }
    char *whole = full_name(name);
    if (whole == NULL) {
        return km_no_memory(process->machine);
    }
    struct km_loaded_image *image = process->images;
    while (image != NULL && strcasecmp(image->name, whole) != 0) {
        image = image->next;
    }
    if (image == NULL) {
        image = calloc(1, sizeof *image + strlen(whole) + 1);
        if (image == NULL) {
            result = km_no_memory(process->machine);
            goto free_name;
        }
        memcpy(image->name, whole, strlen(whole) + 1);
        result = load(thread, image);
        if (result != KM_OK) {
            free(image);
            goto free_name;
        }
        image->next = process->images;
        process->images = image;
    }
    image->loads++;
    *base = image->base;
free_name:
    free(whole);
    return result;
}

enum km_result km_unload_image(km_thread *thread, uint64_t base)
{
    struct km_process *process = thread->process;
    struct km_machine *machine = process->machine;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    struct km_loaded_image **link = &process->images;
    while (*link != NULL && (*link)->base != base) {
        link = &(*link)->next;
    }
    struct km_loaded_image *image = *link;
    if (image == NULL) {
        km_set_problem(machine, "0x%llX: no image that was loaded into %s", (unsigned long long)base,
                       process->image);
        return KM_FAILED;
    }
    if (image->loads > 1) {
        image->loads--;
        return KM_OK;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!unlink_node(machine, image->entry + i * LIST_BYTES)) {
            return lost_lists(process);
        }
    }
    result = unmap(thread, base, image->name);
    if (result == KM_OK) {
        result = km_user_free(thread, image->entry);
    }
    if (result == KM_OK) {
        *link = image->next;
        free(image);
    }
    return result;
}
