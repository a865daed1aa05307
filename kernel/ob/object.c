// SPDX-License-Identifier: MIT
// The life of an object: made, referenced, let go, deleted.
#include "inc/kernel.h"

KSPIN_LOCK ObpTypeListLock;

// Objects to be deleted by a thread that may wait, linked by OBJECT_HEADER.NextToFree, which is
// not aligned as an SLIST_ENTRY must be.
static PVOID volatile ObpDeletionList;
static WORK_QUEUE_ITEM ObpDeletionItem;
static volatile LONG ObpDeletionQueued;

static VOID ObpCountObject(POBJECT_TYPE Type, POBJECT_HEADER_CREATOR_INFO Creator)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ObpTypeListLock);
    InsertTailList(&Type->TypeList, &Creator->TypeList);
    Type->TotalNumberOfObjects += 1;
    if (Type->TotalNumberOfObjects > Type->HighWaterNumberOfObjects) {
        Type->HighWaterNumberOfObjects = Type->TotalNumberOfObjects;
    }
    KeReleaseSpinLock(&ObpTypeListLock, OldIrql);
}

static VOID ObpUncountObject(POBJECT_TYPE Type, POBJECT_HEADER_CREATOR_INFO Creator)
{
    KIRQL OldIrql = KeAcquireSpinLockRaiseToDpc(&ObpTypeListLock);
    RemoveEntryList(&Creator->TypeList);
    Type->TotalNumberOfObjects -= 1;
    KeReleaseSpinLock(&ObpTypeListLock, OldIrql);
}

VOID ObpInitializeStaticObject(PVOID Object, POBJECT_TYPE Type)
{
    OB_PREFIX *Prefix = ObpPrefix(Object);
    Prefix->Header.PointerCount = 1;
    Prefix->Header.TypeIndex = Type->Index;
    Prefix->Header.InfoMask = OB_INFO_CREATOR | OB_INFO_NAME;
    Prefix->Header.Flags = OB_FLAG_KERNEL_OBJECT | OB_FLAG_PERMANENT_OBJECT;
    ObpCountObject(Type, &Prefix->Creator);
}

// What a caller of Mode asks for, checked and copied; Create has been zeroed.
static NTSTATUS ObpCaptureAttributes(POBJECT_ATTRIBUTES Attributes, KPROCESSOR_MODE Mode, POBJECT_TYPE Type,
                                     POBJECT_CREATE_INFORMATION Create, PUNICODE_STRING Name)
{
    Create->ProbeMode = Mode;
    *Name = (UNICODE_STRING){0};
    if (Attributes == NULL) {
        return STATUS_SUCCESS;
    }
    OBJECT_ATTRIBUTES Copy;
    __try {
        if (Mode != KernelMode) {
            ProbeForRead(Attributes, sizeof(*Attributes), sizeof(ULONG64));
        }
        Copy = *(volatile OBJECT_ATTRIBUTES *)Attributes;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Copy.Length != sizeof(Copy) || Copy.Attributes & ~(ULONG)OBJ_VALID_ATTRIBUTES ||
        Copy.Attributes & Type->TypeInfo.InvalidAttributes) {
        return STATUS_INVALID_PARAMETER;
    }
    Create->Attributes = Copy.Attributes;
    if (Mode != KernelMode) {
        Create->Attributes &= ~(ULONG)OBJ_KERNEL_HANDLE;
    }
    Create->RootDirectory = Copy.RootDirectory;
    NTSTATUS Status = SeCaptureSecurityDescriptor(Copy.SecurityDescriptor, Mode, PagedPool, TRUE,
                                                  &Create->SecurityDescriptor);
    if (NT_SUCCESS(Status)) {
        Status = ObpCaptureName(Name, Copy.ObjectName, Mode);
        if (!NT_SUCCESS(Status)) {
            SeReleaseSecurityDescriptor(Create->SecurityDescriptor, Mode, TRUE);
        }
    }
    return Status;
}

