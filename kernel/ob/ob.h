// SPDX-License-Identifier: MIT
// The object manager: objects with a header in front, their types, names and handles. Layouts that drivers
// read are Windows 11's.
#ifndef KMODE_OB_H
#define KMODE_OB_H

#include "se/access-state.h"

struct _OBJECT_DIRECTORY;

// ---- Types (ob/type.c)

// Why a handle is made, for an open method.
typedef enum _OB_OPEN_REASON {
    ObCreateHandle,
    ObOpenHandle,
    ObDuplicateHandle,
    ObInheritHandle,
    ObMaxOpenReason
} OB_OPEN_REASON;

// Methods of a type, all at PASSIVE_LEVEL, each optional.
//
// A handle comes into being in Process, with GrantedAccess; HandleCount is that process's, the new one
// included. An error keeps it from being made.
typedef NTSTATUS(NTAPI *OB_OPEN_METHOD)(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process,
                                        PVOID Object, PACCESS_MASK GrantedAccess, ULONG HandleCount);
// A handle has gone. The counts include it: 1 is the last.
typedef VOID(NTAPI *OB_CLOSE_METHOD)(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount,
                                     ULONG_PTR SystemHandleCount);
// The last reference has gone: frees what the body owns, not the body.
typedef VOID(NTAPI *OB_DELETE_METHOD)(PVOID Object);
// Finds what RemainingName, empty or starting with a separator, means under Object (below a RootDirectory it
// starts without one). *Found is referenced. STATUS_REPARSE: CompleteName has been replaced (its old buffer
// freed with ObpFreeName), and is looked up anew.
typedef NTSTATUS(NTAPI *OB_PARSE_METHOD)(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                                         KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                         PUNICODE_STRING RemainingName, PVOID Context,
                                         PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found);
typedef NTSTATUS(NTAPI *OB_SECURITY_METHOD)(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                            PSECURITY_INFORMATION Information,
                                            PSECURITY_DESCRIPTOR Descriptor, PULONG Length,
                                            PSECURITY_DESCRIPTOR *ObjectsDescriptor, POOL_TYPE PoolType,
                                            PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode);
typedef NTSTATUS(NTAPI *OB_QUERYNAME_METHOD)(PVOID Object, BOOLEAN HasName,
                                             POBJECT_NAME_INFORMATION Information, ULONG Length,
                                             PULONG ReturnLength, KPROCESSOR_MODE Mode);
// FALSE: the handle may not be closed.
typedef BOOLEAN(NTAPI *OB_OKAYTOCLOSE_METHOD)(PEPROCESS Process, PVOID Object, HANDLE Handle,
                                              KPROCESSOR_MODE Mode);

#define OB_TYPE_SECURITY_REQUIRED         0x08
#define OB_TYPE_MAINTAIN_HANDLE_COUNT     0x10
#define OB_TYPE_SUPPORTS_OBJECT_CALLBACKS 0x40

typedef struct _OBJECT_TYPE_INITIALIZER {
    USHORT Length;
    USHORT ObjectTypeFlags; // OB_TYPE_*
    ULONG ObjectTypeCode;
    ULONG InvalidAttributes; // OBJ_* that a handle of this type may not have
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccessMask;
    ULONG RetainAccess;
    POOL_TYPE PoolType; // of bodies
    ULONG DefaultPagedPoolCharge;
    ULONG DefaultNonPagedPoolCharge;
    PVOID DumpProcedure;
    OB_OPEN_METHOD OpenProcedure;
    OB_CLOSE_METHOD CloseProcedure;
    OB_DELETE_METHOD DeleteProcedure;
    OB_PARSE_METHOD ParseProcedure;
    OB_SECURITY_METHOD SecurityProcedure;
    OB_QUERYNAME_METHOD QueryNameProcedure;
    OB_OKAYTOCLOSE_METHOD OkayToCloseProcedure;
    ULONG WaitObjectFlagMask;
    USHORT WaitObjectFlagOffset;
    USHORT WaitObjectPointerOffset;
} OBJECT_TYPE_INITIALIZER, *POBJECT_TYPE_INITIALIZER;

