// SPDX-License-Identifier: MIT
// What ntdll's loader does in a process: images are mapped by system calls of its thread, and entered into
// its lists (loader-list.c).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uchar.h>

#include "machine/loader-list.h"

#define CURRENT_PROCESS (~UINT64_C(0))
#define SYSTEM_FOLDER   "C:\\Windows\\System32\\"
#define WOW64_FOLDER    "C:\\Windows\\SysWOW64\\" // where a 32-bit process finds what it looks for in the other

#define FILE_READ_AND_EXECUTE   UINT32_C(0x00100021) // FILE_READ_DATA | FILE_EXECUTE | SYNCHRONIZE
#define FILE_SHARE_ALL_BUT_DATA 5u                   // FILE_SHARE_READ | FILE_SHARE_DELETE
#define FILE_SYNCHRONOUS        0x60u                // FILE_NON_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT
#define SECTION_ACCESS          0x0Du                // SECTION_QUERY | SECTION_MAP_READ | SECTION_MAP_EXECUTE
#define PAGE_EXECUTE            0x10u
#define PAGE_EXECUTE_READ       0x20u
#define SEC_IMAGE               UINT32_C(0x01000000)
#define VIEW_SHARE              1u

#define LARGEST_PATH_BYTES 0x8000u

// ---- Names

static char *full_name(const struct km_process *process, const char *name)
{
    const bool is_whole = strchr(name, '\\') != NULL || (name[0] != '\0' && name[1] == ':');
    const char *folder = process->wow64_peb != 0 ? WOW64_FOLDER : SYSTEM_FOLDER;
    const size_t bytes = strlen(name) + strlen(folder) + 1;
    char *whole = malloc(bytes);
    if (whole != NULL) {
        snprintf(whole, bytes, "%s%s", is_whole ? "" : folder, name);
    }
    return whole;
}

// ---- At the start

// Enters ntdll.dll of that folder, mapped at base. 0: it is not there.
static enum km_result enter_ntdll(struct km_thread *thread, bool is_32bit, uint64_t base)
{
    static char16_t paths[][30] = {u"C:\\Windows\\System32\\ntdll.dll", u"C:\\Windows\\SysWOW64\\ntdll.dll"};
    const struct km_listed_image listed = {.base = base,
                                           .path = paths[is_32bit],
                                           .path_bytes = sizeof paths[0] - sizeof paths[0][0],
                                           .is_dll = true,
                                           .is_static = true,
                                           .is_32bit = is_32bit};
    uint64_t address;
    return base != 0 ? km_loader_enter(thread, &listed, &address) : KM_OK;
}

// Enters what the process runs into both lists, if it has two.
static enum km_result enter_image(struct km_thread *thread, uint64_t base)
{
    struct km_process *process = thread->process;
    struct km_listed_image listed = {.base = base, .is_static = true};
    uint64_t address;
    char16_t *path;
    if (!km_loader_image_path(process, &path, &listed.path_bytes)) {
        return km_loader_lost(process);
    }
    listed.path = path;
    enum km_result result = km_loader_enter(thread, &listed, &address);
    if (result == KM_OK && process->wow64_peb != 0) {
        listed.is_32bit = true;
        result = km_loader_enter(thread, &listed, &address);
    }
    free(path);
    return result;
}

enum km_result km_loader_start(struct km_thread *thread, uint64_t image, uint64_t ntdll, uint64_t wow64_ntdll)
{
    enum km_result result = image != 0 ? enter_image(thread, image) : KM_OK;
    if (result == KM_OK) {
        result = enter_ntdll(thread, false, ntdll);
    }
    return result == KM_OK ? enter_ntdll(thread, true, wow64_ntdll) : result;
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
    struct km_listed_image listed = {.is_dll = true};
    enum km_result result = map(thread, image->name, &image->base);
    if (result != KM_OK) {
        return result;
    }
    listed.base = image->base;
    if (!km_loader_is_32bit(thread->process->machine, image->base, &image->is_32bit)) {
        return km_thread_lost(thread);
    }
    listed.is_32bit = image->is_32bit;
    char16_t *path = malloc(LARGEST_PATH_BYTES);
    if (path == NULL) {
        result = km_no_memory(thread->process->machine);
    } else {
        listed.path_bytes = km_nt_path(image->name, path, LARGEST_PATH_BYTES / 2);
        // User mode has no \\??\\ in front of its names.
        const size_t skipped = image->name[1] == ':' ? 4 : 0;
        listed.path = path + skipped;
        listed.path_bytes -= skipped * sizeof *path;
        result = km_loader_enter(thread, &listed, &image->entry);
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
    char *whole = full_name(process, name);
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
    if (!km_loader_remove(machine, image->entry, image->is_32bit)) {
        return km_loader_lost(process);
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
