// SPDX-License-Identifier: MIT
// finding: dpc-freed in Bug after Bug
// The structure that a DPC lies in is freed while it is queued.
#include "bug.h"

typedef struct _REQUEST {
    ULONG Number;
    KDPC Dpc;
} REQUEST;

static VOID NTAPI Deferred(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
}

static void Bug(void)
{
    KIRQL OldIrql;
    REQUEST *Request = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(REQUEST), 'gguB');
    if (Request != NULL) {
        KeInitializeDpc(&Request->Dpc, Deferred, NULL);
        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
        KeInsertQueueDpc(&Request->Dpc, NULL, NULL);
        MENDED_BY(KeLowerIrql(OldIrql);)
        ExFreePoolWithTag(Request, 'gguB');
        BUG(KeLowerIrql(OldIrql);)
    }
}
