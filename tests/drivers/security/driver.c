// SPDX-License-Identifier: MIT
// Answers who asks, and what he may do, as the SDK says.
#include <ntifs.h>
#include <kmode.h>

#include "public.h"

static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'uceS');

typedef struct STATE {
    HANDLE ByHandle, Second;
    PVOID ByPointer;
} STATE;

static VOID CopySid(const KM_SID *Sid, PWCHAR Target, SIZE_T Bytes)
{
    UNICODE_STRING Text;

    if (NT_SUCCESS(KmSidToText(Sid, &Paged, &Text))) {
        RtlCopyMemory(Target, Text.Buffer, min(Bytes - sizeof(WCHAR), Text.Length));
        KmUnicodeFree(&Paged, &Text);
    }
}

static NTSTATUS Check(const KM_SECURITY *Security, PULONG Granted)
{
    static GENERIC_MAPPING Mapping = {1, 2, 4, 7};

    return KmAccessCheck(Security, GENERIC_READ, &Mapping, Granted);
}

static VOID CheckAll(const KM_SID *Caller, SECURITY_ANSWER *Answer)
{
    static const PCWSTR Texts[SECURITY_DESCRIPTORS - 1] = {L"D:P(A;;GR;;;WD)", L"D:P(A;;GA;;;BA)",
                                                           L"D:P(A;;GA;;;SY)", L"D:P(D;;GA;;;BA)(A;;GA;;;WD)",
                                                           L"D:P(A;;GA;;;AU)"};
    KM_ACCESS_ENTRY Own = {.Sid = *Caller, .Access = 1};
    KM_SECURITY Security;

    for (ULONG Index = 0; Index < SECURITY_DESCRIPTORS; Index++) {
        NTSTATUS Status = Index < RTL_NUMBER_OF(Texts) ? KmSecurityFromSddl(Texts[Index], &Paged, &Security)
                                                       : KmSecurityFromEntries(&Own, 1, &Paged, &Security);

        if (NT_SUCCESS(Status)) {
            Status = Check(&Security, &Answer->Granted[Index]);
            KmSecurityFree(&Paged, &Security);
        }
        Answer->Status[Index] = (ULONG)Status;
    }
}

static NTSTATUS NTAPI Ask(PKM_REQUEST Request)
{
    ULONG64 Id = *KmRequestInput(Request, ULONG64);
    SECURITY_ANSWER *Answer = KmRequestOutput(Request, SECURITY_ANSWER);
    BOOLEAN Elevated = FALSE;
    PEPROCESS Process;
    KM_SID Sid;
    NTSTATUS Status = KmProcessById((HANDLE)(ULONG_PTR)Id, &Process);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlZeroMemory(Answer, sizeof(*Answer));
    Answer->ProcessSidStatus = (ULONG)KmProcessUserSid(Process, &Sid);
    CopySid(&Sid, Answer->ProcessSid, sizeof(Answer->ProcessSid));
    Answer->ProcessAdministrator = KmProcessIsAdministrator(Process);
    Status = KmProcessIsElevated(Process, &Elevated);
    Answer->Elevated = Elevated;
    if (NT_SUCCESS(Status)) {
        Status = KmProcessIntegrity(Process, &Answer->Integrity);
    }
    KmProcessDereference(Process);
    Answer->SidStatus = (ULONG)KmCurrentUserSid(&Sid);
    CopySid(&Sid, Answer->Sid, sizeof(Answer->Sid));
    Answer->Administrator = KmCurrentIsAdministrator();
    Answer->HasDebug = KmCurrentHasPrivilege(SE_DEBUG_PRIVILEGE);
    Answer->HasChangeNotify = KmCurrentHasPrivilege(SE_CHANGE_NOTIFY_PRIVILEGE);
    CheckAll(&Sid, Answer);
    return Status;
}

static NTSTATUS NTAPI Guard(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);
    PCWSTR Sddl = (PCWSTR)Request->Input;
    KM_SECURITY Security;
    NTSTATUS Status;

    if (Request->InputBytes % sizeof(WCHAR) != 0 || Sddl[Request->InputBytes / sizeof(WCHAR) - 1] != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = KmSecurityFromSddl(Sddl, &Paged, &Security);
    if (NT_SUCCESS(Status)) {
        Status = KmSecuritySet(State->ByHandle, &Security);
        if (NT_SUCCESS(Status)) {
            Status = KmSecuritySetObject(State->ByPointer, &Security);
        }
        KmSecurityFree(&Paged, &Security);
    }
    return Status;
}

static NTSTATUS MakeEvent(PCWSTR Name, PHANDLE Handle)
{
    OBJECT_ATTRIBUTES Attributes;
    UNICODE_STRING String;

    RtlInitUnicodeString(&String, Name);
    InitializeObjectAttributes(&Attributes, &String, OBJ_KERNEL_HANDLE, NULL, NULL);
    return ZwCreateEvent(Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    STATE *State = KmDeviceContext(Device, STATE);
    NTSTATUS Status = MakeEvent(L"\\BaseNamedObjects\\KmodeByHandle", &State->ByHandle);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = MakeEvent(L"\\BaseNamedObjects\\KmodeByPointer", &State->Second);
    if (NT_SUCCESS(Status)) {
        Status = KmObjectFromHandle(State->Second, 0, *ExEventObjectType, KernelMode, &State->ByPointer);
        if (NT_SUCCESS(Status)) {
            return STATUS_SUCCESS;
        }
        ZwClose(State->Second);
    }
    ZwClose(State->ByHandle);
    return Status;
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    STATE *State = KmDeviceContext(Device, STATE);

    ObDereferenceObject(State->ByPointer);
    ZwClose(State->Second);
    ZwClose(State->ByHandle);
}

static const KM_DEVICE_ENTRY Security[] = {
    KM_DEVICE_NAME(L"\\Device\\Security"),
    KM_DEVICE_LINK(L"\\DosDevices\\Security"),
    KM_DEVICE_SDDL(L"D:P(A;;GA;;;WD)"),
    KM_DEVICE_CONTEXT(STATE, Start, Stop),
    KM_ON_IOCTL(IOCTL_SECURITY_ASK, Ask, ULONG64, SECURITY_ANSWER),
    KM_ON_IOCTL_BYTES(IOCTL_SECURITY_GUARD, Guard, 2, 512, 0),
    KM_DEVICE_END,
};

KM_DRIVER(Security)
