// SPDX-License-Identifier: MIT
// The public API: a machine's life, and the requests it puts to its kernel.
#include "machine/machine-private.h"
#include "machine/process.h"
#include "machine/processors.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BOOT_STACK_BYTES UINT64_C(0x8000)
#define DEFAULT_RAM      (UINT64_C(1) << 30)

// RAM as the machine hands it over: the first page is left alone, then what the machine has filled.
#define RAM_SHARED_USER_DATA KM_PAGE_SIZE
#define RAM_BOOT_STACK       (RAM_SHARED_USER_DATA + KM_PAGE_SIZE)
#define RAM_KERNEL_IMAGE     (RAM_BOOT_STACK + BOOT_STACK_BYTES)
#define SHARED_BYTES         ((sizeof(struct km_shared) + KM_PAGE_SIZE - 1) & ~(KM_PAGE_SIZE - 1))

const char *km_machine_problem(const km_machine *machine)
{
    return machine->problem;
}

uint32_t km_last_status(const km_machine *machine)
{
    return machine->last_status;
}

int km_unimplemented_import(const km_machine *machine, size_t i, const char **driver, const char **module,
                            const char **name)
{
    if (i >= machine->modules.slot_count) {
        return 0;
    }
    const struct km_import_slot *slot = &machine->modules.slots[i];
    *driver = slot->importer;
    *module = slot->module;
    *name = slot->name;
    return 1;
}

const struct km_report *km_machine_report(km_machine *machine)
{
    if (!machine->stopped) {
        return NULL;
    }
    if (!machine->report_made) {
        km_report_make(machine);
        machine->report_made = true;
    }
    return &machine->report;
}

_Static_assert(KM_SHARED_BASE + sizeof(struct km_shared) <= KM_SHARED_USER_DATA_BASE,
               "room for what is shared");

// The one processor is the calling thread.
static bool boot_here(struct km_machine *machine, KM_BOOT_BLOCK *block)
{
    struct km_processor *processor = &machine->processors[0];
    if (!km_processor_init(processor, machine, &machine->shared->processors[0], 0)) {
        km_set_problem(machine, "no signal stack for processor 0: %s", strerror(errno));
        return false;
    }
    machine->processor_ready = true;
    km_processor_start(processor, block->kernel_image.entry_point, block, block->boot_stack_high);
    uint64_t value;
    while (km_run_continue(machine, &value, NULL) == KM_RUN_ON) {
        km_processor_resume(processor, value);
    }
    return true;
}

static bool boot_several(struct km_machine *machine, KM_BOOT_BLOCK *block)
{
    if (!km_processors_start(machine, 0, block->kernel_image.entry_point, (uint64_t)block,
                             block->boot_stack_high)) {
        km_set_problem(machine, "no thread for processor 0");
        return false;
    }
    km_processors_run(machine, 0, NULL);
    return true;
}

