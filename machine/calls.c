// SPDX-License-Identifier: MIT
// The contract's calls as the machine carries them out, on the processor's Linux stack.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <asm/prctl.h>

#include "machine/machine-private.h"
#include "machine/processors.h"

static struct km_machine *current_machine(void)
{
    return km_current_processor->machine;
}

// Entered from processor.S; not static for that. All return a value, if only 0: what a void routine leaves in
// rax would be Linux's.
#define CALL(name, ...) uint64_t KM_CALL km_call_##name(__VA_ARGS__)
CALL(map_memory, uint64_t address, uint64_t bytes, uint64_t physical, uint32_t protection);
CALL(unmap_memory, uint64_t address, uint64_t bytes);
CALL(protect_memory, uint64_t address, uint64_t bytes, uint32_t protection);
CALL(query_memory, uint64_t address, KM_PAGE *page);
CALL(release_memory, uint64_t physical, uint64_t bytes);
CALL(write_debug, const char *text, uint64_t bytes);
CALL(read_clock, void);
CALL(show_time, void);
CALL(start_processor, KM_PROCESSOR *processor);
CALL(run_processor, uint32_t number, uint64_t entry, uint64_t argument, uint64_t stack_top);
CALL(interrupt_processor, uint32_t number);
CALL(relax_processor, void);
CALL(route_line, uint32_t line, uint32_t number, uint32_t irql);
CALL(end_of_line, uint32_t line);
CALL(measure_image, const char *name, uint64_t *bytes);
CALL(load_image, const char *name, uint64_t base, uint64_t physical, KM_IMAGE *image);
CALL(discard_image_init, const KM_IMAGE *image);
CALL(unload_image, const KM_IMAGE *image);
CALL(fetch_request, void);
CALL(report_wait, const KM_WAIT *wait);
CALL(report_finding, const KM_FINDING *finding);
CALL(trace_crossing, const KM_TRACE *crossing);
CALL(stop, const KM_STOP *stop);
CALL(use_disk, KM_DISK_OPERATION *operation);
CALL(write_event, const KM_EVENT *event);

CALL(map_memory, uint64_t address, uint64_t bytes, uint64_t physical, uint32_t protection)
{
    struct km_machine *machine = current_machine();
    const bool devices = physical >= machine->memory.ram_bytes;
    if (devices) {
        pthread_mutex_lock(&machine->devices.lock);
    }
    const bool mapped = km_memory_map_physical(&machine->memory, address, bytes, physical, protection);
    if (devices) {
        pthread_mutex_unlock(&machine->devices.lock);
    }
    return mapped;
}

CALL(unmap_memory, uint64_t address, uint64_t bytes)
{
    km_memory_unmap(&current_machine()->memory, address, bytes);
    return 0;
}

CALL(protect_memory, uint64_t address, uint64_t bytes, uint32_t protection)
{
    return km_memory_protect(&current_machine()->memory, address, bytes, protection);
}

CALL(query_memory, uint64_t address, KM_PAGE *page)
{
    const struct km_memory *memory = &current_machine()->memory;
    uint64_t mapped = address;
    *page = (KM_PAGE){0};
    page->protection = km_memory_query(memory, address);
    if (km_is_shared_user_data(address)) {
        // Its reads are carried out though nothing is mapped there; its writes are faults.
        page->protection = KM_PROTECT_READ | KM_PROTECT_MAPPED;
        mapped = KM_SHARED_USER_DATA_BASE;
    }
    page->physical = km_memory_physical(memory, mapped);
    return page->protection;
}

CALL(release_memory, uint64_t physical, uint64_t bytes)
{
    km_memory_release(&current_machine()->memory, physical, bytes);
    return 0;
}

static void keep_tail(struct km_log_tail *tail, const char *text, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++) {
        char *line = tail->lines[tail->written % (KM_LOG_LINES + 1)];
        if (text[i] == '\n') {
            tail->written++;
            tail->column = 0;
            tail->lines[tail->written % (KM_LOG_LINES + 1)][0] = '\0';
        } else if (tail->column + 1 < KM_LOG_LINE_BYTES) {
            line[tail->column++] = text[i] != '\0' ? text[i] : ' '; // a counted string may hold one
            line[tail->column] = '\0';
        }
    }
}

