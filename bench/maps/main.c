// SPDX-License-Identifier: MIT
// Prints "OPERATION.KEYS.NAME NANOSECONDS" lines, one for each repetition, and "bytes.KEYS.NAME BYTES" an
// entry. Keys are random 64-bit numbers, each looked up in another order than it was inserted in; maps grow
// from nothing.
#include "bench.h"

#define QUERIES 200000u // at least: a map of few keys is asked, and built, more often

static const BENCH_MAP *const Maps[] = {&KmodeMap, &KlibMap, &StcMap, &UtMap};
static const BENCH_MAP *const Trees[] = {&KmodeTree, &KlibTree, &KlibAvlTree, &StcTree};

typedef struct BENCH_KEYS {
    ULONG Count;
    ULONG QueryCount;
    ULONG Builds;  // so many maps are made, each of other keys, that no branch predictor knows them by heart
    ULONG64 *Keys; // as they are inserted: Count of each map
    ULONG64 *Erased; // those in another order
    ULONG64 *Hits;
    ULONG64 *Misses;
} BENCH_KEYS;

static ULONG64 Random(PULONG64 State)
{
    ULONG64 Number = *State += 0x9E3779B97F4A7C15;

    Number = (Number ^ Number >> 30) * 0xBF58476D1CE4E5B9;
    Number = (Number ^ Number >> 27) * 0x94D049BB133111EB;
    return Number ^ Number >> 31;
}

static ULONG64 *AllocateKeys(ULONG Count)
{
    ULONG64 *Keys = (ULONG64 *)ExAllocatePool2(POOL_FLAG_PAGED, Count * sizeof(ULONG64), 'syeK');

    if (Keys == NULL) {
        ExRaiseStatus(STATUS_INSUFFICIENT_RESOURCES);
    }
    return Keys;
}

static VOID MakeKeys(BENCH_KEYS *Keys, ULONG Count)
{
    ULONG64 State = 1, Choice = Count, Missing = 1000000000000;

    Keys->Count = Count;
    Keys->Builds = max(1, QUERIES / Count);
    Keys->QueryCount = max(Count, QUERIES);
    Keys->Keys = AllocateKeys(Keys->QueryCount);
    Keys->Erased = AllocateKeys(Keys->QueryCount);
    Keys->Hits = AllocateKeys(Keys->QueryCount);
    Keys->Misses = AllocateKeys(Keys->QueryCount);
    for (ULONG Index = 0; Index < Keys->QueryCount; Index += 1) {
        ULONG First = Index / Count * Count, Other = First + (ULONG)(Random(&Choice) % (Index - First + 1));

        Keys->Keys[Index] = Random(&State); // of different states, so different
        Keys->Erased[Index] = Keys->Erased[Other];
        Keys->Erased[Other] = Keys->Keys[Index];
        Keys->Misses[Index] = Random(&Missing);
    }
    // Those of the last map.
    for (ULONG Index = 0; Index < Keys->QueryCount; Index += 1) {
        Keys->Hits[Index] = Keys->Keys[(Keys->Builds - 1) * Count + Random(&Choice) % Count];
    }
}

static VOID FreeKeys(BENCH_KEYS *Keys)
{
    ExFreePool(Keys->Keys);
    ExFreePool(Keys->Erased);
    ExFreePool(Keys->Hits);
    ExFreePool(Keys->Misses);
}

static VOID Report(PCSTR Operation, const BENCH_KEYS *Keys, const BENCH_MAP *Map, ULONG64 Ticks,
                   ULONG64 Rounds)
{
    LARGE_INTEGER Frequency;

    (void)KeQueryPerformanceCounter(&Frequency);
    ULONG64 Tenths = Ticks * (10000000000ull / (ULONG64)Frequency.QuadPart) / Rounds;
    DbgPrint("%s.%lu.%s %I64u.%I64u\n", Operation, Keys->Count, Map->Name, Tenths / 10, Tenths % 10);
}

