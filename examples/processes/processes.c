// SPDX-License-Identifier: MIT
// Lists the processes and the kernel's modules, tells of processes that begin and end, and guards one of
// them: nobody else gets a handle that may terminate guarded.exe.
#include <ntddk.h>
#include <kmode.h>

#define PROCESS_TERMINATE 1

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'corP');
static KM_CALLBACKS Callbacks;
static KM_CALLBACK ProcessCallback, HandleCallback;
static volatile HANDLE GuardedId;

static VOID ListModules(VOID)
{
    KM_KERNEL_MODULES Modules;
    KM_KERNEL_MODULE Module;

    if (NT_SUCCESS(KmKernelModulesTake(&Paged, &Modules))) {
        for (ULONG Index = 0; KmKernelModuleAt(&Modules, Index, &Module); Index++) {
            KmInfo("module %s", Module.Name);
        }
        KmKernelModulesFree(&Modules);
    }
}

static VOID ListProcesses(VOID)
{
    KM_PROCESS_SNAPSHOT Snapshot;
    KM_PROCESS_ENTRY Process;

    if (NT_SUCCESS(KmProcessSnapshotTake(&Paged, &Snapshot))) {
        KmProcessSnapshotStart(&Process);
        while (KmProcessSnapshotNext(&Snapshot, &Process)) {
            if (Process.Id != NULL) {
                KmInfo("process %wZ", &Process.Name);
            }
        }
        KmProcessSnapshotFree(&Snapshot);
    }
}

static VOID NTAPI OnProcess(PVOID Context, PEPROCESS Process, HANDLE ProcessId,
                            PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    UNICODE_STRING Guarded = RTL_CONSTANT_STRING(L"guarded.exe"), Name;

    UNREFERENCED_PARAMETER(Context);
    if (!NT_SUCCESS(KmProcessImageName(Process, &Paged, &Name))) {
        return;
    }
    KmInfo("%wZ %s", &Name, CreateInfo != NULL ? "begins" : "ends");
    if (RtlEqualUnicodeString(&Name, &Guarded, TRUE)) {
        GuardedId = CreateInfo != NULL ? ProcessId : NULL;
    }
    KmUnicodeFree(&Paged, &Name);
}

// By the kernel's own handles, and by itself, it may be terminated.
static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
{
    UNREFERENCED_PARAMETER(Context);
    if (!Access->IsKernelHandle && !Access->IsThread && Access->Process != PsGetCurrentProcess() &&
        PsGetProcessId(Access->Process) == GuardedId && (Access->Desired & PROCESS_TERMINATE)) {
        Access->Desired &= ~(ACCESS_MASK)PROCESS_TERMINATE;
        KmWarn("somebody would like to terminate guarded.exe");
    }
}

static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmCallbacksStop(&Callbacks);
}

DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    (VOID) KmLogInit(KmLevelInfo);
    DriverObject->DriverUnload = Unload;
    ListModules();
    ListProcesses();
    Status = KmCallbacksAddProcess(&Callbacks, &ProcessCallback, OnProcess, NULL, 0);
    if (NT_SUCCESS(Status)) {
        Status = KmCallbacksAddObject(&Callbacks, &HandleCallback, L"321000.8", KM_OBJECT_PROCESSES, OnHandle,
                                      NULL, NULL);
    }
    if (!NT_SUCCESS(Status)) {
        KmCallbacksStop(&Callbacks);
    }
    return Status;
}
