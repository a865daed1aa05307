// SPDX-License-Identifier: MIT
// The table of model-specific registers. What it lacks faults, as on hardware.
#include "machine/msr.h"

#include <stddef.h>
#include <string.h>
#include <x86intrin.h>

#define MSR_IA32_TSC     0x10u
#define MSR_IA32_TSC_AUX 0xC0000103u
#define MSR_IA32_GS_BASE 0xC0000101u

struct msr {
    uint32_t index;
    bool writable;
    uint64_t reserved; // bits that a write must leave clear
    uint64_t value;
};

// Values as a plain x64 processor under Windows shows them; the names are Intel's (SDM volume 4).
static const struct msr defaults[] = {
    {0x0000001Bu, true, ~UINT64_C(0xFFFFFF900),
     UINT64_C(0xFEE00900)},                        // IA32_APIC_BASE: enabled, boot processor
    {0x0000003Au, false, 0, 0x1},                  // IA32_FEATURE_CONTROL: locked
    {0x0000008Bu, true, 0, UINT64_C(0x100000000)}, // IA32_BIOS_SIGN_ID
    {0x000000CEu, false, 0, UINT64_C(0x80000000)}, // MSR_PLATFORM_INFO
    {0x000000E7u, true, 0, 0},                     // IA32_MPERF
    {0x000000E8u, true, 0, 0},                     // IA32_APERF
    {0x000000FEu, false, 0, 0x500},                // IA32_MTRRCAP
    {0x00000174u, true, 0, 0},                     // IA32_SYSENTER_CS
    {0x00000175u, true, 0, 0},                     // IA32_SYSENTER_ESP
    {0x00000176u, true, 0, 0},                     // IA32_SYSENTER_EIP
    {0x00000198u, false, 0, 0},                    // IA32_PERF_STATUS
    {0x000001A0u, true, 0, 0x1},                   // IA32_MISC_ENABLE: fast strings
    {0x000001D9u, true, 0, 0},                     // IA32_DEBUGCTL
    {0x00000277u, true, UINT64_C(0xF8F8F8F8F8F8F8F8), UINT64_C(0x0007010600070106)}, // IA32_PAT
    {0x000002FFu, true, 0, 0x806},                                                   // IA32_MTRR_DEF_TYPE
    {0xC0000080u, true, ~UINT64_C(0xD01), 0xD01},         // IA32_EFER: SCE LME LMA NXE
    {0xC0000081u, true, 0, UINT64_C(0x0023001000000000)}, // IA32_STAR
    {0xC0000082u, true, 0, 0},                            // IA32_LSTAR
    {0xC0000083u, true, 0, 0},                            // IA32_CSTAR
    {0xC0000084u, true, 0, 0x4700},                       // IA32_FMASK
    {0xC0000100u, true, 0, 0},                            // IA32_FS_BASE
    {0xC0000102u, true, 0, 0},                            // IA32_KERNEL_GS_BASE
};

enum { MSRS = sizeof defaults / sizeof *defaults, PROCESSORS = 64 };

static struct msr tables[PROCESSORS][MSRS]; // each processor has its own

void km_msrs_reset(uint32_t number)
{
    memcpy(tables[number % PROCESSORS], defaults, sizeof defaults);
}

static struct msr *find(const KM_PROCESSOR *processor, uint32_t index)
{
    struct msr *msrs = tables[processor->number % PROCESSORS];
    for (size_t i = 0; i < MSRS; i++) {
        if (msrs[i].index == index) {
            return &msrs[i];
        }
    }
    return NULL;
}

bool km_msr_read(const KM_PROCESSOR *processor, uint32_t index, uint64_t *value)
{
    switch (index) {
    case MSR_IA32_TSC: *value = __rdtsc(); return true;
    case MSR_IA32_TSC_AUX: *value = processor->number; return true;
    case MSR_IA32_GS_BASE: *value = processor->kpcr; return true;
    }
    const struct msr *msr = find(processor, index);
    if (msr == NULL) {
        return false;
    }
    *value = msr->value;
    return true;
}

bool km_msr_write(KM_PROCESSOR *processor, uint32_t index, uint64_t value)
{
    struct msr *msr = find(processor, index);
    if (msr == NULL || !msr->writable || (value & msr->reserved) != 0) {
        return false;
    }
    msr->value = value;
    return true;
}
