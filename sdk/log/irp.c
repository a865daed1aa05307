// SPDX-License-Identifier: MIT
// IRPs as values: address, what is asked, of which device, and how it went so far.
#include <kmode.h>
#include <kmode-nt/irp-major-functions.h>

#define NAME(Function) [IRP_MJ_##Function] = #Function,

static const PCSTR MajorNames[] = {KMODE_IRP_MAJOR_FUNCTIONS(NAME)};

static VOID PutParameters(PKM_LOG_TEXT Text, const IO_STACK_LOCATION *Stack)
{
    switch (Stack->MajorFunction) {
    case IRP_MJ_READ:
    case IRP_MJ_WRITE:
        KmLogTextPutFormat(Text, " length=%lu offset=%I64d", Stack->Parameters.Read.Length,
                           Stack->Parameters.Read.ByteOffset.QuadPart);
        break;
    case IRP_MJ_DEVICE_CONTROL:
    case IRP_MJ_INTERNAL_DEVICE_CONTROL:
        KmLogTextPutFormat(Text, " code=0x%lx input=%lu output=%lu",
                           Stack->Parameters.DeviceIoControl.IoControlCode,
                           Stack->Parameters.DeviceIoControl.InputBufferLength,
                           Stack->Parameters.DeviceIoControl.OutputBufferLength);
        break;
    case IRP_MJ_PNP:
    case IRP_MJ_POWER:
    case IRP_MJ_SYSTEM_CONTROL:
    case IRP_MJ_FILE_SYSTEM_CONTROL:
    case IRP_MJ_DIRECTORY_CONTROL:
    case IRP_MJ_LOCK_CONTROL: KmLogTextPutFormat(Text, " minor=0x%02x", Stack->MinorFunction); break;
    default: break;
    }
}

static VOID NTAPI WriteIrp(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    // IoGetCurrentIrpStackLocation takes no const IRP, and only reads it.
    PIRP Irp = (PIRP)(ULONG_PTR)Value->Content.Pointer;

    if (Irp == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    KmLogTextPutFormat(Text, "IRP %p", Irp);
    // Whoever has just made it is not at a stack location yet.
    if (Irp->CurrentLocation >= 1 && Irp->CurrentLocation <= Irp->StackCount) {
        const IO_STACK_LOCATION *Stack = IoGetCurrentIrpStackLocation(Irp);

        if (Stack->MajorFunction < RTL_NUMBER_OF(MajorNames)) {
            KmLogTextPutFormat(Text, " IRP_MJ_%s", MajorNames[Stack->MajorFunction]);
        } else {
            KmLogTextPutFormat(Text, " major=0x%02x", Stack->MajorFunction);
        }
        PutParameters(Text, Stack);
        KmLogTextPutFormat(Text, " device=%p", Stack->DeviceObject);
    }
    KmLogTextPutFormat(Text, " status=0x%08lx information=%Iu%s", (ULONG)Irp->IoStatus.Status,
                       Irp->IoStatus.Information, Irp->Cancel ? " cancelled" : "");
}

const KM_LOG_TYPE KmLogIrpType = {KmLogCodeIrp, FALSE, WriteIrp};
