// SPDX-License-Identifier: MIT
// Locally unique identifiers.
#include "../test.h"

NTSYSCALLAPI NTSTATUS NTAPI ZwAllocateLocallyUniqueId(PLUID Luid);
NTSYSCALLAPI NTSTATUS NTAPI NtAllocateLocallyUniqueId(PLUID Luid);

static void TestLuids(void)
{
    LUID First, Second;
    IS(ZwAllocateLocallyUniqueId(&First), STATUS_SUCCESS);
    IS(NtAllocateLocallyUniqueId(&Second), STATUS_SUCCESS);
    OK(!RtlEqualLuid(&First, &Second));
    OK(First.LowPart > 999 || First.HighPart != 0);
    IS(ZwAllocateLocallyUniqueId(NULL), STATUS_ACCESS_VIOLATION);
}

TEST_DRIVER(TestLuids)
