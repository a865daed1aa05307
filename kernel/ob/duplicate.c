// SPDX-License-Identifier: MIT
// Handles to what another handle leads to, from one process's table to another's.
#include "inc/kernel.h"

// The table in which Handle of Process is found, and the value that it has there.
static PHANDLE_TABLE ObpTableInProcess(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, PHANDLE Value)
{
    *Value = Handle;
    if (ObpIsKernelHandle(Handle)) {
        *Value = (HANDLE)((ULONG_PTR)Handle & ~OB_KERNEL_HANDLE_BIT);
        return Mode == KernelMode ? ObpKernelHandleTable : NULL;
    }
    return Process->ObjectTable;
}

static NTSTATUS ObpReferenceSource(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode, POB_HANDLE Entry)
{
    HANDLE Value;
    if (Handle == NtCurrentProcess() || Handle == NtCurrentThread()) {
        // They mean the caller's own, whatever the source process is.
        *Entry = (OB_HANDLE){0};
        Entry->Object =
            Handle == NtCurrentProcess() ? (PVOID)PsGetCurrentProcess() : (PVOID)KeGetCurrentThread();
        Entry->GrantedAccess = ObpTypeOf(Entry->Object)->TypeInfo.ValidAccessMask;
        ObfReferenceObject(Entry->Object);
        return STATUS_SUCCESS;
    }
    PHANDLE_TABLE Table = ObpTableInProcess(Process, Handle, Mode, &Value);
    return Table != NULL ? ObpReferenceEntry(Table, Value, Entry) : STATUS_INVALID_HANDLE;
}

static VOID ObpCloseSource(PEPROCESS Process, HANDLE Handle, KPROCESSOR_MODE Mode)
{
    HANDLE Value;
    OB_HANDLE Entry;
    NTSTATUS Status;
    PHANDLE_TABLE Table = ObpTableInProcess(Process, Handle, Mode, &Value);
    if (Table != NULL && ObpRemoveHandle(Table, Value, FALSE, &Entry, &Status)) {
        ObpHandleClosed(Table == ObpKernelHandleTable ? PsInitialSystemProcess : Process, Entry.Object);
    }
}

// As NtDuplicateObject, with processes referenced already. TargetProcess NULL: none is made.
NTSTATUS NTAPI ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess,
                                 PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                 ULONG Options, KPROCESSOR_MODE PreviousMode)
{
    OB_HANDLE Source;
    NTSTATUS Status = ObpReferenceSource(SourceProcess, SourceHandle, PreviousMode, &Source);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (TargetProcess != NULL) {
        POBJECT_TYPE Type = ObpTypeOf(Source.Object);
        ACCESS_MASK Access = Options & DUPLICATE_SAME_ACCESS ? Source.GrantedAccess : DesiredAccess;
        RtlMapGenericMask(&Access, &Type->TypeInfo.GenericMapping);
        ULONG Attributes = Options & DUPLICATE_SAME_ATTRIBUTES ? Source.Attributes : HandleAttributes;
        BOOLEAN Kernel = PreviousMode == KernelMode && (Attributes & OBJ_KERNEL_HANDLE) != 0;
        // More than the source has is a new decision about the object.
        if (Access & ~Source.GrantedAccess) {
            OB_ACCESS_STATE Local;
            ObpInitializeAccessState(&Local, Access, &Type->TypeInfo.GenericMapping);
            Status = ObpCheckAccess(Source.Object, &Local.State, PreviousMode);
            Access = Local.State.PreviouslyGrantedAccess;
            ObpReleaseAccessState(&Local);
        }
        if (NT_SUCCESS(Status)) {
            Status = ObpDuplicateHandle(Source.Object, SourceProcess,
                                        Kernel ? PsInitialSystemProcess : TargetProcess, Access, Attributes,
                                        Kernel, PreviousMode, TargetHandle);
        }
    }
    if (Options & DUPLICATE_CLOSE_SOURCE) {
        ObpCloseSource(SourceProcess, SourceHandle, PreviousMode);
    }
    ObfDereferenceObject(Source.Object);
    return Status;
}

// STATUS_INVALID_PARAMETER: no target process, and nothing to close. What else ObReferenceObjectByHandle
// returns. (ntifs, ZwDuplicateObject)
NTSTATUS NTAPI NtDuplicateObject(HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
                                 PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                 ULONG Options)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Source, Target = NULL;
    HANDLE Handle = NULL;
    if (TargetProcessHandle == NULL && !(Options & DUPLICATE_CLOSE_SOURCE)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(SourceProcessHandle, PROCESS_DUP_HANDLE, PsProcessType, Mode,
                                                &Source, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (TargetProcessHandle != NULL) {
        Status = ObReferenceObjectByHandle(TargetProcessHandle, PROCESS_DUP_HANDLE, PsProcessType, Mode,
                                           &Target, NULL);
        if (!NT_SUCCESS(Status)) {
            goto DereferenceSource;
        }
    }
    Status = ObDuplicateObject(Source, SourceHandle, Target, &Handle, DesiredAccess, HandleAttributes,
                               Options, Mode);
    if (NT_SUCCESS(Status) && Target != NULL && TargetHandle != NULL) {
        Status = Target == PsGetCurrentProcess() || ObpIsKernelHandle(Handle)
                     ? ObpReturnHandle(Handle, TargetHandle, Mode, Status)
                     : ObpReturnForeignHandle(Handle, Target, TargetHandle, Mode);
    }
    if (Target != NULL) {
        ObfDereferenceObject(Target);
    }
DereferenceSource:
    ObfDereferenceObject(Source);
    return Status;
}

KI_DEFINE_ZW(DuplicateObject,
             (HANDLE SourceProcessHandle, HANDLE SourceHandle, HANDLE TargetProcessHandle,
              PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, ULONG Options),
             (SourceProcessHandle, SourceHandle, TargetProcessHandle, TargetHandle, DesiredAccess,
              HandleAttributes, Options))
