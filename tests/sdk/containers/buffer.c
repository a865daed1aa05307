// SPDX-License-Identifier: MIT
// KM_BUFFER: bytes that are added, and routines that have to be asked twice.
#include "test.h"
#include "../failing-allocator.h"

static FAILING_ALLOCATOR Memory = FAILING_ALLOCATOR_INIT;

// A routine that needs so much, more each time that it is asked.
typedef struct QUESTION {
    ULONG Needs;
    ULONG More;
    NTSTATUS TooLittle;
    BOOLEAN SaysHowMuch;
    NTSTATUS Status; // of the answer, if there is room
    BOOLEAN SaysWritten;
    ULONG Times;
    ULONG LastBytes;
} QUESTION;

static NTSTATUS NTAPI Answer(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    QUESTION *Question = (QUESTION *)Context;

    Question->Times += 1;
    Question->LastBytes = Bytes;
    if (*Needed != 0) {
        return STATUS_INTERNAL_ERROR;
    }
    RtlFillMemory(Data, Bytes, 0x11);
    if (Question->More == MAXULONG) {
        *Needed = Bytes + 1;
        return Question->TooLittle;
    }
    if (Bytes < Question->Needs) {
        *Needed = Question->SaysHowMuch ? Question->Needs : 0;
        Question->Needs += Question->More;
        return Question->TooLittle;
    }
    RtlFillMemory(Data, Question->Needs, 0x22);
    *Needed = Question->SaysWritten ? Question->Needs : 0;
    return Question->Status;
}

static void TestQuery(void)
{
    static const NTSTATUS TooLittle[] = {STATUS_INFO_LENGTH_MISMATCH, STATUS_BUFFER_TOO_SMALL,
                                         STATUS_BUFFER_OVERFLOW};
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);

    FailingArm(&Memory, 0);
    for (ULONG Which = 0; Which < RTL_NUMBER_OF(TooLittle); Which += 1) {
        QUESTION Question = {1000, 0, TooLittle[Which], TRUE, STATUS_SUCCESS, TRUE, 0, 0};

        IS(KmBufferQuery(&Buffer, Answer, &Question, 10), STATUS_SUCCESS);
        IS(Question.Times, 2);
        IS(Buffer.Bytes, 1000);
        OK(((PUCHAR)Buffer.Data)[999] == 0x22);
        // The memory is there now.
        Question.Times = 0;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 10), STATUS_SUCCESS);
        IS(Question.Times, 1);
        KmBufferFree(&Buffer);

        // It does not say how much.
        Question.SaysHowMuch = FALSE;
        Question.Times = 0;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 10), STATUS_SUCCESS);
        IS(Question.Times, 8);
        IS(Buffer.Capacity, 1280);
        IS(Buffer.Bytes, 1000);
        KmBufferFree(&Buffer);

        // It needs a little more each time: the eighth is enough.
        Question.SaysHowMuch = TRUE;
        Question.Times = 0;
        Question.More = 100;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 0), STATUS_SUCCESS);
        IS(Question.Times, 2);
        KmBufferFree(&Buffer);

        // It never has enough.
        Question.Times = 0;
        Question.More = MAXULONG;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 16), TooLittle[Which]);
        IS(Question.Times, KM_BUFFER_TRIES);
        IS(Buffer.Bytes, 0);
        KmBufferFree(&Buffer);
    }
    {
        QUESTION Question = {10, 0, STATUS_BUFFER_TOO_SMALL, TRUE, STATUS_ACCESS_DENIED, TRUE, 0, 0};

        IS(KmBufferQuery(&Buffer, Answer, &Question, 16), STATUS_ACCESS_DENIED);
        IS(Question.Times, 1);
        IS(Buffer.Bytes, 0);
        Question.Status = STATUS_SOME_NOT_MAPPED;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 16), STATUS_SOME_NOT_MAPPED);
        IS(Buffer.Bytes, 10);
        Question.SaysWritten = FALSE;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 16), STATUS_SOME_NOT_MAPPED);
        IS(Buffer.Bytes, 16);
        // More than a ULONG can say is never asked for.
        Question.Needs = MAXULONG;
        Question.TooLittle = STATUS_BUFFER_OVERFLOW;
        IS(KmBufferQuery(&Buffer, Answer, &Question, 16), STATUS_INSUFFICIENT_RESOURCES);
        OK(Question.LastBytes <= 16);
        KmBufferFree(&Buffer);
        Question.Needs = 1000;
        FAIL_EACH(&Memory, Try) {
            NTSTATUS Status = KmBufferQuery(&Buffer, Answer, &Question, 16);

            IS(Status, Memory.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SOME_NOT_MAPPED);
            OK(Memory.Failed ? Buffer.Bytes == 0 : Buffer.Bytes >= 1000);
            KmBufferFree(&Buffer);
        }
    }
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

