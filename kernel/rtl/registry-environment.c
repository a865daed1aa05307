// SPDX-License-Identifier: MIT
// Environment variables in registry values.
#include "rtl/registry.h"

// The value of Name in Environment; NULL if it is not there.
static PCWSTR RtlpFindVariable(PCWSTR Environment, PCUNICODE_STRING Name)
{
    static const UNICODE_STRING SystemRoot = RTL_CONSTANT_STRING(L"SystemRoot");
    if (Environment == NULL) {
        return RtlEqualUnicodeString(Name, &SystemRoot, TRUE)
                   ? ((const KUSER_SHARED_DATA *)KM_SHARED_USER_DATA_BASE)->NtSystemRoot
                   : NULL;
    }
    while (*Environment != L'\0') {
        // A name may start with an equals sign: those of drives' directories do.
        PCWSTR Equals = wcschr(Environment + 1, L'=');
        if (Equals != NULL) {
            USHORT Bytes = (USHORT)((PUCHAR)Equals - (PUCHAR)Environment);
            UNICODE_STRING Variable = {Bytes, Bytes, (PWCH)Environment};
            if (RtlEqualUnicodeString(&Variable, Name, TRUE)) {
                return Equals + 1;
            }
        }
        Environment += wcslen(Environment) + 1;
    }
    return NULL;
}

// Bytes of Source expanded, a zero behind it included; written to Destination if that is not NULL.
static ULONG RtlpExpand(PCWSTR Environment, PCUNICODE_STRING Source, PWCH Destination)
{
    ULONG Length = 0, Characters = Source->Length / sizeof(WCHAR);
    for (ULONG Index = 0; Index < Characters;) {
        ULONG End = Index + 1;
        PCWSTR Value = NULL;
        if (Source->Buffer[Index] == L'%') {
            while (End < Characters && Source->Buffer[End] != L'%') {
                End += 1;
            }
            USHORT Bytes = (USHORT)((End - Index - 1) * sizeof(WCHAR));
            UNICODE_STRING Name = {Bytes, Bytes, Source->Buffer + Index + 1};
            Value = End < Characters && Bytes != 0 ? RtlpFindVariable(Environment, &Name) : NULL;
        }
        ULONG Bytes = sizeof(WCHAR);
        PCWSTR From = Source->Buffer + Index;
        if (Value != NULL) {
            Bytes = (ULONG)(wcslen(Value) * sizeof(WCHAR));
            From = Value;
            Index = End + 1;
        } else {
            Index += 1;
        }
        if (Destination != NULL) {
            RtlCopyMemory(Destination + Length, From, Bytes);
        }
        Length += Bytes / (ULONG)sizeof(WCHAR);
    }
    if (Destination != NULL) {
        Destination[Length] = L'\0';
    }
    return (Length + 1) * (ULONG)sizeof(WCHAR);
}

NTSTATUS RtlpExpandEnvironment(PCWSTR Environment, PCUNICODE_STRING Source, PWCH *Expanded,
                               PULONG ExpandedBytes)
{
    *ExpandedBytes = RtlpExpand(Environment, Source, NULL);
    *Expanded = ExAllocatePoolWithTag(PagedPool, *ExpandedBytes, TAG_REGISTRY_QUERY);
    if (*Expanded == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    RtlpExpand(Environment, Source, *Expanded);
    return STATUS_SUCCESS;
}
