// SPDX-License-Identifier: MIT
// System information of any length.
#include <kmode.h>

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(_In_ ULONG InformationClass, _Out_ PVOID Information,
                                                 _In_ ULONG Bytes, _Out_opt_ PULONG Needed);

static NTSTATUS NTAPI Query(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    return ZwQuerySystemInformation(*(PULONG)Context, Data, Bytes, Needed);
}

NTSTATUS NTAPI KmBufferQuerySystemInformation(PKM_BUFFER Buffer, ULONG InformationClass)
{
    return KmBufferQuery(Buffer, Query, &InformationClass, 256);
}
