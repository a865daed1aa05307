// SPDX-License-Identifier: MIT
// Registry callbacks.
#include <ntifs.h>
#include "callbacks/callback.h"

static NTSTATUS NTAPI Routine(PVOID Context, PVOID Class, PVOID Information)
{
    PKM_CALLBACK Callback = (PKM_CALLBACK)Context;
    NTSTATUS Status = STATUS_SUCCESS;

    if (KmpCallbackEnter(Callback)) {
        Status = ((KM_REGISTRY_CALLBACK *)(ULONG_PTR)Callback->Routine)(
            Callback->Context, (REG_NOTIFY_CLASS)(ULONG_PTR)Class, Information);
        KmpCallbackLeave(Callback);
    }
    return Status;
}

static VOID NTAPI Remove(PKM_CALLBACK Callback)
{
    (VOID) CmUnRegisterCallback(Callback->System.Cookie);
}

NTSTATUS NTAPI KmCallbacksAddRegistry(PKM_CALLBACKS Callbacks, PKM_CALLBACK Callback, PCWSTR Altitude,
                                      PDRIVER_OBJECT DriverObject, KM_REGISTRY_CALLBACK *Callee,
                                      PVOID Context)
{
    UNICODE_STRING AltitudeString;
    NTSTATUS Status;

    RtlInitUnicodeString(&AltitudeString, Altitude);
    Status = KmpCallbackInit(Callbacks, Callback, (PVOID)(ULONG_PTR)Callee, Context, Remove);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmRegisterCallbackEx(Routine, &AltitudeString, DriverObject, Callback, &Callback->System.Cookie,
                                  NULL);
    if (NT_SUCCESS(Status)) {
        KmpCallbackAdd(Callbacks, Callback);
    }
    return Status;
}
