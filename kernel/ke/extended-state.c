// SPDX-License-Identifier: MIT
// Processor state beyond the x64 baseline, saved and restored for drivers that use it: AVX and what comes
// after.
#include "inc/kernel.h"

#define KI_EXTENDED_STATES 0xE4u // AVX and AVX-512: what a trap keeps beside the frame's fxsave

// KUSER_SHARED_DATA.XState of Windows 10; mingw-w64 has Windows 7's.
typedef struct _KI_XSTATE_CONFIGURATION {
    ULONG64 EnabledFeatures;
    ULONG64 EnabledVolatileFeatures;
    ULONG Size;
    ULONG ControlFlags;
    struct {
        ULONG Offset;
        ULONG Size;
    } Features[64];
} KI_XSTATE_CONFIGURATION;

#define KI_XSTATE_CONFIGURATION_OFFSET 0x3D8

ULONG KiExtendedStateMask;
ULONG KiExtendedStateBytes;

VOID KiInitializeExtendedState(VOID)
{
    KI_XSTATE_CONFIGURATION *Configuration =
        (KI_XSTATE_CONFIGURATION *)(KM_SHARED_USER_DATA_BASE + KI_XSTATE_CONFIGURATION_OFFSET);
    int Registers[4];
    __cpuid(Registers, 1);
    if ((Registers[2] & (1 << 27)) == 0) {
        return;
    }
    KiExtendedStateMask = (ULONG)_xgetbv(0) & KI_EXTENDED_STATES;
    if (KiExtendedStateMask == 0) {
        return;
    }
    __cpuidex(Registers, 0xD, 0);
    KiExtendedStateBytes = (ULONG)Registers[1];
    Configuration->EnabledFeatures = Configuration->EnabledVolatileFeatures =
        XSTATE_MASK_LEGACY | KiExtendedStateMask;
    Configuration->Size = KiExtendedStateBytes;
    Configuration->Features[0].Size = FIELD_OFFSET(XSAVE_FORMAT, XmmRegisters);
    Configuration->Features[1].Offset = FIELD_OFFSET(XSAVE_FORMAT, XmmRegisters);
    Configuration->Features[1].Size = RTL_FIELD_SIZE(XSAVE_FORMAT, XmmRegisters);
    for (ULONG Feature = 2; Feature < 32; Feature += 1) {
        if (KiExtendedStateMask & (1u << Feature)) {
            __cpuidex(Registers, 0xD, (int)Feature);
            Configuration->Features[Feature].Size = (ULONG)Registers[0];
            Configuration->Features[Feature].Offset = (ULONG)Registers[1];
        }
    }
}

static inline ULONG64 KiEnabledFeatures(VOID)
{
    return XSTATE_MASK_LEGACY | KiExtendedStateMask;
}

// The features of XSTATE_MASK_* in FeatureMask that are enabled. Any IRQL. (ntddk,
// RtlGetEnabledExtendedFeatures)
ULONG64 NTAPI RtlGetEnabledExtendedFeatures(ULONG64 FeatureMask)
{
    return KiEnabledFeatures() & FeatureMask;
}

// Bytes of an XSAVE area that starts on any address, for the standard layout.
static ULONG KiExtendedStateSize(VOID)
{
    ULONG Size = KiExtendedStateBytes;
    return (Size > sizeof(XSAVE_AREA) ? Size : (ULONG)sizeof(XSAVE_AREA)) + 63;
}

// Saves the state of Mask's features that are enabled, for KeRestoreExtendedProcessorState on the same
// processor and thread. *XStateSave is the caller's, uninitialised. STATUS_SUCCESS,
// STATUS_INSUFFICIENT_RESOURCES; STATUS_NOT_SUPPORTED for a feature that is not enabled, which callers must
// not ask for. IRQL <= DISPATCH_LEVEL. (wdm)
NTSTATUS NTAPI KeSaveExtendedProcessorState(ULONG64 Mask, PXSTATE_SAVE XStateSave)
{
    *XStateSave = (XSTATE_SAVE){.Thread = KiCurrentThread(), .Level = KiGetIrql()};
    // x87 and SSE are the baseline, which every switch keeps.
    Mask &= ~XSTATE_MASK_LEGACY;
    if ((Mask & ~KiEnabledFeatures()) != 0) {
        return STATUS_NOT_SUPPORTED;
    }
    if (Mask == 0) {
        return STATUS_SUCCESS;
    }
    ULONG Size = KiExtendedStateSize();
    PVOID Buffer = ExAllocatePoolZero(NonPagedPoolNx, Size, TAG_EXTENDED_STATE);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    XStateSave->XStateContext.Mask = Mask;
    XStateSave->XStateContext.Length = Size;
    XStateSave->XStateContext.Buffer = Buffer;
    XStateSave->XStateContext.Area = (PXSAVE_AREA)(((ULONG_PTR)Buffer + 63) & ~(ULONG_PTR)63);
    __asm__ volatile("xsave64 %0"
                     : "+m"(*XStateSave->XStateContext.Area)
                     : "a"((ULONG)Mask), "d"((ULONG)(Mask >> 32))
                     : "memory");
    return STATUS_SUCCESS;
}

// Puts back what XStateSave holds, and frees what it owns. At the IRQL and in the thread of the save.
VOID NTAPI KeRestoreExtendedProcessorState(PXSTATE_SAVE XStateSave)
{
    ULONG64 Mask = XStateSave->XStateContext.Mask;
    if (Mask == 0) {
        return;
    }
    __asm__ volatile("xrstor64 %0"
                     :
                     : "m"(*XStateSave->XStateContext.Area), "a"((ULONG)Mask), "d"((ULONG)(Mask >> 32))
                     : "memory");
    ExFreePoolWithTag(XStateSave->XStateContext.Buffer, TAG_EXTENDED_STATE);
    XStateSave->XStateContext = (XSTATE_CONTEXT){0};
}
