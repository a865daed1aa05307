// SPDX-License-Identifier: MIT
// Notify routines: what drivers are told of processes, threads and images. They are called in the order in
// which they were registered, at PASSIVE_LEVEL within a critical region.
#include "inc/kernel.h"

#define PSP_NOTIFY_ROUTINES 64 // of each list

// What a routine is of: NT keeps those of one list together, whichever way they were registered.
typedef enum _PSP_NOTIFY_KIND {
    PspNotifyPlain,
    PspNotifyEx,        // PCREATE_PROCESS_NOTIFY_ROUTINE_EX
    PspNotifyNewThread, // PsCreateThreadNotifyNonSystem: called on the thread that starts
} PSP_NOTIFY_KIND;

typedef struct _PSP_NOTIFY_SLOT {
    PVOID Routine; // NULL: free
    PSP_NOTIFY_KIND Kind;
    BOOLEAN Leaving;        // is being removed
    EX_RUNDOWN_REF Rundown; // calls under way
} PSP_NOTIFY_SLOT;

typedef struct _PSP_NOTIFY_LIST {
    EX_PUSH_LOCK Lock;
    PSP_NOTIFY_SLOT Slots[PSP_NOTIFY_ROUTINES];
} PSP_NOTIFY_LIST;

static PSP_NOTIFY_LIST PspProcessNotify, PspThreadNotify, PspImageNotify;

static VOID PspLockList(PSP_NOTIFY_LIST *List)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&List->Lock);
}

static VOID PspUnlockList(PSP_NOTIFY_LIST *List)
{
    ExReleasePushLockExclusive(&List->Lock);
    KeLeaveCriticalRegion();
}

static PSP_NOTIFY_SLOT *PspFindSlot(PSP_NOTIFY_LIST *List, PVOID Routine)
{
    for (ULONG Index = 0; Index < PSP_NOTIFY_ROUTINES; Index += 1) {
        PSP_NOTIFY_SLOT *Slot = &List->Slots[Index];
        if (Slot->Routine == Routine && !Slot->Leaving) {
            return Slot;
        }
    }
    return NULL;
}

// FALSE: the list is full, or, if Once, Routine is in it.
static BOOLEAN PspAddRoutine(PSP_NOTIFY_LIST *List, PVOID Routine, PSP_NOTIFY_KIND Kind, BOOLEAN Once)
{
    PspLockList(List);
    PSP_NOTIFY_SLOT *Slot = Once && PspFindSlot(List, Routine) != NULL ? NULL : PspFindSlot(List, NULL);
    if (Slot != NULL) {
        Slot->Kind = Kind;
        ExInitializeRundownProtection(&Slot->Rundown);
        Slot->Routine = Routine;
    }
    PspUnlockList(List);
    return Slot != NULL;
}

// FALSE: it is not in the list. Returns when no call of it is under way any more.
static BOOLEAN PspRemoveRoutine(PSP_NOTIFY_LIST *List, PVOID Routine, BOOLEAN Ex)
{
    PspLockList(List);
    PSP_NOTIFY_SLOT *Slot = PspFindSlot(List, Routine);
    if (Slot != NULL && (Slot->Kind == PspNotifyEx) != Ex) {
        Slot = NULL;
    }
    if (Slot != NULL) {
        Slot->Leaving = TRUE;
    }
    PspUnlockList(List);
    if (Slot == NULL) {
        return FALSE;
    }
    ExWaitForRundownProtectionRelease(&Slot->Rundown);
    PspLockList(List);
    Slot->Routine = NULL;
    Slot->Leaving = FALSE;
    PspUnlockList(List);
    return TRUE;
}

// The routine in that slot, which stays there until PspEndCall; NULL if there is none to call.
static PVOID PspBeginCall(PSP_NOTIFY_LIST *List, ULONG Index, PSP_NOTIFY_KIND *Kind)
{
    PSP_NOTIFY_SLOT *Slot = &List->Slots[Index];
    PVOID Routine = NULL;
    if (Slot->Routine == NULL) {
        return NULL;
    }
    ExAcquirePushLockShared(&List->Lock);
    if (Slot->Routine != NULL && !Slot->Leaving && ExAcquireRundownProtection(&Slot->Rundown)) {
        Routine = Slot->Routine;
        *Kind = Slot->Kind;
    }
    ExReleasePushLockShared(&List->Lock);
    return Routine;
}

