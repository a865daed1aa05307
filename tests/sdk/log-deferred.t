#!/bin/sh
# SPDX-License-Identifier: MIT
# Deferred calls as C and as C++: the same records; a wrong argument is a warning; what is above the ceiling is
# not compiled.
# shellcheck disable=SC2016 # what sh -c is given is its own
. tests/cli/tap.sh

cat > both.c <<'END'
#include <kmode.h>

#ifdef __cplusplus
extern "C" {
#endif
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

enum COLOUR { Red, Green };

static inline VOID Inline(int Number)
{
    KmDebugDeferred("inline %d", Number);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static UCHAR Buffer[65536];
    CHAR Narrow[] = "narrow";
    WCHAR Wide[] = L"wide";
    const UNICODE_STRING Counted = {8, 10, Wide};
    volatile CHAR Changing[] = "changing";
    enum COLOUR Colour = Green;
    PKM_LOG_RING Ring;

    DriverObject->DriverUnload = Unload;
    UNREFERENCED_PARAMETER(RegistryPath);
    if (!NT_SUCCESS(KmLogRingInit(Buffer, sizeof(Buffer), KM_LOG_RING_DROP, &Ring)) ||
        !NT_SUCCESS(KmLogDeferredStart(Ring, KmLevelTrace))) {
        return STATUS_UNSUCCESSFUL;
    }
    KmLogInit(KmLevelTrace);
    KmErrorDeferred("no argument");
    KmWarnDeferred("%s %s %ws %ws %wZ %wZ", Narrow, "literal", Wide, L"literal", &Counted, (PUNICODE_STRING)&Counted);
    KmInfoDeferred("%d %u %ld %lu %I64d %I64u %c", -1, 1u, -1l, 1ul, -1ll, 1ull, 'c');
    KmInfoDeferred("%hd %hu %d %d %d", (SHORT)-1, (USHORT)65535, (signed char)-1, (BOOLEAN)TRUE, Colour);
    KmInfoDeferred("%d %p %p", Changing[0] == 'c', (PVOID)(ULONG_PTR)0x10, (const volatile VOID *)NULL);
    KmDebugDeferred("%d %d %d %d %d %d %d %d %d %d %d %d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
    if (Colour == Green)
        KmTraceDeferred("%d", 1);
    else
        KmTraceDeferred("%d", 2);
    Inline(5);
    KmLogDeferredDrain(NULL, NULL);
    KmLogDeferredStop();
    KmLogRingDelete(Ring);
    return STATUS_SUCCESS;
}
#ifdef __cplusplus
}
#endif
END
cat > expected <<'END'
ERROR [both] no argument
WARN  [both] narrow literal wide literal wide wide
INFO  [both] -1 1 -1 1 -1 1 c
INFO  [both] -1 65535 -1 1 1
INFO  [both] 1 0000000000000010 0000000000000000
DEBUG [both] 1 2 3 4 5 6 7 8 9 10 11 12
TRACE [both] 1
DEBUG [both] inline 5
END
cp both.c both.cpp
for source in both.c both.cpp; do
    for config in debug release; do
        run "$KMODE" build --config $config -Wall -Wextra -Werror -o both.sys $source
        ok "$source, $config builds without a warning" status_is 0
        run "$KMODE" run both.sys
        ok "$source, $config runs" status_is 0
        ok "$source, $config prints what it should" diff expected "$scratch/out"
        run "$KMODE" run --clock real both.sys
        ok "$source, $config prints it by the time stamp counter's time, too" diff expected "$scratch/out"
        ok "$source, $config has the sites in a section of their own" \
            sh -c 'llvm-readobj-19 --sections both.sys | grep -q "Name: .kmlog"'
    done
done

# ---- by the wall clock, and so by the time stamp counter: the tests of the rings once more

for test in ring ring-race deferred; do
    run "$KMODE" build -q --config release -DCLOCK_IS_REAL -I "$ROOT/tests/kernel" -I "$ROOT/sdk" \
        -o $test.sys "$ROOT/tests/sdk/log/$test.c"
    for processors in 1 2 4; do
        for checks in "" --no-checks; do
            # shellcheck disable=SC2086 # none is no argument
            run "$KMODE" run --quiet --clock real --cpus $processors $checks $test.sys
            ok "$test, $processors processors $checks, the wall clock" status_is 0
            ok "$test, $processors processors $checks: nothing fails" \
                sh -c '! grep -q "^not ok" "$1" && grep -q "^1\.\." "$1"' - "$scratch/out"
        done
    done
done

# ---- which clock stamps: the time stamp counter where it keeps step with the system's time, not where that is
# virtual, even if another processor moves it meanwhile

cat > clock.c <<'END'
#include <kmode.h>
#include "log/ring-format.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

static NTSTATUS NTAPI MoveTime(PKM_THREAD Self, PVOID Context)
{
    while (!KmThreadShouldStop(Self)) {
        for (ULONG_PTR Index = 0; Index < (ULONG_PTR)Context; Index += 1) {
            YieldProcessor();
        }
        (void)KeQueryPerformanceCounter(NULL);
    }
    return STATUS_SUCCESS;
}

static BOOLEAN UsesCounter(ULONG Flags)
{
    static UCHAR Buffer[65536];
    PKM_LOG_RING Ring;
    BOOLEAN Uses;

    if (!NT_SUCCESS(KmLogRingInit(Buffer, sizeof(Buffer), Flags, &Ring))) {
        return FALSE;
    }
    Uses = (BOOLEAN)((((const KMP_RING_HEADER *)(PVOID)Ring)->Flags & KMP_RING_PERFORMANCE_COUNTER) == 0);
    KmLogRingDelete(Ring);
    return Uses;
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG Count = 0;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    for (ULONG_PTR Pauses = 1; Pauses <= 512; Pauses *= 2) {
        KM_THREAD Thread;
        BOOLEAN Other = (BOOLEAN)(KmProcessorCount() > 1);

        if (Other && !NT_SUCCESS(KmThreadCreate(&Thread, MoveTime, (PVOID)Pauses))) {
            return STATUS_UNSUCCESSFUL;
        }
        for (ULONG Index = 0; Index < 10; Index += 1) {
            Count += UsesCounter(0);
        }
        if (Other) {
            KmThreadStop(&Thread);
            (void)KmThreadJoin(&Thread, KM_WAIT_FOREVER, NULL);
        }
    }
    DbgPrint("%lu of 100, %d\n", Count, UsesCounter(KM_LOG_RING_PERFORMANCE_COUNTER));
    return STATUS_SUCCESS;
}
END
run "$KMODE" build -q -I "$ROOT/sdk" clock.c
ok "the clock's test builds" status_is 0
for processors in 1 2; do
    run "$KMODE" run --cpus $processors clock.sys
    ok "$processors processors: never beside a virtual clock" out_is "0 of 100, 0"
    run "$KMODE" run --clock real --cpus $processors clock.sys
    ok "$processors processors: beside the wall clock" sh -c '[ "$(cut -d" " -f1 "$1")" -ge 90 ]' - "$scratch/out"
done

# ---- without checks routines are not bound by way of the kernel's own, and so ids are loaded, not asked for

run "$KMODE" build -q -DIDS_ARE_LOADED -I "$ROOT/tests/kernel" -I "$ROOT/sdk" -o loaded.sys \
    "$ROOT/tests/sdk/log/deferred.c"
ok "deferred builds with what is the ring's own" status_is 0
for clock in real virtual; do
    for processors in 1 2; do
        run "$KMODE" run --quiet --no-checks --clock $clock --cpus $processors loaded.sys
        ok "deferred, no checks, $clock clock, $processors processors: ids are loaded, and nothing fails" \
            sh -c '! grep -q "^not ok" "$1" && grep -q "^1\.\." "$1"' - "$scratch/out"
    done
done

# ---- compilers

include=$PREFIX/include/kmode
mingw="-isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include"
flags="-fsyntax-only -ffreestanding -fms-extensions -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C
    -I $include/sdk -Wall -Wextra -Werror"
with_clang() { # shellcheck disable=SC2086
    clang-19 $flags -fms-compatibility -fgnuc-version=14.0 -nostdlibinc -isystem "$include/nt" $mingw "$@"
}
for language in "c -std=c11" "c++ -std=c++17"; do
    # shellcheck disable=SC2086
    run with_clang --target=x86_64-pc-windows-msvc -x $language both.c
    ok "clang for MSVC's target, $language" status_is 0
    if command -v x86_64-w64-mingw32-gcc > /dev/null; then
        # shellcheck disable=SC2086
        run x86_64-w64-mingw32-gcc ${flags#-fsyntax-only} -S -o /dev/null $mingw \
            -D__INTRINSIC_DEFINED_InterlockedBitTestAndSet -D__INTRINSIC_DEFINED_InterlockedBitTestAndReset \
            -x $language both.c
        ok "gcc, $language" status_is 0
    else
        skip "gcc, $language" "there is no x86_64-w64-mingw32-gcc (apt-get install gcc-mingw-w64-x86-64-win32)"
    fi
done

# ---- what is wrong

cat > wrong.c <<'END'
#include <kmode.h>
void f(PUNICODE_STRING Name, ULONG64 Number)
{
    KmInfoDeferred("%wZ %I64u", Name, Number);
#ifdef WRONG
    KmInfoDeferred("%d", Number);
    KmInfoDeferred("%s", Name);
    KmInfoDeferred("%d %d", 1);
#endif
#ifdef DOUBLE
    KmInfoDeferred("%f", 1.5);
#endif
#ifdef MANY
    KmInfoDeferred("%d", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13);
#endif
}
END
run with_clang --target=x86_64-w64-mingw32 wrong.c
ok "right arguments pass the format check" status_is 0
run with_clang --target=x86_64-w64-mingw32 -DWRONG wrong.c
ok "wrong ones do not" [ "$(grep -c 'error: .*Wformat' "$scratch/err")" -eq 3 ]
run with_clang --target=x86_64-w64-mingw32 -DDOUBLE wrong.c
ok "floating point is refused" [ "$status" -ne 0 ]
run with_clang --target=x86_64-w64-mingw32 -DMANY wrong.c
ok "more than twelve arguments are refused" [ "$status" -ne 0 ]

# ---- what is not compiled

cat > ceiling.c <<'END'
#include <kmode.h>
DRIVER_INITIALIZE DriverEntry;
LONG NotDefinedAnywhere(void);
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KmInfoDeferred("stays");
    KmDebugDeferred("goes %ld", NotDefinedAnywhere());
    return STATUS_SUCCESS;
}
END
for config in debug release; do
    run "$KMODE" build --config $config -DKM_LOG_CEILING=KmLevelInfo ceiling.c
    ok "$config: a call above the ceiling leaves nothing to link" status_is 0
    ok "$config: and no text" sh -c 'grep -aqF stays ceiling.sys && ! grep -aqF goes ceiling.sys'
done

done_testing
