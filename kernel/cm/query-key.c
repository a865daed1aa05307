// SPDX-License-Identifier: MIT
// What is told of a key: NtQueryKey of the key itself, NtEnumerateKey of one of its subkeys.
#include "inc/kernel.h"

#define CMP_NO_CLASS 0xFFFFFFFFu // ClassOffset of a key without a class

// Structures that no documentation page shows.
typedef struct _CM_KEY_FLAGS_INFORMATION {
    ULONG UserFlags;
    ULONG KeyFlags; // REG_FLAG_VOLATILE 1, REG_FLAG_LINK 2
    ULONG ControlFlags;
} CM_KEY_FLAGS_INFORMATION;

typedef struct _CM_KEY_MEASURES {
    ULONG NameLength, ClassLength;          // the longest subkey's
    ULONG ValueNameLength, ValueDataLength; // and value's
} CM_KEY_MEASURES;

static CM_KEY_MEASURES CmpMeasureKey(PCM_KEY_CONTROL_BLOCK Key)
{
    CM_KEY_MEASURES Measures = {0};
    for (ULONG Index = 0; Index < Key->SubKeyCount; Index += 1) {
        Measures.NameLength = max(Measures.NameLength, Key->SubKeys[Index]->Name.Length);
        Measures.ClassLength = max(Measures.ClassLength, Key->SubKeys[Index]->Class.Length);
    }
    for (ULONG Index = 0; Index < Key->ValueCount; Index += 1) {
        Measures.ValueNameLength = max(Measures.ValueNameLength, Key->Values[Index]->Name.Length);
        Measures.ValueDataLength = max(Measures.ValueDataLength, Key->Values[Index]->DataLength);
    }
    return Measures;
}

static VOID CmpAnswerBasic(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    KEY_BASIC_INFORMATION Information = {.LastWriteTime = Key->LastWriteTime, .NameLength = Key->Name.Length};
    Answer->Fixed = FIELD_OFFSET(KEY_BASIC_INFORMATION, Name);
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Key->Name.Buffer, Key->Name.Length);
}

static VOID CmpAnswerNode(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    Answer->Fixed = FIELD_OFFSET(KEY_NODE_INFORMATION, Name);
    ULONG ClassOffset = Answer->Fixed + Key->Name.Length;
    KEY_NODE_INFORMATION Information = {.LastWriteTime = Key->LastWriteTime,
                                        .ClassOffset = Key->Class.Length != 0 ? ClassOffset : CMP_NO_CLASS,
                                        .ClassLength = Key->Class.Length,
                                        .NameLength = Key->Name.Length};
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Key->Name.Buffer, Key->Name.Length);
    CmpAnswer(Answer, ClassOffset, Key->Class.Buffer, Key->Class.Length);
}

static VOID CmpAnswerFull(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    CM_KEY_MEASURES Measures = CmpMeasureKey(Key);
    Answer->Fixed = FIELD_OFFSET(KEY_FULL_INFORMATION, Class);
    KEY_FULL_INFORMATION Information = {.LastWriteTime = Key->LastWriteTime,
                                        .ClassOffset = Key->Class.Length != 0 ? Answer->Fixed : CMP_NO_CLASS,
                                        .ClassLength = Key->Class.Length,
                                        .SubKeys = Key->SubKeyCount,
                                        .MaxNameLen = Measures.NameLength,
                                        .MaxClassLen = Measures.ClassLength,
                                        .Values = Key->ValueCount,
                                        .MaxValueNameLen = Measures.ValueNameLength,
                                        .MaxValueDataLen = Measures.ValueDataLength};
    CmpAnswer(Answer, 0, &Information, Answer->Fixed);
    CmpAnswer(Answer, Answer->Fixed, Key->Class.Buffer, Key->Class.Length);
}

static VOID CmpAnswerCached(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    CM_KEY_MEASURES Measures = CmpMeasureKey(Key);
    KEY_CACHED_INFORMATION Information = {.LastWriteTime = Key->LastWriteTime,
                                          .SubKeys = Key->SubKeyCount,
                                          .MaxNameLen = Measures.NameLength,
                                          .Values = Key->ValueCount,
                                          .MaxValueNameLen = Measures.ValueNameLength,
                                          .MaxValueDataLen = Measures.ValueDataLength,
                                          .NameLength = Key->Name.Length};
    Answer->Fixed = sizeof(Information);
    CmpAnswer(Answer, 0, &Information, sizeof(Information));
}

