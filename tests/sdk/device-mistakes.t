#!/bin/sh
# SPDX-License-Identifier: MIT
# Mistakes with the framework are told: a handler's, which it finds behind it, with the handler's control code; a table's, with the entry.
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

# ---- A request that is forwarded to nobody, and queues that are not the device's

cat > others.c << 'END'
#include <kmode.h>

#define CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, Number, METHOD_BUFFERED, FILE_ANY_ACCESS)

static KM_REQUEST_QUEUE Shared, Never;

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    KmQueueInit(&Shared, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Pend(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &Shared);
}

static NTSTATUS NTAPI PendNowhere(PKM_REQUEST Request)
{
    KM_REQUEST Taken;

    return KmQueueTake(&Never, &Taken) == STATUS_NO_MORE_ENTRIES ? KmRequestPend(Request, &Never) : STATUS_SUCCESS;
}

static NTSTATUS NTAPI Forward(PKM_REQUEST Request)
{
    return KmRequestForward(Request);
}

static NTSTATUS NTAPI ForwardAndWait(PKM_REQUEST Request)
{
    return KmRequestForwardAndWait(Request);
}

static const KM_DEVICE_ENTRY First[] = {
    KM_DEVICE_NAME(L"\\Device\\First"),
    KM_DEVICE_LINK(L"\\DosDevices\\First"),
    KM_DEVICE_CONTEXT(ULONG, Start, NULL),
    KM_ON(IRP_MJ_READ, Pend),
    KM_ON_IOCTL_PLAIN(CODE(0x800), PendNowhere),
    KM_ON_IOCTL_PLAIN(CODE(0x801), Forward),
    KM_ON_IOCTL_PLAIN(CODE(0x802), ForwardAndWait),
    KM_DEVICE_END};

static const KM_DEVICE_ENTRY Second[] = {
    KM_DEVICE_NAME(L"\\Device\\Second"),
    KM_DEVICE_LINK(L"\\DosDevices\\Second"),
    KM_DEVICE_CONTEXT(ULONG, Start, NULL),
    KM_ON(IRP_MJ_READ, Pend),
    KM_DEVICE_END};

KM_DRIVER(First, Second)
END
run "$KMODE" build others.c
ok "builds" status_is 0
cat > others.script << 'END'
open first \\.\First overlapped
open second \\.\Second overlapped
start one read first 4
expect STATUS_INVALID_PARAMETER read second 4
expect STATUS_INVALID_PARAMETER ioctl first 0x222000
expect STATUS_INVALID_DEVICE_REQUEST ioctl first 0x222004
expect STATUS_INVALID_DEVICE_REQUEST ioctl first 0x222008
close first
END
run "$KMODE" run --script others.script others.sys
ok "what would hang or crash goes on" status_is 0
ok "KmQueueInit of another device's queue is told" out_has "KmQueueInit was given a queue of another device"
ok "KmRequestPend to another device's queue is told" out_has "major function 0x3: KmRequestPend was given a queue that is not its device's"
ok "and to what is no queue yet" out_has "control code 0x222000: KmRequestPend was given a queue that is not its device's"
ok "KmRequestForward without a device below is told" out_has "control code 0x222004: it has forwarded a request"
ok "KmRequestForwardAndWait too" out_has "control code 0x222008: it has forwarded a request"

# A Plug and Play device is started again and again; its queue is made ready each time, and keeps what is pending.
cat > again.c << 'END'
#include <kmode.h>

static KM_REQUEST_QUEUE Readers;

static NTSTATUS NTAPI Start(PKM_DEVICE Device, PCM_RESOURCE_LIST Raw, PCM_RESOURCE_LIST Translated)
{
    UNREFERENCED_PARAMETER(Raw);
    UNREFERENCED_PARAMETER(Translated);
    KmQueueInit(&Readers, Device);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &Readers);
}

static const KM_PNP_ROUTINES Routines = {Start, NULL, NULL, NULL};
static const KM_DEVICE_ENTRY Again[] = {
    KM_PNP_FUNCTION(&Routines),
    KM_DEVICE_NAME(L"\\Device\\Again"),
    KM_DEVICE_LINK(L"\\DosDevices\\Again"),
    KM_ON(IRP_MJ_READ, Read),
    KM_DEVICE_END};

KM_PNP_DRIVER(Again)
END
run "$KMODE" build again.c
ok "builds" status_is 0
cat > again.script << 'END'
open file \\.\Again overlapped
start one read file 4
stop-device ROOT\AGAIN\0000
start-device ROOT\AGAIN\0000
start two read file 4
cancel one
expect STATUS_CANCELLED wait one
cancel two
expect STATUS_CANCELLED wait two
start three read file 4
close file
END
run "$KMODE" run --script again.script again.sys
ok "KmQueueInit at each start" status_is 0

# ---- Tables: each mistake is a line

