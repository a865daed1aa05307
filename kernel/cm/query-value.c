// SPDX-License-Identifier: MIT
// What is told of a key's values, by name and by number.
#include "inc/kernel.h"

static VOID CmpAnswerValueBasic(CM_ANSWER *Answer, PCM_KEY_VALUE Value)
{
    KEY_VALUE_BASIC_INFORMATION Information = {.Type = Value->Type, .NameLength = Value->Name.Length};
    Answer->Fixed = FIELD_OFFSET(KEY_VALUE_BASIC_INFORMATION, Name);
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Value->Name.Buffer, Value->Name.Length);
}

static VOID CmpAnswerValueFull(CM_ANSWER *Answer, PCM_KEY_VALUE Value, ULONG Alignment)
{
    Answer->Fixed = FIELD_OFFSET(KEY_VALUE_FULL_INFORMATION, Name);
    ULONG DataOffset = (ULONG)ALIGN_UP_BY(Answer->Fixed + Value->Name.Length, Alignment);
    KEY_VALUE_FULL_INFORMATION Information = {.Type = Value->Type,
                                              .DataOffset = DataOffset,
                                              .DataLength = Value->DataLength,
                                              .NameLength = Value->Name.Length};
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Value->Name.Buffer, Value->Name.Length);
    if (Value->DataLength != 0) {
        CmpAnswer(Answer, DataOffset, Value->Data, Value->DataLength);
    }
}

static VOID CmpAnswerValuePartial(CM_ANSWER *Answer, PCM_KEY_VALUE Value)
{
    KEY_VALUE_PARTIAL_INFORMATION Information = {.Type = Value->Type, .DataLength = Value->DataLength};
    Answer->Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION, Data);
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Value->Data, Value->DataLength);
}

static VOID CmpAnswerValuePartialAlign64(CM_ANSWER *Answer, PCM_KEY_VALUE Value)
{
    KEY_VALUE_PARTIAL_INFORMATION_ALIGN64 Information = {.Type = Value->Type,
                                                         .DataLength = Value->DataLength};
    Answer->Fixed = FIELD_OFFSET(KEY_VALUE_PARTIAL_INFORMATION_ALIGN64, Data);
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Value->Data, Value->DataLength);
}

