// SPDX-License-Identifier: MIT
// Instructions on a device's memory: moved elements one by one, any other with its memory operand replaced by
// one of ours, between a read of the device and a write to it.
#include "machine/device-access.h"

#include <string.h>
#include <sys/mman.h>
#include <Zydis/Zydis.h>

// device-access.S
extern const uint8_t km_step_start[], km_step_slot[], km_step_registers[], km_step_operand[],
    km_step_fxsave[], km_step_end[];

#define SLOT_BYTES    16u // of the longest instruction, and one more
#define OPERAND_BYTES 64u
#define FXSAVE_BYTES  512u
#define FXSAVE_KEPT   416u // behind it is what fxsave leaves alone
#define FXSAVE_MXCSR  24u

#define RFLAGS_DF     UINT64_C(0x400)
#define RFLAGS_STATUS UINT64_C(0xCD5) // CF PF AF ZF SF DF OF
#define MXCSR_MASKS   UINT32_C(0x1F80)

// So many elements of a string are moved before whatever waits for the processor is looked at.
#define STRING_ELEMENTS 256

#define WIDEST_ACCESS 8u

void km_device_step_free(struct km_device_step *step)
{
    if (step->page != NULL) {
        munmap(step->page, KM_PAGE_SIZE);
        step->page = NULL;
    }
}

static bool make_step(struct km_device_step *step)
{
    if (step->page == NULL) {
        uint8_t *page =
            mmap(NULL, KM_PAGE_SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED) {
            return false;
        }
        memcpy(page, km_step_start, (size_t)(km_step_end - km_step_start));
        step->page = page;
    }
    return true;
}

// ---- Memory, a device's or not

// The next bytes of an access that are one access of a device's.
static unsigned next_part(uint64_t address, unsigned bytes)
{
    const uint64_t in_page = KM_PAGE_SIZE - address % KM_PAGE_SIZE;
    const unsigned most = in_page < WIDEST_ACCESS ? (unsigned)in_page : WIDEST_ACCESS;
    return bytes < most ? bytes : most;
}

// Whether every byte may be accessed so, one way or the other.
static bool may_access(const struct km_device_reach *reach, uint64_t address, unsigned bytes, uint32_t access)
{
    for (unsigned done = 0, part; done < bytes; done += part) {
        part = next_part(address + done, bytes - done);
        if (!reach->is_device(reach->context, address + done, access) &&
            !reach->allows(reach->context, address + done, part, access)) {
            return false;
        }
    }
    return true;
}

static void read_memory(const struct km_device_reach *reach, uint64_t address, uint8_t *to, unsigned bytes)
{
    for (unsigned done = 0, part; done < bytes; done += part) {
        part = next_part(address + done, bytes - done);
        uint64_t value = 0;
        if (reach->is_device(reach->context, address + done, KM_TRAP_ACCESS_READ)) {
            value = reach->read(reach->context, address + done, part);
        } else {
            memcpy(&value, (const void *)(address + done), part);
        }
        memcpy(to + done, &value, part);
    }
}

static void write_memory(const struct km_device_reach *reach, uint64_t address, const uint8_t *from,
                         unsigned bytes)
{
    for (unsigned done = 0, part; done < bytes; done += part) {
        part = next_part(address + done, bytes - done);
        uint64_t value = 0;
        memcpy(&value, from + done, part);
        if (reach->is_device(reach->context, address + done, KM_TRAP_ACCESS_WRITE)) {
            reach->write(reach->context, address + done, part, value);
        } else {
            memcpy((void *)(address + done), &value, part);
        }
    }
}

// ---- Strings

struct string {
    unsigned bytes; // of an element
    bool reads, writes;
    bool repeated;
    uint64_t step, mask; // of addresses
    unsigned length;     // of the instruction
};

static bool describe(const ZydisDecodedInstruction *instruction, uint64_t rflags, struct string *string)
{
    static const struct {
        ZydisMnemonic mnemonic;
        unsigned bytes;
        bool reads, writes;
    } strings[] = {
        {ZYDIS_MNEMONIC_MOVSB, 1, true, true},  {ZYDIS_MNEMONIC_MOVSW, 2, true, true},
        {ZYDIS_MNEMONIC_MOVSD, 4, true, true},  {ZYDIS_MNEMONIC_MOVSQ, 8, true, true},
        {ZYDIS_MNEMONIC_STOSB, 1, false, true}, {ZYDIS_MNEMONIC_STOSW, 2, false, true},
        {ZYDIS_MNEMONIC_STOSD, 4, false, true}, {ZYDIS_MNEMONIC_STOSQ, 8, false, true},
        {ZYDIS_MNEMONIC_LODSB, 1, true, false}, {ZYDIS_MNEMONIC_LODSW, 2, true, false},
        {ZYDIS_MNEMONIC_LODSD, 4, true, false}, {ZYDIS_MNEMONIC_LODSQ, 8, true, false},
    };
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        if (strings[i].mnemonic == instruction->mnemonic) {
            *string = (struct string){
                .bytes = strings[i].bytes,
                .reads = strings[i].reads,
                .writes = strings[i].writes,
                .repeated = (instruction->attributes & ZYDIS_ATTRIB_HAS_REP) != 0,
                .step = rflags & RFLAGS_DF ? -(uint64_t)strings[i].bytes : strings[i].bytes,
                .mask = instruction->address_width == 32 ? UINT32_MAX : UINT64_MAX,
                .length = instruction->length,
            };
            return true;
        }
    }
    return false;
}

