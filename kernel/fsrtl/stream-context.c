// SPDX-License-Identifier: MIT
// What filter drivers keep with a file stream. IRQL <= APC_LEVEL.
#include "inc/kernel.h"

static BOOLEAN FsRtlpSupportsContexts(const FSRTL_ADVANCED_FCB_HEADER *Header)
{
    return Header != NULL && (Header->Flags2 & FSRTL_FLAG2_SUPPORTS_FILTER_CONTEXTS);
}

NTSTATUS NTAPI FsRtlInsertPerStreamContext(PFSRTL_ADVANCED_FCB_HEADER PerStreamContext,
                                           PFSRTL_PER_STREAM_CONTEXT Ptr)
{
    if (!FsRtlpSupportsContexts(PerStreamContext)) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    ExAcquireFastMutex(PerStreamContext->FastMutex);
    InsertHeadList(&PerStreamContext->FilterContexts, &Ptr->Links);
    ExReleaseFastMutex(PerStreamContext->FastMutex);
    return STATUS_SUCCESS;
}

// OwnerId and InstanceId NULL: any.
static PFSRTL_PER_STREAM_CONTEXT FsRtlpFindContext(PFSRTL_ADVANCED_FCB_HEADER Header, PVOID OwnerId,
                                                   PVOID InstanceId)
{
    for (PLIST_ENTRY Link = Header->FilterContexts.Flink; Link != &Header->FilterContexts;
         Link = Link->Flink) {
        PFSRTL_PER_STREAM_CONTEXT Context = CONTAINING_RECORD(Link, FSRTL_PER_STREAM_CONTEXT, Links);
        if ((OwnerId == NULL || Context->OwnerId == OwnerId) &&
            (InstanceId == NULL || Context->InstanceId == InstanceId)) {
            return Context;
        }
    }
    return NULL;
}

PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlLookupPerStreamContextInternal(PFSRTL_ADVANCED_FCB_HEADER StreamContext,
                                                                    PVOID OwnerId, PVOID InstanceId)
{
    if (!FsRtlpSupportsContexts(StreamContext)) {
        return NULL;
    }
    ExAcquireFastMutex(StreamContext->FastMutex);
    PFSRTL_PER_STREAM_CONTEXT Context = FsRtlpFindContext(StreamContext, OwnerId, InstanceId);
    ExReleaseFastMutex(StreamContext->FastMutex);
    return Context;
}

PFSRTL_PER_STREAM_CONTEXT NTAPI FsRtlRemovePerStreamContext(PFSRTL_ADVANCED_FCB_HEADER StreamContext,
                                                            PVOID OwnerId, PVOID InstanceId)
{
    if (!FsRtlpSupportsContexts(StreamContext)) {
        return NULL;
    }
    ExAcquireFastMutex(StreamContext->FastMutex);
    PFSRTL_PER_STREAM_CONTEXT Context = FsRtlpFindContext(StreamContext, OwnerId, InstanceId);
    if (Context != NULL) {
        RemoveEntryList(&Context->Links);
        // Whoever looks at a removed one finds that it is in no list.
        InitializeListHead(&Context->Links);
    }
    ExReleaseFastMutex(StreamContext->FastMutex);
    return Context;
}

// The callbacks run without the lock: they may remove others of theirs.
VOID NTAPI FsRtlTeardownPerStreamContexts(PFSRTL_ADVANCED_FCB_HEADER AdvancedHeader)
{
    PFSRTL_PER_STREAM_CONTEXT Context;
    while ((Context = FsRtlRemovePerStreamContext(AdvancedHeader, NULL, NULL)) != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "FREE_CALLBACK", Context->FreeCallback, 1, Context);
        Context->FreeCallback(Context);
        ViLeaveCallback(&Callback, 0);
    }
}