static NTSTATUS CmpAnswerValue(CM_ANSWER *Answer, PCM_KEY_VALUE Value, KEY_VALUE_INFORMATION_CLASS Class)
{
    switch (Class) {
    case KeyValueBasicInformation: CmpAnswerValueBasic(Answer, Value); break;
    case KeyValueFullInformation: CmpAnswerValueFull(Answer, Value, sizeof(ULONG)); break;
    case KeyValueFullInformationAlign64: CmpAnswerValueFull(Answer, Value, sizeof(ULONG64)); break;
    case KeyValuePartialInformation: CmpAnswerValuePartial(Answer, Value); break;
    case KeyValuePartialInformationAlign64: CmpAnswerValuePartialAlign64(Answer, Value); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

static BOOLEAN CmpIsValueClass(KEY_VALUE_INFORMATION_CLASS Class)
{
    return Class <= KeyValuePartialInformationAlign64;
}

// The registry is locked.
static ULONG CmpLargestValueAnswer(PCM_KEY_VALUE Value)
{
    return (ULONG)sizeof(KEY_VALUE_FULL_INFORMATION) + Value->Name.Length + (ULONG)sizeof(ULONG64) +
           Value->DataLength;
}

// The registry is locked for reading, and is unlocked. Value NULL: Status says why.
static NTSTATUS CmpFinishValue(PCM_KEY_VALUE Value, NTSTATUS Status, KEY_VALUE_INFORMATION_CLASS Class,
                               PVOID Buffer, ULONG Length, PULONG ResultLength)
{
    CM_ANSWER Answer;
    if (Value != NULL) {
        Status = CmpBeginAnswer(&Answer, Length, CmpLargestValueAnswer(Value));
    }
    if (Value == NULL || !NT_SUCCESS(Status)) {
        CmpUnlockRegistryShared();
        return Status;
    }
    Status = CmpAnswerValue(&Answer, Value, Class);
    CmpUnlockRegistryShared();
    return CmpEndAnswer(&Answer, Buffer, ResultLength, Status);
}

static NTSTATUS CmpPerformQueryValue(PVOID Information)
{
    PREG_QUERY_VALUE_KEY_INFORMATION Query = Information;
    PCM_KEY_BODY Body = Query->Object;
    PCM_KEY_VALUE Value = NULL;
    NTSTATUS Status = STATUS_KEY_DELETED;
    CmpLockRegistryShared();
    if (!CmpIsDeleted(Body)) {
        Value = CmpFindValue(Body->KeyControlBlock, Query->ValueName);
        Status = STATUS_OBJECT_NAME_NOT_FOUND;
    }
    return CmpFinishValue(Value, Status, Query->KeyValueInformationClass, Query->KeyValueInformation,
                          Query->Length, Query->ResultLength);
}

static const CM_OPERATION_KIND CmpQueryValueOperation =
    CM_OPERATION(QueryValueKey, REG_QUERY_VALUE_KEY_INFORMATION, CmpPerformQueryValue);

// Classes: Basic, Full, Partial, FullAlign64, PartialAlign64; else STATUS_INVALID_PARAMETER.
// STATUS_BUFFER_TOO_SMALL: nothing is written; STATUS_BUFFER_OVERFLOW: name or data are cut short; both times
// *ResultLength is what is needed. STATUS_OBJECT_NAME_NOT_FOUND, STATUS_ACCESS_DENIED (no KEY_QUERY_VALUE),
// STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.
// (wdm, ZwQueryValueKey)
NTSTATUS NTAPI NtQueryValueKey(HANDLE KeyHandle, PUNICODE_STRING ValueName,
                               KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                               PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    UNICODE_STRING Name;
    if (!CmpIsValueClass(KeyValueInformationClass)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_QUERY_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = CmpCaptureName(&Name, ValueName, UNICODE_STRING_MAX_BYTES);
    if (!NT_SUCCESS(Status)) {
        goto Dereference;
    }
    REG_QUERY_VALUE_KEY_INFORMATION Information = {.Object = Body,
                                                   .ValueName = &Name,
                                                   .KeyValueInformationClass = KeyValueInformationClass,
                                                   .KeyValueInformation = KeyValueInformation,
                                                   .Length = Length,
                                                   .ResultLength = ResultLength};
    Status = CmpProbeOutput(KeyValueInformation, Length, ResultLength);
    if (NT_SUCCESS(Status)) {
        Status = CmpOperate(&CmpQueryValueOperation, &Information);
    }
    CmpFreeCaptured(Name.Buffer);
Dereference:
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(QueryValueKey,
             (HANDLE KeyHandle, PUNICODE_STRING ValueName,
              KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass, PVOID KeyValueInformation, ULONG Length,
              PULONG ResultLength),
             (KeyHandle, ValueName, KeyValueInformationClass, KeyValueInformation, Length, ResultLength))

static NTSTATUS CmpPerformEnumerateValue(PVOID Information)
{
    PREG_ENUMERATE_VALUE_KEY_INFORMATION Query = Information;
    PCM_KEY_BODY Body = Query->Object;
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock;
    PCM_KEY_VALUE Value = NULL;
    NTSTATUS Status = STATUS_KEY_DELETED;
    CmpLockRegistryShared();
    if (!CmpIsDeleted(Body)) {
        Value = Query->Index < Key->ValueCount ? Key->Values[Query->Index] : NULL;
        Status = STATUS_NO_MORE_ENTRIES;
    }
    return CmpFinishValue(Value, Status, Query->KeyValueInformationClass, Query->KeyValueInformation,
                          Query->Length, Query->ResultLength);
}

static const CM_OPERATION_KIND CmpEnumerateValueOperation =
    CM_OPERATION(EnumerateValueKey, REG_ENUMERATE_VALUE_KEY_INFORMATION, CmpPerformEnumerateValue);

// As NtQueryValueKey of the Index-th value, in the order in which they were first set.
// STATUS_NO_MORE_ENTRIES. (wdm, ZwEnumerateValueKey)
NTSTATUS NTAPI NtEnumerateValueKey(HANDLE KeyHandle, ULONG Index,
                                   KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
                                   PVOID KeyValueInformation, ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    if (!CmpIsValueClass(KeyValueInformationClass)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_QUERY_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_ENUMERATE_VALUE_KEY_INFORMATION Information = {.Object = Body,
                                                       .Index = Index,
                                                       .KeyValueInformationClass = KeyValueInformationClass,
                                                       .KeyValueInformation = KeyValueInformation,
                                                       .Length = Length,
                                                       .ResultLength = ResultLength};
    Status = CmpProbeOutput(KeyValueInformation, Length, ResultLength);
    if (NT_SUCCESS(Status)) {
        Status = CmpOperate(&CmpEnumerateValueOperation, &Information);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(EnumerateValueKey,
             (HANDLE KeyHandle, ULONG Index, KEY_VALUE_INFORMATION_CLASS KeyValueInformationClass,
              PVOID KeyValueInformation, ULONG Length, PULONG ResultLength),
             (KeyHandle, Index, KeyValueInformationClass, KeyValueInformation, Length, ResultLength))
