// SPDX-License-Identifier: MIT
// Hives loaded from files, under \REGISTRY\MACHINE and \REGISTRY\USER, and unloaded.
#include "inc/kernel.h"
#include "cm/hive.h"

// How the file is written does not depend on them: it is always whole.
#define CMP_LOAD_FLAGS (REG_NO_LAZY_FLUSH | REG_HIVE_EXACT_FILE_GROWTH | REG_HIVE_NO_RM | REG_HIVE_SINGLE_LOG)

typedef struct _CM_LOAD {
    REG_LOAD_KEY_INFORMATION_V2 Public; // first: its Object is the key that the hive comes under
    UNICODE_STRING Name;                // of the root
    HANDLE FileDirectory;
    ULONG HandleAttributes; // of the handle to the root of an application hive
    PCM_KEY_BODY RootBody;  // which that leads to
} CM_LOAD, *PCM_LOAD;

// The path of its file, with the device.
static NTSTATUS CmpNameHive(PCM_HIVE Hive)
{
    POBJECT_NAME_INFORMATION Path;
    NTSTATUS Status = CmpQueryFilePath(Hive->File, &Path);
    if (NT_SUCCESS(Status)) {
        UNICODE_STRING Whole = {Path->Name.Length + (USHORT)sizeof(WCHAR), Path->Name.MaximumLength,
                                Path->Name.Buffer};
        if (CmpCopyString(&Hive->FileName, &Whole)) {
            Hive->FileName.Length -= sizeof(WCHAR);
        } else {
            Status = STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    CmpFreeCaptured(Path);
    return Status;
}

// A new hive in an empty file, which gets it at once.
static NTSTATUS CmpFillNewHive(PCM_HIVE Hive, PCM_KEY_CONTROL_BLOCK Root)
{
    PVOID Contents;
    ULONG Bytes;
    Hive->Minor = 5;
    Hive->Sequence = 1;
    NTSTATUS Status = CmpWriteTree(Root, Hive->Minor, Hive->Sequence, &Hive->FileName, &Contents, &Bytes);
    if (NT_SUCCESS(Status)) {
        Status = CmpWriteHiveFile(Hive->File, Contents, Bytes);
        CmpFreeCaptured(Contents);
    }
    return Status;
}

static NTSTATUS CmpFillHive(PCM_HIVE Hive, PCM_KEY_CONTROL_BLOCK Root)
{
    PVOID Contents;
    ULONG Bytes;
    NTSTATUS Status = CmpReadHiveFile(Hive->File, &Contents, &Bytes);
    if (NT_SUCCESS(Status)) {
        Status = Contents != NULL ? CmpReadTree(Contents, Bytes, Root, Root->Flags & CM_KEY_APPLICATION,
                                                &Hive->Minor, &Hive->Sequence)
                                  : CmpFillNewHive(Hive, Root);
        CmpFreeCaptured(Contents);
    }
    return Status;
}

// Root becomes a key of Parent's. Body, which is optional, leads to it then: an application hive is never
// without a user.
static NTSTATUS CmpAttachHive(PCM_HIVE Hive, PCM_KEY_CONTROL_BLOCK Parent, PCM_KEY_CONTROL_BLOCK Root,
                              PCM_KEY_BODY Body)
{
    ULONG Position;
    NTSTATUS Status = STATUS_SUCCESS;
    CmpLockRegistry();
    if (CmpFindSubKey(Parent, &Root->Name, &Position) != NULL) {
        Status = STATUS_OBJECT_NAME_COLLISION;
    } else if (!CmpInsertSubKey(Parent, Root, Position)) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
    } else {
        Status = CmpAddHive(Hive, Root);
        if (!NT_SUCCESS(Status)) {
            CmpRemoveKey(Root);
        }
    }
    if (NT_SUCCESS(Status)) {
        Root->Flags &= ~(ULONG)CM_KEY_CHANGED;
        if (Body != NULL) {
            Body->KeyControlBlock = Root;
            CmpReferenceKey(Root);
        }
        CmpTouchKey(Parent);
        CmpReportNotify(Parent, REG_NOTIFY_CHANGE_NAME);
    }
    CmpUnlockRegistry();
    return Status;
}

// Before a file is made in vain; who comes in between is found when it is attached.
static NTSTATUS CmpCheckName(PCM_KEY_CONTROL_BLOCK Parent, PCUNICODE_STRING Name)
{
    ULONG Position;
    CmpLockRegistryShared();
    BOOLEAN Taken = CmpFindSubKey(Parent, Name, &Position) != NULL;
    CmpUnlockRegistryShared();
    return Taken ? STATUS_OBJECT_NAME_COLLISION : STATUS_SUCCESS;
}

static NTSTATUS CmpPerformLoad(PVOID Information)
{
    PCM_LOAD Load = Information;
    PCM_KEY_CONTROL_BLOCK Parent = ((PCM_KEY_BODY)Load->Public.Object)->KeyControlBlock;
    SECURITY_SUBJECT_CONTEXT Subject;
    NTSTATUS Status = CmpCheckName(Parent, &Load->Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PCM_HIVE Hive = ExAllocatePoolZero(PagedPool, sizeof(*Hive), TAG_KEY);
    PCM_KEY_CONTROL_BLOCK Root =
        CmpAllocateKey(&Load->Name, NULL, CM_KEY_HIVE | (Parent->Flags & CM_KEY_APPLICATION));
    Status = STATUS_INSUFFICIENT_RESOURCES;
    if (Hive == NULL || Root == NULL) {
        goto FreeHive;
    }
    Root->Depth = Parent->Depth + 1;
    SeCaptureSubjectContext(&Subject);
    Status = CmpAssignKeySecurity(Root, Parent, NULL, &Subject);
    SeReleaseSubjectContext(&Subject);
    if (NT_SUCCESS(Status)) {
        Status = CmpOpenHiveFile(Load->Public.SourceFile, Load->FileDirectory, FILE_OPEN_IF, &Hive->File);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpNameHive(Hive);
    }
    if (NT_SUCCESS(Status)) {
        Status = CmpFillHive(Hive, Root);
    }
    if (NT_SUCCESS(Status)) {
        if (Load->Public.UserEvent != NULL) {
            ObfReferenceObject(Load->Public.UserEvent);
            Hive->UserEvent = Load->Public.UserEvent;
        }
        Hive->Application = Load->RootBody != NULL;
        Status = CmpAttachHive(Hive, Parent, Root, Load->RootBody);
    }
    if (NT_SUCCESS(Status)) {
        return Status;
    }
FreeHive:
    if (Root != NULL) {
        CmpEmptyTree(Root);
        CmpDereferenceKey(Root);
    }
    if (Hive != NULL) {
        CmpFreeHive(Hive);
    }
    return Status;
}

// The same, with a handle to the root.
static NTSTATUS CmpPerformApplicationLoad(PVOID Information)
{
    PCM_LOAD Load = Information;
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    HANDLE Handle;
    NTSTATUS Status = CmpCreateKeyBody(&Load->RootBody);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpPerformLoad(Load);
    if (NT_SUCCESS(Status)) {
        Status = ObOpenObjectByPointer(Load->RootBody, Load->HandleAttributes, NULL,
                                       Load->Public.DesiredAccess, CmKeyObjectType, Mode, &Handle);
    }
    if (NT_SUCCESS(Status)) {
        Status = ObpReturnHandle(Handle, Load->Public.RootHandle, Mode, Status);
    }
    // Without a handle it was the hive's last user.
    ObfDereferenceObject(Load->RootBody);
    return Status;
}

static const CM_OPERATION_KIND CmpLoadOperation =
    CM_OPERATION(LoadKey, REG_LOAD_KEY_INFORMATION_V2, CmpPerformLoad);
static const CM_OPERATION_KIND CmpApplicationLoadOperation =
    CM_OPERATION(LoadKey, REG_LOAD_KEY_INFORMATION_V2, CmpPerformApplicationLoad);

// ---- Loading

// The end of Path's last component goes to *Name, and away from Path.
static VOID CmpSplitPath(PUNICODE_STRING Path, PUNICODE_STRING Name)
{
    USHORT Length = Path->Length;
    while (Length != 0 && Path->Buffer[Length / sizeof(WCHAR) - 1] != OBJ_NAME_PATH_SEPARATOR) {
        Length -= sizeof(WCHAR);
    }
    *Name =
        (UNICODE_STRING){Path->Length - Length, Path->Length - Length, Path->Buffer + Length / sizeof(WCHAR)};
    Path->Length = Length != 0 ? Length - (USHORT)sizeof(WCHAR) : 0;
}

// The key object of what Target names. Options: REG_OPTION_*.
static NTSTATUS CmpOpenTarget(PUNICODE_STRING Path, HANDLE RootDirectory, PCM_KEY_BODY *Body)
{
    HANDLE Handle;
    PVOID Object;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, Path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, RootDirectory,
                               NULL);
    // The privileges have been checked, and no other right is asked for.
    NTSTATUS Status = ZwOpenKey(&Handle, KEY_READ, &Attributes);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(Handle, 0, CmKeyObjectType, KernelMode, &Object, NULL);
    ZwClose(Handle);
    *Body = Object;
    return Status;
}

// The key that the hive is to come under.
static NTSTATUS CmpOpenParent(CM_CAPTURED_ATTRIBUTES *Target, PUNICODE_STRING Name, PCM_KEY_BODY *Parent)
{
    UNICODE_STRING Path = Target->Name;
    CmpSplitPath(&Path, Name);
    if (Name->Length == 0 || Name->Length > CM_MAXIMUM_KEY_NAME_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Path.Length == 0 && Target->RootDirectory == NULL) {
        return STATUS_OBJECT_PATH_SYNTAX_BAD;
    }
    NTSTATUS Status = CmpOpenTarget(&Path, Target->RootDirectory, Parent);
    if (NT_SUCCESS(Status)) {
        PCM_KEY_CONTROL_BLOCK Key = (*Parent)->KeyControlBlock;
        if (Key == CmpRootKey || !(Key->Flags & CM_KEY_DIRECTORY)) {
            ObfDereferenceObject(*Parent);
            Status = STATUS_INVALID_PARAMETER;
        }
    }
    return Status;
}

// The same of an application hive, under a key that nobody else may open: right under \REGISTRY\A.
static NTSTATUS CmpOpenApplicationParent(CM_CAPTURED_ATTRIBUTES *Target, PUNICODE_STRING Name,
                                         PCM_KEY_BODY *Parent)
{
    UNICODE_STRING Path = Target->Name, Applications = RTL_CONSTANT_STRING(L"\\REGISTRY\\A"), Letter;
    ULONG Position;
    CmpSplitPath(&Path, Name);
    if (Target->RootDirectory != NULL || !RtlEqualUnicodeString(&Path, &Applications, TRUE) ||
        Name->Length == 0 || Name->Length > CM_MAXIMUM_KEY_NAME_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCreateKeyBody(Parent);
    if (NT_SUCCESS(Status)) {
        RtlInitUnicodeString(&Letter, L"A");
        CmpLockRegistryShared();
        (*Parent)->KeyControlBlock = CmpFindSubKey(CmpRootKey, &Letter, &Position);
        CmpReferenceKey((*Parent)->KeyControlBlock);
        CmpUnlockRegistryShared();
    }
    return Status;
}

static NTSTATUS CmpReferenceEvent(HANDLE Event, PKEVENT *Object)
{
    PVOID Found = NULL;
    NTSTATUS Status = Event == NULL ? STATUS_SUCCESS
                                    : ObReferenceObjectByHandle(Event, EVENT_MODIFY_STATE, ExEventObjectType,
                                                                KeGetPreviousMode(), &Found, NULL);
    *Object = Found;
    return Status;
}

static VOID CmpDereferenceOptional(PVOID Object)
{
    if (Object != NULL) {
        ObfDereferenceObject(Object);
    }
}

// The hive in the file that SourceFile names becomes the key that TargetKey names, right under
// \REGISTRY\MACHINE or \REGISTRY\USER. A file that is not there is made, with an empty hive; it stays open,
// and is the system's alone, until the hive is unloaded. Flags: REG_NO_LAZY_FLUSH,
// REG_HIVE_EXACT_FILE_GROWTH, REG_HIVE_NO_RM and REG_HIVE_SINGLE_LOG, which make no difference. Event is set
// when the hive is unloaded. REG_APP_HIVE: an application hive, right under \REGISTRY\A, where nobody can
// open keys by name; *RootHandle leads to it, with DesiredAccess. Who has loaded it may do everything in it,
// and it is unloaded when the last key of it is closed. STATUS_INVALID_PARAMETER (flags, a root handle of
// another hive, or none, somewhere else), STATUS_PRIVILEGE_NOT_HELD (backup and restore, but for an
// application hive), STATUS_OBJECT_NAME_COLLISION, STATUS_NOT_REGISTRY_FILE, STATUS_REGISTRY_CORRUPT,
// STATUS_SHARING_VIOLATION, what opening and reading return, STATUS_INSUFFICIENT_RESOURCES. (wdm,
// REG_LOAD_KEY_INFORMATION; winreg, RegLoadKey)
NTSTATUS NTAPI NtLoadKeyEx(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags,
                           HANDLE TrustClassKey, HANDLE Event, ACCESS_MASK DesiredAccess, PHANDLE RootHandle,
                           PVOID Reserved)
{
    CM_CAPTURED_ATTRIBUTES Target, File;
    PCM_KEY_BODY Parent, TrustClass = NULL;
    PKEVENT UserEvent = NULL;
    SECURITY_SUBJECT_CONTEXT Subject;
    CM_LOAD Load = {0};
    UNREFERENCED_PARAMETER(Reserved);
    BOOLEAN Application = (Flags & REG_APP_HIVE) != 0;
    if ((Flags & ~(ULONG)(CMP_LOAD_FLAGS | REG_APP_HIVE)) || (RootHandle != NULL) != Application) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCheckHivePrivileges(!Application, !Application);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureAttributes(TargetKey, &Target);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureAttributes(SourceFile, &File);
    if (!NT_SUCCESS(Status)) {
        goto FreeTarget;
    }
    Status = CmpReferenceEvent(Event, &UserEvent);
    if (NT_SUCCESS(Status) && TrustClassKey != NULL) {
        Status = CmpReferenceKeyBody(TrustClassKey, 0, &TrustClass);
    }
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    Status = Application ? CmpOpenApplicationParent(&Target, &Load.Name, &Parent)
                         : CmpOpenParent(&Target, &Load.Name, &Parent);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    Load.FileDirectory = File.RootDirectory;
    Load.HandleAttributes =
        KeGetPreviousMode() == KernelMode ? Target.Attributes & (OBJ_KERNEL_HANDLE | OBJ_INHERIT) : 0;
    SeCaptureSubjectContext(&Subject);
    Load.Public = (REG_LOAD_KEY_INFORMATION_V2){.Object = Parent,
                                                .KeyName = &Load.Name,
                                                .SourceFile = &File.Name,
                                                .Flags = Flags,
                                                .TrustClassObject = TrustClass,
                                                .UserEvent = UserEvent,
                                                .DesiredAccess = DesiredAccess,
                                                .RootHandle = RootHandle,
                                                .Version = (PVOID)2,
                                                .FileAccessToken = SeQuerySubjectContextToken(&Subject)};
    Status = CmpOperate(Application ? &CmpApplicationLoadOperation : &CmpLoadOperation, &Load);
    SeReleaseSubjectContext(&Subject);
    ObfDereferenceObject(Parent);
Dereference:
    CmpDereferenceOptional(TrustClass);
    CmpDereferenceOptional(UserEvent);
    CmpFreeCaptured(File.Name.Buffer);
FreeTarget:
    CmpFreeCaptured(Target.Name.Buffer);
    return Status;
}

KI_DEFINE_ZW(LoadKeyEx,
             (POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile, ULONG Flags, HANDLE TrustClassKey,
              HANDLE Event, ACCESS_MASK DesiredAccess, PHANDLE RootHandle, PVOID Reserved),
             (TargetKey, SourceFile, Flags, TrustClassKey, Event, DesiredAccess, RootHandle, Reserved))

NTSTATUS NTAPI NtLoadKey(POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile)
{
    return NtLoadKeyEx(TargetKey, SourceFile, 0, NULL, NULL, 0, NULL, NULL);
}

KI_DEFINE_ZW(LoadKey, (POBJECT_ATTRIBUTES TargetKey, POBJECT_ATTRIBUTES SourceFile), (TargetKey, SourceFile))

// ---- Unloading

typedef struct _CM_UNLOAD {
    REG_UNLOAD_KEY_INFORMATION Public; // first
    ULONG Flags;                       // CM_UNLOAD_*
} CM_UNLOAD, *PCM_UNLOAD;

static NTSTATUS CmpPerformUnload(PVOID Information)
{
    PCM_UNLOAD Unload = Information;
    // The object by which the drivers know the key is one of its users.
    return CmpUnloadHive(((PCM_KEY_BODY)Unload->Public.Object)->KeyControlBlock, 1, Unload->Flags,
                         Unload->Public.UserEvent);
}

static const CM_OPERATION_KIND CmpUnloadOperation =
    CM_OPERATION(UnLoadKey, REG_UNLOAD_KEY_INFORMATION, CmpPerformUnload);

static NTSTATUS CmpUnloadForService(POBJECT_ATTRIBUTES TargetKey, ULONG Flags, HANDLE Event)
{
    CM_CAPTURED_ATTRIBUTES Target;
    CM_UNLOAD Unload = {.Flags = Flags};
    PCM_KEY_BODY Body;
    PKEVENT UserEvent;
    NTSTATUS Status = CmpCheckHivePrivileges(TRUE, TRUE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureAttributes(TargetKey, &Target);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpReferenceEvent(Event, &UserEvent);
    if (NT_SUCCESS(Status)) {
        Status = CmpOpenTarget(&Target.Name, Target.RootDirectory, &Body);
    }
    if (NT_SUCCESS(Status)) {
        Unload.Public.Object = Body;
        Unload.Public.UserEvent = UserEvent;
        Status = CmpOperate(&CmpUnloadOperation, &Unload);
        ObfDereferenceObject(Body);
    }
    CmpDereferenceOptional(UserEvent);
    CmpFreeCaptured(Target.Name.Buffer);
    return Status;
}

// Writes the hive whose root TargetKey names to its file, if it has changed, and takes it out of the
// registry. STATUS_CANNOT_DELETE: keys of it are open. STATUS_INVALID_PARAMETER: no hive with a file,
// STATUS_PRIVILEGE_NOT_HELD (backup and restore), what opening the key and writing return. (winreg,
// RegUnLoadKey)
NTSTATUS NTAPI NtUnloadKey(POBJECT_ATTRIBUTES TargetKey)
{
    return CmpUnloadForService(TargetKey, 0, NULL);
}

KI_DEFINE_ZW(UnloadKey, (POBJECT_ATTRIBUTES TargetKey), (TargetKey))

// The same; with REG_FORCE_UNLOAD whoever has keys open: STATUS_KEY_DELETED is all that comes of them then.
NTSTATUS NTAPI NtUnloadKey2(POBJECT_ATTRIBUTES TargetKey, ULONG Flags)
{
    if (Flags & ~(ULONG)REG_FORCE_UNLOAD) {
        return STATUS_INVALID_PARAMETER;
    }
    return CmpUnloadForService(TargetKey, Flags & REG_FORCE_UNLOAD ? CM_UNLOAD_FORCE : 0, NULL);
}

KI_DEFINE_ZW(UnloadKey2, (POBJECT_ATTRIBUTES TargetKey, ULONG Flags), (TargetKey, Flags))

// The same as NtUnloadKey, and Event is set. STATUS_PENDING: keys are open; it is unloaded, and Event set,
// when nobody has any more. STATUS_TOO_LATE: another event waits for that. Without an event, as NtUnloadKey.
NTSTATUS NTAPI NtUnloadKeyEx(POBJECT_ATTRIBUTES TargetKey, HANDLE Event)
{
    return CmpUnloadForService(TargetKey, Event != NULL ? CM_UNLOAD_LATE : 0, Event);
}

KI_DEFINE_ZW(UnloadKeyEx, (POBJECT_ATTRIBUTES TargetKey, HANDLE Event), (TargetKey, Event))