CALL(write_debug, const char *text, uint64_t bytes)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    keep_tail(&machine->log, text, bytes);
    if (machine->options.debug_output != NULL) {
        machine->options.debug_output(machine->options.debug_context, text, bytes);
    } else {
        fwrite(text, 1, bytes, stdout);
        fflush(stdout);
    }
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(read_clock, void)
{
    return km_machine_uptime(current_machine());
}

CALL(show_time, void)
{
    return km_clock_show(current_machine());
}

CALL(start_processor, KM_PROCESSOR *processor)
{
    struct km_processor *own = km_current_processor;
    own->kpcr = processor->kpcr;
    own->irql = processor->irql;
    own->trap_entry = processor->trap_entry;
    own->double_fault_stack = processor->double_fault_stack;
    syscall(SYS_arch_prctl, ARCH_SET_GS, own->kpcr);
    return 0;
}

CALL(run_processor, uint32_t number, uint64_t entry, uint64_t argument, uint64_t stack_top)
{
    return km_processors_start(current_machine(), number, entry, argument, stack_top);
}

CALL(interrupt_processor, uint32_t number)
{
    km_processors_interrupt(current_machine(), number);
    return 0;
}

CALL(relax_processor, void)
{
    sched_yield();
    return 0;
}

CALL(route_line, uint32_t line, uint32_t number, uint32_t irql)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->devices.lock);
    bool routed = km_line_route(machine, line, number, irql);
    pthread_mutex_unlock(&machine->devices.lock);
    return routed;
}

CALL(end_of_line, uint32_t line)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->devices.lock);
    km_line_end(machine, line);
    pthread_mutex_unlock(&machine->devices.lock);
    return 0;
}

// The module of that name, if it can be loaded now; else NULL, *result and the machine's problem.
static struct km_module *find_loadable(struct km_machine *machine, const char *name, uint32_t *result)
{
    struct km_module *module = km_modules_find(&machine->modules, name);
    if (module == NULL) {
        km_set_problem(machine, "no image file of the name %s is known to the machine", name);
        *result = KM_LOAD_NOT_FOUND;
        return NULL;
    }
    if (module->base != 0) {
        km_set_problem(machine, "%s: is loaded already", module->path);
        *result = KM_LOAD_ALREADY_LOADED;
        return NULL;
    }
    *result = KM_LOAD_OK;
    return module;
}

CALL(measure_image, const char *name, uint64_t *bytes)
{
    struct km_machine *machine = current_machine();
    uint32_t result;
    pthread_mutex_lock(&machine->lock);
    const struct km_module *module = find_loadable(machine, name, &result);
    if (module != NULL) {
        *bytes = module->file.size_of_image;
    }
    pthread_mutex_unlock(&machine->lock);
    return result;
}

CALL(load_image, const char *name, uint64_t base, uint64_t physical, KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    uint32_t result;
    pthread_mutex_lock(&machine->lock);
    struct km_module *module = find_loadable(machine, name, &result);
    if (module == NULL) {
        goto unlock;
    }
    struct km_image_problem problem;
    char *unresolved;
    result = km_modules_map(&machine->modules, &machine->memory, module, base, physical,
                            machine->options.seed, image, &unresolved, &problem);
    if (result != KM_LOAD_OK) {
        km_set_problem(machine, "%s: %s%s%s", module->path, problem.text, unresolved != NULL ? ": " : "",
                       unresolved != NULL ? unresolved : "");
        free(unresolved);
    }
unlock:
    pthread_mutex_unlock(&machine->lock);
    return result;
}

