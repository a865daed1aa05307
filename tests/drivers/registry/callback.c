// SPDX-License-Identifier: MIT
// What happens to the registry: refused or let through beforehand, recorded afterwards, counted by key
// object.
#include "guard.h"

static NTSTATUS GuardBefore(_Inout_ PGUARD_DEVICE Guard, _In_ GUARD_OPERATION Operation,
                            _In_opt_ PVOID Object, _In_opt_ PUNICODE_STRING SubKey,
                            _In_opt_ PUNICODE_STRING Value, _Outptr_result_maybenull_ PVOID *CallContext);
static VOID GuardAfter(_Inout_ PGUARD_DEVICE Guard, _In_ PREG_POST_OPERATION_INFORMATION Post);
static VOID GuardAttachContext(_Inout_ PGUARD_DEVICE Guard, _In_ PREG_POST_OPERATION_INFORMATION Post);
static VOID GuardContextGone(_Inout_ PGUARD_DEVICE Guard,
                             _In_ PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Cleanup);

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, GuardCallback)
#pragma alloc_text(PAGE, GuardBefore)
#pragma alloc_text(PAGE, GuardAfter)
#pragma alloc_text(PAGE, GuardAttachContext)
#pragma alloc_text(PAGE, GuardContextGone)
#endif

_Use_decl_annotations_ NTSTATUS GuardCallback(PVOID CallbackContext, PVOID Argument1, PVOID Argument2)
{
    PGUARD_DEVICE Guard = CallbackContext;
    PREG_CREATE_KEY_INFORMATION Create = Argument2;
    PREG_DELETE_KEY_INFORMATION Delete = Argument2;
    PREG_SET_VALUE_KEY_INFORMATION Set = Argument2;
    PREG_DELETE_VALUE_KEY_INFORMATION DeleteValue = Argument2;

    PAGED_CODE();
    if (!ReadAcquire(&Guard->Active)) {
        return STATUS_SUCCESS;
    }
    switch ((REG_NOTIFY_CLASS)(ULONG_PTR)Argument1) {
    case RegNtPreCreateKeyEx:
        return GuardBefore(Guard, GuardCreateKey, Create->RootObject, Create->CompleteName, NULL,
                           &Create->CallContext);
    case RegNtPreDeleteKey:
        return GuardBefore(Guard, GuardDeleteKey, Delete->Object, NULL, NULL, &Delete->CallContext);
    case RegNtPreSetValueKey:
        return GuardBefore(Guard, GuardSetValue, Set->Object, NULL, Set->ValueName, &Set->CallContext);
    case RegNtPreDeleteValueKey:
        return GuardBefore(Guard, GuardDeleteValue, DeleteValue->Object, NULL, DeleteValue->ValueName,
                           &DeleteValue->CallContext);
    case RegNtPostCreateKeyEx:
        GuardAttachContext(Guard, Argument2);
        GuardAfter(Guard, Argument2);
        return STATUS_SUCCESS;
    case RegNtPostOpenKeyEx: GuardAttachContext(Guard, Argument2); return STATUS_SUCCESS;
    case RegNtPostDeleteKey:
    case RegNtPostSetValueKey:
    case RegNtPostDeleteValueKey: GuardAfter(Guard, Argument2); return STATUS_SUCCESS;
    case RegNtCallbackObjectContextCleanup: GuardContextGone(Guard, Argument2); return STATUS_SUCCESS;
    default: return STATUS_SUCCESS;
    }
}

// The name of the key object, and of a key under it. FALSE: not to be had (the key is being deleted).
static BOOLEAN GuardKeyName(_Inout_ PGUARD_DEVICE Guard, _In_opt_ PVOID Object,
                            _In_opt_ PUNICODE_STRING SubKey,
                            _Out_writes_(GUARD_NAME_CHARACTERS) PWCHAR Target)
{
    PCUNICODE_STRING Name;

    PAGED_CODE();
    if (SubKey != NULL && SubKey->Length != 0 && SubKey->Buffer[0] == L'\\') {
        GuardCopyName(Target, NULL, SubKey); // a whole path, whatever the root
        return TRUE;
    }
    if (Object == NULL || !NT_SUCCESS(CmCallbackGetKeyObjectIDEx(&Guard->Cookie, Object, NULL, &Name, 0))) {
        return FALSE;
    }
    GuardCopyName(Target, Name, SubKey);
    CmCallbackReleaseKeyObjectIDEx(Name);
    return TRUE;
}

