#!/bin/sh
# SPDX-License-Identifier: MIT
# A driver that is unloaded while an open of its device pends: DriverUnload waits for that open's end, whichever it is.
. tests/cli/tap.sh

cat > pended.c << 'END_OF_SOURCE'
#include <kmode.h>

#define CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, Number, METHOD_BUFFERED, FILE_ANY_ACCESS)

static KM_REQUEST_QUEUE Opens;

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    KmQueueInit(&Opens, Device);
    return STATUS_SUCCESS;
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    UNREFERENCED_PARAMETER(Device);
    DbgPrint("stopped\n");
}

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    *KmRequestFile(Request, ULONG) = 42;
    return Request->Stack->FileObject->FileName.Length == 0 ? STATUS_SUCCESS : KmRequestPend(Request, &Opens);
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    UNREFERENCED_PARAMETER(Device);
    DbgPrint("closed, %lu\n", *(PULONG)FileContext);
}

static NTSTATUS NTAPI Admit(PKM_REQUEST Request)
{
    KM_REQUEST Opening;
    NTSTATUS Status = KmQueueTake(&Opens, &Opening);

    UNREFERENCED_PARAMETER(Request);
    return NT_SUCCESS(Status) ? KmRequestComplete(&Opening, STATUS_SUCCESS) : Status;
}

static const KM_DEVICE_ENTRY Pended[] = {
    KM_DEVICE_NAME(L"\\Device\\Pended"),
    KM_DEVICE_LINK(L"\\DosDevices\\Pended"),
    KM_DEVICE_CONTEXT(ULONG, Start, Stop),
    KM_FILE_CONTEXT(ULONG, Open, Close),
    KM_ON_IOCTL_PLAIN(CODE(0x800), Admit),
    KM_DEVICE_END};

KM_DRIVER(Pended)
END_OF_SOURCE

cat > opener.c << 'END_OF_SOURCE'
#include <kmode.h>

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\Pended\\later");
    OBJECT_ATTRIBUTES Attributes;
    IO_STATUS_BLOCK IoStatus;
    HANDLE Handle;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Request);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateFile(&Handle, FILE_READ_DATA | SYNCHRONIZE, &Attributes, &IoStatus, NULL, 0, FILE_SHARE_READ,
                          FILE_OPEN, 0, NULL, 0);
    DbgPrint("opened: %lx\n", Status);
    if (NT_SUCCESS(Status)) {
        ZwClose(Handle);
    }
    return Status;
}

static const KM_DEVICE_ENTRY Opener[] = {
    KM_DEVICE_NAME(L"\\Device\\Opener"),
    KM_DEVICE_LINK(L"\\DosDevices\\Opener"),
    KM_ON_IOCTL_PLAIN(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS), Open),
    KM_DEVICE_END};

KM_DRIVER(Opener)
END_OF_SOURCE
run "$KMODE" build pended.c
ok "builds" status_is 0
run "$KMODE" build opener.c
ok "and who opens it" status_is 0

# The open's own thread waits for it, within a request of a process's.
cat > begin.script << 'END_OF_SCRIPT'
load opener.sys
process other other.exe
as other open o \\.\Opener
open control \\.\Pended
as other start opening ioctl o 0x222000
unload pended.sys
echo unloaded
expect STATUS_NO_SUCH_DEVICE open another \\.\Pended
END_OF_SCRIPT
cat begin.script - > cancelled.script << 'END_OF_SCRIPT'
close control
expect STATUS_NO_SUCH_DEVICE open another \\.\Pended
exit other
sleep 1ms
assert log stopped
expect STATUS_OBJECT_NAME_NOT_FOUND open another \\.\Pended
END_OF_SCRIPT
cat begin.script - > admitted.script << 'END_OF_SCRIPT'
ioctl control 0x222000
wait opening
assert log opened: 0
assert log closed, 42
expect STATUS_NO_SUCH_DEVICE open another \\.\Pended
close control
assert log closed, 42
sleep 1ms
assert log stopped
expect STATUS_OBJECT_NAME_NOT_FOUND open another \\.\Pended
END_OF_SCRIPT
for seed in 0 1 2 3 4 5 6 7; do
    run "$KMODE" run --seed "$seed" --script cancelled.script pended.sys
    ok "its thread ends, seed $seed: the driver is unloaded, and nothing is left" status_is 0
    ok "and the open was cancelled" out_has "opened: c0000120"
    run "$KMODE" run --seed "$seed" --script admitted.script pended.sys
    ok "it is let in, seed $seed: the driver is unloaded when the last handle is closed" status_is 0
done
for processors in 2 4; do
    run "$KMODE" run --cpus "$processors" --script cancelled.script pended.sys
    ok "its thread ends, $processors processors" status_is 0
    run "$KMODE" run --cpus "$processors" --script admitted.script pended.sys
    ok "it is let in, $processors processors" status_is 0
done

done_testing