CALL(discard_image_init, const KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    const struct km_module *module = km_modules_at(&machine->modules, image->base);
    if (module != NULL) {
        km_modules_discard_init(&machine->memory, module);
    }
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(unload_image, const KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    struct km_module *module = km_modules_at(&machine->modules, image->base);
    if (module != NULL) {
        km_modules_unmap(&machine->memory, module);
    }
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(fetch_request, void)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    KM_REQUEST *request = km_requests_take(machine);
    pthread_mutex_unlock(&machine->lock);
    return (uint64_t)request;
}

CALL(report_wait, const KM_WAIT *wait)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    if (machine->wait_count < KM_MACHINE_WAITS) {
        machine->waits[machine->wait_count++] = *wait;
    }
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(report_finding, const KM_FINDING *finding)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    km_finding_add(machine, finding);
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(trace_crossing, const KM_TRACE *crossing)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    km_trace_crossing(machine, crossing);
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

CALL(stop, const KM_STOP *stop)
{
    km_processors_stop(km_current_processor, stop);
    km_processor_abandon(km_current_processor);
}

CALL(use_disk, KM_DISK_OPERATION *operation)
{
    return km_disk_use(&current_machine()->disk, operation);
}

CALL(write_event, const KM_EVENT *event)
{
    struct km_machine *machine = current_machine();
    pthread_mutex_lock(&machine->lock);
    km_event_show(machine, event);
    pthread_mutex_unlock(&machine->lock);
    return 0;
}

// In the order of the contract's table; each entry of 16 bytes is `jmp *0(%rip)` and the address behind it.
#define DOORS_OF(DOOR)                                                                                       \
    DOOR(map_memory)                                                                                         \
    DOOR(unmap_memory)                                                                                       \
    DOOR(protect_memory)                                                                                     \
    DOOR(query_memory)                                                                                       \
    DOOR(release_memory)                                                                                     \
    DOOR(write_debug)                                                                                        \
    DOOR(read_clock)                                                                                         \
    DOOR(show_time)                                                                                          \
    DOOR(start_processor)                                                                                    \
    DOOR(run_processor)                                                                                      \
    DOOR(interrupt_processor)                                                                                \
    DOOR(wait_for_interrupt)                                                                                 \
    DOOR(relax_processor)                                                                                    \
    DOOR(route_line)                                                                                         \
    DOOR(end_of_line)                                                                                        \
    DOOR(measure_image)                                                                                      \
    DOOR(load_image)                                                                                         \
    DOOR(discard_image_init)                                                                                 \
    DOOR(unload_image)                                                                                       \
    DOOR(fetch_request)                                                                                      \
    DOOR(answer_request)                                                                                     \
    DOOR(report_wait)                                                                                        \
    DOOR(report_finding)                                                                                     \
    DOOR(trace_crossing)                                                                                     \
    DOOR(stop)                                                                                               \
    DOOR(use_disk)                                                                                           \
    DOOR(write_event)

#define DECLARE(name) extern void km_entry_##name(void);
DOORS_OF(DECLARE)

#define ADDRESS(name) km_entry_##name,
static void (*const doors[])(void) = {DOORS_OF(ADDRESS)};

#define CHECK(name)                                                                                          \
    _Static_assert(offsetof(KM_MACHINE_CALLS, name) == 8 + INDEX_##name * sizeof(uint64_t),                  \
                   "the table's order");
#define INDEX(name) INDEX_##name,
enum { DOORS_OF(INDEX) };
DOORS_OF(CHECK)

enum { DOORS = sizeof doors / sizeof *doors, GATE_BYTES = 16 };

_Static_assert(sizeof(KM_MACHINE_CALLS) == 8 + DOORS * sizeof(uint64_t), "a door for each call");

bool km_calls_init(struct km_memory *memory, KM_MACHINE_CALLS *calls)
{
    static const uint8_t jump[6] = {0xFF, 0x25, 0, 0, 0, 0};
    if (!km_memory_map(memory, KM_GATE_BASE, KM_PAGE_SIZE, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        return false;
    }
    calls->version = KM_CONTRACT_VERSION;
    calls->bytes = sizeof *calls;
    for (size_t i = 0; i < DOORS; i++) {
        uint64_t gate = KM_GATE_BASE + i * GATE_BYTES, door = (uint64_t)doors[i];
        memcpy((void *)gate, jump, sizeof jump);
        memcpy((void *)(gate + sizeof jump), &door, sizeof door);
        memcpy((char *)calls + 8 + i * sizeof gate, &gate, sizeof gate);
    }
    return km_memory_protect(memory, KM_GATE_BASE, KM_PAGE_SIZE, KM_PROTECT_READ | KM_PROTECT_EXECUTE);
}
