// SPDX-License-Identifier: MIT
// What a driver answers when it is asked for its blocks: WMIREGINFO structures, each with an array of
// WMIREGGUIDs and the names that they point to.
#include "inc/kernel.h"
#include "io/pnp-manager.h"
#include "io/wmi.h"

#define WMIP_FIRST_BUFFER   PAGE_SIZE
#define WMIP_MAXIMUM_BUFFER (1024u * 1024)
// UNICODE_STRING's limit, less a counter.
#define WMIP_MAXIMUM_NAME   (MAXUSHORT - 64)

// An answer, or what NextWmiRegInfo leads to in it.
typedef struct _WMIP_REGINFO {
    PUCHAR Buffer;
    ULONG Bytes;
    ULONG DataPath;
} WMIP_REGINFO;

// The bytes of Count counted strings at Offset; 0: they are not there.
static ULONG WmipStringBytes(const WMIP_REGINFO *Info, ULONG Offset, ULONG Count)
{
    ULONG At = Offset;
    if (Offset == 0 || Offset % sizeof(USHORT) != 0) {
        return 0;
    }
    for (; Count > 0; Count -= 1) {
        if (At >= Info->Bytes || Info->Bytes - At < sizeof(USHORT)) {
            return 0;
        }
        USHORT Length = *(PUSHORT)(Info->Buffer + At);
        At += sizeof(USHORT);
        if (Length % sizeof(WCHAR) != 0 || Length > WMIP_MAXIMUM_NAME || Info->Bytes - At < Length) {
            return 0;
        }
        At += Length;
    }
    return At - Offset;
}

// A counted string of a physical device's instance path, from pool. NULL: it is none, or no memory.
static PVOID WmipDevicePath(PDEVICE_OBJECT PhysicalDeviceObject, PULONG Bytes)
{
    PIOP_DEVICE_NODE Node = PhysicalDeviceObject != NULL ? PipReferenceNode(PhysicalDeviceObject) : NULL;
    if (Node == NULL) {
        return NULL;
    }
    USHORT Length = Node->InstancePath.Length;
    *Bytes = sizeof(USHORT) + Length;
    PUSHORT Path = ExAllocatePoolZero(NonPagedPoolNx, *Bytes, TAG_WMI);
    if (Path != NULL) {
        *Path = Length;
        RtlCopyMemory(Path + 1, Node->InstancePath.Buffer, Length);
    }
    PipDereferenceNode(Node);
    return Path;
}

// The lock is held.
static PWMIP_SET WmipSetOf(PWMIP_PROVIDER Provider, PWMIP_GUID Guid)
{
    for (PLIST_ENTRY Link = Provider->Sets.Flink; Link != &Provider->Sets; Link = Link->Flink) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, ProviderLink);
        if (Set->Guid == Guid) {
            return Set;
        }
    }
    return NULL;
}

// The lock is held.
static BOOLEAN WmipIsUnchanged(PWMIP_SET Set, ULONG Flags, ULONG Count, const VOID *Source, ULONG SourceBytes)
{
    return Set->Flags == Flags && Set->InstanceCount == Count && Set->SourceBytes == SourceBytes &&
           RtlCompareMemory(Set->Source, Source, SourceBytes) == SourceBytes;
}

// Puts a set with these names into the place of the one that Provider has of the block, if any. The block,
// for who is to be told of consumers; NULL: nothing has changed.
static PWMIP_GUID WmipReplaceSet(PWMIP_PROVIDER Provider, const WMIREGGUIDW *RegGuid, ULONG Count,
                                 const VOID *Source, ULONG SourceBytes)
{
    PWMIP_GUID Guid = NULL;
    PWMIP_SET New = NULL;
    WmipAcquireLock();
    if (Provider->Deregistered || (Guid = WmipFindGuid(&RegGuid->Guid)) == NULL) {
        goto Release;
    }
    PWMIP_SET Old = WmipSetOf(Provider, Guid);
    if (Old != NULL && WmipIsUnchanged(Old, RegGuid->Flags, Count, Source, SourceBytes)) {
        goto Release;
    }
    New = WmipCreateSet(Provider, Guid, RegGuid->Flags, Count, Source, SourceBytes);
    if (New == NULL) {
        goto Release;
    }
    WmipInsertSet(New);
    if (Old != NULL) {
        // What its driver has been told holds: it is told once.
        New->EventsEnabled = Old->EventsEnabled;
        New->CollectionEnabled = Old->CollectionEnabled;
        WmipRemoveSet(Old);
    }
    WmipDereferenceSet(New);
Release:
    WmipReleaseLock();
    return New != NULL ? Guid : NULL;
}

