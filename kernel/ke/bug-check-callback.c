// SPDX-License-Identifier: MIT
// Routines of drivers that run during a bug check. The records are the drivers'; they hang in two lists.
#include "inc/kernel.h"

static LIST_ENTRY KiBugCheckCallbacks = {&KiBugCheckCallbacks, &KiBugCheckCallbacks};
static LIST_ENTRY KiBugCheckReasonCallbacks = {&KiBugCheckReasonCallbacks, &KiBugCheckReasonCallbacks};
static KSPIN_LOCK KiBugCheckCallbackLock;

static KIRQL KiLockCallbacks(VOID)
{
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&KiBugCheckCallbackLock);
    return OldIrql;
}

static VOID KiUnlockCallbacks(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&KiBugCheckCallbackLock, OldIrql);
}

// A record that was damaged behind its owner's back is not called.
static ULONG_PTR KiChecksum(const KBUGCHECK_CALLBACK_RECORD *Record)
{
    return (ULONG_PTR)Record->CallbackRoutine + (ULONG_PTR)Record->Buffer + Record->Length +
           (ULONG_PTR)Record->Component;
}

static ULONG_PTR KiReasonChecksum(const KBUGCHECK_REASON_CALLBACK_RECORD *Record)
{
    return (ULONG_PTR)Record->CallbackRoutine + Record->Reason + (ULONG_PTR)Record->Component;
}

// The part of a record of either kind. FALSE if it is not registered.
static BOOLEAN KiRemoveCallback(PLIST_ENTRY Entry, PUCHAR State)
{
    KIRQL OldIrql = KiLockCallbacks();
    BOOLEAN Removed = *State == BufferInserted;
    if (Removed) {
        *State = BufferEmpty;
        RemoveEntryList(Entry);
    }
    KiUnlockCallbacks(OldIrql);
    return Removed;
}

// CallbackRecord: the caller's, in nonpaged memory, initialised by KeInitializeCallbackRecord. FALSE if it is
// registered already. Any IRQL.
BOOLEAN NTAPI KeRegisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord,
                                         PKBUGCHECK_CALLBACK_ROUTINE CallbackRoutine, PVOID Buffer,
                                         ULONG Length, PUCHAR Component)
{
    KIRQL OldIrql = KiLockCallbacks();
    BOOLEAN Inserted = CallbackRecord->State == BufferEmpty;
    if (Inserted) {
        CallbackRecord->CallbackRoutine = CallbackRoutine;
        CallbackRecord->Buffer = Buffer;
        CallbackRecord->Length = Length;
        CallbackRecord->Component = Component;
        CallbackRecord->Checksum = KiChecksum(CallbackRecord);
        CallbackRecord->State = BufferInserted;
        InsertTailList(&KiBugCheckCallbacks, &CallbackRecord->Entry);
    }
    KiUnlockCallbacks(OldIrql);
    return Inserted;
}

// FALSE if it is not registered.
BOOLEAN NTAPI KeDeregisterBugCheckCallback(PKBUGCHECK_CALLBACK_RECORD CallbackRecord)
{
    return KiRemoveCallback(&CallbackRecord->Entry, &CallbackRecord->State);
}

// As KeRegisterBugCheckCallback. FALSE too for a Reason that there is not.
BOOLEAN NTAPI KeRegisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord,
                                               PKBUGCHECK_REASON_CALLBACK_ROUTINE CallbackRoutine,
                                               KBUGCHECK_CALLBACK_REASON Reason, PUCHAR Component)
{
    if (Reason < KbCallbackSecondaryDumpData || Reason > KbCallbackTriageDumpData) {
        return FALSE;
    }
    KIRQL OldIrql = KiLockCallbacks();
    BOOLEAN Inserted = CallbackRecord->State == BufferEmpty;
    if (Inserted) {
        CallbackRecord->CallbackRoutine = CallbackRoutine;
        CallbackRecord->Reason = Reason;
        CallbackRecord->Component = Component;
        CallbackRecord->Checksum = KiReasonChecksum(CallbackRecord);
        CallbackRecord->State = BufferInserted;
        InsertTailList(&KiBugCheckReasonCallbacks, &CallbackRecord->Entry);
    }
    KiUnlockCallbacks(OldIrql);
    return Inserted;
}

BOOLEAN NTAPI KeDeregisterBugCheckReasonCallback(PKBUGCHECK_REASON_CALLBACK_RECORD CallbackRecord)
{
    return KiRemoveCallback(&CallbackRecord->Entry, &CallbackRecord->State);
}

// TRUE if Link may be followed: a list that a driver damaged must not keep the bug check from being told.
static BOOLEAN KiIsLinkSound(PLIST_ENTRY Link)
{
    return MiIsRangeReadable((ULONG_PTR)Link, sizeof(*Link)) && (ULONG_PTR)Link % sizeof(PVOID) == 0;
}

static VOID KiCallPlainCallbacks(VOID)
{
    for (PLIST_ENTRY Link = KiBugCheckCallbacks.Flink; Link != &KiBugCheckCallbacks && KiIsLinkSound(Link);
         Link = Link->Flink) {
        PKBUGCHECK_CALLBACK_RECORD Record = CONTAINING_RECORD(Link, KBUGCHECK_CALLBACK_RECORD, Entry);
        if (Record->State != BufferInserted || Record->Checksum != KiChecksum(Record)) {
            continue;
        }
        Record->State = BufferStarted;
        Record->CallbackRoutine(Record->Buffer, Record->Length);
        Record->State = BufferFinished;
    }
}

// No crash dump is written: of the reasons, that one is called which comes before the writing of one.
static VOID KiCallReasonCallbacks(ULONG BugCheckCode)
{
    for (PLIST_ENTRY Link = KiBugCheckReasonCallbacks.Flink;
         Link != &KiBugCheckReasonCallbacks && KiIsLinkSound(Link); Link = Link->Flink) {
        PKBUGCHECK_REASON_CALLBACK_RECORD Record =
            CONTAINING_RECORD(Link, KBUGCHECK_REASON_CALLBACK_RECORD, Entry);
        if (Record->State != BufferInserted || Record->Checksum != KiReasonChecksum(Record) ||
            Record->Reason != KbCallbackAddPages) {
            continue;
        }
        Record->State = BufferStarted;
        KBUGCHECK_ADD_PAGES Pages;
        PVOID Context = NULL;
        do {
            Pages = (KBUGCHECK_ADD_PAGES){.Context = Context, .BugCheckCode = BugCheckCode};
            Record->CallbackRoutine(KbCallbackAddPages, Record, &Pages, sizeof(Pages));
            Context = Pages.Context;
        } while (Pages.Flags & KB_ADD_PAGES_FLAG_ADDITIONAL_RANGES_EXIST);
        Record->State = BufferFinished;
    }
}

VOID KiCallBugCheckCallbacks(ULONG BugCheckCode)
{
    KiSetIrql(HIGH_LEVEL);
    KiCallReasonCallbacks(BugCheckCode);
    KiCallPlainCallbacks();
}
