#!/bin/sh
# SPDX-License-Identifier: MIT
# The log's serial sink: what comes out of the port, at every IRQL, from several processors and after a bug check.
. tests/cli/tap.sh

cat > serial.c << 'END2'
#include <ntifs.h>
#include <kmode.h>

#ifndef BAUD
#define BAUD 115200
#endif

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static KM_LOG_SERIAL_SINK Serial, Other;
static KBUGCHECK_CALLBACK_RECORD BugCheck;
static UCHAR Component[] = "serial";

static VOID NTAPI AtBugCheck(PVOID Buffer, ULONG Length)
{
    UNREFERENCED_PARAMETER(Buffer);
    UNREFERENCED_PARAMETER(Length);
    KmError("last words of %ws at %u", L"the driver", KeGetCurrentIrql());
}

static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmLogRemoveSink(&Serial.Sink);
    KeDeregisterBugCheckCallback(&BugCheck);
}

#ifdef EACH
static ULONG_PTR NTAPI FromEach(ULONG_PTR Argument)
{
    UNREFERENCED_PARAMETER(Argument);
    for (int Index = 0; Index < 50; Index++) {
        KmInfo("processor %lu line %d of some length, so that two could meet", KeGetCurrentProcessorNumberEx(NULL), Index);
    }
    return 0;
}
#endif

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KIRQL OldIrql;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    if (KmLogSerialSinkInit(&Other, KM_SERIAL_COM4, 9600) != STATUS_NO_SUCH_DEVICE ||
        KmLogAddSink(&Other.Sink) != STATUS_INVALID_PARAMETER ||
        KmLogSerialSinkInit(&Other, KM_SERIAL_COM1, 0) != STATUS_INVALID_PARAMETER ||
        KmLogSerialSinkInit(&Other, KM_SERIAL_COM1, 1) != STATUS_INVALID_PARAMETER ||
        KmLogSerialSinkInit(&Other, KM_SERIAL_COM1, 115201) != STATUS_INVALID_PARAMETER ||
        KmLogSerialSinkInit(&Serial, KM_SERIAL_COM1, BAUD) != STATUS_SUCCESS || Serial.FifoBytes != 16) {
        return STATUS_UNSUCCESSFUL;
    }
    Serial.LineEnd = "\n";
#ifdef EACH
#if BAUD == 115200
    Serial.OwnerWaitMicroseconds = 100000000; // Linux may take a processor away for long
#else
    Serial.OwnerWaitMicroseconds = 3000000; // less than the others' lines take, of which each has hundreds
#endif
#endif
    if (KmLogInitWithSink(KmLevelInfo, &Serial.Sink) != STATUS_SUCCESS) {
        return STATUS_UNSUCCESSFUL;
    }
    KmInfo("at %u", KeGetCurrentIrql());
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("at %u %ws", KeGetCurrentIrql(), L"\u20ac");
    KeLowerIrql(OldIrql);
#ifdef JSON
    Serial.Sink.Layout = KmLogJsonLayout;
    KmInfoFields("structured", KmField("text", "0123456789012345678901234567890123456789012345678901234567890123456789"));
#endif
#ifdef EACH
    KeIpiGenericCall(FromEach, 0);
#endif
    KeInitializeCallbackRecord(&BugCheck);
    KeRegisterBugCheckCallback(&BugCheck, AtBugCheck, NULL, 0, Component);
    if (KmLogGetLostCount(&Serial.Sink) != 0 || Serial.Owner != 0) {
        return STATUS_UNSUCCESSFUL;
    }
#ifdef SILENT
    // Its line status is the register that enables interrupts, which is 0: such a port is never ready.
    LARGE_INTEGER Frequency, Start, End;
    Serial.Base = KM_SERIAL_COM1 - 4;
    Serial.ReadyWaitMicroseconds = 2000;
    Start = KeQueryPerformanceCounter(&Frequency);
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmInfo("nobody hears this");
    KeLowerIrql(OldIrql);
    End = KeQueryPerformanceCounter(NULL);
    Start.QuadPart = (End.QuadPart - Start.QuadPart) * 1000000 / Frequency.QuadPart;
    Serial.Base = KM_SERIAL_COM1;
    if (KmLogGetLostCount(&Serial.Sink) != 1 || Serial.Owner != 0 || Start.QuadPart < 2000) {
        return STATUS_IO_TIMEOUT;
    }
    // Once for the record, not once a character.
    KmInfo("waited %s", Start.QuadPart < 20000 ? "once" : "too long");
    // A processor that was stopped while it had the port keeps nobody from the last words.
    Serial.Owner = 77;
    KmInfo("in another's line");
    KmInfo("which waits for nobody");
    if (Serial.Owner != 0) {
        return STATUS_UNSUCCESSFUL;
    }
#endif
#ifdef CRASH
    KeBugCheckEx(0xE2, 1, 2, 3, 4);
#endif
    return STATUS_SUCCESS;
}
END2
run "$KMODE" build -Wall -Wextra -Werror -DJSON serial.c
ok "it builds" status_is 0
run "$KMODE" run --serial one serial.sys
ok "it runs" status_is 0
printf 'INFO  [serial] at 0\nINFO  [serial] at 15 €\n' > expected
ok "lines" sh -c 'head -2 one | diff expected -'
ok "one JSON object behind" python3 -c '
import json
lines = open("one").read().split("\n")
record = json.loads(lines[2])
assert len(lines) == 4 and lines[3] == "", lines
assert record["message"] == "structured" and len(record["fields"]["text"]) == 70, record'

run "$KMODE" run serial.sys
ok "without a port it says so" [ "$(grep -c 'DriverEntry returned' "$scratch/err")" -eq 1 ]

run "$KMODE" build -DEACH serial.c
run "$KMODE" run --cpus 4 --serial four serial.sys
ok "four processors" status_is 0
ok "no line is lost or mixed" sh -c '[ "$(grep -cE "^INFO  \[serial\] processor [0-3] line [0-9]+ of some length, so that two could meet$" four)" -eq 200 ]'

run "$KMODE" build -DEACH -DBAUD=2400 serial.c
run "$KMODE" run --cpus 2 --serial slow serial.sys
ok "two processors at a slow port" status_is 0
ok "no line is lost or mixed, however long they take" sh -c '[ "$(grep -cE "^INFO  \[serial\] processor [0-3] line [0-9]+ of some length, so that two could meet$" slow)" -eq 100 ]'

run "$KMODE" build -DSILENT serial.c
run "$KMODE" run --serial silent serial.sys
ok "a port that is never ready, and one that another keeps" status_is 0
printf 'INFO  [serial] at 0\nINFO  [serial] at 15 €\nINFO  [serial] waited once\n\nINFO  [serial] in another'"'"'s line\nINFO  [serial] which waits for nobody\n' > expected
ok "hold nobody up" diff expected silent

run "$KMODE" build -DCRASH serial.c
run "$KMODE" run --serial crash serial.sys
ok "a bug check" status_is 1
ok "a bug-check callback is heard" grep -qx 'ERROR \[serial\] last words of the driver at 15' crash

done_testing
