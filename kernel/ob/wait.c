// SPDX-License-Identifier: MIT
// Waits for what handles lead to.
#include "inc/kernel.h"

// What types wait for whose objects have no state: signaled, always.
static KEVENT ObpDefaultEvent = {
    .Header = {.Type = NotificationEvent,
               .Size = sizeof(KEVENT) / sizeof(LONG),
               .SignalState = 1,
               .WaitListHead = {&ObpDefaultEvent.Header.WaitListHead, &ObpDefaultEvent.Header.WaitListHead}}};

PVOID const ObpDefaultObject = &ObpDefaultEvent;

static PVOID ObpWaitObjectOf(PVOID Object)
{
    POBJECT_TYPE Type = ObpTypeOf(Object);
    if (Type->DefaultObject == NULL) {
        return Object;
    }
    return Type->DefaultObject == OB_WAIT_AT_OFFSET
               ? (PVOID)((PUCHAR)Object + Type->TypeInfo.WaitObjectPointerOffset)
               : Type->DefaultObject;
}

// STATUS_ACCESS_DENIED: the handle has no SYNCHRONIZE. Else as KeWaitForSingleObject. IRQL PASSIVE_LEVEL.
// (ntifs, ZwWaitForSingleObject)
NTSTATUS NTAPI NtWaitForSingleObject(HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    LARGE_INTEGER Copy;
    PVOID Object;
    NTSTATUS Status = Timeout != NULL ? ObpCaptureTime(Timeout, &Copy, Mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, SYNCHRONIZE, NULL, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        Status = KeWaitForSingleObject(ObpWaitObjectOf(Object), UserRequest, Mode, Alertable,
                                       Timeout != NULL ? &Copy : NULL);
    } __except (GetExceptionCode() == STATUS_MUTANT_LIMIT_EXCEEDED ? EXCEPTION_EXECUTE_HANDLER
                                                                   : EXCEPTION_CONTINUE_SEARCH) {
        Status = STATUS_MUTANT_LIMIT_EXCEEDED;
    }
    ObfDereferenceObject(Object);
    return Status;
}

KI_DEFINE_ZW(WaitForSingleObject, (HANDLE Handle, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
             (Handle, Alertable, Timeout))

// What a wait for many needs, in one allocation.
typedef struct _OB_WAIT {
    PVOID Objects[MAXIMUM_WAIT_OBJECTS];
    PVOID WaitObjects[MAXIMUM_WAIT_OBJECTS];
    HANDLE Handles[MAXIMUM_WAIT_OBJECTS];
    KWAIT_BLOCK Blocks[MAXIMUM_WAIT_OBJECTS];
} OB_WAIT;

static NTSTATUS ObpCaptureHandles(PHANDLE Handles, ULONG Count, PHANDLE Copy, KPROCESSOR_MODE Mode)
{
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Handles, Count * sizeof(HANDLE), sizeof(HANDLE));
        }
        RtlCopyMemory(Copy, Handles, Count * sizeof(HANDLE));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS ObpReferenceAll(OB_WAIT *Wait, ULONG Count, WAIT_TYPE WaitType, KPROCESSOR_MODE Mode,
                                PULONG Done)
{
    for (; *Done < Count; *Done += 1) {
        ULONG Index = *Done;
        NTSTATUS Status = ObReferenceObjectByHandle(Wait->Handles[Index], SYNCHRONIZE, NULL, Mode,
                                                    &Wait->Objects[Index], NULL);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Wait->WaitObjects[Index] = ObpWaitObjectOf(Wait->Objects[Index]);
        for (ULONG Before = 0; WaitType == WaitAll && Before < Index; Before += 1) {
            if (Wait->WaitObjects[Before] == Wait->WaitObjects[Index]) {
                *Done += 1;
                return STATUS_INVALID_PARAMETER_MIX;
            }
        }
    }
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER_1 (none, or more than 64), STATUS_INVALID_PARAMETER_3,
// STATUS_INVALID_PARAMETER_MIX (one twice in a wait for all). (NtWaitForMultipleObjects)
NTSTATUS NTAPI NtWaitForMultipleObjects(ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType, BOOLEAN Alertable,
                                        PLARGE_INTEGER Timeout)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    LARGE_INTEGER Copy;
    ULONG Referenced = 0;
    if (Count == 0 || Count > MAXIMUM_WAIT_OBJECTS) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (WaitType != WaitAll && WaitType != WaitAny) {
        return STATUS_INVALID_PARAMETER_3;
    }
    NTSTATUS Status = Timeout != NULL ? ObpCaptureTime(Timeout, &Copy, Mode) : STATUS_SUCCESS;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    OB_WAIT *Wait = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Wait), TAG_OBJECT_WAIT);
    if (Wait == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = ObpCaptureHandles(Handles, Count, Wait->Handles, Mode);
    if (NT_SUCCESS(Status)) {
        Status = ObpReferenceAll(Wait, Count, WaitType, Mode, &Referenced);
    }
    if (NT_SUCCESS(Status)) {
        __try {
            Status = KeWaitForMultipleObjects(Count, Wait->WaitObjects, WaitType, UserRequest, Mode,
                                              Alertable, Timeout != NULL ? &Copy : NULL, Wait->Blocks);
        } __except (GetExceptionCode() == STATUS_MUTANT_LIMIT_EXCEEDED ? EXCEPTION_EXECUTE_HANDLER
                                                                       : EXCEPTION_CONTINUE_SEARCH) {
            Status = STATUS_MUTANT_LIMIT_EXCEEDED;
        }
    }
    while (Referenced > 0) {
        Referenced -= 1;
        ObfDereferenceObject(Wait->Objects[Referenced]);
    }
    ExFreePoolWithTag(Wait, TAG_OBJECT_WAIT);
    return Status;
}

KI_DEFINE_ZW(WaitForMultipleObjects,
             (ULONG Count, PHANDLE Handles, WAIT_TYPE WaitType, BOOLEAN Alertable, PLARGE_INTEGER Timeout),
             (Count, Handles, WaitType, Alertable, Timeout))
