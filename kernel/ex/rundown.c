// SPDX-License-Identifier: MIT
// Rundown protection: a count of those who use an object, which its owner can close and wait for.
//
// The word counts in steps of EX_RUNDOWN_COUNT_INC. With EX_RUNDOWN_ACTIVE set, no more protection is
// granted; the rest of the word is then where the owner waits, or nothing. A cache-aware reference is a word
// for each processor. Who releases may be on another processor than who acquired, so only their sum means
// anything.
#include "inc/kernel.h"

typedef struct _EXP_RUNDOWN_WAIT {
    volatile LONG_PTR Count; // of those that still have to release
    KEVENT Event;
} EXP_RUNDOWN_WAIT, *PEXP_RUNDOWN_WAIT;

C_ASSERT(__alignof__(EXP_RUNDOWN_WAIT) > EX_RUNDOWN_ACTIVE);

// A word of its own cache line for each processor. Fields as Windows names them.
struct _EX_RUNDOWN_REF_CACHE_AWARE {
    PEX_RUNDOWN_REF RunRefs;
    PVOID PoolToFree;
    ULONG RunRefSize; // from one word to the next
    ULONG Number;
};

#define EXP_COUNT_SHIFT EX_RUNDOWN_COUNT_SHIFT

static inline BOOLEAN ExpReplaceCount(PEX_RUNDOWN_REF RunRef, ULONG_PTR *Old, ULONG_PTR New)
{
    return __atomic_compare_exchange_n(&RunRef->Count, Old, New, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static inline ULONG_PTR ExpReadCount(PEX_RUNDOWN_REF RunRef)
{
    return __atomic_load_n(&RunRef->Count, __ATOMIC_ACQUIRE);
}

// ---- One word

VOID FASTCALL ExInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    RunRef->Count = 0;
}

// RunRef has been run down; it is as new. IRQL <= APC_LEVEL.
VOID FASTCALL ExReInitializeRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, 0, __ATOMIC_RELEASE);
}

// Protection Count times over; FALSE: the rundown has begun. IRQL <= DISPATCH_LEVEL.
BOOLEAN FASTCALL ExAcquireRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    ULONG_PTR Old = ExpReadCount(RunRef);
    while ((Old & EX_RUNDOWN_ACTIVE) == 0) {
        if (ExpReplaceCount(RunRef, &Old, Old + ((ULONG_PTR)Count << EXP_COUNT_SHIFT))) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN FASTCALL ExAcquireRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    return ExAcquireRundownProtectionEx(RunRef, 1);
}

// IRQL <= DISPATCH_LEVEL.
VOID FASTCALL ExReleaseRundownProtectionEx(PEX_RUNDOWN_REF RunRef, ULONG Count)
{
    ULONG_PTR Old = ExpReadCount(RunRef);
    while ((Old & EX_RUNDOWN_ACTIVE) == 0) {
        if (ExpReplaceCount(RunRef, &Old, Old - ((ULONG_PTR)Count << EXP_COUNT_SHIFT))) {
            return;
        }
    }
    // Where the owner waits is its stack: it is gone once the event is set.
    PEXP_RUNDOWN_WAIT Wait = (PEXP_RUNDOWN_WAIT)(Old & ~(ULONG_PTR)EX_RUNDOWN_ACTIVE);
    if (Count != 0 && __atomic_sub_fetch(&Wait->Count, (LONG_PTR)Count, __ATOMIC_ACQ_REL) == 0) {
        KeSetEvent(&Wait->Event, IO_NO_INCREMENT, FALSE);
    }
}

VOID FASTCALL ExReleaseRundownProtection(PEX_RUNDOWN_REF RunRef)
{
    ExReleaseRundownProtectionEx(RunRef, 1);
}

// From here on ExAcquireRundownProtection answers FALSE; returns when all have released. A reference that is
// run down already stays so. IRQL <= APC_LEVEL.
VOID FASTCALL ExWaitForRundownProtectionRelease(PEX_RUNDOWN_REF RunRef)
{
    EXP_RUNDOWN_WAIT Wait;
    ULONG_PTR Old = ExpReadCount(RunRef);
    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    do {
        if (Old & EX_RUNDOWN_ACTIVE) {
            return;
        }
        Wait.Count = (LONG_PTR)Old >> EXP_COUNT_SHIFT;
    } while (
        !ExpReplaceCount(RunRef, &Old, Old == 0 ? EX_RUNDOWN_ACTIVE : (ULONG_PTR)&Wait | EX_RUNDOWN_ACTIVE));
    if (Old != 0) {
        KeWaitForSingleObject(&Wait.Event, WrRundown, KernelMode, FALSE, NULL);
    }
}

// Forgets where the owner waited, which is over. IRQL <= APC_LEVEL.
VOID FASTCALL ExRundownCompleted(PEX_RUNDOWN_REF RunRef)
{
    __atomic_store_n(&RunRef->Count, EX_RUNDOWN_ACTIVE, __ATOMIC_RELEASE);
}

// ---- A word for each processor

static inline PEX_RUNDOWN_REF ExpWordOf(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Number)
{
    return (PEX_RUNDOWN_REF)((ULONG_PTR)RunRef->RunRefs + (ULONG_PTR)Number * RunRef->RunRefSize);
}