static VOID PspEndCall(PSP_NOTIFY_LIST *List, ULONG Index)
{
    ExReleaseRundownProtection(&List->Slots[Index].Rundown);
}

// ---- Processes

static NTSTATUS PspChangeProcessRoutine(PVOID Routine, PSP_NOTIFY_KIND Kind, BOOLEAN Remove)
{
    if (Remove) {
        return PspRemoveRoutine(&PspProcessNotify, Routine, Kind == PspNotifyEx) ? STATUS_SUCCESS
                                                                                 : STATUS_PROCEDURE_NOT_FOUND;
    }
    if (Kind == PspNotifyEx && !MiIsIntegrityForced((ULONG_PTR)Routine)) {
        return STATUS_ACCESS_DENIED;
    }
    return PspAddRoutine(&PspProcessNotify, Routine, Kind, TRUE) ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// STATUS_INVALID_PARAMETER: it is registered already, or 64 are. To remove: STATUS_PROCEDURE_NOT_FOUND. IRQL
// PASSIVE_LEVEL. (ntddk, PsSetCreateProcessNotifyRoutine)
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutine(PCREATE_PROCESS_NOTIFY_ROUTINE NotifyRoutine, BOOLEAN Remove)
{
    return PspChangeProcessRoutine((PVOID)(ULONG_PTR)NotifyRoutine, PspNotifyPlain, Remove);
}

// As above; STATUS_ACCESS_DENIED: the image that the routine lies in was not linked with /integritycheck.
// (ntddk, PsSetCreateProcessNotifyRoutineEx)
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx(PCREATE_PROCESS_NOTIFY_ROUTINE_EX NotifyRoutine,
                                                 BOOLEAN Remove)
{
    return PspChangeProcessRoutine((PVOID)(ULONG_PTR)NotifyRoutine, PspNotifyEx, Remove);
}

// As above; STATUS_INVALID_PARAMETER for another NotifyType than PsCreateProcessNotifySubsystems. (ntddk,
// PsSetCreateProcessNotifyRoutineEx2)
NTSTATUS NTAPI PsSetCreateProcessNotifyRoutineEx2(PSCREATEPROCESSNOTIFYTYPE NotifyType,
                                                  PVOID NotifyInformation, BOOLEAN Remove)
{
    if (NotifyType != PsCreateProcessNotifySubsystems) {
        return STATUS_INVALID_PARAMETER;
    }
    return PspChangeProcessRoutine(NotifyInformation, PspNotifyEx, Remove);
}

static VOID PspCallProcessRoutine(PVOID Routine, PSP_NOTIFY_KIND Kind, PEPROCESS Process,
                                  PPS_CREATE_NOTIFY_INFO Info)
{
    VI_CALLBACK Callback;
    HANDLE Id = Process->UniqueProcessId;
    if (Kind == PspNotifyEx) {
        PCREATE_PROCESS_NOTIFY_ROUTINE_EX RoutineEx = (PCREATE_PROCESS_NOTIFY_ROUTINE_EX)Routine;
        ViEnterCallback(&Callback, "PCREATE_PROCESS_NOTIFY_ROUTINE_EX", RoutineEx, 3, Process, Id, Info);
        RoutineEx(Process, Id, Info);
    } else {
        PCREATE_PROCESS_NOTIFY_ROUTINE Plain = (PCREATE_PROCESS_NOTIFY_ROUTINE)Routine;
        HANDLE Parent = Process->InheritedFromUniqueProcessId;
        ViEnterCallback(&Callback, "PCREATE_PROCESS_NOTIFY_ROUTINE", Plain, 3, Parent, Id, Info != NULL);
        Plain(Parent, Id, Info != NULL);
    }
    ViLeaveCallback(&Callback, 0);
}

static VOID PspNotifyProcess(PEPROCESS Process, PPS_CREATE_NOTIFY_INFO Info)
{
    PSP_NOTIFY_KIND Kind;
    KeEnterCriticalRegion();
    for (ULONG Index = 0; Index < PSP_NOTIFY_ROUTINES; Index += 1) {
        PVOID Routine = PspBeginCall(&PspProcessNotify, Index, &Kind);
        if (Routine != NULL) {
            PspCallProcessRoutine(Routine, Kind, Process, Info);
            PspEndCall(&PspProcessNotify, Index);
        }
    }
    KeLeaveCriticalRegion();
}

VOID PspNotifyProcessCreated(PEPROCESS Process, NTSTATUS *CreationStatus)
{
    PS_CREATE_NOTIFY_INFO Info = {
        .Size = sizeof(Info),
        .ParentProcessId = Process->InheritedFromUniqueProcessId,
        .CreatingThreadId = {Process->CreatingProcessId, Process->CreatingThreadId},
        .FileObject = Process->ImageFilePointer,
        .ImageFileName = &Process->OpenName,
        .CommandLine = Process->CommandLine.Length != 0 ? &Process->CommandLine : NULL,
        .CreationStatus = STATUS_SUCCESS,
    };
    Info.FileOpenNameAvailable = TRUE;
    PspNotifyProcess(Process, &Info);
    *CreationStatus = Info.CreationStatus;
}

VOID PspNotifyProcessExits(PEPROCESS Process)
{
    PspNotifyProcess(Process, NULL);
}

// ---- Threads

// STATUS_INSUFFICIENT_RESOURCES: 64 are registered. IRQL PASSIVE_LEVEL. (ntddk,
// PsSetCreateThreadNotifyRoutine)
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    return PspAddRoutine(&PspThreadNotify, (PVOID)(ULONG_PTR)NotifyRoutine, PspNotifyPlain, FALSE)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

// PsCreateThreadNotifyNonSystem: called on the thread that starts, and not for system threads; every other
// type that there is, as PsSetCreateThreadNotifyRoutine. STATUS_INVALID_PARAMETER,
// STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (ntddk, PsSetCreateThreadNotifyRoutineEx)
NTSTATUS NTAPI PsSetCreateThreadNotifyRoutineEx(PSCREATETHREADNOTIFYTYPE NotifyType, PVOID NotifyInformation)
{
    if (NotifyType != PsCreateThreadNotifyNonSystem && NotifyType != PsCreateThreadNotifySubsystems) {
        return STATUS_INVALID_PARAMETER;
    }
    PSP_NOTIFY_KIND Kind = NotifyType == PsCreateThreadNotifyNonSystem ? PspNotifyNewThread : PspNotifyPlain;
    return PspAddRoutine(&PspThreadNotify, NotifyInformation, Kind, FALSE) ? STATUS_SUCCESS
                                                                           : STATUS_INSUFFICIENT_RESOURCES;
}

// Returns when the routine runs no more, so must not be called by it. STATUS_PROCEDURE_NOT_FOUND. IRQL <=
// APC_LEVEL. (ntddk, PsRemoveCreateThreadNotifyRoutine)
NTSTATUS NTAPI PsRemoveCreateThreadNotifyRoutine(PCREATE_THREAD_NOTIFY_ROUTINE NotifyRoutine)
{
    return PspRemoveRoutine(&PspThreadNotify, (PVOID)(ULONG_PTR)NotifyRoutine, FALSE)
               ? STATUS_SUCCESS
               : STATUS_PROCEDURE_NOT_FOUND;
}

static VOID PspNotifyThread(PETHREAD Thread, BOOLEAN Create, BOOLEAN Plain, BOOLEAN NewThread)
{
    PSP_NOTIFY_KIND Kind;
    KeEnterCriticalRegion();
    for (ULONG Index = 0; Index < PSP_NOTIFY_ROUTINES; Index += 1) {
        PCREATE_THREAD_NOTIFY_ROUTINE Routine =
            (PCREATE_THREAD_NOTIFY_ROUTINE)PspBeginCall(&PspThreadNotify, Index, &Kind);
        if (Routine == NULL) {
            continue;
        }
        if (Kind == PspNotifyNewThread ? NewThread : Plain) {
            VI_CALLBACK Callback;
            ViEnterCallback(&Callback, "PCREATE_THREAD_NOTIFY_ROUTINE", Routine, 3, Thread->Cid.UniqueProcess,
                            Thread->Cid.UniqueThread, Create);
            Routine(Thread->Cid.UniqueProcess, Thread->Cid.UniqueThread, Create);
            ViLeaveCallback(&Callback, 0);
        }
        PspEndCall(&PspThreadNotify, Index);
    }
    KeLeaveCriticalRegion();
}

VOID PspNotifyThreadCreated(PETHREAD Thread)
{
    Thread->NotifiedCreate = TRUE;
    PspNotifyThread(Thread, TRUE, TRUE, FALSE);
}

VOID PspNotifyThreadStarted(PETHREAD Thread)
{
    PspNotifyThread(Thread, TRUE, FALSE, TRUE);
}

VOID PspNotifyThreadExits(PETHREAD Thread)
{
    if (Thread->NotifiedCreate) {
        PspNotifyThread(Thread, FALSE, TRUE, !Thread->Tcb.SystemThread);
    }
}

// ---- Images

// STATUS_INSUFFICIENT_RESOURCES: 64 are registered. IRQL PASSIVE_LEVEL. (ntddk, PsSetLoadImageNotifyRoutine)
NTSTATUS NTAPI PsSetLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return PsSetLoadImageNotifyRoutineEx(NotifyRoutine, 0);
}

