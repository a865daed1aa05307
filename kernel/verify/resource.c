// SPDX-License-Identifier: MIT
// Who has got what, where.
#include "inc/kernel.h"
#include "verify/resource.h"

#define VI_RESOURCE_BUCKETS 256
#define VI_NAME_BYTES       64

typedef struct _VI_RESOURCE {
    LIST_ENTRY Link;
    ULONG_PTR Key;
    UCHAR Kind;
    PCSTR Routine; // that gave it
    CHAR Name[VI_NAME_BYTES];
    VI_STACK Stack;
} VI_RESOURCE;

static const VI_RESOURCE_ROW ViResourceRows[] = {
#include "resource-table.inc"
};

static const struct {
    VI_KIND Finding;
    PCSTR Should;
} ViResourceKinds[] = {
#define VI_RESOURCE_KIND_ROW(Id, Finding, Should) {Vi##Finding, Should},
    VI_RESOURCES(VI_RESOURCE_KIND_ROW)
#undef VI_RESOURCE_KIND_ROW
};

static LIST_ENTRY ViResources[VI_RESOURCE_BUCKETS];
static KSPIN_LOCK ViResourceLock;

const VI_RESOURCE_ROW *ViFindResourceRows(PCSTR Name, PULONG Count)
{
    ULONG First = 0;
    *Count = 0;
    while (First < RTL_NUMBER_OF(ViResourceRows) && strcmp(ViResourceRows[First].Routine, Name) != 0) {
        First += 1;
    }
    while (First + *Count < RTL_NUMBER_OF(ViResourceRows) &&
           strcmp(ViResourceRows[First + *Count].Routine, Name) == 0) {
        *Count += 1;
    }
    return *Count != 0 ? &ViResourceRows[First] : NULL;
}

static KIRQL ViLockResources(VOID)
{
    KIRQL OldIrql = KiAcquireSpinLockRaise(&ViResourceLock);
    if (ViResources[0].Flink == NULL) {
        for (ULONG Index = 0; Index < VI_RESOURCE_BUCKETS; Index += 1) {
            InitializeListHead(&ViResources[Index]);
        }
    }
    return OldIrql;
}

static VOID ViUnlockResources(KIRQL OldIrql)
{
    KiReleaseSpinLockLower(&ViResourceLock, OldIrql);
}

static PLIST_ENTRY ViResourceBucket(ULONG_PTR Key)
{
    return &ViResources[(Key * 0x9E3779B97F4A7C15ULL >> 32) % VI_RESOURCE_BUCKETS];
}

// The last one got, of several. The lock is held.
static VI_RESOURCE *ViFindResource(UCHAR Kind, ULONG_PTR Key)
{
    PLIST_ENTRY Bucket = ViResourceBucket(Key);
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket; Link = Link->Flink) {
        VI_RESOURCE *Resource = CONTAINING_RECORD(Link, VI_RESOURCE, Link);
        if (Resource->Kind == Kind && Resource->Key == Key) {
            return Resource;
        }
    }
    return NULL;
}

VOID ViForgetResource(VI_RESOURCE_KIND Kind, ULONG_PTR Key)
{
    KIRQL OldIrql = ViLockResources();
    VI_RESOURCE *Resource = ViFindResource((UCHAR)Kind, Key);
    if (Resource != NULL) {
        RemoveEntryList(&Resource->Link);
    }
    ViUnlockResources(OldIrql);
    if (Resource != NULL) {
        ExFreePoolWithTag(Resource, TAG_VERIFIER);
    }
}

BOOLEAN ViWhereGot(VI_RESOURCE_KIND Kind, ULONG_PTR Key, VI_STACK *Stack)
{
    KIRQL OldIrql = ViLockResources();
    const VI_RESOURCE *Resource = ViFindResource((UCHAR)Kind, Key);
    BOOLEAN Known = Resource != NULL;
    if (Known) {
        *Stack = Resource->Stack;
    }
    ViUnlockResources(OldIrql);
    return Known;
}

static VOID ViNoteResource(const VI_RESOURCE_ROW *Row, ULONG_PTR Key, PCSTR Name)
{
    // A reference may be held many times; of anything else an address or number names one.
    if (Row->Kind != ViResourceReference) {
        ViForgetResource(Row->Kind, Key);
    }
    VI_RESOURCE *Resource = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*Resource), TAG_VERIFIER);
    if (Resource == NULL) {
        return;
    }
    Resource->Key = Key;
    Resource->Kind = Row->Kind;
    Resource->Routine = Row->Routine;
    strncpy(Resource->Name, Name, sizeof(Resource->Name) - 1);
    ViCaptureStack(&Resource->Stack);
    KIRQL OldIrql = ViLockResources();
    InsertHeadList(ViResourceBucket(Key), &Resource->Link);
    ViUnlockResources(OldIrql);
}

