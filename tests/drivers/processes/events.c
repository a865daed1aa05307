// SPDX-License-Identifier: MIT
// The callbacks of every kind in one set, and what they have counted.
#include "events.h"

#define PROCESS_TERMINATE 0x0001

PROCESS_EVENTS Events;

static KM_CALLBACKS Callbacks;
static KM_CALLBACK Registrations[12];
static volatile HANDLE Guarded;

static VOID NTAPI OnProcess(PVOID Context, PEPROCESS Process, HANDLE ProcessId,
                            PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    UNICODE_STRING Bad = RTL_CONSTANT_STRING(L"bad.exe"), Name;

    PAGED_CODE();
    if (Context != &Events || PsGetProcessId(Process) != ProcessId) {
        InterlockedIncrement(&Events.Wrong);
    }
    if (CreateInfo == NULL) {
        InterlockedIncrement(&Events.Ended);
        return;
    }
    InterlockedIncrement(&Events.Begun);
    if (CreateInfo->ImageFileName != NULL) {
        KmUnicodeFileName(CreateInfo->ImageFileName, &Name);
        if (RtlEqualUnicodeString(&Name, &Bad, TRUE)) {
            CreateInfo->CreationStatus = STATUS_ACCESS_DENIED;
            InterlockedIncrement(&Events.Refused);
        }
    }
}

static VOID NTAPI OnNotice(PVOID Context, HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ParentId);
    UNREFERENCED_PARAMETER(ProcessId);
    InterlockedIncrement(Create ? &((PROCESS_EVENTS *)Context)->NoticeBegun
                                : &((PROCESS_EVENTS *)Context)->NoticeEnded);
}

static VOID NTAPI OnThread(PVOID Context, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    UNREFERENCED_PARAMETER(ThreadId);
    InterlockedIncrement(Create ? &((PROCESS_EVENTS *)Context)->ThreadBegun
                                : &((PROCESS_EVENTS *)Context)->ThreadEnded);
}

static VOID NTAPI OnOwnThread(PVOID Context, HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    UNREFERENCED_PARAMETER(ProcessId);
    if (Create) {
        InterlockedIncrement(&((PROCESS_EVENTS *)Context)->OwnThreadBegun);
        if (ThreadId != PsGetCurrentThreadId()) {
            InterlockedIncrement(&Events.Wrong);
        }
    }
}

static VOID NTAPI OnImage(PVOID Context, PUNICODE_STRING Path, HANDLE ProcessId, PIMAGE_INFO ImageInfo)
{
    UNREFERENCED_PARAMETER(Path);
    UNREFERENCED_PARAMETER(ProcessId);
    if (ImageInfo->ImageSize != 0) {
        InterlockedIncrement(&((PROCESS_EVENTS *)Context)->Images);
    }
}

static NTSTATUS NTAPI OnKey(PVOID Context, REG_NOTIFY_CLASS Class, PVOID Information)
{
    PREG_SET_VALUE_KEY_INFORMATION Set = (PREG_SET_VALUE_KEY_INFORMATION)Information;
    UNICODE_STRING Guard = RTL_CONSTANT_STRING(L"Guarded");

    if (Class == RegNtPreSetValueKey && RtlEqualUnicodeString(Set->ValueName, &Guard, TRUE)) {
        InterlockedIncrement(&((PROCESS_EVENTS *)Context)->KeysGuarded);
        return STATUS_ACCESS_DENIED;
    }
    return STATUS_SUCCESS;
}

static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
{
    UNREFERENCED_PARAMETER(Context);
    if (!Access->IsKernelHandle && PsGetProcessId(Access->Process) == Guarded &&
        (Access->Desired & PROCESS_TERMINATE)) {
        Access->Desired &= ~(ACCESS_MASK)PROCESS_TERMINATE;
        InterlockedIncrement(&Events.Stripped);
    }
    Access->Desired |= 0x2; // is not granted for that
}

static VOID NTAPI OnHandleResult(PVOID Context, const KM_OBJECT_ACCESS *Access, NTSTATUS Status)
{
    UNREFERENCED_PARAMETER(Context);
    if (PsGetProcessId(Access->Process) == Guarded && NT_SUCCESS(Status) && !Access->IsKernelHandle) {
        InterlockedIncrement(&Events.Granted);
        if ((Access->Desired & PROCESS_TERMINATE) || !(Access->Original & PROCESS_TERMINATE)) {
            InterlockedIncrement(&Events.Wrong);
        }
    }
}

NTSTATUS EventsStart(PDRIVER_OBJECT DriverObject)
{
    ULONG Next = 0;
    NTSTATUS Status;

    RtlZeroMemory(&Events, sizeof(Events));
    Status = KmCallbacksAddProcess(&Callbacks, &Registrations[Next++], OnProcess, &Events, 0);
    if (NT_SUCCESS(Status)) {
        // The same for all subsystems, of which this counts the notices.
        Status = KmCallbacksAddProcess(&Callbacks, &Registrations[Next++], OnProcess, &Events,
                                       KM_CALLBACK_SUBSYSTEMS);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddProcessNotice(&Callbacks, &Registrations[Next++], OnNotice, &Events);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddThread(&Callbacks, &Registrations[Next++], OnThread, &Events, 0);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddThread(&Callbacks, &Registrations[Next++], OnOwnThread, &Events,
                                      KM_CALLBACK_NEW_THREAD);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddImage(&Callbacks, &Registrations[Next++], OnImage, &Events, 0);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddImage(&Callbacks, &Registrations[Next++], OnImage, &Events,
                                     KM_CALLBACK_ARCHITECTURES);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddRegistry(&Callbacks, &Registrations[Next++], L"380000.77", DriverObject, OnKey,
                                        &Events);
    }
    if (NT_SUCCESS(Status)) {
        Status =
            KmCallbacksAddObject(&Callbacks, &Registrations[Next++], L"321000.77",
                                 KM_OBJECT_PROCESSES | KM_OBJECT_THREADS, OnHandle, OnHandleResult, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        KmCallbacksStop(&Callbacks);
    }
    return Status;
}

VOID EventsStop(VOID)
{
    KmCallbacksStop(&Callbacks);
}

NTSTATUS EventsGuard(ULONG64 Id)
{
    Guarded = (HANDLE)(ULONG_PTR)Id;
    return STATUS_SUCCESS;
}
