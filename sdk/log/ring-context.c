// SPDX-License-Identifier: MIT
// How a log ring finds out who writes: the ids of process and thread, and the IRQL.
#include "log/ring.h"
#include "runtime/system-routine.h"

// What PsGetCurrentThreadId and PsGetCurrentProcessId are on every Windows for x64: the current thread, at
// the one place that has not moved since the first, and of it the member at an offset that each version has
// its own of. The offset is read from there, so that a record has its ids without a call.
//
//     mov rax, gs:[188h]
//     mov rax, [rax + offset]
//     ret
//
// Returns 0 where the code is another: then the routines are called.
static ULONG FindOffset(const UCHAR *Code)
{
    static const UCHAR LoadThread[] = {0x65, 0x48, 0x8B, 0x04, 0x25, 0x88, 0x01, 0x00, 0x00};
    static const UCHAR LoadMember[] = {0x48, 0x8B, 0x80};
    const UCHAR *Member = Code + sizeof(LoadThread), *Offset = Member + sizeof(LoadMember);
    ULONG Found;

    if (RtlCompareMemory(Code, LoadThread, sizeof(LoadThread)) != sizeof(LoadThread) ||
        RtlCompareMemory(Member, LoadMember, sizeof(LoadMember)) != sizeof(LoadMember) ||
        Offset[sizeof(Found)] != 0xC3) {
        return 0;
    }
    RtlCopyMemory(&Found, Offset, sizeof(Found));
    return Found;
}

VOID KmpRingFindContext(KM_LOG_RING *Ring)
{
    static KMP_SYSTEM_ROUTINE GetIrql = KMP_SYSTEM_ROUTINE_INIT(L"KeGetCurrentIrql");
    const ULONG Process = FindOffset((const UCHAR *)(ULONG_PTR)PsGetCurrentProcessId);
    const ULONG Thread = FindOffset((const UCHAR *)(ULONG_PTR)PsGetCurrentThreadId);

    Ring->IdsInThread =
        Process != 0 && Thread == Process + FIELD_OFFSET(CLIENT_ID, UniqueThread) ? Process : 0;
    if (Ring->Header.Flags & KMP_RING_IRQL) {
        Ring->GetIrql = (KIRQL(NTAPI *)(VOID))KmpFindSystemRoutine(&GetIrql);
    }
    Ring->IsPlain =
        KmpRingHasPlainClock(Ring) && Ring->IdsInThread != 0 && (Ring->Header.Flags & KMP_RING_IRQL) == 0;
}