static NTSTATUS CmpAnswerName(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    ULONG Bytes = CmpKeyPath(Key, NULL);
    PWCH Path = ExAllocatePoolWithTag(PagedPool, Bytes, TAG_KEY_BUFFER);
    if (Path == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    CmpKeyPath(Key, Path + Bytes / sizeof(WCHAR));
    Answer->Fixed = FIELD_OFFSET(KEY_NAME_INFORMATION, Name);
    CmpAnswer(Answer, 0, &Bytes, sizeof(Bytes));
    CmpAnswer(Answer, Answer->Fixed, Path, Bytes);
    CmpFreeCaptured(Path);
    return STATUS_SUCCESS;
}

static VOID CmpAnswerFlags(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    CM_KEY_FLAGS_INFORMATION Information = {.UserFlags = Key->UserFlags,
                                            .KeyFlags = Key->Flags & (CM_KEY_VOLATILE | CM_KEY_LINK),
                                            .ControlFlags = Key->ControlFlags};
    Answer->Fixed = sizeof(Information);
    CmpAnswer(Answer, 0, &Information, sizeof(Information));
}

// The three flags that NtSetInformationKey sets are behind two of UAC's, which are never set here.
static VOID CmpAnswerVirtualization(CM_ANSWER *Answer, PCM_KEY_CONTROL_BLOCK Key)
{
    ULONG Flags = Key->VirtualizationFlags << 2;
    Answer->Fixed = sizeof(Flags);
    CmpAnswer(Answer, 0, &Flags, sizeof(Flags));
}

static VOID CmpAnswerHandleTags(CM_ANSWER *Answer, PCM_KEY_BODY Body)
{
    Answer->Fixed = sizeof(Body->HandleTags);
    CmpAnswer(Answer, 0, &Body->HandleTags, sizeof(Body->HandleTags));
}

// Body: of the handle; Key: what is told of.
static NTSTATUS CmpAnswerKey(CM_ANSWER *Answer, PCM_KEY_BODY Body, PCM_KEY_CONTROL_BLOCK Key,
                             KEY_INFORMATION_CLASS Class)
{
    switch (Class) {
    case KeyBasicInformation: CmpAnswerBasic(Answer, Key); break;
    case KeyNodeInformation: CmpAnswerNode(Answer, Key); break;
    case KeyFullInformation: CmpAnswerFull(Answer, Key); break;
    case KeyNameInformation: return CmpAnswerName(Answer, Key);
    case KeyCachedInformation: CmpAnswerCached(Answer, Key); break;
    case KeyFlagsInformation: CmpAnswerFlags(Answer, Key); break;
    case KeyVirtualizationInformation: CmpAnswerVirtualization(Answer, Key); break;
    case KeyHandleTagsInformation: CmpAnswerHandleTags(Answer, Body); break;
    default: return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

// More than any answer has: a structure, and two strings, one of which may be a path.
#define CMP_LARGEST_KEY_ANSWER (sizeof(KEY_FULL_INFORMATION) + 2 * UNICODE_STRING_MAX_BYTES)

static NTSTATUS CmpPerformQuery(PVOID Information)
{
    PREG_QUERY_KEY_INFORMATION Query = Information;
    PCM_KEY_BODY Body = Query->Object;
    CM_ANSWER Answer;
    NTSTATUS Status = CmpBeginAnswer(&Answer, Query->Length, CMP_LARGEST_KEY_ANSWER);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLockRegistryShared();
    Status = CmpIsDeleted(Body)
                 ? STATUS_KEY_DELETED
                 : CmpAnswerKey(&Answer, Body, Body->KeyControlBlock, Query->KeyInformationClass);
    CmpUnlockRegistryShared();
    return CmpEndAnswer(&Answer, Query->KeyInformation, Query->ResultLength, Status);
}

static const CM_OPERATION_KIND CmpQueryOperation =
    CM_OPERATION(QueryKey, REG_QUERY_KEY_INFORMATION, CmpPerformQuery);

// Classes: Basic, Node, Full, Name, Cached, Flags, Virtualization, HandleTags; else STATUS_INVALID_PARAMETER.
// STATUS_BUFFER_TOO_SMALL: nothing is written; STATUS_BUFFER_OVERFLOW: names are cut short; both times
// *ResultLength is what is needed. STATUS_ACCESS_DENIED (no KEY_QUERY_VALUE; name and tags need no right),
// STATUS_KEY_DELETED, STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH, STATUS_INSUFFICIENT_RESOURCES.
// (wdm, ZwQueryKey)
NTSTATUS NTAPI NtQueryKey(HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
                          ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    if (KeyInformationClass > KeyHandleTagsInformation) {
        return STATUS_INVALID_PARAMETER;
    }
    BOOLEAN IsFree =
        KeyInformationClass == KeyNameInformation || KeyInformationClass == KeyHandleTagsInformation;
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, IsFree ? 0 : KEY_QUERY_VALUE, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_QUERY_KEY_INFORMATION Information = {.Object = Body,
                                             .KeyInformationClass = KeyInformationClass,
                                             .KeyInformation = KeyInformation,
                                             .Length = Length,
                                             .ResultLength = ResultLength};
    Status = CmpProbeOutput(KeyInformation, Length, ResultLength);
    if (NT_SUCCESS(Status)) {
        Status = CmpOperate(&CmpQueryOperation, &Information);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(QueryKey,
             (HANDLE KeyHandle, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation, ULONG Length,
              PULONG ResultLength),
             (KeyHandle, KeyInformationClass, KeyInformation, Length, ResultLength))

static NTSTATUS CmpPerformEnumerate(PVOID Information)
{
    PREG_ENUMERATE_KEY_INFORMATION Query = Information;
    PCM_KEY_BODY Body = Query->Object;
    PCM_KEY_CONTROL_BLOCK Key = Body->KeyControlBlock;
    CM_ANSWER Answer;
    NTSTATUS Status = CmpBeginAnswer(&Answer, Query->Length, CMP_LARGEST_KEY_ANSWER);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    CmpLockRegistryShared();
    if (CmpIsDeleted(Body)) {
        Status = STATUS_KEY_DELETED;
    } else if (Query->Index >= Key->SubKeyCount) {
        Status = STATUS_NO_MORE_ENTRIES;
    } else {
        Status = CmpAnswerKey(&Answer, Body, Key->SubKeys[Query->Index], Query->KeyInformationClass);
    }
    CmpUnlockRegistryShared();
    return CmpEndAnswer(&Answer, Query->KeyInformation, Query->ResultLength, Status);
}

static const CM_OPERATION_KIND CmpEnumerateOperation =
    CM_OPERATION(EnumerateKey, REG_ENUMERATE_KEY_INFORMATION, CmpPerformEnumerate);

// As NtQueryKey of the Index-th subkey, by name; classes Basic, Node and Full. STATUS_NO_MORE_ENTRIES.
// STATUS_ACCESS_DENIED: no KEY_ENUMERATE_SUB_KEYS. (wdm, ZwEnumerateKey)
NTSTATUS NTAPI NtEnumerateKey(HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass,
                              PVOID KeyInformation, ULONG Length, PULONG ResultLength)
{
    PCM_KEY_BODY Body;
    if (KeyInformationClass > KeyFullInformation) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = CmpReferenceKeyBody(KeyHandle, KEY_ENUMERATE_SUB_KEYS, &Body);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    REG_ENUMERATE_KEY_INFORMATION Information = {.Object = Body,
                                                 .Index = Index,
                                                 .KeyInformationClass = KeyInformationClass,
                                                 .KeyInformation = KeyInformation,
                                                 .Length = Length,
                                                 .ResultLength = ResultLength};
    Status = CmpProbeOutput(KeyInformation, Length, ResultLength);
    if (NT_SUCCESS(Status)) {
        Status = CmpOperate(&CmpEnumerateOperation, &Information);
    }
    ObfDereferenceObject(Body);
    return Status;
}

KI_DEFINE_ZW(EnumerateKey,
             (HANDLE KeyHandle, ULONG Index, KEY_INFORMATION_CLASS KeyInformationClass, PVOID KeyInformation,
              ULONG Length, PULONG ResultLength),
             (KeyHandle, Index, KeyInformationClass, KeyInformation, Length, ResultLength))
