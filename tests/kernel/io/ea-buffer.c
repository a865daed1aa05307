// SPDX-License-Identifier: MIT
// Lists of extended attributes, right and wrong in every way.
#include "../test.h"

#define FIXED FIELD_OFFSET(FILE_FULL_EA_INFORMATION, EaName)
#define NONE  0xaaaaaaaa

static ULONG64 Space[16];
static PUCHAR const Buffer = (PUCHAR)Space;

// An entry with a value of five bytes; returns the bytes that it takes.
static ULONG Put(ULONG Offset, ULONG NextEntryOffset, const char *Name)
{
    PFILE_FULL_EA_INFORMATION Entry = (PVOID)(Buffer + Offset);
    Entry->NextEntryOffset = NextEntryOffset;
    Entry->Flags = 0;
    Entry->EaNameLength = (UCHAR)strlen(Name);
    Entry->EaValueLength = 5;
    RtlCopyMemory(Entry->EaName, Name, strlen(Name) + 1);
    RtlCopyMemory(Entry->EaName + strlen(Name) + 1, "value", 5);
    return FIXED + (ULONG)strlen(Name) + 1 + 5;
}

// Two entries: 8 + 4 + 5 = 17 bytes, aligned to 20, and 16.
static ULONG PutTwo(void)
{
    RtlFillMemory(Space, sizeof(Space), 0xcc);
    IS(Put(0, 20, "ONE"), 17);
    return 20 + Put(20, 0, "TW");
}

static VOID IsWrong(ULONG Length, ULONG At)
{
    ULONG ErrorOffset = NONE;
    IS(IoCheckEaBufferValidity((PVOID)Space, Length, &ErrorOffset), STATUS_EA_LIST_INCONSISTENT);
    IS(ErrorOffset, At);
}

static void TestRight(void)
{
    ULONG ErrorOffset = NONE, Length = PutTwo();
    IS(IoCheckEaBufferValidity((PVOID)Space, Length, &ErrorOffset), STATUS_SUCCESS);
    Length = Put(0, 0, "ONE");
    IS(IoCheckEaBufferValidity((PVOID)Space, Length, &ErrorOffset), STATUS_SUCCESS);
}

static void TestLength(void)
{
    ULONG Length = PutTwo();
    IsWrong(0, 0);
    IsWrong(FIXED - 1, 0);   // not even the fixed part
    IsWrong(16, 0);          // the first entry's value is cut off
    IsWrong(20, 20);         // the second is not there
    IsWrong(20 + FIXED, 20); // or without its name
    IsWrong(Length - 1, 20); // or without the last byte
    IsWrong(0x80000000, 0);  // negative
    IsWrong((ULONG)-1, 0);
}

static void TestName(void)
{
    ULONG Length = PutTwo();
    PFILE_FULL_EA_INFORMATION First = (PVOID)Space, Second = (PVOID)(Buffer + 20);
    First->EaName[3] = 'X'; // no zero behind it
    IsWrong(Length, 0);
    First->EaName[3] = '\0';
    Second->EaNameLength = 1; // shorter than the name is
    IsWrong(Length, 20);
    Second->EaNameLength = 200; // behind the buffer
    IsWrong(Length, 20);
    Second->EaNameLength = 2;
    Second->EaValueLength = 6;
    IsWrong(Length, 20);
}

static void TestNext(void)
{
    ULONG Length = PutTwo();
    PFILE_FULL_EA_INFORMATION First = (PVOID)Space, Second = (PVOID)(Buffer + 20);
    First->NextEntryOffset = 18; // no ULONG's boundary
    IsWrong(Length, 0);
    First->NextEntryOffset = 16; // in the entry itself
    IsWrong(Length, 0);
    First->NextEntryOffset = 0xfffffffc; // back
    IsWrong(Length, 0);
    First->NextEntryOffset = 20;
    Second->NextEntryOffset = 16; // at the buffer's end, where no entry is
    IsWrong(Length, Length);
}

TEST_DRIVER(TestRight, TestLength, TestName, TestNext)
