// SPDX-License-Identifier: MIT
// Merge sort, from runs that insertion has sorted upwards: stable, for half of the memory again.
#include <kmode.h>

#define RUN 12

// Sorts two neighbours, each in order. The shorter is moved to Spare, which has room for it.
static VOID Merge(PUCHAR First, SIZE_T LeftBytes, SIZE_T RightBytes, SIZE_T ElementBytes, PKM_COMPARE Compare,
                  PVOID Context, PUCHAR Spare)
{
    PUCHAR Left, LeftEnd, Right, RightEnd, To;

    if (LeftBytes <= RightBytes) {
        RtlCopyMemory(Spare, First, LeftBytes);
        Left = Spare;
        LeftEnd = Spare + LeftBytes;
        Right = First + LeftBytes;
        RightEnd = Right + RightBytes;
        for (To = First; Left != LeftEnd; To += ElementBytes) {
            if (Right != RightEnd && Compare(Right, Left, Context) < 0) {
                RtlCopyMemory(To, Right, ElementBytes);
                Right += ElementBytes;
            } else {
                RtlCopyMemory(To, Left, ElementBytes);
                Left += ElementBytes;
            }
        }
        return;
    }
    Left = First + LeftBytes;
    RtlCopyMemory(Spare, Left, RightBytes);
    Right = Spare + RightBytes;
    for (To = Left + RightBytes; Right != Spare; To -= ElementBytes) {
        if (Left != First && Compare(Right - ElementBytes, Left - ElementBytes, Context) < 0) {
            Left -= ElementBytes;
            RtlCopyMemory(To - ElementBytes, Left, ElementBytes);
        } else {
            Right -= ElementBytes;
            RtlCopyMemory(To - ElementBytes, Right, ElementBytes);
        }
    }
}

NTSTATUS NTAPI KmSortStable(PVOID Elements, SIZE_T Count, SIZE_T ElementBytes, PKM_COMPARE Compare,
                            PVOID Context, PKM_ALLOCATOR Allocator)
{
    PUCHAR First = (PUCHAR)Elements, Spare;
    SIZE_T Width, Index, Right;

    if (Count < 2) {
        return STATUS_SUCCESS;
    }
    Spare = (PUCHAR)KmAllocUninitialized(Allocator, Count / 2 * ElementBytes);
    if (Spare == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (Index = 0; Index < Count; Index += RUN) {
        KmpSortByInsertion(First + Index * ElementBytes, min(RUN, Count - Index), ElementBytes, Compare,
                           Context);
    }
    for (Width = RUN; Width < Count; Width *= 2) {
        for (Index = 0; Count - Index > Width; Index += Width + Right) {
            PUCHAR Run = First + Index * ElementBytes, Middle = Run + Width * ElementBytes;

            Right = min(Width, Count - Index - Width);
            if (Compare(Middle, Middle - ElementBytes, Context) < 0) {
                Merge(Run, Width * ElementBytes, Right * ElementBytes, ElementBytes, Compare, Context, Spare);
            }
        }
    }
    KmFree(Allocator, Spare, Count / 2 * ElementBytes);
    return STATUS_SUCCESS;
}
