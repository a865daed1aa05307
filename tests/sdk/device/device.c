// SPDX-License-Identifier: MIT
// Devices of the framework, as their own driver sees them: what KmDeviceCreate refuses, what a device object
// gets from its table, internal requests, queues. tests/drivers/framework has the rest, seen by programs.
#include "test.h"
#include <kmode.h>

#define IOCTL_KEEP   CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_DOUBLE CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

#define FORTY    L"1234567890123456789012345678901234567890"
#define EIGHTY   FORTY FORTY
#define DOS_NAME L"\\DosDevices\\KmodeDevice"

static PDRIVER_OBJECT Driver;
static KM_REQUEST_QUEUE Queue;
static ULONG Stopped;

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    KmQueueInit(&Queue, Device);
    return STATUS_SUCCESS;
}

static VOID NTAPI Stop(PKM_DEVICE Device)
{
    UNREFERENCED_PARAMETER(Device);
    Stopped += 1;
}

static NTSTATUS NTAPI Keep(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &Queue);
}

static NTSTATUS NTAPI Double(PKM_REQUEST Request)
{
    LONG Value = *(const LONG *)Request->Input;

    *(PLONG)Request->Output = 2 * Value;
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Plain[] = {KM_DEVICE_NAME(L"\\Device\\Kmode"),
                                        KM_DEVICE_TYPE(FILE_DEVICE_KEYBOARD),
                                        KM_DEVICE_CHARACTERISTICS(FILE_READ_ONLY_DEVICE),
                                        KM_DEVICE_CONTEXT(ULONG, Start, Stop),
                                        KM_ON_IOCTL_INPUT(IOCTL_KEEP, Keep, LONG),
                                        KM_ON_INTERNAL_IOCTL(IOCTL_DOUBLE, Double, 4, 4, 4),
                                        KM_DEVICE_END};

// Its queue is no device's any more.
static NTSTATUS NTAPI StartInVain(PKM_DEVICE Device)
{
    KmQueueInit(&Queue, Device);
    return STATUS_DEVICE_NOT_READY;
}

static void TestRefused(void)
{
    static const KM_DEVICE_ENTRY InVain[] = {KM_DEVICE_NAME(L"\\Device\\Kmode"),
                                             KM_DEVICE_CONTEXT(ULONG, StartInVain, Stop), KM_DEVICE_END};
    static const KM_DEVICE_ENTRY NoName[] = {KM_DEVICE_LINK(DOS_NAME), KM_DEVICE_END};
    static const KM_DEVICE_ENTRY BadSddl[] = {KM_DEVICE_NAME(L"\\Device\\Kmode"),
                                              KM_DEVICE_SDDL(L"D:P(A;;nonsense;;;WD)"), KM_DEVICE_END};
    static const KM_DEVICE_ENTRY LongName[] = {KM_DEVICE_NAME(L"\\Device\\" EIGHTY FORTY L"1"),
                                               KM_DEVICE_END};
    static const KM_DEVICE_ENTRY LongLink[] = {KM_DEVICE_NAME(L"\\Device\\Kmode"),
                                               KM_DEVICE_LINK(L"\\DosDevices\\" EIGHTY FORTY),
                                               KM_DEVICE_CONTEXT(ULONG, Start, Stop), KM_DEVICE_END};
    static const KM_DEVICE_ENTRY LongSuffixed[] = {
        KM_DEVICE_NAME(L"\\Device\\" EIGHTY L"1234567890123456789012"), KM_DEVICE_END};
    PKM_DEVICE Device = (PKM_DEVICE)&Queue, Second;

    IS(KmDeviceCreate(Driver, NoName, NULL, &Device), STATUS_INVALID_PARAMETER);
    OK(Device == NULL);
    IS(KmDeviceCreate(Driver, InVain, NULL, &Device), STATUS_DEVICE_NOT_READY);
    OK(Queue.Device == NULL);
    IS(KmDeviceCreate(Driver, BadSddl, NULL, &Device), STATUS_INVALID_PARAMETER);
    IS(KmDeviceCreate(Driver, LongName, NULL, &Device), STATUS_NAME_TOO_LONG);
    IS(KmDeviceCreate(Driver, LongLink, NULL, &Device), STATUS_NAME_TOO_LONG);
    IS(KmDeviceCreate(Driver, Plain, L"12345678901234567890123456789012", &Device), STATUS_NAME_TOO_LONG);
    // 110 characters, and 19 or 18 behind them.
    IS(KmDeviceCreate(Driver, LongSuffixed, L"1234567890123456789", &Device), STATUS_NAME_TOO_LONG);
    OK(Device == NULL);
    IS(KmDeviceCreate(Driver, LongSuffixed, L"123456789012345678", &Device), STATUS_SUCCESS);
    KmDeviceDelete(Device);
    IS(KmDeviceCreate(Driver, Plain, L"1234567890123456789012345678901", &Device), STATUS_SUCCESS);
    KmDeviceDelete(Device);
    IS(KmDeviceCreate(Driver, Plain, NULL, &Device), STATUS_SUCCESS);
    IS(KmDeviceCreate(Driver, Plain, NULL, &Second), STATUS_OBJECT_NAME_COLLISION);
    KmDeviceDelete(Device);
    OK(Driver->DeviceObject == NULL);
    IS(Stopped, 3); // those two, and the one with a long link, which had started before that was made
}

static void TestTraits(void)
{
    PKM_DEVICE Device;

    IS(KmDeviceCreate(Driver, Plain, NULL, &Device), STATUS_SUCCESS);
    IS(Device->DeviceObject->DeviceType, FILE_DEVICE_KEYBOARD);
    OK((Device->DeviceObject->Characteristics & (FILE_READ_ONLY_DEVICE | FILE_DEVICE_SECURE_OPEN)) ==
       (FILE_READ_ONLY_DEVICE | FILE_DEVICE_SECURE_OPEN));
    KmDeviceDelete(Device);
}

typedef struct SENT {
    KEVENT Done;
    IO_STATUS_BLOCK IoStatus;
    LONG Input, Output;
} SENT;

static NTSTATUS Send(PKM_DEVICE Device, ULONG Code, BOOLEAN Internal, SENT *Sent)
{
    PIRP Irp;

    KeInitializeEvent(&Sent->Done, NotificationEvent, FALSE);
    Sent->Input = 21;
    Sent->Output = 0;
    Sent->IoStatus.Status = STATUS_PENDING;
    Irp = IoBuildDeviceIoControlRequest(Code, Device->DeviceObject, &Sent->Input, sizeof(LONG),
                                        Internal ? &Sent->Output : NULL, Internal ? sizeof(LONG) : 0,
                                        Internal, &Sent->Done, &Sent->IoStatus);
    return Irp != NULL ? IoCallDriver(Device->DeviceObject, Irp) : STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS ResultOf(SENT *Sent)
{
    (void)KeWaitForSingleObject(&Sent->Done, Executive, KernelMode, FALSE, NULL);
    return Sent->IoStatus.Status;
}

static void TestInternal(void)
{
    PKM_DEVICE Device;
    SENT Sent;

    IS(KmDeviceCreate(Driver, Plain, NULL, &Device), STATUS_SUCCESS);
    IS(Send(Device, IOCTL_DOUBLE, TRUE, &Sent), STATUS_SUCCESS);
    IS(ResultOf(&Sent), STATUS_SUCCESS);
    IS(Sent.Output, 42);
    IS(Sent.IoStatus.Information, sizeof(LONG));
    // Each code is of one major function.
    IS(Send(Device, IOCTL_DOUBLE, FALSE, &Sent), STATUS_INVALID_DEVICE_REQUEST);
    IS(Send(Device, IOCTL_KEEP, TRUE, &Sent), STATUS_INVALID_DEVICE_REQUEST);
    KmDeviceDelete(Device);
}

static ULONG WithoutContext;

static NTSTATUS NTAPI CountWithout(PKM_REQUEST Request)
{
    WithoutContext += KmRequestFile(Request, ULONG) == NULL;
    return STATUS_SUCCESS;
}

// This driver has not opened the device, and sends its requests without a file object.
static void TestNoContext(void)
{
    static const KM_DEVICE_ENTRY Sessions[] = {
        KM_DEVICE_NAME(L"\\Device\\Kmode"), KM_FILE_CONTEXT(ULONG, NULL, NULL),
        KM_ON_IOCTL_PLAIN(IOCTL_KEEP, CountWithout),
        KM_ON_INTERNAL_IOCTL(IOCTL_DOUBLE, CountWithout, 4, 4, 4), KM_DEVICE_END};
    PKM_DEVICE Device;
    SENT Sent;

    IS(KmDeviceCreate(Driver, Sessions, NULL, &Device), STATUS_SUCCESS);
    IS(Send(Device, IOCTL_KEEP, FALSE, &Sent), STATUS_INVALID_DEVICE_REQUEST);
    IS(WithoutContext, 0);
    IS(Send(Device, IOCTL_DOUBLE, TRUE, &Sent), STATUS_SUCCESS);
    IS(WithoutContext, 1);
    KmDeviceDelete(Device);
}

static void TestQueue(void)
{
    static SENT Sent[3];
    PKM_DEVICE Device;
    KM_REQUEST Request;

    IS(KmDeviceCreate(Driver, Plain, NULL, &Device), STATUS_SUCCESS);
    IS(KmQueueTake(&Queue, &Request), STATUS_NO_MORE_ENTRIES);
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Sent); Index += 1) {
        IS(Send(Device, IOCTL_KEEP, FALSE, &Sent[Index]), STATUS_PENDING);
    }
    // Requests of drivers may belong to no file; what is looked for is of one.
    IS(KmQueueTakeOf(&Queue, (PFILE_OBJECT)(PVOID)&Sent, &Request), STATUS_NO_MORE_ENTRIES);
    IS(KmQueueTake(&Queue, &Request), STATUS_SUCCESS);
    IS(KmRequestComplete(&Request, STATUS_SUCCESS), STATUS_SUCCESS);
    IS(ResultOf(&Sent[0]), STATUS_SUCCESS);
    KmQueueCancel(&Queue, (PFILE_OBJECT)(PVOID)&Sent);
    OK(!IsListEmpty(&Queue.Irps));
    KmQueueCancel(&Queue, NULL);
    IS(ResultOf(&Sent[1]), STATUS_CANCELLED);
    IS(ResultOf(&Sent[2]), STATUS_CANCELLED);
    IS(KmQueueTake(&Queue, &Request), STATUS_NO_MORE_ENTRIES);
    KmDeviceDelete(Device);
}

#define DriverEntry RunTests
TEST_DRIVER(TestRefused, TestTraits, TestInternal, TestNoContext, TestQueue)
#undef DriverEntry

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    Driver = DriverObject;
    return RunTests(DriverObject, RegistryPath);
}
