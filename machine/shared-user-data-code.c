// SPDX-License-Identifier: MIT
// Code that reads KUSER_SHARED_DATA is changed to read the view of it, where nothing traps.
#include "machine/shared-user-data.h"

#include <string.h>
#include <Zydis/Zydis.h>

// How far what is made of a constant is followed.
#define INSTRUCTIONS 64

#define LOAD_AL        0xA0 // mov al, [imm64]
#define LOAD_RAX       0xA1 // mov ax/eax/rax, [imm64]
#define MOVE_CONSTANT  0xB8 // mov r64, imm64, with REX.W: its low three bits are the register's
#define REX_W          0x48
#define REX_WB         0x49
#define CONSTANT_BYTES 8

enum use { UNUSED, LOADS, OTHER };

static bool is_register(ZydisRegister name, ZydisRegister wide)
{
    return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name) == wide;
}

static enum use use_of_operand(const ZydisDecodedOperand *operand, ZydisRegister wide)
{
    if (operand->type == ZYDIS_OPERAND_TYPE_REGISTER) {
        return is_register(operand->reg.value, wide) ? OTHER : UNUSED;
    }
    if (operand->type != ZYDIS_OPERAND_TYPE_MEMORY) {
        return UNUSED;
    }
    if (is_register(operand->mem.index, wide)) {
        return OTHER;
    }
    if (!is_register(operand->mem.base, wide)) {
        return UNUSED;
    }
    return operand->mem.type == ZYDIS_MEMOP_TYPE_MEM && !(operand->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE)
               ? LOADS
               : OTHER;
}

// What the instruction makes of the register. That it is loaded into itself is no other use, if nothing of it
// stays.
static enum use use_of(const ZydisDecodedInstruction *instruction, const ZydisDecodedOperand *operands,
                       ZydisRegister wide)
{
    enum use use = UNUSED;
    for (unsigned i = 0; i < instruction->operand_count; i++) {
        const enum use this = use_of_operand(&operands[i], wide);
        const bool is_result = operands[i].type == ZYDIS_OPERAND_TYPE_REGISTER && operands[i].size >= 32 &&
                               !(operands[i].actions & ZYDIS_OPERAND_ACTION_MASK_READ);
        if (this == LOADS) {
            use = LOADS;
        } else if (this == OTHER && !is_result) {
            return OTHER;
        } else if (this == OTHER && use == UNUSED) {
            use = OTHER; // written over, unless it is also the base
        }
    }
    return use;
}

static bool is_preserved(ZydisRegister wide)
{
    return wide == ZYDIS_REGISTER_RBX || wide == ZYDIS_REGISTER_RBP || wide == ZYDIS_REGISTER_RSI ||
           wide == ZYDIS_REGISTER_RDI || (wide >= ZYDIS_REGISTER_R12 && wide <= ZYDIS_REGISTER_R15);
}

// true if the register is, from `at` on and straight ahead, first used as the base of a load.
static bool is_base_of_load(const uint8_t *code, size_t bytes, size_t at, ZydisRegister wide)
{
    ZydisDecoder decoder;
    ZydisDecodedInstruction instruction;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    for (unsigned i = 0; i < INSTRUCTIONS && at < bytes; i++) {
        if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code + at, bytes - at, &instruction, operands))) {
            return false;
        }
        const enum use use = use_of(&instruction, operands, wide);
        if (use != UNUSED) {
            return use == LOADS;
        }
        at += instruction.length;
        switch (instruction.meta.category) {
        case ZYDIS_CATEGORY_UNCOND_BR:
            if (operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE || !operands[0].imm.is_relative) {
                return false;
            }
            at += (size_t)operands[0].imm.value.s; // what lies before the code is behind its end, too
            break;
        case ZYDIS_CATEGORY_CALL:
            if (!is_preserved(wide)) {
                return false;
            }
            break;
        case ZYDIS_CATEGORY_RET:
        case ZYDIS_CATEGORY_INTERRUPT: return false;
        default: break;
        }
    }
    return false;
}

// Whether the constant at `at` is an address that code, which has been loaded, loads from.
static bool is_loaded_from(const uint8_t *code, size_t bytes, size_t at)
{
    if (at >= 1 && (code[at - 1] == LOAD_AL || code[at - 1] == LOAD_RAX)) {
        return true;
    }
    if (at < 2 || (code[at - 2] != REX_W && code[at - 2] != REX_WB) || (code[at - 1] & ~7) != MOVE_CONSTANT) {
        return false;
    }
    const unsigned number = (code[at - 1] & 7u) | (code[at - 2] == REX_WB ? 8u : 0u);
    return is_base_of_load(code, bytes, at + CONSTANT_BYTES,
                           (ZydisRegister)(ZYDIS_REGISTER_RAX + (int)number));
}

size_t km_shared_user_data_redirect(uint8_t *code, size_t bytes)
{
    // All of an address in the page but its lowest two bytes.
    static const uint8_t high[] = {0x00, 0x00, 0x80, 0xF7, 0xFF, 0xFF};
    const size_t low = CONSTANT_BYTES - sizeof high;
    size_t changed = 0;
    for (size_t from = low; from < bytes;) {
        const uint8_t *found = memmem(code + from, bytes - from, high, sizeof high);
        if (found == NULL) {
            break;
        }
        const size_t at = (size_t)(found - code) - low;
        uint64_t address;
        memcpy(&address, code + at, sizeof address);
        if (km_is_shared_user_data(address) && is_loaded_from(code, bytes, at)) {
            address = address % KM_PAGE_SIZE + KM_SHARED_USER_DATA_VIEW;
            memcpy(code + at, &address, sizeof address);
            changed++;
        }
        from = at + low + 1;
    }
    return changed;
}
