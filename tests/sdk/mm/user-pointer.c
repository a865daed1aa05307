// SPDX-License-Identifier: MIT
// A program's memory: good, bad, half there; values, ranges, captured blocks, strings, texts.
#include "test.h"
#include <kmode.h>

static PUCHAR Memory; // one page of the running process, behind which nothing is

static void Prepare(void)
{
    PVOID Address = NULL;
    SIZE_T Bytes = 2 * PAGE_SIZE;

    IS(KmVirtualAllocate(NULL, &Address, &Bytes, PAGE_READWRITE), STATUS_SUCCESS);
    Memory = (PUCHAR)Address;
    IS(KmVirtualProtect(NULL, Memory + PAGE_SIZE, PAGE_SIZE, PAGE_NOACCESS, NULL), STATUS_SUCCESS);
}

static void TestCopies(void)
{
    UCHAR Buffer[16];
    PVOID Kernel = Buffer;

    RtlFillMemory(Memory, PAGE_SIZE, 5);
    IS(KmUserRead(Buffer, Memory + 3, 16), STATUS_SUCCESS);
    IS(Buffer[15], 5);
    Buffer[0] = 6;
    IS(KmUserWrite(Memory + 3, Buffer, 16), STATUS_SUCCESS);
    IS(Memory[3], 6);
    IS(KmUserZero(Memory, 4), STATUS_SUCCESS);
    OK(Memory[3] == 0 && Memory[4] == 5);

    PUCHAR End = Memory + PAGE_SIZE - 8; // half of it is there
    IS(KmUserRead(Buffer, End, 16), STATUS_ACCESS_VIOLATION);
    IS(KmUserWrite(End, Buffer, 16), STATUS_ACCESS_VIOLATION);
    IS(KmUserZero(End, 16), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead(Buffer, End, 8), STATUS_SUCCESS);
    IS(KmUserRead(Buffer, NULL, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead(Buffer, NULL, 0), STATUS_SUCCESS);
    IS(KmUserRead(Buffer, Kernel, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserWrite(Kernel, Buffer, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserZero(Kernel, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead(Buffer, (PVOID)(ULONG_PTR)-8, 16), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead(Buffer, Memory, (SIZE_T)-1), STATUS_ACCESS_VIOLATION);
}

static void TestValues(void)
{
    PUCHAR Bad = Memory + PAGE_SIZE;
    UCHAR Byte = 1;
    USHORT Word = 1;
    ULONG Long = 1;
    ULONG64 Quad = 1;
    PVOID Pointer = &Byte;

    IS(KmUserWrite64(Memory + 1, 0x8877665544332211ULL), STATUS_SUCCESS);
    IS(KmUserRead8(Memory + 8, &Byte), STATUS_SUCCESS);
    IS(Byte, 0x88);
    IS(KmUserRead16(Memory + 1, &Word), STATUS_SUCCESS);
    IS(Word, 0x2211);
    IS(KmUserRead32(Memory + 5, &Long), STATUS_SUCCESS);
    IS(Long, 0x88776655);
    IS(KmUserRead64(Memory + 1, &Quad), STATUS_SUCCESS);
    IS(Quad, 0x8877665544332211ULL);
    IS(KmUserWritePointer(Memory, Memory), STATUS_SUCCESS);
    IS(KmUserReadPointer(Memory, &Pointer), STATUS_SUCCESS);
    OK(Pointer == Memory);
    IS(KmUserWrite32(Memory, 0), STATUS_SUCCESS);
    IS(KmUserWrite16(Memory, 0x0201), STATUS_SUCCESS);
    IS(KmUserWrite8(Memory + 1, 9), STATUS_SUCCESS);
    OK(Memory[0] == 1 && Memory[1] == 9 && Memory[2] == 0);

    IS(KmUserRead8(Bad, &Byte), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead16(Bad - 1, &Word), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead32(Bad - 3, &Long), STATUS_ACCESS_VIOLATION);
    IS(KmUserRead64(Bad, &Quad), STATUS_ACCESS_VIOLATION);
    IS(KmUserReadPointer(&Byte, &Pointer), STATUS_ACCESS_VIOLATION);
    OK(Byte == 0 && Word == 0 && Long == 0 && Quad == 0 && Pointer == NULL);
    IS(KmUserWrite8(Bad, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserWrite16(Bad, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserWrite32(&Long, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserWrite64(Bad - 7, 1), STATUS_ACCESS_VIOLATION);
    IS(KmUserWritePointer(NULL, NULL), STATUS_ACCESS_VIOLATION);
    IS(Long, 0);
}

static void TestRanges(void)
{
    KM_USER_POINTER Pointer;
    ULONG Value = 77;

    IS(KmUserPointer(&Pointer, Memory, 8), STATUS_SUCCESS);
    IS(KmUserPointerWrite(&Pointer, 4, &Value, 4), STATUS_SUCCESS);
    Value = 0;
    IS(KmUserPointerRead(&Pointer, 4, &Value, 4), STATUS_SUCCESS);
    IS(Value, 77);
    IS(KmUserPointerRead(&Pointer, 5, &Value, 4), STATUS_BUFFER_TOO_SMALL);
    IS(KmUserPointerWrite(&Pointer, 9, &Value, 0), STATUS_BUFFER_TOO_SMALL);
    IS(KmUserPointerRead(&Pointer, 8, &Value, 0), STATUS_SUCCESS);
    IS(KmUserPointerRead(&Pointer, (SIZE_T)-1, &Value, 4), STATUS_BUFFER_TOO_SMALL);
    IS(KmUserPointerWrite(&Pointer, 4, &Value, (SIZE_T)-1), STATUS_BUFFER_TOO_SMALL);
    IS(KmUserPointer(&Pointer, &Value, 4), STATUS_ACCESS_VIOLATION);
    IS(Pointer.Bytes, 0);
    IS(KmUserPointerRead(&Pointer, 0, &Value, 4), STATUS_BUFFER_TOO_SMALL);
    IS(KmUserPointer(&Pointer, (PVOID)(ULONG_PTR)-4, 8), STATUS_ACCESS_VIOLATION);
    IS(KmUserPointer(&Pointer, (PVOID)(ULONG_PTR)MmUserProbeAddress, 0), STATUS_SUCCESS);
    IS(KmUserPointer(&Pointer, Memory + PAGE_SIZE, 8), STATUS_SUCCESS);
    IS(KmUserPointerRead(&Pointer, 0, &Value, 4), STATUS_ACCESS_VIOLATION);
}

static LONG Left; // allocations that succeed

static PVOID NTAPI AllocateSome(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    return Left-- <= 0 ? NULL : KmPagedPool.Allocate(Allocator, Bytes, Zeroed);
}

static VOID NTAPI Free(PKM_ALLOCATOR Allocator, PVOID Block, SIZE_T Bytes)
{
    KmPagedPool.Free(Allocator, Block, Bytes);
}

static const KM_ALLOCATOR_OPERATIONS Operations = {AllocateSome, Free, NULL, APC_LEVEL};
static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(Operations, 'rsUK');

static void TestCapture(void)
{
    PVOID Copy = &Left;

    RtlFillMemory(Memory, 100, 3);
    Left = 0;
    IS(KmUserCapture(&Allocator, Memory, 100, 100, &Copy), STATUS_INSUFFICIENT_RESOURCES);
    OK(Copy == NULL);
    Left = 1;
    IS(KmUserCapture(&Allocator, Memory, 100, 100, &Copy), STATUS_SUCCESS);
    Memory[99] = 4;
    IS(((PUCHAR)Copy)[99], 3);
    KmFree(&Allocator, Copy, 100);
    IS(KmUserCapture(&Allocator, Memory, 101, 100, &Copy), STATUS_INVALID_BUFFER_SIZE);
    IS(KmUserCapture(&Allocator, Memory, 0, 100, &Copy), STATUS_SUCCESS);
    OK(Copy == NULL);
    Left = 1;
    IS(KmUserCapture(&Allocator, Memory + PAGE_SIZE - 1, 2, 100, &Copy), STATUS_ACCESS_VIOLATION);
    OK(Copy == NULL);
}

static void TestStrings(void)
{
    PUNICODE_STRING User = (PUNICODE_STRING)Memory;
    UNICODE_STRING Name;
    CHAR Text[8];
    SIZE_T Length = 9;

    User->Buffer = (PWCH)(Memory + 64);
    RtlCopyMemory(User->Buffer, L"name", 10);
    User->Length = User->MaximumLength = 8;
    Left = 0;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 100, &Name), STATUS_INSUFFICIENT_RESOURCES);
    OK(Name.Buffer == NULL && Name.Length == 0);
    Left = 1;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 8, &Name), STATUS_SUCCESS);
    OK(Name.Length == 8 && Name.MaximumLength == 10 && Name.Buffer[0] == L'n' && Name.Buffer[4] == 0);
    KmFree(&Allocator, Name.Buffer, Name.MaximumLength);
    IS(KmUserCaptureUnicodeString(&Allocator, User, 7, &Name), STATUS_NAME_TOO_LONG);
    User->Length = 0xFFFE;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 0xFFFF, &Name), STATUS_NAME_TOO_LONG);
    User->Length = 3;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 100, &Name), STATUS_INVALID_PARAMETER);
    User->Length = 8;
    User->Buffer = (PWCH)(Memory + PAGE_SIZE - 4);
    Left = 1;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 100, &Name), STATUS_ACCESS_VIOLATION);
    OK(Name.Buffer == NULL);
    User->Buffer = (PWCH)Text;
    Left = 1;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 100, &Name), STATUS_ACCESS_VIOLATION);
    IS(KmUserCaptureUnicodeString(&Allocator, &Name, 100, &Name), STATUS_ACCESS_VIOLATION);
    User->Length = 0;
    Left = 1;
    IS(KmUserCaptureUnicodeString(&Allocator, User, 100, &Name), STATUS_SUCCESS);
    OK(Name.Length == 0 && Name.Buffer[0] == 0);
    KmFree(&Allocator, Name.Buffer, Name.MaximumLength);

    // A text that ends with the page is not read beyond it.
    RtlCopyMemory(Memory + PAGE_SIZE - 4, "end", 4);
    IS(KmUserCaptureText(Memory + PAGE_SIZE - 4, Text, sizeof(Text), &Length), STATUS_SUCCESS);
    IS_STRING(Text, "end");
    IS(Length, 3);
    IS(KmUserCaptureText(Memory + PAGE_SIZE - 4, Text, 4, NULL), STATUS_SUCCESS);
    IS(KmUserCaptureText(Memory + PAGE_SIZE - 4, Text, 3, &Length), STATUS_NAME_TOO_LONG);
    IS_STRING(Text, "");
    IS(Length, 0);
    IS(KmUserCaptureText(Memory + PAGE_SIZE - 4, Text, 0, NULL), STATUS_NAME_TOO_LONG);
    Memory[PAGE_SIZE - 1] = 'x';
    IS(KmUserCaptureText(Memory + PAGE_SIZE - 4, Text, sizeof(Text), &Length), STATUS_ACCESS_VIOLATION);
    IS_STRING(Text, "");
}

static void Finish(void)
{
    IS(KmVirtualFree(NULL, Memory), STATUS_SUCCESS);
}

TEST_DRIVER(Prepare, TestCopies, TestValues, TestRanges, TestCapture, TestStrings, Finish)