static bool boot(struct km_machine *machine)
{
    struct km_image_problem problem;
    char *unresolved;
    if (machine->options.kernel_path == NULL) {
        km_set_problem(machine, "no kernel image is named: set kernel_path");
        return false;
    }
    struct km_module *kernel = km_modules_add(&machine->modules, machine->options.kernel_path, &problem);
    if (kernel == NULL) {
        km_set_problem(machine, "%s", problem.text);
        return false;
    }
    machine->modules.kernel = kernel;
    const uint32_t writable = KM_PROTECT_READ | KM_PROTECT_WRITE;
    if (!km_memory_map(&machine->memory, KM_SHARED_BASE, SHARED_BYTES, writable) ||
        !km_memory_map_physical(&machine->memory, KM_SHARED_USER_DATA_BASE, KM_PAGE_SIZE,
                                RAM_SHARED_USER_DATA, writable) ||
        !km_memory_map_physical(&machine->memory, KM_BOOT_STACK_BASE, BOOT_STACK_BYTES, RAM_BOOT_STACK,
                                writable)) {
        km_set_problem(machine, "the kernel half of the address space is taken or no memory is left for it");
        return false;
    }
    machine->shared = (struct km_shared *)KM_SHARED_BASE;
    km_clock_init(machine, &machine->shared->clock);
    if (!machine->clock->is_virtual) {
        if (!km_memory_map_physical(&machine->memory, KM_SHARED_USER_DATA_VIEW, KM_PAGE_SIZE,
                                    RAM_SHARED_USER_DATA, KM_PROTECT_READ)) {
            km_set_problem(machine, "no memory for what drivers see of the clock");
            return false;
        }
        machine->modules.reads_shared_user_data = true;
    }
    KM_BOOT_BLOCK *block = &machine->shared->boot;
    if (!km_calls_init(&machine->memory, &machine->shared->calls)) {
        km_set_problem(machine, "no memory for the kernel's gates");
        return false;
    }
    if (km_modules_map(&machine->modules, &machine->memory, kernel, KM_KERNEL_IMAGE_BASE, RAM_KERNEL_IMAGE,
                       machine->options.seed, &block->kernel_image, &unresolved, &problem) != KM_LOAD_OK) {
        km_set_problem(machine, "%s: %s", kernel->path, problem.text);
        free(unresolved);
        return false;
    }
    block->version = KM_CONTRACT_VERSION;
    block->processor_count = machine->processor_count;
    block->calls = &machine->shared->calls;
    for (uint32_t i = 0; i < machine->processor_count; i++) {
        block->processors[i] = &machine->shared->processors[i];
        block->processors[i]->number = i;
    }
    block->boot_stack_low = KM_BOOT_STACK_BASE;
    block->boot_stack_high = KM_BOOT_STACK_BASE + BOOT_STACK_BYTES;
    block->ram_bytes = machine->memory.ram_bytes;
    block->ram_used = RAM_KERNEL_IMAGE + kernel->file.size_of_image;
    block->clock = &machine->shared->clock;
    block->seed = machine->options.seed;
    block->flags = (machine->options.checks ? KM_BOOT_CHECKS : 0) |
                   (machine->options.trace ? KM_BOOT_TRACE : 0) |
                   (machine->options.disk_path != NULL ? KM_BOOT_DISK : 0);
    block->fail_allocation = machine->options.fail_allocation;
    block->driver_allocations = 0;
    block->pci_buses = machine->options.pci_path != NULL ? km_pci_buses(&machine->devices.pci) : 0;
    if (!km_traps_init(machine)) {
        km_set_problem(machine, "the signal handlers cannot be installed: %s", strerror(errno));
        return false;
    }
    machine->traps_ready = true;
    if (!km_watch_init(machine)) {
        return false;
    }
    km_watch_start(machine);
    bool started = machine->processor_count == 1 ? boot_here(machine, block) : boot_several(machine, block);
    km_watch_stop(machine);
    if (!started) {
        return false;
    }
    if (machine->stopped) {
        const struct km_report *report = km_machine_report(machine);
        km_set_problem(machine, "the kernel stopped while it booted: %s",
                       report->name ? report->name : "no reason");
        return false;
    }
    return true;
}

km_machine *km_machine_create(const struct km_machine_options *options)
{
    struct km_machine *machine = calloc(1, sizeof *machine);
    if (machine == NULL) {
        return NULL;
    }
    machine->options = *options;
    machine->run_until = ~UINT64_C(0);
    machine->processor_count = options->processors != 0 ? options->processors : 1;
    km_modules_init(&machine->modules, options->exports_path);
    km_disk_init(&machine->disk);
    uint64_t ram = options->memory_bytes != 0 ? options->memory_bytes : DEFAULT_RAM;
    if (!km_processors_init(machine)) {
        km_set_problem(machine, "no locks for the processors: %s", strerror(errno));
    } else if (machine->processor_count > KM_PROCESSORS) {
        km_set_problem(machine, "a machine has at most %d processors", KM_PROCESSORS);
    } else if (options->disk_path != NULL && !km_disk_attach(&machine->disk, options->disk_path)) {
        km_set_problem(machine, "the disk's folder %s: %s", options->disk_path, strerror(errno));
    } else if (km_memory_init(&machine->memory, ram & ~(KM_PAGE_SIZE - 1))) {
        machine->booted = km_devices_init(machine) && boot(machine);
    } else {
        km_set_problem(machine, "Linux has no file in memory for %llu bytes of RAM: %s",
                       (unsigned long long)ram, strerror(errno));
    }
    return machine;
}

void km_machine_destroy(km_machine *machine)
{
    if (machine == NULL) {
        return;
    }
    km_watch_deinit(machine);
    km_processors_deinit(machine);
    km_processes_deinit(machine);
    if (machine->processor_ready) {
        km_processor_deinit(&machine->processors[0]);
    }
    if (machine->traps_ready) {
        km_traps_deinit(machine);
    }
    km_trace_deinit(machine);
    km_findings_deinit(machine);
    km_report_deinit(machine);
    km_modules_deinit(&machine->modules);
    km_devices_deinit(machine);
    km_disk_deinit(&machine->disk);
    km_memory_deinit(&machine->memory);
    km_clear_problem(machine);
    free(machine);
}

