// SPDX-License-Identifier: MIT
// What the system tells of processes, threads and images. Links with /integritycheck, without which Windows
// refuses the first.
#include "monitor.h"

static VOID NTAPI MonitorProcess(_Inout_ PEPROCESS Process, _In_ HANDLE ProcessId,
                                 _Inout_opt_ PPS_CREATE_NOTIFY_INFO CreateInfo);
static VOID NTAPI MonitorThread(_In_ HANDLE ProcessId, _In_ HANDLE ThreadId, _In_ BOOLEAN Create);
static VOID NTAPI MonitorImage(_In_opt_ PUNICODE_STRING FullImageName, _In_ HANDLE ProcessId,
                               _In_ PIMAGE_INFO ImageInfo);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, MonitorRegister)
#pragma alloc_text(PAGE, MonitorUnregister)
#pragma alloc_text(PAGE, MonitorProcess)
#pragma alloc_text(PAGE, MonitorImage)
#endif

_Use_decl_annotations_ NTSTATUS MonitorRegister(VOID)
{
    NTSTATUS Status;

    PAGED_CODE();
    Status = PsSetCreateProcessNotifyRoutineEx(MonitorProcess, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PsSetCreateThreadNotifyRoutine(MonitorThread);
    if (!NT_SUCCESS(Status)) {
        goto RemoveProcess;
    }
    Status = PsSetLoadImageNotifyRoutine(MonitorImage);
    if (!NT_SUCCESS(Status)) {
        goto RemoveThread;
    }
    return STATUS_SUCCESS;

RemoveThread:
    PsRemoveCreateThreadNotifyRoutine(MonitorThread);
RemoveProcess:
    PsSetCreateProcessNotifyRoutineEx(MonitorProcess, TRUE);
    return Status;
}

_Use_decl_annotations_ VOID MonitorUnregister(VOID)
{
    PAGED_CODE();
    PsRemoveLoadImageNotifyRoutine(MonitorImage);
    PsRemoveCreateThreadNotifyRoutine(MonitorThread);
    PsSetCreateProcessNotifyRoutineEx(MonitorProcess, TRUE);
}

static VOID MonitorCopy(_Out_writes_(MONITOR_NAME_CHARACTERS) PWCHAR Target, _In_opt_ PCUNICODE_STRING Source)
{
    UNICODE_STRING Copy = {.Buffer = Target, .MaximumLength = (MONITOR_NAME_CHARACTERS - 1) * sizeof(WCHAR)};

    RtlCopyUnicodeString(&Copy, Source);
    Target[Copy.Length / sizeof(WCHAR)] = UNICODE_NULL;
}

// Behind the last backslash.
static VOID MonitorCopyFileName(_Out_writes_(MONITOR_NAME_CHARACTERS) PWCHAR Target,
                                _In_opt_ PCUNICODE_STRING Path)
{
    UNICODE_STRING Name = {0};
    USHORT Start;

    if (Path != NULL) {
        Start = Path->Length / sizeof(WCHAR);
        while (Start > 0 && Path->Buffer[Start - 1] != L'\\') {
            Start -= 1;
        }
        Name.Buffer = Path->Buffer + Start;
        Name.Length = Name.MaximumLength = Path->Length - Start * sizeof(WCHAR);
    }
    MonitorCopy(Target, &Name);
}

static BOOLEAN MonitorIsForbidden(_In_ PCWSTR Image)
{
    WCHAR Forbidden[MONITOR_NAME_CHARACTERS];
    UNICODE_STRING First, Second;
    KIRQL OldIrql;

    // Names are compared at PASSIVE_LEVEL.
    KeAcquireSpinLock(&Monitor->Lock, &OldIrql);
    RtlCopyMemory(Forbidden, Monitor->Forbidden, sizeof(Forbidden));
    KeReleaseSpinLock(&Monitor->Lock, OldIrql);
    RtlInitUnicodeString(&First, Image);
    RtlInitUnicodeString(&Second, Forbidden);
    return Second.Length != 0 && RtlEqualUnicodeString(&First, &Second, TRUE);
}

// PASSIVE_LEVEL, in the context of the thread that creates it, or of the last one that ends.
_Use_decl_annotations_ static VOID NTAPI MonitorProcess(PEPROCESS Process, HANDLE ProcessId,
                                                        PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    MONITOR_EVENT Event = {.ProcessId = (ULONG64)ProcessId};

    PAGED_CODE();
    UNREFERENCED_PARAMETER(Process);
    if (CreateInfo == NULL) {
        Event.Kind = MonitorProcessEnded;
        MonitorAddEvent(Monitor, &Event);
        return;
    }
    Event.Kind = MonitorProcessCreated;
    Event.ParentId = (ULONG64)CreateInfo->ParentProcessId;
    Event.CreatorId = (ULONG64)CreateInfo->CreatingThreadId.UniqueProcess;
    MonitorCopyFileName(Event.Image, CreateInfo->ImageFileName);
    MonitorCopy(Event.Command, CreateInfo->CommandLine);
    if (MonitorIsForbidden(Event.Image)) {
        Event.Kind = MonitorProcessRefused;
        CreateInfo->CreationStatus = STATUS_ACCESS_DISABLED_BY_POLICY_DEFAULT;
    }
    MonitorAddEvent(Monitor, &Event);
}

// At its creation in the context of the creator, at its end in its own. PASSIVE_LEVEL or APC_LEVEL.
_Use_decl_annotations_ static VOID NTAPI MonitorThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    MONITOR_EVENT Event = {.Kind = Create ? MonitorThreadCreated : MonitorThreadEnded,
                           .ProcessId = (ULONG64)ProcessId,
                           .ThreadId = (ULONG64)ThreadId,
                           .CreatorId = (ULONG64)PsGetCurrentProcessId()};

    MonitorAddEvent(Monitor, &Event);
}

_Use_decl_annotations_ static VOID NTAPI MonitorImage(PUNICODE_STRING FullImageName, HANDLE ProcessId,
                                                      PIMAGE_INFO ImageInfo)
{
    MONITOR_EVENT Event = {
        .Kind = MonitorImageLoaded, .ProcessId = (ULONG64)ProcessId, .ImageBytes = ImageInfo->ImageSize};

    PAGED_CODE();
    MonitorCopyFileName(Event.Image, FullImageName);
    MonitorAddEvent(Monitor, &Event);
}