// The next element has a device in it, and may be moved.
static bool is_movable(const struct km_device_reach *reach, const struct string *string, uint64_t from,
                       uint64_t to)
{
    return ((string->reads && reach->is_device(reach->context, from, KM_TRAP_ACCESS_READ)) ||
            (string->writes && reach->is_device(reach->context, to, KM_TRAP_ACCESS_WRITE))) &&
           (!string->reads || may_access(reach, from, string->bytes, KM_TRAP_ACCESS_READ)) &&
           (!string->writes || may_access(reach, to, string->bytes, KM_TRAP_ACCESS_WRITE));
}

static bool move_string(KM_REGISTERS *registers, const struct string *string,
                        const struct km_device_reach *reach)
{
    const uint64_t mask = string->mask;
    const uint64_t kept = string->bytes >= 4 ? 0 : ~((UINT64_C(1) << 8 * string->bytes) - 1); // of rax
    for (unsigned done = 0; !string->repeated || (registers->rcx & mask) != 0; done++) {
        const uint64_t from = registers->rsi & mask, to = registers->rdi & mask;
        if (done == STRING_ELEMENTS) {
            return true;
        }
        if (!is_movable(reach, string, from, to)) {
            return done != 0; // the rest is for the processor, or a fault of its own
        }
        uint64_t value = registers->rax;
        if (string->reads) {
            value = 0;
            read_memory(reach, from, (uint8_t *)&value, string->bytes);
            if (!string->writes) {
                registers->rax = (registers->rax & kept) | value;
            }
            registers->rsi = (registers->rsi + string->step) & mask;
        }
        if (string->writes) {
            write_memory(reach, to, (const uint8_t *)&value, string->bytes);
            registers->rdi = (registers->rdi + string->step) & mask;
        }
        if (!string->repeated) {
            break;
        }
        registers->rcx = (registers->rcx - 1) & mask;
    }
    registers->rip += string->length;
    return true;
}

// ---- Any other instruction

// One that does something else with the memory, or cannot be moved to another place, or whose own trap would
// be ours.
static bool is_excluded(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands)
{
    switch (instruction->meta.category) {
    case ZYDIS_CATEGORY_CALL:
    case ZYDIS_CATEGORY_COND_BR:
    case ZYDIS_CATEGORY_UNCOND_BR:
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_PUSH:
    case ZYDIS_CATEGORY_POP:
    case ZYDIS_CATEGORY_STRINGOP:
    case ZYDIS_CATEGORY_IOSTRINGOP:
    case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_SYSTEM: return true;
    default: break;
    }
    if (instruction->mnemonic == ZYDIS_MNEMONIC_DIV || instruction->mnemonic == ZYDIS_MNEMONIC_IDIV) {
        return true;
    }
    for (unsigned i = 0;
         instruction->encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY && i < instruction->operand_count_visible;
         i++) {
        const ZydisRegisterClass kind = operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER
                                            ? ZydisRegisterGetClass(operands[i].reg.value)
                                            : ZYDIS_REGCLASS_GPR64;
        if (kind != ZYDIS_REGCLASS_GPR64 && kind != ZYDIS_REGCLASS_GPR32) {
            return true;
        }
    }
    return false;
}

// The one operand in memory that is named; NULL: none, or more than one.
static const ZydisDecodedOperand *memory_operand(const ZydisDecodedInstruction *instruction,
                                                 const ZydisDecodedOperand *operands)
{
    const ZydisDecodedOperand *memory = NULL;
    for (unsigned i = 0; i < instruction->operand_count; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
            if (memory != NULL || i >= instruction->operand_count_visible ||
                operands[i].mem.type != ZYDIS_MEMOP_TYPE_MEM) {
                return NULL;
            }
            memory = &operands[i];
        }
    }
    return memory;
}

// Encodes the instruction into the slot, with our operand for its own.
static bool encode(const struct km_device_step *step, const ZydisDecodedInstruction *instruction,
                   const ZydisDecodedOperand *operands)
{
    ZydisEncoderRequest request;
    uint8_t *slot = step->page + (km_step_slot - km_step_start);
    ZyanUSize length = SLOT_BYTES;
    if (!ZYAN_SUCCESS(ZydisEncoderDecodedInstructionToEncoderRequest(
            instruction, operands, instruction->operand_count_visible, &request))) {
        return false;
    }
    request.prefixes &= ~(ZydisInstructionAttributes)ZYDIS_ATTRIB_HAS_SEGMENT;
    request.address_size_hint = ZYDIS_ADDRESS_SIZE_HINT_64;
    for (unsigned i = 0; i < request.operand_count; i++) {
        if (request.operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY) {
            request.operands[i].mem.base = ZYDIS_REGISTER_RIP;
            request.operands[i].mem.index = ZYDIS_REGISTER_NONE;
            request.operands[i].mem.scale = 0;
            request.operands[i].mem.displacement =
                (ZyanI64)(uintptr_t)(step->page + (km_step_operand - km_step_start));
        }
    }
    memset(slot, 0x90, SLOT_BYTES); // nop
    return ZYAN_SUCCESS(ZydisEncoderEncodeInstructionAbsolute(&request, slot, &length, (ZyanU64)slot));
}