typedef struct _OBJECT_TYPE {
    LIST_ENTRY TypeList; // OBJECT_HEADER_CREATOR_INFO.TypeList of every object of the type
    UNICODE_STRING Name;
    // What a wait for an object of the type waits for: NULL, the body itself; OB_WAIT_AT_OFFSET, the
    // dispatcher object that lies WaitObjectPointerOffset bytes into it; else one for all of them.
    PVOID DefaultObject;
    UCHAR Index;
    ULONG TotalNumberOfObjects;
    ULONG TotalNumberOfHandles;
    ULONG HighWaterNumberOfObjects;
    ULONG HighWaterNumberOfHandles;
    OBJECT_TYPE_INITIALIZER TypeInfo;
    EX_PUSH_LOCK TypeLock;
    ULONG Key; // pool tag of its objects
    LIST_ENTRY CallbackList;
} OBJECT_TYPE;

#define OB_WAIT_AT_OFFSET ((PVOID)1)

C_ASSERT(FIELD_OFFSET(OBJECT_TYPE, TypeInfo) == 0x40);
C_ASSERT(sizeof(OBJECT_TYPE_INITIALIZER) == 0x78);
C_ASSERT(FIELD_OFFSET(OBJECT_TYPE, CallbackList) == 0xC8);

#define OB_MAXIMUM_TYPES 64
extern POBJECT_TYPE ObpObjectTypes[OB_MAXIMUM_TYPES]; // by index; 0 and 1 are never used, 2 is Type itself
extern POBJECT_TYPE ObpTypeObjectType;
extern POBJECT_TYPE ObpDirectoryObjectType;
extern POBJECT_TYPE ObpSymbolicLinkObjectType;

// Makes a type, named \ObjectTypes\TypeName. It is never freed. STATUS_OBJECT_NAME_COLLISION,
// STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER. Initializer->Length must be its size. IRQL
// PASSIVE_LEVEL.
NTSTATUS NTAPI ObCreateObjectType(PUNICODE_STRING TypeName, POBJECT_TYPE_INITIALIZER Initializer,
                                  PSECURITY_DESCRIPTOR SecurityDescriptor, POBJECT_TYPE *ObjectType);

// What a component describes its type by.
typedef struct _OB_TYPE_DESCRIPTION {
    PCWSTR Name;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK ValidAccessMask;
    ULONG Flags; // OB_TYPE_*
    ULONG InvalidAttributes;
    OB_OPEN_METHOD Open;
    OB_CLOSE_METHOD Close;
    OB_DELETE_METHOD Delete;
    OB_PARSE_METHOD Parse;
    OB_SECURITY_METHOD Security;
    OB_QUERYNAME_METHOD QueryName;
    OB_OKAYTOCLOSE_METHOD OkayToClose;
    BOOLEAN Stateless; // a wait for one is over at once
    ACCESS_MASK RetainAccess;
    PVOID DefaultObject;
    USHORT WaitObjectOffset;
} OB_TYPE_DESCRIPTION;

// Puts the types that there are into \\ObjectTypes, and those to come.
NTSTATUS ObpNameTypes(struct _OBJECT_DIRECTORY *Directory);

// Makes a type of Description, as ObCreateObjectType does.
NTSTATUS ObpCreateType(const OB_TYPE_DESCRIPTION *Description, POBJECT_TYPE *ObjectType);

// ---- Objects (ob/object.c)

// OBJECT_HEADER.Flags, of Windows
#define OB_FLAG_NEW_OBJECT       0x01 // not inserted yet: ObjectCreateInfo is valid
#define OB_FLAG_KERNEL_OBJECT    0x02
#define OB_FLAG_KERNEL_ONLY      0x04
#define OB_FLAG_EXCLUSIVE_OBJECT 0x08
#define OB_FLAG_PERMANENT_OBJECT 0x10
#define OB_FLAG_DEFER_DELETE     0x80
// OBJECT_HEADER.InfoMask
#define OB_INFO_CREATOR          0x01
#define OB_INFO_NAME             0x02

// What ObCreateObject keeps for ObInsertObject.
typedef struct _OBJECT_CREATE_INFORMATION {
    ULONG Attributes;
    HANDLE RootDirectory;
    KPROCESSOR_MODE ProbeMode;
    PSECURITY_DESCRIPTOR SecurityDescriptor; // captured
} OBJECT_CREATE_INFORMATION, *POBJECT_CREATE_INFORMATION;

