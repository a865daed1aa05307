// SPDX-License-Identifier: MIT
// finding: registration-left after Bug
// A bug-check callback stays registered when the image that it lies in goes.
#include "bug.h"

static KBUGCHECK_CALLBACK_RECORD Record;

static VOID NTAPI OnBugCheck(PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
}

static void Bug(void)
{
    KeInitializeCallbackRecord(&Record);
    if (KeRegisterBugCheckCallback(&Record, OnBugCheck, NULL, 0, (PUCHAR) "bug")) {
        MENDED_BY(KeDeregisterBugCheckCallback(&Record);)
    }
}
