// SPDX-License-Identifier: MIT
// What may be written to a control or debug register: Intel 64 and IA-32 Architectures Software Developer's
// Manual, volume 3A, 2.5, and CPUID of volume 2A.
#include "machine/control-register.h"

#include <cpuid.h>
#include <stddef.h>

#define CR0_PE      UINT64_C(0x1)
#define CR0_PG      UINT64_C(0x80000000)
#define CR0_NW      UINT64_C(0x20000000)
#define CR0_CD      UINT64_C(0x40000000)
#define CR0_ET      UINT64_C(0x10)
#define CR0_DEFINED UINT64_C(0xE005003F) // PE MP EM TS ET NE WP AM NW CD PG
#define CR4_PAE     UINT64_C(0x20)
#define CR4_LA57    UINT64_C(0x1000)

enum output { EAX, EBX, ECX, EDX };

// The bits of cr4, and of CPUID's answers which tell that the processor has them. PCE has none: every
// processor of 64 bits has it. A bit in two rows is there if either says so.
static const struct {
    uint8_t bit, leaf, subleaf;
    enum output output;
    uint8_t feature;
} cr4_bits[] = {
    {0, 1, 0, EDX, 1},   // VME
    {1, 1, 0, EDX, 1},   // PVI
    {2, 1, 0, EDX, 4},   // TSD
    {3, 1, 0, EDX, 2},   // DE
    {4, 1, 0, EDX, 3},   // PSE
    {5, 1, 0, EDX, 6},   // PAE
    {6, 1, 0, EDX, 7},   // MCE
    {7, 1, 0, EDX, 13},  // PGE
    {9, 1, 0, EDX, 24},  // OSFXSR
    {10, 1, 0, EDX, 25}, // OSXMMEXCPT
    {11, 7, 0, ECX, 2},  // UMIP
    {12, 7, 0, ECX, 16}, // LA57
    {13, 1, 0, ECX, 5},  // VMXE
    {14, 1, 0, ECX, 6},  // SMXE
    {16, 7, 0, EBX, 0},  // FSGSBASE
    {17, 1, 0, ECX, 17}, // PCIDE
    {18, 1, 0, ECX, 26}, // OSXSAVE
    {19, 7, 0, ECX, 23}, // KL
    {20, 7, 0, EBX, 7},  // SMEP
    {21, 7, 0, EBX, 20}, // SMAP
    {22, 7, 0, ECX, 3},  // PKE
    {23, 7, 0, ECX, 7},  // CET, by shadow stacks
    {23, 7, 0, EDX, 20}, // CET, by indirect branch tracking
    {24, 7, 0, ECX, 31}, // PKS
    {25, 7, 0, EDX, 5},  // UINTR
    {27, 7, 1, EAX, 6},  // LASS
    {28, 7, 1, EAX, 26}, // LAM_SUP
    {32, 7, 1, EAX, 17}, // FRED
};

#define CR4_PCE UINT64_C(0x100)

static uint64_t cr4_supported(void)
{
    uint64_t supported = CR4_PCE;
    for (size_t i = 0; i < sizeof cr4_bits / sizeof *cr4_bits; i++) {
        unsigned answer[4] = {0};
        if (__get_cpuid_count(cr4_bits[i].leaf, cr4_bits[i].subleaf, &answer[EAX], &answer[EBX], &answer[ECX],
                              &answer[EDX]) &&
            answer[cr4_bits[i].output] >> cr4_bits[i].feature & 1) {
            supported |= UINT64_C(1) << cr4_bits[i].bit;
        }
    }
    return supported;
}

bool km_may_write_cr0(uint64_t *value)
{
    const uint64_t long_mode = CR0_PE | CR0_PG;
    if ((*value & long_mode) != long_mode || *value > UINT32_MAX || (*value & (CR0_NW | CR0_CD)) == CR0_NW) {
        return false;
    }
    *value = (*value & CR0_DEFINED) | CR0_ET;
    return true;
}

bool km_may_write_cr4(uint64_t value, uint64_t before)
{
    const uint64_t changed = value ^ before;
    // Neither PAE nor the depth of the page table changes in long mode.
    return (changed & (CR4_PAE | CR4_LA57)) == 0 && (value & changed & ~cr4_supported()) == 0;
}

bool km_may_write_debug(uint64_t value)
{
    return value <= UINT32_MAX;
}