// Decides. *CallContext: the record that GuardAfter is to finish.
static NTSTATUS GuardBefore(PGUARD_DEVICE Guard, GUARD_OPERATION Operation, PVOID Object,
                            PUNICODE_STRING SubKey, PUNICODE_STRING Value, PVOID *CallContext)
{
    GUARD_REACH Reach;
    GUARD_RECORD *Record;

    PAGED_CODE();
    *CallContext = NULL;
    Record = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Record), GUARD_POOL_TAG);
    if (Record == NULL) {
        return STATUS_SUCCESS; // a guard that is short of memory lets through rather than stop everybody
    }
    if (!GuardKeyName(Guard, Object, SubKey, Record->Key)) {
        goto Forget;
    }
    Reach = GuardReach(Guard, Record->Key);
    if (!Reach.Watched) {
        goto Forget;
    }
    Record->Operation = Operation;
    Record->ProcessId = (ULONG64)PsGetCurrentProcessId();
    GuardCopyName(Record->Value, NULL, Value);
    if (!Reach.Guarded || ExGetPreviousMode() != UserMode) {
        *CallContext = Record;
        return STATUS_SUCCESS;
    }
    // Who refuses gets no notification of the end.
    Record->Blocked = TRUE;
    Record->Status = (ULONG)STATUS_ACCESS_DENIED;
    GuardAddRecord(Guard, Record);
    ExFreePoolWithTag(Record, GUARD_POOL_TAG);
    return STATUS_ACCESS_DENIED;

Forget:
    ExFreePoolWithTag(Record, GUARD_POOL_TAG);
    return STATUS_SUCCESS;
}

static VOID GuardAfter(PGUARD_DEVICE Guard, PREG_POST_OPERATION_INFORMATION Post)
{
    GUARD_RECORD *Record = Post->CallContext;
    PGUARD_KEY_CONTEXT Context = Post->ObjectContext;

    PAGED_CODE();
    if (Record == NULL) {
        return;
    }
    if (Context != NULL && NT_SUCCESS(Post->Status) && Record->Operation != GuardCreateKey) {
        Record->Count = (ULONG)InterlockedIncrement(&Context->Changes);
    }
    Record->Status = (ULONG)Post->Status;
    GuardAddRecord(Guard, Record);
    ExFreePoolWithTag(Record, GUARD_POOL_TAG);
}

static VOID GuardAttachContext(PGUARD_DEVICE Guard, PREG_POST_OPERATION_INFORMATION Post)
{
    WCHAR Name[GUARD_NAME_CHARACTERS];
    PGUARD_KEY_CONTEXT Context;
    PVOID Old;

    PAGED_CODE();
    if (!NT_SUCCESS(Post->Status) || Post->Object == NULL || !GuardKeyName(Guard, Post->Object, NULL, Name)) {
        return;
    }
    if (!GuardReach(Guard, Name).Watched) {
        return;
    }
    Context = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Context), GUARD_POOL_TAG);
    if (Context == NULL) {
        return;
    }
    if (!NT_SUCCESS(CmSetCallbackObjectContext(Post->Object, &Guard->Cookie, Context, &Old))) {
        ExFreePoolWithTag(Context, GUARD_POOL_TAG);
    } else if (Old != NULL) {
        ExFreePoolWithTag(Old, GUARD_POOL_TAG);
    }
}

// The key object has no handles any more, or the callback is about to be unregistered.
static VOID GuardContextGone(PGUARD_DEVICE Guard, PREG_CALLBACK_CONTEXT_CLEANUP_INFORMATION Cleanup)
{
    PGUARD_KEY_CONTEXT Context = Cleanup->ObjectContext;
    GUARD_RECORD *Record = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*Record), GUARD_POOL_TAG);

    PAGED_CODE();
    if (Record != NULL) {
        Record->Operation = GuardCloseKey;
        Record->Count = (ULONG)Context->Changes;
        (VOID) GuardKeyName(Guard, Cleanup->Object, NULL, Record->Key);
        GuardAddRecord(Guard, Record);
        ExFreePoolWithTag(Record, GUARD_POOL_TAG);
    }
    ExFreePoolWithTag(Context, GUARD_POOL_TAG);
}