// What is one structure, and wants room for that alone; it writes nothing.
static NTSTATUS NTAPI AnswerExactly(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    UNREFERENCED_PARAMETER(Data);
    *(PULONG)Context += 1;
    *Needed = Bytes == 48 ? 0 : 48;
    return Bytes == 48 ? STATUS_SUCCESS : STATUS_INFO_LENGTH_MISMATCH;
}

static void TestQueryExactly(void)
{
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);
    ULONG Times = 0, Sum = 0;

    FailingArm(&Memory, 0);
    IS(KmBufferQuery(&Buffer, AnswerExactly, &Times, 1000), STATUS_SUCCESS);
    IS(Times, 2);
    IS(Buffer.Bytes, 48);
    IS(Buffer.Capacity, 1000);
    for (ULONG Index = 0; Index < 1000; Index += 1) {
        Sum += ((PUCHAR)Buffer.Data)[Index];
    }
    IS(Sum, 0);
    KmBufferFree(&Buffer);
    IS(Memory.Outstanding, 0);
}

static void TestAppend(void)
{
    KM_BUFFER Buffer, Other = KM_BUFFER_INIT(&Memory.Allocator);

    FailingArm(&Memory, 0);
    KmBufferInit(&Buffer, &Memory.Allocator);
    IS(KmBufferAppend(&Buffer, NULL, 0), STATUS_SUCCESS);
    for (ULONG Number = 0; Number < 1000; Number += 1) {
        if (KmBufferAppend(&Buffer, &Number, sizeof(Number)) != STATUS_SUCCESS) {
            break;
        }
    }
    IS(Buffer.Bytes, 4000);
    OK(((PULONG)Buffer.Data)[999] == 999 && Buffer.Capacity < 8000 && Memory.Calls < 15);
    IS(KmBufferAppend(&Buffer, &Buffer, (SIZE_T)-1), STATUS_INSUFFICIENT_RESOURCES);
    IS(KmBufferAppend(&Buffer, &Buffer, (SIZE_T)-1 / 2), STATUS_INSUFFICIENT_RESOURCES);
    IS(Buffer.Bytes, 4000);
    IS(KmBufferReserve(&Buffer, 100), STATUS_SUCCESS);
    FailingArm(&Memory, 1);
    IS(KmBufferReserve(&Buffer, 100000), STATUS_INSUFFICIENT_RESOURCES);
    OK(Buffer.Bytes == 4000 && ((PULONG)Buffer.Data)[999] == 999);
    FailingArm(&Memory, 0);
    IS(KmBufferReserve(&Buffer, 100000), STATUS_SUCCESS);
    OK(Buffer.Bytes == 4000 && ((PULONG)Buffer.Data)[999] == 999);
    KmBufferMove(&Other, &Buffer);
    OK(Buffer.Data == NULL && Other.Bytes == 4000);
    KmBufferMove(&Other, &Other);
    IS(Other.Bytes, 4000);
    KmBufferMove(&Other, &Buffer);
    IS(Other.Bytes, 0);
    IS(Memory.Outstanding, 0);
    OK(!Memory.Misused);
}

