// SPDX-License-Identifier: MIT
// Decodes (Zydis) and carries out ring 0 instructions on the virtual processor.
#include "machine/privileged.h"

#include <string.h>
#include <Zydis/Zydis.h>

#include "machine/control-register.h"
#include "machine/msr.h"

#define RFLAGS_DF UINT64_C(0x400)

static bool decode(const KM_REGISTERS *registers, size_t readable, ZydisDecodedInstruction *instruction,
                   ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT])
{
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return readable > 0 && ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)registers->rip,
                                                               readable, instruction, operands));
}

static uint64_t *general_register(KM_REGISTERS *registers, ZydisRegister name)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
    if (wide < ZYDIS_REGISTER_RAX || wide > ZYDIS_REGISTER_R15) {
        return NULL;
    }
    return &registers->rax + (wide - ZYDIS_REGISTER_RAX);
}

// A control or debug register; NULL if the processor has none of that number. cr8 is the kernel's IRQL byte.
static uint64_t *control_register(KM_PROCESSOR *processor, ZydisRegister name)
{
    switch (name) {
    case ZYDIS_REGISTER_CR0: return &processor->cr0;
    case ZYDIS_REGISTER_CR2: return &processor->cr2;
    case ZYDIS_REGISTER_CR3: return &processor->cr3;
    case ZYDIS_REGISTER_CR4: return &processor->cr4;
    default:
        if (name >= ZYDIS_REGISTER_DR0 && name <= ZYDIS_REGISTER_DR7) {
            return &processor->dr[name - ZYDIS_REGISTER_DR0];
        }
        return NULL;
    }
}

static bool write_control_register(KM_PROCESSOR *processor, ZydisRegister name, uint64_t value)
{
    if (name == ZYDIS_REGISTER_CR8) {
        if (value > 15) {
            return false;
        }
        *(uint8_t *)processor->irql = (uint8_t)value;
        return true;
    }
    uint64_t *target = control_register(processor, name);
    if (target == NULL || (name == ZYDIS_REGISTER_CR0 && !km_may_write_cr0(&value)) ||
        (name == ZYDIS_REGISTER_CR4 && !km_may_write_cr4(value, *target)) ||
        ((name == ZYDIS_REGISTER_DR6 || name == ZYDIS_REGISTER_DR7) && !km_may_write_debug(value))) {
        return false;
    }
    *target = value;
    return true;
}

static enum km_privileged_result move_control(KM_PROCESSOR *processor, KM_REGISTERS *registers,
                                              const ZydisDecodedOperand *operands)
{
    ZydisRegister to = operands[0].reg.value, from = operands[1].reg.value;
    ZydisRegisterClass to_class = ZydisRegisterGetClass(to), from_class = ZydisRegisterGetClass(from);
    if (to_class == ZYDIS_REGCLASS_CONTROL || to_class == ZYDIS_REGCLASS_DEBUG) {
        const uint64_t *source = general_register(registers, from);
        return source != NULL && write_control_register(processor, to, *source) ? KM_PRIVILEGED_DONE
                                                                                : KM_PRIVILEGED_REFUSED;
    }
    if (from_class == ZYDIS_REGCLASS_CONTROL || from_class == ZYDIS_REGCLASS_DEBUG) {
        uint64_t *target = general_register(registers, to);
        const uint64_t *source = control_register(processor, from);
        if (target == NULL || (source == NULL && from != ZYDIS_REGISTER_CR8)) {
            return KM_PRIVILEGED_REFUSED;
        }
        *target = from == ZYDIS_REGISTER_CR8 ? *(const uint8_t *)processor->irql : *source;
        return KM_PRIVILEGED_DONE;
    }
    return KM_PRIVILEGED_NOT;
}

static uint32_t read_port(const struct km_privileged_reach *reach, uint16_t port, unsigned bytes)
{
    return reach != NULL && reach->read_port != NULL ? reach->read_port(reach->context, port, bytes)
                                                     : UINT32_MAX;
}

static void write_port(const struct km_privileged_reach *reach, uint16_t port, unsigned bytes, uint32_t value)
{
    if (reach != NULL && reach->write_port != NULL) {
        reach->write_port(reach->context, port, bytes, value);
    }
}

