// SPDX-License-Identifier: MIT
// Handles to the tokens of processes and threads.
#include "inc/kernel.h"

// Token's reference is given up.
static NTSTATUS PspOpenToken(PACCESS_TOKEN Token, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                             KPROCESSOR_MODE Mode, PHANDLE Destination)
{
    HANDLE Handle;
    if (Mode != KernelMode) {
        HandleAttributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    NTSTATUS Status =
        ObOpenObjectByPointer(Token, HandleAttributes, NULL, DesiredAccess, SeTokenObjectType, Mode, &Handle);
    ObfDereferenceObject(Token);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, Destination, Mode, Status) : Status;
}

static BOOLEAN PspAreTokenHandleAttributes(ULONG HandleAttributes)
{
    return (HandleAttributes & ~(ULONG)(OBJ_KERNEL_HANDLE | OBJ_INHERIT | OBJ_CASE_INSENSITIVE)) == 0;
}

// HandleAttributes: OBJ_KERNEL_HANDLE, OBJ_INHERIT; STATUS_INVALID_PARAMETER. The process's handle needs
// PROCESS_QUERY_INFORMATION. What ObReferenceObjectByHandle and ObOpenObjectByPointer return,
// STATUS_ACCESS_VIOLATION. IRQL PASSIVE_LEVEL. (ntifs, NtOpenProcessTokenEx)
NTSTATUS NTAPI NtOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                    PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Process;
    if (!PspAreTokenHandleAttributes(HandleAttributes)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(ProcessHandle, PROCESS_QUERY_INFORMATION, PsProcessType, Mode,
                                                &Process, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PACCESS_TOKEN Token = PsReferencePrimaryToken(Process);
    ObfDereferenceObject(Process);
    return PspOpenToken(Token, DesiredAccess, HandleAttributes, Mode, TokenHandle);
}

KI_DEFINE_ZW(OpenProcessTokenEx,
             (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes, PHANDLE TokenHandle),
             (ProcessHandle, DesiredAccess, HandleAttributes, TokenHandle))

NTSTATUS NTAPI NtOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle)
{
    return NtOpenProcessTokenEx(ProcessHandle, DesiredAccess, 0, TokenHandle);
}

KI_DEFINE_ZW(OpenProcessToken, (HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle),
             (ProcessHandle, DesiredAccess, TokenHandle))

// What a handle to the token that Thread impersonates is to lead to: the token, or, if it must not be opened
// itself, a copy.
static NTSTATUS PspReferenceTokenToOpen(PETHREAD Thread, PACCESS_TOKEN *Token)
{
    BOOLEAN CopyOnOpen, EffectiveOnly;
    SECURITY_IMPERSONATION_LEVEL Level;
    PTOKEN Copy;
    PACCESS_TOKEN Impersonated = PsReferenceImpersonationToken(Thread, &CopyOnOpen, &EffectiveOnly, &Level);
    if (Impersonated == NULL) {
        return STATUS_NO_TOKEN;
    }
    *Token = Impersonated;
    if (Level != SecurityAnonymous && !CopyOnOpen) {
        return STATUS_SUCCESS;
    }
    NTSTATUS Status = STATUS_CANT_OPEN_ANONYMOUS;
    if (Level != SecurityAnonymous) {
        Status = SepDuplicateToken(Impersonated, NULL, EffectiveOnly, TokenImpersonation, Level, KernelMode,
                                   &Copy);
    }
    ObfDereferenceObject(Impersonated);
    if (NT_SUCCESS(Status)) {
        *Token = Copy;
    }
    return Status;
}

// OpenAsSelf: access is checked as for the calling thread's process, whomever the thread impersonates. The
// thread's handle needs THREAD_QUERY_INFORMATION. STATUS_NO_TOKEN: it impersonates nobody;
// STATUS_CANT_OPEN_ANONYMOUS: at SecurityAnonymous. Else as NtOpenProcessTokenEx. IRQL PASSIVE_LEVEL.
// (ntifs, NtOpenThreadTokenEx)
NTSTATUS NTAPI NtOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                                   ULONG HandleAttributes, PHANDLE TokenHandle)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    SE_IMPERSONATION_STATE State;
    PACCESS_TOKEN Token;
    PVOID Thread;
    if (!PspAreTokenHandleAttributes(HandleAttributes)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        ObReferenceObjectByHandle(ThreadHandle, THREAD_QUERY_INFORMATION, PsThreadType, Mode, &Thread, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspReferenceTokenToOpen(Thread, &Token);
    ObfDereferenceObject(Thread);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    BOOLEAN Disabled = OpenAsSelf && PsDisableImpersonation(PsGetCurrentThread(), &State);
    Status = PspOpenToken(Token, DesiredAccess, HandleAttributes, Mode, TokenHandle);
    if (Disabled) {
        PsRestoreImpersonation(PsGetCurrentThread(), &State);
    }
    return Status;
}

KI_DEFINE_ZW(OpenThreadTokenEx,
             (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, ULONG HandleAttributes,
              PHANDLE TokenHandle),
             (ThreadHandle, DesiredAccess, OpenAsSelf, HandleAttributes, TokenHandle))

NTSTATUS NTAPI NtOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                                 PHANDLE TokenHandle)
{
    return NtOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

KI_DEFINE_ZW(OpenThreadToken,
             (HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf, PHANDLE TokenHandle),
             (ThreadHandle, DesiredAccess, OpenAsSelf, TokenHandle))
