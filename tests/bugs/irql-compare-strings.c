// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// Unicode strings are compared by tables that Windows may page out; a resident bitmap may be used at any
// IRQL.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING One = RTL_CONSTANT_STRING(L"one"), Two = RTL_CONSTANT_STRING(L"two");
    ULONG Words[1];
    RTL_BITMAP Map;
    KIRQL OldIrql;
    MENDED_BY(RtlEqualUnicodeString(&One, &Two, TRUE);)
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    RtlInitializeBitMap(&Map, Words, 32);
    RtlClearAllBits(&Map);
    RtlFindClearBitsAndSet(&Map, 3, 0);
    BUG(RtlEqualUnicodeString(&One, &Two, TRUE);)
    KeLowerIrql(OldIrql);
}
