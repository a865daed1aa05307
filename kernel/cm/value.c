// SPDX-License-Identifier: MIT
// The values of a key.
#include "inc/kernel.h"

static ULONG CmpValueIndex(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name)
{
    ULONG Index = 0;
    while (Index < Key->ValueCount && !RtlEqualUnicodeString(&Key->Values[Index]->Name, Name, TRUE)) {
        Index += 1;
    }
    return Index;
}

PCM_KEY_VALUE CmpFindValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name)
{
    ULONG Index = CmpValueIndex(Key, Name);
    return Index < Key->ValueCount ? Key->Values[Index] : NULL;
}

static VOID CmpFreeValue(PCM_KEY_VALUE Value)
{
    if (Value->Data != NULL) {
        ExFreePoolWithTag(Value->Data, TAG_KEY_VALUE);
    }
    ExFreePoolWithTag(Value, TAG_KEY_VALUE);
}

// A value of that name without data, at the end of the list. NULL: no memory.
static PCM_KEY_VALUE CmpAddValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name)
{
    if (Key->ValueCount == Key->ValueRoom) {
        ULONG Room = Key->ValueRoom != 0 ? Key->ValueRoom * 2 : 4;
        PCM_KEY_VALUE *Values = ExAllocatePoolWithTag(PagedPool, Room * sizeof(*Values), TAG_KEY_VALUE);
        if (Values == NULL) {
            return NULL;
        }
        if (Key->Values != NULL) {
            RtlCopyMemory(Values, Key->Values, Key->ValueCount * sizeof(*Values));
            ExFreePoolWithTag(Key->Values, TAG_KEY_VALUE);
        }
        Key->Values = Values;
        Key->ValueRoom = Room;
    }
    PCM_KEY_VALUE Value = ExAllocatePoolZero(PagedPool, sizeof(*Value) + Name->Length, TAG_KEY_VALUE);
    if (Value != NULL) {
        Value->Name = (UNICODE_STRING){Name->Length, Name->Length, (PWCH)(Value + 1)};
        RtlCopyMemory(Value->Name.Buffer, Name->Buffer, Name->Length);
        Key->Values[Key->ValueCount++] = Value;
    }
    return Value;
}

static BOOLEAN CmpIsValue(const CM_KEY_VALUE *Value, ULONG Type, const VOID *Data, ULONG DataSize)
{
    return Value != NULL && Value->Type == Type && Value->DataLength == DataSize &&
           RtlCompareMemory(Value->Data, Data, DataSize) == DataSize;
}

NTSTATUS CmpSetValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name, ULONG Type, const VOID *Data,
                     ULONG DataSize, PBOOLEAN Changed)
{
    PUCHAR Copy = NULL;
    PCM_KEY_VALUE Value = CmpFindValue(Key, Name);
    *Changed = FALSE;
    if (CmpIsValue(Value, Type, Data, DataSize)) {
        return STATUS_SUCCESS;
    }
    if (DataSize != 0) {
        Copy = ExAllocatePoolWithTag(PagedPool, DataSize, TAG_KEY_VALUE);
        if (Copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Copy, Data, DataSize);
    }
    if (Value == NULL) {
        Value = CmpAddValue(Key, Name);
    } else if (Value->Data != NULL) {
        ExFreePoolWithTag(Value->Data, TAG_KEY_VALUE);
    }
    if (Value == NULL) {
        if (Copy != NULL) {
            ExFreePoolWithTag(Copy, TAG_KEY_VALUE);
        }
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Value->Type = Type;
    Value->Data = Copy;
    Value->DataLength = DataSize;
    CmpTouchKey(Key);
    *Changed = TRUE;
    return STATUS_SUCCESS;
}

BOOLEAN CmpDeleteValue(PCM_KEY_CONTROL_BLOCK Key, PCUNICODE_STRING Name)
{
    ULONG Index = CmpValueIndex(Key, Name);
    if (Index == Key->ValueCount) {
        return FALSE;
    }
    CmpFreeValue(Key->Values[Index]);
    Key->ValueCount -= 1;
    RtlMoveMemory(Key->Values + Index, Key->Values + Index + 1,
                  (Key->ValueCount - Index) * sizeof(*Key->Values));
    CmpTouchKey(Key);
    return TRUE;
}

VOID CmpDeleteValues(PCM_KEY_CONTROL_BLOCK Key)
{
    for (ULONG Index = 0; Index < Key->ValueCount; Index += 1) {
        CmpFreeValue(Key->Values[Index]);
    }
    if (Key->Values != NULL) {
        ExFreePoolWithTag(Key->Values, TAG_KEY_VALUE);
    }
    Key->Values = NULL;
    Key->ValueCount = Key->ValueRoom = 0;
}
