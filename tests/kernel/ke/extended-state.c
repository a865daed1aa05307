// SPDX-License-Identifier: MIT
// Floating-point and extended state, saved and restored.
#include "test.h"

static void TestFeatures(void)
{
    ULONG64 All = RtlGetEnabledExtendedFeatures(~0ULL);
    IS(All & XSTATE_MASK_LEGACY, XSTATE_MASK_LEGACY);
    IS(RtlGetEnabledExtendedFeatures(XSTATE_MASK_LEGACY), XSTATE_MASK_LEGACY);
    IS(RtlGetEnabledExtendedFeatures(0), 0);
    IS(*(ULONG64 *)(0xFFFFF78000000000ULL + 0x3D8), All);
}

static void TestLegacy(void)
{
    XSTATE_SAVE Save;
    IS(KeSaveExtendedProcessorState(XSTATE_MASK_LEGACY, &Save), STATUS_SUCCESS);
    KeRestoreExtendedProcessorState(&Save);
    IS(KeSaveFloatingPointState(NULL), STATUS_SUCCESS);
    IS(KeRestoreFloatingPointState(NULL), STATUS_SUCCESS);
}

static void TestAvx(void)
{
    ULONG64 Features = RtlGetEnabledExtendedFeatures(XSTATE_MASK_GSSE);
    if (Features == 0) {
        return; // the processor has none
    }
    XSTATE_SAVE Save;
    ULONG64 Before[4] = {1, 2, 3, 4}, Other[4] = {5, 6, 7, 8}, After[4];
    __asm__ volatile("vmovdqu %0, %%ymm15" : : "m"(Before) : "xmm15");
    IS(KeSaveExtendedProcessorState(XSTATE_MASK_GSSE | XSTATE_MASK_LEGACY, &Save), STATUS_SUCCESS);
    __asm__ volatile("vmovdqu %0, %%ymm15" : : "m"(Other) : "xmm15");
    KeRestoreExtendedProcessorState(&Save);
    __asm__ volatile("vmovdqu %%ymm15, %0" : "=m"(After) : : "memory");
    IS(After[2], 3); // the upper half is AVX's own state
    IS(After[3], 4);
}

static void TestRefused(void)
{
    XSTATE_SAVE Save;
    IS(KeSaveExtendedProcessorState(1ULL << 62, &Save), STATUS_NOT_SUPPORTED);
}

TEST_DRIVER(TestFeatures, TestLegacy, TestAvx, TestRefused)