NTSTATUS NTAPI ObCreateObject(KPROCESSOR_MODE ProbeMode, POBJECT_TYPE Type, POBJECT_ATTRIBUTES Attributes,
                              KPROCESSOR_MODE OwnershipMode, PVOID ParseContext, ULONG Bytes,
                              ULONG PagedPoolCharge, ULONG NonPagedPoolCharge, PVOID *Object)
{
    UNREFERENCED_PARAMETER(ParseContext);
    UNREFERENCED_PARAMETER(PagedPoolCharge);
    UNREFERENCED_PARAMETER(NonPagedPoolCharge);
    UNICODE_STRING Name;
    POBJECT_CREATE_INFORMATION Create =
        ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Create), TAG_OBJECT_CREATION);
    if (Create == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = ObpCaptureAttributes(Attributes, ProbeMode, Type, Create, &Name);
    if (!NT_SUCCESS(Status)) {
        goto FreeCreate;
    }
    OB_PREFIX *Prefix = ExAllocatePoolZero(Type->TypeInfo.PoolType, sizeof(*Prefix) + Bytes, Type->Key);
    if (Prefix == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto FreeAttributes;
    }
    Prefix->Creator.CreatorUniqueProcess = PsGetCurrentProcessId();
    Prefix->Name.Name = Name;
    Prefix->Header.PointerCount = 1;
    Prefix->Header.TypeIndex = Type->Index;
    Prefix->Header.InfoMask = OB_INFO_CREATOR | OB_INFO_NAME;
    Prefix->Header.Flags = OB_FLAG_NEW_OBJECT;
    if (OwnershipMode == KernelMode) {
        Prefix->Header.Flags |= OB_FLAG_KERNEL_OBJECT;
    }
    if (Create->Attributes & OBJ_PERMANENT) {
        Prefix->Header.Flags |= OB_FLAG_PERMANENT_OBJECT;
    }
    if (Create->Attributes & OBJ_EXCLUSIVE) {
        Prefix->Header.Flags |= OB_FLAG_EXCLUSIVE_OBJECT;
    }
    Prefix->Header.ObjectCreateInfo = Create;
    ObpCountObject(Type, &Prefix->Creator);
    *Object = ObpBody(&Prefix->Header);
    return STATUS_SUCCESS;
FreeAttributes:
    SeReleaseSecurityDescriptor(Create->SecurityDescriptor, ProbeMode, TRUE);
    ObpFreeName(&Name);
FreeCreate:
    ExFreePoolWithTag(Create, TAG_OBJECT_CREATION);
    return Status;
}

VOID ObpFreeCreateInformation(POBJECT_HEADER Header)
{
    POBJECT_CREATE_INFORMATION Create = Header->ObjectCreateInfo;
    if (Create != NULL) {
        Header->ObjectCreateInfo = NULL;
        SeReleaseSecurityDescriptor(Create->SecurityDescriptor, Create->ProbeMode, TRUE);
        ExFreePoolWithTag(Create, TAG_OBJECT_CREATION);
    }
}

static VOID ObpDeleteObject(PVOID Object)
{
    OB_PREFIX *Prefix = ObpPrefix(Object);
    POBJECT_TYPE Type = ObpTypeOf(Object);
    ObpUncountObject(Type, &Prefix->Creator);
    if (Type->TypeInfo.DeleteProcedure != NULL) {
        Type->TypeInfo.DeleteProcedure(Object);
    }
    ObpFreeCreateInformation(&Prefix->Header);
    ObpFreeName(&Prefix->Name.Name);
    if (Prefix->Header.SecurityDescriptor != NULL) {
        ObpDereferenceSecurity(Prefix->Header.SecurityDescriptor);
    }
    ExFreePoolWithTag(Prefix, Type->Key);
}

static VOID NTAPI ObpDeleteQueued(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedExchange(&ObpDeletionQueued, 0);
    POBJECT_HEADER Header = InterlockedExchangePointer(&ObpDeletionList, NULL);
    while (Header != NULL) {
        POBJECT_HEADER Next = Header->NextToFree;
        ObpDeleteObject(ObpBody(Header));
        Header = Next;
    }
}

static VOID ObpDeferDeletion(PVOID Object)
{
    POBJECT_HEADER Header = ObpHeader(Object);
    PVOID First;
    do {
        First = ObpDeletionList;
        Header->NextToFree = First;
    } while (InterlockedCompareExchangePointer(&ObpDeletionList, Header, First) != First);
    if (InterlockedExchange(&ObpDeletionQueued, 1) == 0) {
        ExQueueWorkItem(&ObpDeletionItem, CriticalWorkQueue);
    }
}

