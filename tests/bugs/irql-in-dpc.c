// SPDX-License-Identifier: MIT
// finding: irql-too-high in Deferred
// A DPC routine calls what may be called at PASSIVE_LEVEL only.
#include "bug.h"

static KDPC Dpc;
static WCHAR Buffer[8];

static VOID NTAPI Deferred(PKDPC Which, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNICODE_STRING Text = {0, sizeof(Buffer), Buffer};
    UNREFERENCED_PARAMETER(Which);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    UNREFERENCED_PARAMETER(Text);
    BUG(RtlIntegerToUnicodeString(42, 10, &Text);)
}

static void Bug(void)
{
    KeInitializeDpc(&Dpc, Deferred, NULL);
    KeInsertQueueDpc(&Dpc, NULL, NULL);
}
