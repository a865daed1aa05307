// SPDX-License-Identifier: MIT
// Every kind of finding: its name, Microsoft's name of the rule that it breaks where there is one, and what
// happened at the earlier of its two stacks.
#ifndef KMODE_VERIFY_FINDING_KINDS_H
#define KMODE_VERIFY_FINDING_KINDS_H

#define VI_KINDS(KIND)                                                                                       \
    KIND(IrqlTooHigh, "irql-too-high", "", "raised")                                                         \
    KIND(IrqlTooLow, "irql-too-low", "", "")                                                                 \
    KIND(IrqlChanged, "irql-changed", "IrqlReturn", "called")                                                \
    KIND(DebugPrintFormat, "debug-print-format", "", "")                                                     \
    KIND(SpinLockRecursive, "spin-lock-recursive", "SpinLock", "acquired")                                   \
    KIND(SpinLockNotHeld, "spin-lock-not-held", "SpinLock", "acquired")                                      \
    KIND(SpinLockWrongIrql, "spin-lock-wrong-irql", "IrqlKeReleaseSpinLock", "acquired")                     \
    KIND(SpinLockMixed, "spin-lock-mixed", "", "acquired")                                                   \
    KIND(MutexRecursive, "mutex-recursive", "", "acquired")                                                  \
    KIND(MutexNotHeld, "mutex-not-held", "", "acquired")                                                     \
    KIND(LockHeld, "lock-held", "SpinLockDpc", "acquired")                                                   \
    KIND(ResourceHeld, "resource-held", "", "acquired")                                                      \
    KIND(CriticalRegionHeld, "critical-region-held", "CriticalRegions", "in")                                \
    KIND(CriticalRegionLeft, "critical-region-left", "CriticalRegions", "in")                                \
    KIND(ApcsEnabled, "apcs-enabled", "WithinCriticalRegion", "")                                            \
    KIND(GuardedRegionHeld, "guarded-region-held", "GuardedRegions", "in")                                   \
    KIND(GuardedRegionLeft, "guarded-region-left", "GuardedRegions", "in")                                   \
    KIND(PoolLeak, "pool-leak", "", "allocated")                                                             \
    KIND(PoolFreedTwice, "pool-freed-twice", "", "freed")                                                    \
    KIND(PoolWrongTag, "pool-wrong-tag", "", "allocated")                                                    \
    KIND(PoolOverrun, "pool-overrun", "", "allocated")                                                       \
    KIND(PoolUnderrun, "pool-underrun", "", "allocated")                                                     \
    KIND(PoolUseAfterFree, "pool-use-after-free", "", "freed")                                               \
    KIND(PoolBadFree, "pool-bad-free", "", "allocated")                                                      \
    KIND(PoolBadTag, "pool-bad-tag", "", "")                                                                 \
    KIND(PoolZeroBytes, "pool-zero-bytes", "", "")                                                           \
    KIND(IrpCompletedTwice, "irp-completed-twice", "DoubleCompletion", "completed")                          \
    KIND(IrpCompletedPending, "irp-completed-pending", "CompleteRequestStatusCheck", "")                     \
    KIND(IrpNotMarkedPending, "irp-not-marked-pending", "MarkIrpPending2", "in")                             \
    KIND(IrpMarkedPending, "irp-marked-pending", "MarkIrpPending", "in")                                     \
    KIND(IrpNotCompleted, "irp-not-completed", "IrpProcessingComplete", "in")                                \
    KIND(IrpNeverCompleted, "irp-never-completed", "CompleteRequest", "in")                                  \
    KIND(IrpStatusMismatch, "irp-status-mismatch", "CompleteRequestStatusCheck", "completed")                \
    KIND(IrpCompletedLocked, "irp-completed-locked", "SpinLockSafe", "acquired")                             \
    KIND(IrpCancelRoutineSet, "irp-cancel-routine-set", "", "")                                              \
    KIND(CancelSpinLockHeld, "cancel-spin-lock-held", "CancelSpinLock", "in")                                \
    KIND(IrpInformationTooLarge, "irp-information-too-large", "", "")                                        \
    KIND(IrpUseAfterCompletion, "irp-used-after-completion", "", "completed")                                \
    KIND(MdlLeak, "mdl-leak", "", "allocated")                                                               \
    KIND(IrpLeak, "irp-leak", "", "allocated")                                                               \
    KIND(WorkItemLeak, "work-item-leak", "", "allocated")                                                    \
    KIND(SymbolicLinkLeft, "symbolic-link-left", "", "created")                                              \
    KIND(DeviceLeft, "device-left", "", "created")                                                           \
    KIND(DeviceAttached, "device-left-attached", "", "created")                                              \
    KIND(DeviceInitializing, "device-initializing", "", "created")                                           \
    KIND(DeviceDetachedEarly, "device-detached-early", "PnpSurpriseRemove", "created")                       \
    KIND(PnpIrpFailed, "pnp-irp-failed", "PnpRemove", "created")                                             \
    KIND(PowerIrpFailed, "power-irp-failed", "PowerDownFail", "completed")                                   \
    KIND(PowerIrpNotPassed, "power-irp-not-passed", "", "completed")                                         \
    KIND(PowerIrpHeld, "power-irp-held", "", "in")                                                           \
    KIND(ReferenceLeak, "reference-leak", "", "referenced")                                                  \
    KIND(HandleLeak, "handle-leak", "", "opened")                                                            \
    KIND(UserHandleTrusted, "user-handle-trusted", "", "")                                                   \
    KIND(PagesLeftLocked, "pages-left-locked", "", "locked")                                                 \
    KIND(MappingLeak, "mapping-leak", "", "mapped")                                                          \
    KIND(ContiguousMemoryLeak, "contiguous-memory-leak", "", "allocated")                                    \
    KIND(MdlPagesLeak, "mdl-pages-leak", "", "allocated")                                                    \
    KIND(LookasideListLeft, "lookaside-list-left", "", "initialized")                                        \
    KIND(ResourceLeft, "resource-left", "", "initialized")                                                   \
    KIND(ResourceFreed, "resource-freed", "", "initialized")                                                 \
    KIND(LookasideListFreed, "lookaside-list-freed", "", "initialized")                                      \
    KIND(RundownProtectionLeak, "rundown-protection-leak", "", "allocated")                                  \
    KIND(TimerLeak, "timer-leak", "", "allocated")                                                           \
    KIND(NotifyRoutineLeft, "notify-routine-left", "", "registered")                                         \
    KIND(RegistrationLeft, "registration-left", "", "registered")                                            \
    KIND(WmiRegistrationLeft, "wmi-registration-left", "", "registered")                                     \
    KIND(InterruptLeft, "interrupt-left", "", "connected")                                                   \
    KIND(TimerLeft, "timer-left", "", "set")                                                                 \
    KIND(TimerFreed, "timer-freed", "", "set")                                                               \
    KIND(DpcFreed, "dpc-freed", "", "queued")                                                                \
    KIND(DpcLeft, "dpc-left", "", "queued")                                                                  \
    KIND(WorkItemQueued, "work-item-queued", "", "queued")                                                   \
    KIND(ThreadLeft, "thread-left", "", "started")

typedef enum _VI_KIND {
#define VI_KIND_OF(Name, ...) Vi##Name,
    VI_KINDS(VI_KIND_OF)
#undef VI_KIND_OF
        ViKindCount
} VI_KIND;

#endif
