// SPDX-License-Identifier: MIT
// The SDK's vec and sort beside klib's kvec and ksort, STC's vec and sort, and uthash's utarray: all in this
// one driver, compiled by the same flags, over one allocator, each growing by its own rule; a realloc is an
// allocation, a copy and a free for all of them, for that is what pool has. Prints "OPERATION-COUNT-LIBRARY
// NANOSECONDS" lines, of one element, the median of rounds in which each library has its turn. Run it with
// --clock real --no-checks.
#include <kmode.h>

// -DPLACEMENT=BYTES moves the loops that are measured by so much: where one stands in its cache line makes
// half as much again of these times, and is luck. bench/run tries them all, and takes the best of each
// library.
#ifdef PLACEMENT
#define TEXT_OF(Number) #Number
#define SKIP(Number)    __asm__ volatile(".skip " TEXT_OF(Number) ", 0x90")
#define PLACE()         SKIP(PLACEMENT)
#else
#define PLACE() ((void)0)
#endif

#include <stdlib.h>
#include <string.h>

// The pool's time is not what is measured: blocks of powers of two come from it once, and then from lists.
#define CLASSES 32

typedef struct FREE_BLOCK {
    struct FREE_BLOCK *Next;
} FREE_BLOCK;

static FREE_BLOCK *Free[CLASSES];
static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'cevB');

static ULONG ClassOf(SIZE_T Bytes)
{
    ULONG Class = 4;

    _BitScanReverse64(&Class, (ULONG64)Bytes - 1);
    return max(Class + 1, 4);
}

static PVOID NTAPI HeapAllocate(PKM_ALLOCATOR Allocator, SIZE_T Bytes, BOOLEAN Zeroed)
{
    ULONG Class = ClassOf(Bytes);
    FREE_BLOCK *Block = Free[Class];

    UNREFERENCED_PARAMETER(Allocator);
    if (Block != NULL) {
        Free[Class] = Block->Next;
    } else {
        Block = (FREE_BLOCK *)KmAlloc(&Pool, (SIZE_T)1 << Class);
        if (Block == NULL) {
            KeBugCheck(MANUALLY_INITIATED_CRASH);
        }
    }
    if (Zeroed) {
        RtlZeroMemory(Block, Bytes);
    }
    return Block;
}

static VOID NTAPI HeapFree(PKM_ALLOCATOR Allocator, PVOID Memory, SIZE_T Bytes)
{
    ULONG Class = ClassOf(Bytes);

    UNREFERENCED_PARAMETER(Allocator);
    ((FREE_BLOCK *)Memory)->Next = Free[Class];
    Free[Class] = (FREE_BLOCK *)Memory;
}

static const KM_ALLOCATOR_OPERATIONS HeapOperations = {HeapAllocate, HeapFree, NULL, PASSIVE_LEVEL};
static KM_ALLOCATOR Heap = KM_ALLOCATOR_INIT(HeapOperations, 'cevB');

static VOID EmptyHeap(VOID)
{
    for (ULONG Class = 0; Class < CLASSES; Class += 1) {
        while (Free[Class] != NULL) {
            FREE_BLOCK *Block = Free[Class];

            Free[Class] = Block->Next;
            KmFree(&Pool, Block, (SIZE_T)1 << Class);
        }
    }
}

// What a C library's allocator needs to know, a KM_ALLOCATOR is told: before each of the others' blocks stand
// its bytes, in front of a block of a power of two.
typedef struct HEADER {
    SIZE_T Bytes;
    SIZE_T Unused;
} HEADER;

static void *BenchRealloc(void *Memory, size_t Bytes)
{
    HEADER *Old = Memory != NULL ? (HEADER *)Memory - 1 : NULL;
    HEADER *Header = (HEADER *)KmRealloc(&Heap, Old, Old != NULL ? Old->Bytes : 0, Bytes + sizeof(HEADER));

    Header->Bytes = Bytes + sizeof(HEADER);
    return Header + 1;
}

static void BenchFree(void *Memory)
{
    if (Memory != NULL) {
        KmFree(&Heap, (HEADER *)Memory - 1, ((HEADER *)Memory - 1)->Bytes);
    }
}

#define malloc(Bytes)          BenchRealloc(NULL, (Bytes))
#define calloc(Count, Bytes)   memset(BenchRealloc(NULL, (Count) * (Bytes)), 0, (Count) * (Bytes))
#define realloc(Memory, Bytes) BenchRealloc((Memory), (Bytes))
#define free(Memory)           BenchFree(Memory)
// Of ksort's shuffle, which nothing here calls.
#define drand48()              0.5
#define exit(Code)             KeBugCheck(MANUALLY_INITIATED_CRASH)

