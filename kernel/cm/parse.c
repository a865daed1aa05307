// SPDX-License-Identifier: MIT
// Keys by name: found, made, and reached through links.
#include "inc/kernel.h"

// A walk down the tree.
typedef struct _CM_WALK {
    PCM_KEY_CONTROL_BLOCK Key; // so far
    UNICODE_STRING Rest;       // of the name; starts with no separator
    PACCESS_STATE AccessState; // of who walks
    KPROCESSOR_MODE CheckMode;
} CM_WALK;

static VOID CmpSkipSeparators(PUNICODE_STRING Rest)
{
    while (Rest->Length != 0 && Rest->Buffer[0] == OBJ_NAME_PATH_SEPARATOR) {
        Rest->Buffer += 1;
        Rest->Length -= sizeof(WCHAR);
    }
}

static UNICODE_STRING CmpNextComponent(PUNICODE_STRING Rest)
{
    UNICODE_STRING Component = {0, 0, Rest->Buffer};
    while (Component.Length < Rest->Length &&
           Rest->Buffer[Component.Length / sizeof(WCHAR)] != OBJ_NAME_PATH_SEPARATOR) {
        Component.Length += sizeof(WCHAR);
    }
    Component.MaximumLength = Component.Length;
    Rest->Buffer += Component.Length / sizeof(WCHAR);
    Rest->Length -= Component.Length;
    CmpSkipSeparators(Rest);
    return Component;
}

// What Link leads to, and Rest behind it, becomes CompleteName. STATUS_REPARSE; STATUS_OBJECT_NAME_NOT_FOUND:
// it leads nowhere; STATUS_NAME_TOO_LONG, STATUS_INSUFFICIENT_RESOURCES.
static NTSTATUS CmpFollowLink(PCM_KEY_CONTROL_BLOCK Link, PCUNICODE_STRING Rest, PUNICODE_STRING CompleteName)
{
    static const UNICODE_STRING ValueName = RTL_CONSTANT_STRING(L"SymbolicLinkValue");
    PCM_KEY_VALUE Target = CmpFindValue(Link, &ValueName);
    if (Target == NULL || Target->Type != REG_LINK || Target->DataLength < sizeof(WCHAR)) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    ULONG TargetBytes = Target->DataLength & ~1u;
    ULONG Bytes = TargetBytes + (Rest->Length != 0 ? Rest->Length + (ULONG)sizeof(WCHAR) : 0);
    if (Bytes > UNICODE_STRING_MAX_BYTES - sizeof(WCHAR)) {
        return STATUS_NAME_TOO_LONG;
    }
    PWCH Buffer = ExAllocatePoolWithTag(PagedPool, Bytes + sizeof(WCHAR), TAG_OBJECT_NAME);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlCopyMemory(Buffer, Target->Data, TargetBytes);
    if (Rest->Length != 0) {
        Buffer[TargetBytes / sizeof(WCHAR)] = OBJ_NAME_PATH_SEPARATOR;
        RtlCopyMemory(Buffer + TargetBytes / sizeof(WCHAR) + 1, Rest->Buffer, Rest->Length);
    }
    Buffer[Bytes / sizeof(WCHAR)] = L'\0';
    ObpFreeName(CompleteName); // Rest lay in it
    *CompleteName = (UNICODE_STRING){(USHORT)Bytes, (USHORT)(Bytes + sizeof(WCHAR)), Buffer};
    return STATUS_REPARSE;
}

