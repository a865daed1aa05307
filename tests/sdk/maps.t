#!/bin/sh
# SPDX-License-Identifier: MIT
# The containers in C++17 drivers, which may not move what is not plain bytes, and nothing linked that is not used.
. tests/cli/tap.sh

cat > containers.cpp << 'END_OF_SOURCE'
#include <kmode.h>

namespace
{
enum class Colour : USHORT { Red, Green };

struct Point {
    LONG X, Y;
};

LONG NTAPI ComparePoints(const VOID *Left, const VOID *Right, PVOID)
{
    auto One = static_cast<const Point *>(Left), Other = static_cast<const Point *>(Right);

    return One->X != Other->X ? One->X - Other->X : One->Y - Other->Y;
}

KM_MAP_DEFINE(ColourMap, Colour, Point)
KM_MAP_DEFINE(PointerMap, PVOID, ULONG)
KM_STRING_MAP_DEFINE(NameMap, ULONG)
KM_BYTES_MAP_DEFINE(BytesMap, ULONG)
KM_ORDERED_MAP_DEFINE(PointMap, Point, PCSTR, ComparePoints)
KM_RING_DEFINE(PointRing, Point)
KM_SHARED_RING_DEFINE(SharedRing, ULONG64)

KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'ppcK');
SharedRingSlot Slots[8];

VOID NTAPI Unload(PDRIVER_OBJECT)
{
}

#ifdef WRONG
struct Owner {
    ~Owner();
};
KM_MAP_DEFINE(OwnerMap, ULONG, Owner)
#endif
} // namespace

extern "C" NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ColourMap Colours;
    PointerMap Pointers;
    NameMap Names;
    BytesMap Bytes;
    PointMap Points;
    PointRing Ring;
    SharedRing Shared;
    Point Old = {0, 0};
    ULONG64 Number = 0;

    DriverObject->DriverUnload = Unload;
    ColourMapInit(&Colours, &Pool);
    PointerMapInitSeeded(&Pointers, &Pool, 1);
    NameMapInit(&Names, &Pool);
    BytesMapInit(&Bytes, &Pool);
    PointMapInit(&Points, &Pool);
    if (!NT_SUCCESS(ColourMapInsert(&Colours, Colour::Green, Point{1, 2})) ||
        !NT_SUCCESS(PointerMapInsert(&Pointers, DriverObject, 3)) ||
        !NT_SUCCESS(NameMapInsert(&Names, RegistryPath, 4)) ||
        !NT_SUCCESS(BytesMapInsert(&Bytes, "bytes", 5, 5)) || !NT_SUCCESS(PointMapInsert(&Points, Point{2, 1}, "last")) ||
        !NT_SUCCESS(PointMapInsert(&Points, Point{1, 9}, "first")) || !NT_SUCCESS(PointRingCreate(&Ring, &Pool, 4)) ||
        !NT_SUCCESS(SharedRingInit(&Shared, Slots, RTL_NUMBER_OF(Slots)))) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ColourMapReplace(&Colours, Colour::Green, Point{6, 7}, &Old);
    DbgPrint("%ld %ld %ld\n", Old.X, Old.Y, ColourMapFind(&Colours, Colour::Green)->Y);
    DbgPrint("%lu %lu %lu\n", *PointerMapFind(&Pointers, DriverObject), *NameMapFind(&Names, RegistryPath),
             *BytesMapFind(&Bytes, "bytes", 5));
    for (auto Cursor = PointMapFirst(&Points); Cursor.Key != nullptr; PointMapNext(&Cursor)) {
        DbgPrint("(%ld, %ld) %s\n", Cursor.Key->X, Cursor.Key->Y, *Cursor.Value);
    }
    for (NameMapEntry *Entry = NameMapNext(&Names, nullptr); Entry != nullptr; Entry = NameMapNext(&Names, Entry)) {
        NameMapEraseEntry(&Names, Entry);
    }
    PointRingPush(&Ring, Point{8, 9});
    SharedRingPush(&Shared, 10);
    DbgPrint("%u %u %u\n", PointRingPop(&Ring, &Old), SharedRingPop(&Shared, &Number), SharedRingPop(&Shared, &Number));
    DbgPrint("%ld %I64u %Iu\n", Old.Y, Number, NameMapCount(&Names));
    ColourMapFree(&Colours);
    PointerMapFree(&Pointers);
    NameMapFree(&Names);
    BytesMapFree(&Bytes);
    PointMapFree(&Points);
    PointRingFree(&Ring);
    return STATUS_SUCCESS;
}
END_OF_SOURCE
cat > expected << 'END'
1 2 7
3 4 5
(1, 9) first
(2, 1) last
1 1 0
9 10 0
END
for config in debug release; do
    run "$KMODE" build --config $config --cflag=-std=c++17 -Wall -Wextra -Werror containers.cpp
    ok "$config builds as C++17 without a warning" status_is 0
    run "$KMODE" run --quiet containers.sys
    ok "$config runs, and leaves nothing" status_is 0
    ok "$config prints what it should" diff expected "$scratch/out"
