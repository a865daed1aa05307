// SPDX-License-Identifier: MIT
// The configuration manager: the registry's keys and values, kept in memory, and who is told of what happens
// to them.
#ifndef KMODE_CM_H
#define KMODE_CM_H

#define CM_MAXIMUM_KEY_NAME_BYTES   (255 * sizeof(WCHAR))
#define CM_MAXIMUM_VALUE_NAME_BYTES (16383 * sizeof(WCHAR))
#define CM_MAXIMUM_DEPTH            512
#define CM_MAXIMUM_PATH_BYTES       (UNICODE_STRING_MAX_BYTES - sizeof(WCHAR))

extern POBJECT_TYPE CmKeyObjectType;

// ---- Keys (cm/key-control-block.c)

// One of KEY_VALUE_*'s values.
typedef struct _CM_KEY_VALUE {
    UNICODE_STRING Name; // behind the structure
    ULONG Type;
    ULONG DataLength;
    PUCHAR Data; // from pool; NULL if there is none
} CM_KEY_VALUE, *PCM_KEY_VALUE;

#define CM_KEY_VOLATILE    0x01
#define CM_KEY_LINK        0x02
#define CM_KEY_DELETED     0x04
#define CM_KEY_HIVE        0x08 // the root of a hive: it cannot be deleted or renamed
#define CM_KEY_DIRECTORY   0x10 // \REGISTRY, \REGISTRY\MACHINE, \REGISTRY\USER: hives only
#define CM_KEY_CHANGED     0x20 // a hive's root: something in it is not as in its file
#define CM_KEY_APPLICATION 0x40 // \REGISTRY\A, and all keys under it

// A key. It lives as long as it is in the tree or a key object leads to it.
typedef struct _CM_KEY_CONTROL_BLOCK {
    volatile LONG ReferenceCount;
    ULONG Flags;                          // CM_KEY_*
    struct _CM_KEY_CONTROL_BLOCK *Parent; // NULL: \REGISTRY, or deleted
    ULONG Depth;
    UNICODE_STRING Name;           // from pool
    UNICODE_STRING Class;          // from pool
    PSECURITY_DESCRIPTOR Security; // of an OB_DESCRIPTOR, shared with those that have the same
    LARGE_INTEGER LastWriteTime;
    ULONG SubKeyCount, SubKeyRoom;
    struct _CM_KEY_CONTROL_BLOCK **SubKeys; // sorted by name
    ULONG ValueCount, ValueRoom;
    PCM_KEY_VALUE *Values; // in the order in which they came
    LIST_ENTRY NotifyList; // CM_NOTIFY_BLOCK.Link
    ULONG UserFlags, VirtualizationFlags, ControlFlags;
} CM_KEY_CONTROL_BLOCK, *PCM_KEY_CONTROL_BLOCK;

extern PCM_KEY_CONTROL_BLOCK CmpRootKey; // \REGISTRY
extern EX_PUSH_LOCK CmpRegistryLock;     // of all keys and values, and of the notify blocks

static inline VOID CmpLockRegistryShared(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&CmpRegistryLock);
}

static inline VOID CmpUnlockRegistryShared(VOID)
{
    ExReleasePushLockShared(&CmpRegistryLock);
    KeLeaveCriticalRegion();
}

static inline VOID CmpLockRegistry(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&CmpRegistryLock);
}

static inline VOID CmpUnlockRegistry(VOID)
{
    ExReleasePushLockExclusive(&CmpRegistryLock);
    KeLeaveCriticalRegion();
}

// All at IRQL <= APC_LEVEL with the registry locked, for writing where they change something.

// A key that is in no tree, with one reference. NULL: no memory.
PCM_KEY_CONTROL_BLOCK CmpAllocateKey(PCUNICODE_STRING Name, PCUNICODE_STRING Class, ULONG Flags);
VOID CmpReferenceKey(PCM_KEY_CONTROL_BLOCK Key);
// May free it; without the lock too.
VOID CmpDereferenceKey(PCM_KEY_CONTROL_BLOCK Key);

