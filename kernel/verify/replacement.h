// SPDX-License-Identifier: MIT
// The verifier's own routines, which stand in for the kernel's where that one's arguments or effects are
// looked at: each does what the routine does, by calling it. X(name of the export, the routine).
#ifndef KMODE_VERIFY_REPLACEMENT_H
#define KMODE_VERIFY_REPLACEMENT_H

#define VI_REPLACEMENTS(X)                                                                                   \
    X(ExAcquireFastMutex, ViAcquireFastMutex)                                                                \
    X(ExAcquireFastMutexUnsafe, ViAcquireFastMutexUnsafe)                                                    \
    X(ExReleaseFastMutex, ViReleaseFastMutex)                                                                \
    X(ExReleaseFastMutexUnsafe, ViReleaseFastMutexUnsafe)                                                    \
    X(ExTryToAcquireFastMutex, ViTryToAcquireFastMutex)                                                      \
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
    X(KfRaiseIrql, ViRaiseIrql)                                                                              \
    X(KeTryToAcquireGuardedMutex, ViTryToAcquireGuardedMutex)                                                \
    X(KeTryToAcquireSpinLockAtDpcLevel, ViTryToAcquireSpinLockAtDpcLevel)

typedef struct _VI_REPLACEMENT {
    PCSTR Name;
    PVOID Routine;
} VI_REPLACEMENT;

// Sorted as VI_REPLACEMENTS is, which nothing leans on.
extern const VI_REPLACEMENT ViReplacements[];
extern const ULONG ViReplacementCount;

#endif