static inline PEX_RUNDOWN_REF ExpCurrentWord(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    return ExpWordOf(RunRef, KiGetPrcb()->Number % RunRef->Number);
}

// Bytes for ExInitializeRundownProtectionCacheAware. IRQL <= APC_LEVEL.
SIZE_T NTAPI ExSizeOfRundownProtectionCacheAware(VOID)
{
    // One line more, so that the words can begin at a line wherever the memory does.
    return sizeof(struct _EX_RUNDOWN_REF_CACHE_AWARE) +
           (SIZE_T)(KiProcessorCount + 1) * SYSTEM_CACHE_ALIGNMENT_SIZE;
}

// RunRefSize: what ExSizeOfRundownProtectionCacheAware said. IRQL <= APC_LEVEL.
VOID NTAPI ExInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                   SIZE_T RunRefSize)
{
    ULONG_PTR Words = ((ULONG_PTR)(RunRefCacheAware + 1) + SYSTEM_CACHE_ALIGNMENT_SIZE - 1) &
                      ~(ULONG_PTR)(SYSTEM_CACHE_ALIGNMENT_SIZE - 1);
    RunRefCacheAware->RunRefs = (PEX_RUNDOWN_REF)Words;
    RunRefCacheAware->PoolToFree = NULL;
    RunRefCacheAware->RunRefSize = SYSTEM_CACHE_ALIGNMENT_SIZE;
    RunRefCacheAware->Number =
        (ULONG)(((ULONG_PTR)RunRefCacheAware + RunRefSize - Words) / SYSTEM_CACHE_ALIGNMENT_SIZE);
    for (ULONG Number = 0; Number < RunRefCacheAware->Number; Number += 1) {
        ExInitializeRundownProtection(ExpWordOf(RunRefCacheAware, Number));
    }
}

// NULL: no memory. For ExFreeCacheAwareRundownProtection. IRQL <= APC_LEVEL.
PEX_RUNDOWN_REF_CACHE_AWARE NTAPI ExAllocateCacheAwareRundownProtection(POOL_TYPE PoolType, ULONG PoolTag)
{
    SIZE_T Bytes = ExSizeOfRundownProtectionCacheAware();
    PEX_RUNDOWN_REF_CACHE_AWARE RunRef = ExAllocatePoolWithTag(PoolType, Bytes, PoolTag);
    if (RunRef != NULL) {
        ExInitializeRundownProtectionCacheAware(RunRef, Bytes);
        RunRef->PoolToFree = RunRef;
    }
    return RunRef;
}

// IRQL <= APC_LEVEL.
VOID NTAPI ExFreeCacheAwareRundownProtection(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExFreePool(RunRefCacheAware->PoolToFree);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    return ExAcquireRundownProtectionEx(ExpCurrentWord(RunRefCacheAware), 1);
}

BOOLEAN FASTCALL ExAcquireRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware,
                                                        ULONG Count)
{
    return ExAcquireRundownProtectionEx(ExpCurrentWord(RunRefCacheAware), Count);
}

VOID FASTCALL ExReleaseRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExReleaseRundownProtectionEx(ExpCurrentWord(RunRefCacheAware), 1);
}

VOID FASTCALL ExReleaseRundownProtectionCacheAwareEx(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG Count)
{
    ExReleaseRundownProtectionEx(ExpCurrentWord(RunRef), Count);
}

// As ExWaitForRundownProtectionRelease. IRQL <= APC_LEVEL.
VOID FASTCALL ExWaitForRundownProtectionReleaseCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRef)
{
    EXP_RUNDOWN_WAIT Wait = {.Count = 0};
    LONG_PTR Sum = 0;
    KeInitializeEvent(&Wait.Event, SynchronizationEvent, FALSE);
    for (ULONG Number = 0; Number < RunRef->Number; Number += 1) {
        PEX_RUNDOWN_REF Word = ExpWordOf(RunRef, Number);
        ULONG_PTR Old = ExpReadCount(Word);
        do {
            if (Old & EX_RUNDOWN_ACTIVE) {
                return; // the words are closed in this order: all of them are, or another is at it
            }
        } while (!ExpReplaceCount(Word, &Old, (ULONG_PTR)&Wait | EX_RUNDOWN_ACTIVE));
        Sum += (LONG_PTR)Old >> EXP_COUNT_SHIFT;
    }
    // Those who have released since have made the count negative; it can reach 0 only from here on.
    if (__atomic_add_fetch(&Wait.Count, Sum, __ATOMIC_ACQ_REL) != 0) {
        KeWaitForSingleObject(&Wait.Event, WrRundown, KernelMode, FALSE, NULL);
    }
}

static VOID ExpSetWords(PEX_RUNDOWN_REF_CACHE_AWARE RunRef, ULONG_PTR Value)
{
    for (ULONG Number = 0; Number < RunRef->Number; Number += 1) {
        __atomic_store_n(&ExpWordOf(RunRef, Number)->Count, Value, __ATOMIC_RELEASE);
    }
}

VOID FASTCALL ExRundownCompletedCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExpSetWords(RunRefCacheAware, EX_RUNDOWN_ACTIVE);
}

VOID FASTCALL ExReInitializeRundownProtectionCacheAware(PEX_RUNDOWN_REF_CACHE_AWARE RunRefCacheAware)
{
    ExpSetWords(RunRefCacheAware, 0);
}