// As above, with Flags: PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE, or STATUS_INVALID_PARAMETER_2. (ntddk,
// PsSetLoadImageNotifyRoutineEx)
NTSTATUS NTAPI PsSetLoadImageNotifyRoutineEx(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine, ULONG_PTR Flags)
{
    if ((Flags & ~(ULONG_PTR)PS_IMAGE_NOTIFY_CONFLICTING_ARCHITECTURE) != 0) {
        return STATUS_INVALID_PARAMETER_2;
    }
    // No image of another architecture is ever mapped.
    return PspAddRoutine(&PspImageNotify, (PVOID)(ULONG_PTR)NotifyRoutine, PspNotifyPlain, FALSE)
               ? STATUS_SUCCESS
               : STATUS_INSUFFICIENT_RESOURCES;
}

// Returns when the routine runs no more, so must not be called by it. STATUS_PROCEDURE_NOT_FOUND. IRQL <=
// APC_LEVEL. (ntddk, PsRemoveLoadImageNotifyRoutine)
NTSTATUS NTAPI PsRemoveLoadImageNotifyRoutine(PLOAD_IMAGE_NOTIFY_ROUTINE NotifyRoutine)
{
    return PspRemoveRoutine(&PspImageNotify, (PVOID)(ULONG_PTR)NotifyRoutine, FALSE)
               ? STATUS_SUCCESS
               : STATUS_PROCEDURE_NOT_FOUND;
}

