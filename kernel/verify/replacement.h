// SPDX-License-Identifier: MIT
// The verifier's own routines, which stand in for the kernel's where that one's arguments or effects are
// looked at: each does what the routine does, by calling it. X(name of the export, the routine).
#ifndef KMODE_VERIFY_REPLACEMENT_H
#define KMODE_VERIFY_REPLACEMENT_H

#define VI_REPLACEMENTS(X)                                                                                   \
    X(ExAcquireFastMutex, ViAcquireFastMutex)                                                                \
    X(ExAcquireFastMutexUnsafe, ViAcquireFastMutexUnsafe)                                                    \
    X(ExAcquireResourceExclusiveLite, ViAcquireResourceExclusiveLite)                                        \
    X(ExAcquireResourceSharedLite, ViAcquireResourceSharedLite)                                              \
    X(ExAcquireSharedStarveExclusive, ViAcquireSharedStarveExclusive)                                        \
    X(ExAcquireSharedWaitForExclusive, ViAcquireSharedWaitForExclusive)                                      \
    X(ExAcquireSpinLockExclusive, ViAcquireExSpinLockExclusive)                                              \
    X(ExAcquireSpinLockExclusiveAtDpcLevel, ViAcquireExSpinLockExclusiveAtDpcLevel)                          \
    X(ExAcquireSpinLockShared, ViAcquireExSpinLockShared)                                                    \
    X(ExAcquireSpinLockSharedAtDpcLevel, ViAcquireExSpinLockSharedAtDpcLevel)                                \
    X(ExAllocatePool, ViAllocatePool)                                                                        \
    X(ExAllocatePool2, ViAllocatePool2)                                                                      \
    X(ExAllocatePool3, ViAllocatePool3)                                                                      \
    X(ExAllocatePoolWithQuota, ViAllocatePoolWithQuota)                                                      \
    X(ExAllocatePoolWithQuotaTag, ViAllocatePoolWithQuotaTag)                                                \
    X(ExAllocatePoolWithTag, ViAllocatePoolWithTag)                                                          \
    X(ExAllocatePoolWithTagPriority, ViAllocatePoolWithTagPriority)                                          \
    X(ExDeleteResourceLite, ViDeleteResourceLite)                                                            \
    X(ExEnterCriticalRegionAndAcquireResourceExclusive, ViEnterAndAcquireExclusive)                          \
    X(ExEnterCriticalRegionAndAcquireResourceShared, ViEnterAndAcquireShared)                                \
    X(ExEnterCriticalRegionAndAcquireSharedWaitForExclusive, ViEnterAndAcquireInTurn)                        \
    X(ExFreePool, ViFreePool)                                                                                \
    X(ExFreePool2, ViFreePool2)                                                                              \
    X(ExFreePoolWithTag, ViFreePoolWithTag)                                                                  \
    X(ExReinitializeResourceLite, ViReinitializeResourceLite)                                                \
    X(ExReleaseFastMutex, ViReleaseFastMutex)                                                                \
    X(ExReleaseFastMutexUnsafe, ViReleaseFastMutexUnsafe)                                                    \
    X(ExReleaseResourceAndLeaveCriticalRegion, ViReleaseResourceAndLeave)                                    \
    X(ExReleaseResourceForThreadLite, ViReleaseResourceForThreadLite)                                        \
    X(ExReleaseResourceLite, ViReleaseResourceLite)                                                          \
    X(ExReleaseSpinLockExclusive, ViReleaseExSpinLockExclusive)                                              \
    X(ExReleaseSpinLockExclusiveFromDpcLevel, ViReleaseExSpinLockExclusiveFromDpcLevel)                      \
    X(ExReleaseSpinLockShared, ViReleaseExSpinLockShared)                                                    \
    X(ExReleaseSpinLockSharedFromDpcLevel, ViReleaseExSpinLockSharedFromDpcLevel)                            \
    X(ExSetResourceOwnerPointer, ViSetResourceOwnerPointer)                                                  \
    X(ExSetResourceOwnerPointerEx, ViSetResourceOwnerPointerEx)                                              \
    X(ExTryAcquireSpinLockExclusiveAtDpcLevel, ViTryAcquireExSpinLockExclusiveAtDpcLevel)                    \
    X(ExTryAcquireSpinLockSharedAtDpcLevel, ViTryAcquireExSpinLockSharedAtDpcLevel)                          \
    X(ExTryConvertSharedSpinLockExclusive, ViTryConvertExSpinLock)                                           \
    X(ExTryToAcquireFastMutex, ViTryToAcquireFastMutex)                                                      \
    X(ExTryToAcquireResourceExclusiveLite, ViTryToAcquireResourceExclusiveLite)                              \
    X(IoWMIWriteEvent, ViWriteEvent)                                                                         \
    X(KeAcquireGuardedMutex, ViAcquireGuardedMutex)                                                          \
    X(KeAcquireGuardedMutexUnsafe, ViAcquireGuardedMutexUnsafe)                                              \
    X(KeAcquireInStackQueuedSpinLock, ViAcquireInStackQueuedSpinLock)                                        \
    X(KeAcquireInStackQueuedSpinLockAtDpcLevel, ViAcquireInStackQueuedSpinLockAtDpcLevel)                    \
    X(KeAcquireInStackQueuedSpinLockForDpc, ViAcquireInStackQueuedSpinLockForDpc)                            \
    X(KeAcquireSpinLockAtDpcLevel, ViAcquireSpinLockAtDpcLevel)                                              \
    X(KeAcquireSpinLockForDpc, ViAcquireSpinLockForDpc)                                                      \
    X(KeAcquireSpinLockRaiseToDpc, ViAcquireSpinLockRaiseToDpc)                                              \
    X(KeReleaseGuardedMutex, ViReleaseGuardedMutex)                                                          \
    X(KeReleaseGuardedMutexUnsafe, ViReleaseGuardedMutexUnsafe)                                              \
    X(KeReleaseInStackQueuedSpinLock, ViReleaseInStackQueuedSpinLock)                                        \
    X(KeReleaseInStackQueuedSpinLockForDpc, ViReleaseInStackQueuedSpinLockForDpc)                            \
    X(KeReleaseInStackQueuedSpinLockFromDpcLevel, ViReleaseInStackQueuedSpinLockFromDpcLevel)                \
    X(KeReleaseSpinLock, ViReleaseSpinLock)                                                                  \
    X(KeReleaseSpinLockForDpc, ViReleaseSpinLockForDpc)                                                      \
    X(KeReleaseSpinLockFromDpcLevel, ViReleaseSpinLockFromDpcLevel)                                          \
    X(KeTryToAcquireGuardedMutex, ViTryToAcquireGuardedMutex)                                                \
    X(KeTryToAcquireSpinLockAtDpcLevel, ViTryToAcquireSpinLockAtDpcLevel)                                    \
    X(KfRaiseIrql, ViRaiseIrql)                                                                              \
    X(MmMapLockedPages, ViMapLockedPages)                                                                    \
    X(MmMapLockedPagesSpecifyCache, ViMapLockedPagesSpecifyCache)                                            \
    X(MmProbeAndLockPages, ViProbeAndLockPages)                                                              \
    X(MmUnmapLockedPages, ViUnmapLockedPages)                                                                \
    X(ObReferenceObjectByHandle, ViReferenceObjectByHandle)                                                  \
    X(ObReferenceObjectByHandleWithTag, ViReferenceObjectByHandleWithTag)                                    \
    X(PoCallDriver, ViPoCallDriver)                                                                          \
    X(PoSetPowerState, ViSetPowerState)

typedef struct _VI_REPLACEMENT {
    PCSTR Name;
    PVOID Routine;
} VI_REPLACEMENT;

// Sorted as VI_REPLACEMENTS is, which nothing leans on.
extern const VI_REPLACEMENT ViReplacements[];
extern const ULONG ViReplacementCount;

#endif