// NULL if there is none. *Position: where it is, or would be.
PCM_KEY_CONTROL_BLOCK CmpFindSubKey(PCM_KEY_CONTROL_BLOCK Parent, PCUNICODE_STRING Name, PULONG Position);
// Key, which has a name that no other of Parent's has, becomes its subkey at Position; the reference goes
// over. FALSE: no memory.
BOOLEAN CmpInsertSubKey(PCM_KEY_CONTROL_BLOCK Parent, PCM_KEY_CONTROL_BLOCK Key, ULONG Position);
// Takes Key, which has no subkeys, out of the tree: it is deleted. The tree's reference is the caller's.
VOID CmpRemoveKey(PCM_KEY_CONTROL_BLOCK Key);
// Another name for Key. STATUS_CANNOT_DELETE: another subkey has it; STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpRenameKey(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name);
// Key has changed just now, and with it its hive.
VOID CmpTouchKey(PCM_KEY_CONTROL_BLOCK Key);
// The hive of Key is not as in its file.
VOID CmpMarkHive(PCM_KEY_CONTROL_BLOCK Key);

// Bytes of Key's path; written backwards in front of End if that is not NULL.
ULONG CmpKeyPath(PCM_KEY_CONTROL_BLOCK Key, PWCH End);

// Copies Source; an empty one has no buffer. FALSE: no memory.
BOOLEAN CmpCopyString(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
VOID CmpFreeString(PUNICODE_STRING String);

// ---- Values (cm/value.c): with the registry locked

PCM_KEY_VALUE CmpFindValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name);
// *Changed: it is not what it was. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpSetValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name, ULONG Type, const VOID *Data,
                     ULONG DataSize, PBOOLEAN Changed);
// FALSE: there is none of that name.
BOOLEAN CmpDeleteValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name);
VOID CmpDeleteValues(PCM_KEY_CONTROL_BLOCK Key);

// ---- Key objects (cm/key-object.c)

// What a handle leads to: the body of a Key object.
typedef struct _CM_KEY_BODY {
    ULONG Type;
    PCM_KEY_CONTROL_BLOCK KeyControlBlock; // referenced
    struct _CM_NOTIFY_BLOCK *NotifyBlock;
    HANDLE ProcessId;
    ULONG HandleTags;
    LIST_ENTRY Contexts;  // CM_CONTEXT.BodyLink (cm/callback-context.c)
    UNICODE_STRING *Name; // of CmCallbackGetKeyObjectID, until the body goes
} CM_KEY_BODY, *PCM_KEY_BODY;

#define CM_KEY_BODY_TYPE '20yk'

NTSTATUS CmpInitializeKeyType(VOID);

// A body with one reference, which leads to no key yet. IRQL PASSIVE_LEVEL.
NTSTATUS CmpCreateKeyBody(PCM_KEY_BODY *Body);

// The key object of Handle in the previous mode, referenced. STATUS_INVALID_HANDLE,
// STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED. IRQL PASSIVE_LEVEL.
NTSTATUS CmpReferenceKeyBody(HANDLE Handle, ACCESS_MASK DesiredAccess, PCM_KEY_BODY *Body);

static inline BOOLEAN CmpIsDeleted(const CM_KEY_BODY *Body)
{
    return (Body->KeyControlBlock->Flags & CM_KEY_DELETED) != 0;
}

// ---- Security descriptors of keys (cm/key-security.c)

// Of the key that Object, a key object, leads to, referenced. NULL: it leads nowhere yet. IRQL PASSIVE_LEVEL,
// the registry is not locked.
PSECURITY_DESCRIPTOR CmpReferenceSecurity(PVOID Object);
// The registry is locked for writing, or Key is nobody else's. A copy of Descriptor becomes Key's.
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpSetKeySecurity(PCM_KEY_CONTROL_BLOCK Key, PSECURITY_DESCRIPTOR Descriptor);
// Gives Key, which is nobody else's, its first one: of Explicit, its creator's, or NULL; of what Parent hands
// down; of Subject's token. What SeAssignSecurity says.
NTSTATUS CmpAssignKeySecurity(PCM_KEY_CONTROL_BLOCK Key, PCM_KEY_CONTROL_BLOCK Parent,
                              PSECURITY_DESCRIPTOR Explicit, PSECURITY_SUBJECT_CONTEXT Subject);
// The registry is locked. Whether Key grants Access to who AccessState is of. STATUS_ACCESS_DENIED.
NTSTATUS CmpCheckKeyRight(PCM_KEY_CONTROL_BLOCK Key, ACCESS_MASK Access, PACCESS_STATE AccessState);
// Grants what opening for backup and restoring does, of whatever else was asked for: reading with
// SeBackupPrivilege, writing and deletion with SeRestorePrivilege, the SACL with each. STATUS_ACCESS_DENIED:
// neither is held.
NTSTATUS CmpGrantBackupAccess(PACCESS_STATE AccessState, KPROCESSOR_MODE Mode);
// The creator of a key gets what it asks for: the descriptor is for those who come after it. Asking for the
// SACL takes SeSecurityPrivilege: STATUS_PRIVILEGE_NOT_HELD. STATUS_ACCESS_DENIED: no key has such a right.
NTSTATUS CmpGrantCreator(PACCESS_STATE AccessState, KPROCESSOR_MODE Mode);
NTSTATUS NTAPI CmpSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                 PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                 PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType,
                                 PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode);

