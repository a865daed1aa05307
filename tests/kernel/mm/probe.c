// SPDX-License-Identifier: MIT
// ProbeForRead and ProbeForWrite: lengths, alignments, the end of the user range, wrap-around.
#include "test.h"

#define USER_END 0x3fffffff0000ULL // MmUserProbeAddress

typedef VOID(NTAPI *PROBE)(ULONG_PTR Address, SIZE_T Length, ULONG Alignment);

static VOID NTAPI Read(ULONG_PTR Address, SIZE_T Length, ULONG Alignment)
{
    ProbeForRead((PVOID)Address, Length, Alignment);
}

static VOID NTAPI Write(ULONG_PTR Address, SIZE_T Length, ULONG Alignment)
{
    ProbeForWrite((PVOID)Address, Length, Alignment);
}

static NTSTATUS Probe(PROBE Routine, ULONG_PTR Address, SIZE_T Length, ULONG Alignment)
{
    __try {
        Routine(Address, Length, Alignment);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static void TestBoth(void)
{
    static const PROBE Routines[] = {Read, Write};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Routines); Index += 1) {
        PROBE Routine = Routines[Index];
        // A length of 0 checks nothing, not even the address.
        IS(Probe(Routine, 1, 0, 8), STATUS_SUCCESS);
        IS(Probe(Routine, ~0ULL, 0, 1), STATUS_SUCCESS);
        for (ULONG Alignment = 2; Alignment <= 16; Alignment *= 2) {
            IS(Probe(Routine, 0x10000 + Alignment / 2, 1, Alignment), STATUS_DATATYPE_MISALIGNMENT);
        }
        // Alignment is looked at before the range.
        IS(Probe(Routine, USER_END + 1, 4, 4), STATUS_DATATYPE_MISALIGNMENT);
        IS(Probe(Routine, USER_END, 1, 1), STATUS_ACCESS_VIOLATION);
        IS(Probe(Routine, USER_END - 1, 2, 1), STATUS_ACCESS_VIOLATION);
        IS(Probe(Routine, (ULONG_PTR)Routines, sizeof(Routines), 1), STATUS_ACCESS_VIOLATION);
        IS(Probe(Routine, 0xFFFFF78000000000, 4, 4), STATUS_ACCESS_VIOLATION);
        IS(Probe(Routine, 0x10000, ~0ULL, 1), STATUS_ACCESS_VIOLATION);
        IS(Probe(Routine, ~0ULL - 7, 16, 8), STATUS_ACCESS_VIOLATION);
    }
}

static void TestDifference(void)
{
    // Only ProbeForWrite touches the pages, and nothing is mapped there.
    IS(Probe(Read, 0x10000, 16, 1), STATUS_SUCCESS);
    IS(Probe(Read, 0, 16, 1), STATUS_SUCCESS);
    IS(Probe(Read, USER_END - 16, 16, 16), STATUS_SUCCESS);
    IS(Probe(Write, 0x10000, 16, 1), STATUS_ACCESS_VIOLATION);
    IS(Probe(Write, USER_END - 16, 16, 16), STATUS_ACCESS_VIOLATION);
}

TEST_DRIVER(TestBoth, TestDifference)