#include "peers/klib/ksort.h"
#include "peers/klib/kvec.h"

#define assert(Expression) ((void)0)
#define i_type             StcVec
#define i_key              unsigned
#define i_use_cmp
#include "peers/stc/include/stc/vec.h"

#include "/usr/include/utarray.h"

typedef KM_VEC(unsigned) KM_VECTOR;
typedef kvec_t(unsigned) KVEC;

#define IS_LESS(Left, Right) ((Left) < (Right))
KSORT_INIT(unsigned, unsigned, IS_LESS)

static const UT_icd UnsignedIcd = {sizeof(unsigned), NULL, NULL, NULL};

// What each library does; the sum keeps the compiler from leaving it out.
typedef struct LIBRARY {
    const char *Name;
    unsigned (*Push)(const unsigned *Numbers, SIZE_T Count);
    unsigned (*Iterate)(SIZE_T Rounds);
    void (*Fill)(const unsigned *Numbers, SIZE_T Count);
    void (*Sort)(void);
    unsigned (*Empty)(void);
} LIBRARY;

static KM_VECTOR Km;

static DECLSPEC_NOINLINE unsigned KmPush(const unsigned *Numbers, SIZE_T Count)
{
    KM_VECTOR Vec = KM_VEC_INIT(&Heap);
    unsigned Last;

    PLACE();
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        if (KmVecPush(&Vec, Numbers[Index]) != STATUS_SUCCESS) {
            KeBugCheck(MANUALLY_INITIATED_CRASH);
        }
    }
    Last = *KmVecLast(&Vec);
    KmVecFree(&Vec);
    return Last;
}

static DECLSPEC_NOINLINE unsigned KmIterate(SIZE_T Rounds)
{
    unsigned Sum = 0;

    PLACE();
    for (; Rounds != 0; Rounds -= 1) {
        KmVecForEach(unsigned, Element, &Km) {
            Sum = (Sum << 1 | Sum >> 31) ^ *Element;
        }
    }
    return Sum;
}

static void KmFill(const unsigned *Numbers, SIZE_T Count)
{
    KmVecInit(&Km, &Heap);
    (void)KmVecExtend(&Km, Numbers, Count);
}

static DECLSPEC_NOINLINE void KmSortIt(void)
{
    KmVecSortInline(&Km, KmCompareUlong, NULL);
}

static DECLSPEC_NOINLINE void KmSortByCall(void)
{
    KmVecSort(&Km, KmCompareUlong, NULL);
}

static unsigned KmEmpty(void)
{
    unsigned Middle = KmVecAt(&Km, KmVecCount(&Km) / 2);

    KmVecFree(&Km);
    return Middle;
}

static KVEC Kv;

static DECLSPEC_NOINLINE unsigned KvPush(const unsigned *Numbers, SIZE_T Count)
{
    KVEC Vec;
    unsigned Last;

    PLACE();
    kv_init(Vec);
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        kv_push(unsigned, Vec, Numbers[Index]);
    }
    Last = kv_A(Vec, kv_size(Vec) - 1);
    kv_destroy(Vec);
    return Last;
}

static DECLSPEC_NOINLINE unsigned KvIterate(SIZE_T Rounds)
{
    unsigned Sum = 0;

    PLACE();
    for (; Rounds != 0; Rounds -= 1) {
        for (SIZE_T Index = 0; Index < kv_size(Kv); Index += 1) {
            Sum = (Sum << 1 | Sum >> 31) ^ kv_A(Kv, Index);
        }
    }
    return Sum;
}

static void KvFill(const unsigned *Numbers, SIZE_T Count)
{
    kv_init(Kv);
    kv_resize(unsigned, Kv, Count);
    memcpy(Kv.a, Numbers, Count * sizeof(unsigned));
    Kv.n = Count;
}

static DECLSPEC_NOINLINE void KvSort(void)
{
    ks_introsort(unsigned, Kv.n, Kv.a);
}

static unsigned KvEmpty(void)
{
    unsigned Middle = kv_A(Kv, kv_size(Kv) / 2);

    kv_destroy(Kv);
    return Middle;
}

static StcVec Stc;

