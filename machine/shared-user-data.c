// SPDX-License-Identifier: MIT
// Reads of KUSER_SHARED_DATA: an absolute load is carried out by hand; any other instruction runs by itself
// for one step with its base register moved to our page.
#include "machine/shared-user-data.h"

#include <string.h>
#include <Zydis/Zydis.h>

#define WINDOWS_BASE UINT64_C(0xFFFFF78000000000)
#define MOVE         (KM_SHARED_USER_DATA_BASE - WINDOWS_BASE) // modulo 2^64

#define RFLAGS_TF UINT64_C(0x100)

// Offsets in KUSER_SHARED_DATA, documented in ntddk.h and unchanged since Windows 2000 (TickCount: since XP
// x64).
#define INTERRUPT_TIME 0x008
#define SYSTEM_TIME    0x014
#define TICK_COUNT     0x320

#define TICK_100NS UINT64_C(156250) // 15.625 ms, the period of Windows' clock interrupt

bool km_is_shared_user_data(uint64_t address)
{
    return address >= WINDOWS_BASE && address - WINDOWS_BASE < KM_PAGE_SIZE;
}

uint64_t km_shared_user_data_address(uint64_t address)
{
    return address - KM_SHARED_USER_DATA_VIEW < KM_PAGE_SIZE
               ? address - KM_SHARED_USER_DATA_VIEW + WINDOWS_BASE
               : address;
}

// SystemTime lies at a multiple of four alone; no line of the cache ends in it.
typedef volatile uint64_t __attribute__((aligned(4))) quadword;

// KSYSTEM_TIME: High2Time first, for readers who retry while it is not High1Time; the other two at once, for
// those who read them at once.
static void write_time(uint64_t offset, uint64_t value)
{
    *(volatile uint32_t *)(KM_SHARED_USER_DATA_BASE + offset + 8) = (uint32_t)(value >> 32);
    *(quadword *)(KM_SHARED_USER_DATA_BASE + offset) = value;
}

void km_shared_user_data_write(uint64_t time, uint64_t uptime)
{
    write_time(TICK_COUNT, uptime / TICK_100NS);
    write_time(SYSTEM_TIME, time);
    write_time(INTERRUPT_TIME, uptime);
}

// Index in KM_REGISTERS of a general register of any width; 16 if it is none.
static unsigned register_index(ZydisRegister name)
{
    ZydisRegister wide = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name);
    return wide >= ZYDIS_REGISTER_RAX && wide <= ZYDIS_REGISTER_R15 ? (unsigned)(wide - ZYDIS_REGISTER_RAX)
                                                                    : 16;
}

// mov al/ax/eax/rax, [imm64]
static void load_accumulator(KM_REGISTERS *registers, uint64_t address, unsigned bits, unsigned length)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)(address + MOVE), bits / 8);
    uint64_t kept = bits >= 32 ? 0 : registers->rax & ~((UINT64_C(1) << bits) - 1);
    registers->rax = kept | value;
    registers->rip += length;
}

bool km_shared_read_begin(struct km_shared_read *read, KM_REGISTERS *registers, size_t readable)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    if (readable == 0 || !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, (const void *)registers->rip,
                                                              readable, &instruction, operands))) {
        return false;
    }
    const ZydisDecodedOperand *memory = NULL;
    for (unsigned i = 0; i < instruction.operand_count; i++) {
        // Of a string move, the source is what lies in the page.
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY &&
            (operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ)) {
            memory = &operands[i];
        }
    }
    if (memory == NULL || memory->mem.type == ZYDIS_MEMOP_TYPE_AGEN) {
        return false;
    }
    if (memory->mem.base == ZYDIS_REGISTER_NONE && memory->mem.index == ZYDIS_REGISTER_NONE) {
        if (instruction.mnemonic != ZYDIS_MNEMONIC_MOV ||
            !km_is_shared_user_data((uint64_t)memory->mem.disp.value)) {
            return false;
        }
        load_accumulator(registers, (uint64_t)memory->mem.disp.value, memory->size, instruction.length);
        return true;
    }
    ZydisRegister name = memory->mem.base != ZYDIS_REGISTER_NONE ? memory->mem.base : memory->mem.index;
    bool scaled = memory->mem.base == ZYDIS_REGISTER_NONE && memory->mem.scale > 1;
    unsigned base = register_index(name);
    if (base == 16 || scaled || (memory->mem.base == memory->mem.index)) {
        return false;
    }
    *read = (struct km_shared_read){.active = true, .base = base, .base_value = (&registers->rax)[base]};
    for (unsigned i = 0; i < instruction.operand_count; i++) {
        const ZydisDecodedOperand *operand = &operands[i];
        if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER && register_index(operand->reg.value) == base &&
            (operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)) {
            // A result that also depends on the moved register's own value would be wrong.
            if (operand->actions & ZYDIS_OPERAND_ACTION_MASK_READ) {
                read->active = false;
                return false;
            }
            read->written_bits = operand->size;
            read->written_shift =
                operand->reg.value >= ZYDIS_REGISTER_AH && operand->reg.value <= ZYDIS_REGISTER_BH ? 8 : 0;
        }
    }
    (&registers->rax)[base] += MOVE;
    registers->rflags |= RFLAGS_TF;
    return true;
}

void km_shared_read_finish(struct km_shared_read *read, KM_REGISTERS *registers)
{
    uint64_t *base = &registers->rax + read->base;
    if (read->written_bits == 0) {
        *base -= MOVE; // as far as the instruction moved it itself (a string move), it stays moved
    } else if (read->written_bits < 32) {
        uint64_t mask = ((UINT64_C(1) << read->written_bits) - 1) << read->written_shift;
        *base = (read->base_value & ~mask) | (*base & mask);
    }
    registers->rflags &= ~RFLAGS_TF;
    read->active = false;
}