VOID PspNotifyImageLoaded(PUNICODE_STRING FullImageName, HANDLE ProcessId, PFILE_OBJECT File, PVOID Base,
                          SIZE_T Bytes)
{
    PSP_NOTIFY_KIND Kind;
    KeEnterCriticalRegion();
    for (ULONG Index = 0; Index < PSP_NOTIFY_ROUTINES; Index += 1) {
        PLOAD_IMAGE_NOTIFY_ROUTINE Routine =
            (PLOAD_IMAGE_NOTIFY_ROUTINE)PspBeginCall(&PspImageNotify, Index, &Kind);
        if (Routine == NULL) {
            continue;
        }
        // A routine's changes are not the next one's to see.
        IMAGE_INFO_EX Info = {.Size = sizeof(Info), .FileObject = File};
        Info.ImageInfo.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT;
        Info.ImageInfo.SystemModeImage = ProcessId == NULL;
        Info.ImageInfo.ExtendedInfoPresent = TRUE;
        Info.ImageInfo.ImageBase = Base;
        Info.ImageInfo.ImageSize = Bytes;
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "PLOAD_IMAGE_NOTIFY_ROUTINE", Routine, 3, FullImageName, ProcessId,
                        &Info.ImageInfo);
        Routine(FullImageName, ProcessId, &Info.ImageInfo);
        ViLeaveCallback(&Callback, 0);
        PspEndCall(&PspImageNotify, Index);
    }
    KeLeaveCriticalRegion();
}
