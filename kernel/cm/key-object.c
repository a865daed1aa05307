// SPDX-License-Identifier: MIT
// Key objects: what handles to keys lead to, one for each time that a key is opened.
#include "inc/kernel.h"
#include "cm/hive.h"

POBJECT_TYPE CmKeyObjectType;

NTSTATUS CmpCreateKeyBody(PCM_KEY_BODY *Body)
{
    PVOID Object;
    NTSTATUS Status = ObCreateObject(KernelMode, CmKeyObjectType, NULL, KernelMode, NULL, sizeof(CM_KEY_BODY),
                                     0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // It is found through its key, not inserted.
    ObpFreeCreateInformation(ObpHeader(Object));
    ObpHeader(Object)->Flags &= (UCHAR)~OB_FLAG_NEW_OBJECT;
    PCM_KEY_BODY New = Object;
    New->Type = CM_KEY_BODY_TYPE;
    New->ProcessId = PsGetCurrentProcessId();
    InitializeListHead(&New->Contexts);
    *Body = New;
    return STATUS_SUCCESS;
}

NTSTATUS CmpReferenceKeyBody(HANDLE Handle, ACCESS_MASK DesiredAccess, PCM_KEY_BODY *Body)
{
    PVOID Object;
    NTSTATUS Status =
        ObReferenceObjectByHandle(Handle, DesiredAccess, CmKeyObjectType, KeGetPreviousMode(), &Object, NULL);
    *Body = Object;
    return Status;
}

static NTSTATUS CmpPerformClose(PVOID Information)
{
    PCM_KEY_BODY Body = ((PREG_KEY_HANDLE_CLOSE_INFORMATION)Information)->Object;
    CmpCloseNotify(Body);
    return STATUS_SUCCESS;
}

static const CM_OPERATION_KIND CmpCloseOperation =
    CM_OPERATION(KeyHandleClose, REG_KEY_HANDLE_CLOSE_INFORMATION, CmpPerformClose);

static VOID NTAPI CmpDeleteKeyObject(PVOID Object)
{
    PCM_KEY_BODY Body = Object;
    if (Body->KeyControlBlock == NULL) {
        return;
    }
    REG_KEY_HANDLE_CLOSE_INFORMATION Information = {.Object = Body};
    CmpOperate(&CmpCloseOperation, &Information);
    CmpCloseNotify(Body); // nobody can keep a key object from going
    CmpCleanUpContexts(Body);
    if (Body->Name != NULL) {
        CmCallbackReleaseKeyObjectIDEx(Body->Name);
    }
    CmpDereferenceKey(Body->KeyControlBlock);
    CmpUnloadAbandonedHives();
}

static VOID NTAPI CmpCloseKeyObject(PEPROCESS Process, PVOID Object, ULONG_PTR ProcessHandleCount,
                                    ULONG_PTR SystemHandleCount)
{
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(ProcessHandleCount);
    PCM_KEY_BODY Body = Object;
    if (SystemHandleCount == 1 && Body->KeyControlBlock != NULL) {
        CmpCloseNotify(Body);
    }
}

// ---- Names

static NTSTATUS CmpPerformQueryName(PVOID Information)
{
    PREG_QUERY_KEY_NAME Query = Information;
    PUNICODE_STRING Name;
    NTSTATUS Status = CmpMakeName(Query->Object, &Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Bytes = Name->Length + (ULONG)sizeof(WCHAR);
    __try {
        *Query->ReturnLength = sizeof(OBJECT_NAME_INFORMATION) + Bytes;
        if (Query->Length < sizeof(OBJECT_NAME_INFORMATION) + Bytes) {
            Status = STATUS_INFO_LENGTH_MISMATCH;
        } else {
            PWCH Buffer = (PWCH)(Query->ObjectNameInfo + 1);
            RtlCopyMemory(Buffer, Name->Buffer, Bytes);
            Query->ObjectNameInfo->Name = (UNICODE_STRING){Name->Length, (USHORT)Bytes, Buffer};
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    CmCallbackReleaseKeyObjectIDEx(Name);
    return Status;
}

static const CM_OPERATION_KIND CmpQueryNameOperation =
    CM_OPERATION(QueryKeyName, REG_QUERY_KEY_NAME, CmpPerformQueryName);

static NTSTATUS NTAPI CmpQueryKeyName(PVOID Object, BOOLEAN HasName, POBJECT_NAME_INFORMATION NameInformation,
                                      ULONG Length, PULONG ReturnLength, KPROCESSOR_MODE Mode)
{
    UNREFERENCED_PARAMETER(HasName);
    UNREFERENCED_PARAMETER(Mode);
    REG_QUERY_KEY_NAME Query = {
        .Object = Object, .ObjectNameInfo = NameInformation, .Length = Length, .ReturnLength = ReturnLength};
    return CmpOperate(&CmpQueryNameOperation, &Query);
}

// ---- The type

static const OB_TYPE_DESCRIPTION CmpKeyDescription = {
    .Name = L"Key",
    .GenericMapping = {KEY_READ, KEY_WRITE, KEY_EXECUTE, KEY_ALL_ACCESS},
    .ValidAccessMask = KEY_ALL_ACCESS | SYNCHRONIZE,
    .InvalidAttributes = OBJ_EXCLUSIVE | OBJ_PERMANENT,
    .Close = CmpCloseKeyObject,
    .Delete = CmpDeleteKeyObject,
    .Parse = CmpParseKey,
    .Security = CmpSecurityMethod,
    .QueryName = CmpQueryKeyName,
    .Stateless = TRUE,
};

NTSTATUS CmpInitializeKeyType(VOID)
{
    return ObpCreateType(&CmpKeyDescription, &CmKeyObjectType);
}
