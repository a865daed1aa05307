// SPDX-License-Identifier: MIT
// Callbacks for handles to processes and threads.
#include <ntifs.h>
#include "callbacks/callback.h"

static VOID Describe(PKM_OBJECT_ACCESS Access, PVOID Object, POBJECT_TYPE Type, OB_OPERATION Operation,
                     ULONG KernelHandle)
{
    Access->Object = Object;
    Access->IsThread = Type == *PsThreadType;
    Access->Process = Access->IsThread ? IoThreadToProcess((PETHREAD)Object) : (PEPROCESS)Object;
    Access->IsDuplicate = Operation == OB_OPERATION_HANDLE_DUPLICATE;
    Access->IsKernelHandle = KernelHandle != 0;
}

static OB_PREOP_CALLBACK_STATUS NTAPI Before(PVOID Context, POB_PRE_OPERATION_INFORMATION Information)
{
    PKM_CALLBACK Callback = (PKM_CALLBACK)Context;
    KM_OBJECT_ACCESS Access;
    PACCESS_MASK Desired;

    Information->CallContext = NULL;
    Describe(&Access, Information->Object, Information->ObjectType, Information->Operation,
             Information->KernelHandle);
    if (Access.IsDuplicate) {
        Desired = &Information->Parameters->DuplicateHandleInformation.DesiredAccess;
        Access.Original = Information->Parameters->DuplicateHandleInformation.OriginalDesiredAccess;
    } else {
        Desired = &Information->Parameters->CreateHandleInformation.DesiredAccess;
        Access.Original = Information->Parameters->CreateHandleInformation.OriginalDesiredAccess;
    }
    Access.Desired = *Desired;
    if (KmpCallbackEnter(Callback)) {
        ((KM_OBJECT_CALLBACK *)(ULONG_PTR)Callback->Routine)(Callback->Context, &Access);
        KmpCallbackLeave(Callback);
        // The rights of a kernel's handle are not to be changed, and none to be added.
        if (!Access.IsKernelHandle) {
            *Desired &= Access.Desired;
        }
        // For the callback after it, which is not told what was asked for.
        Information->CallContext = (PVOID)(ULONG_PTR)Access.Original;
    }
    return OB_PREOP_SUCCESS;
}

static VOID NTAPI After(PVOID Context, POB_POST_OPERATION_INFORMATION Information)
{
    PKM_CALLBACK Callback = (PKM_CALLBACK)Context;
    KM_OBJECT_ACCESS Access;

    Describe(&Access, Information->Object, Information->ObjectType, Information->Operation,
             Information->KernelHandle);
    Access.Original = (ACCESS_MASK)(ULONG_PTR)Information->CallContext;
    Access.Desired = 0;
    if (NT_SUCCESS(Information->ReturnStatus)) {
        Access.Desired = Access.IsDuplicate
                             ? Information->Parameters->DuplicateHandleInformation.GrantedAccess
                             : Information->Parameters->CreateHandleInformation.GrantedAccess;
    }
    if (KmpCallbackEnter(Callback)) {
        ((KM_OBJECT_RESULT *)(ULONG_PTR)Callback->PostRoutine)(Callback->Context, &Access,
                                                               Information->ReturnStatus);
        KmpCallbackLeave(Callback);
    }
}

static VOID NTAPI Remove(PKM_CALLBACK Callback)
{
    ObUnRegisterCallbacks(Callback->System.Registration);
}

NTSTATUS NTAPI KmCallbacksAddObject(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback, PCWSTR Altitude,
                                    ULONG Types, KM_OBJECT_CALLBACK *Routine, KM_OBJECT_RESULT *Result,
                                    PVOID Context)
{
    OB_OPERATION_REGISTRATION Operations[2];
    OB_CALLBACK_REGISTRATION Registration = {.Version = OB_FLT_REGISTRATION_VERSION,
                                             .RegistrationContext = Callback,
                                             .OperationRegistration = Operations};
    NTSTATUS Status;

    RtlZeroMemory(Operations, sizeof(Operations));
    if (Types & KM_OBJECT_PROCESSES) {
        Operations[Registration.OperationRegistrationCount++].ObjectType = PsProcessType;
    }
    if (Types & KM_OBJECT_THREADS) {
        Operations[Registration.OperationRegistrationCount++].ObjectType = PsThreadType;
    }
    if (Registration.OperationRegistrationCount == 0 ||
        (Types & ~(KM_OBJECT_PROCESSES | KM_OBJECT_THREADS))) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < Registration.OperationRegistrationCount; Index++) {
        Operations[Index].Operations = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;
        Operations[Index].PreOperation = Before;
        Operations[Index].PostOperation = Result != NULL ? After : NULL;
    }
    RtlInitUnicodeString(&Registration.Altitude, Altitude);
    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Routine, Context, Remove);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Callback->PostRoutine = (PVOID)(ULONG_PTR)Result;
    Status = ObRegisterCallbacks(&Registration, &Callback->System.Registration);
    if (NT_SUCCESS(Status)) {
        KmpCallbackAdd(Callbacks, Callback);
    }
    return Status;
}