// The registry is locked for writing. Makes Name under Walk->Key, which becomes it.
static NTSTATUS CmpCreateSubKey(CM_WALK *Walk, PCUNICODE_STRING Name, ULONG Position,
                                PCM_PARSE_CONTEXT Context)
{
    PCM_KEY_CONTROL_BLOCK Parent = Walk->Key;
    ULONG Flags = (Context->Options & REG_OPTION_VOLATILE ? CM_KEY_VOLATILE : 0) |
                  (Context->Options & REG_OPTION_CREATE_LINK ? CM_KEY_LINK : 0) |
                  (Parent->Flags & CM_KEY_APPLICATION);
    if (Parent->Flags & CM_KEY_DIRECTORY) {
        return Parent == CmpRootKey ? STATUS_ACCESS_DENIED : STATUS_INVALID_PARAMETER;
    }
    if (Parent->Flags & CM_KEY_LINK) {
        return STATUS_ACCESS_DENIED;
    }
    if (Name->Length > CM_MAXIMUM_KEY_NAME_BYTES || Parent->Depth >= CM_MAXIMUM_DEPTH ||
        CmpKeyPath(Parent, NULL) + sizeof(WCHAR) + Name->Length > CM_MAXIMUM_PATH_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    if ((Parent->Flags & CM_KEY_VOLATILE) && !(Flags & CM_KEY_VOLATILE)) {
        return STATUS_CHILD_MUST_BE_VOLATILE;
    }
    NTSTATUS Status =
        Walk->CheckMode == KernelMode
            ? STATUS_SUCCESS
            : CmpCheckKeyRight(Parent, Flags & CM_KEY_LINK ? KEY_CREATE_LINK : KEY_CREATE_SUB_KEY,
                               Walk->AccessState);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PCM_KEY_CONTROL_BLOCK Key = CmpAllocateKey(Name, &Context->Class, Flags);
    if (Key == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ObpCaptureSubject(Walk->AccessState);
    Status = CmpAssignKeySecurity(Key, Parent, Context->Security, &Walk->AccessState->SubjectSecurityContext);
    if (NT_SUCCESS(Status) && !(Context->Options & REG_OPTION_BACKUP_RESTORE)) {
        Status = CmpGrantCreator(Walk->AccessState, Walk->CheckMode);
    }
    if (NT_SUCCESS(Status) && !CmpInsertSubKey(Parent, Key, Position)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    }
    if (!NT_SUCCESS(Status)) {
        CmpDereferenceKey(Key);
        return Status;
    }
    CmpTouchKey(Parent);
    CmpReportNotify(Parent, REG_NOTIFY_CHANGE_NAME);
    Context->Disposition = REG_CREATED_NEW_KEY;
    Walk->Key = Key;
    return STATUS_SUCCESS;
}

static BOOLEAN CmpWantsLink(PCM_PARSE_CONTEXT Context, ULONG Attributes)
{
    return (Attributes & OBJ_OPENLINK) || (Context->Options & REG_OPTION_OPEN_LINK);
}

// The registry is locked for writing. To the end of the name, a link, or where it goes no further.
static NTSTATUS CmpWalk(CM_WALK *Walk, PCM_PARSE_CONTEXT Context, ULONG Attributes,
                        PUNICODE_STRING CompleteName)
{
    CmpSkipSeparators(&Walk->Rest);
    Context->Disposition = REG_OPENED_EXISTING_KEY;
    while (Walk->Rest.Length != 0) {
        ULONG Position;
        UNICODE_STRING Component = CmpNextComponent(&Walk->Rest);
        PCM_KEY_CONTROL_BLOCK Next = CmpFindSubKey(Walk->Key, &Component, &Position);
        if (Next == NULL) {
            return Context->Create && Walk->Rest.Length == 0
                       ? CmpCreateSubKey(Walk, &Component, Position, Context)
                       : STATUS_OBJECT_NAME_NOT_FOUND;
        }
        if ((Next->Flags & CM_KEY_DIRECTORY) && (Next->Flags & CM_KEY_APPLICATION)) {
            return STATUS_ACCESS_DENIED; // by handles alone
        }
        if (Walk->Rest.Length == 0 && (Context->Options & REG_OPTION_CREATE_LINK)) {
            return STATUS_OBJECT_NAME_COLLISION;
        }
        if ((Next->Flags & CM_KEY_LINK) && (Walk->Rest.Length != 0 || !CmpWantsLink(Context, Attributes))) {
            return CmpFollowLink(Next, &Walk->Rest, CompleteName);
        }
        Walk->Key = Next;
    }
    return STATUS_SUCCESS;
}

// *Found: a new key object for what RemainingName means under Start, with the access that is wanted granted.
static NTSTATUS CmpOpen(PCM_KEY_BODY Start, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode, ULONG Attributes,
                        PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName,
                        PCM_PARSE_CONTEXT Context, PVOID *Found)
{
    PCM_KEY_BODY Body;
    KPROCESSOR_MODE CheckMode = Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode;
    CM_WALK Walk = {Start->KeyControlBlock, *RemainingName, AccessState, CheckMode};
    NTSTATUS Status = CmpCreateKeyBody(&Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLockRegistry();
    Status = CmpIsDeleted(Start) ? STATUS_KEY_DELETED : CmpWalk(&Walk, Context, Attributes, CompleteName);
    if (Status == STATUS_SUCCESS) {
        Body->KeyControlBlock = Walk.Key;
        CmpReferenceKey(Walk.Key);
    }
    CmpUnlockRegistry();
    if (Status == STATUS_SUCCESS && (Context->Options & REG_OPTION_BACKUP_RESTORE)) {
        Status = CmpGrantBackupAccess(AccessState, CheckMode);
    } else if (Status == STATUS_SUCCESS) {
        // Nothing is left of what was asked for where the key is new.
        Status = ObpCheckAccess(Body, AccessState, CheckMode);
    }
    if (Status == STATUS_SUCCESS) {
        *Found = Body;
    } else {
        ObfDereferenceObject(Body);
    }
    return Status;
}

// As CmpOpen, with the drivers asked before and told behind it.
static NTSTATUS CmpOpenWithCallbacks(PCM_KEY_BODY Start, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                                     ULONG Attributes, PUNICODE_STRING CompleteName,
                                     PUNICODE_STRING RemainingName, PCM_PARSE_CONTEXT Context,
                                     PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found)
{
    UNICODE_STRING Remaining = *RemainingName;
    ULONG Disposition = 0;
    CmpSkipSeparators(&Remaining);
    REG_CREATE_KEY_INFORMATION_V1 Information = {
        .CompleteName = CompleteName,
        .RootObject = Start,
        .ObjectType = CmKeyObjectType,
        .Options = Context->Options,
        .Class = Context->Class.Length != 0 ? &Context->Class : NULL,
        .SecurityDescriptor = Context->Security,
        .SecurityQualityOfService = SecurityQos,
        .DesiredAccess = AccessState->OriginalDesiredAccess,
        .Disposition = &Disposition,
        .ResultObject = Found,
        .Version = 1,
        .RemainingName = &Remaining,
        .Wow64Flags = Context->Wow64Flags,
        .Attributes = Attributes,
        .CheckAccessMode = Attributes & OBJ_FORCE_ACCESS_CHECK ? UserMode : Mode,
    };
    CM_OPERATION_STATE Operation = {.Pre = Context->Create ? RegNtPreCreateKeyEx : RegNtPreOpenKeyEx,
                                    .Post = Context->Create ? RegNtPostCreateKeyEx : RegNtPostOpenKeyEx,
                                    .Object = Start,
                                    .Information = &Information,
                                    .CallContext = &Information.CallContext};
    // What the drivers are shown must outlive a reparse, which replaces the name.
    UNICODE_STRING Name;
    NTSTATUS Status = ObpCopyName(&Name, CompleteName);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Information.CompleteName = &Name;
    Remaining.Buffer =
        Name.Buffer != NULL ? Name.Buffer + (Remaining.Buffer - CompleteName->Buffer) : Name.Buffer;
    Status = CmpBeginOperation(&Operation);
    if (Status == STATUS_CALLBACK_BYPASS) {
        AccessState->PreviouslyGrantedAccess |= Information.GrantedAccess;
        AccessState->RemainingDesiredAccess = 0;
        Context->Disposition = Disposition;
        Status = *Found != NULL ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
    } else if (NT_SUCCESS(Status)) {
        Status = CmpOpen(Start, AccessState, Mode, Attributes, CompleteName, RemainingName, Context, Found);
        PVOID Opened = *Found;
        Disposition = Context->Disposition;
        Information.GrantedAccess = AccessState->PreviouslyGrantedAccess;
        Status = CmpEndOperation(&Operation, Status == STATUS_SUCCESS ? Opened : NULL, Status);
        // What the drivers have made of the answer.
        Context->Disposition = Disposition;
        AccessState->PreviouslyGrantedAccess = Information.GrantedAccess;
        if (!NT_SUCCESS(Status) && *Found != NULL) {
            // A driver has made a failure of it.
            ObfDereferenceObject(*Found);
            *Found = NULL;
        } else if (Status == STATUS_SUCCESS && *Found == NULL) {
            // Or a success, without a key.
            Status = STATUS_OBJECT_NAME_NOT_FOUND;
        }
    }
    ObpFreeName(&Name);
    return Status;
}

NTSTATUS NTAPI CmpParseKey(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                           ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName,
                           PVOID Context, PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found)
{
    CM_PARSE_CONTEXT Open = {0};
    PCM_PARSE_CONTEXT Parse = Context != NULL ? Context : &Open;
    *Found = NULL;
    if (Type != NULL && Type != CmKeyObjectType) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if (!CmpHasCallbacks()) {
        return CmpOpen(Object, AccessState, Mode, Attributes, CompleteName, RemainingName, Parse, Found);
    }
    return CmpOpenWithCallbacks(Object, AccessState, Mode, Attributes, CompleteName, RemainingName, Parse,
                                SecurityQos, Found);
}
