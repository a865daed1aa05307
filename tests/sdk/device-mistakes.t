#!/bin/sh
# SPDX-License-Identifier: MIT
# What a handler of the framework does wrong, and the framework finds behind it, is told with the handler's control code.
. tests/cli/tap.sh

cat > mistakes.c << 'END'
#include <kmode.h>

#define CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, Number, METHOD_BUFFERED, FILE_ANY_ACCESS)

static NTSTATUS NTAPI TooMuch(PKM_REQUEST Request)
{
    KmRequestSetInformation(Request, Request->OutputBytes + 1);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI NotPended(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    return STATUS_PENDING;
}

static const KM_DEVICE_ENTRY Mistakes[] = {
    KM_DEVICE_NAME(L"\\Device\\Mistakes"),
    KM_DEVICE_LINK(L"\\DosDevices\\Mistakes"),
    KM_ON_IOCTL_BYTES(CODE(0x800), TooMuch, 0, 0, 0),
    KM_ON_IOCTL_PLAIN(CODE(0x801), NotPended),
    KM_ON(IRP_MJ_READ, TooMuch),
    KM_DEVICE_END};

KM_DRIVER(Mistakes)
END
run "$KMODE" build mistakes.c
ok "builds" status_is 0

cat > too-much.script << 'END'
open device \\.\Mistakes
expect STATUS_INTERNAL_ERROR ioctl device 0x222000 - 4
expect STATUS_INTERNAL_ERROR read device 4
END
run "$KMODE" run --script too-much.script mistakes.sys
ok "too much information: the run goes on" status_is 0
ok "names the control code" out_has "control code 0x222000: KmRequestSetInformation was given more bytes than there are"
ok "or the major function" out_has "major function 0x3: KmRequestSetInformation was given more bytes than there are"

run "$KMODE" run --ioctl '\\.\Mistakes' 0x222004 - 0 mistakes.sys
ok "STATUS_PENDING without KmRequestPend: is found" err_has "irp-completed-pending"
ok "and names the control code" out_has "control code 0x222004: it has returned STATUS_PENDING without KmRequestPend"

done_testing