typedef struct _OBJECT_HEADER_CREATOR_INFO {
    LIST_ENTRY TypeList; // OBJECT_TYPE.TypeList
    HANDLE CreatorUniqueProcess;
    ULONG64 Reserved;
} OBJECT_HEADER_CREATOR_INFO, *POBJECT_HEADER_CREATOR_INFO;

typedef struct _OBJECT_HEADER_NAME_INFO {
    struct _OBJECT_DIRECTORY *Directory; // the one that it is in, or NULL
    UNICODE_STRING Name;                 // before it is inserted: the path
    PVOID ExclusiveProcess;              // of an OB_FLAG_EXCLUSIVE_OBJECT: whose handles there are
} OBJECT_HEADER_NAME_INFO, *POBJECT_HEADER_NAME_INFO;

typedef struct _OBJECT_HEADER {
    volatile LONG_PTR PointerCount; // a handle, and the directory that the object is in, count 1 each
    union {
        volatile LONG_PTR HandleCount;
        PVOID NextToFree;
    };
    EX_PUSH_LOCK Lock; // handle count's changes, security descriptor
    UCHAR TypeIndex;
    UCHAR TraceFlags;
    UCHAR InfoMask;
    UCHAR Flags;
    ULONG Reserved;
    POBJECT_CREATE_INFORMATION ObjectCreateInfo;
    PSECURITY_DESCRIPTOR SecurityDescriptor; // of an OB_DESCRIPTOR; NULL: everybody may do everything
    // the body
} OBJECT_HEADER, *POBJECT_HEADER;

C_ASSERT(sizeof(OBJECT_HEADER) == 0x30);

// What lies in front of a body.
typedef struct DECLSPEC_ALIGN(16) _OB_PREFIX {
    OBJECT_HEADER_CREATOR_INFO Creator;
    OBJECT_HEADER_NAME_INFO Name;
    OBJECT_HEADER Header;
} OB_PREFIX;

static inline POBJECT_HEADER ObpHeader(PVOID Object)
{
    return (POBJECT_HEADER)Object - 1;
}

static inline PVOID ObpBody(POBJECT_HEADER Header)
{
    return Header + 1;
}

static inline OB_PREFIX *ObpPrefix(PVOID Object)
{
    return CONTAINING_RECORD(ObpHeader(Object), OB_PREFIX, Header);
}

static inline POBJECT_HEADER_NAME_INFO ObpNameInfo(PVOID Object)
{
    return &ObpPrefix(Object)->Name;
}

static inline POBJECT_TYPE ObpTypeOf(PVOID Object)
{
    return ObpObjectTypes[ObpHeader(Object)->TypeIndex];
}

// Makes an object of Type with Bytes of zeroed body, with one reference that is the caller's; name and
// attributes are kept for ObInsertObject. The attributes are probed for ProbeMode. ParseContext and the
// charges are not used. STATUS_INVALID_PARAMETER (attributes that the type forbids),
// STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES, or what reading the attributes raised. IRQL
// PASSIVE_LEVEL.
NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes,
                              KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG Bytes,
                              ULONG PagedPoolCharge, ULONG NonPagedPoolCharge, PVOID *Object);

// Gives Object, a body with an OB_PREFIX in front that is static storage, its header, with one reference for
// ever.
VOID ObpInitializeStaticObject(PVOID Object, POBJECT_TYPE Type);

// Frees what ObCreateObject kept, if ObInsertObject has not.
VOID ObpFreeCreateInformation(POBJECT_HEADER Header);

// Starts what deletes objects whose last reference goes where they cannot be deleted.
NTSTATUS ObpInitializeDeletion(VOID);

// Of every type, under it: TypeList and the counts. Taken at DISPATCH_LEVEL.
extern KSPIN_LOCK ObpTypeListLock;

// ---- Handles (ob/handle-table.c, ob/handle.c)

#define OBJ_PROTECT_CLOSE 0x00000001L // a handle's: it cannot be closed

// An entry, as Windows 8.1 and later have it: drivers that walk tables read and change it.
typedef struct _HANDLE_TABLE_ENTRY {
    union {
        volatile LONG64 VolatileLowValue; // 0: free
        ULONG64 LowValue;
        struct {
            ULONG64 Unlocked : 1;
            ULONG64 RefCnt : 16;
            ULONG64 Attributes : 3;         // OBJ_PROTECT_CLOSE, OBJ_INHERIT
            ULONG64 ObjectPointerBits : 44; // of the OBJECT_HEADER, without the four lowest, which are 0
        };
    };
    union {
        ULONG64 HighValue;
        struct {
            ULONG GrantedAccessBits : 25;
            ULONG NoRightsUpgrade : 1;
            ULONG Spare1 : 6;
            ULONG Spare2;
        };
        ULONG NextFree; // index
    };
} HANDLE_TABLE_ENTRY, *PHANDLE_TABLE_ENTRY;
C_ASSERT(sizeof(HANDLE_TABLE_ENTRY) == 16);