// A buffer that doubles itself, in memory that moves.
static void TestAppendOwn(void)
{
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);
    ULONG Wrong = 0;

    FailingArm(&Memory, 0);
    IS(KmBufferAppend(&Buffer, "abc", 3), STATUS_SUCCESS);
    for (ULONG Round = 0; Round < 12; Round += 1) {
        IS(KmBufferAppend(&Buffer, Buffer.Data, Buffer.Bytes), STATUS_SUCCESS);
    }
    IS(Buffer.Bytes, 3 << 12);
    for (SIZE_T Index = 0; Index < Buffer.Bytes; Index += 1) {
        Wrong += ((PUCHAR)Buffer.Data)[Index] != "abc"[Index % 3];
    }
    IS(KmBufferAppend(&Buffer, (PUCHAR)Buffer.Data + Buffer.Bytes - 1, 1), STATUS_SUCCESS);
    IS(((PUCHAR)Buffer.Data)[Buffer.Bytes - 1], 'c');
    IS(Wrong, 0);
    KmBufferFree(&Buffer);
}

static void TestSystem(void)
{
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);

    FailingArm(&Memory, 0);
    // SystemModuleInformation: how many there are, and then each; the kernel and this driver at least.
    IS(KmBufferQuerySystemInformation(&Buffer, 11), STATUS_SUCCESS);
    OK(Buffer.Bytes > 2 * 256 && *(PULONG)Buffer.Data >= 2);
    OK(!NT_SUCCESS(KmBufferQuerySystemInformation(&Buffer, 0xFFFF)));
    IS(Buffer.Bytes, 0);
    FAIL_EACH(&Memory, Try) {
        KmBufferFree(&Buffer);
        OK((KmBufferQuerySystemInformation(&Buffer, 11) == STATUS_SUCCESS) == !Memory.Failed);
    }
    KmBufferFree(&Buffer);
    IS(Memory.Outstanding, 0);
}

static void TestValue(void)
{
    UNICODE_STRING Path = RTL_CONSTANT_STRING(L"\\Registry\\Machine\\Software\\BufferTest"),
                   Name = RTL_CONSTANT_STRING(L"Long");
    UNICODE_STRING Missing = RTL_CONSTANT_STRING(L"Missing");
    OBJECT_ATTRIBUTES Attributes;
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);
    PKEY_VALUE_PARTIAL_INFORMATION Information;
    UCHAR Value[2000];
    HANDLE Key;

    FailingArm(&Memory, 0);
    RtlFillMemory(Value, sizeof(Value), 0x5A);
    InitializeObjectAttributes(&Attributes, &Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateKey(&Key, KEY_ALL_ACCESS, &Attributes, 0, NULL, REG_OPTION_VOLATILE, NULL), STATUS_SUCCESS);
    IS(ZwSetValueKey(Key, &Name, 0, REG_BINARY, Value, sizeof(Value)), STATUS_SUCCESS);
    IS(KmBufferQueryValueKey(&Buffer, Key, &Name, KeyValuePartialInformation), STATUS_SUCCESS);
    Information = (PKEY_VALUE_PARTIAL_INFORMATION)Buffer.Data;
    OK(Information->Type == REG_BINARY && Information->DataLength == sizeof(Value) &&
       Information->Data[1999] == 0x5A);
    IS(Buffer.Bytes, FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data) + sizeof(Value));
    IS(KmBufferQueryValueKey(&Buffer, Key, &Missing, KeyValuePartialInformation),
       STATUS_OBJECT_NAME_NOT_FOUND);
    FAIL_EACH(&Memory, Try) {
        KmBufferFree(&Buffer);
        IS(KmBufferQueryValueKey(&Buffer, Key, &Name, KeyValueFullInformation),
           Memory.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    }
    IS(ZwDeleteKey(Key), STATUS_SUCCESS);
    ZwClose(Key);
    KmBufferFree(&Buffer);
    IS(Memory.Outstanding, 0);
}

static PDRIVER_OBJECT TestDriver;

