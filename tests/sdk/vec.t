#!/bin/sh
# SPDX-License-Identifier: MIT
# The vec where a driver in C cannot show it: in C++, with wrong types, with an index that is out of range.
# RUN_WITH=--wine runs the drivers under Wine.
. tests/cli/tap.sh
. "$ROOT/tests/sdk/parse.sh"

# ---- C++

cat > vec.cpp << 'END'
#include <kmode.h>

struct Point {
    LONG X, Y;
};

typedef KM_VEC(Point) POINT_VEC;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'ceVC');
static POINT_VEC Points = KM_VEC_INIT(&Pool);

static LONG NTAPI CompareX(const VOID *Left, const VOID *Right, PVOID)
{
    return KmCompareNumbers(static_cast<const Point *>(Left)->X, static_cast<const Point *>(Right)->X);
}

static NTSTATUS Try(POINT_VEC *Vec)
{
    Point First = {0, 0};
    Point Wanted = {7, 0};
    SIZE_T Position = 0;
    LONG Sum = 0;
    POINT_VEC Other;

    KmVecInit(&Other, &Pool);
    for (LONG Index = 0; Index < 20; Index += 1) {
        Point Each = {20 - Index, Index};

        if (!NT_SUCCESS(KmVecPush(Vec, Each))) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    KmVecSort(Vec, CompareX, NULL);
    KmVecSortInline(Vec, CompareX, NULL);
    // The vec grows with a reference to its own memory in hand.
    for (LONG Index = 0; Index < 100; Index += 1) {
        const Point &Front = *KmVecFirst(&Other);

        if (!NT_SUCCESS(KmVecPush(&Other, Index == 0 ? First : Front)) || KmVecLast(&Other)->Y != 0) {
            return STATUS_UNSUCCESSFUL;
        }
    }
    if (!NT_SUCCESS(KmVecSortStable(Vec, CompareX, NULL)) || KmVecAt(Vec, 0).X != 1 || KmVecLast(Vec)->X != 20 ||
        KmVecFirst(Vec)->Y != 19 || KmVecGet(Vec, 1, &First) != STATUS_SUCCESS || First.X != 2 ||
        KmVecBinarySearch(Vec, &Wanted, CompareX, NULL, &Position) != STATUS_SUCCESS || Position != 6 ||
        KmVecInsert(Vec, 0, First) != STATUS_SUCCESS || KmVecSet(Vec, 0, Wanted) != STATUS_SUCCESS ||
        KmVecExtend(Vec, &First, 1) != STATUS_SUCCESS || KmVecTake(Vec, 0, &First) != STATUS_SUCCESS || First.X != 7 ||
        KmVecClone(&Other, Vec) != STATUS_SUCCESS || !KmVecIsEqual(&Other, Vec)) {
        return STATUS_UNSUCCESSFUL;
    }
    KmVecForEach(Point, Each, Vec) {
        Sum += Each->X;
    }
    KmVecForEachReverse(const Point, Each, Vec) {
        Sum += Each->X;
    }
    KmVecDrain(Point, Each, Vec, 0, KmVecCount(Vec)) {
        Sum += Each->X;
    }
    KmVecMove(Vec, &Other);
    Point *Memory = NULL;
    SIZE_T Bytes = KmVecCapacity(Vec) * sizeof(Point);
    Memory = KmVecRelease(Vec);
    KmInfo("sum %ld, %Iu left, Y %ld", Sum, KmVecCount(Vec), Memory[1].Y);
    KmFree(&Pool, Memory, Bytes);
    return STATUS_SUCCESS;
}

extern "C" DRIVER_INITIALIZE DriverEntry;

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)
{
    NTSTATUS Status;

    (void)KmLogInit(KmLevelInfo);
    Status = Try(&Points);
    KmVecFree(&Points);
    return Status;
}
END
for config in debug release; do
    run "$KMODE" build --config $config -Wall -Wextra -Werror vec.cpp
    ok "$config: C++ builds without a warning" status_is 0
    run "$KMODE" run ${RUN_WITH:+"$RUN_WITH"} vec.sys
    ok "$config: C++ runs" status_is 0
    ok "$config: and is right" out_is "INFO  [vec] sum 636, 0 left, Y 18"
done

# ---- without extensions; wrong types

parses_as_cpp vec.cpp
read_headers