// The slot's instruction with NT's registers.
static void execute(const struct km_device_step *step, KM_REGISTERS *registers, void *fxsave)
{
    uint8_t *kept_fxsave = step->page + (km_step_fxsave - km_step_start);
    KM_REGISTERS *kept = (KM_REGISTERS *)(step->page + (km_step_registers - km_step_start));
    const uint64_t rip = registers->rip, rflags = registers->rflags;
    uint32_t mxcsr, unmasked, own_mxcsr;
    uint16_t own_control;
    uint8_t *code = step->page;
    memcpy(kept_fxsave, fxsave, FXSAVE_BYTES);
    memcpy(&mxcsr, kept_fxsave + FXSAVE_MXCSR, sizeof mxcsr);
    unmasked = ~mxcsr & MXCSR_MASKS;
    mxcsr |= MXCSR_MASKS; // an exception would be ours
    memcpy(kept_fxsave + FXSAVE_MXCSR, &mxcsr, sizeof mxcsr);
    *kept = *registers;
    kept->rflags = (rflags & RFLAGS_STATUS) | 0x202; // interrupts cannot be disabled here
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(own_mxcsr), "=m"(own_control));
    __asm__ volatile("sub $128, %%rsp\n\tcall *%%rax\n\tadd $128, %%rsp"
                     : "+a"(code)
                     :
                     : "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "cc", "memory", "xmm0", "xmm1",
                       "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                       "xmm12", "xmm13", "xmm14", "xmm15");
    __asm__ volatile("fninit\n\tfldcw %1\n\tldmxcsr %0\n\tcld" : : "m"(own_mxcsr), "m"(own_control));
    *registers = *kept;
    registers->rip = rip;
    registers->rflags = (rflags & ~RFLAGS_STATUS) | (kept->rflags & RFLAGS_STATUS);
    memcpy(&mxcsr, kept_fxsave + FXSAVE_MXCSR, sizeof mxcsr);
    mxcsr &= ~unmasked;
    memcpy(kept_fxsave + FXSAVE_MXCSR, &mxcsr, sizeof mxcsr);
    memcpy(fxsave, kept_fxsave, FXSAVE_KEPT);
}

static bool operand_address(const KM_REGISTERS *registers, const ZydisDecodedInstruction *instruction,
                            const ZydisDecodedOperand *operand, uint64_t *address)
{
    ZydisRegisterContext context = {{0}};
    for (unsigned i = 0; i < 16; i++) {
        context.values[ZYDIS_REGISTER_RAX + i] = (&registers->rax)[i];
    }
    return ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(instruction, operand, registers->rip, &context, address));
}

bool km_device_access(struct km_device_step *step, KM_REGISTERS *registers, void *fxsave, size_t readable,
                      const struct km_device_reach *reach)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    struct string string;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (readable == 0 || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)registers->rip,
                                                              readable, &instruction, operands))) {
        return false;
    }
    if (instruction.meta.category == ZYDIS_CATEGORY_STRINGOP &&
        describe(&instruction, registers->rflags, &string)) {
        return move_string(registers, &string, reach);
    }
    const ZydisDecodedOperand *memory = memory_operand(&instruction, operands);
    uint64_t address;
    if (is_excluded(&instruction, operands) || memory == NULL || memory->size == 0 || memory->size % 8 != 0 ||
        memory->size / 8 > OPERAND_BYTES || !operand_address(registers, &instruction, memory, &address)) {
        return false;
    }
    // A bit that a register names may lie outside of the operand.
    if ((instruction.mnemonic == ZYDIS_MNEMONIC_BT || instruction.mnemonic == ZYDIS_MNEMONIC_BTS ||
         instruction.mnemonic == ZYDIS_MNEMONIC_BTR || instruction.mnemonic == ZYDIS_MNEMONIC_BTC) &&
        operands[1].type == ZYDIS_OPERAND_TYPE_REGISTER) {
        return false;
    }
    const unsigned bytes = memory->size / 8;
    const bool reads = memory->actions & ZYDIS_OPERAND_ACTION_MASK_READ;
    const bool writes = memory->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;
    if ((reads && !may_access(reach, address, bytes, KM_TRAP_ACCESS_READ)) ||
        (writes && !may_access(reach, address, bytes, KM_TRAP_ACCESS_WRITE)) || !make_step(step) ||
        !encode(step, &instruction, operands)) {
        return false;
    }
    uint8_t *operand = step->page + (km_step_operand - km_step_start);
    if (reads) {
        read_memory(reach, address, operand, bytes);
    }
    execute(step, registers, fxsave);
    if (writes) {
        write_memory(reach, address, operand, bytes);
    }
    registers->rip += instruction.length;
    return true;
}
