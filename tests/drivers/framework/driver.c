// SPDX-License-Identifier: MIT
// A driver over the SDK's framework: every way of a request to its handler and back.
#include <kmode.h>
#include "public.h"

typedef struct STATE {
    KM_REQUEST_QUEUE Waiting, Opening;
    KM_TIMER Decision; // about those that are opening
    LONG Last;
    volatile LONG Closed;
    PKM_DEVICE Second;
} STATE;

typedef struct HANDLE_STATE {
    ULONG Requests;
} HANDLE_STATE;

static const KM_DEVICE_ENTRY Main[];

// "yes" is let in, later, and "no" is not.
KM_TYPED_ROUTINE(Decide, STATE, State)
{
    KM_REQUEST Request;

    while (KmQueueTake(&State->Opening, &Request) == STATUS_SUCCESS) {
        NTSTATUS Status =
            Request.Stack->FileObject->FileName.Buffer[1] == L'y' ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;

        NT_ASSERT(KmRequestFile(&Request, HANDLE_STATE)->Requests == 100);
        KmRequestComplete(&Request, Status);
    }
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    STATE *State = KmDeviceContext(Device, STATE);

    KmQueueInit(&State->Waiting, Device);
    KmQueueInit(&State->Opening, Device);
    KmTimerInitialize(&State->Decision, Decide, State);
    return STATUS_SUCCESS;
}

// The second device, if it is still there, ends before this one, which is older.
static VOID NTAPI Stop(PKM_DEVICE Device)
{
    KmTimerStop(&KmDeviceContext(Device, STATE)->Decision);
    NT_ASSERT(IsListEmpty(&KmDeviceContext(Device, STATE)->Waiting.Irps));
}

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);
    PUNICODE_STRING Name = &Request->Stack->FileObject->FileName;
    NTSTATUS Status;

    if (Name->Length == 0) {
        return STATUS_SUCCESS;
    }
    if (Name->Buffer[1] != L'y' && Name->Buffer[1] != L'n') {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    KmRequestFile(Request, HANDLE_STATE)->Requests = 100;
    Status = KmRequestPend(Request, &State->Opening);
    (void)KmTimerStartOnce(&State->Decision, 5, 0);
    return Status;
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    NT_ASSERT(((HANDLE_STATE *)FileContext)->Requests < 1000000);
    InterlockedIncrement(&KmDeviceContext(Device, STATE)->Closed);
}