// ---- Security of the first keys (cm/default-security.c)

typedef enum _CM_DEFAULT_SECURITY {
    CmInheritedSecurity,     // the key above it decides
    CmDirectorySecurity,     // everybody reads
    CmMachineSecurity,       // users read, administrators do everything
    CmPrivateSecurity,       // the system alone
    CmEnumeratorSecurity,    // everybody reads, the system does everything
    CmStandardUserSecurity,  // that user does everything
    CmAdministratorSecurity, // and this one
    CmOtherAdministratorSecurity,
    CmApplicationSecurity, // who has got at the hive does everything
} CM_DEFAULT_SECURITY;

// Key, which is nobody else's, gets one of them. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpSetDefaultSecurity(PCM_KEY_CONTROL_BLOCK Key, CM_DEFAULT_SECURITY Security);

// ---- What services share (cm/capture.c)

// A name as the caller of a service gives it: probed and copied. Freed by CmpFreeCaptured. NULL is an empty
// one. STATUS_INVALID_PARAMETER (odd, or longer than Limit), STATUS_INSUFFICIENT_RESOURCES, what reading it
// raised.
NTSTATUS CmpCaptureName(PUNICODE_STRING Destination, PUNICODE_STRING Source, ULONG Limit);
// The same of Bytes of data. A NULL Source without bytes gives NULL.
NTSTATUS CmpCaptureData(PVOID *Destination, const VOID *Source, ULONG Bytes);
VOID CmpFreeCaptured(PVOID Buffer);
// Writes what the caller wants. What that raised.
NTSTATUS CmpReturnBytes(PVOID Destination, const VOID *Source, SIZE_T Bytes);
NTSTATUS CmpProbeOutput(PVOID Buffer, ULONG Length, PULONG ResultLength);

// What a query answers, part by part: counted whole, kept as far as the caller's buffer reaches.
typedef struct _CM_ANSWER {
    PUCHAR Buffer; // from pool
    ULONG Length;  // of the caller's buffer
    ULONG Room;    // of Buffer
    ULONG Fixed;   // bytes without which nothing is answered
    ULONG Needed;  // so far
} CM_ANSWER;

// STATUS_INSUFFICIENT_RESOURCES. Most: bytes that the answer cannot be longer than.
NTSTATUS CmpBeginAnswer(CM_ANSWER *Answer, ULONG Length, ULONG Most);
VOID CmpAnswer(CM_ANSWER *Answer, ULONG Offset, const VOID *Source, ULONG Bytes);
// The end: to the caller's Buffer, with *ResultLength. STATUS_BUFFER_TOO_SMALL: nothing of it;
// STATUS_BUFFER_OVERFLOW: its beginning. The registry is not locked.
NTSTATUS CmpEndAnswer(CM_ANSWER *Answer, PVOID Buffer, PULONG ResultLength, NTSTATUS Status);

// ---- Keys by name (cm/parse.c)

// What NtCreateKey and NtOpenKeyEx ask of the parse method.
typedef struct _CM_PARSE_CONTEXT {
    BOOLEAN Create;
    ULONG Options; // REG_OPTION_*
    ULONG Wow64Flags;
    UNICODE_STRING Class;          // captured
    PSECURITY_DESCRIPTOR Security; // captured; NULL: none is given
    ULONG Disposition;             // the answer
} CM_PARSE_CONTEXT, *PCM_PARSE_CONTEXT;

NTSTATUS NTAPI CmpParseKey(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode,
                           ULONG Attributes, PUNICODE_STRING CompleteName, PUNICODE_STRING RemainingName,
                           PVOID Context, PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found);

// ---- Notification of changes (cm/notify.c)

// The registry is locked for writing. Key has changed: Filter is of REG_NOTIFY_CHANGE_*.
VOID CmpReportNotify(PCM_KEY_CONTROL_BLOCK Key, ULONG Filter);
// The same; Key is going: those who watch it itself are told so.
VOID CmpFlushNotify(PCM_KEY_CONTROL_BLOCK Key);
// The last handle to Body is closed, or Body goes.
VOID CmpCloseNotify(PCM_KEY_BODY Body);
// The current thread, Thread, ends: what it has asked for in user mode is told to nobody. IRQL PASSIVE_LEVEL.
VOID CmNotifyRunDown(PETHREAD Thread);

