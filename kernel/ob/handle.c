// SPDX-License-Identifier: MIT
// Handles: made, referenced through, closed.
#include "inc/kernel.h"

PHANDLE_TABLE ObpKernelHandleTable;

PHANDLE_TABLE ObpTableOf(HANDLE Handle, KPROCESSOR_MODE Mode, HANDLE *Value)
{
    *Value = Handle;
    if (ObpIsKernelHandle(Handle)) {
        *Value = (HANDLE)((ULONG_PTR)Handle & ~OB_KERNEL_HANDLE_BIT);
        return Mode == KernelMode ? ObpKernelHandleTable : NULL;
    }
    return PsGetCurrentProcess()->ObjectTable;
}

// How many handles of one process lead to an object.
typedef struct _OB_HANDLE_COUNT {
    PVOID Object;
    ULONG Count;
} OB_HANDLE_COUNT;

static BOOLEAN ObpCountHandle(HANDLE Handle, POB_HANDLE Entry, PVOID Context)
{
    UNREFERENCED_PARAMETER(Handle);
    OB_HANDLE_COUNT *Count = Context;
    Count->Count += Entry->Object == Count->Object;
    return TRUE;
}

static ULONG ObpProcessHandleCount(PHANDLE_TABLE Table, PVOID Object)
{
    OB_HANDLE_COUNT Count = {Object, 0};
    ObpEnumerateHandles(Table, ObpCountHandle, &Count);
    return Count.Count;
}

static VOID ObpCountTypeHandles(POBJECT_TYPE Type, LONG Change)
{
    ULONG Count = (ULONG)InterlockedAdd((volatile LONG *)&Type->TotalNumberOfHandles, Change);
    if (Change > 0 && Count > Type->HighWaterNumberOfHandles) {
        Type->HighWaterNumberOfHandles = Count;
    }
}

static PHANDLE_TABLE ObpProcessTable(PEPROCESS Process)
{
    return Process->ObjectTable != NULL ? Process->ObjectTable : ObpKernelHandleTable;
}

static NTSTATUS ObpCheckExclusive(PVOID Object, PEPROCESS Process, ULONG Attributes)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    // What nobody else may have a handle to is not inherited.
    if ((Attributes & OBJ_EXCLUSIVE) &&
        ((Attributes & OBJ_INHERIT) || !(Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT))) {
        return STATUS_INVALID_PARAMETER;
    }
    if (!(Header->Flags & OB_FLAG_EXCLUSIVE_OBJECT)) {
        return STATUS_SUCCESS;
    }
    POBJECT_HEADER_NAME_INFO NameInfo = ObpNameInfo(Object);
    NTSTATUS Status = STATUS_SUCCESS;
    ObpLockNamespace();
    if ((!(Attributes & OBJ_EXCLUSIVE) && Header->HandleCount != 0) ||
        (NameInfo->ExclusiveProcess != NULL && NameInfo->ExclusiveProcess != Process)) {
        Status = STATUS_ACCESS_DENIED;
    } else {
        NameInfo->ExclusiveProcess = Process;
    }
    ObpUnlockNamespace();
    return Status;
}

