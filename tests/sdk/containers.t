#!/bin/sh
# SPDX-License-Identifier: MIT
# Strings, boxes, buffers, bit sets and lists where a driver in C cannot show it: in C++, with wrong types, with links that
# are overwritten. (The vec: tests/sdk/vec.t.) RUN_WITH=--wine runs the drivers under Wine.
. tests/cli/tap.sh
. "$ROOT/tests/sdk/parse.sh"

cat > all.cpp << 'END'
#include <kmode.h>

struct Thing {
    ULONG Number;
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Single;
};

typedef KM_LIST(Thing, Link) THING_LIST;
typedef KM_SINGLE_LIST(Thing, Single) THING_STACK;
typedef KM_BOX(Thing) THING_BOX;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'ppCK');
static KM_STRING Text = KM_STRING_INIT(&Pool);
static KM_UTF8_STRING Line = KM_UTF8_STRING_INIT(&Pool);
static KM_BIT_SET Set = KM_BIT_SET_INIT(&Pool);
static KM_BUFFER Buffer = KM_BUFFER_INIT(&Pool);
static THING_LIST List = KM_LIST_INIT(List);

static LONG NTAPI CompareThings(const VOID *Left, const VOID *Right, PVOID)
{
    return KmCompareNumbers(static_cast<const Thing *>(Left)->Number, static_cast<const Thing *>(Right)->Number);
}

