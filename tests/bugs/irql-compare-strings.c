// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// Unicode strings are compared by tables that Windows may page out.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING One = RTL_CONSTANT_STRING(L"one"), Two = RTL_CONSTANT_STRING(L"two");
    KIRQL OldIrql;
    MENDED_BY(RtlEqualUnicodeString(&One, &Two, TRUE);)
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    BUG(RtlEqualUnicodeString(&One, &Two, TRUE);)
    KeLowerIrql(OldIrql);
}
