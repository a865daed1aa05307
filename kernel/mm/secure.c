// SPDX-License-Identifier: MIT
// Ranges of user memory that stay as they are: neither freed nor protected more strictly.
#include "inc/kernel.h"
#include "mm/vad.h"

typedef struct _MI_SECURE {
    LIST_ENTRY Link;
    ULONG_PTR Start;
    SIZE_T Bytes;
    BOOLEAN Write; // PAGE_READWRITE; else PAGE_READONLY
} MI_SECURE;

static BOOLEAN MiIsReadable(ULONG Protect)
{
    return !(Protect & (PAGE_NOACCESS | PAGE_GUARD));
}

static BOOLEAN MiIsWritable(ULONG Protect)
{
    return (Protect & (PAGE_READWRITE | PAGE_EXECUTE_READWRITE | PAGE_WRITECOPY | PAGE_EXECUTE_WRITECOPY)) !=
               0 &&
           MiIsReadable(Protect);
}

BOOLEAN MiIsSecured(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Bytes, ULONG Protect)
{
    for (PLIST_ENTRY Link = Space->Secures.Flink; Link != &Space->Secures; Link = Link->Flink) {
        const MI_SECURE *Secure = CONTAINING_RECORD(Link, MI_SECURE, Link);
        if (Start >= Secure->Start + Secure->Bytes || Secure->Start >= Start + Bytes) {
            continue;
        }
        if (Protect == 0 || (Secure->Write ? !MiIsWritable(Protect) : !MiIsReadable(Protect))) {
            return TRUE;
        }
    }
    return FALSE;
}

VOID MiFreeSecures(PMI_ADDRESS_SPACE Space)
{
    while (!IsListEmpty(&Space->Secures)) {
        ExFreePoolWithTag(CONTAINING_RECORD(RemoveHeadList(&Space->Secures), MI_SECURE, Link), TAG_VAD);
    }
}

// Whether every page of the range is there, and accessible as asked.
static BOOLEAN MiIsRangeAccessible(PMI_ADDRESS_SPACE Space, ULONG_PTR Start, SIZE_T Bytes, BOOLEAN Write)
{
    for (ULONG_PTR At = Start & ~((ULONG_PTR)PAGE_SIZE - 1); At < Start + Bytes; At += PAGE_SIZE) {
        PMI_VAD Vad = MiFindVad(Space, At);
        if (Vad == NULL) {
            return FALSE;
        }
        UCHAR State = Vad->PageStates[(At - Vad->Start) / PAGE_SIZE];
        ULONG Protect = MiProtectOf(State);
        if (!(State & MI_PAGE_COMMITTED) || !(Write ? MiIsWritable(Protect) : MiIsReadable(Protect))) {
            return FALSE;
        }
    }
    return TRUE;
}

// Address, Size: in the current process. ProbeMode: PAGE_READONLY, or PAGE_READWRITE. NULL: the range is not
// accessible so, or there is no memory. IRQL <= APC_LEVEL. (ntddk, MmSecureVirtualMemory)
HANDLE NTAPI MmSecureVirtualMemory(PVOID Address, SIZE_T Size, ULONG ProbeMode)
{
    PEPROCESS Process = PsGetCurrentProcess();
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    ULONG_PTR Start = (ULONG_PTR)Address;
    if (Space == NULL || Size == 0 || Start + Size < Start || Start + Size > MmUserProbeAddress ||
        (ProbeMode != PAGE_READONLY && ProbeMode != PAGE_READWRITE)) {
        return NULL;
    }
    MI_SECURE *Secure = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Secure), TAG_VAD);
    if (Secure == NULL) {
        return NULL;
    }
    *Secure = (MI_SECURE){.Start = Start, .Bytes = Size, .Write = ProbeMode == PAGE_READWRITE};
    MiLockAddressSpace(Process);
    BOOLEAN Accessible = MiIsRangeAccessible(Space, Start, Size, Secure->Write);
    if (Accessible) {
        InsertTailList(&Space->Secures, &Secure->Link);
    }
    MiUnlockAddressSpace(Process);
    if (!Accessible) {
        ExFreePoolWithTag(Secure, TAG_VAD);
        return NULL;
    }
    return Secure;
}

// Flags must be 0. (ntddk, MmSecureVirtualMemoryEx)
HANDLE NTAPI MmSecureVirtualMemoryEx(PVOID Address, SIZE_T Size, ULONG ProbeMode, ULONG Flags)
{
    return Flags == 0 ? MmSecureVirtualMemory(Address, Size, ProbeMode) : NULL;
}

// In the process in which it was secured. IRQL <= APC_LEVEL.
VOID NTAPI MmUnsecureVirtualMemory(HANDLE SecureHandle)
{
    PEPROCESS Process = PsGetCurrentProcess();
    PMI_ADDRESS_SPACE Space = MiAddressSpaceOf(Process);
    MiLockAddressSpace(Process);
    for (PLIST_ENTRY Link = Space->Secures.Flink; Link != &Space->Secures; Link = Link->Flink) {
        MI_SECURE *Secure = CONTAINING_RECORD(Link, MI_SECURE, Link);
        if (Secure == SecureHandle) {
            RemoveEntryList(Link);
            ExFreePoolWithTag(Secure, TAG_VAD);
            break;
        }
    }
    MiUnlockAddressSpace(Process);
}