static VOID WmipRemoveGuid(PWMIP_PROVIDER Provider, const GUID *Block)
{
    WmipAcquireLock();
    PWMIP_GUID Guid = WmipFindGuid(Block);
    PWMIP_SET Set = Guid != NULL ? WmipSetOf(Provider, Guid) : NULL;
    if (Set != NULL) {
        WmipRemoveSet(Set);
    }
    WmipReleaseLock();
}

static VOID WmipRegisterGuid(PWMIP_PROVIDER Provider, const WMIP_REGINFO *Info, const WMIREGGUIDW *RegGuid)
{
    PVOID Path = NULL;
    const VOID *Source = "";
    ULONG Bytes = 0, Count = (RegGuid->Flags & WMIP_STATIC_NAMES) ? RegGuid->InstanceCount : 0;
    if (RegGuid->Flags & WMIREG_FLAG_INSTANCE_LIST) {
        Bytes = WmipStringBytes(Info, RegGuid->InstanceNameList, Count);
        Source = Info->Buffer + RegGuid->InstanceNameList;
    } else if (RegGuid->Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
        Bytes = WmipStringBytes(Info, RegGuid->BaseNameOffset, 1);
        Source = Info->Buffer + RegGuid->BaseNameOffset;
    } else if (RegGuid->Flags & WMIREG_FLAG_INSTANCE_PDO) {
        Source = Path = WmipDevicePath((PDEVICE_OBJECT)RegGuid->Pdo, &Bytes);
    }
    // A block whose names are not there cannot be told from others.
    if (Count == 0 || Bytes != 0) {
        PWMIP_GUID Guid = WmipReplaceSet(Provider, RegGuid, Count, Source, Bytes);
        if (Guid != NULL) {
            WmipTellProviders(Guid);
        }
    }
    if (Path != NULL) {
        ExFreePoolWithTag(Path, TAG_WMI);
    }
}

// The structure at the start of Info, as far as it is there; NULL: it is not.
static PWMIREGINFOW WmipCheckInfo(const WMIP_REGINFO *Info)
{
    PWMIREGINFOW RegInfo = (PWMIREGINFOW)Info->Buffer;
    if (Info->Bytes < sizeof(*RegInfo) || RegInfo->BufferSize < sizeof(*RegInfo) ||
        RegInfo->BufferSize > Info->Bytes ||
        RegInfo->GuidCount > (RegInfo->BufferSize - sizeof(*RegInfo)) / sizeof(WMIREGGUIDW)) {
        return NULL;
    }
    return RegInfo;
}

// The next structure of a chain in Info. FALSE: there is none.
static BOOLEAN WmipNextInfo(WMIP_REGINFO *Info)
{
    ULONG Offset = ((PWMIREGINFOW)Info->Buffer)->NextWmiRegInfo;
    if (Offset == 0 || Offset >= Info->Bytes || Offset % __alignof__(WMIREGINFOW) != 0) {
        return FALSE;
    }
    Info->Buffer += Offset;
    Info->Bytes -= Offset;
    return TRUE;
}

// TRUE: the answer names the block.
static BOOLEAN WmipIsNamed(WMIP_REGINFO Info, const GUID *Guid)
{
    PWMIREGINFOW RegInfo;
    while ((RegInfo = WmipCheckInfo(&Info)) != NULL) {
        for (ULONG Index = 0; Index < RegInfo->GuidCount; Index += 1) {
            if (IsEqualGUID(&RegInfo->WmiRegGuid[Index].Guid, Guid)) {
                return TRUE;
            }
        }
        if (!WmipNextInfo(&Info)) {
            break;
        }
    }
    return FALSE;
}

