// SPDX-License-Identifier: MIT
// Callback objects: a name at which routines are registered, and called in that order when somebody notifies.
#include "inc/kernel.h"

typedef struct _CALLBACK_OBJECT {
    KSPIN_LOCK Lock;
    LIST_ENTRY Registrations;
    BOOLEAN AllowMultiple;
} CALLBACK_OBJECT;

typedef struct _EXP_REGISTRATION {
    LIST_ENTRY Link;
    PCALLBACK_OBJECT Object; // referenced
    PCALLBACK_FUNCTION Function;
    PVOID Context;
    ULONG Busy;     // calls under way: it stays in the list until there are none
    PKEVENT Waiter; // of who unregisters it
} EXP_REGISTRATION, *PEXP_REGISTRATION;

#define EXP_CALLBACK_MODIFY_STATE 0x0001
#define EXP_CALLBACK_ALL_ACCESS   (STANDARD_RIGHTS_REQUIRED | SYNCHRONIZE | EXP_CALLBACK_MODIFY_STATE)

static POBJECT_TYPE ExpCallbackObjectType;

static const OB_TYPE_DESCRIPTION ExpCallbackDescription = {
    .Name = L"Callback",
    .GenericMapping = {STANDARD_RIGHTS_READ, STANDARD_RIGHTS_WRITE | EXP_CALLBACK_MODIFY_STATE,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE, EXP_CALLBACK_ALL_ACCESS},
    .ValidAccessMask = EXP_CALLBACK_ALL_ACCESS,
    .Stateless = TRUE,
};

// Those that the system notifies, if it has cause to.
static PCWSTR const ExpSystemCallbacks[] = {
    L"\\Callback\\SetSystemTime",
    L"\\Callback\\PowerState",
    L"\\Callback\\ProcessorAdd",
};

static VOID ExpInitializeCallback(PVOID Object, const VOID *Context)
{
    PCALLBACK_OBJECT Callback = Object;
    InitializeListHead(&Callback->Registrations);
    Callback->AllowMultiple = *(const BOOLEAN *)Context;
}

NTSTATUS ExpInitializeCallbacks(VOID)
{
    NTSTATUS Status = ObpCreateType(&ExpCallbackDescription, &ExpCallbackObjectType);
    for (ULONG Index = 0; NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(ExpSystemCallbacks); Index += 1) {
        UNICODE_STRING Name;
        OBJECT_ATTRIBUTES Attributes;
        PCALLBACK_OBJECT Callback;
        RtlInitUnicodeString(&Name, ExpSystemCallbacks[Index]);
        InitializeObjectAttributes(&Attributes, &Name, OBJ_PERMANENT | OBJ_CASE_INSENSITIVE, NULL, NULL);
        Status = ExCreateCallback(&Callback, &Attributes, TRUE, TRUE);
        if (NT_SUCCESS(Status)) {
            ObfDereferenceObject(Callback);
        }
    }
    return Status;
}

static NTSTATUS ExpOpenOrCreate(POBJECT_ATTRIBUTES Attributes, BOOLEAN Create, BOOLEAN AllowMultipleCallbacks,
                                PHANDLE Handle)
{
    NTSTATUS Status = ObpOpenForService(ExpCallbackObjectType, Attributes, EXP_CALLBACK_ALL_ACCESS, Handle);
    if (NT_SUCCESS(Status) || !Create) {
        return Status;
    }
    return ObpCreateForService(ExpCallbackObjectType, sizeof(CALLBACK_OBJECT), ExpInitializeCallback,
                               &AllowMultipleCallbacks, Attributes, EXP_CALLBACK_ALL_ACCESS, Handle);
}

// Opens the object, or makes it with Create. *CallbackObject is referenced. An object without OBJ_PERMANENT
// loses its name with this call's handle. STATUS_UNSUCCESSFUL: no name; else as the object manager says. IRQL
// <= APC_LEVEL.
NTSTATUS NTAPI ExCreateCallback(PCALLBACK_OBJECT *CallbackObject, POBJECT_ATTRIBUTES ObjectAttributes,
                                BOOLEAN Create, BOOLEAN AllowMultipleCallbacks)
{
    OBJECT_ATTRIBUTES Attributes = *ObjectAttributes;
    HANDLE Handle;
    PVOID Object;
    if (Attributes.ObjectName == NULL || Attributes.ObjectName->Length == 0) {
        return STATUS_UNSUCCESSFUL;
    }
    Attributes.Attributes |= OBJ_KERNEL_HANDLE;
    KPROCESSOR_MODE Before = KiSetPreviousMode(KernelMode);
    NTSTATUS Status = ExpOpenOrCreate(&Attributes, Create, AllowMultipleCallbacks, &Handle);
    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, 0, ExpCallbackObjectType, KernelMode, &Object, NULL);
        ZwClose(Handle);
    }
    KiSetPreviousMode(Before);
    if (NT_SUCCESS(Status)) {
        *CallbackObject = Object;
    }
    return Status;
}

