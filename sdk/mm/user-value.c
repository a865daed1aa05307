// SPDX-License-Identifier: MIT
// Single values of a program's memory.
#include <kmode.h>

NTSTATUS NTAPI KmUserRead8(const VOID *User, PUCHAR Value)
{
    UCHAR Read;

    *Value = 0;
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, sizeof(Read), 1);
        Read = *(const volatile UCHAR UNALIGNED *)User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWrite8(PVOID User, UCHAR Value)
{
    __try {
        ProbeForWrite(User, sizeof(Value), 1);
        *(volatile UCHAR UNALIGNED *)User = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserRead16(const VOID *User, PUSHORT Value)
{
    USHORT Read;

    *Value = 0;
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, sizeof(Read), 1);
        Read = *(const volatile USHORT UNALIGNED *)User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWrite16(PVOID User, USHORT Value)
{
    __try {
        ProbeForWrite(User, sizeof(Value), 1);
        *(volatile USHORT UNALIGNED *)User = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserRead32(const VOID *User, PULONG Value)
{
    ULONG Read;

    *Value = 0;
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, sizeof(Read), 1);
        Read = *(const volatile ULONG UNALIGNED *)User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWrite32(PVOID User, ULONG Value)
{
    __try {
        ProbeForWrite(User, sizeof(Value), 1);
        *(volatile ULONG UNALIGNED *)User = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserRead64(const VOID *User, PULONG64 Value)
{
    ULONG64 Read;

    *Value = 0;
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, sizeof(Read), 1);
        Read = *(const volatile ULONG64 UNALIGNED *)User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWrite64(PVOID User, ULONG64 Value)
{
    __try {
        ProbeForWrite(User, sizeof(Value), 1);
        *(volatile ULONG64 UNALIGNED *)User = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserReadPointer(const VOID *User, PVOID *Value)
{
    PVOID Read;

    *Value = NULL;
    __try {
        ProbeForRead((PVOID)(ULONG_PTR)User, sizeof(Read), 1);
        Read = *(PVOID const volatile UNALIGNED *)User;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    *Value = Read;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUserWritePointer(PVOID User, PVOID Value)
{
    __try {
        ProbeForWrite(User, sizeof(Value), 1);
        *(PVOID volatile UNALIGNED *)User = Value;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