// A name as a key: equal for names that differ in case only. Text gets it in ASCII, cut.
static ULONG_PTR ViNameKey(PCUNICODE_STRING Name, CHAR Text[VI_NAME_BYTES])
{
    ULONG_PTR Key = 0xCBF29CE484222325ULL;
    ULONG Count = Name->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Key = (Key ^ RtlUpcaseUnicodeChar(Name->Buffer[Index])) * 0x100000001B3ULL;
        if (Index < VI_NAME_BYTES - 1) {
            Text[Index] = Name->Buffer[Index] < 0x7F ? (CHAR)Name->Buffer[Index] : '?';
        }
    }
    Text[min(Count, VI_NAME_BYTES - 1)] = '\0';
    return Key;
}

// What Row's call is about; 0: nothing.
static ULONG_PTR ViKeyOf(const VI_RESOURCE_ROW *Row, const VI_CALL *Call, ULONG_PTR Result,
                         CHAR Text[VI_NAME_BYTES])
{
    Text[0] = '\0';
    if (Row->Form == ViKeyResult) {
        return Result;
    }
    ULONG_PTR Argument = Call->Arguments[Row->Argument - 1], Key = 0;
    if (Row->Form == ViKeyArgument || Argument == 0) {
        return Argument;
    }
    __try {
        Key = Row->Form == ViKeyName ? ViNameKey((PCUNICODE_STRING)Argument, Text) : *(PULONG_PTR)Argument;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        // The routine itself says what it thinks of the pointer.
        Key = 0;
    }
    return Key;
}

static BOOLEAN ViHasHappened(const VI_RESOURCE_ROW *Row, const VI_CALL *Call, ULONG_PTR Result)
{
    if (Row->Condition != 0 &&
        ((UCHAR)Call->Arguments[Row->Condition - 1] == Row->ConditionValue) != Row->ConditionEqual) {
        return FALSE;
    }
    switch (Row->When) {
    case ViWhenSuccess: return NT_SUCCESS((NTSTATUS)Result);
    case ViWhenResult: return Result != 0;
    default: return TRUE;
    }
}

// A handle in a user process's table is that process's: it may have been made for it.
static BOOLEAN ViIsUsersHandle(ULONG_PTR Handle)
{
    return (LONG_PTR)Handle > 0 && PsGetCurrentProcess() != PsInitialSystemProcess;
}

VOID ViApplyResourceRow(const VI_RESOURCE_ROW *Row, const VI_CALL *Call, ULONG_PTR Result)
{
    CHAR Text[VI_NAME_BYTES];
    if (KiGetIrql() > DISPATCH_LEVEL || !ViHasHappened(Row, Call, Result)) {
        return;
    }
    ULONG_PTR Key = ViKeyOf(Row, Call, Result, Text);
    if (Key == 0 || (Row->Kind == ViResourceHandle && ViIsUsersHandle(Key))) {
        return;
    }
    if (Row->Gets) {
        ViNoteResource(Row, Key, Text);
    } else {
        ViForgetResource(Row->Kind, Key);
    }
}

// Takes one that the image has got off the table; of handles and references alone if it Holds. NULL: none.
static VI_RESOURCE *ViTakeResourceOf(ULONG_PTR Base, SIZE_T Bytes, BOOLEAN Holds)
{
    VI_RESOURCE *Found = NULL;
    KIRQL OldIrql = ViLockResources();
    for (ULONG Index = 0; Found == NULL && Index < VI_RESOURCE_BUCKETS; Index += 1) {
        PLIST_ENTRY Bucket = &ViResources[Index];
        for (PLIST_ENTRY Link = Bucket->Flink; Found == NULL && Link != Bucket; Link = Link->Flink) {
            VI_RESOURCE *Resource = CONTAINING_RECORD(Link, VI_RESOURCE, Link);
            BOOLEAN Wanted =
                !Holds || Resource->Kind == ViResourceHandle || Resource->Kind == ViResourceReference;
            if (Wanted && Resource->Stack.Count != 0 && Resource->Stack.Frames[0] - Base < Bytes) {
                Found = Resource;
                RemoveEntryList(Link);
            }
        }
    }
    ViUnlockResources(OldIrql);
    return Found;
}

VOID ViCheckResourceLeaks(ULONG_PTR Base, SIZE_T Bytes, BOOLEAN Waits)
{
    PCSTR State = Waits ? "waits for the last user of its devices to be unloaded," : "is unloaded";
    VI_RESOURCE *Resource;
    while ((Resource = ViTakeResourceOf(Base, Bytes, Waits)) != NULL) {
        VI_KIND Finding = ViResourceKinds[Resource->Kind].Finding;
        PCSTR Should = ViResourceKinds[Resource->Kind].Should;
        if (!ViIsStillThere(Resource->Kind, Resource->Key)) {
            ExFreePoolWithTag(Resource, TAG_VERIFIER);
            continue;
        }
        if (Resource->Name[0] != '\0') {
            ViReportLeft(Finding, &Resource->Stack, "the driver %s and has not %s %s, made by %s", State,
                         Should, Resource->Name, Resource->Routine);
        } else {
            ViReportLeft(Finding, &Resource->Stack, "the driver %s and has not %s %p, from %s", State, Should,
                         (PVOID)Resource->Key, Resource->Routine);
        }
        ExFreePoolWithTag(Resource, TAG_VERIFIER);
    }
}