// What an entry says.
typedef struct _OB_HANDLE {
    PVOID Object;
    ACCESS_MASK GrantedAccess;
    ULONG Attributes;
} OB_HANDLE, *POB_HANDLE;

#define OB_HANDLES_PER_PAGE 256
#define OB_HANDLE_PAGES     1024

// The members that drivers know of Windows are where Windows 11 has them.
typedef struct _HANDLE_TABLE {
    ULONG NextHandleNeedingPool;
    LONG ExtraInfoPages;
    ULONG_PTR TableCode; // Pages, and 1: entries are two steps away
    PEPROCESS QuotaProcess;
    LIST_ENTRY HandleTableList;
    ULONG UniqueProcessId;
    ULONG Flags;
    EX_PUSH_LOCK HandleContentionEvent; // who waits for an entry that is locked (ob/enumerate-table.c)
    EX_PUSH_LOCK HandleTableLock;
    ULONG HandleCount;
    ULONG FirstFree; // 0: none
    ULONG PageCount;
    PHANDLE_TABLE_ENTRY *Pages;
} HANDLE_TABLE, *PHANDLE_TABLE;
C_ASSERT(FIELD_OFFSET(HANDLE_TABLE, TableCode) == 8);
C_ASSERT(FIELD_OFFSET(HANDLE_TABLE, HandleContentionEvent) == 0x30);

extern PHANDLE_TABLE ObpKernelHandleTable; // the System process's too

#define OB_KERNEL_HANDLE_BIT 0xFFFFFFFF80000000ULL

static inline BOOLEAN ObpIsKernelHandle(HANDLE Handle)
{
    LONG_PTR Value = (LONG_PTR)Handle;
    return Value < 0 && Value != -1 && Value != -2;
}

PHANDLE_TABLE ObpCreateHandleTable(PEPROCESS Process);
// Closes every handle in it. The current thread is attached to the process.
VOID ObpCloseAllHandles(PEPROCESS Process);
VOID ObpDeleteHandleTable(PHANDLE_TABLE Table);

// Puts Object into Table; its reference is the caller's before and the entry's after. 0 if there is no
// memory. The value is an index times four.
HANDLE ObpInsertHandle(PHANDLE_TABLE Table, PVOID Object, ACCESS_MASK GrantedAccess, ULONG Attributes);
// Takes a handle's entry out, and returns it. FALSE if there is none, or if it is protected and Force is not
// set: *Status says which.
BOOLEAN ObpRemoveHandle(PHANDLE_TABLE Table, HANDLE Handle, BOOLEAN Force, POB_HANDLE Removed,
                        NTSTATUS *Status);
// Copies a handle's entry, and references its object. STATUS_INVALID_HANDLE.
NTSTATUS ObpReferenceEntry(PHANDLE_TABLE Table, HANDLE Handle, POB_HANDLE Found);
// Changes a handle's attributes. STATUS_INVALID_HANDLE.
NTSTATUS ObpSetEntryAttributes(PHANDLE_TABLE Table, HANDLE Handle, ULONG Mask, ULONG Attributes);
// Calls Routine for each handle, with the table locked, until it returns FALSE.
VOID ObpEnumerateHandles(PHANDLE_TABLE Table, BOOLEAN (*Routine)(HANDLE, POB_HANDLE, PVOID), PVOID Context);

// The first handle in use behind the index *Index, locked: nobody else reads, changes or closes it until its
// Unlocked is set. *Index is where it is. NULL: there is none. Normal kernel APCs are disabled.
PHANDLE_TABLE_ENTRY ObpLockNextEntry(PHANDLE_TABLE Table, PULONG Index);

// The table and the value in it that Handle means to the current process in Mode. NULL: a kernel handle from
// user mode.
PHANDLE_TABLE ObpTableOf(HANDLE Handle, KPROCESSOR_MODE Mode, HANDLE *Value);