static ULONG64 Now(VOID)
{
    return (ULONG64)KeQueryPerformanceCounter(NULL).QuadPart;
}

static BOOLEAN Measure(const BENCH_MAP *Map, const BENCH_KEYS *Keys)
{
    ULONG Builds = Keys->Builds;
    ULONG64 Inserting = 0, Erasing = 0, Sum = 0, Start, Found;
    PVOID State = NULL;
    SIZE_T Before = BenchBytes;

    for (ULONG Build = 0; Build < Builds; Build += 1) {
        if (State != NULL) {
            Map->Free(&State);
        }
        Start = Now();
        Map->Insert(&State, Keys->Keys + Build * Keys->Count, Keys->Count);
        Inserting += Now() - Start;
    }
    Report("insert", Keys, Map, Inserting, (ULONG64)Builds * Keys->Count);
    DbgPrint("bytes.%lu.%s %I64u\n", Keys->Count, Map->Name, (BenchBytes - Before) / Keys->Count);
    Start = Now();
    Found = Map->Find(State, Keys->Hits, Keys->QueryCount);
    Report("hit", Keys, Map, Now() - Start, Keys->QueryCount);
    for (ULONG Index = 0; Index < Keys->QueryCount; Index += 1) {
        Found -= ~Keys->Hits[Index];
    }
    Start = Now();
    Found |= Map->Find(State, Keys->Misses, Keys->QueryCount);
    Report("miss", Keys, Map, Now() - Start, Keys->QueryCount);
    Start = Now();
    for (ULONG Build = 0; Build < Builds; Build += 1) {
        Sum += Map->Iterate(State);
    }
    Report("iterate", Keys, Map, Now() - Start, (ULONG64)Builds * Keys->Count);
    for (ULONG Index = 0; Index < Keys->Count; Index += 1) {
        Sum -= Builds * ~Keys->Keys[(Builds - 1) * Keys->Count + Index];
    }
    Found |= Sum;
    for (ULONG Build = 0; Build < Builds; Build += 1) {
        ULONG First = (Builds - 1 - Build) * Keys->Count;

        if (Build != 0) {
            Map->Insert(&State, Keys->Keys + First, Keys->Count);
        }
        Start = Now();
        Map->Erase(&State, Keys->Erased + First, Keys->Count);
        Erasing += Now() - Start;
    }
    Report("erase", Keys, Map, Erasing, (ULONG64)Builds * Keys->Count);
    Found |= Map->Find(State, Keys->Hits, Keys->QueryCount);
    Map->Free(&State);
    return Found == 0 && BenchBytes == Before;
}

static NTSTATUS MeasureAll(const BENCH_MAP *const *All, ULONG AllCount, const BENCH_KEYS *Keys)
{
    ULONG Repetitions = Keys->Count <= 100000 ? 15 : Keys->Count <= 1000000 ? 5 : 3;

    // In turn, so that a noisy minute is everyone's, and nobody always comes after the same other.
    for (ULONG Index = 0; Index < Repetitions * AllCount; Index += 1) {
        if (!Measure(All[(Index + Index / AllCount) % AllCount], Keys)) {
            DbgPrint("%s is wrong\n", All[(Index + Index / AllCount) % AllCount]->Name);
            return STATUS_DATA_ERROR;
        }
    }
    return STATUS_SUCCESS;
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    BenchFreeAll();
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    for (ULONG Count = 1000; Count <= 10000000; Count *= 10) {
        BENCH_KEYS Keys;

        MakeKeys(&Keys, Count);
        NTSTATUS Status = MeasureAll(Maps, RTL_NUMBER_OF(Maps), &Keys);

        // Of ten million, trees would take minutes.
        if (NT_SUCCESS(Status) && Count <= 1000000) {
            Status = MeasureAll(Trees, RTL_NUMBER_OF(Trees), &Keys);
        }
        FreeKeys(&Keys);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
    }
    return STATUS_SUCCESS;
}
