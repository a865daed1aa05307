// SPDX-License-Identifier: MIT
// The caller's own memory as an allocator. Its whole state is one 64-bit number, so that one interlocked
// instruction is enough on any processor at any IRQL: a state that comes again is as good as the one that was
// read.
#include <kmode.h>

#define UNIT MEMORY_ALLOCATION_ALIGNMENT
#define LIVE ((LONG64)1 << 32)

static ULONG UsedOf(LONG64 State)
{
    return (ULONG)State;
}

static LONG64 StateOf(LONG64 State, ULONG Used)
{
    return (LONG64)((ULONG64)State & 0xFFFFFFFF00000000u) | Used;
}

// More than any buffer has if Bytes is too much.
static SIZE_T UnitsOf(SIZE_T Bytes)
{
    return (Bytes - 1) / UNIT + 1;
}

static BOOLEAN Change(PKM_FIXED_BUFFER Fixed, LONG64 *State, LONG64 NewState)
{
    LONG64 Before = *State;

    *State = InterlockedCompareExchange64(&Fixed->State, NewState, Before);
    return *State == Before;
}

static PVOID NTAPI Allocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    PKM_FIXED_BUFFER Fixed = (PKM_FIXED_BUFFER)Allocator;
    SIZE_T Units = UnitsOf(Bytes);
    LONG64 State = Fixed->State;
    PVOID Memory;

    do {
        if (Units > Fixed->Units - UsedOf(State)) {
            return NULL;
        }
        Memory = Fixed->Start + (SIZE_T)UsedOf(State) * UNIT;
    } while (!Change(Fixed, &State, StateOf(State, UsedOf(State) + (ULONG)Units) + LIVE));
    if (Zeroed) {
        RtlZeroMemory(Memory, Bytes);
    }
    return Memory;
}

static ULONG EndOf(PKM_FIXED_BUFFER Fixed, PVOID Memory, SIZE_T Bytes)
{
    return (ULONG)(((PUCHAR)Memory - Fixed->Start) / UNIT + UnitsOf(Bytes));
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    PKM_FIXED_BUFFER Fixed = (PKM_FIXED_BUFFER)Allocator;
    ULONG End = EndOf(Fixed, Memory, Bytes);
    LONG64 State = Fixed->State, NewState;

    do {
        NewState = State - LIVE;
        if (NewState < LIVE) {
            NewState = 0;
        } else if (UsedOf(State) == End) {
            NewState = StateOf(NewState, End - (ULONG)UnitsOf(Bytes));
        }
    } while (!Change(Fixed, &State, NewState));
}

static BOOLEAN NTAPI Resize(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes, SIZE_T NewBytes)
{
    PKM_FIXED_BUFFER Fixed = (PKM_FIXED_BUFFER)Allocator;
    ULONG End = EndOf(Fixed, Memory, Bytes), Start = End - (ULONG)UnitsOf(Bytes);
    SIZE_T NewUnits = UnitsOf(NewBytes);
    LONG64 State = Fixed->State;

    do {
        if (UsedOf(State) != End) {
            return NewUnits <= UnitsOf(Bytes);
        }
        if (NewUnits > Fixed->Units - Start) {
            return FALSE;
        }
    } while (!Change(Fixed, &State, StateOf(State, Start + (ULONG)NewUnits)));
    return TRUE;
}

static const KM_ALLOCATOR_OPERATIONS Operations = {Allocate, Free, Resize, HIGH_LEVEL};

NTSTATUS NTAPI KmFixedBufferInit(PKM_FIXED_BUFFER Fixed, PVOID Buffer, SIZE_T Bytes, ULONG Tag)
{
    SIZE_T Skipped = (SIZE_T)(-(LONG_PTR)Buffer & (UNIT - 1));

    RtlZeroMemory(Fixed, sizeof(*Fixed));
    if (Tag == 0 || Bytes < Skipped + UNIT || Bytes / UNIT > (SIZE_T)MAXLONG + 1) {
        return STATUS_INVALID_PARAMETER;
    }
    Fixed->Allocator.Operations = &Operations;
    Fixed->Allocator.Tag = Tag;
    Fixed->Start = (PUCHAR)Buffer + Skipped;
    Fixed->Units = (ULONG)((Bytes - Skipped) / UNIT);
    return STATUS_SUCCESS;
}

SIZE_T NTAPI KmFixedBufferUsed(const KM_FIXED_BUFFER *Fixed)
{
    return (SIZE_T)UsedOf(Fixed->State) * UNIT;
}