cat > use.c << 'END'
#include <kmode.h>
typedef KM_VEC(ULONG) ULONG_VEC;
typedef KM_VEC(PVOID) POINTER_VEC;
NTSTATUS f(ULONG_VEC *Numbers, POINTER_VEC *Pointers, PULONG Number, PUSHORT Short, SIZE_T *Position);
NTSTATUS f(ULONG_VEC *Numbers, POINTER_VEC *Pointers, PULONG Number, PUSHORT Short, SIZE_T *Position)
{
    NTSTATUS Status = KmVecPush(Numbers, 1);
    (void)Pointers, (void)Number, (void)Short, (void)Position;
    USE;
    return Status;
}
END
tries=0
while IFS='|' read -r right wrong; do
    tries=$((tries + 1))
    for language in c c++; do
        run parse_use $language "-DUSE=$right" use.c
        ok "compiles as $language: $right" status_is 0
        run parse_use $language "-DUSE=$wrong" use.c
        ok "does not as $language: $wrong" [ "$status" -ne 0 ]
    done
done << 'END'
Status = KmVecPush(Pointers, Number)|Status = KmVecPush(Numbers, Number)
Status = KmVecInsert(Numbers, 0, *Short)|Status = KmVecInsert(Pointers, 0, 1.5)
Status = KmVecGet(Numbers, 0, Number)|Status = KmVecGet(Numbers, 0, Short)
Status = KmVecPop(Numbers, Number)|Status = KmVecPop(Numbers, Position)
Status = KmVecTake(Numbers, 0, Number)|Status = KmVecTake(Pointers, 0, Number)
Status = KmVecExtend(Numbers, (const ULONG *)Number, 1)|Status = KmVecExtend(Numbers, Short, 1)
Status = KmVecInsertMany(Numbers, 0, Number, 1)|Status = KmVecInsertMany(Numbers, 0, Short, 1)
KmVecMove(Numbers, Numbers)|KmVecMove(Numbers, Pointers)
Status = KmVecClone(Numbers, Numbers)|Status = KmVecClone(Pointers, Numbers)
*Number = KmVecIsEqual(Numbers, Numbers)|*Number = KmVecIsEqual(Pointers, Numbers)
Number = KmVecRelease(Numbers)|Number = KmVecRelease(Number)
KmVecForEach(ULONG, Each, Numbers) { *Each = 1; }|KmVecForEach(USHORT, Each, Numbers) { *Each = 1; }
Number = KmVecLast(Numbers)|Short = KmVecLast(Numbers)
END
ok "all were tried" [ "$tries" -eq 13 ]

# ---- an index out of range stops the system, and touches nothing

cat > range.c << 'END'
#include <kmode.h>
typedef KM_VEC(ULONG) ULONG_VEC;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'gnaR');
    ULONG_VEC Vec = KM_VEC_INIT(&Pool);
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(KmVecPush(&Vec, 5))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    USE;
    KmVecFree(&Vec);
    return STATUS_SUCCESS;
}
END
for use in "KmVecAt(&Vec, 1) = 3" "KmVecAt(&Vec, (SIZE_T)-1) = 3" "KmVecDrain(ULONG, Each, &Vec, 1, 1) { *Each = 0; }" \
    "KmVecDrain(ULONG, Each, &Vec, 2, 0) { *Each = 0; }"; do
    for config in debug release; do
        run "$KMODE" build --config $config "-DUSE=$use" range.c
        run "$KMODE" run range.sys
        ok "$config: $use" err_has "KERNEL_SECURITY_CHECK_FAILURE"
        ok "$config: names the line" err_has "range.c:12"
    done
done


# ---- types that an allocator's memory is not aligned for

cat > aligned.c << 'END'
#include <kmode.h>
typedef struct DECLSPEC_ALIGN(64) LINE { UCHAR Bytes[64]; } LINE;
typedef KM_VEC(LINE) LINE_VEC;
typedef KM_BOX(LINE) LINE_BOX;
NTSTATUS f(LINE_VEC *Lines, LINE_BOX *Box, LINE *Line, PKM_ALLOCATOR Pool);
#ifdef AT_FILE
AT_FILE
#endif
NTSTATUS f(LINE_VEC *Lines, LINE_BOX *Box, LINE *Line, PKM_ALLOCATOR Pool)
{
    (void)Lines, (void)Box, (void)Line, (void)Pool;
#ifdef USE
    USE;
#endif
    return STATUS_SUCCESS;
}
END
for language in c c++; do
    run parse_use $language aligned.c
    ok "a type that is aligned to a line, as $language" status_is 0
    for use in "USE=(void)KmVecPush(Lines,*Line)" "USE=(void)KmBoxAllocate(Box)" "USE=(void)KmNew(Pool,LINE)" \
        "AT_FILE=KM_MAP_DEFINE(Map,ULONG,LINE)" \
        "AT_FILE=KM_ORDERED_MAP_DEFINE(Map,ULONG,LINE,KmCompareUlong)"; do
        run parse_use $language "-D$use" aligned.c
        ok "is refused as $language: $use" err_has "aligned further than MEMORY_ALLOCATION_ALIGNMENT"
    done
done

done_testing
