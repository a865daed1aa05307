// SPDX-License-Identifier: MIT
// Filters over the SDK's framework, above devices of framework.sys: nothing that begins with '!' is written,
// and '?' is read as '.'; what is summed up is 1000 more.
#include <kmode.h>
#include "public.h"

static NTSTATUS NTAPI FilterWrite(PKM_REQUEST Request)
{
    const CHAR *Text = (const CHAR *)Request->Input;

    return Request->InputBytes != 0 && Text[0] == '!' ? STATUS_ACCESS_DENIED : KmRequestForward(Request);
}

static NTSTATUS NTAPI FilterRead(PKM_REQUEST Request)
{
    NTSTATUS Status = KmRequestForwardAndWait(Request);
    PCHAR Text = (PCHAR)Request->Output;

    for (ULONG_PTR Index = 0; NT_SUCCESS(Status) && Index < Request->Information; Index += 1) {
        Text[Index] = Text[Index] == '?' ? '.' : Text[Index];
    }
    return Status;
}

static const KM_DEVICE_ENTRY Filter[] = {KM_FILTER_OF(L"\\Device\\FrameworkBuffered"),
                                         KM_ON(IRP_MJ_WRITE, FilterWrite), KM_ON(IRP_MJ_READ, FilterRead),
                                         KM_DEVICE_END};

// ---- METHOD_NEITHER

static NTSTATUS NTAPI FilterSum(PKM_REQUEST Request)
{
    NTSTATUS Status;

    // The device below gets the request as it was sent.
    if (Request->Irp->MdlAddress != NULL) {
        return STATUS_INTERNAL_ERROR;
    }
    Status = KmRequestForwardAndWait(Request);
    if (NT_SUCCESS(Status)) {
        *KmRequestOutput(Request, LONG) += 1000;
    }
    return Status;
}

static NTSTATUS NTAPI PassSum(PKM_REQUEST Request)
{
    return Request->Irp->MdlAddress == NULL ? KmRequestForward(Request) : STATUS_INTERNAL_ERROR;
}

