// SPDX-License-Identifier: MIT
// From the kernel's KM_STOP to a report that a person can act on.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/names.h"
#include "machine/privileged.h"
#include "machine/process.h"
#include "machine/symbolize.h"

// All text of a report in one place, freed at once.
struct report_memory {
    char *texts[2048];
    size_t count;
};

static const char *keep(struct km_machine *machine, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *keep(struct km_machine *machine, const char *format, ...)
{
    struct report_memory *memory = machine->report_memory;
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    if (memory != NULL && memory->count < sizeof memory->texts / sizeof *memory->texts &&
        vasprintf(&text, format, arguments) >= 0) {
        memory->texts[memory->count++] = text;
    }
    va_end(arguments);
    return text;
}

static const char *const access_names[] = {
    [KM_TRAP_ACCESS_READ] = "read", [KM_TRAP_ACCESS_WRITE] = "write", [KM_TRAP_ACCESS_EXECUTE] = "execute"};

static const char *const access_phrases[] = {[KM_TRAP_ACCESS_READ] = "read from",
                                             [KM_TRAP_ACCESS_WRITE] = "write to",
                                             [KM_TRAP_ACCESS_EXECUTE] = "execution at"};

static const char *const forbidden[] = {[KM_TRAP_ACCESS_READ] = "readable",
                                        [KM_TRAP_ACCESS_WRITE] = "writable",
                                        [KM_TRAP_ACCESS_EXECUTE] = "executable"};

static uint32_t known_access(uint32_t access)
{
    return access == KM_TRAP_ACCESS_WRITE || access == KM_TRAP_ACCESS_EXECUTE ? access : KM_TRAP_ACCESS_READ;
}

// What lies at an address, and so why it must not be touched.
static const char *describe_address(struct km_machine *machine, uint64_t address)
{
    const KM_STOP *stop = &machine->stop;
    const struct km_module *module = km_modules_at(&machine->modules, address);
    const char *access = forbidden[known_access(stop->access)];
    if (address < KM_PAGE_SIZE) {
        return address == 0 ? "the NULL pointer"
                            : keep(machine, "0x%llx bytes from a NULL pointer", (unsigned long long)address);
    }
    if (stop->stack_low != 0 && address < stop->stack_low && stop->stack_low - address <= 0x8000) {
        return keep(machine, "%llu bytes below the kernel stack of %llu KB, in its guard page",
                    (unsigned long long)(stop->stack_low - address),
                    (unsigned long long)((stop->stack_high - stop->stack_low) / 1024));
    }
    if (module != NULL) {
        const struct km_image_section *section = km_image_section_at(&module->file, address - module->base);
        const char *name = section ? section->name : "(headers)";
        if (km_memory_query(&machine->memory, address) == 0) {
            return keep(machine, "in section %s of %s, which was discarded when DriverEntry had returned",
                        name, module->name);
        }
        return keep(machine, "in section %s of %s, which is not %s", name, module->name, access);
    }
    if (stop->stack_low != 0 && address >= stop->stack_low && address < stop->stack_high) {
        return keep(machine, "on the kernel stack, which is not %s", access);
    }
    if (km_memory_query(&machine->memory, address) != 0) {
        return keep(machine, "memory that is not %s", access);
    }
    if (km_is_shared_user_data(address)) {
        return "in KUSER_SHARED_DATA, which can only be read";
    }
    if (address >= UINT64_C(0xFFFF800000000000)) {
        return "an address of Windows' kernel half that nothing is mapped at";
    }
    if (address >= UINT64_C(0x800000000000)) {
        return "not a canonical address";
    }
    return address < KM_SYSTEM_RANGE_START ? "an address in the user range that nothing is mapped at"
                                           : "a kernel address that nothing is mapped at";
}

// rsp on the stack of the thread, or so far below as one large frame can bring it.
static bool is_near_stack(const KM_STOP *stop)
{
    return stop->registers.rsp <= stop->stack_high && stop->registers.rsp + 0x100000 > stop->stack_low;
}

// The hardware tells no address for a general-protection fault; the instruction's operand does.
static void describe_general_protection(struct km_machine *machine)
{
    struct km_report *report = &machine->report;
    const KM_REGISTERS *registers = &machine->stop.registers;
    uint64_t address;
    size_t readable = km_memory_allows(&machine->memory, registers->rip, 15, KM_PROTECT_READ) ? 15 : 0;
    if (!km_memory_operand(registers, readable, &address)) {
        report->reason =
            "a general-protection fault: an address that is not canonical, or an operand that must be "
            "aligned and is not";
    } else if ((int64_t)(address << 16) >> 16 != (int64_t)address) {
        report->reason = keep(machine, "access to 0x%016llx, which is not a canonical address",
                              (unsigned long long)address);
    } else {
        report->reason = keep(machine,
                              "an instruction that wants its operand aligned to 16 bytes or more was given "
                              "0x%016llx",
                              (unsigned long long)address);
    }
}

static void describe_bug_check(struct km_machine *machine)
{
    const KM_STOP *stop = &machine->stop;
    struct km_report *report = &machine->report;
    const struct km_bug_check_name *known = km_bug_check_name(stop->bug_check_code);
    report->code = stop->bug_check_code;
    report->name = known != NULL ? known->name : km_bug_check_code_name(stop->bug_check_code);
    for (int i = 0; i < 4; i++) {
        report->parameters[i] = stop->parameters[i];
        report->parameter_meanings[i] = known != NULL ? known->parameters[i] : NULL;
    }
    report->exception = stop->exception_code;
    report->exception_name = stop->exception_code ? km_status_name(stop->exception_code) : NULL;
    report->reason = known != NULL ? known->summary : NULL;
    if (stop->bug_check_code == 0xC2 && km_pool_mistake(stop->parameters[0]) != NULL) {
        report->reason = keep(machine, "a wrong call to the pool: %s", km_pool_mistake(stop->parameters[0]));
        return;
    }
    if (stop->bug_check_code == 0x1E && stop->exception_code != 0 && stop->frame_count < 2) {
        report->advice =
            "the stack ends at this function: its unwind data is unusable, so no __except above it was found";
    }
    if (stop->bug_check_code == 0x139) {
        const char *kind = km_fast_fail_name(stop->parameters[0]);
        report->reason = keep(machine, "%s: %s", known->summary, kind ? kind : "a code without a name");
        return;
    }
    if (stop->has_fault && stop->vector == KM_TRAP_DOUBLE_FAULT) {
        if (!is_near_stack(stop)) {
            report->reason =
                keep(machine, "the stack pointer 0x%016llx is on no stack: the trap could not be taken on it",
                     (unsigned long long)stop->registers.rsp);
            return;
        }
        report->reason =
            "the kernel stack overflowed: a driver has 24 KB of it, and large local variables or deep "
            "recursion used them up";
        report->advice = "allocate large buffers from pool, and bound recursion";
        return;
    }
    if (stop->has_fault && stop->vector == KM_TRAP_PAGE_FAULT) {
        report->has_fault_address = 1;
        report->fault_address = stop->address;
        report->fault_access = access_names[known_access(stop->access)];
        const char *phrase = access_phrases[known_access(stop->access)];
        const char *what = describe_address(machine, stop->address);
        if (stop->bug_check_code == 0xD1 || stop->bug_check_code == 0xA) {
            report->reason =
                keep(machine, "%s address 0x%016llx at IRQL %u, where no page fault can be served: %s",
                     phrase, (unsigned long long)stop->address, stop->irql, what);
        } else {
            report->reason =
                keep(machine, "%s address 0x%016llx: %s", phrase, (unsigned long long)stop->address, what);
        }
        return;
    }
    if (stop->has_fault && stop->vector == KM_TRAP_GENERAL_PROTECTION && stop->exception_code == 0xC0000005) {
        describe_general_protection(machine);
        return;
    }
    if (stop->exception_code == 0x80000003) {
        report->reason = "a breakpoint was hit and no debugger is attached";
        return;
    }
    if (stop->exception_code == 0xC0000096) {
        report->reason =
            "a privileged instruction that this processor refuses (an MSR it does not have, reserved "
            "bits, a state it cannot enter)";
        return;
    }
    if (stop->exception_code != 0) {
        report->reason = keep(machine, "nobody handled the exception 0x%08X %s", stop->exception_code,
                              report->exception_name ? report->exception_name : "");
    }
}

// The simulated process that the thread is of, by the process's id or the thread's own. NULL: it is the
// kernel's or a driver's.
static const struct km_process *client_of(const struct km_machine *machine, uint64_t process_id,
                                          uint64_t thread_id)
{
    for (const struct km_process *process = machine->process; process != NULL; process = process->next) {
        if (process->id == process_id) {
            return process;
        }
        for (const struct km_thread *thread = process->threads; thread != NULL; thread = thread->next) {
            if (thread->id == thread_id) {
                return process;
            }
        }
    }
    return NULL;
}

struct thread_name {
    char text[KM_NAME_BYTES + 32];
};

// "thread 44", or "thread 44 of client.exe". process_id: 0 where it isn't known.
static struct thread_name name_thread(const struct km_machine *machine, uint64_t process_id,
                                      uint64_t thread_id)
{
    struct thread_name name;
    const struct km_process *process = client_of(machine, process_id, thread_id);
    const char *path = process != NULL ? strrchr(process->image, '\\') : NULL;
    const char *image = path != NULL ? path + 1 : process != NULL ? process->image : "";
    snprintf(name.text, sizeof name.text, "thread %llu%s%s", (unsigned long long)thread_id,
             process != NULL ? " of " : "", image);
    return name;
}

static uint64_t process_of_waiting(const struct km_machine *machine, uint64_t thread_id)
{
    for (size_t i = 0; i < machine->wait_count; i++) {
        if (machine->waits[i].thread_id == thread_id) {
            return machine->waits[i].process_id;
        }
    }
    return 0;
}

// One clause a thread: who waits for what, and who holds it.
static void describe_deadlock(struct km_machine *machine)
{
    const char *text = "";
    for (size_t i = 0; i < machine->wait_count && text != NULL; i++) {
        const KM_WAIT *wait = &machine->waits[i];
        const char *holder = wait->owner_thread_id == 0                 ? ""
                             : wait->owner_thread_id == wait->thread_id ? ", which it holds itself"
                                                                        : ", which is held by ";
        struct thread_name owner = {.text = ""};
        if (wait->owner_thread_id != 0 && wait->owner_thread_id != wait->thread_id) {
            owner = name_thread(machine, process_of_waiting(machine, wait->owner_thread_id),
                                wait->owner_thread_id);
        }
        const char *separator = i == 0 ? "" : "; ";
        const struct thread_name thread = name_thread(machine, wait->process_id, wait->thread_id);
        const unsigned long long object = wait->object;
        const char *article = strchr("aeio", wait->kind[0]) != NULL ? "an" : "a";
        if (object == 0) {
            text = wait->kind[0] == '\0' ? keep(machine, "%s%s%s runs", text, separator, thread.text)
                                         : keep(machine, "%s%s%s waits for %s %s", text, separator,
                                                thread.text, article, wait->kind);
        } else {
            text = keep(machine, "%s%s%s waits for %s %s at 0x%llx%s%s", text, separator, thread.text,
                        article, wait->kind, object, holder, owner.text);
        }
    }
    machine->report.kind = KM_REPORT_DEADLOCK;
    machine->report.reason =
        machine->wait_count != 0 ? text : "every thread waits, and no timer is set that could wake one";
    machine->report.advice = "nothing that still runs can end this wait";
    if (machine->stop.frame_count == 0 && machine->wait_count != 0) {
        // Nobody runs: the stack is that of the first who waits.
        machine->stop.frame_count = machine->waits[0].frame_count;
        memcpy(machine->stop.frames, machine->waits[0].frames,
               machine->waits[0].frame_count * sizeof(uint64_t));
    }
}

static void describe_stop(struct km_machine *machine)
{
    const KM_STOP *stop = &machine->stop;
    struct km_report *report = &machine->report;
    switch (stop->kind) {
    case KM_STOP_BUG_CHECK:
        report->kind = KM_REPORT_BUG_CHECK;
        describe_bug_check(machine);
        break;
    case KM_STOP_TIME_LIMIT:
        report->kind = KM_REPORT_TIME_LIMIT;
        report->reason = keep(machine, "the driver did not return within %g s", machine->options.time_limit);
        report->advice =
            "look for a loop without an end in the functions above, or allow more with --timeout SECONDS";
        break;
    case KM_STOP_TRIPLE_FAULT:
        report->kind = KM_REPORT_TRIPLE_FAULT;
        report->reason =
            "the kernel could not take a trap: something has destroyed its own data, its gs base or its "
            "code; hardware would reset. What follows is the last trap outside the kernel";
        report->advice = "look for writes through wild pointers before the place above";
        break;
    case KM_STOP_DEADLOCK: describe_deadlock(machine); break;
    case KM_STOP_UNIMPLEMENTED: {
        report->kind = KM_REPORT_UNIMPLEMENTED;
        const struct km_import_slot *slot = km_modules_import_slot(&machine->modules, stop->address);
        report->name = slot->name;
        report->reason =
            keep(machine, "%s %s %s (%s), which kmode's kernel does not implement yet", slot->importer,
                 stop->access == KM_TRAP_ACCESS_EXECUTE ? "called" : "used the variable", slot->name,
                 slot->module);
        report->advice = "`kmode exports` lists what is implemented";
        break;
    }
    }
}

static void list_registers(struct km_machine *machine)
{
    static const char *const register_names[] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp",
                                                 "rsi", "rdi", "r8",  "r9",  "r10", "r11",
                                                 "r12", "r13", "r14", "r15", "rip", "rflags"};
    struct km_report *report = &machine->report;
    if (!machine->stop.has_registers) {
        return;
    }
    const uint64_t *values = &machine->stop.registers.rax;
    for (size_t i = 0; i < sizeof register_names / sizeof *register_names; i++) {
        report->registers[report->register_count++] = (struct km_register){register_names[i], values[i]};
    }
}

