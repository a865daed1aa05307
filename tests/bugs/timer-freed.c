// SPDX-License-Identifier: MIT
// finding: timer-freed in Bug after Bug
// The structure that a timer lies in is freed while it is set.
#include "bug.h"

typedef struct _REQUEST {
    ULONG Number;
    KTIMER Timer;
} REQUEST;

static void Bug(void)
{
    LARGE_INTEGER Due = {.QuadPart = -10000000};
    REQUEST *Request = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(REQUEST), 'gguB');
    if (Request != NULL) {
        KeInitializeTimer(&Request->Timer);
        KeSetTimer(&Request->Timer, Due, NULL);
        MENDED_BY(KeCancelTimer(&Request->Timer);)
        ExFreePoolWithTag(Request, 'gguB');
    }
}
