// SPDX-License-Identifier: MIT
// Registry values of any length.
#include <kmode.h>

typedef struct QUESTION {
    HANDLE Key;
    PUNICODE_STRING ValueName;
    KEY_VALUE_INFORMATION_CLASS InformationClass;
} QUESTION;

static NTSTATUS NTAPI Query(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    QUESTION *Question = (QUESTION *)Context;

    return ZwQueryValueKey(Question->Key, Question->ValueName, Question->InformationClass, Data, Bytes,
                           Needed);
}

NTSTATUS NTAPI KmBufferQueryValueKey(PKM_BUFFER Buffer, HANDLE Key, PUNICODE_STRING ValueName,
                                     KEY_VALUE_INFORMATION_CLASS InformationClass)
{
    QUESTION Question = {Key, ValueName, InformationClass};

    return KmBufferQuery(Buffer, Query, &Question, 128);
}
