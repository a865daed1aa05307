// SPDX-License-Identifier: MIT
// ERESOURCEs as drivers acquire and release them, which a thread may do several times over: who holds what
// since where.
#include "inc/kernel.h"

#define VI_HELD_RESOURCES 128 // at a time; of more, nothing is said

typedef struct _VI_HELD_RESOURCE {
    PERESOURCE Resource; // NULL: the place is free
    PKTHREAD Thread;
    ULONG Count;
    ULONG64 Sequence; // of the first acquisition
    VI_STACK Stack;
} VI_HELD_RESOURCE;

static VI_HELD_RESOURCE ViHeldResources[VI_HELD_RESOURCES];
static KSPIN_LOCK ViHeldResourcesLock;

static KIRQL ViLockResources(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&ViHeldResourcesLock);
    return OldIrql;
}

static VOID ViUnlockResources(KIRQL OldIrql)
{
    KiReleaseSpinLock(&ViHeldResourcesLock);
    KiSetIrql(OldIrql);
}

// The table is locked. Resource NULL: a free place.
static VI_HELD_RESOURCE *ViFindHeldResource(PERESOURCE Resource, PKTHREAD Thread)
{
    for (ULONG Index = 0; Index < VI_HELD_RESOURCES; Index += 1) {
        VI_HELD_RESOURCE *Held = &ViHeldResources[Index];
        if (Held->Resource == Resource && (Resource == NULL || Held->Thread == Thread)) {
            return Held;
        }
    }
    return NULL;
}

static VOID ViNoteResourceAcquired(PERESOURCE Resource)
{
    PKTHREAD Thread = KiCurrentThread();
    VI_STACK Stack;
    ViCaptureStack(&Stack);
    ULONG64 Sequence = ViNextLockSequence();
    KIRQL OldIrql = ViLockResources();
    VI_HELD_RESOURCE *Held = ViFindHeldResource(Resource, Thread);
    if (Held != NULL) {
        Held->Count += 1;
    } else {
        Held = ViFindHeldResource(NULL, NULL);
        if (Held != NULL) {
            *Held = (VI_HELD_RESOURCE){
                .Resource = Resource, .Thread = Thread, .Count = 1, .Sequence = Sequence, .Stack = Stack};
        }
    }
    ViUnlockResources(OldIrql);
}

// Of an owner pointer nothing is known: who has set it has given the resource away (ViGiveAway).
static VOID ViNoteResourceReleased(PERESOURCE Resource, PKTHREAD Thread)
{
    KIRQL OldIrql = ViLockResources();
    VI_HELD_RESOURCE *Held = ViFindHeldResource(Resource, Thread);
    if (Held != NULL && --Held->Count == 0) {
        Held->Resource = NULL;
    }
    ViUnlockResources(OldIrql);
}

static VOID ViGiveAway(PERESOURCE Resource)
{
    KIRQL OldIrql = ViLockResources();
    VI_HELD_RESOURCE *Held = ViFindHeldResource(Resource, KiCurrentThread());
    if (Held != NULL) {
        Held->Resource = NULL;
    }
    ViUnlockResources(OldIrql);
}

// A dispatch routine that returns STATUS_PENDING may leave the release to whoever completes the IRP
// (ExReleaseResourceForThreadLite).
static BOOLEAN ViMayKeepResources(const VI_CALLBACK *Callback, ULONG_PTR Result)
{
    return (NTSTATUS)Result == STATUS_PENDING && strcmp(Callback->Type, "DRIVER_DISPATCH") == 0;
}

VOID ViCheckHeldResources(const VI_CALLBACK *Callback, ULONG_PTR Result)
{
    if (ViMayKeepResources(Callback, Result)) {
        return;
    }
    for (;;) {
        VI_HELD_RESOURCE *Found = NULL, Copy;
        KIRQL OldIrql = ViLockResources();
        for (ULONG Index = 0; Found == NULL && Index < VI_HELD_RESOURCES; Index += 1) {
            VI_HELD_RESOURCE *Held = &ViHeldResources[Index];
            if (Held->Resource != NULL && Held->Thread == KiCurrentThread() &&
                Held->Sequence > Callback->Sequence) {
                Found = Held;
            }
        }
        if (Found != NULL) {
            Copy = *Found;
            Found->Resource = NULL;
        }
        ViUnlockResources(OldIrql);
        if (Found == NULL) {
            return;
        }
        ViReportLeft(ViResourceHeld, &Copy.Stack, "the %s routine returned and holds the ERESOURCE at %p",
                     Callback->Type, Copy.Resource);
    }
}

