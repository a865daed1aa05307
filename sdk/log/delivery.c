// SPDX-License-Identifier: MIT
// Which threads are in the sinks now. Only the thread itself, and what runs on it, asks for its own places,
// so that they need no lock.
#include "delivery.h"

// A thread's places are in one group, so that few are looked at.
#define GROUPS 16
#define PLACES 8

#define IRQL_BITS 15ll

static DECLSPEC_CACHEALIGN KMP_LOG_DELIVERY Deliveries[GROUPS][PLACES];

static LONG64 CurrentThread(VOID)
{
    return (LONG64)(ULONG_PTR)PsGetCurrentThread();
}

static PKMP_LOG_DELIVERY GroupOf(LONG64 Thread)
{
    return Deliveries[((ULONG64)Thread >> 6 ^ (ULONG64)Thread >> 12) % GROUPS];
}

static BOOLEAN IsOf(const KMP_LOG_DELIVERY *Delivery, LONG64 Thread)
{
    return (Delivery->Key & ~IRQL_BITS) == Thread;
}

PKMP_LOG_DELIVERY KmpLogBeginDelivery(KIRQL Irql, PBOOLEAN IsNested)
{
    const LONG64 Thread = CurrentThread();
    PKMP_LOG_DELIVERY Group = GroupOf(Thread), Taken = NULL;

    *IsNested = FALSE;
    for (ULONG Index = 0; Index < PLACES; Index += 1) {
        if (IsOf(&Group[Index], Thread)) {
            *IsNested = TRUE;
        } else if (Taken == NULL && Group[Index].Key == 0 &&
                   InterlockedCompareExchange64(&Group[Index].Key, Thread | (Irql & IRQL_BITS), 0) == 0) {
            Taken = &Group[Index];
        }
    }
    return Taken;
}

VOID KmpLogEndDelivery(PKMP_LOG_DELIVERY Delivery)
{
    if (Delivery != NULL) {
        Delivery->Sink = NULL;
        InterlockedExchange64(&Delivery->Key, 0);
    }
}

BOOLEAN KmpLogIsInSink(PKM_LOG_SINK Sink, KIRQL Irql)
{
    const LONG64 Thread = CurrentThread();
    const KMP_LOG_DELIVERY *Group = GroupOf(Thread);

    for (ULONG Index = 0; Index < PLACES; Index += 1) {
        if (IsOf(&Group[Index], Thread) && Group[Index].Sink == Sink &&
            (Group[Index].Key & IRQL_BITS) >= (LONG64)Irql) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN KmpLogIsDelivering(VOID)
{
    const LONG64 Thread = CurrentThread();
    const KMP_LOG_DELIVERY *Group = GroupOf(Thread);

    for (ULONG Index = 0; Index < PLACES; Index += 1) {
        if (IsOf(&Group[Index], Thread)) {
            return TRUE;
        }
    }
    return FALSE;
}