// The port of `in` and `out`: an operand of 8 bits, or dx.
static uint16_t port_of(const KM_REGISTERS *registers, const ZydisDecodedOperand *operand)
{
    return operand->type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? (uint8_t)operand->imm.value.u
                                                         : (uint16_t)registers->rdx;
}

static void port_in(const struct km_privileged_reach *reach, KM_REGISTERS *registers,
                    const ZydisDecodedOperand *operands)
{
    const unsigned bits = operands[0].size;
    const uint64_t mask = (UINT64_C(1) << bits) - 1;
    const uint64_t value = read_port(reach, port_of(registers, &operands[1]), bits / 8) & mask;
    registers->rax = bits == 32 ? value : (registers->rax & ~mask) | value;
}

static void port_out(const struct km_privileged_reach *reach, const KM_REGISTERS *registers,
                     const ZydisDecodedOperand *operands)
{
    const unsigned bits = operands[1].size;
    write_port(reach, port_of(registers, &operands[0]), bits / 8,
               (uint32_t)(registers->rax & ((UINT64_C(1) << bits) - 1)));
}

// So many elements are moved before whatever waits for the processor is looked at.
#define STRING_ELEMENTS 256

// ins and outs, with or without rep.
static enum km_privileged_result port_string(const struct km_privileged_reach *reach, KM_REGISTERS *registers,
                                             const ZydisDecodedInstruction *instruction, unsigned bytes,
                                             bool in, struct km_privileged_fault *fault)
{
    const bool repeated = instruction->attributes & ZYDIS_ATTRIB_HAS_REP;
    const bool narrow = instruction->address_width == 32;
    const uint64_t mask = narrow ? UINT32_MAX : UINT64_MAX;
    const uint64_t step = registers->rflags & RFLAGS_DF ? -(uint64_t)bytes : bytes;
    uint64_t *at = in ? &registers->rdi : &registers->rsi;
    for (unsigned done = 0; !repeated || (registers->rcx & mask) != 0; done++) {
        if (done == STRING_ELEMENTS) {
            return KM_PRIVILEGED_DONE;
        }
        const uint64_t address = *at & mask;
        const uint32_t access = in ? KM_TRAP_ACCESS_WRITE : KM_TRAP_ACCESS_READ;
        if (reach == NULL || reach->allows == NULL ||
            !reach->allows(reach->context, address, bytes, access)) {
            *fault = (struct km_privileged_fault){.address = address, .access = access};
            return KM_PRIVILEGED_FAULT;
        }
        uint32_t value = 0;
        if (in) {
            value = read_port(reach, (uint16_t)registers->rdx, bytes);
            memcpy((void *)address, &value, bytes);
        } else {
            memcpy(&value, (const void *)address, bytes);
            write_port(reach, (uint16_t)registers->rdx, bytes, value);
        }
        *at = (*at + step) & mask;
        if (!repeated) {
            break;
        }
        registers->rcx = (registers->rcx - 1) & mask;
    }
    registers->rip += instruction->length;
    return KM_PRIVILEGED_DONE;
}