# mistake NAME LINE ENTRIES [DRIVER [END]]
mistake() {
    cat > "$1.c" << END
#include <kmode.h>

#define CODE(Number) CTL_CODE(FILE_DEVICE_UNKNOWN, Number, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define NAME         KM_DEVICE_NAME(L"\\\\Device\\\\X")

typedef struct LARGE {
    UCHAR Bytes[60001];
} LARGE;

extern const GUID Interface;
const GUID Interface = {1, 2, 3, {4}};

NTSTATUS NTAPI Handle(PKM_REQUEST Request);
NTSTATUS NTAPI Handle(PKM_REQUEST Request)
{
    UNREFERENCED_PARAMETER(Request);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Table[] = {$3${5-, KM_DEVICE_END}};
${4:-KM_DRIVER}(Table)
END
    run "$KMODE" build "$1.c"
    ok "$1: builds" status_is 0
    run "$KMODE" run "$1.sys"
    ok "$1: one line says what is wrong" out_has "$2"
}

mistake code-twice 'mistake in the table of \Device\X: entry 3, KM_ON_IOCTL(0x222000): the table has this already' \
    'NAME, KM_ON_IOCTL_PLAIN(CODE(0x800), Handle), KM_ON_IOCTL_PLAIN(CODE(0x800), Handle)'
mistake function-twice 'entry 3, KM_ON(0x3): the table has this already' 'NAME, KM_ON(IRP_MJ_READ, Handle), KM_ON(IRP_MJ_READ, Handle)'
mistake no-handler 'entry 2, KM_ON_IOCTL(0x222000): there is no handler' 'NAME, KM_ON_IOCTL_PLAIN(CODE(0x800), NULL)'
mistake no-function 'entry 2, KM_ON(0x64): there is no such major function' 'NAME, KM_ON(100, Handle)'
mistake create-twice "entry 3, KM_ON(0x0): IRP_MJ_CREATE and IRP_MJ_CLOSE are KM_FILE_CONTEXT's" \
    'NAME, KM_FILE_CONTEXT(ULONG, NULL, NULL), KM_ON(IRP_MJ_CREATE, Handle)'
mistake sizes 'entry 2, KM_ON_IOCTL(0x222000): no input is that large and that small' 'NAME, KM_ON_IOCTL_BYTES(CODE(0x800), Handle, 8, 4, 0)'
mistake name 'entry 1, KM_DEVICE_NAME(L"X"): a device'"'"'s name begins with \Device\' 'KM_DEVICE_NAME(L"X")'
mistake name-of-link "this is a link's name, KM_DEVICE_LINK" 'KM_DEVICE_NAME(L"\\DosDevices\\X")'
mistake null-name 'entry 1, KM_DEVICE_NAME(0x0): there is no string' 'KM_DEVICE_NAME(NULL)'
mistake two-names 'entry 2, KM_DEVICE_NAME(L"\Device\Y"): the table has this already' 'NAME, KM_DEVICE_NAME(L"\\Device\\Y")'
mistake link "entry 2, KM_DEVICE_LINK(L\"X\"): a link's name begins with" 'NAME, KM_DEVICE_LINK(L"X")'
mistake link-of-nobody 'a link needs a device with a name, KM_DEVICE_NAME' 'KM_DEVICE_LINK(L"\\DosDevices\\X")'
mistake link-is-there '\Device\X: \??\X cannot be made or found: 0xC0000035' \
    'NAME, KM_DEVICE_LINK(L"\\DosDevices\\X"), KM_DEVICE_LINK(L"\\??\\X")'
mistake sddl 'the SDDL string "D:P(A;;GA;;;SY)(A;;XX;;;BA)" is wrong at character 20' 'NAME, KM_DEVICE_SDDL(L"D:P(A;;GA;;;SY)(A;;XX;;;BA)")'
mistake sddl-of-nobody 'security is of a device with a name, KM_DEVICE_NAME' 'KM_DEVICE_SDDL(L"D:P")'
mistake transfer 'entry 2, KM_DEVICE_IO(0x3): this is none of DO_BUFFERED_IO' 'NAME, KM_DEVICE_IO(METHOD_NEITHER)'
mistake context 'a context has at most 60,000 bytes' 'NAME, KM_DEVICE_CONTEXT(LARGE, NULL, NULL)'
mistake interface 'interfaces are of Plug and Play devices' 'NAME, KM_DEVICE_INTERFACE(&Interface)'
mistake idle 'who sleeps has a KM_PNP_FUNCTION' 'NAME, KM_PNP_IDLE(10)'
mistake filter-transfer 'a filter transfers data as the device below it does' 'KM_FILTER_OF(L"\\Device\\X"), KM_DEVICE_IO(DO_DIRECT_IO)'
mistake filter-of-nobody 'a device without a name: \Device\Nobody cannot be made or found: 0xC0000034' 'KM_FILTER_OF(L"\\Device\\Nobody")'
mistake not-added "a Plug and Play device is the Plug and Play manager's to add" 'KM_PNP_FUNCTION(NULL)'
mistake no-end 'its last entry is not KM_DEVICE_END' NAME KM_DRIVER ''
mistake no-entry 'its last entry is not KM_DEVICE_END' '{0}' KM_DRIVER ''
mistake plain-table 'KM_PNP_DRIVER wants a table with KM_PNP_FUNCTION or KM_PNP_FILTER' NAME KM_PNP_DRIVER
mistake power "IRP_MJ_POWER of a Plug and Play device is the framework's" 'KM_PNP_FUNCTION(NULL), KM_ON(IRP_MJ_POWER, Handle)' KM_PNP_DRIVER
ok "by KmPnpDriverStart, which fails" err_has 'DriverEntry returned 0xC000000D STATUS_INVALID_PARAMETER'

done_testing
