// SPDX-License-Identifier: MIT
// What filters keep with a file stream.
#include "test.h"

static FSRTL_ADVANCED_FCB_HEADER Header;
static FAST_MUTEX Mutex;
static FSRTL_PER_STREAM_CONTEXT Contexts[3];
static ULONG Freed;

static VOID NTAPI Free(PVOID Context)
{
    OK(Context == &Contexts[0] || Context == &Contexts[2]);
    // The lock is not held: the list can be used.
    OK(FsRtlRemovePerStreamContext(&Header, &Mutex, NULL) == NULL);
    Freed += 1;
}

static void TestContexts(void)
{
    ExInitializeFastMutex(&Mutex);
    OK(FsRtlInsertPerStreamContext(&Header, &Contexts[0]) == STATUS_INVALID_DEVICE_REQUEST);
    OK(FsRtlLookupPerStreamContextInternal(&Header, NULL, NULL) == NULL);
    OK(FsRtlRemovePerStreamContext(&Header, NULL, NULL) == NULL);
    FsRtlSetupAdvancedHeader(&Header, &Mutex);
    for (ULONG Index = 0; Index < 3; Index += 1) {
        FsRtlInitPerStreamContext(&Contexts[Index], &Freed, &Contexts[Index], Free);
        IS(FsRtlInsertPerStreamContext(&Header, &Contexts[Index]), STATUS_SUCCESS);
    }
    OK(FsRtlLookupPerStreamContextInternal(&Header, &Freed, &Contexts[1]) == &Contexts[1]);
    OK(FsRtlLookupPerStreamContextInternal(&Header, &Freed, &Freed) == NULL);
    OK(FsRtlLookupPerStreamContextInternal(&Header, &Header, NULL) == NULL);
    OK(FsRtlLookupPerStreamContextInternal(&Header, &Freed, NULL) != NULL);
    OK(FsRtlRemovePerStreamContext(&Header, &Freed, &Contexts[1]) == &Contexts[1]);
    OK(FsRtlRemovePerStreamContext(&Header, &Freed, &Contexts[1]) == NULL);
    FsRtlTeardownPerStreamContexts(&Header);
    IS(Freed, 2);
    OK(IsListEmpty(&Header.FilterContexts));
}

TEST_DRIVER(TestContexts)