VOID ViForgetHeldResources(ULONG_PTR Start, SIZE_T Bytes)
{
    KIRQL OldIrql = ViLockResources();
    for (ULONG Index = 0; Index < VI_HELD_RESOURCES; Index += 1) {
        if ((ULONG_PTR)ViHeldResources[Index].Resource - Start < Bytes) {
            ViHeldResources[Index].Resource = NULL;
        }
    }
    ViUnlockResources(OldIrql);
}

// ---- What stands in for the kernel's routines

#undef ExReleaseResource

#define VI_ACQUIRE(Replacement, Routine)                                                                     \
    BOOLEAN NTAPI Replacement(PERESOURCE Resource, BOOLEAN Wait)                                             \
    {                                                                                                        \
        BOOLEAN Acquired = Routine(Resource, Wait);                                                          \
        if (Acquired) {                                                                                      \
            ViNoteResourceAcquired(Resource);                                                                \
        }                                                                                                    \
        return Acquired;                                                                                     \
    }

#define VI_ENTER_AND_ACQUIRE(Replacement, Routine)                                                           \
    PVOID NTAPI Replacement(PERESOURCE Resource)                                                             \
    {                                                                                                        \
        PVOID Result = Routine(Resource);                                                                    \
        ViNoteResourceAcquired(Resource);                                                                    \
        return Result;                                                                                       \
    }

#define VI_RELEASE(Replacement, Routine)                                                                     \
    VOID FASTCALL Replacement(PERESOURCE Resource)                                                           \
    {                                                                                                        \
        ViNoteResourceReleased(Resource, KiCurrentThread());                                                 \
        Routine(Resource);                                                                                   \
    }

VI_ACQUIRE(ViAcquireResourceExclusiveLite, ExAcquireResourceExclusiveLite)
VI_ACQUIRE(ViAcquireResourceSharedLite, ExAcquireResourceSharedLite)
VI_ACQUIRE(ViAcquireSharedStarveExclusive, ExAcquireSharedStarveExclusive)
VI_ACQUIRE(ViAcquireSharedWaitForExclusive, ExAcquireSharedWaitForExclusive)
VI_ENTER_AND_ACQUIRE(ViEnterAndAcquireExclusive, ExEnterCriticalRegionAndAcquireResourceExclusive)
VI_ENTER_AND_ACQUIRE(ViEnterAndAcquireShared, ExEnterCriticalRegionAndAcquireResourceShared)
VI_ENTER_AND_ACQUIRE(ViEnterAndAcquireInTurn, ExEnterCriticalRegionAndAcquireSharedWaitForExclusive)
VI_RELEASE(ViReleaseResourceLite, ExReleaseResourceLite)
VI_RELEASE(ViReleaseResourceAndLeave, ExReleaseResourceAndLeaveCriticalRegion)

BOOLEAN NTAPI ViTryToAcquireResourceExclusiveLite(PERESOURCE Resource)
{
    BOOLEAN Acquired = ExTryToAcquireResourceExclusiveLite(Resource);
    if (Acquired) {
        ViNoteResourceAcquired(Resource);
    }
    return Acquired;
}

VOID NTAPI ViReleaseResourceForThreadLite(PERESOURCE Resource, ERESOURCE_THREAD ResourceThreadId)
{
    ViNoteResourceReleased(Resource, (PKTHREAD)ResourceThreadId);
    ExReleaseResourceForThreadLite(Resource, ResourceThreadId);
}

VOID NTAPI ViSetResourceOwnerPointer(PERESOURCE Resource, PVOID OwnerPointer)
{
    ViGiveAway(Resource);
    ExSetResourceOwnerPointer(Resource, OwnerPointer);
}

VOID NTAPI ViSetResourceOwnerPointerEx(PERESOURCE Resource, PVOID OwnerPointer, ULONG Flags)
{
    ViGiveAway(Resource);
    ExSetResourceOwnerPointerEx(Resource, OwnerPointer, Flags);
}

NTSTATUS NTAPI ViReinitializeResourceLite(PERESOURCE Resource)
{
    ViForgetHeldResources((ULONG_PTR)Resource, 1);
    return ExReinitializeResourceLite(Resource);
}

NTSTATUS NTAPI ViDeleteResourceLite(PERESOURCE Resource)
{
    ViForgetHeldResources((ULONG_PTR)Resource, 1);
    return ExDeleteResourceLite(Resource);
}