static void TestDeviceProperty(void)
{
    static const DEVPROPKEY FriendlyName = {
        {0xA45C254E, 0xDF1C, 0x4EFD, {0x80, 0x20, 0x67, 0xD1, 0x46, 0xA8, 0x50, 0xE0}}, 14};
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);
    PDEVICE_OBJECT Device = NULL;
    WCHAR Name[301];

    FailingArm(&Memory, 0);
    for (ULONG Index = 0; Index < 300; Index += 1) {
        Name[Index] = (WCHAR)(L'a' + Index % 26);
    }
    Name[300] = 0;
    IS(IoReportDetectedDevice(TestDriver, InterfaceTypeUndefined, (ULONG)-1, (ULONG)-1, NULL, NULL, FALSE,
                              &Device),
       STATUS_SUCCESS);
    IS(KmBufferQueryDeviceProperty(&Buffer, Device, DevicePropertyFriendlyName),
       STATUS_OBJECT_NAME_NOT_FOUND);
    IS(Buffer.Bytes, 0);
    IS(IoSetDevicePropertyData(Device, &FriendlyName, 0, 0, DEVPROP_TYPE_STRING, sizeof(Name), Name),
       STATUS_SUCCESS);
    IS(KmBufferQueryDeviceProperty(&Buffer, Device, DevicePropertyFriendlyName), STATUS_SUCCESS);
    IS(Buffer.Bytes, sizeof(Name));
    OK(RtlCompareMemory(Buffer.Data, Name, sizeof(Name)) == sizeof(Name));
    KmBufferFree(&Buffer);
    FAIL_EACH(&Memory, Try) {
        KmBufferFree(&Buffer);
        IS(KmBufferQueryDeviceProperty(&Buffer, Device, DevicePropertyFriendlyName),
           Memory.Failed ? STATUS_INSUFFICIENT_RESOURCES : STATUS_SUCCESS);
    }
    KmBufferFree(&Buffer);
    IS(Memory.Outstanding, 0);
}

// Parts of an answer, at offsets and pointers that it tells itself.
static void TestParts(void)
{
    KM_BUFFER Buffer = KM_BUFFER_INIT(&Memory.Allocator);
    PUCHAR Data;

    Memory.FailAt = 0;
    OK(KmBufferAt(&Buffer, 0, UCHAR) == NULL);
    OK(!KmBufferContains(&Buffer, NULL, 0));
    IS(KmBufferReserve(&Buffer, 64), STATUS_SUCCESS);
    OK(KmBufferAt(&Buffer, 0, UCHAR) == NULL); // room is not what was written
    IS(KmBufferAppend(&Buffer, "0123456789", 10), STATUS_SUCCESS);
    Data = (PUCHAR)Buffer.Data;
    OK((PUCHAR)KmBufferAt(&Buffer, 0, ULONG64) == Data);
    OK((PUCHAR)KmBufferAt(&Buffer, 2, ULONG64) == Data + 2);
    OK(KmBufferAt(&Buffer, 3, ULONG64) == NULL);
    OK(KmBufferAt(&Buffer, 10, UCHAR) == NULL);
    OK(KmBufferAt(&Buffer, MAXSIZE_T, UCHAR) == NULL);
    OK(KmBufferAt(&Buffer, MAXSIZE_T - 2, ULONG) == NULL); // does not go round
    OK((PUCHAR)KmBufferArrayAt(&Buffer, 2, 4, USHORT) == Data + 2);
    OK(KmBufferArrayAt(&Buffer, 2, 5, USHORT) == NULL);
    OK(KmBufferArrayAt(&Buffer, 0, MAXSIZE_T / 2 + 1, USHORT) == NULL);
    OK(KmBufferArrayAt(&Buffer, 0, MAXSIZE_T, ULONG64) == NULL);
    OK((PUCHAR)KmBufferArrayAt(&Buffer, 10, 0, USHORT) == Data + 10);
    OK(KmBufferArrayAt(&Buffer, 11, 0, USHORT) == NULL);
    OK(KmBufferContains(&Buffer, Data, 10));
    OK(!KmBufferContains(&Buffer, Data, 11));
    OK(KmBufferContains(&Buffer, Data + 9, 1));
    OK(!KmBufferContains(&Buffer, Data + 9, MAXSIZE_T));
    OK(!KmBufferContains(&Buffer, Data - 1, 1));
    OK(!KmBufferContains(&Buffer, NULL, 1));
    KmBufferFree(&Buffer);
}

// The tests want the driver's own object.
#define DriverEntry RunTests
TEST_DRIVER(TestQuery, TestQueryExactly, TestAppend, TestAppendOwn, TestSystem, TestValue, TestDeviceProperty,
            TestParts)
#undef DriverEntry

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    TestDriver = DriverObject;
    return RunTests(DriverObject, RegistryPath);
}
