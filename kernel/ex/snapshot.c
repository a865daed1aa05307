// SPDX-License-Identifier: MIT
// What the kernel holds, counted.
#include "inc/kernel.h"
#include "ex/pool.h"
#include "ex/snapshot.h"
#include "verify/pool.h"

typedef struct _EXP_SNAPSHOT {
    KM_SNAPSHOT_ROW *Rows;
    ULONG64 Room, Count;
    ULONG64 FirstTag; // the row of the first pool tag
} EXP_SNAPSHOT;

// The next row; NULL: it has no room.
static KM_SNAPSHOT_ROW *ExpNextRow(EXP_SNAPSHOT *Snapshot, ULONG Kind)
{
    KM_SNAPSHOT_ROW *Row = NULL;
    if (Snapshot->Count < Snapshot->Room) {
        Row = &Snapshot->Rows[Snapshot->Count];
        RtlZeroMemory(Row, sizeof(*Row));
        Row->kind = Kind;
    }
    Snapshot->Count += 1;
    return Row;
}

static VOID ExpCountType(EXP_SNAPSHOT *Snapshot, ULONG Kind, const OBJECT_TYPE *Type, ULONG Count)
{
    KM_SNAPSHOT_ROW *Row = Count != 0 ? ExpNextRow(Snapshot, Kind) : NULL;
    if (Row == NULL) {
        return;
    }
    Row->count = Count;
    for (ULONG Index = 0; Index < Type->Name.Length / sizeof(WCHAR) && Index < sizeof(Row->name) - 1;
         Index += 1) {
        Row->name[Index] = (char)Type->Name.Buffer[Index];
    }
}

static KM_SNAPSHOT_ROW *ExpFindTag(const EXP_SNAPSHOT *Snapshot, ULONG Tag)
{
    for (ULONG64 Index = Snapshot->FirstTag; Index < min(Snapshot->Count, Snapshot->Room); Index += 1) {
        if (*(UNALIGNED ULONG *)Snapshot->Rows[Index].name == Tag) {
            return &Snapshot->Rows[Index];
        }
    }
    return NULL;
}

static VOID ExpAddToSnapshot(const EXP_POOL_ALLOCATION *Allocation, PVOID Context)
{
    EXP_SNAPSHOT *Snapshot = Context;
    const ULONG Tag = Allocation->Tag & ~(ULONG)PROTECTED_POOL;
    KM_SNAPSHOT_ROW *Row = ExpFindTag(Snapshot, Tag);
    if (Tag == TAG_VERIFIER) {
        return;
    }
    if (Row == NULL) {
        Row = ExpNextRow(Snapshot, KM_SNAPSHOT_POOL);
        if (Row == NULL) {
            return;
        }
        *(UNALIGNED ULONG *)Row->name = Tag;
    }
    Row->count += 1;
    Row->bytes += Allocation->Bytes;
}

// An IRP that is kept for the next caller is nobody's.
static VOID ExpLeaveOutCachedIrps(EXP_SNAPSHOT *Snapshot)
{
    ULONG64 Bytes, Count = IopCountCachedIrps(&Bytes);
    KM_SNAPSHOT_ROW *Row = ExpFindTag(Snapshot, TAG_IRP);
    if (Row != NULL) {
        Row->count -= Count;
        Row->bytes -= Bytes;
    }
}

ULONG64 ExpTakeSnapshot(KM_SNAPSHOT_ROW *Rows, ULONG64 Room)
{
    EXP_SNAPSHOT Snapshot = {.Rows = Rows, .Room = Room};
    ULONG64 Total, Free;
    for (ULONG Index = 0; Index < OB_MAXIMUM_TYPES; Index += 1) {
        const OBJECT_TYPE *Type = ObpObjectTypes[Index];
        if (Type != NULL) {
            ExpCountType(&Snapshot, KM_SNAPSHOT_OBJECTS, Type, Type->TotalNumberOfObjects);
            ExpCountType(&Snapshot, KM_SNAPSHOT_HANDLES, Type, Type->TotalNumberOfHandles);
        }
    }
    MiQueryPhysicalPages(&Total, &Free);
    KM_SNAPSHOT_ROW *Pages = ExpNextRow(&Snapshot, KM_SNAPSHOT_PAGES);
    if (Pages != NULL) {
        Pages->count = Total - Free - ExpPoolPages();
    }
    Snapshot.FirstTag = Snapshot.Count;
    ExpWalkPools(ExpAddToSnapshot, &Snapshot);
    ExpLeaveOutCachedIrps(&Snapshot);
    ViWalkAllocations(ExpAddToSnapshot, &Snapshot);
    return Snapshot.Count;
}