static NTSTATUS Boxes(ULONG Way)
{
    KM_SCOPED_BOX(Thing, Scoped, &Pool);
    THING_BOX Plain = KM_BOX_INIT(&Pool);

    if (!NT_SUCCESS(KmBoxAllocate(&Scoped))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    if (Way == 0) {
        return STATUS_SUCCESS;
    }
    Scoped.Pointer->Number = 5;
    Thing *Released = KmBoxRelease(&Scoped);
    KmBoxTake(&Plain, Released, sizeof(Thing));
    KmBoxFree(&Plain);
    return KmBoxAllocate(&Scoped);
}

static NTSTATUS Lists()
{
    Thing Things[3] = {};
    THING_STACK Stack = KM_SINGLE_LIST_INIT;
    ULONG Sum = 0;

    for (ULONG Index = 0; Index < 3; Index += 1) {
        Things[Index].Number = 3 - Index;
        KmListPushBack(&List, &Things[Index]);
        KmSingleListPush(&Stack, &Things[Index]);
    }
    KmListSort(&List, CompareThings, NULL);
    KmListForEach(Thing, Each, &List) {
        Sum = Sum * 10 + Each->Number;
    }
    KmSingleListForEach(Thing, Each, &Stack) {
        Sum = Sum * 10 + Each->Number;
    }
    Thing *First = KmListPopFront(&List), *Next = KmListNext(&List, KmListFirst(&List));
    Thing *Top = KmSingleListPop(&Stack);
    KmInfo("%lu %lu %lu %lu", Sum, First->Number, Next->Number, Top->Number);
    KmListForEachReverse(Thing, Each, &List) {
        KmListRemove(&List, Each);
    }
    return KmListIsEmpty(&List) ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

static NTSTATUS NTAPI Query(PVOID Data, ULONG Bytes, PULONG Needed, PVOID)
{
    *Needed = 300;
    if (Bytes < 300) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    RtlFillMemory(Data, 300, 1);
    return STATUS_SUCCESS;
}

static NTSTATUS Try()
{
    SIZE_T Bit = 0, Sum = 0;
    NTSTATUS Status = KmStringFormat(&Text, L"%d %ws", 42, L"wide");

    if (NT_SUCCESS(Status)) {
        Status = KmUtf8StringFormat(&Line, "[%wZ]", &Text.Unicode);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmBitSetSet(&Set, 70);
    }
    if (NT_SUCCESS(Status)) {
        Status = KmBitSetTake(&Set, &Bit);
    }
    KmBitSetForEach(Bit, &Set) {
        Sum += Bit;
    }
    if (NT_SUCCESS(Status)) {
        Status = KmBufferQuery(&Buffer, Query, NULL, 10);
    }
    KmInfo("%s %Iu %Iu", KmUtf8StringText(&Line), Sum, Buffer.Bytes);
    for (ULONG Way = 0; Way < 2 && NT_SUCCESS(Status); Way += 1) {
        Status = Boxes(Way);
    }
    return NT_SUCCESS(Status) ? Lists() : Status;
}

extern "C" DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID Unload(PDRIVER_OBJECT)
{
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING)
{
    NTSTATUS Status;

    DriverObject->DriverUnload = Unload;
    (void)KmLogInit(KmLevelInfo);
    Status = Try();
    KmStringFree(&Text);
    KmUtf8StringFree(&Line);
    KmBitSetFree(&Set);
    KmBufferFree(&Buffer);
    return Status;
}
END
for config in debug release; do
    run "$KMODE" build --config $config -Wall -Wextra -Werror all.cpp
    ok "$config: C++ builds without a warning" status_is 0
    run "$KMODE" run ${RUN_WITH:+"$RUN_WITH"} all.sys
    ok "$config: C++ runs, and leaves nothing" status_is 0
    ok "$config: and is right" out_is "INFO  [all] [42 wide] 70 300
INFO  [all] 123123 1 3 1"
done

# ---- without extensions; wrong types

parses_as_cpp all.cpp
read_headers

cat > use.c << 'END'
#include <kmode.h>
typedef struct ONE {
    LIST_ENTRY Link;
    SINGLE_LIST_ENTRY Single;
} ONE;
typedef struct TWO {
    ULONG Number;
    LIST_ENTRY Link;
} TWO;
typedef KM_LIST(ONE, Link) ONE_LIST;
typedef KM_LIST(TWO, Link) TWO_LIST;
typedef KM_SINGLE_LIST(ONE, Single) ONE_STACK;
typedef KM_BOX(ONE) ONE_BOX;
typedef KM_BOX(TWO) TWO_BOX;
NTSTATUS f(ONE_LIST *Ones, TWO_LIST *Twos, ONE_STACK *Stack, ONE *One, TWO *Two, ONE_BOX *Box, TWO_BOX *Other);
NTSTATUS f(ONE_LIST *Ones, TWO_LIST *Twos, ONE_STACK *Stack, ONE *One, TWO *Two, ONE_BOX *Box, TWO_BOX *Other)
{
    (void)Ones, (void)Twos, (void)Stack, (void)One, (void)Two, (void)Box, (void)Other;
    USE;
    return STATUS_SUCCESS;
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
KmListPushBack(Ones, One)|KmListPushBack(Ones, Two)
KmListPushFront(Twos, Two)|KmListPushFront(Twos, One)
KmListRemove(Ones, One)|KmListRemove(Ones, Two)
KmListInsertBefore(Ones, One, One)|KmListInsertBefore(Ones, One, Two)
KmListInsertAfter(Ones, One, One)|KmListInsertAfter(Ones, Two, One)
One = KmListFirst(Ones)|Two = KmListFirst(Ones)
One = KmListPopBack(Ones)|Two = KmListPopBack(Ones)
KmListAppend(Ones, Ones)|KmListAppend(Ones, Twos)
KmListForEach(ONE, Each, Ones) { (void)Each; }|KmListForEach(TWO, Each, Ones) { (void)Each; }
KmSingleListPush(Stack, One)|KmSingleListPush(Stack, Two)
One = KmSingleListPop(Stack)|Two = KmSingleListPop(Stack)
One = KmBoxRelease(Box)|Two = KmBoxRelease(Box)
KmBoxMove(Box, Box)|KmBoxMove(Box, Other)
KmBoxTake(Box, One, sizeof(ONE))|KmBoxTake(Box, Two, sizeof(TWO))
END
ok "all were tried" [ "$tries" -eq 14 ]

# ---- what would corrupt memory stops the system

cat > corrupt.c << 'END'
#include <kmode.h>
typedef struct ONE {
    LIST_ENTRY Link;
} ONE;
typedef KM_LIST(ONE, Link) ONE_LIST;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG64 Words[1];
    ONE Things[3] = {0};
    ONE_LIST List;
    KM_BIT_SET Set;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KmListInit(&List);
    KmBitSetInitFixed(&Set, Words, 60);
    KmListPushBack(&List, &Things[0]);
    KmListPushBack(&List, &Things[1]);
    USE;
    return STATUS_SUCCESS;
}
END
for use in "KmListPushBack(&List, &Things[0])" "KmListRemove(&List, &Things[2])" \
    "KmListRemove(&List, &Things[0]), KmListRemove(&List, &Things[0])" \
    "Things[0].Link.Flink = &Things[2].Link, KmListRemove(&List, &Things[1])" \
    "Things[1].Link.Flink = &Things[2].Link, (void)KmListPopBack(&List)" \
    "List.Head.Blink = &Things[0].Link, KmListPushBack(&List, &Things[2])" \
    "Things[1].Link.Blink = &Things[2].Link, (void)KmListCount(&List)" \
    "(void)KmBitSetAtomicSet(&Set, 60)" "(void)KmBitSetAtomicClear(&Set, 64)" "(void)KmBitSetAtomicTest(&Set, 1000)"; do
    run "$KMODE" build --config release "-DUSE=$use" corrupt.c
    ok "builds: $use" status_is 0
    run "$KMODE" run corrupt.sys
    ok "stops: $use" err_has "KERNEL_SECURITY_CHECK_FAILURE"
done
run "$KMODE" build --config release -DUSE=1 corrupt.c
run "$KMODE" run corrupt.sys
ok "nothing of it is found where nothing is wrong" status_is 0

done_testing
