// SPDX-License-Identifier: MIT
// Notify routines: what registration refuses, system threads, and what tests/machine/process.c has the
// routines told of that stay until the driver is unloaded.
#include "../test.h"
#include "../thread.h"

#define ROUTINES 64

// As many addresses as it takes to fill a list.
static UCHAR Places[ROUTINES + 1];

static VOID NTAPI OnProcess(HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    DbgPrint("notify: process %lu of %lu %s, by %lu\n", HandleToULong(ProcessId), HandleToULong(ParentId),
             Create ? "created" : "exits", HandleToULong(PsGetCurrentProcessId()));
}

static VOID NTAPI OnProcessEx(PEPROCESS Process, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO Info)
{
    if (Info == NULL) {
        PUNICODE_STRING Image;
        if (NT_SUCCESS(SeLocateProcessImageName(Process, &Image))) {
            DbgPrint("notify: Ex: %lu exits with %08lx: %wZ\n", HandleToULong(ProcessId),
                     PsGetProcessExitStatus(Process), Image);
            ExFreePool(Image);
        }
        return;
    }
    DbgPrint("notify: Ex: %lu of %lu by %lu.%lu: %wZ \"%wZ\" %lu\n", HandleToULong(ProcessId),
             HandleToULong(Info->ParentProcessId), HandleToULong(Info->CreatingThreadId.UniqueProcess),
             HandleToULong(Info->CreatingThreadId.UniqueThread), Info->ImageFileName, Info->CommandLine,
             Info->FileOpenNameAvailable);
    static UNICODE_STRING Unwanted = RTL_CONSTANT_STRING(L"refused");
    if (RtlEqualUnicodeString(Info->CommandLine, &Unwanted, TRUE)) {
        Info->CreationStatus = STATUS_VIRUS_INFECTED;
    }
}

static HANDLE NewThread, EndedThread;
static BOOLEAN InCriticalRegion;

static VOID NTAPI OnThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    if (Create) {
        NewThread = ThreadId;
        InCriticalRegion = KeAreApcsDisabled() && !KeAreAllApcsDisabled();
    } else {
        EndedThread = ThreadId;
    }
    if (ProcessId != PsGetProcessId(PsInitialSystemProcess)) {
        DbgPrint("notify: thread %lu of %lu %s, on %lu\n", HandleToULong(ThreadId), HandleToULong(ProcessId),
                 Create ? "created" : "exits", HandleToULong(PsGetCurrentThreadId()));
    }
}

static VOID NTAPI OnNewThread(HANDLE ProcessId, HANDLE ThreadId, BOOLEAN Create)
{
    DbgPrint("notify: Ex: thread %lu of %lu %s, on %lu\n", HandleToULong(ThreadId), HandleToULong(ProcessId),
             Create ? "starts" : "exits", HandleToULong(PsGetCurrentThreadId()));
}

static VOID NTAPI OnImage(PUNICODE_STRING FullImageName, HANDLE ProcessId, PIMAGE_INFO Info)
{
    DbgPrint("notify: image %wZ in %lu, %lu%lu\n", FullImageName, HandleToULong(ProcessId),
             (ULONG)Info->SystemModeImage, (ULONG)Info->ExtendedInfoPresent);
}

static void TestProcessRoutines(void)
{
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_SUCCESS);
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_INVALID_PARAMETER);
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_SUCCESS);
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, TRUE), STATUS_PROCEDURE_NOT_FOUND);
    ULONG Count = 0;
    while (Count <= ROUTINES &&
           PsSetCreateProcessNotifyRoutine((PCREATE_PROCESS_NOTIFY_ROUTINE)&Places[Count], FALSE) ==
               STATUS_SUCCESS) {
        Count += 1;
    }
    IS(Count, ROUTINES);
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_INVALID_PARAMETER);
    while (Count-- > 0) {
        PsSetCreateProcessNotifyRoutine((PCREATE_PROCESS_NOTIFY_ROUTINE)&Places[Count], TRUE);
    }
}

