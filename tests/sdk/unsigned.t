#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's callbacks that Windows takes from images linked with /integritycheck alone.
. tests/cli/tap.sh

cat > callbacks.c <<'END'
#include <ntddk.h>
#include <kmode.h>

static KM_CALLBACKS Callbacks;
static KM_CALLBACK Process, Notice, Handles;

static VOID NTAPI OnProcess(PVOID Context, PEPROCESS Begun, HANDLE ProcessId, PPS_CREATE_NOTIFY_INFO CreateInfo)
{
    (void)Context, (void)Begun, (void)ProcessId, (void)CreateInfo;
}

static VOID NTAPI OnNotice(PVOID Context, HANDLE ParentId, HANDLE ProcessId, BOOLEAN Create)
{
    (void)Context, (void)ParentId, (void)ProcessId, (void)Create;
}

static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
{
    (void)Context, (void)Access;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("KmCallbacksAddProcess %08lX\n", KmCallbacksAddProcess(&Callbacks, &Process, OnProcess, NULL, 0));
    DbgPrint("KmCallbacksAddProcessNotice %08lX\n", KmCallbacksAddProcessNotice(&Callbacks, &Notice, OnNotice, NULL));
    DbgPrint("KmCallbacksAddObject %08lX\n",
             KmCallbacksAddObject(&Callbacks, &Handles, L"380999.8", KM_OBJECT_PROCESSES, OnHandle, NULL, NULL));
    KmCallbacksStop(&Callbacks);
    return STATUS_UNSUCCESSFUL;
}
END
# STATUS_ACCESS_DENIED is C0000022.
cat > denied <<'END'
KmCallbacksAddProcess C0000022
KmCallbacksAddProcessNotice 00000000
KmCallbacksAddObject C0000022
END
sed 's/C0000022/00000000/' denied > allowed

run "$KMODE" build -Wall -Wextra -Werror callbacks.c
ok "it builds without a warning" status_is 0
"$KMODE" run --quiet callbacks.sys > said 2> "$scratch/err"
ok "linked with /integritycheck, as \`kmode build\` does it: all are registered" diff allowed said
ok "and nothing is found" sh -c '! grep -qF "***" "$1"' - "$scratch/err"
run "$KMODE" build -Wall -Wextra -Werror --ldflag=/integritycheck:no callbacks.c
ok "it builds without" status_is 0
"$KMODE" run --quiet callbacks.sys > said 2> "$scratch/err"
ok "without: STATUS_ACCESS_DENIED, but for what needs it not" diff denied said
ok "and nothing is found" sh -c '! grep -qF "***" "$1"' - "$scratch/err"

done_testing
