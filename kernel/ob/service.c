// SPDX-License-Identifier: MIT
// What the services that make or open an object of one type have in common.
#include "inc/kernel.h"

NTSTATUS ObpCreateForService(POBJECT_TYPE Type, ULONG Bytes, OB_INITIALIZE_BODY Initialize,
                             const VOID *Context, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess,
                             PHANDLE Destination)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Object;
    HANDLE Handle;
    NTSTATUS Status = ObCreateObject(Mode, Type, Attributes, Mode, NULL, Bytes, 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Initialize(Object, Context);
    Status = ObInsertObject(Object, NULL, DesiredAccess, 0, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, Destination, Mode, Status) : Status;
}

NTSTATUS ObpOpenForService(POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess,
                           PHANDLE Destination)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = ObOpenObjectByName(Attributes, Type, Mode, NULL, DesiredAccess, NULL, &Handle);
    return NT_SUCCESS(Status) ? ObpReturnHandle(Handle, Destination, Mode, Status) : Status;
}

NTSTATUS ObpReturnLong(LONG Value, PLONG Destination, KPROCESSOR_MODE Mode)
{
    if (Destination == NULL) {
        return STATUS_SUCCESS;
    }
    __try {
        if (Mode != KernelMode) {
            ProbeForWrite(Destination, sizeof(*Destination), sizeof(LONG));
        }
        *Destination = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS ObpCaptureTime(PLARGE_INTEGER Source, PLARGE_INTEGER Copy, KPROCESSOR_MODE Mode)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Source, sizeof(*Source), sizeof(ULONG));
        }
        *Copy = *(volatile LARGE_INTEGER *)Source;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