// ---- Callbacks (cm/callback.c)

// How one kind of operation is told.
typedef struct _CM_OPERATION_KIND {
    REG_NOTIFY_CLASS Pre, Post;
    ULONG Bytes;       // of its REG_*_INFORMATION
    ULONG CallContext; // offset in it; ObjectContext is the next member
    NTSTATUS (*Perform)(PVOID Information);
} CM_OPERATION_KIND;

#define CM_OPERATION(Name, Structure, Routine)                                                               \
    {RegNtPre##Name, RegNtPost##Name, sizeof(Structure), FIELD_OFFSET(Structure, CallContext), Routine}

// One that is under way.
typedef struct _CM_OPERATION_STATE {
    REG_NOTIFY_CLASS Pre, Post;
    PVOID Object;       // whose contexts are shown
    PVOID Information;  // what the callbacks see
    PVOID *CallContext; // its member
    ULONG CallCount;
    struct _CM_CALL *Calls;
} CM_OPERATION_STATE;

// Asks the drivers. STATUS_SUCCESS: to be carried out, and CmpEndOperation follows. STATUS_CALLBACK_BYPASS: a
// driver has done so, and it has succeeded. Else what a driver, or want of memory, refuses it with. IRQL
// PASSIVE_LEVEL, the registry is not locked.
NTSTATUS CmpBeginOperation(CM_OPERATION_STATE *Operation);
// Tells them what has come of it. Returns the status that they leave.
NTSTATUS CmpEndOperation(CM_OPERATION_STATE *Operation, PVOID Object, NTSTATUS Status);

// The whole of an operation on a key object, which is the first member of Information: asks, calls Perform
// with what the caller said, tells. IRQL PASSIVE_LEVEL.
NTSTATUS CmpOperate(const CM_OPERATION_KIND *Kind, PVOID Information);

// TRUE: somebody is to be told of something.
BOOLEAN CmpHasCallbacks(VOID);

// A driver's routine, from CmRegisterCallback[Ex] to CmUnRegisterCallback.
typedef struct _CM_CALLBACK {
    LIST_ENTRY Link; // the highest altitude first; those without one before them
    LARGE_INTEGER Cookie;
    UNICODE_STRING Altitude; // behind the structure; empty: CmRegisterCallback's
    PEX_CALLBACK_FUNCTION Function;
    PVOID Context;
    volatile LONG Users; // operations that have come by, and one for the registration itself
    KEVENT NoUsers;
    LIST_ENTRY Contexts; // CM_CONTEXT.CallbackLink
} CM_CALLBACK, *PCM_CALLBACK;

extern EX_PUSH_LOCK CmpCallbackLock; // of callbacks and contexts

static inline VOID CmpLockCallbacks(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&CmpCallbackLock);
}

static inline VOID CmpUnlockCallbacks(VOID)
{
    ExReleasePushLockExclusive(&CmpCallbackLock);
    KeLeaveCriticalRegion();
}

// Callbacks are locked. NULL if there is none.
PCM_CALLBACK CmpFindCallback(LARGE_INTEGER Cookie);
// One user less.
VOID CmpLeaveCallback(PCM_CALLBACK Callback);
NTSTATUS CmpCallCallback(PCM_CALLBACK Callback, REG_NOTIFY_CLASS Class, PVOID Information);

// ---- Contexts of key objects (cm/callback-context.c)

// Callbacks are locked. What Callback has associated with the key object; NULL if nothing.
PVOID CmpObjectContext(PCM_KEY_BODY Body, PCM_CALLBACK Callback);
// Tells each callback that its context of Body is no longer needed.
VOID CmpCleanUpContexts(PCM_KEY_BODY Body);
// Tells Callback, which nobody uses any more, of all of its.
VOID CmpCleanUpCallback(PCM_CALLBACK Callback);

// The path of Body's key, for CmCallbackReleaseKeyObjectIDEx; a zero follows it. STATUS_KEY_DELETED,
// STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS CmpMakeName(PCM_KEY_BODY Body, PUNICODE_STRING *Name);

// ---- Requests from outside (cm/request.c)

// What Operation asks. IRQL PASSIVE_LEVEL.
NTSTATUS CmCarryOut(KM_REGISTRY_OPERATION *Operation);

// ---- Start (cm/startup.c)

// Makes the Key type, \REGISTRY and the hives. Once, after ob. IRQL PASSIVE_LEVEL.
NTSTATUS CmInitSystem(VOID);

#endif