static void TestProcessRoutinesEx(void)
{
    PVOID RoutineEx = (PVOID)(ULONG_PTR)OnProcessEx;
    // In no image that was linked with /integritycheck, as this one is.
    UCHAR Elsewhere;
    IS(PsSetCreateProcessNotifyRoutineEx((PCREATE_PROCESS_NOTIFY_ROUTINE_EX)&Elsewhere, FALSE),
       STATUS_ACCESS_DENIED);
    IS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, &Elsewhere, FALSE),
       STATUS_ACCESS_DENIED);
    IS(PsSetCreateProcessNotifyRoutineEx2(1, RoutineEx, FALSE), STATUS_INVALID_PARAMETER);
    IS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, RoutineEx, FALSE), STATUS_SUCCESS);
    IS(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE), STATUS_INVALID_PARAMETER);
    IS(PsSetCreateProcessNotifyRoutine((PCREATE_PROCESS_NOTIFY_ROUTINE)RoutineEx, TRUE),
       STATUS_PROCEDURE_NOT_FOUND);
    IS(PsSetCreateProcessNotifyRoutineEx2(PsCreateProcessNotifySubsystems, RoutineEx, TRUE), STATUS_SUCCESS);
    IS(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE), STATUS_PROCEDURE_NOT_FOUND);
}

static VOID NTAPI Nothing(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
}

static void TestThreadRoutines(void)
{
    PVOID Routine = (PVOID)(ULONG_PTR)OnNewThread;
    IS(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_PROCEDURE_NOT_FOUND);
    IS(PsSetCreateThreadNotifyRoutineEx(2, Routine), STATUS_INVALID_PARAMETER);
    IS(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
    PETHREAD Thread = TestStartThread(Nothing, NULL);
    HANDLE Id = PsGetThreadId(Thread);
    IS(NewThread, Id);
    OK(InCriticalRegion);
    TestJoinThread(Thread);
    IS(EndedThread, Id);
    IS(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
    IS(PsRemoveCreateThreadNotifyRoutine(OnThread), STATUS_PROCEDURE_NOT_FOUND);
    NewThread = NULL;
    TestJoinThread(TestStartThread(Nothing, NULL));
    IS(NewThread, 0);
    ULONG Count = 0;
    while (Count <= ROUTINES && PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifySubsystems,
                                                                 &Places[Count]) == STATUS_SUCCESS) {
        Count += 1;
    }
    IS(Count, ROUTINES);
    IS(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_INSUFFICIENT_RESOURCES);
    while (Count-- > 0) {
        PsRemoveCreateThreadNotifyRoutine((PCREATE_THREAD_NOTIFY_ROUTINE)&Places[Count]);
    }
}

static void TestImageRoutines(void)
{
    IS(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_PROCEDURE_NOT_FOUND);
    IS(PsSetLoadImageNotifyRoutineEx(OnImage, 2), STATUS_INVALID_PARAMETER_2);
    IS(PsSetLoadImageNotifyRoutineEx(OnImage, PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE), STATUS_SUCCESS);
    IS(PsRemoveLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
    ULONG Count = 0;
    while (Count <= ROUTINES &&
           PsSetLoadImageNotifyRoutine((PLOAD_IMAGE_NOTIFY_ROUTINE)&Places[Count]) == STATUS_SUCCESS) {
        Count += 1;
    }
    IS(Count, ROUTINES);
    IS(PsSetLoadImageNotifyRoutine(OnImage), STATUS_INSUFFICIENT_RESOURCES);
    while (Count-- > 0) {
        PsRemoveLoadImageNotifyRoutine((PLOAD_IMAGE_NOTIFY_ROUTINE)&Places[Count]);
    }
}

// ---- What stays

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    PsSetCreateProcessNotifyRoutine(OnProcess, TRUE);
    PsSetCreateProcessNotifyRoutineEx(OnProcessEx, TRUE);
    PsRemoveCreateThreadNotifyRoutine(OnThread);
    PsRemoveCreateThreadNotifyRoutine(OnNewThread);
    PsRemoveLoadImageNotifyRoutine(OnImage);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    TestProcessRoutines();
    TestProcessRoutinesEx();
    TestThreadRoutines();
    TestImageRoutines();
    IS(PsSetCreateProcessNotifyRoutine(OnProcess, FALSE), STATUS_SUCCESS);
    IS(PsSetCreateProcessNotifyRoutineEx(OnProcessEx, FALSE), STATUS_SUCCESS);
    IS(PsSetCreateThreadNotifyRoutine(OnThread), STATUS_SUCCESS);
    IS(PsSetCreateThreadNotifyRoutineEx(PsCreateThreadNotifyNonSystem, (PVOID)(ULONG_PTR)OnNewThread),
       STATUS_SUCCESS);
    IS(PsSetLoadImageNotifyRoutine(OnImage), STATUS_SUCCESS);
    DbgPrint("1..%lu\n", TestCount);
    DriverObject->DriverUnload = Unload;
    return STATUS_SUCCESS;
}