static IO_COMPLETION_ROUTINE Done;
static NTSTATUS NTAPI Done(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS SendOwnMdl(PKM_REQUEST Request, FRAMEWORK_PAIR *Pair, FILTER_OWN_MDL *Answer)
{
    PDEVICE_OBJECT Lower = Request->Device->Lower;
    PIRP Irp = IoAllocateIrp(Lower->StackSize, FALSE);
    PMDL Mdl = IoAllocateMdl(&Answer->Untouched, sizeof(LONG), FALSE, FALSE, NULL);
    NTSTATUS Status = STATUS_INSUFFICIENT_RESOURCES;
    PIO_STACK_LOCATION Stack;
    KEVENT Event;

    if (Irp == NULL || Mdl == NULL) {
        goto Free;
    }
    MmBuildMdlForNonPagedPool(Mdl);
    KeInitializeEvent(&Event, NotificationEvent, FALSE);
    Irp->MdlAddress = Mdl;
    Irp->UserBuffer = &Answer->Total;
    Stack = IoGetNextIrpStackLocation(Irp);
    Stack->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    Stack->FileObject = Request->Stack->FileObject;
    Stack->Parameters.DeviceIoControl.IoControlCode = IOCTL_SUM_NEITHER;
    Stack->Parameters.DeviceIoControl.Type3InputBuffer = Pair;
    Stack->Parameters.DeviceIoControl.InputBufferLength = sizeof(*Pair);
    Stack->Parameters.DeviceIoControl.OutputBufferLength = sizeof(LONG);
    IoSetCompletionRoutine(Irp, Done, &Event, TRUE, TRUE, TRUE);
    (VOID) IoCallDriver(Lower, Irp);
    (VOID) KeWaitForSingleObject(&Event, Executive, KernelMode, FALSE, NULL);
    Status = Irp->IoStatus.Status;
    Answer->KeepsMdl = Irp->MdlAddress == Mdl;
    Irp->MdlAddress = NULL;
Free:
    if (Mdl != NULL) {
        IoFreeMdl(Mdl);
    }
    if (Irp != NULL) {
        IoFreeIrp(Irp);
    }
    return Status;
}

static NTSTATUS NTAPI OwnMdl(PKM_REQUEST Request)
{
    struct {
        FRAMEWORK_PAIR Pair;
        FILTER_OWN_MDL Answer;
    } *Sent = ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(*Sent), 'tliF');
    NTSTATUS Status;

    if (Sent == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Sent->Pair.First = 40;
    Sent->Pair.Second = 2;
    Sent->Answer.Total = 0;
    Sent->Answer.Untouched = 77;
    Status = SendOwnMdl(Request, &Sent->Pair, &Sent->Answer);
    *KmRequestOutput(Request, FILTER_OWN_MDL) = Sent->Answer;
    ExFreePoolWithTag(Sent, 'tliF');
    return Status;
}

// ---- Handles

typedef struct FILTER_HANDLE {
    LONG Seen;
    UCHAR Filling[1000]; // more than the device below keeps
} FILTER_HANDLE;

static KM_REQUEST_QUEUE Opens, Later;
static KM_TIMER LaterTimer;
static volatile LONG Known;

// What has been kept goes on.
static VOID NTAPI PassLater(PVOID Context)
{
    KM_REQUEST Request;

    UNREFERENCED_PARAMETER(Context);
    while (KmQueueTake(&Later, &Request) == STATUS_SUCCESS) {
        (VOID) KmRequestForward(&Request);
    }
}

static NTSTATUS NTAPI SumLater(PKM_REQUEST Request)
{
    NTSTATUS Status = KmRequestPend(Request, &Later);

    (VOID) KmTimerStartOnce(&LaterTimer, 1, 0);
    return Status;
}

static NTSTATUS NTAPI StartSum(PKM_DEVICE Device)
{
    KmQueueInit(&Opens, Device);
    KmQueueInit(&Later, Device);
    KmTimerInitialize(&LaterTimer, PassLater, NULL);
    return STATUS_SUCCESS;
}

static VOID NTAPI StopSum(PKM_DEVICE Device)
{
    UNREFERENCED_PARAMETER(Device);
    KmTimerStop(&LaterTimer);
}

// "refused" is not let in, "ypend" is to be let in later, "yasked" if the device below says so,
// and "yan" not even then.
static NTSTATUS NTAPI OpenHandle(PKM_REQUEST Request)
{
    PUNICODE_STRING Name = &Request->Stack->FileObject->FileName;
    ULONG Letters = Name->Length / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;

    RtlFillMemory(KmRequestFile(Request, FILTER_HANDLE)->Filling, 1000, 0x55);
    if (Letters > 1 && Name->Buffer[1] == L'r') {
        return STATUS_SHARING_VIOLATION;
    }
    if (Letters > 2 && Name->Buffer[2] == L'p') {
        return KmRequestPend(Request, &Opens);
    }
    if (Letters > 2 && Name->Buffer[2] == L'a') {
        Status = KmRequestForwardAndWait(Request);
        if (NT_SUCCESS(Status) && Letters > 3 && Name->Buffer[3] == L'n') {
            return STATUS_SHARING_VIOLATION; // the device below has it open
        }
    } else if (Letters > 2 && Name->Buffer[2] == L'f') {
        Status = KmRequestForward(Request);
    }
    if (NT_SUCCESS(Status)) {
        InterlockedIncrement(&Known);
    }
    return Status;
}

static VOID NTAPI CloseHandle(PKM_DEVICE Device, PVOID FileContext)
{
    UNREFERENCED_PARAMETER(Device);
    NT_ASSERT(((FILTER_HANDLE *)FileContext)->Filling[999] == 0x55);
    InterlockedDecrement(&Known);
}

static NTSTATUS NTAPI TellFiles(PKM_REQUEST Request)
{
    FILTER_HANDLE *Handle = KmRequestFile(Request, FILTER_HANDLE);
    FILTER_FILES *Files = KmRequestOutput(Request, FILTER_FILES);

    Files->Seen = Handle != NULL ? InterlockedIncrement(&Handle->Seen) : -1;
    Files->Known = Known;
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY SumFilter[] = {
    KM_FILTER_OF(L"\\Device\\Framework"),
    KM_DEVICE_CONTEXT(ULONG, StartSum, StopSum),
    KM_FILE_CONTEXT(FILTER_HANDLE, OpenHandle, CloseHandle),
    KM_ON_IOCTL_BYTES(IOCTL_SUM_BUFFERED, SumLater, 0, 4096, 0),
    KM_ON_IOCTL_BYTES(IOCTL_SUM_DIRECT, SumLater, 0, 4096, 0),
    KM_ON_IOCTL_OUTPUT(IOCTL_FILES, TellFiles, FILTER_FILES),
    KM_ON_IOCTL(IOCTL_SUM_NEITHER, FilterSum, FRAMEWORK_PAIR, LONG),
    KM_ON_IOCTL_BYTES(IOCTL_MANY_NEITHER, PassSum, 1, 4096, 1),
    KM_ON_IOCTL_OUTPUT(IOCTL_OWN_MDL, OwnMdl, FILTER_OWN_MDL),
    KM_DEVICE_END,
};

KM_DRIVER(Filter, SumFilter)
