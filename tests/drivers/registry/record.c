// SPDX-License-Identifier: MIT
// Names, and what is remembered of operations.
#include "guard.h"

#ifdef ALLOC_PRAGMA
#pragma alloc_text(PAGE, GuardCopyName)
#pragma alloc_text(PAGE, GuardReach)
#pragma alloc_text(PAGE, GuardAddRecord)
#pragma alloc_text(PAGE, GuardTakeRecord)
#endif

_Use_decl_annotations_ VOID GuardCopyName(PWCHAR Target, PCUNICODE_STRING First, PCUNICODE_STRING Second)
{
    UNICODE_STRING Name = {.Buffer = Target, .MaximumLength = (GUARD_NAME_CHARACTERS - 1) * sizeof(WCHAR)};

    PAGED_CODE();
    if (First != NULL) {
        (VOID) RtlAppendUnicodeStringToString(&Name, First);
    }
    if (Second != NULL && Second->Length != 0) {
        if (First != NULL) {
            (VOID) RtlAppendUnicodeToString(&Name, L"\\");
        }
        (VOID) RtlAppendUnicodeStringToString(&Name, Second);
    }
    Target[Name.Length / sizeof(WCHAR)] = UNICODE_NULL;
}

// Whether Name is that of the key at Path, or of one under it. An empty path is nobody's.
static BOOLEAN GuardIsWithin(_In_ PCWSTR Name, _In_ PCWSTR Path)
{
    UNICODE_STRING Whole, Prefix;

    PAGED_CODE();
    RtlInitUnicodeString(&Whole, Name);
    RtlInitUnicodeString(&Prefix, Path);
    if (Prefix.Length == 0 || !RtlPrefixUnicodeString(&Prefix, &Whole, TRUE)) {
        return FALSE;
    }
    return Whole.Length == Prefix.Length || Whole.Buffer[Prefix.Length / sizeof(WCHAR)] == L'\\';
}

_Use_decl_annotations_ GUARD_REACH GuardReach(PGUARD_DEVICE Guard, PCWSTR Name)
{
    GUARD_REACH Reach;

    PAGED_CODE();
    KeEnterCriticalRegion();
    ExAcquirePushLockShared(&Guard->PathsLock);
    Reach.Watched = GuardIsWithin(Name, Guard->Paths.Watched);
    Reach.Guarded = GuardIsWithin(Name, Guard->Paths.Guarded);
    ExReleasePushLockShared(&Guard->PathsLock);
    KeLeaveCriticalRegion();
    return Reach;
}

_Use_decl_annotations_ VOID GuardAddRecord(PGUARD_DEVICE Guard, const GUARD_RECORD *Record)
{
    PAGED_CODE();
    ExAcquireFastMutex(&Guard->Mutex);
    Guard->Records[(Guard->First + Guard->Count) % GUARD_RECORDS] = *Record;
    if (Guard->Count == GUARD_RECORDS) {
        Guard->First = (Guard->First + 1) % GUARD_RECORDS;
    } else {
        Guard->Count += 1;
    }
    ExReleaseFastMutex(&Guard->Mutex);
}

_Use_decl_annotations_ BOOLEAN GuardTakeRecord(PGUARD_DEVICE Guard, GUARD_RECORD *Record)
{
    BOOLEAN Found;

    PAGED_CODE();
    ExAcquireFastMutex(&Guard->Mutex);
    Found = Guard->Count != 0;
    if (Found) {
        *Record = Guard->Records[Guard->First];
        Guard->First = (Guard->First + 1) % GUARD_RECORDS;
        Guard->Count -= 1;
    }
    ExReleaseFastMutex(&Guard->Mutex);
    return Found;
}