static NTSTATUS NTAPI Sum(PKM_REQUEST Request)
{
    const FRAMEWORK_PAIR *Pair = KmRequestInput(Request, FRAMEWORK_PAIR);
    LONG *Total = KmRequestOutput(Request, LONG);

    // The output does not reach into the input, whichever method it is.
    *Total = 0;
    *Total = Pair->First + Pair->Second;
    KmRequestFile(Request, HANDLE_STATE)->Requests += 1;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Add(PKM_REQUEST Request)
{
    const UCHAR *Data = (const UCHAR *)Request->Output;
    LONG Total = 0;

    for (ULONG Index = 0; Index < Request->OutputBytes; Index += 1) {
        Total += Data[Index];
    }
    KmDeviceContext(Request->Device, STATE)->Last = Total;
    KmRequestSetInformation(Request, 0);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Last(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LONG) = KmDeviceContext(Request->Device, STATE)->Last;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Wait(PKM_REQUEST Request)
{
    return KmRequestPend(Request, &KmDeviceContext(Request->Device, STATE)->Waiting);
}

static NTSTATUS NTAPI Answer(PKM_REQUEST Request)
{
    KM_REQUEST Asked;
    FRAMEWORK_ANSWER *Output;

    if (KmQueueTake(&KmDeviceContext(Request->Device, STATE)->Waiting, &Asked) != STATUS_SUCCESS) {
        return STATUS_NOT_FOUND;
    }
    Output = KmRequestOutput(&Asked, FRAMEWORK_ANSWER);
    Output->Asked = *KmRequestInput(&Asked, FRAMEWORK_PAIR);
    Output->Answer = *KmRequestInput(Request, LONG);
    Asked.PriorityBoost = 1;
    KmRequestComplete(&Asked, STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Requests(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, ULONG) = KmRequestFile(Request, HANDLE_STATE)->Requests;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Closed(PKM_REQUEST Request)
{
    *KmRequestOutput(Request, LONG) = KmDeviceContext(Request->Device, STATE)->Closed;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI TooMuch(PKM_REQUEST Request)
{
    KmRequestSetInformation(Request, Request->OutputBytes + 1);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Untouched(PKM_REQUEST Request)
{
    KmRequestSetInformation(Request, Request->OutputBytes);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Make(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);

    return State->Second != NULL ? STATUS_INVALID_DEVICE_STATE
                                 : KmDeviceCreate(Request->Device->DriverObject, Main, L"2", &State->Second);
}

static NTSTATUS NTAPI Break(PKM_REQUEST Request)
{
    STATE *State = KmDeviceContext(Request->Device, STATE);

    if (State->Second == NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    KmDeviceDelete(State->Second);
    State->Second = NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Many(PKM_REQUEST Request)
{
    ULONG Bytes = min(Request->InputBytes, Request->OutputBytes);

    RtlCopyMemory(Request->Output, Request->Input, Bytes);
    KmRequestSetInformation(Request, Bytes);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Main[] = {
    KM_DEVICE_NAME(L"\\Device\\Framework"),
    KM_DEVICE_LINK(L"\\DosDevices\\Framework"),
    KM_DEVICE_CONTEXT(STATE, Start, Stop),
    KM_FILE_CONTEXT(HANDLE_STATE, Open, Close),
    KM_DEVICE_TAG('wmrF'),
    KM_ON_IOCTL(IOCTL_SUM_BUFFERED, Sum, FRAMEWORK_PAIR, LONG),
    KM_ON_IOCTL(IOCTL_SUM_DIRECT, Sum, FRAMEWORK_PAIR, LONG),
    KM_ON_IOCTL(IOCTL_SUM_NEITHER, Sum, FRAMEWORK_PAIR, LONG),
    KM_ON_IOCTL_BYTES(IOCTL_ADD_DIRECT, Add, 0, 0, 1),
    KM_ON_IOCTL_OUTPUT(IOCTL_LAST, Last, LONG),
    KM_ON_IOCTL(IOCTL_WAIT_BUFFERED, Wait, FRAMEWORK_PAIR, FRAMEWORK_ANSWER),
    KM_ON_IOCTL(IOCTL_WAIT_DIRECT, Wait, FRAMEWORK_PAIR, FRAMEWORK_ANSWER),
    KM_ON_IOCTL(IOCTL_WAIT_NEITHER, Wait, FRAMEWORK_PAIR, FRAMEWORK_ANSWER),
    KM_ON_IOCTL_INPUT(IOCTL_ANSWER, Answer, LONG),
    KM_ON_IOCTL_OUTPUT(IOCTL_REQUESTS, Requests, ULONG),
    KM_ON_IOCTL_OUTPUT(IOCTL_CLOSED, Closed, LONG),
    KM_ON_IOCTL_BYTES(IOCTL_TOO_MUCH, TooMuch, 0, 0, 1),
    KM_ON_IOCTL_BYTES(IOCTL_UNTOUCHED, Untouched, 0, 4096, 1),
    KM_ON_IOCTL_PLAIN(IOCTL_MAKE, Make),
    KM_ON_IOCTL_PLAIN(IOCTL_BREAK, Break),
    KM_ON_IOCTL_BYTES(IOCTL_MANY_BUFFERED, Many, 1, 4096, 1),
    KM_ON_IOCTL_BYTES(IOCTL_MANY_NEITHER, Many, 1, 4096, 1),
    KM_DEVICE_END,
};

// ---- Reading and writing, one device a way of transfer; what was written is read back

#define KEPT_BYTES 256

typedef struct KEPT {
    FAST_MUTEX Lock;
    ULONG Bytes;
    UCHAR Data[KEPT_BYTES];
} KEPT;

static NTSTATUS NTAPI StartKept(PKM_DEVICE Device)
{
    ExInitializeFastMutex(&KmDeviceContext(Device, KEPT)->Lock);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    KEPT *Kept = KmDeviceContext(Request->Device, KEPT);
    ULONG Bytes;

    ExAcquireFastMutex(&Kept->Lock);
    Bytes = min(Kept->Bytes, Request->OutputBytes);
    if (Bytes != 0) {
        RtlCopyMemory(Request->Output, Kept->Data, Bytes);
    }
    ExReleaseFastMutex(&Kept->Lock);
    KmRequestSetInformation(Request, Bytes);
    return Bytes != 0 ? STATUS_SUCCESS : STATUS_END_OF_FILE;
}

static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    KEPT *Kept = KmDeviceContext(Request->Device, KEPT);

    if (Request->InputBytes > KEPT_BYTES) {
        return STATUS_DISK_FULL;
    }
    ExAcquireFastMutex(&Kept->Lock);
    Kept->Bytes = Request->InputBytes;
    if (Request->InputBytes != 0) {
        RtlCopyMemory(Kept->Data, Request->Input, Request->InputBytes);
    }
    ExReleaseFastMutex(&Kept->Lock);
    return STATUS_SUCCESS;
}

#define KEPT_DEVICE(Name, Flag)                                                                              \
    KM_DEVICE_NAME(L"\\Device\\" Name), KM_DEVICE_LINK(L"\\DosDevices\\" Name), KM_DEVICE_IO(Flag),          \
        KM_DEVICE_SDDL(L"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GRGW;;;WD)"),                                        \
        KM_DEVICE_CONTEXT(KEPT, StartKept, NULL), KM_ON(IRP_MJ_READ, Read), KM_ON(IRP_MJ_WRITE, Write),      \
        KM_DEVICE_END

static const KM_DEVICE_ENTRY Buffered[] = {KEPT_DEVICE(L"FrameworkBuffered", DO_BUFFERED_IO)};
static const KM_DEVICE_ENTRY Direct[] = {KEPT_DEVICE(L"FrameworkDirect", DO_DIRECT_IO)};
static const KM_DEVICE_ENTRY Neither[] = {KEPT_DEVICE(L"FrameworkNeither", 0)};

KM_DRIVER(Main, Buffered, Direct, Neither)