NTSTATUS ObpInitializeDeletion(VOID)
{
    ExInitializeWorkItem(&ObpDeletionItem, ObpDeleteQueued, NULL);
    return STATUS_SUCCESS;
}

// Any IRQL up to HIGH_LEVEL. Returns the new count.
LONG_PTR FASTCALL ObfReferenceObject(PVOID Object)
{
    return KiAddToCount(&ObpHeader(Object)->PointerCount, 1);
}

static LONG_PTR ObpDereference(PVOID Object, BOOLEAN Defer)
{
    LONG_PTR Count = KiAddToCount(&ObpHeader(Object)->PointerCount, -1);
    if (Count < 0) {
        KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)ObpTypeOf(Object), (ULONG_PTR)Object, 2,
                     (ULONG_PTR)Count);
    }
    if (Count == 0) {
        if (ObpHeader(Object)->HandleCount != 0) {
            // Somebody dropped a reference that was not theirs: a handle still leads here.
            KeBugCheckEx(REFERENCE_BY_POINTER, (ULONG_PTR)ObpTypeOf(Object), (ULONG_PTR)Object, 1,
                         (ULONG_PTR)ObpHeader(Object)->HandleCount);
        }
        if (Defer || KiGetIrql() > PASSIVE_LEVEL || KeAreAllApcsDisabled()) {
            ObpDeferDeletion(Object);
        } else {
            ObpDeleteObject(Object);
        }
    }
    return Count;
}

// IRQL <= DISPATCH_LEVEL. Returns the count that is left. The last reference deletes the object, at
// PASSIVE_LEVEL.
LONG_PTR FASTCALL ObfDereferenceObject(PVOID Object)
{
    return ObpDereference(Object, FALSE);
}

LONG_PTR FASTCALL ObfReferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObfReferenceObject(Object);
}

LONG_PTR FASTCALL ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObpDereference(Object, FALSE);
}

#undef ObDereferenceObject
LONG_PTR NTAPI ObDereferenceObject(PVOID Object)
{
    return ObpDereference(Object, FALSE);
}

// As ObDereferenceObject; the deletion is always another thread's work. For callers with locks that it would
// need.
VOID NTAPI ObDereferenceObjectDeferDelete(PVOID Object)
{
    ObpDereference(Object, TRUE);
}

VOID NTAPI ObDereferenceObjectDeferDeleteWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    ObpDereference(Object, TRUE);
}

// TRUE and one more reference, unless the last one has gone. Any IRQL.
BOOLEAN NTAPI ObReferenceObjectSafe(PVOID Object)
{
    volatile LONG_PTR *Count = &ObpHeader(Object)->PointerCount;
    LONG_PTR Seen = *Count;
    while (Seen > 0) {
        if (KiReplaceWord((volatile ULONG_PTR *)Count, (PULONG_PTR)&Seen, (ULONG_PTR)(Seen + 1))) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI ObReferenceObjectSafeWithTag(PVOID Object, ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObReferenceObjectSafe(Object);
}

// A reference. STATUS_OBJECT_TYPE_MISMATCH for an ObjectType that is the symbolic links', and for user mode
// one that is not Object's: kernel mode is believed. IRQL <= DISPATCH_LEVEL. (ntifs: access is not checked)
NTSTATUS NTAPI ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess, POBJECT_TYPE ObjectType,
                                          KPROCESSOR_MODE AccessMode)
{
    UNREFERENCED_PARAMETER(DesiredAccess);
    if (ObjectType == ObpSymbolicLinkObjectType ||
        (AccessMode != KernelMode && ObpTypeOf(Object) != ObjectType)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    ObfReferenceObject(Object);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI ObReferenceObjectByPointerWithTag(PVOID Object, ACCESS_MASK DesiredAccess,
                                                 POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                                 ULONG Tag)
{
    UNREFERENCED_PARAMETER(Tag);
    return ObReferenceObjectByPointer(Object, DesiredAccess, ObjectType, AccessMode);
}
