// SPDX-License-Identifier: MIT
// Merge sort of a list: runs of twice the length in each round, without memory.
#include <kmode.h>

VOID NTAPI KmpListSort(PLIST_ENTRY Head, SIZE_T Offset, PKM_COMPARE Compare, PVOID Context)
{
    PLIST_ENTRY Rest, Left, Right, Link, Last;
    SIZE_T Run, LeftCount, RightCount, Count;
    BOOLEAN Merged = TRUE;

    // Backward links are made anew when the order stands.
    for (Run = 1; Merged; Run *= 2) {
        Merged = FALSE;
        Rest = Head->Flink;
        Last = Head;
        while (Rest != Head) {
            Left = Right = Rest;
            LeftCount = 0;
            while (LeftCount < Run && Right != Head) {
                Right = Right->Flink;
                LeftCount += 1;
            }
            Rest = Right;
            RightCount = 0;
            while (RightCount < Run && Rest != Head) {
                Rest = Rest->Flink;
                RightCount += 1;
            }
            Merged = Merged || RightCount != 0;
            for (Count = LeftCount + RightCount; Count != 0; Count -= 1) {
                if (LeftCount != 0 && (RightCount == 0 || Compare((PUCHAR)Left - Offset,
                                                                  (PUCHAR)Right - Offset, Context) <= 0)) {
                    Link = Left;
                    Left = Left->Flink;
                    LeftCount -= 1;
                } else {
                    Link = Right;
                    Right = Right->Flink;
                    RightCount -= 1;
                }
                Last->Flink = Link;
                Last = Link;
            }
        }
        Last->Flink = Head;
    }
    for (Link = Head; Link->Flink != Head; Link = Link->Flink) {
        Link->Flink->Blink = Link;
    }
    Head->Blink = Link;
}
