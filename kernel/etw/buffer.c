// SPDX-License-Identifier: MIT
// Where events are put together. They are made with the session, since an event may be written where nothing
// can be allocated.
#include "inc/kernel.h"

#define ETWP_SPARE_BUFFERS 6

static SINGLE_LIST_ENTRY EtwpFreeBuffers;
static BOOLEAN EtwpBuffersMade;

NTSTATUS EtwpMakeBuffers(VOID)
{
    ULONG Count = 2 * KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) + ETWP_SPARE_BUFFERS;
    ULONG Made = 0;
    if (EtwpBuffersMade) {
        return STATUS_SUCCESS;
    }
    while (Made < Count) {
        PSINGLE_LIST_ENTRY Buffer =
            ExAllocatePoolZero(NonPagedPoolNx, ETWP_EVENT_BYTES - ETWP_HEADER_BYTES, TAG_EVENT_SESSION);
        if (Buffer == NULL) {
            break;
        }
        PushEntryList(&EtwpFreeBuffers, Buffer);
        Made += 1;
    }
    EtwpBuffersMade = Made != 0;
    return Made != 0 ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

PUCHAR EtwpTakeBuffer(VOID)
{
    return (PUCHAR)PopEntryList(&EtwpFreeBuffers);
}

VOID EtwpReturnBuffer(PUCHAR Buffer)
{
    PushEntryList(&EtwpFreeBuffers, (PSINGLE_LIST_ENTRY)Buffer);
}