// In data the nearest symbol means nothing. INIT that was discarded is not mapped, and was code.
static bool is_code(const struct km_machine *machine, uint64_t address)
{
    uint32_t protection = km_memory_query(&machine->memory, address);
    return protection == 0 || (protection & KM_PROTECT_EXECUTE) != 0;
}

// Where frames are listed.
struct frame_list {
    struct km_frame *frames;
    size_t *count, limit;
    bool first_is_return; // its first address is a return address too, not an instruction's
};

static void add_frame(const struct frame_list *list, struct km_frame frame)
{
    if (*list->count < list->limit) {
        list->frames[(*list->count)++] = frame;
    }
}

// Frames i.. that are in one module are symbolized by one run of the symbolizer.
static void list_frames(struct km_machine *machine, const uint64_t *addresses, uint32_t address_count,
                        const struct frame_list *list)
{
    struct km_report *report = &machine->report;
    const struct km_module *modules[KM_STOP_MAX_FRAMES];
    struct km_symbols symbols[KM_STOP_MAX_FRAMES];
    size_t first_index[KM_STOP_MAX_FRAMES] = {0}; // of this frame's address in its module's run
    size_t run[KM_STOP_MAX_FRAMES] = {0};
    uint32_t count = address_count < KM_STOP_MAX_FRAMES ? address_count : KM_STOP_MAX_FRAMES;
    size_t runs = 0;
    bool taken[KM_STOP_MAX_FRAMES] = {false};
    for (uint32_t i = 0; i < count; i++) {
        modules[i] = km_modules_at(&machine->modules, addresses[i]);
    }
    for (uint32_t i = 0; i < count; i++) {
        if (modules[i] == NULL || taken[i]) {
            continue;
        }
        uint64_t offsets[KM_STOP_MAX_FRAMES];
        size_t n = 0;
        for (uint32_t j = i; j < count; j++) {
            if (modules[j] == modules[i]) {
                taken[j] = true;
                run[j] = runs;
                first_index[j] = n;
                // A return address may be the next function's first: the call before it is what is meant.
                offsets[n++] = addresses[j] - modules[j]->base - (j != 0 || list->first_is_return);
            }
        }
        km_symbolize(modules[i]->path, offsets, n, &symbols[runs]);
        if (symbols[runs++].missing_symbolizer && report->advice == NULL) {
            report->advice =
                "install llvm-19 (apt-get install llvm-19) to see functions and lines in the stack";
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        struct km_frame frame = {.address = addresses[i]};
        bool named = false;
        if (km_modules_is_import_slot(&machine->modules, frame.address)) {
            const struct km_import_slot *slot = km_modules_import_slot(&machine->modules, frame.address);
            frame.module = keep(machine, "%s", slot->module);
            frame.function = keep(machine, "%s", slot->name);
        } else if (modules[i] != NULL) {
            frame.module = keep(machine, "%s", modules[i]->name);
            frame.offset = addresses[i] - modules[i]->base;
            const struct km_symbols *of_run = &symbols[run[i]];
            bool code = is_code(machine, addresses[i]);
            for (size_t j = 0; code && j < of_run->count; j++) {
                if (of_run->items[j].address_index == first_index[i] && of_run->items[j].function != NULL) {
                    frame.function = keep(machine, "%s", of_run->items[j].function);
                    frame.file = of_run->items[j].file ? keep(machine, "%s", of_run->items[j].file) : NULL;
                    frame.line = of_run->items[j].line;
                    add_frame(list, frame);
                    named = true;
                }
            }
        }
        if (!named) {
            add_frame(list, frame);
        }
    }
    for (size_t i = 0; i < runs; i++) {
        km_symbols_free(&symbols[i]);
    }
}

// The stack on which it happened, and those of others that it is about.
static void list_stacks(struct km_machine *machine)
{
    struct km_report *report = &machine->report;
    const struct frame_list own = {report->frames, &report->frame_count,
                                   sizeof report->frames / sizeof *report->frames, false};
    list_frames(machine, machine->stop.frames, machine->stop.frame_count, &own);
    for (size_t i = 1; report->kind == KM_REPORT_DEADLOCK && i < machine->wait_count &&
                       report->waiting_count < sizeof report->waiting / sizeof *report->waiting;
         i++) {
        struct km_waiting *waiting = &report->waiting[report->waiting_count++];
        const struct frame_list list = {waiting->frames, &waiting->frame_count,
                                        sizeof waiting->frames / sizeof *waiting->frames, true};
        waiting->thread = machine->waits[i].thread_id;
        list_frames(machine, machine->waits[i].frames, machine->waits[i].frame_count, &list);
    }
}

// A parameter that is an address in an image is named like a frame.
static void name_parameters(struct km_machine *machine)
{
    struct km_report *report = &machine->report;
    if (report->kind != KM_REPORT_BUG_CHECK) {
        return;
    }
    for (int i = 0; i < 4; i++) {
        const struct km_module *module = km_modules_at(&machine->modules, report->parameters[i]);
        // The kernel's own data is of no interest to who reads this.
        if (module == NULL ||
            (module == machine->modules.kernel && !is_code(machine, report->parameters[i]))) {
            continue;
        }
        uint64_t offset = report->parameters[i] - module->base;
        struct km_symbols symbols = {0};
        const struct km_symbol *symbol = NULL;
        if (is_code(machine, report->parameters[i]) && km_symbolize(module->path, &offset, 1, &symbols)) {
            symbol = symbols.count > 0 && symbols.items[0].function != NULL ? &symbols.items[0] : NULL;
        }
        if (symbol == NULL) {
            report->parameter_symbols[i] =
                keep(machine, "%s+0x%llx", module->name, (unsigned long long)offset);
        } else if (symbol->file == NULL) {
            report->parameter_symbols[i] = keep(machine, "%s!%s", module->name, symbol->function);
        } else {
            report->parameter_symbols[i] =
                keep(machine, "%s!%s  %s:%u", module->name, symbol->function, symbol->file, symbol->line);
        }
        km_symbols_free(&symbols);
    }
}

static void list_log(struct km_machine *machine)
{
    const struct km_log_tail *tail = &machine->log;
    struct km_report *report = &machine->report;
    unsigned lines = tail->written + (tail->column != 0);
    unsigned first = lines > KM_LOG_LINES ? lines - KM_LOG_LINES : 0;
    for (unsigned i = first; i < lines; i++) {
        report->last_log[report->last_log_count++] = tail->lines[i % (KM_LOG_LINES + 1)];
    }
}

void km_report_make(struct km_machine *machine)
{
    struct km_report *report = &machine->report;
    machine->report_memory = calloc(1, sizeof(struct report_memory));
    *report = (struct km_report){
        .seed = machine->options.seed, .irql = machine->stop.irql, .processor = machine->stop_processor};
    describe_stop(machine);
    list_registers(machine);
    list_stacks(machine);
    name_parameters(machine);
    list_log(machine);
}

void km_report_deinit(struct km_machine *machine)
{
    struct report_memory *memory = machine->report_memory;
    if (memory == NULL) {
        return;
    }
    for (size_t i = 0; i < memory->count; i++) {
        free(memory->texts[i]);
    }
    free(memory);
    machine->report_memory = NULL;
}