enum km_privileged_result km_privileged_execute(KM_PROCESSOR *processor, KM_REGISTERS *registers,
                                                size_t readable, const struct km_privileged_reach *reach,
                                                struct km_privileged_fault *fault)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (!decode(registers, readable, &instruction, operands)) {
        return KM_PRIVILEGED_NOT;
    }
    enum km_privileged_result result = KM_PRIVILEGED_DONE;
    uint64_t value;
    switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_MOV: result = move_control(processor, registers, operands); break;
    case ZYDIS_MNEMONIC_RDMSR:
        if (!km_msr_read(processor, (uint32_t)registers->rcx, &value)) {
            return KM_PRIVILEGED_REFUSED;
        }
        registers->rax = (uint32_t)value;
        registers->rdx = value >> 32;
        break;
    case ZYDIS_MNEMONIC_WRMSR:
        value = registers->rdx << 32 | (uint32_t)registers->rax;
        if (!km_msr_write(processor, (uint32_t)registers->rcx, value)) {
            return KM_PRIVILEGED_REFUSED;
        }
        break;
    case ZYDIS_MNEMONIC_CLI: processor->interrupts_enabled = 0; break;
    case ZYDIS_MNEMONIC_STI: processor->interrupts_enabled = 1; break;
    case ZYDIS_MNEMONIC_IN: port_in(reach, registers, operands); break;
    case ZYDIS_MNEMONIC_OUT: port_out(reach, registers, operands); break;
    case ZYDIS_MNEMONIC_INSB: return port_string(reach, registers, &instruction, 1, true, fault);
    case ZYDIS_MNEMONIC_INSW: return port_string(reach, registers, &instruction, 2, true, fault);
    case ZYDIS_MNEMONIC_INSD: return port_string(reach, registers, &instruction, 4, true, fault);
    case ZYDIS_MNEMONIC_OUTSB: return port_string(reach, registers, &instruction, 1, false, fault);
    case ZYDIS_MNEMONIC_OUTSW: return port_string(reach, registers, &instruction, 2, false, fault);
    case ZYDIS_MNEMONIC_OUTSD: return port_string(reach, registers, &instruction, 4, false, fault);
    case ZYDIS_MNEMONIC_CLTS: processor->cr0 &= ~UINT64_C(0x8); break;
    // SMAP's flag guards user pages, which the host checks by itself.
    case ZYDIS_MNEMONIC_CLAC:
    case ZYDIS_MNEMONIC_STAC:
    // Caches and translations that a driver flushes are Linux's here, and coherent.
    case ZYDIS_MNEMONIC_WBINVD:
    case ZYDIS_MNEMONIC_INVD:
    case ZYDIS_MNEMONIC_INVLPG: break;
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_LGDT:
    case ZYDIS_MNEMONIC_LIDT:
    case ZYDIS_MNEMONIC_LLDT:
    case ZYDIS_MNEMONIC_LTR:
    case ZYDIS_MNEMONIC_LMSW:
    case ZYDIS_MNEMONIC_SWAPGS:
    case ZYDIS_MNEMONIC_INVPCID:
    case ZYDIS_MNEMONIC_XSETBV:
    case ZYDIS_MNEMONIC_RDPMC:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_SYSEXIT: return KM_PRIVILEGED_REFUSED;
    default: return KM_PRIVILEGED_NOT;
    }
    if (result == KM_PRIVILEGED_DONE) {
        registers->rip += instruction.length;
    }
    return result;
}

static bool operand_address(const KM_REGISTERS *registers, const ZydisDecodedInstruction *instruction,
                            const ZydisDecodedOperand *operand, uint64_t *address)
{
    ZydisRegisterContext context = {{0}};
    for (unsigned i = 0; i < 16; i++) {
        context.values[ZYDIS_REGISTER_RAX + i] = (&registers->rax)[i];
    }
    ZyanU64 result;
    if (!ZYAN_SUCCESS(ZydisCalcAbsoluteAddressEx(instruction, operand, registers->rip, &context, &result))) {
        return false;
    }
    *address = result;
    return true;
}

int km_memory_operand(const KM_REGISTERS *registers, size_t readable, uint64_t *address)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (!decode(registers, readable, &instruction, operands)) {
        return 0;
    }
    for (unsigned i = 0; i < instruction.operand_count; i++) {
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN) {
            return operand_address(registers, &instruction, &operands[i], address);
        }
    }
    return 0;
}

int km_divisor_is_not_zero(const KM_REGISTERS *registers, size_t readable,
                           int (*read_memory)(void *context, uint64_t address, uint64_t *value),
                           void *context)
{
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    if (!decode(registers, readable, &instruction, operands)) {
        return 0;
    }
    uint64_t value;
    if (operands[0].type == ZYDIS_OPERAND_TYPE_REGISTER) {
        const uint64_t *wide = general_register((KM_REGISTERS *)registers, operands[0].reg.value);
        if (wide == NULL) {
            return 0;
        }
        bool high_byte =
            operands[0].reg.value >= ZYDIS_REGISTER_AH && operands[0].reg.value <= ZYDIS_REGISTER_BH;
        value = *wide >> (high_byte ? 8 : 0);
    } else {
        uint64_t address;
        if (!operand_address(registers, &instruction, &operands[0], &address) ||
            !read_memory(context, address, &value)) {
            return 0;
        }
    }
    unsigned bits = operands[0].size;
    return (bits >= 64 ? value : value & ((UINT64_C(1) << bits) - 1)) != 0;
}
