// SPDX-License-Identifier: MIT
// Windows Management Instrumentation within the kernel: devices whose drivers provide blocks of data, events
// and methods, and those who ask for them. The I/O manager's own; Microsoft calls the component WMI, and its
// routines IoWMI*.
#ifndef KMODE_IO_WMI_H
#define KMODE_IO_WMI_H

#include <wmistr.h>

// wmistr.h has them for a program's winnt.h only.
#ifndef WMIGUID_QUERY
#define WMIGUID_QUERY        0x0001
#define WMIGUID_SET          0x0002
#define WMIGUID_NOTIFICATION 0x0004
#define WMIGUID_EXECUTE      0x0010
#endif

#define WMIP_STATIC_NAMES                                                                                    \
    (WMIREG_FLAG_INSTANCE_LIST | WMIREG_FLAG_INSTANCE_BASENAME | WMIREG_FLAG_INSTANCE_PDO)

// What the WMI worker does, one after the other, in the order in which it was queued.
typedef struct _WMIP_WORK {
    LIST_ENTRY Link;
    VOID (*Perform)(struct _WMIP_WORK *Work);
} WMIP_WORK, *PWMIP_WORK;

// A block, by its GUID: who provides it, who uses it. It stays once somebody has named it.
typedef struct _WMIP_GUID {
    LIST_ENTRY Link; // WmipGuids
    GUID Guid;
    LIST_ENTRY Sets;      // WMIP_SET.GuidLink, in order of registration
    LIST_ENTRY Blocks;    // WMIP_BLOCK.Link
    ULONG Consumers;      // blocks that are open
    ULONG EventConsumers; // of them, those with WMIGUID_NOTIFICATION
    ULONG NextInstanceId; // IoWMIAllocateInstanceIds
} WMIP_GUID, *PWMIP_GUID;

// A device registered by IoWMIRegistrationControl. Under WmipLock what is not fixed from the start.
typedef struct _WMIP_PROVIDER {
    volatile LONG ReferenceCount;
    ULONG Id;
    PDEVICE_OBJECT DeviceObject; // referenced
    EX_RUNDOWN_REF Requests;     // IRPs under way
    BOOLEAN Blocked;             // nothing is sent to it any more
    BOOLEAN Deregistered;
    LIST_ENTRY Sets; // WMIP_SET.ProviderLink
    WMIP_WORK Work;
    BOOLEAN Queued; // Work is
    ULONG Pending;  // WMIREG_ACTION_* that the driver is to be asked about; 0: nothing
} WMIP_PROVIDER, *PWMIP_PROVIDER;

// The instances of a block that one provider has. In one allocation.
typedef struct _WMIP_SET {
    volatile LONG ReferenceCount;
    LIST_ENTRY GuidLink, ProviderLink;
    PWMIP_GUID Guid;
    PWMIP_PROVIDER Provider; // referenced
    ULONG Flags;             // WMIREG_FLAG_*
    // Under WmipLock: what the driver has been told, and whether it is being told.
    BOOLEAN EventsEnabled, CollectionEnabled, Telling;
    ULONG InstanceCount;   // of static names
    PUNICODE_STRING Names; // InstanceCount of them
    PVOID Source;          // what the driver has named them by: list, base name, or the device's path
    ULONG SourceBytes;
} WMIP_SET, *PWMIP_SET;

// FALSE: each request and answer has the names that it is about.
static inline BOOLEAN WmipHasStaticNames(PWMIP_SET Set)
{
    return (Set->Flags & WMIP_STATIC_NAMES) != 0;
}

// A data block object, which IoWMIOpenBlock gives.
typedef struct _WMIP_BLOCK {
    LIST_ENTRY Link; // WMIP_GUID.Blocks
    PWMIP_GUID Guid; // NULL: it has not come into being
    ACCESS_MASK GrantedAccess;
    WMI_NOTIFICATION_CALLBACK Callback; // NULL: none; under WmipLock
    PVOID Context;
} WMIP_BLOCK, *PWMIP_BLOCK;

// ---- Blocks (io/wmi-block.c)

// Of every list and count here. Nothing that a driver sees is called under it.
extern EX_PUSH_LOCK WmipLock;

static inline VOID WmipAcquireLock(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&WmipLock);
}

static inline VOID WmipReleaseLock(VOID)
{
    ExReleasePushLockExclusive(&WmipLock);
    KeLeaveCriticalRegion();
}

// Makes the type of data block objects. Once.
NTSTATUS WmipInitialize(VOID);

// The lock is held. The block of that GUID, made if it is new. NULL: no memory.
PWMIP_GUID WmipFindGuid(const GUID *Guid);

// Refers to Object if it is a data block object opened with DesiredAccess. STATUS_OBJECT_TYPE_MISMATCH,
// STATUS_ACCESS_DENIED. IRQL <= APC_LEVEL.
NTSTATUS WmipReferenceBlock(PVOID Object, ACCESS_MASK DesiredAccess, PWMIP_BLOCK *Block);

// Tells the drivers of Guid's sets of events and collection that are wanted now and were not, or the other
// way round. IRQL <= APC_LEVEL.
VOID WmipTellProviders(PWMIP_GUID Guid);

// ---- Providers (io/wmi-provider.c)

VOID WmipReferenceProvider(PWMIP_PROVIDER Provider);
VOID WmipDereferenceProvider(PWMIP_PROVIDER Provider);