bool km_machine_carry_out(struct km_machine *machine, KM_REQUEST *request)
{
    if (km_request_carry_out(machine, request) == KM_RUN_WAITS) {
        // It can never be answered. The kernel tells who waits for what.
        static const KM_STOP deadlock = {.kind = KM_STOP_DEADLOCK};
        KM_REQUEST *waits = &machine->shared->request;
        *waits = (KM_REQUEST){.kind = KM_REQUEST_REPORT_WAITS};
        if (km_request_carry_out(machine, waits) != KM_RUN_STOPPED) {
            machine->stop = deadlock;
            machine->stopped = true;
        }
    }
    machine->last_status = request->status;
    return !machine->stopped;
}

// Puts the shared request to the kernel of a machine that runs. false: it has stopped while at it.
bool km_machine_ask(struct km_machine *machine)
{
    return km_machine_carry_out(machine, &machine->shared->request);
}

enum km_result km_machine_ready(struct km_machine *machine)
{
    if (machine->booted && !machine->stopped) {
        km_clear_problem(machine);
        return KM_OK;
    }
    if (machine->stopped) {
        return km_has_stopped(machine);
    }
    return KM_FAILED; // the problem is still that of the boot
}

// A module that the kernel has unmapped may be loaded again from a file that has changed.
static void forget_unmapped(struct km_machine *machine)
{
    for (size_t i = machine->modules.count; i-- > 0;) {
        if (machine->modules.items[i]->base == 0) {
            km_modules_remove(&machine->modules, machine->modules.items[i]);
        }
    }
}

static enum km_result not_running(const struct km_machine *machine)
{
    return machine->stopped ? KM_STOPPED : KM_FAILED;
}

void km_driver_service(const char *path, char *service, size_t bytes)
{
    const char *slash = strrchr(path, '/');
    snprintf(service, bytes, "%s", slash != NULL ? slash + 1 : path);
    size_t length = strlen(service);
    if (length > 4 && strcasecmp(service + length - 4, ".sys") == 0) {
        service[length - 4] = '\0';
    }
}

enum km_result km_driver_load(km_machine *machine, const char *path)
{
    if (!machine->booted || machine->stopped) {
        return not_running(machine);
    }
    km_clear_problem(machine);
    struct km_image_problem problem;
    struct km_module *module = km_modules_add(&machine->modules, path, &problem);
    if (module == NULL) {
        km_set_problem(machine, "%s", problem.text);
        return KM_FILE_REFUSED;
    }
    if (module->file.entry_rva == 0) {
        km_set_problem(machine, "%s: it has no entry point: a driver has DriverEntry", path);
        km_modules_remove(&machine->modules, module);
        return KM_FILE_REFUSED;
    }
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_LOAD_DRIVER};
    km_driver_service(path, request->service_name, sizeof request->service_name);
    snprintf(request->image_file, sizeof request->image_file, "%s", module->name);
    if (!km_machine_ask(machine)) {
        return not_running(machine);
    }
    forget_unmapped(machine);
    if ((int32_t)machine->last_status >= 0) {
        return KM_OK;
    }
    switch (request->detail) {
    case KM_DETAIL_IMAGE_REFUSED: return KM_FILE_REFUSED;
    case KM_DETAIL_DRIVER_ENTRY: return KM_DRIVER_FAILED;
    }
    km_set_problem(machine, "%s: the kernel could not load it: status 0x%08X", path, machine->last_status);
    return KM_FAILED;
}

int km_unload_waits(const km_machine *machine)
{
    return machine->unload_waits;
}

enum km_result km_driver_unload(km_machine *machine, const char *service)
{
    if (!machine->booted || machine->stopped) {
        return not_running(machine);
    }
    km_clear_problem(machine);
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_UNLOAD_DRIVER};
    if (snprintf(request->service_name, sizeof request->service_name, "%s", service) >=
        (int)sizeof request->service_name) {
        km_set_problem(machine, "%s: no service has so long a name", service);
        return KM_FAILED;
    }
    if (!km_machine_ask(machine)) {
        return not_running(machine);
    }
    forget_unmapped(machine);
    machine->unload_waits = request->detail == KM_DETAIL_IN_USE;
    if (request->detail == KM_DETAIL_NO_UNLOAD) {
        return KM_NO_UNLOAD;
    }
    if (request->detail == KM_DETAIL_DEVICE_STAYS) {
        return km_refused(machine, machine->last_status, "%s: its device cannot be removed", service);
    }
    if ((int32_t)machine->last_status < 0) {
        km_set_problem(machine, "%s: cannot be unloaded: status 0x%08X", service, machine->last_status);
        return KM_FAILED;
    }
    return KM_OK;
}