NTSTATUS ObpOpenHandle(OB_OPEN_REASON Reason, PVOID Object, PEPROCESS Process, PHANDLE_TABLE Table,
                       ACCESS_MASK GrantedAccess, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    POBJECT_HEADER Header = ObpHeader(Object);
    NTSTATUS Status = ObpCheckExclusive(Object, Process, Attributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObfReferenceObject(Object);
    LONG_PTR Count = __atomic_add_fetch(&Header->HandleCount, 1, __ATOMIC_SEQ_CST);
    ObpCountTypeHandles(Type, 1);
    if (Type->TypeInfo.OpenProcedure != NULL) {
        ULONG ProcessCount = Type->TypeInfo.ObjectTypeFlags & OB_TYPE_MAINTAIN_HANDLE_COUNT
                                 ? ObpProcessHandleCount(Table, Object) + 1
                                 : (ULONG)Count;
        Status = Type->TypeInfo.OpenProcedure(Reason, Mode, Process, Object, &GrantedAccess, ProcessCount);
        if (!NT_SUCCESS(Status)) {
            goto Uncount;
        }
    }
    *Handle = ObpInsertHandle(Table, Object, GrantedAccess, Attributes);
    if (*Handle == NULL) {
        // The close method undoes what the open method did.
        ObpHandleClosed(Process, Object);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    return STATUS_SUCCESS;
Uncount:
    __atomic_sub_fetch(&Header->HandleCount, 1, __ATOMIC_SEQ_CST);
    ObpCountTypeHandles(Type, -1);
    ObpDeleteNameIfUnused(Object);
    ObfDereferenceObject(Object);
    return Status;
}

NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, PACCESS_STATE AccessState, ULONG Attributes,
                         KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    NTSTATUS Status =
        ObpCheckAccess(Object, AccessState, Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Kernel = Mode == KernelMode && (Attributes & OBJ_KERNEL_HANDLE) != 0;
    PEPROCESS Process = Kernel ? PsInitialSystemProcess : PsGetCurrentProcess();
    PHANDLE_TABLE Table = Kernel ? ObpKernelHandleTable : ObpProcessTable(Process);
    OB_HANDLE_OPERATION Operation = {.Kind = OB_OPERATION_HANDLE_CREATE,
                                     .Object = Object,
                                     .Kernel = Kernel,
                                     .Access = AccessState->PreviouslyGrantedAccess};
    Status = ObpBeginHandleOperation(&Operation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpOpenHandle(Reason, Object, Process, Table, Operation.Access, Attributes, Mode, Handle);
    ObpEndHandleOperation(&Operation, Status);
    if (NT_SUCCESS(Status) && Kernel) {
        *Handle = (HANDLE)((ULONG_PTR)*Handle | OB_KERNEL_HANDLE_BIT);
    }
    return Status;
}

NTSTATUS ObpDuplicateHandle(PVOID Object, PEPROCESS Source, PEPROCESS Target, ACCESS_MASK GrantedAccess,
                            ULONG Attributes, BOOLEAN Kernel, KPROCESSOR_MODE Mode, PHANDLE Handle)
{
    OB_HANDLE_OPERATION Operation = {.Kind = OB_OPERATION_HANDLE_DUPLICATE,
                                     .Object = Object,
                                     .SourceProcess = Source,
                                     .TargetProcess = Target,
                                     .Kernel = Kernel,
                                     .Access = GrantedAccess};
    NTSTATUS Status = ObpBeginHandleOperation(&Operation);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObpOpenHandle(ObDuplicateHandle, Object, Target,
                           Kernel ? ObpKernelHandleTable : ObpProcessTable(Target), Operation.Access,
                           Attributes, Mode, Handle);
    ObpEndHandleOperation(&Operation, Status);
    if (NT_SUCCESS(Status) && Kernel) {
        *Handle = (HANDLE)((ULONG_PTR)*Handle | OB_KERNEL_HANDLE_BIT);
    }
    return Status;
}

VOID ObpHandleClosed(PEPROCESS Process, PVOID Object)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    POBJECT_HEADER Header = ObpHeader(Object);
    LONG_PTR Before = __atomic_fetch_sub(&Header->HandleCount, 1, __ATOMIC_SEQ_CST);
    ObpCountTypeHandles(Type, -1);
    if (Type->TypeInfo.CloseProcedure != NULL) {
        ULONG_PTR ProcessCount = Type->TypeInfo.ObjectTypeFlags & OB_TYPE_MAINTAIN_HANDLE_COUNT
                                     ? ObpProcessHandleCount(ObpProcessTable(Process), Object) + 1
                                     : (ULONG_PTR)Before;
        Type->TypeInfo.CloseProcedure(Process, Object, ProcessCount, (ULONG_PTR)Before);
    }
    if (Before == 1) {
        ObpNameInfo(Object)->ExclusiveProcess = NULL;
        ObpDeleteNameIfUnused(Object);
    }
    ObfDereferenceObject(Object);
}

static NTSTATUS ObpCloseHandle(HANDLE Handle, KPROCESSOR_MODE Mode)
{
    HANDLE Value;
    OB_HANDLE Entry;
    PHANDLE_TABLE Table = ObpTableOf(Handle, Mode, &Value);
    if (Table == NULL) {
        return STATUS_INVALID_HANDLE;
    }
    PEPROCESS Process = Table == ObpKernelHandleTable ? PsInitialSystemProcess : PsGetCurrentProcess();
    NTSTATUS Status = ObpReferenceEntry(Table, Value, &Entry);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OB_OKAYTOCLOSE_METHOD OkayToClose = ObpTypeOf(Entry.Object)->TypeInfo.OkayToCloseProcedure;
    BOOLEAN MayClose = OkayToClose == NULL || OkayToClose(Process, Entry.Object, Handle, Mode);
    ObfDereferenceObject(Entry.Object);
    if (!MayClose) {
        return STATUS_HANDLE_NOT_CLOSABLE;
    }
    if (ObpRemoveHandle(Table, Value, FALSE, &Entry, &Status)) {
        ObpHandleClosed(Process, Entry.Object);
    }
    return Status;
}

// STATUS_INVALID_HANDLE, STATUS_HANDLE_NOT_CLOSABLE. IRQL PASSIVE_LEVEL. (ntifs, ZwClose)
NTSTATUS NTAPI NtClose(HANDLE Handle)
{
    return ObpCloseHandle(Handle, KeGetPreviousMode());
}

KI_DEFINE_ZW(Close, (HANDLE Handle), (Handle))

// (ntifs, ObCloseHandle)
NTSTATUS NTAPI ObCloseHandle(HANDLE Handle, KPROCESSOR_MODE PreviousMode)
{
    return ObpCloseHandle(Handle, PreviousMode);
}

// Kernel handles have the top bit set and are no pseudo handle. Any IRQL.
BOOLEAN NTAPI ObIsKernelHandle(HANDLE Handle)
{
    return ObpIsKernelHandle(Handle);
}

// NtCurrentProcess and NtCurrentThread. FALSE: it is another handle.
static BOOLEAN ObpReferencePseudoHandle(HANDLE Handle, POB_HANDLE Entry)
{
    if (Handle != NtCurrentProcess() && Handle != NtCurrentThread()) {
        return FALSE;
    }
    *Entry = (OB_HANDLE){0};
    if (Handle == NtCurrentProcess()) {
        Entry->Object = PsGetCurrentProcess();
    } else {
        Entry->Object = KeGetCurrentThread();
    }
    Entry->GrantedAccess = ObpTypeOf(Entry->Object)->TypeInfo.ValidAccessMask;
    ObfReferenceObject(Entry->Object);
    return TRUE;
}

// *Object: referenced; NULL on failure. Access is checked for UserMode only. STATUS_INVALID_HANDLE,
// STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. IRQL PASSIVE_LEVEL. (wdm, ObReferenceObjectByHandle)
NTSTATUS NTAPI ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                         KPROCESSOR_MODE AccessMode, PVOID *Object,
                                         POBJECT_HANDLE_INFORMATION HandleInformation)
{
    OB_HANDLE Entry;
    *Object = NULL;
    if (!ObpReferencePseudoHandle(Handle, &Entry)) {
        HANDLE Value;
        PHANDLE_TABLE Table = ObpTableOf(Handle, AccessMode, &Value);
        if (Table == NULL || !NT_SUCCESS(ObpReferenceEntry(Table, Value, &Entry))) {
            return STATUS_INVALID_HANDLE;
        }
    }
    NTSTATUS Status = STATUS_SUCCESS;
    if (ObjectType != NULL && ObpTypeOf(Entry.Object) != ObjectType) {
        Status = STATUS_OBJECT_TYPE_MISMATCH;
    } else if (AccessMode != KernelMode && DesiredAccess & ~Entry.GrantedAccess) {
        Status = STATUS_ACCESS_DENIED;
    }
    if (!NT_SUCCESS(Status)) {
        ObfDereferenceObject(Entry.Object);
        return Status;
    }
    if (HandleInformation != NULL) {
        HandleInformation->HandleAttributes = Entry.Attributes;
        HandleInformation->GrantedAccess = Entry.GrantedAccess;
    }
    *Object = Entry.Object;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                                POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                ULONG Tag, PVOID *Object,
                                                POBJECT_HANDLE_INFORMATION HandleInformation)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObReferenceObjectByHandle(Handle, DesiredAccess, ObjectType, AccessMode, Object,
                                     HandleInformation);
}

NTSTATUS ObpReturnHandle(HANDLE Handle, PHANDLE Destination, KPROCESSOR_MODE Mode, NTSTATUS Status)
{
    if (Mode == KernelMode) {
        *Destination = Handle;
        return Status;
    }
    __try {
        ProbeForWrite(Destination, sizeof(HANDLE), sizeof(HANDLE));
        *Destination = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
        ObpCloseHandle(Handle, Mode);
    }
    return Status;
}

NTSTATUS ObpReturnForeignHandle(HANDLE Handle, PEPROCESS Process, PHANDLE Destination, KPROCESSOR_MODE Mode)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Destination, sizeof(HANDLE), sizeof(HANDLE));
        }
        *Destination = Handle;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        OB_HANDLE Entry;
        NTSTATUS Unused;
        Status = GetExceptionCode();
        if (ObpRemoveHandle(ObpProcessTable(Process), Handle, TRUE, &Entry, &Unused)) {
            ObpHandleClosed(Process, Entry.Object);
        }
    }
    return Status;
}
