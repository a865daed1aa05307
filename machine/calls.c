// SPDX-License-Identifier: MIT
// The contract's calls as the machine carries them out, on the processor's Linux stack.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <asm/prctl.h>

#include "machine/machine-private.h"

static struct km_machine *current_machine(void)
{
    return km_current_processor->machine;
}

// Entered from processor.S; not static for that. All return a value, if only 0: what a void routine leaves in
// rax would be Linux's.
uint64_t KM_CALL km_call_map_memory(uint64_t address, uint64_t bytes, uint32_t protection);
uint64_t KM_CALL km_call_unmap_memory(uint64_t address, uint64_t bytes);
uint64_t KM_CALL km_call_protect_memory(uint64_t address, uint64_t bytes, uint32_t protection);
uint64_t KM_CALL km_call_query_memory(uint64_t address);
uint64_t KM_CALL km_call_write_debug(const char *text, uint64_t bytes);
uint64_t KM_CALL km_call_read_time(void);
uint64_t KM_CALL km_call_start_processor(KM_PROCESSOR *processor);
uint64_t KM_CALL km_call_load_image(const char *name, uint64_t base, KM_IMAGE *image);
uint64_t KM_CALL km_call_discard_image_init(const KM_IMAGE *image);
uint64_t KM_CALL km_call_unload_image(const KM_IMAGE *image);
uint64_t KM_CALL km_call_stop(const KM_STOP *stop);

uint64_t KM_CALL km_call_map_memory(uint64_t address, uint64_t bytes, uint32_t protection)
{
    return km_memory_map(&current_machine()->memory, address, bytes, protection);
}

uint64_t KM_CALL km_call_unmap_memory(uint64_t address, uint64_t bytes)
{
    km_memory_unmap(&current_machine()->memory, address, bytes);
    return 0;
}

uint64_t KM_CALL km_call_protect_memory(uint64_t address, uint64_t bytes, uint32_t protection)
{
    return km_memory_protect(&current_machine()->memory, address, bytes, protection);
}

uint64_t KM_CALL km_call_query_memory(uint64_t address)
{
    // Its reads are carried out though nothing is mapped there; its writes are faults.
    return km_is_shared_user_data(address) ? KM_PROTECT_READ
                                           : km_memory_query(&current_machine()->memory, address);
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

uint64_t KM_CALL km_call_write_debug(const char *text, uint64_t bytes)
{
    struct km_machine *machine = current_machine();
    keep_tail(&machine->log, text, bytes);
    if (machine->options.debug_output != NULL) {
        machine->options.debug_output(machine->options.debug_context, text, bytes);
    } else {
        fwrite(text, 1, bytes, stdout);
        fflush(stdout);
    }
    return 0;
}

uint64_t KM_CALL km_call_read_time(void)
{
    return km_machine_time(current_machine());
}

uint64_t KM_CALL km_call_start_processor(KM_PROCESSOR *processor)
{
    struct km_processor *own = km_current_processor;
    own->kpcr = processor->kpcr;
    own->irql = processor->irql;
    own->trap_entry = processor->trap_entry;
    own->double_fault_stack = processor->double_fault_stack;
    syscall(SYS_arch_prctl, ARCH_SET_GS, own->kpcr);
    return 0;
}

uint64_t KM_CALL km_call_load_image(const char *name, uint64_t base, KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    struct km_module *module = km_modules_find(&machine->modules, name);
    if (module == NULL) {
        km_set_problem(machine, "no image file of the name %s is known to the machine", name);
        return KM_LOAD_NOT_FOUND;
    }
    if (module->base != 0) {
        km_set_problem(machine, "%s: is loaded already", module->path);
        return KM_LOAD_ALREADY_LOADED;
    }
    struct km_image_problem problem;
    char *unresolved;
    uint32_t result = km_modules_map(&machine->modules, &machine->memory, module, base, machine->options.seed,
                                     image, &unresolved, &problem);
    if (result != KM_LOAD_OK) {
        km_set_problem(machine, "%s: %s%s%s", module->path, problem.text, unresolved != NULL ? ": " : "",
                       unresolved != NULL ? unresolved : "");
        free(unresolved);
    }
    return result;
}

uint64_t KM_CALL km_call_discard_image_init(const KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    const struct km_module *module = km_modules_at(&machine->modules, image->base);
    if (module != NULL) {
        km_modules_discard_init(&machine->memory, module);
    }
    return 0;
}

uint64_t KM_CALL km_call_unload_image(const KM_IMAGE *image)
{
    struct km_machine *machine = current_machine();
    struct km_module *module = km_modules_at(&machine->modules, image->base);
    if (module != NULL) {
        km_modules_unmap(&machine->memory, module);
    }
    return 0;
}

uint64_t KM_CALL km_call_stop(const KM_STOP *stop)
{
    struct km_machine *machine = current_machine();
    machine->stop = *stop;
    machine->stopped = true;
    km_processor_abandon(&machine->processor);
}

#define ENTRY(name) extern void km_entry_##name(void)
ENTRY(map_memory);
ENTRY(unmap_memory);
ENTRY(protect_memory);
ENTRY(query_memory);
ENTRY(write_debug);
ENTRY(read_time);
ENTRY(start_processor);
ENTRY(load_image);
ENTRY(discard_image_init);
ENTRY(unload_image);
ENTRY(stop);

// In the order of the contract's table; each entry of 16 bytes is `jmp *0(%rip)` and the address behind it.
static void (*const doors[])(void) = {
    km_entry_map_memory,         km_entry_unmap_memory, km_entry_protect_memory,  km_entry_query_memory,
    km_entry_write_debug,        km_entry_read_time,    km_entry_start_processor, km_entry_load_image,
    km_entry_discard_image_init, km_entry_unload_image, km_entry_next_request,    km_entry_stop,
};

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
