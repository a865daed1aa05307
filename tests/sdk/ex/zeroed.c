// SPDX-License-Identifier: MIT
// What ends or frees something may be called, where a driver unwinds, for what is static and was never begun.
#include <ntifs.h>
#include <kmode.h>
#include "test.h"

KM_MAP_DEFINE(NumberMap, ULONG, ULONG)
KM_STRING_MAP_DEFINE(NameMap, ULONG)
KM_BYTES_MAP_DEFINE(BytesMap, ULONG)
KM_ORDERED_MAP_DEFINE(OrderedMap, ULONG, ULONG, KmCompareUlong)
KM_RING_DEFINE(NumberRing, ULONG)
KM_SHARED_RING_DEFINE(SharedRing, ULONG)

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'oreZ');

static void TestContainers(void)
{
    static KM_VEC(ULONG) Vec;
    static KM_BOX(ULONG) Box;
    static KM_STRING String;
    static KM_UTF8_STRING Utf8;
    static KM_BUFFER Buffer;
    static KM_BIT_SET Set;
    static NumberMap Numbers;
    static NameMap Names;
    static BytesMap Bytes;
    static OrderedMap Ordered;
    static NumberRing Ring;
    static SharedRing Shared;

    KmVecFree(&Vec);
    KmBoxFree(&Box);
    KmStringFree(&String);
    KmUtf8StringFree(&Utf8);
    KmBufferFree(&Buffer);
    KmBitSetFree(&Set);
    NumberMapFree(&Numbers);
    NameMapFree(&Names);
    BytesMapFree(&Bytes);
    OrderedMapFree(&Ordered);
    NumberRingFree(&Ring);
    SharedRingFree(&Shared);
    OK(KmVecIsEmpty(&Vec) && NumberMapCount(&Numbers) == 0 && NameMapCount(&Names) == 0);
}

static void TestAllocators(void)
{
    static KM_ARENA Arena;
    static KM_SLAB Slab;
    static KM_SLAB_HEAP Heap;
    static KM_LOOKASIDE Lookaside;
    static KM_PAGES Pages;

    KmArenaDestroy(&Arena);
    (VOID) KmSlabDestroy(&Slab);
    (VOID) KmSlabHeapDestroy(&Heap);
    KmPagesFree(&Pages);
    KmLookasideDestroy(&Lookaside);
    IS(KmLookasideInit(&Lookaside, &Pool, 0), STATUS_INVALID_PARAMETER);
    KmLookasideDestroy(&Lookaside);
    IS(KmLookasideInit(&Lookaside, &Pool, 32), STATUS_SUCCESS);
    KmLookasideDestroy(&Lookaside);
    KmLookasideDestroy(&Lookaside);
    KmFree(NULL, NULL, 0);
}

static void TestWorkers(void)
{
    static KM_THREAD Thread;
    static KM_TIMER Timer;
    static KM_DPC Dpc;
    static KM_CALLBACKS Callbacks;
    static KM_GUARD Guard;

    KmThreadStop(&Thread);
    IS(KmThreadJoin(&Thread, 0, NULL), STATUS_INVALID_PARAMETER);
    OK(!KmTimerCancel(&Timer));
    KmTimerStop(&Timer);
    KmDpcStop(&Dpc);
    KmWorkItemDelete(NULL);
    KmCallbacksStop(&Callbacks);
    KmGuardEnd(&Guard);
}

static void TestMemoryAndProcesses(void)
{
    static KM_LOCKED_PAGES Locked;
    static KM_SECTION Section;
    static KM_VIEW View;
    static KM_SECURITY Security;
    static KM_PROCESS_LIST Processes;
    static KM_MODULE_LIST Modules;
    static KM_PROCESS_SNAPSHOT Snapshot;
    static KM_KERNEL_MODULES KernelModules;

    KmUnlockPages(&Locked);
    KmViewUnmap(&View);
    KmSectionClose(&Section);
    KmSecurityFree(&Pool, &Security);
    KmProcessListFree(&Processes);
    KmModuleListFree(&Modules);
    KmProcessSnapshotFree(&Snapshot);
    KmKernelModulesFree(&KernelModules);
    OK(TRUE);
}

static void TestLog(void)
{
    static KM_LOG_SINK Sink;
    static KM_LOG_FILE_SINK File;
    static KM_LOG_RING_CRASH_DATA CrashData;

    IS(KmLogAddSink(&Sink), STATUS_INVALID_PARAMETER);
    IS(KmLogRemoveSink(&Sink), STATUS_NOT_FOUND);
    IS(KmLogFileSinkFlush(&File), STATUS_DEVICE_NOT_READY);
    KmLogFileSinkClose(&File);
    KmLogRingDeregisterCrashData(&CrashData);
    KmLogRingDelete(NULL);
    IS(KmLogDeferredDrain(NULL, NULL), STATUS_DEVICE_NOT_READY);
    KmLogDeferredStopThread();
    KmLogDeferredStop();
}

TEST_DRIVER(TestContainers, TestAllocators, TestWorkers, TestMemoryAndProcesses, TestLog)
