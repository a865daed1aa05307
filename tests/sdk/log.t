#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's log: what a driver prints, and what a call costs that is not compiled.
# RUN_WITH=--wine runs the drivers under Wine.
. tests/cli/tap.sh

# ---- what it prints

cat > log.c << 'END'
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static LONG Evaluated;

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmTrace("unload");
}

static VOID All(PCSTR When)
{
    KmError("%s", When);
    KmWarn("%s", When);
    KmInfo("%s", When);
    KmDebug("%s", When);
    KmTrace("%s", When);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    CHAR Long[600];

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;

    All("before the start");
    KmLogSetMaximumLevel(KmLevelTrace);
    All("still before the start");
    if (KmLogGetMaximumLevel() != KmLevelOff || KmLogInit((KM_LOG_LEVEL)6) != STATUS_INVALID_PARAMETER ||
        KmLogInit((KM_LOG_LEVEL)-1) != STATUS_INVALID_PARAMETER) {
        return STATUS_UNSUCCESSFUL;
    }
    if (KmLogInit(KmLevelTrace) != STATUS_SUCCESS || KmLogInit(KmLevelOff) != STATUS_ALREADY_INITIALIZED) {
        return STATUS_UNSUCCESSFUL;
    }
    All("at Trace");
    KmLogSetMaximumLevel(KmLevelWarn);
    All("at Warn");
    if (KmLogGetMaximumLevel() != KmLevelWarn || !KmLogEnabled(KmLevelWarn) || KmLogEnabled(KmLevelInfo)) {
        return STATUS_UNSUCCESSFUL;
    }
    KmInfo("%ld", ++Evaluated);
    KmWarn("evaluated %ld times", Evaluated);
    KmLogSetMaximumLevel(KmLevelOff);
    All("at Off");
    KmLogSetMaximumLevel((KM_LOG_LEVEL)99);
    KmTrace("a newline\n");
    KmInfo("%s|%5d|%-5u|%08lx|%I64x|%hs|%c|100%%", "text", -1, 2u, 3ul, 0x123456789abcdefull, "narrow", 'c');
    KmInfo("");
    if (Evaluated)
        KmError("never");
    else
        KmInfo("else belongs to the if before");

    RtlFillMemory(Long, sizeof(Long), 'x');
    Long[sizeof(Long) - 1] = '\0';
    KmInfo("%s", Long);
    Long[399] = '\0';
    KmInfo("%s", Long);
    return STATUS_SUCCESS;
}
END
x396=$(printf '%396s' '' | tr ' ' x)
cat > expected << END
ERROR [log] at Trace
WARN  [log] at Trace
INFO  [log] at Trace
DEBUG [log] at Trace
TRACE [log] at Trace
ERROR [log] at Warn
WARN  [log] at Warn
WARN  [log] evaluated 0 times
TRACE [log] a newline
INFO  [log] text|   -1|2    |00000003|123456789abcdef|narrow|c|100%
INFO  [log] 
INFO  [log] else belongs to the if before
INFO  [log] $x396...
INFO  [log] ${x396}xxx
TRACE [log] unload
END
for config in debug release; do
    run "$KMODE" build --config $config -Wall -Wextra -Werror log.c
    ok "$config builds without a warning" status_is 0
    run "$KMODE" run ${RUN_WITH:+"$RUN_WITH"} log.sys
    ok "$config runs" status_is 0
    ok "$config prints what it should" diff expected "$scratch/out"
done

# ---- what is not compiled

cat > ceiling.c << 'END'
#include <kmode.h>
DRIVER_INITIALIZE DriverEntry;
LONG NotDefinedAnywhere(void);
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelTrace);
    KmInfo("stays");
    KmDebug("goes %ld", NotDefinedAnywhere());
    KmTrace("goes %ld", NotDefinedAnywhere());
    KmLog(KmLevelDebug, "goes %ld", NotDefinedAnywhere());
    KmDebugFields("goes", KmField("goes", NotDefinedAnywhere()));
    KmDebugOnce("goes %ld", NotDefinedAnywhere());
    KmDebugEveryN((ULONG)NotDefinedAnywhere(), "goes %ld", NotDefinedAnywhere());
    KmDebugLimited((ULONG)NotDefinedAnywhere(), 1, "goes %ld", NotDefinedAnywhere());
    KmLogHex(KmLevelTrace, "goes", RegistryPath, (SIZE_T)NotDefinedAnywhere());
    if (KmLogEnabled(KmLevelDebug)) {
        KmPrint("goes %ld", NotDefinedAnywhere());
    }
    return STATUS_SUCCESS;
}
END
for config in debug release; do
    run "$KMODE" build --config $config -DKM_LOG_CEILING=KmLevelInfo ceiling.c
    ok "$config: a call above the ceiling leaves nothing to link" status_is 0
    ok "$config: and no text" sh -c 'grep -aqF stays ceiling.sys && ! grep -aqF goes ceiling.sys'
    ok "$config: and none of the routines that they call" \
        sh -c 'llvm-pdbutil-19 dump --publics ceiling.pdb > publics && grep -q "\`KmLogWrite\`" publics &&
            ! grep -E "KmLogWriteFields|KmLogWriteHex|KmLogLimitPass|KmLogWriteLimited|KmpLogIsNth" publics'
done
run "$KMODE" build ceiling.c
ok "without the ceiling it is compiled" err_has "'NotDefinedAnywhere' is defined nowhere"

cat > format.c << 'END'
#include <kmode.h>
void f(PUNICODE_STRING Name, PCWSTR Wide, ULONG64 Number)
{
    KmInfo("%wZ %ws %S %I64u", Name, Wide, Wide, Number);
#ifdef WRONG
    KmInfo("%d", Number);
    KmInfo("%s", Name);
#endif
}
END
headers="-isystem $PREFIX/include/kmode/nt -isystem $PREFIX/include/kmode/sdk
    -isystem /usr/x86_64-w64-mingw32/include/ddk -isystem /usr/x86_64-w64-mingw32/include"
compile() {
    # shellcheck disable=SC2086
    clang-19 -fsyntax-only -ffreestanding -fms-extensions -fms-compatibility -D_WIN32_WINNT=0x0A00 \
        -DNTDDI_VERSION=0x0A00000C -nostdlibinc $headers -Wall -Wextra -Werror "$@"
}
run compile --target=x86_64-w64-mingw32 -fgnuc-version=14.0 format.c
ok "NT's conversions pass the format check" status_is 0
run compile --target=x86_64-w64-mingw32 -fgnuc-version=14.0 -DWRONG format.c
ok "wrong arguments do not" [ "$(grep -c 'Wformat' "$scratch/err")" -eq 2 ]

done_testing