static DECLSPEC_NOINLINE unsigned StcPush(const unsigned *Numbers, SIZE_T Count)
{
    StcVec Vec = {0};
    unsigned Last;

    PLACE();
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        StcVec_push(&Vec, Numbers[Index]);
    }
    Last = *StcVec_back(&Vec);
    StcVec_drop(&Vec);
    return Last;
}

static DECLSPEC_NOINLINE unsigned StcIterate(SIZE_T Rounds)
{
    unsigned Sum = 0;

    PLACE();
    for (; Rounds != 0; Rounds -= 1) {
        c_foreach(i, StcVec, Stc)
        {
            Sum = (Sum << 1 | Sum >> 31) ^ *i.ref;
        }
    }
    return Sum;
}

static void StcFill(const unsigned *Numbers, SIZE_T Count)
{
    Stc = (StcVec){0};
    StcVec_reserve(&Stc, (isize)Count);
    memcpy(Stc.data, Numbers, Count * sizeof(unsigned));
    Stc.size = (isize)Count;
}

static DECLSPEC_NOINLINE void StcSort(void)
{
    StcVec_sort(&Stc);
}

static unsigned StcEmpty(void)
{
    unsigned Middle = Stc.data[Stc.size / 2];

    StcVec_drop(&Stc);
    return Middle;
}

static UT_array Ut;

static int UtCompare(const void *Left, const void *Right)
{
    unsigned First = *(const unsigned *)Left, Second = *(const unsigned *)Right;

    return (First > Second) - (First < Second);
}

static DECLSPEC_NOINLINE unsigned UtPush(const unsigned *Numbers, SIZE_T Count)
{
    UT_array Array;
    unsigned Last;

    PLACE();
    utarray_init(&Array, &UnsignedIcd);
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        utarray_push_back(&Array, &Numbers[Index]);
    }
    Last = *(unsigned *)utarray_back(&Array);
    utarray_done(&Array);
    return Last;
}

static DECLSPEC_NOINLINE unsigned UtIterate(SIZE_T Rounds)
{
    unsigned Sum = 0;

    PLACE();
    for (; Rounds != 0; Rounds -= 1) {
        for (unsigned *Element = NULL; (Element = (unsigned *)utarray_next(&Ut, Element)) != NULL;) {
            Sum = (Sum << 1 | Sum >> 31) ^ *Element;
        }
    }
    return Sum;
}

static void UtFill(const unsigned *Numbers, SIZE_T Count)
{
    utarray_init(&Ut, &UnsignedIcd);
    utarray_reserve(&Ut, Count);
    memcpy(Ut.d, Numbers, Count * sizeof(unsigned));
    Ut.i = (unsigned)Count;
}

static DECLSPEC_NOINLINE void UtSort(void)
{
    // Sorts by the C library's qsort, which the kernel exports, too.
    utarray_sort(&Ut, UtCompare);
}

static unsigned UtEmpty(void)
{
    unsigned Middle = ((unsigned *)Ut.d)[Ut.i / 2];

    utarray_done(&Ut);
    return Middle;
}

static const LIBRARY Libraries[] = {
    {"kmode", KmPush, KmIterate, KmFill, KmSortIt, KmEmpty},
    {"klib", KvPush, KvIterate, KvFill, KvSort, KvEmpty},
    {"stc", StcPush, StcIterate, StcFill, StcSort, StcEmpty},
    {"utarray", UtPush, UtIterate, UtFill, UtSort, UtEmpty},
    // KmSort, which knows the comparison by its address alone, as qsort does.
    {"kmode-call", NULL, NULL, KmFill, KmSortByCall, KmEmpty},
};
#define LIBRARIES RTL_NUMBER_OF(Libraries)
#define ROUNDS    15
#define SHIFTS    1000

static ULONG64 Times[LIBRARIES][ROUNDS];
static volatile unsigned Sums[LIBRARIES];

static ULONG64 Now(VOID)
{
    LARGE_INTEGER Frequency, Counter = KeQueryPerformanceCounter(&Frequency);

    return (ULONG64)Counter.QuadPart * (1000000000ULL / (ULONG64)Frequency.QuadPart);
}

static ULONG64 Median(PULONG64 Values, ULONG Count)
{
    KmSort(Values, Count, sizeof(ULONG64), KmCompareUlong64, NULL);
    return Values[Count / 2];
}