// Makes a handle to Object in the current process's table, or the kernel's (OBJ_KERNEL_HANDLE), after the
// check of access. AccessState's remaining access is what is wanted. The caller's reference stays the
// caller's.
NTSTATUS ObpCreateHandle(OB_OPEN_REASON Reason, PVOID Object, PACCESS_STATE AccessState, ULONG Attributes,
                         KPROCESSOR_MODE Mode, PHANDLE Handle);

// Opens a handle of a known access without any check; for duplication too. Table: where.
NTSTATUS ObpOpenHandle(OB_OPEN_REASON Reason, PVOID Object, PEPROCESS Process, PHANDLE_TABLE Table,
                       ACCESS_MASK GrantedAccess, ULONG Attributes, KPROCESSOR_MODE Mode, PHANDLE Handle);

// A handle operation of which drivers are told (ob/callback.c).
typedef struct _OB_HANDLE_CALL {
    PVOID Entry;
    PVOID Context; // the pre-callback's, for the post-callback
} OB_HANDLE_CALL;

typedef struct _OB_HANDLE_OPERATION {
    OB_OPERATION Kind;
    PVOID Object;
    PEPROCESS SourceProcess, TargetProcess; // of a duplication
    BOOLEAN Kernel;                         // to become a kernel handle
    ACCESS_MASK Access;                     // in: granted; out: what the callbacks have left of it
    ULONG CallCount;
    OB_HANDLE_CALL *Calls;
} OB_HANDLE_OPERATION;

// Asks the drivers. STATUS_INSUFFICIENT_RESOURCES: then it has not begun. IRQL PASSIVE_LEVEL.
NTSTATUS ObpBeginHandleOperation(OB_HANDLE_OPERATION *Operation);
// Tells them what has come of it.
VOID ObpEndHandleOperation(OB_HANDLE_OPERATION *Operation, NTSTATUS Status);

// A duplicate's handle in Target's table, or the kernel's, with GrantedAccess, of which drivers may take
// away.
NTSTATUS ObpDuplicateHandle(PVOID Object, PEPROCESS Source, PEPROCESS Target, ACCESS_MASK GrantedAccess,
                            ULONG Attributes, BOOLEAN Kernel, KPROCESSOR_MODE Mode, PHANDLE Handle);

// As ObpReturnHandle, of a handle in Process's table, which is not the current one.
NTSTATUS ObpReturnForeignHandle(HANDLE Handle, PEPROCESS Process, PHANDLE Destination, KPROCESSOR_MODE Mode);

// Gives Handle to the caller of a system service: writes it to Destination, as Mode may, and returns Status;
// if that faults, closes the handle and returns why.
NTSTATUS ObpReturnHandle(HANDLE Handle, PHANDLE Destination, KPROCESSOR_MODE Mode, NTSTATUS Status);

// The end of a handle that is out of its table: the close method, the counts, the reference.
VOID ObpHandleClosed(PEPROCESS Process, PVOID Object);

// ---- Access (ob/access.c)

// An access state with what belongs to it.
typedef struct _OB_ACCESS_STATE {
    ACCESS_STATE State;
    AUX_ACCESS_DATA Aux;
} OB_ACCESS_STATE;

// One of the current thread for what is wanted; given back by ObpReleaseAccessState. Its subject is captured
// by who needs it: most handles are the kernel's, which is granted what it asks for.
VOID ObpInitializeAccessState(OB_ACCESS_STATE *AccessState, ACCESS_MASK DesiredAccess,
                              PGENERIC_MAPPING Mapping);
// Captures the subject, if that has not been done. IRQL PASSIVE_LEVEL.
VOID ObpCaptureSubject(PACCESS_STATE AccessState);
VOID ObpReleaseAccessState(OB_ACCESS_STATE *AccessState);

// Whether AccessState's remaining access to Object is granted to Mode; moves it to the access granted before.
// STATUS_ACCESS_DENIED, and what SeAccessCheck says. IRQL PASSIVE_LEVEL.
NTSTATUS ObpCheckAccess(PVOID Object, PACCESS_STATE AccessState, KPROCESSOR_MODE Mode);
// The same of one right to Object alone, for the current thread.
NTSTATUS ObpCheckRight(PVOID Object, ACCESS_MASK Right, KPROCESSOR_MODE Mode);

