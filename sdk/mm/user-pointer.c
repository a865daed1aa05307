// SPDX-License-Identifier: MIT
// Ranges of a program's memory.
#include <kmode.h>

NTSTATUS NTAPI KmUserPointer(PKM_USER_POINTER Pointer, const VOID *Address, SIZE_T Bytes)
{
    ULONG_PTR Start = (ULONG_PTR)Address;

    Pointer->Address = NULL;
    Pointer->Bytes = 0;
    if (Bytes != 0 && (Start + Bytes < Start || Start + Bytes > (ULONG_PTR)MmUserProbeAddress)) {
        return STATUS_ACCESS_VIOLATION;
    }
    Pointer->Address = (PVOID)Start;
    Pointer->Bytes = Bytes;
    return STATUS_SUCCESS;
}

static BOOLEAN Fits(const KM_USER_POINTER *Pointer, SIZE_T Offset, SIZE_T Bytes)
{
    return (BOOLEAN)(Offset <= Pointer->Bytes && Bytes <= Pointer->Bytes - Offset);
}

NTSTATUS NTAPI KmUserPointerRead(const KM_USER_POINTER *Pointer, SIZE_T Offset, PVOID Buffer, SIZE_T Bytes)
{
    return Fits(Pointer, Offset, Bytes) ? KmUserRead(Buffer, (PUCHAR)Pointer->Address + Offset, Bytes)
                                        : STATUS_BUFFER_TOO_SMALL;
}

NTSTATUS NTAPI KmUserPointerWrite(const KM_USER_POINTER *Pointer, SIZE_T Offset, const VOID *Buffer,
                                  SIZE_T Bytes)
{
    return Fits(Pointer, Offset, Bytes) ? KmUserWrite((PUCHAR)Pointer->Address + Offset, Buffer, Bytes)
                                        : STATUS_BUFFER_TOO_SMALL;
}
