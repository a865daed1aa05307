// SPDX-License-Identifier: MIT
// What registry filters associate with key objects, and what they ask about them.
#include "inc/kernel.h"

typedef struct _CM_CONTEXT {
    LIST_ENTRY BodyLink;
    LIST_ENTRY CallbackLink;
    PCM_KEY_BODY Body;
    PCM_CALLBACK Callback;
    PVOID Context;
} CM_CONTEXT, *PCM_CONTEXT;

static BOOLEAN CmpIsKeyObject(PVOID Object)
{
    return Object != NULL && ObpTypeOf(Object) == CmKeyObjectType &&
           ((PCM_KEY_BODY)Object)->KeyControlBlock != NULL;
}

static PCM_CONTEXT CmpFindContext(PCM_KEY_BODY Body, PCM_CALLBACK Callback)
{
    for (PLIST_ENTRY Link = Body->Contexts.Flink; Link != &Body->Contexts; Link = Link->Flink) {
        PCM_CONTEXT Context = CONTAINING_RECORD(Link, CM_CONTEXT, BodyLink);
        if (Context->Callback == Callback) {
            return Context;
        }
    }
    return NULL;
}

PVOID CmpObjectContext(PCM_KEY_BODY Body, PCM_CALLBACK Callback)
{
    PCM_CONTEXT Context = CmpFindContext(Body, Callback);
    return Context != NULL ? Context->Context : NULL;
}

// Callbacks are locked.
static VOID CmpUnlinkContext(PCM_CONTEXT Context)
{
    RemoveEntryList(&Context->BodyLink);
    RemoveEntryList(&Context->CallbackLink);
}

static VOID CmpTellCleanUp(PCM_CONTEXT Context)
{
    REG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Information = {.Object = Context->Body,
                                                            .ObjectContext = Context->Context};
    CmpCallCallback(Context->Callback, RegNtCallbackObjectContextCleanup, &Information);
    ExFreePoolWithTag(Context, TAG_KEY_CONTEXT);
}

VOID CmpCleanUpContexts(PCM_KEY_BODY Body)
{
    for (;;) {
        CmpLockCallbacks();
        PCM_CONTEXT Context = NULL;
        if (!IsListEmpty(&Body->Contexts)) {
            Context = CONTAINING_RECORD(Body->Contexts.Flink, CM_CONTEXT, BodyLink);
            CmpUnlinkContext(Context);
            InterlockedIncrement(&Context->Callback->Users);
        }
        CmpUnlockCallbacks();
        if (Context == NULL) {
            return;
        }
        PCM_CALLBACK Callback = Context->Callback;
        CmpTellCleanUp(Context);
        CmpLeaveCallback(Callback);
    }
}

VOID CmpCleanUpCallback(PCM_CALLBACK Callback)
{
    for (;;) {
        CmpLockCallbacks();
        PCM_CONTEXT Context = NULL;
        if (!IsListEmpty(&Callback->Contexts)) {
            Context = CONTAINING_RECORD(Callback->Contexts.Flink, CM_CONTEXT, CallbackLink);
            CmpUnlinkContext(Context);
        }
        CmpUnlockCallbacks();
        if (Context == NULL) {
            return;
        }
        CmpTellCleanUp(Context);
    }
}

