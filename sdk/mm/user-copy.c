// SPDX-License-Identifier: MIT
// Copies from and to a program's memory.
#include <kmode.h>

NTSTATUS NTAPI KmUserRead(PVOID Buffer, const VOID *User, SIZE_T Bytes)
{
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, Bytes, 1);
        RtlCopyMemory(Buffer, User, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWrite(PVOID User, const VOID *Buffer, SIZE_T Bytes)
{
    __try {
        ProbeForWrite(User, Bytes, 1);
        RtlCopyMemory(User, Buffer, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserZero(PVOID User, SIZE_T Bytes)
{
    __try {
        ProbeForWrite(User, Bytes, 1);
        RtlZeroMemory(User, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