static VOID Report(const char *Operation, SIZE_T Count, SIZE_T Each, ULONG Rounds)
{
    for (SIZE_T Library = 0; Library < LIBRARIES; Library += 1) {
        ULONG64 Picoseconds = Median(Times[Library], Rounds) * 1000 / (Count * Each);

        if (Picoseconds != 0) {
            DbgPrint("%s-%Iu-%s %I64u.%03I64u\n", Operation, Count, Libraries[Library].Name,
                     Picoseconds / 1000, Picoseconds % 1000);
        }
    }
    RtlZeroMemory(Times, sizeof(Times));
}

// All libraries in turn, another one first in each round, so that what disturbs one disturbs all.
static VOID Measure(const unsigned *Numbers, SIZE_T Count)
{
    SIZE_T Repeats = Count < 1000000 ? 1000000 / Count : 1;
    ULONG Rounds = Count > 1000000 ? 5 : Count == 1000000 ? 9 : ROUNDS;

    for (ULONG Round = 0; Round < Rounds; Round += 1) {
        for (SIZE_T Turn = 0; Turn < LIBRARIES; Turn += 1) {
            SIZE_T Library = (Turn + Round) % LIBRARIES;
            ULONG64 Start;

            if (Libraries[Library].Push == NULL) {
                continue;
            }
            // Once before, so that none has to bring its memory into the cache for the others, whoever was
            // before it.
            Sums[Library] = Libraries[Library].Push(Numbers, Count);
            Start = Now();
            for (SIZE_T Repeat = 0; Repeat < Repeats; Repeat += 1) {
                Sums[Library] = Libraries[Library].Push(Numbers, Count);
            }
            Times[Library][Round] = Now() - Start;
        }
    }
    Report("push", Count, Repeats, Rounds);
    for (SIZE_T Library = 0; Library < LIBRARIES; Library += 1) {
        if (Libraries[Library].Iterate != NULL) {
            Libraries[Library].Fill(Numbers, Count);
        }
    }
    for (ULONG Round = 0; Round < Rounds; Round += 1) {
        for (SIZE_T Turn = 0; Turn < LIBRARIES; Turn += 1) {
            SIZE_T Library = (Turn + Round) % LIBRARIES;
            ULONG64 Start;

            if (Libraries[Library].Iterate == NULL) {
                continue;
            }
            Sums[Library] = Libraries[Library].Iterate(1);
            Start = Now();
            Sums[Library] = Libraries[Library].Iterate(Repeats);
            Times[Library][Round] = Now() - Start;
        }
    }
    for (SIZE_T Library = 0; Library < LIBRARIES; Library += 1) {
        if (Libraries[Library].Iterate != NULL) {
            (void)Libraries[Library].Empty();
        }
    }
    Report("iterate", Count, Repeats, Rounds);
#ifdef PLACEMENT
    return;
#endif
    for (ULONG Round = 0; Round < Rounds; Round += 1) {
        for (SIZE_T Turn = 0; Turn < LIBRARIES; Turn += 1) {
            SIZE_T Library = (Turn + Round) % LIBRARIES, Sorts = min(Repeats, 100);
            ULONG64 Time = 0, Start;

            if (Count > 1000000 && Libraries[Library].Sort == UtSort) {
                // The kernel's qsort takes seconds.
                Times[Library][Round] = 0;
                continue;
            }
            for (SIZE_T Repeat = 0; Repeat < Sorts; Repeat += 1) {
                // Other numbers each time, or the processor learns what comes.
                Libraries[Library].Fill(Numbers + Repeat * 13 % SHIFTS, Count);
                Start = Now();
                Libraries[Library].Sort();
                Time += Now() - Start;
                Sums[Library] = Libraries[Library].Empty();
            }
            Times[Library][Round] = Time;
        }
    }
    Report("sort", Count, min(Repeats, 100), Rounds);
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const SIZE_T Counts[] = {1000, 10000, 100000, 1000000, 10000000};
    SIZE_T Most = Counts[RTL_NUMBER_OF(Counts) - 1];
    unsigned *Numbers = (unsigned *)KmAllocArray(&Pool, Most + SHIFTS, sizeof(unsigned));
    ULONG64 State = 88172645463325252ull;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (Numbers == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (SIZE_T Index = 0; Index < Most + SHIFTS; Index += 1) {
        State ^= State << 13;
        State ^= State >> 7;
        State ^= State << 17;
        Numbers[Index] = (unsigned)State;
    }
    for (SIZE_T Index = 0; Index < RTL_NUMBER_OF(Counts); Index += 1) {
        Measure(Numbers, Counts[Index]);
    }
    EmptyHeap();
    KmFree(&Pool, Numbers, (Most + SHIFTS) * sizeof(unsigned));
    return STATUS_SUCCESS;
}
