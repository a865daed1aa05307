#!/bin/sh
# SPDX-License-Identifier: MIT
# Serial ports: what a driver sends is in the file, on stdout, at the pseudo-terminal; what comes in it reads.
. tests/cli/tap.sh

cat > serial.c <<'END'
#include <ntddk.h>
#define PORT(Base, Register) ((PUCHAR)(ULONG_PTR)((Base) + (Register)))
static void Send(USHORT Base, const char *Text)
{
    for (; *Text != 0; Text++) {
        WRITE_PORT_UCHAR(PORT(Base, 0), *Text);
    }
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    char line[64];
    ULONG length = 0;
    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    Send(0x3F8, "to COM1\n");
    Send(0x2F8, "to COM2\n");
    Send(0x3E8, "to COM3\n");
    while (length < sizeof line - 1 && READ_PORT_UCHAR(PORT(0x3F8, 5)) & 1) {
        line[length++] = READ_PORT_UCHAR(PORT(0x3F8, 0));
        if (length == 63 || READ_PORT_UCHAR(PORT(0x3F8, 5)) == 0xFF) break;
    }
    line[length] = 0;
    DbgPrint("received: %s\n", length < 63 ? line : "nothing");
    return STATUS_SUCCESS;
}
END
run "$KMODE" build serial.c
ok "it builds" status_is 0

run "$KMODE" run --no-unload --serial one --serial two serial.sys
ok "two files" status_is 0
ok "COM1's" sh -c 'echo "to COM1" | cmp - one'
ok "COM2's" sh -c 'echo "to COM2" | cmp - two'
ok "and no other" sh -c '[ $(ls | wc -l) -eq 5 ]'

run "$KMODE" run --no-unload --serial com3=three serial.sys
ok "a port by its name" sh -c 'echo "to COM3" | cmp - three'

printf hello | "$KMODE" run --no-unload --serial stdio serial.sys > out 2> /dev/null
ok "stdio: what is sent" grep -qx 'to COM1' out
ok "stdio: what comes in" grep -qx 'received: hello' out

cat > pty.py <<'END'
import os, re, subprocess, sys
run = subprocess.Popen([sys.argv[1], "run", "--no-unload", "--serial", "pty", "serial.sys"],
                       stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
name = re.match(r"COM1 is (/dev/pts/\d+)$", run.stderr.readline()).group(1)
run.wait()
END
ok "pty: its name is told" python3 pty.py "$KMODE"

# A driver that waits for what interrupts it: no deadlock while somebody at the other end may still send.
cat > waits.c <<'END'
#include <ntddk.h>
#define COM1(Register) ((PUCHAR)(ULONG_PTR)(0x3F8 + (Register)))
static KEVENT Received;
static KDPC Dpc;
static UCHAR Byte;
static BOOLEAN Serve(PKINTERRUPT Interrupt, PVOID Context)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    if (READ_PORT_UCHAR(COM1(2)) & 1) return FALSE;
    Byte = READ_PORT_UCHAR(COM1(0));
    KeInsertQueueDpc(&Dpc, NULL, NULL);
    return TRUE;
}
static VOID Tell(PKDPC Self, PVOID Context, PVOID First, PVOID Second)
{
    UNREFERENCED_PARAMETER(Self);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(First);
    UNREFERENCED_PARAMETER(Second);
    KeSetEvent(&Received, 0, FALSE);
}
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    PKINTERRUPT Interrupt;
    KIRQL Irql;
    KAFFINITY Affinity;
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    KeInitializeEvent(&Received, SynchronizationEvent, FALSE);
    KeInitializeDpc(&Dpc, Tell, NULL);
    ULONG Vector = HalGetInterruptVector(Isa, 0, 4, 4, &Irql, &Affinity);
    NTSTATUS Status = IoConnectInterrupt(&Interrupt, Serve, NULL, NULL, Vector, Irql, Irql, Latched, FALSE,
                                         Affinity, FALSE);
    if (!NT_SUCCESS(Status)) return Status;
    WRITE_PORT_UCHAR(COM1(4), 0x0B);
    WRITE_PORT_UCHAR(COM1(1), 0x01);
    do {
        KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
        DbgPrint("received %c\n", Byte);
    } while (Byte != 'e');
    WRITE_PORT_UCHAR(COM1(1), 0);
    IoDisconnectInterrupt(Interrupt);
    return STATUS_SUCCESS;
}
END
run "$KMODE" build waits.c
ok "the driver that waits builds" status_is 0
for processors in 1 2; do
    (for byte in t h e; do sleep 0.2; printf $byte; done) |
        "$KMODE" run --cpus $processors --serial stdio waits.sys > out 2>&1
    ok "what comes late interrupts, $processors processors" sh -c '[ "$(grep -o "received ." out | tr -d "\n")" = \
        "received treceived hreceived e" ]'
    "$KMODE" run --cpus $processors --serial stdio waits.sys < /dev/null > out 2>&1
    ok "nobody is there to send: a deadlock, $processors processors" grep -q deadlock out
done

run "$KMODE" run --serial /nonexistent/file serial.sys
ok "a file that cannot be made" refused 1 "COM1: /nonexistent/file: No such file or directory"
run "$KMODE" run --serial com1=a --serial COM1=b serial.sys
ok "a port twice" refused 2 "COM1 to COM4"
run "$KMODE" run --serial com5=a serial.sys
ok "a port that no machine has" refused 2 "COM1 to COM4"
run "$KMODE" run --serial a --serial b --serial c --serial d --serial e serial.sys
ok "one too many" refused 2 "COM1 to COM4"

done_testing