// ---- Security descriptors of objects (ob/security.c): IRQL PASSIVE_LEVEL

// A self-relative descriptor that some share.
typedef struct _OB_DESCRIPTOR {
    volatile LONG_PTR ReferenceCount;
    ULONG64 Unused; // keeps what follows aligned
    UCHAR Descriptor[];
} OB_DESCRIPTOR;

// Object's descriptor, referenced; NULL: it has none.
PSECURITY_DESCRIPTOR ObpReferenceSecurity(PVOID Object);
VOID ObpDereferenceSecurity(PSECURITY_DESCRIPTOR Descriptor);
// One reference more to a descriptor that has one.
VOID ObpReferenceDescriptor(PSECURITY_DESCRIPTOR Descriptor);
// *Shared: a copy of the self-relative Descriptor with one reference. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS ObpShareDescriptor(PSECURITY_DESCRIPTOR Descriptor, PSECURITY_DESCRIPTOR *Shared);
// A copy of Descriptor becomes Object's. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS ObpSetSecurity(PVOID Object, PSECURITY_DESCRIPTOR Descriptor);

// Gives the new Object its descriptor: of Explicit, its creator's, or NULL; of the directory that it comes
// into, or NULL; and of the creator's token. One without name and Explicit has none, unless its type asks for
// it. What SeAssignSecurity returns.
NTSTATUS ObpAssignSecurity(PVOID Object, PVOID Directory, PSECURITY_DESCRIPTOR Explicit);

// The security method of types that have no other.
NTSTATUS NTAPI ObpDefaultSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                        PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                        PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                        POOL_TYPE PoolType, PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode);

// ---- Names (ob/directory.c, ob/lookup.c, ob/name.c)

#define OB_DIRECTORY_BUCKETS 37

typedef struct _OBJECT_DIRECTORY_ENTRY {
    struct _OBJECT_DIRECTORY_ENTRY *ChainLink;
    PVOID Object;
    ULONG HashValue;
} OBJECT_DIRECTORY_ENTRY, *POBJECT_DIRECTORY_ENTRY;

typedef struct _OBJECT_DIRECTORY {
    POBJECT_DIRECTORY_ENTRY HashBuckets[OB_DIRECTORY_BUCKETS];
} OBJECT_DIRECTORY, *POBJECT_DIRECTORY;

typedef struct _OBJECT_SYMBOLIC_LINK {
    LARGE_INTEGER CreationTime;
    UNICODE_STRING LinkTarget;
} OBJECT_SYMBOLIC_LINK, *POBJECT_SYMBOLIC_LINK;

VOID NTAPI ObpDeleteSymbolicLink(PVOID Object);
NTSTATUS NTAPI ObpParseSymbolicLink(PVOID Object, POBJECT_TYPE Type, PACCESS_STATE AccessState,
                                    KPROCESSOR_MODE Mode, ULONG Attributes, PUNICODE_STRING CompleteName,
                                    PUNICODE_STRING RemainingName, PVOID Context,
                                    PSECURITY_QUALITY_OF_SERVICE SecurityQos, PVOID *Found);

extern POBJECT_DIRECTORY ObpRootDirectory;
// Of every directory, and of each object's OBJECT_HEADER_NAME_INFO.
extern EX_PUSH_LOCK ObpNamespaceLock;

static inline VOID ObpLockNamespace(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&ObpNamespaceLock);
}

static inline VOID ObpUnlockNamespace(VOID)
{
    ExReleasePushLockExclusive(&ObpNamespaceLock);
    KeLeaveCriticalRegion();
}

// The namespace is locked. NULL if there is none.
PVOID ObpFindInDirectory(POBJECT_DIRECTORY Directory, PCUNICODE_STRING Name);
// The namespace is locked. Name becomes Object's (from pool, TAG_OBJECT_NAME), and the directory has a
// reference. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS ObpInsertIntoDirectory(POBJECT_DIRECTORY Directory, PVOID Object, PUNICODE_STRING Name);
// The namespace is locked. Takes Object out of its directory; the caller drops the directory's reference
// afterwards, when the lock is free. FALSE if it is in none.
BOOLEAN ObpRemoveFromDirectory(PVOID Object);

// Takes a temporary object that has no handle left out of the namespace.
VOID ObpDeleteNameIfUnused(PVOID Object);

