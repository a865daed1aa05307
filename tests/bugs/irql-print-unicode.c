// SPDX-License-Identifier: MIT
// finding: irql-too-high in Bug after Bug
// DbgPrint may be called at DISPATCH_LEVEL, but not with what it converts from Unicode.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"name");
    KIRQL OldIrql;
    BUG(KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);)
    DbgPrint("%-5d%% %wZ\n", 7, &Name);
    MENDED_BY(KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);)
    DbgPrint("%-5d%% %hS %Z %lx ws\n", 7, "narrow", NULL, 5);
    KeLowerIrql(OldIrql);
}