// DeviceObject is being deleted: its registration, if there is one, ends; nobody waits for IRPs under way.
// IRQL <= APC_LEVEL.
VOID WmipForgetDevice(PDEVICE_OBJECT DeviceObject);

// Has the worker carry Work out, which is the caller's until then. IRQL <= DISPATCH_LEVEL.
VOID WmipQueueWork(PWMIP_WORK Work);

// ---- What drivers register (io/wmi-reginfo.c)

// Asks Provider's driver by IRP_MN_REGINFO_EX, or by IRP_MN_REGINFO where that fails, what blocks it has, and
// notes them. DataPath: WMIREGISTER, the answer replaces what was there; WMIUPDATE, it changes it. IRQL
// PASSIVE_LEVEL.
VOID WmipAskProvider(PWMIP_PROVIDER Provider, ULONG DataPath);

// ---- Sets (io/wmi-set.c)

// A new set with one reference, in no list, whose names are what Flags makes of Count and Source; the lock is
// held, for they are not those of other sets of the block. NULL: no memory.
PWMIP_SET WmipCreateSet(PWMIP_PROVIDER Provider, PWMIP_GUID Guid, ULONG Flags, ULONG Count,
                        const VOID *Source, ULONG SourceBytes);
VOID WmipDereferenceSet(PWMIP_SET Set);
// The lock is held. Into, or out of the lists of its block and its provider, which have a reference.
VOID WmipInsertSet(PWMIP_SET Set);
VOID WmipRemoveSet(PWMIP_SET Set);

// The sets of Guid that may be asked for data or by methods, each referenced, in a pool block that
// WmipFreeSets frees; *Count may be 0. STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS WmipListSets(PWMIP_GUID Guid, PWMIP_SET **Sets, PULONG Count);
VOID WmipFreeSets(PWMIP_SET *Sets, ULONG Count);

// The index of Name among Set's static names, whatever its case. FALSE: it is none.
BOOLEAN WmipFindName(PWMIP_SET Set, PCUNICODE_STRING Name, PULONG Index);

// ---- IRPs (io/wmi-irp.c)

// Sends Provider's stack IRP_MJ_SYSTEM_CONTROL, and waits for its end, at PASSIVE_LEVEL whatever the caller's
// IRQL <= APC_LEVEL. Buffer is from nonpaged pool. What the driver answers; STATUS_WMI_GUID_DISCONNECTED: the
// provider is no more; STATUS_INSUFFICIENT_RESOURCES.
NTSTATUS WmipSendIrp(PWMIP_PROVIDER Provider, UCHAR MinorFunction, PVOID DataPath, PVOID Buffer,
                     ULONG BufferSize, PULONG_PTR Information);

// ---- Nodes (io/wmi-node.c)

// An answer to a query, whole: with the names of static instances in it.
typedef struct _WMIP_ANSWER {
    LIST_ENTRY Link;
    PWNODE_HEADER Node; // from pool; BufferSize is its size
} WMIP_ANSWER, *PWMIP_ANSWER;

// What is asked of one instance.
typedef struct _WMIP_INSTANCE_REQUEST {
    UCHAR MinorFunction;
    ULONG NodeFlag;        // WNODE_FLAG_SINGLE_INSTANCE, _SINGLE_ITEM, _METHOD_ITEM
    PCUNICODE_STRING Name; // of the instance
    ULONG Version, ItemId; // ItemId: of data items and methods
    const VOID *Data;      // DataBytes of input
    ULONG DataBytes;
    ULONG AnswerBytes; // room for output where the input is
} WMIP_INSTANCE_REQUEST, *PWMIP_INSTANCE_REQUEST;

// Where the input, and the output, of Request begins in its node.
ULONG WmipDataOffset(const WMIP_INSTANCE_REQUEST *Request);
// Asks Set's driver for all instances. The answer is Answers' last.
NTSTATUS WmipQueryAll(PWMIP_SET Set, PLIST_ENTRY Answers);
// Sends Request to the set of Sets that has the instance: that with a static name like it, else each with
// dynamic names until one does not say STATUS_WMI_INSTANCE_NOT_FOUND. *Node, from pool, is what it has made
// of it, of *Bytes that are valid; also if it is a WNODE_TOO_SMALL. STATUS_WMI_INSTANCE_NOT_FOUND,
// STATUS_INSUFFICIENT_RESOURCES, or the driver's.
NTSTATUS WmipAskInstance(PWMIP_SET *Sets, ULONG Count, const WMIP_INSTANCE_REQUEST *Request,
                         PWNODE_HEADER *Node, PULONG Bytes);
// The same for IRP_MN_QUERY_SINGLE_INSTANCE, with as much room as the driver says that it needs.
NTSTATUS WmipQueryInstance(PWMIP_SET *Sets, ULONG Count, PCUNICODE_STRING Name, PLIST_ENTRY Answers);
// Copies Answers to Buffer, linked, if *Size is enough; frees them. *Size is what they take.
// STATUS_BUFFER_TOO_SMALL.
NTSTATUS WmipReturnAnswers(PLIST_ENTRY Answers, PULONG Size, PVOID Buffer);
VOID WmipFreeAnswers(PLIST_ENTRY Answers);

// *Node, of Bytes, with the names of Set's instances in it where it has none for want of dynamic ones: *Node
// is replaced. STATUS_INSUFFICIENT_RESOURCES; STATUS_UNSUCCESSFUL: it is not whole, or of more instances than
// Set has.
NTSTATUS WmipNameInstances(PWMIP_SET Set, PWNODE_HEADER *Node, ULONG Bytes);

#endif
