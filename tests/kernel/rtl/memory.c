// SPDX-License-Identifier: MIT
// RtlCompareMemory and its like; the exported routines behind the headers' macros.
#include "test.h"

#undef RtlZeroMemory
#undef RtlFillMemory
#undef RtlMoveMemory
#undef RtlCopyMemory
NTSYSAPI VOID NTAPI RtlZeroMemory(VOID *Destination, SIZE_T Length);
NTSYSAPI VOID NTAPI RtlFillMemory(VOID *Destination, SIZE_T Length, UCHAR Fill);
NTSYSAPI VOID NTAPI RtlMoveMemory(VOID *Destination, const VOID *Source, SIZE_T Length);
NTSYSAPI VOID NTAPI RtlCopyMemory(VOID *Destination, const VOID *Source, SIZE_T Length);

static void TestCompare(void)
{
    ULONG Words[4] = {7, 7, 8, 7};

    IS(RtlCompareMemory("abcdef", "abcxef", 6), 3);
    IS(RtlCompareMemory("abc", "abc", 3), 3);
    IS(RtlCompareMemory("abc", "xbc", 3), 0);
    IS(RtlCompareMemory("abc", "abd", 0), 0);
    IS(RtlCompareMemoryUlong(Words, sizeof(Words), 7), 8);
    IS(RtlCompareMemoryUlong(Words, 7, 7), 4);
    IS(RtlCompareMemoryUlong(Words, sizeof(Words), 9), 0);
}

#undef RtlCopyMemoryNonTemporal
#undef RtlFillMemoryNonTemporal
NTSYSAPI VOID NTAPI RtlCopyMemoryNonTemporal(VOID *Destination, const VOID *Source, SIZE_T Length);

static void TestNonTemporal(void)
{
    static char Large[5000], Copy[5001];

    RtlFillMemoryNonTemporal(Large + 1, sizeof(Large) - 2, 'x');
    OK(Large[0] == 0 && Large[1] == 'x' && Large[4998] == 'x' && Large[4999] == 0);
    RtlCopyMemoryNonTemporal(Copy + 1, Large, sizeof(Large));
    OK(Copy[0] == 0 && RtlCompareMemory(Copy + 1, Large, sizeof(Large)) == sizeof(Large));
    RtlCopyMemoryNonTemporal(Copy, Large, 0);
    RtlFillMemoryNonTemporal(Copy, 0, 'y');
    IS(Copy[0], 0);
}

static void TestCopyAndFill(void)
{
    char Buffer[9] = "12345678";

    RtlMoveMemory(Buffer + 2, Buffer, 6);
    IS_STRING(Buffer, "12123456");
    RtlMoveMemory(Buffer, Buffer + 1, 7);
    IS_STRING(Buffer, "21234566");
    RtlCopyMemory(Buffer, "abcd", 4);
    IS_STRING(Buffer, "abcd4566");
    RtlFillMemory(Buffer + 1, 3, 'x');
    IS_STRING(Buffer, "axxx4566");
    OK(!RtlIsZeroMemory(Buffer, 8));
    RtlZeroMemory(Buffer, 8);
    OK(RtlIsZeroMemory(Buffer, 9));
}

// A fault in the middle of a copy unwinds to the caller's handler, with the address that could not be
// touched.
static ULONG_PTR FaultAddress;

static LONG Filter(PEXCEPTION_POINTERS Pointers)
{
    FaultAddress = Pointers->ExceptionRecord->ExceptionInformation[1];
    return EXCEPTION_EXECUTE_HANDLER;
}

static void TestFault(void)
{
    char Buffer[16];
    NTSTATUS Status = STATUS_SUCCESS;

    __try {
        memcpy(Buffer, (PVOID)0x5008, 8);
    } __except (Filter(GetExceptionInformation())) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    IS(FaultAddress, 0x5008);
    Status = STATUS_SUCCESS;
    __try {
        RtlZeroMemory((PVOID)0x6010, 32);
    } __except (Filter(GetExceptionInformation())) {
        Status = GetExceptionCode();
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    IS(FaultAddress, 0x6010);
}

// A hint: nothing changes, and memory that is not there is no fault.
static void TestPrefetch(void)
{
    char Buffer[100] = "text";
    RtlPrefetchMemoryNonTemporal(Buffer, sizeof(Buffer));
    IS_STRING(Buffer, "text");
    RtlPrefetchMemoryNonTemporal((PVOID)0x5008, 0x2000);
    RtlPrefetchMemoryNonTemporal(NULL, 0);
    OK(TRUE);
}

TEST_DRIVER(TestCompare, TestNonTemporal, TestCopyAndFill, TestFault, TestPrefetch)