// What an answer to WMIREGISTER does not name any more is registered no more.
static VOID WmipRemoveUnnamed(PWMIP_PROVIDER Provider, const WMIP_REGINFO *Info)
{
    WmipAcquireLock();
    for (PLIST_ENTRY Link = Provider->Sets.Flink, Next; Link != &Provider->Sets; Link = Next) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, ProviderLink);
        Next = Link->Flink;
        if (!WmipIsNamed(*Info, &Set->Guid->Guid)) {
            WmipRemoveSet(Set);
        }
    }
    WmipReleaseLock();
}

static VOID WmipRegisterBlocks(PWMIP_PROVIDER Provider, WMIP_REGINFO Info)
{
    PWMIREGINFOW RegInfo;
    if (Info.DataPath == WMIREGISTER) {
        WmipRemoveUnnamed(Provider, &Info);
    }
    while ((RegInfo = WmipCheckInfo(&Info)) != NULL) {
        for (ULONG Index = 0; Index < RegInfo->GuidCount; Index += 1) {
            const WMIREGGUIDW *RegGuid = &RegInfo->WmiRegGuid[Index];
            if (!(RegGuid->Flags & WMIREG_FLAG_REMOVE_GUID)) {
                WmipRegisterGuid(Provider, &Info, RegGuid);
            } else if (Info.DataPath == WMIUPDATE) {
                WmipRemoveGuid(Provider, &RegGuid->Guid);
            }
        }
        if (!WmipNextInfo(&Info)) {
            break;
        }
    }
}

// The driver has referenced each physical device of an answer to IRP_MN_REGINFO_EX for whoever asks.
static VOID WmipDropDevices(WMIP_REGINFO Info)
{
    PWMIREGINFOW RegInfo;
    while ((RegInfo = WmipCheckInfo(&Info)) != NULL) {
        for (ULONG Index = 0; Index < RegInfo->GuidCount; Index += 1) {
            const WMIREGGUIDW *RegGuid = &RegInfo->WmiRegGuid[Index];
            if ((RegGuid->Flags & WMIREG_FLAG_INSTANCE_PDO) && RegGuid->Pdo != 0) {
                PipDropRelated((PDEVICE_OBJECT)RegGuid->Pdo);
            }
        }
        if (!WmipNextInfo(&Info)) {
            break;
        }
    }
}

// Asks with a buffer of *Bytes. STATUS_BUFFER_TOO_SMALL: *Bytes is how much it takes.
static NTSTATUS WmipAskOnce(PWMIP_PROVIDER Provider, UCHAR MinorFunction, ULONG DataPath, PULONG Bytes)
{
    ULONG_PTR Information = 0;
    PUCHAR Buffer = ExAllocatePoolZero(NonPagedPoolNx, *Bytes, TAG_WMI);
    if (Buffer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status =
        WmipSendIrp(Provider, MinorFunction, (PVOID)(ULONG_PTR)DataPath, Buffer, *Bytes, &Information);
    if (Status == STATUS_BUFFER_TOO_SMALL) {
        *Bytes = max(*(PULONG)Buffer, *Bytes + 1);
    } else if (NT_SUCCESS(Status)) {
        WMIP_REGINFO Info = {Buffer, (ULONG)min(Information, *Bytes), DataPath};
        WmipRegisterBlocks(Provider, Info);
        if (MinorFunction == IRP_MN_REGINFO_EX) {
            WmipDropDevices(Info);
        }
    }
    ExFreePoolWithTag(Buffer, TAG_WMI);
    return Status;
}

VOID WmipAskProvider(PWMIP_PROVIDER Provider, ULONG DataPath)
{
    static const UCHAR MinorFunctions[] = {IRP_MN_REGINFO_EX, IRP_MN_REGINFO};
    NTSTATUS Status = STATUS_UNSUCCESSFUL;
    for (ULONG Index = 0; !NT_SUCCESS(Status) && Index < RTL_NUMBER_OF(MinorFunctions); Index += 1) {
        ULONG Bytes = WMIP_FIRST_BUFFER;
        do {
            Status = WmipAskOnce(Provider, MinorFunctions[Index], DataPath, &Bytes);
        } while (Status == STATUS_BUFFER_TOO_SMALL && Bytes <= WMIP_MAXIMUM_BUFFER);
    }
}