// NewContext takes the place of what Cookie's callback has associated with the key object before;
// *OldContext, which is optional, is that. NULL takes it away. STATUS_INVALID_PARAMETER (no key object, no
// callback's cookie), STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm, CmSetCallbackObjectContext)
NTSTATUS NTAPI CmSetCallbackObjectContext(PVOID Object, PLARGE_INTEGER Cookie, PVOID NewContext,
                                          PVOID *OldContext)
{
    if (!CmpIsKeyObject(Object)) {
        return STATUS_INVALID_PARAMETER;
    }
    PCM_KEY_BODY Body = Object;
    PCM_CONTEXT Made = ExAllocatePoolZero(PagedPool, sizeof(*Made), TAG_KEY_CONTEXT);
    if (Made == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PCM_CONTEXT Unused = Made;
    NTSTATUS Status = STATUS_SUCCESS;
    PVOID Old = NULL;
    CmpLockCallbacks();
    PCM_CALLBACK Callback = CmpFindCallback(*Cookie);
    PCM_CONTEXT Context = Callback != NULL ? CmpFindContext(Body, Callback) : NULL;
    if (Callback == NULL) {
        Status = STATUS_INVALID_PARAMETER;
    } else if (Context != NULL) {
        Old = Context->Context;
        Context->Context = NewContext;
    } else if (NewContext != NULL) {
        *Made = (CM_CONTEXT){.Body = Body, .Callback = Callback, .Context = NewContext};
        InsertTailList(&Body->Contexts, &Made->BodyLink);
        InsertTailList(&Callback->Contexts, &Made->CallbackLink);
        Unused = NULL;
    }
    if (Context != NULL && NewContext == NULL) {
        CmpUnlinkContext(Context);
    } else {
        Context = NULL;
    }
    CmpUnlockCallbacks();
    if (Unused != NULL) {
        ExFreePoolWithTag(Unused, TAG_KEY_CONTEXT);
    }
    if (Context != NULL) {
        ExFreePoolWithTag(Context, TAG_KEY_CONTEXT);
    }
    if (NT_SUCCESS(Status) && OldContext != NULL) {
        *OldContext = Old;
    }
    return Status;
}

// ---- Identity and names

static BOOLEAN CmpIsCookie(PLARGE_INTEGER Cookie)
{
    if (Cookie == NULL) {
        return FALSE;
    }
    CmpLockCallbacks();
    BOOLEAN Known = CmpFindCallback(*Cookie) != NULL;
    CmpUnlockCallbacks();
    return Known;
}

NTSTATUS CmpMakeName(PCM_KEY_BODY Body, PUNICODE_STRING *Name)
{
    NTSTATUS Status = STATUS_KEY_DELETED;
    *Name = NULL;
    CmpLockRegistryShared();
    if (!CmpIsDeleted(Body)) {
        ULONG Bytes = CmpKeyPath(Body->KeyControlBlock, NULL);
        // A key above it that is given a longer name can make it so.
        Status = Bytes > CM_MAXIMUM_PATH_BYTES ? STATUS_NAME_TOO_LONG : STATUS_INSUFFICIENT_RESOURCES;
        PUNICODE_STRING Made =
            Status == STATUS_NAME_TOO_LONG
                ? NULL
                : ExAllocatePoolWithTag(PagedPool, sizeof(*Made) + Bytes + sizeof(WCHAR), TAG_KEY_CONTEXT);
        if (Made != NULL) {
            PWCH Buffer = (PWCH)(Made + 1);
            CmpKeyPath(Body->KeyControlBlock, Buffer + Bytes / sizeof(WCHAR));
            Buffer[Bytes / sizeof(WCHAR)] = L'\0';
            *Made = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Buffer};
            *Name = Made;
            Status = STATUS_SUCCESS;
        }
    }
    CmpUnlockRegistryShared();
    return Status;
}

// *ObjectID: the same for every object of the key, and no other's. *ObjectName: its path as it is now, the
// caller's until CmCallbackReleaseKeyObjectIDEx. Both are optional. STATUS_INVALID_PARAMETER (cookie, object,
// Flags), STATUS_KEY_DELETED, STATUS_INSUFFICIENT_RESOURCES. IRQL <= APC_LEVEL. (wdm,
// CmCallbackGetKeyObjectIDEx)
NTSTATUS NTAPI CmCallbackGetKeyObjectIDEx(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                          PCUNICODE_STRING *ObjectName, ULONG Flags)
{
    NTSTATUS Status = STATUS_SUCCESS;
    if (Flags != 0 || !CmpIsKeyObject(Object) || !CmpIsCookie(Cookie)) {
        return STATUS_INVALID_PARAMETER;
    }
    PCM_KEY_BODY Body = Object;
    if (ObjectName != NULL) {
        PUNICODE_STRING Name;
        Status = CmpMakeName(Body, &Name);
        *ObjectName = Name;
    }
    if (ObjectID != NULL) {
        *ObjectID = (ULONG_PTR)Body->KeyControlBlock;
    }
    return Status;
}

// (wdm, CmCallbackReleaseKeyObjectIDEx)
VOID NTAPI CmCallbackReleaseKeyObjectIDEx(PCUNICODE_STRING ObjectName)
{
    ExFreePoolWithTag((PVOID)ObjectName, TAG_KEY_CONTEXT);
}

// The same, with a name that is the key's at the first call for this object, and lives as long as that does.
// (wdm, CmCallbackGetKeyObjectID)
NTSTATUS NTAPI CmCallbackGetKeyObjectID(PLARGE_INTEGER Cookie, PVOID Object, PULONG_PTR ObjectID,
                                        PCUNICODE_STRING *ObjectName)
{
    PCUNICODE_STRING Name;
    NTSTATUS Status = CmCallbackGetKeyObjectIDEx(Cookie, Object, ObjectID, NULL, 0);
    if (!NT_SUCCESS(Status) || ObjectName == NULL) {
        return Status;
    }
    PCM_KEY_BODY Body = Object;
    if (Body->Name == NULL) {
        Status = CmCallbackGetKeyObjectIDEx(Cookie, Object, NULL, &Name, 0);
        if (NT_SUCCESS(Status) &&
            InterlockedCompareExchangePointer((PVOID *)&Body->Name, (PVOID)Name, NULL) != NULL) {
            CmCallbackReleaseKeyObjectIDEx(Name);
        }
    }
    *ObjectName = Body->Name;
    return Status;
}

// There are no transacted keys, so no key object is bound to a transaction: NULL. (wdm,
// CmGetBoundTransaction)
PVOID NTAPI CmGetBoundTransaction(PLARGE_INTEGER Cookie, PVOID Object)
{
    UNREFERENCED_PARAMETER(Cookie);
    UNREFERENCED_PARAMETER(Object);
    return NULL;
}