done
run "$KMODE" build --cflag=-std=c++17 -DWRONG containers.cpp
ok "a value with a destructor does not compile" err_has "move OwnerMapEntry as bytes"

cat > nothing.c << 'END'
#include <kmode.h>
#ifdef DEFINED
KM_MAP_DEFINE(Map, ULONG, ULONG)
KM_STRING_MAP_DEFINE(NameMap, ULONG)
KM_BYTES_MAP_DEFINE(BytesMap, ULONG)
KM_RING_DEFINE(Ring, ULONG)
KM_SHARED_RING_DEFINE(SharedRing, ULONG)
LONG NTAPI Compare(const VOID *Left, const VOID *Right, PVOID Context);
KM_ORDERED_MAP_DEFINE(OrderedMap, ULONG, ULONG, Compare)
#endif
DRIVER_INITIALIZE DriverEntry;
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    return STATUS_SUCCESS;
}
END
run "$KMODE" build --config release -Wall -Wextra -Werror nothing.c -o nothing.sys
ok "a driver without containers builds" status_is 0
run "$KMODE" build --config release -Wall -Wextra -Werror -DDEFINED nothing.c -o defined.sys
ok "one that defines them and uses none builds without a warning" status_is 0
ok "and has not a byte more" [ "$(wc -c < nothing.sys)" -eq "$(wc -c < defined.sys)" ]

# What the headers have for MSVC itself, which is not here: its branches, by a compiler that denies its name after the kit's
# headers, whose intrinsics are declared as MSVC's.
cat > msvc.c << 'END'
#include <ntddk.h>
#include <emmintrin.h>
#undef __clang__
#undef __GNUC__
#undef __SIZEOF_INT128__
#define _M_X64 100
ULONG64 UnsignedMultiply128(ULONG64 Left, ULONG64 Right, ULONG64 *High);
ULONG64 ReadULong64Acquire(const volatile ULONG64 *Address);
void WriteULong64Release(volatile ULONG64 *Address, ULONG64 Value);
#include <kmode/map.h>
#include <kmode/ordered-map.h>
#include <kmode/ring.h>
#include <kmode/string-map.h>
KM_MAP_DEFINE(Map, ULONG64, ULONG64)
KM_STRING_MAP_DEFINE(NameMap, ULONG64)
KM_BYTES_MAP_DEFINE(BytesMap, ULONG64)
LONG NTAPI Compare(const VOID *Left, const VOID *Right, PVOID Context);
KM_ORDERED_MAP_DEFINE(OrderedMap, ULONG64, ULONG64, Compare)
KM_RING_DEFINE(Ring, ULONG64)
KM_SHARED_RING_DEFINE(SharedRing, ULONG64)
END
include=$PREFIX/include/kmode
for language in c c++; do
    for more in -DPLAIN -DKMP_MAP_WITHOUT_SSE2; do
        run clang-19 --target=x86_64-pc-windows-msvc -x $language $more -fsyntax-only -ffreestanding -fms-extensions \
            -fms-compatibility -fgnuc-version=14.0 -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C -nostdlibinc \
            -isystem "$include/nt" -isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include \
            -I "$include/sdk" -Wall -Wno-unused-function -Werror msvc.c
        ok "MSVC's branches, $language $more" status_is 0
    done
done

done_testing
