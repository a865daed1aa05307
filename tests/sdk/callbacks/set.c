// SPDX-License-Identifier: MIT
// Sets of callbacks: what is refused, how many there may be, and that a set is empty when it has been
// stopped. tests/drivers/processes has what they are told.
#include "test.h"
#include <ntddk.h>
#include <kmode.h>

static KM_CALLBACKS Callbacks;
static KM_CALLBACK Many[KM_CALLBACK_SLOTS + 1], Other;
static LONG Begun, Ended, Own;
static PDRIVER_OBJECT Driver;

static VOID NTAPI OnProcess(PVOID Context, PEPROCESS Process, HANDLE ProcessId,
                            struct _PS_CREATE_NOTIFY_INFO *CreateInfo)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(CreateInfo);
}

static VOID NTAPI OnNotice(PVOID Context, HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(Create);
}

static VOID NTAPI OnThread(PVOID Context, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    InterlockedIncrement(Create ? (PLONG)Context : &Ended);
}

static VOID NTAPI OnImage(PVOID Context, PUNICODE_STRING Path, HANDLE ProcessId,
                          struct _IMAGE_INFO *ImageInfo)
{
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Path);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
}

static NTSTATUS NTAPI OnKey(PVOID Context, REG_NOTIFY_CLASS Class, PVOID Information)
{
    UNREFERENCED_PARAMETER(Information);
    if (Class == RegNtPreQueryValueKey) {
        InterlockedIncrement((PLONG)Context);
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
{
    // A kernel handle keeps its rights, whatever becomes of this.
    InterlockedIncrement((PLONG)Context);
    Access->Desired = 0;
}

static NTSTATUS AddOne(ULONG Kind, PKM_CALLBACK Callback)
{
    switch (Kind) {
    case 0: return KmCallbacksAddProcess(&Callbacks, Callback, OnProcess, NULL, 0);
    case 1: return KmCallbacksAddProcess(&Callbacks, Callback, OnProcess, NULL, KM_CALLBACK_SUBSYSTEMS);
    case 2: return KmCallbacksAddProcessNotice(&Callbacks, Callback, OnNotice, NULL);
    case 3: return KmCallbacksAddThread(&Callbacks, Callback, OnThread, &Begun, 0);
    case 4: return KmCallbacksAddThread(&Callbacks, Callback, OnThread, &Own, KM_CALLBACK_SUBSYSTEMS);
    case 5: return KmCallbacksAddImage(&Callbacks, Callback, OnImage, NULL, 0);
    default: return KmCallbacksAddImage(&Callbacks, Callback, OnImage, NULL, KM_CALLBACK_ARCHITECTURES);
    }
}

static void TestSlots(void)
{
    KmCallbacksStop(&Callbacks);
    for (ULONG Kind = 0; Kind < 7; Kind++) {
        // Twice, as the slots are to be free again.
        for (ULONG Round = 0; Round < 2; Round++) {
            for (ULONG Index = 0; Index < KM_CALLBACK_SLOTS; Index++) {
                IS(AddOne(Kind, &Many[Index]), STATUS_SUCCESS);
                // It is in the set, once.
                IS(AddOne(Kind, &Many[Index / 2]), STATUS_ALREADY_REGISTERED);
            }
            IS(AddOne(Kind, &Many[KM_CALLBACK_SLOTS]), STATUS_TOO_MANY_NODES);
            KmCallbacksStop(&Callbacks);
            OK(Callbacks.First == NULL);
        }
    }
}

// ---- As many as the system takes

#define EIGHT(Each, Number)                                                                                  \
    Each(Number##0) Each(Number##1) Each(Number##2) Each(Number##3) Each(Number##4) Each(Number##5)          \
        Each(Number##6) Each(Number##7)
#define ALL(Each)                                                                                            \
    EIGHT(Each, 0)                                                                                           \
    EIGHT(Each, 1)                                                                                           \
    EIGHT(Each, 2) EIGHT(Each, 3) EIGHT(Each, 4) EIGHT(Each, 5) EIGHT(Each, 6) EIGHT(Each, 7)
#define FILLER(Number)                                                                                       \
    static VOID NTAPI Filler##Number(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)                      \
    {                                                                                                        \
        UNREFERENCED_PARAMETER(ParentId);                                                                    \
        UNREFERENCED_PARAMETER(ProcessId);                                                                   \
        UNREFERENCED_PARAMETER(Create);                                                                      \
        Last = 0##Number;                                                                                    \
    }
#define NAME(Number) Filler##Number,

static volatile LONG Last; // no two routines are alike, so that the linker makes none of two
ALL(FILLER)
static const PCREATE_PROCESS_NOTIFY_ROUTINE Fillers[] = {ALL(NAME)};

static VOID NTAPI FillerOfImages(PUNICODE_STRING Path, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(Path);
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ImageInfo);
}

static NTSTATUS Fill(ULONG Kind, ULONG Index)
{
    return Kind < 3   ? PsSetCreateProcessNotifyRoutine(Fillers[Index], FALSE)
           : Kind < 5 ? PsSetCreateThreadNotifyRoutine(Fillers[Index])
                      : PsSetLoadImageNotifyRoutine(FillerOfImages);
}

static NTSTATUS Empty(ULONG Kind, ULONG Index)
{
    return Kind < 3   ? PsSetCreateProcessNotifyRoutine(Fillers[Index], TRUE)
           : Kind < 5 ? PsRemoveCreateThreadNotifyRoutine(Fillers[Index])
                      : PsRemoveLoadImageNotifyRoutine(FillerOfImages);
}

// 64 routines of all drivers.
static void TestFull(void)
{
    for (ULONG Kind = 0; Kind < 7; Kind++) {
        ULONG Count = 0;

        while (Count < RTL_NUMBER_OF(Fillers) && NT_SUCCESS(Fill(Kind, Count))) {
            Count += 1;
        }
        IS(AddOne(Kind, &Other), Kind < 3 ? STATUS_INVALID_PARAMETER : STATUS_INSUFFICIENT_RESOURCES);
        OK(Callbacks.First == NULL);
        while (Count > 0) {
            IS(Empty(Kind, --Count), STATUS_SUCCESS);
        }
        IS(AddOne(Kind, &Other), STATUS_SUCCESS);
        KmCallbacksStop(&Callbacks);
    }
}

static VOID NTAPI Thread(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static void RunThread(void)
{
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;

    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, &Attributes, NULL, NULL, Thread, NULL),
       STATUS_SUCCESS);
    IS(ZwWaitForSingleObject(Handle, FALSE, NULL), STATUS_SUCCESS);
    ZwClose(Handle);
}

static void TestThreads(void)
{
    LONG Before;

    Begun = Ended = Own = 0;
    IS(KmCallbacksAddThread(&Callbacks, &Many[0], OnThread, &Begun, 0), STATUS_SUCCESS);
    RunThread();
    OK(Begun >= 1);
    OK(Ended >= 1);
    KmCallbacksStop(&Callbacks);
    Before = Begun;
    RunThread();
    IS(Begun, Before);
}

static void TestAltitudes(void)
{
    LONG Keys = 0;
    HANDLE Key;

    IS(KmCallbacksAddRegistry(&Callbacks, &Many[0], L"380000.5", Driver, OnKey, &Keys), STATUS_SUCCESS);
    IS(KmCallbacksAddRegistry(&Callbacks, &Other, L"380000.5", Driver, OnKey, &Keys),
       STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    IS(KmRegistryOpen(NULL, L"HKLM\\SOFTWARE", KEY_READ, &Key), STATUS_SUCCESS);
    (void)KmRegistryDword(Key, L"None", 0);
    ZwClose(Key);
    OK(Keys >= 1);
    IS(KmCallbacksAddObject(&Callbacks, &Many[1], L"321000.5", 0, OnHandle, NULL, NULL),
       STATUS_INVALID_PARAMETER);
    IS(KmCallbacksAddObject(&Callbacks, &Many[1], L"321000.5", 5, OnHandle, NULL, NULL),
       STATUS_INVALID_PARAMETER);
    IS(KmCallbacksAddObject(&Callbacks, &Many[1], L"321000.5", KM_OBJECT_THREADS, OnHandle, NULL, NULL),
       STATUS_SUCCESS);
    IS(KmCallbacksAddObject(&Callbacks, &Other, L"321000.5", KM_OBJECT_PROCESSES, OnHandle, NULL, NULL),
       STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
    KmCallbacksStop(&Callbacks);
    IS(KmCallbacksAddObject(&Callbacks, &Other, L"321000.5", KM_OBJECT_PROCESSES, OnHandle, NULL, &Keys),
       STATUS_SUCCESS);
    Keys = 0;
    IS(KmProcessOpen(PsInitialSystemProcess, GENERIC_READ, &Key), STATUS_SUCCESS);
    OK(Keys >= 1);
    OK(NT_SUCCESS(ZwSetEvent(Key, NULL)) == FALSE);
    ZwClose(Key);
    KmCallbacksStop(&Callbacks);
    OK(Callbacks.First == NULL);
}

#define DriverEntry RunTests
TEST_DRIVER(TestSlots, TestFull, TestThreads, TestAltitudes)
#undef DriverEntry

// The owner of a registry callback is a driver object.
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    return RunTests(DriverObject, RegistryPath);
}