// A name in a buffer of its own (TAG_OBJECT_NAME). STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS ObpCopyName(PUNICODE_STRING Destination, PCUNICODE_STRING Source);
// Source as it comes from Mode: probed and copied. STATUS_OBJECT_NAME_INVALID, STATUS_INSUFFICIENT_RESOURCES,
// or what reading it raised. A NULL or empty Source gives an empty name.
NTSTATUS ObpCaptureName(PUNICODE_STRING Destination, PUNICODE_STRING Source, KPROCESSOR_MODE Mode);
VOID ObpFreeName(PUNICODE_STRING Name);

// What is looked up.
typedef struct _OB_LOOKUP {
    HANDLE RootDirectory;
    UNICODE_STRING Name; // from ObpCaptureName; a reparse replaces it
    ULONG Attributes;
    POBJECT_TYPE Type; // wanted; NULL: any
    KPROCESSOR_MODE Mode;
    PVOID ParseContext;
    PSECURITY_QUALITY_OF_SERVICE SecurityQos;
    PACCESS_STATE AccessState;
    PVOID Insert;                  // not NULL: to be inserted under the name
    PSECURITY_DESCRIPTOR Security; // its creator's wish, or NULL
} OB_LOOKUP;

// *Found is referenced. With Insert: STATUS_SUCCESS, and *Found is it; STATUS_OBJECT_NAME_EXISTS, and *Found
// is what had the name already (OBJ_OPENIF); STATUS_OBJECT_NAME_COLLISION. Else STATUS_OBJECT_NAME_NOT_FOUND,
// STATUS_OBJECT_PATH_NOT_FOUND, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_OBJECT_NAME_INVALID,
// STATUS_OBJECT_TYPE_MISMATCH, or what a parse method says. IRQL PASSIVE_LEVEL.
NTSTATUS ObpLookup(OB_LOOKUP *Lookup, PVOID *Found);

// ---- What services have in common (ob/service.c)

typedef VOID (*OB_INITIALIZE_BODY)(PVOID Object, const VOID *Context);

// The whole of a service that makes an object: Initialize fills in its zeroed body. What ObCreateObject and
// ObInsertObject return, or writing *Handle raised. The mode is the previous one, IRQL PASSIVE_LEVEL.
NTSTATUS ObpCreateForService(POBJECT_TYPE Type, ULONG Bytes, OB_INITIALIZE_BODY Initialize,
                             const VOID *Context, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess,
                             PHANDLE Handle);
// The same of one that opens it.
NTSTATUS ObpOpenForService(POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes, ACCESS_MASK DesiredAccess,
                           PHANDLE Handle);
// Writes Value where the caller wants it, if it does. What writing raised.
NTSTATUS ObpReturnLong(LONG Value, PLONG Destination, KPROCESSOR_MODE Mode);
// Copies a caller's time. What reading raised.
NTSTATUS ObpCaptureTime(PLARGE_INTEGER Source, PLARGE_INTEGER Copy, KPROCESSOR_MODE Mode);

// What is waited for in place of an object that has no state.
extern PVOID const ObpDefaultObject;

// ---- What the exports beyond the DDK's are

NTSTATUS NTAPI ObDuplicateObject(PEPROCESS SourceProcess, HANDLE SourceHandle, PEPROCESS TargetProcess,
                                 PHANDLE TargetHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                                 ULONG Options, KPROCESSOR_MODE PreviousMode);

NTSTATUS NTAPI ObInsertObject(PVOID Object, PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess,
                              ULONG ObjectPointerBias, PVOID *NewObject, PHANDLE Handle);
NTSTATUS NTAPI ObOpenObjectByName(POBJECT_ATTRIBUTES Attributes, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                  PACCESS_STATE AccessState, ACCESS_MASK DesiredAccess, PVOID ParseContext,
                                  PHANDLE Handle);
NTSTATUS NTAPI ObReferenceObjectByName(PUNICODE_STRING Name, ULONG Attributes, PACCESS_STATE AccessState,
                                       ACCESS_MASK DesiredAccess, POBJECT_TYPE Type, KPROCESSOR_MODE Mode,
                                       PVOID ParseContext, PVOID *Object);
POBJECT_TYPE NTAPI ObGetObjectType(PVOID Object);

// Makes \, its directories and links. Once, when pool, processes and the lock's threads are there.
NTSTATUS ObInitSystem(VOID);

#endif
