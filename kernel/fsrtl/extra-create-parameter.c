// SPDX-License-Identifier: MIT
// Extra create parameters: what drivers hang on an open, each kind known by its GUID.
#include "inc/kernel.h"

typedef struct _FSRTLP_ECP {
    LIST_ENTRY Link; // in a list; empty: in none
    GUID Type;
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK Cleanup;
    PVOID Lookaside; // NULL: from pool
    BOOLEAN NonPagedLookaside;
    BOOLEAN Acknowledged;
    BOOLEAN FromUserMode;
    BOOLEAN Claimed; // there before the open
    ULONG Tag;
    ULONG Bytes;
    DECLSPEC_ALIGN(16) UCHAR Context[];
} FSRTLP_ECP;

struct _ECP_LIST {
    LIST_ENTRY Parameters; // FSRTLP_ECP
};

static FSRTLP_ECP *FsRtlpEcpOf(PVOID Context)
{
    return CONTAINING_RECORD(Context, FSRTLP_ECP, Context);
}

// ---- Lists

NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterList(FSRTL_ALLOCATE_ECPLIST_FLAGS Flags, PECP_LIST *EcpList)
{
    // No process's quota has a limit: the flag changes nothing.
    UNREFERENCED_PARAMETER(Flags);
    *EcpList = ExAllocatePoolZero(PagedPool, sizeof(ECP_LIST), TAG_ECP);
    if (*EcpList == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    InitializeListHead(&(*EcpList)->Parameters);
    return STATUS_SUCCESS;
}

VOID NTAPI FsRtlFreeExtraCreateParameterList(PECP_LIST EcpList)
{
    while (!IsListEmpty(&EcpList->Parameters)) {
        FSRTLP_ECP *Ecp = CONTAINING_RECORD(RemoveHeadList(&EcpList->Parameters), FSRTLP_ECP, Link);
        FsRtlFreeExtraCreateParameter(Ecp->Context);
    }
    ExFreePoolWithTag(EcpList, TAG_ECP);
}

static FSRTLP_ECP *FsRtlpFindEcp(PECP_LIST EcpList, LPCGUID EcpType)
{
    for (PLIST_ENTRY Link = EcpList->Parameters.Flink; Link != &EcpList->Parameters; Link = Link->Flink) {
        FSRTLP_ECP *Ecp = CONTAINING_RECORD(Link, FSRTLP_ECP, Link);
        if (RtlEqualMemory(&Ecp->Type, EcpType, sizeof(GUID))) {
            return Ecp;
        }
    }
    return NULL;
}

NTSTATUS NTAPI FsRtlInsertExtraCreateParameter(PECP_LIST EcpList, PVOID EcpContext)
{
    FSRTLP_ECP *Ecp = FsRtlpEcpOf(EcpContext);
    if (!IsListEmpty(&Ecp->Link) || FsRtlpFindEcp(EcpList, &Ecp->Type) != NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    InsertTailList(&EcpList->Parameters, &Ecp->Link);
    return STATUS_SUCCESS;
}

// What the routines below answer. Ecp NULL: nothing.
static NTSTATUS FsRtlpReturnEcp(FSRTLP_ECP *Ecp, PVOID *EcpContext, ULONG *EcpContextSize)
{
    if (EcpContext != NULL) {
        *EcpContext = Ecp != NULL ? Ecp->Context : NULL;
    }
    if (EcpContextSize != NULL) {
        *EcpContextSize = Ecp != NULL ? Ecp->Bytes : 0;
    }
    return Ecp != NULL ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

NTSTATUS NTAPI FsRtlFindExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext,
                                             ULONG *EcpContextSize)
{
    return FsRtlpReturnEcp(FsRtlpFindEcp(EcpList, EcpType), EcpContext, EcpContextSize);
}

NTSTATUS NTAPI FsRtlRemoveExtraCreateParameter(PECP_LIST EcpList, LPCGUID EcpType, PVOID *EcpContext,
                                               ULONG *EcpContextSize)
{
    FSRTLP_ECP *Ecp = FsRtlpFindEcp(EcpList, EcpType);
    if (Ecp != NULL) {
        RemoveEntryList(&Ecp->Link);
        InitializeListHead(&Ecp->Link);
    }
    return FsRtlpReturnEcp(Ecp, EcpContext, EcpContextSize);
}

NTSTATUS NTAPI FsRtlGetNextExtraCreateParameter(PECP_LIST EcpList, PVOID CurrentEcpContext,
                                                LPGUID NextEcpType, PVOID *NextEcpContext,
                                                ULONG *NextEcpContextSize)
{
    if (EcpList == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PLIST_ENTRY Link =
        CurrentEcpContext != NULL ? FsRtlpEcpOf(CurrentEcpContext)->Link.Flink : EcpList->Parameters.Flink;
    FSRTLP_ECP *Ecp = Link != &EcpList->Parameters ? CONTAINING_RECORD(Link, FSRTLP_ECP, Link) : NULL;
    if (Ecp != NULL && NextEcpType != NULL) {
        *NextEcpType = Ecp->Type;
    }
    return FsRtlpReturnEcp(Ecp, NextEcpContext, NextEcpContextSize);
}

// ---- Parameters

static NTSTATUS FsRtlpFillEcp(FSRTLP_ECP *Ecp, LPCGUID EcpType, ULONG SizeOfContext,
                              PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback,
                              PVOID *EcpContext)
{
    *EcpContext = NULL;
    if (Ecp == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlZeroMemory(Ecp, FIELD_OFFSET(FSRTLP_ECP, Context) + SizeOfContext);
    InitializeListHead(&Ecp->Link);
    Ecp->Type = *EcpType;
    Ecp->Cleanup = CleanupCallback;
    Ecp->Bytes = SizeOfContext;
    *EcpContext = Ecp->Context;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FsRtlAllocateExtraCreateParameter(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, ULONG PoolTag, PVOID *EcpContext)
{
    FSRTLP_ECP *Ecp = NULL;
    if (SizeOfContext <= MAXULONG - FIELD_OFFSET(FSRTLP_ECP, Context)) {
        Ecp = ExAllocatePoolZero(Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL ? NonPagedPoolNx : PagedPool,
                                 FIELD_OFFSET(FSRTLP_ECP, Context) + SizeOfContext, PoolTag);
    }
    NTSTATUS Status = FsRtlpFillEcp(Ecp, EcpType, SizeOfContext, CleanupCallback, EcpContext);
    if (NT_SUCCESS(Status)) {
        Ecp->Tag = PoolTag;
    }
    return Status;
}

VOID NTAPI FsRtlFreeExtraCreateParameter(PVOID EcpContext)
{
    FSRTLP_ECP *Ecp = FsRtlpEcpOf(EcpContext);
    if (Ecp->Cleanup != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "FSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK", Ecp->Cleanup, 2,
                        EcpContext, &Ecp->Type);
        Ecp->Cleanup(EcpContext, &Ecp->Type);
        ViLeaveCallback(&Callback, 0);
    }
    if (Ecp->Lookaside == NULL) {
        ExFreePoolWithTag(Ecp, Ecp->Tag);
    } else if (Ecp->NonPagedLookaside) {
        ExFreeToNPagedLookasideList(Ecp->Lookaside, Ecp);
    } else {
        ExFreeToPagedLookasideList(Ecp->Lookaside, Ecp);
    }
}

// ---- Lookaside lists, which are lists of the executive with entries that have room for what is ours

VOID NTAPI FsRtlInitExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags,
                                                      SIZE_T Size, ULONG Tag)
{
    SIZE_T Bytes = FIELD_OFFSET(FSRTLP_ECP, Context) + Size;
    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL) {
        ExInitializeNPagedLookasideList(Lookaside, NULL, NULL, POOL_NX_ALLOCATION, Bytes, Tag, 0);
    } else {
        ExInitializePagedLookasideList(Lookaside, NULL, NULL, 0, Bytes, Tag, 0);
    }
}

VOID NTAPI FsRtlDeleteExtraCreateParameterLookasideList(PVOID Lookaside, FSRTL_ECP_LOOKASIDE_FLAGS Flags)
{
    if (Flags & FSRTL_ECP_LOOKASIDE_FLAG_NONPAGED_POOL) {
        ExDeleteNPagedLookasideList(Lookaside);
    } else {
        ExDeletePagedLookasideList(Lookaside);
    }
}

NTSTATUS NTAPI FsRtlAllocateExtraCreateParameterFromLookasideList(
    LPCGUID EcpType, ULONG SizeOfContext, FSRTL_ALLOCATE_ECP_FLAGS Flags,
    PFSRTL_EXTRA_CREATE_PARAMETER_CLEANUP_CALLBACK CleanupCallback, PVOID LookasideList, PVOID *EcpContext)
{
    FSRTLP_ECP *Ecp = NULL;
    BOOLEAN NonPaged = (Flags & FSRTL_ALLOCATE_ECP_FLAG_NONPAGED_POOL) != 0;
    // Both kinds of list begin alike.
    ULONG Room = ((PPAGED_LOOKASIDE_LIST)LookasideList)->L.Size;
    if (SizeOfContext <= MAXULONG - FIELD_OFFSET(FSRTLP_ECP, Context) &&
        FIELD_OFFSET(FSRTLP_ECP, Context) + SizeOfContext <= Room) {
        Ecp = NonPaged ? ExAllocateFromNPagedLookasideList(LookasideList)
                       : ExAllocateFromPagedLookasideList(LookasideList);
    }
    NTSTATUS Status = FsRtlpFillEcp(Ecp, EcpType, SizeOfContext, CleanupCallback, EcpContext);
    if (NT_SUCCESS(Status)) {
        Ecp->Lookaside = LookasideList;
        Ecp->NonPagedLookaside = NonPaged;
    }
    return Status;
}

// ---- Marks

VOID NTAPI FsRtlAcknowledgeEcp(PVOID EcpContext)
{
    FsRtlpEcpOf(EcpContext)->Acknowledged = TRUE;
}

BOOLEAN NTAPI FsRtlIsEcpAcknowledged(PVOID EcpContext)
{
    return FsRtlpEcpOf(EcpContext)->Acknowledged;
}

VOID NTAPI FsRtlPrepareToReuseEcp(PVOID EcpContext)
{
    FsRtlpEcpOf(EcpContext)->Acknowledged = FALSE;
}

BOOLEAN NTAPI FsRtlIsEcpFromUserMode(PVOID EcpContext)
{
    return FsRtlpEcpOf(EcpContext)->FromUserMode;
}

// ---- The list of a create request

VOID FsRtlpClaimEcps(PECP_LIST List)
{
    if (List != NULL) {
        for (PLIST_ENTRY Link = List->Parameters.Flink; Link != &List->Parameters; Link = Link->Flink) {
            CONTAINING_RECORD(Link, FSRTLP_ECP, Link)->Claimed = TRUE;
        }
    }
}

VOID FsRtlpTrimEcps(PECP_LIST List)
{
    PLIST_ENTRY Next;
    if (List == NULL) {
        return;
    }
    for (PLIST_ENTRY Link = List->Parameters.Flink; Link != &List->Parameters; Link = Next) {
        FSRTLP_ECP *Ecp = CONTAINING_RECORD(Link, FSRTLP_ECP, Link);
        Next = Link->Flink;
        if (!Ecp->Claimed) {
            RemoveEntryList(Link);
            InitializeListHead(Link);
            FsRtlFreeExtraCreateParameter(Ecp->Context);
        }
    }
}

NTSTATUS NTAPI FsRtlGetEcpListFromIrp(PIRP Irp, PECP_LIST *EcpList)
{
    PECP_LIST *Place = IopEcpListOf(Irp);
    if (Place == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (EcpList != NULL) {
        *EcpList = *Place;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI FsRtlSetEcpListIntoIrp(PIRP Irp, PECP_LIST EcpList)
{
    PECP_LIST *Place = IopEcpListOf(Irp);
    if (Place == NULL) {
        return STATUS_INVALID_PARAMETER_2;
    }
    if (*Place != NULL) {
        return STATUS_INVALID_PARAMETER_3;
    }
    *Place = EcpList;
    return STATUS_SUCCESS;
}
