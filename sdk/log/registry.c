// SPDX-License-Identifier: MIT
// Who reads the log's sinks and filter, and how who changes them waits for those who do.
#include "registry.h"

// Readers are counted in slots, by processor, so that processors do not fight for one cache line. Each slot
// has two counts: who waits lets new readers use the other one, and so the count that is waited for falls to
// 0 however much is logged.
#define SLOTS 16

typedef struct READERS {
    volatile LONG Count[2];
    UCHAR Padding[SYSTEM_CACHE_ALIGNMENT_SIZE - 2 * sizeof(LONG)];
} READERS;

static READERS Readers[SLOTS];
static volatile LONG Phase;
static volatile LONG Changing;

KMP_LOG_READER KmpLogEnterReader(VOID)
{
    READERS *Slot = &Readers[KeGetCurrentProcessorNumberEx(NULL) % SLOTS];
    KMP_LOG_READER Reader = &Slot->Count[Phase & 1];

    // The increment is a full barrier: whoever finds the count 0 after a change knows that what is counted
    // later sees the change.
    InterlockedIncrement(Reader);
    return Reader;
}

VOID KmpLogLeaveReader(KMP_LOG_READER Reader)
{
    InterlockedDecrement(Reader);
}

static VOID Sleep(VOID)
{
    LARGE_INTEGER Millisecond;

    Millisecond.QuadPart = -10000;
    KeDelayExecutionThread(KernelMode, FALSE, &Millisecond);
}

VOID KmpLogWaitForReaders(VOID)
{
    KeMemoryBarrier();
    // A reader that was about to count itself when the phase changed counts in the old one, so both are
    // waited for.
    for (ULONG Round = 0; Round < 2; Round += 1) {
        LONG Old = (InterlockedIncrement(&Phase) - 1) & 1;

        for (ULONG Index = 0; Index < SLOTS; Index += 1) {
            while (Readers[Index].Count[Old] != 0) {
                Sleep();
            }
        }
    }
}

VOID KmpLogBeginChange(VOID)
{
    while (InterlockedExchange(&Changing, TRUE)) {
        Sleep();
    }
}

VOID KmpLogEndChange(VOID)
{
    InterlockedExchange(&Changing, FALSE);
}
