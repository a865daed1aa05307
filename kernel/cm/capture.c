// SPDX-License-Identifier: MIT
// What the registry's services take from their callers, and what they give them.
#include "inc/kernel.h"

NTSTATUS CmpCaptureData(PVOID *Destination, const VOID *Source, ULONG Bytes)
{
    *Destination = NULL;
    if (Bytes == 0) {
        return STATUS_SUCCESS;
    }
    PVOID Copy = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_KEY_BUFFER);
    if (Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForRead((PVOID)Source, Bytes, sizeof(UCHAR));
        }
        RtlCopyMemory(Copy, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        ExFreePoolWithTag(Copy, TAG_KEY_BUFFER);
        return GetExceptionCode();
    }
    *Destination = Copy;
    return STATUS_SUCCESS;
}

NTSTATUS CmpCaptureName(PUNICODE_STRING Destination, PUNICODE_STRING Source, ULONG Limit)
{
    UNICODE_STRING Name = {0};
    PVOID Buffer;
    *Destination = (UNICODE_STRING){0};
    if (Source != NULL) {
        __try {
            if (KeGetPreviousMode() != KernelMode) {
                ProbeForRead(Source, sizeof(*Source), sizeof(ULONG64));
            }
            Name = *(volatile UNICODE_STRING *)Source;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            return GetExceptionCode();
        }
    }
    if (Name.Length % sizeof(WCHAR) != 0 || Name.Length > Limit) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpCaptureData(&Buffer, Name.Buffer, Name.Length);
    if (NT_SUCCESS(Status)) {
        *Destination = (UNICODE_STRING){Name.Length, Name.Length, Buffer};
    }
    return Status;
}

VOID CmpFreeCaptured(PVOID Buffer)
{
    if (Buffer != NULL) {
        ExFreePoolWithTag(Buffer, TAG_KEY_BUFFER);
    }
}

NTSTATUS CmpReturnBytes(PVOID Destination, const VOID *Source, SIZE_T Bytes)
{
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(Destination, Bytes, sizeof(UCHAR));
        }
        RtlCopyMemory(Destination, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpProbeOutput(PVOID Buffer, ULONG Length, PULONG ResultLength)
{
    if (KeGetPreviousMode() == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(Buffer, Length, sizeof(ULONG));
        ProbeForWrite(ResultLength, sizeof(*ResultLength), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS CmpBeginAnswer(CM_ANSWER *Answer, ULONG Length, ULONG Most)
{
    *Answer = (CM_ANSWER){.Length = Length, .Room = min(Length, Most)};
    Answer->Buffer = ExAllocatePoolZero(PagedPool, max(Answer->Room, 1u), TAG_KEY_BUFFER);
    return Answer->Buffer != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID CmpAnswer(CM_ANSWER *Answer, ULONG Offset, const VOID *Source, ULONG Bytes)
{
    if (Offset < Answer->Room) {
        RtlCopyMemory(Answer->Buffer + Offset, Source, min(Bytes, Answer->Room - Offset));
    }
    Answer->Needed = max(Answer->Needed, Offset + Bytes);
}

NTSTATUS CmpEndAnswer(CM_ANSWER *Answer, PVOID Buffer, PULONG ResultLength, NTSTATUS Status)
{
    if (NT_SUCCESS(Status)) {
        Status = Answer->Length < Answer->Fixed    ? STATUS_BUFFER_TOO_SMALL
                 : Answer->Length < Answer->Needed ? STATUS_BUFFER_OVERFLOW
                                                   : STATUS_SUCCESS;
        NTSTATUS Written = CmpReturnBytes(ResultLength, &Answer->Needed, sizeof(Answer->Needed));
        if (NT_SUCCESS(Written) && Status != STATUS_BUFFER_TOO_SMALL) {
            Written = CmpReturnBytes(Buffer, Answer->Buffer, min(Answer->Room, Answer->Needed));
        }
        Status = NT_SUCCESS(Written) ? Status : Written;
    }
    CmpFreeCaptured(Answer->Buffer);
    return Status;
}
