// SPDX-License-Identifier: MIT
// What has been written to the cache is written to the file systems a second later, by a worker. The timer is
// set only while something is to be written, so that an idle machine is one.
#include "inc/kernel.h"
#include "cc/cc.h"

#define CCP_LAZY_DELAY (-10000000LL)

static KTIMER CcpLazyTimer;
static KDPC CcpLazyDpc;
static WORK_QUEUE_ITEM CcpLazyItem;
static volatile LONG CcpLazyScheduled; // 1: set, queued, or about to look

static VOID CcpWriteMap(CCP_MAP *Map)
{
    ULONG_PTR Bytes;
    PACQUIRE_FOR_LAZY_WRITE Acquire = Map->Callbacks.AcquireForLazyWrite;
    if (Acquire != NULL && !Acquire(Map->LazyWriteContext, TRUE)) {
        return;
    }
    CcpFlushPages(Map, 0, ~0ULL, &Bytes);
    if (Map->Callbacks.ReleaseFromLazyWrite != NULL) {
        Map->Callbacks.ReleaseFromLazyWrite(Map->LazyWriteContext);
    }
}

VOID CcpWriteAll(VOID)
{
    CCP_MAP *Map, *First = NULL;
    // Once around: what cannot be written stays dirty.
    while ((Map = CcpAcquireDirtyMap()) != NULL) {
        BOOLEAN Again = Map == First;
        if (!Again) {
            CcpWriteMap(Map);
        }
        if (First == NULL && Map->DirtyPages != 0) {
            First = Map;
        }
        CcpReleaseMap(Map);
        if (Again) {
            break;
        }
    }
}

static VOID NTAPI CcpLazyWrite(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    InterlockedExchange(&CcpLazyScheduled, 0);
    CcpWriteAll();
    if (CcpDirtyPages != 0) {
        CcpScheduleLazyWriter();
    }
}

static VOID NTAPI CcpLazyTick(PKDPC Dpc, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Dpc);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    ExInitializeWorkItem(&CcpLazyItem, CcpLazyWrite, NULL);
    ExQueueWorkItem(&CcpLazyItem, CriticalWorkQueue);
}

VOID CcpScheduleLazyWriter(VOID)
{
    LARGE_INTEGER Due = {.QuadPart = CCP_LAZY_DELAY};
    if (InterlockedExchange(&CcpLazyScheduled, 1) == 0) {
        KeInitializeTimer(&CcpLazyTimer);
        KeInitializeDpc(&CcpLazyDpc, CcpLazyTick, NULL);
        KeSetTimer(&CcpLazyTimer, Due, &CcpLazyDpc);
    }
}

NTSTATUS NTAPI CcWaitForCurrentLazyWriterActivity(VOID)
{
    CcpWriteAll();
    return STATUS_SUCCESS;
}