// The handle for ExUnregisterCallback. NULL: no memory, or the object allows one routine and has it. IRQL <=
// APC_LEVEL.
PVOID NTAPI ExRegisterCallback(PCALLBACK_OBJECT CallbackObject, PCALLBACK_FUNCTION CallbackFunction,
                               PVOID CallbackContext)
{
    PEXP_REGISTRATION Registration =
        ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Registration), TAG_CALLBACK_OBJECT);
    if (Registration == NULL) {
        return NULL;
    }
    Registration->Object = CallbackObject;
    Registration->Function = CallbackFunction;
    Registration->Context = CallbackContext;
    ObfReferenceObject(CallbackObject);
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&CallbackObject->Lock);
    BOOLEAN Allowed = CallbackObject->AllowMultiple || IsListEmpty(&CallbackObject->Registrations);
    if (Allowed) {
        InsertTailList(&CallbackObject->Registrations, &Registration->Link);
    }
    KeReleaseSpinLock(&CallbackObject->Lock, OldIrql);
    if (!Allowed) {
        ObfDereferenceObject(CallbackObject);
        ExFreePoolWithTag(Registration, TAG_CALLBACK_OBJECT);
        return NULL;
    }
    return Registration;
}

// Returns when the routine does not run any more, and will not again. Not to be called by that routine
// itself. IRQL <= APC_LEVEL.
VOID NTAPI ExUnregisterCallback(PVOID CallbackRegistration)
{
    PEXP_REGISTRATION Registration = CallbackRegistration;
    PCALLBACK_OBJECT Object = Registration->Object;
    KEVENT Event;
    KeInitializeEvent(&Event, SynchronizationEvent, FALSE);
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&Object->Lock);
    BOOLEAN Busy = Registration->Busy != 0;
    if (Busy) {
        Registration->Waiter = &Event;
    } else {
        RemoveEntryList(&Registration->Link);
    }
    KeReleaseSpinLock(&Object->Lock, OldIrql);
    if (Busy) {
        KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    }
    ObfDereferenceObject(Object);
    ExFreePoolWithTag(Registration, TAG_CALLBACK_OBJECT);
}

// Calls the registered routines in order of their registration, at the caller's IRQL. IRQL <= DISPATCH_LEVEL.
VOID NTAPI ExNotifyCallback(PCALLBACK_OBJECT CallbackObject, PVOID Argument1, PVOID Argument2)
{
    PCALLBACK_OBJECT Object = CallbackObject;
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&Object->Lock);
    PLIST_ENTRY Link = Object->Registrations.Flink;
    while (Link != &Object->Registrations) {
        PEXP_REGISTRATION Registration = CONTAINING_RECORD(Link, EXP_REGISTRATION, Link);
        if (Registration->Waiter != NULL) {
            Link = Link->Flink;
            continue;
        }
        VI_CALLBACK Callback;
        Registration->Busy += 1;
        KeReleaseSpinLock(&Object->Lock, OldIrql);
        ViEnterCallback(&Callback, "CALLBACK_FUNCTION", Registration->Function, 3, Registration->Context,
                        Argument1, Argument2);
        Registration->Function(Registration->Context, Argument1, Argument2);
        ViLeaveCallback(&Callback, 0);
        OldIrql = KeAcquireSpinLockRaiseToDpc(&Object->Lock);
        Registration->Busy -= 1;
        Link = Link->Flink;
        if (Registration->Busy == 0 && Registration->Waiter != NULL) {
            RemoveEntryList(&Registration->Link);
            KeSetEvent(Registration->Waiter, IO_NO_INCREMENT, FALSE);
        }
    }
    KeReleaseSpinLock(&Object->Lock, OldIrql);
}
