// SPDX-License-Identifier: MIT
// Process objects.
#include "inc/kernel.h"
#include "mm/vad.h"

LIST_ENTRY PsActiveProcessHead = {&PsActiveProcessHead, &PsActiveProcessHead};
EX_PUSH_LOCK PspActiveProcessLock;

static struct {
    OB_PREFIX Prefix;
    EPROCESS Process;
} PspSystemProcess;

// PS_PROTECTION: a protected process, and no light one, by signer WinSystem.
#define PSP_PROTECTED_SYSTEM 0x72

PEPROCESS PsInitialSystemProcess = &PspSystemProcess.Process;

POBJECT_TYPE PsProcessType;

VOID PspInitializeSystemProcess(VOID)
{
    PEPROCESS Process = PsInitialSystemProcess;
    KiInitializeProcess(Process, NORMAL_PRIORITY);
    InitializeListHead(&Process->ThreadListHead);
    Process->ExitStatus = STATUS_PENDING;
    Process->PriorityClass = PSP_PRIORITY_CLASS_NORMAL;
    Process->PagePriority = PSP_PAGE_PRIORITY_NORMAL;
    Process->Protection = PSP_PROTECTED_SYSTEM;
    RtlCopyMemory(Process->ImageFileName, "System", sizeof("System"));
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
}

// At DISPATCH_LEVEL too the list is walked (PspFindThread), so both locks are held where it changes.
static VOID PspLinkProcess(PEPROCESS Process)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&PspActiveProcessLock);
    KIRQL OldIrql = KiLockDispatcher();
    InsertTailList(&PsActiveProcessHead, &Process->ActiveProcessLinks);
    KiUnlockDispatcher(OldIrql);
    ExReleasePushLockExclusive(&PspActiveProcessLock);
    KeLeaveCriticalRegion();
}

static VOID PspUnlinkProcess(PEPROCESS Process)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&PspActiveProcessLock);
    KIRQL OldIrql = KiLockDispatcher();
    RemoveEntryList(&Process->ActiveProcessLinks);
    KiUnlockDispatcher(OldIrql);
    ExReleasePushLockExclusive(&PspActiveProcessLock);
    KeLeaveCriticalRegion();
}

static VOID NTAPI PspDeleteProcess(PVOID Object)
{
    PEPROCESS Process = Object;
    if (Process->ActiveProcessLinks.Flink != NULL) {
        PspUnlinkProcess(Process);
    }
    if (Process->ObjectTable != NULL) {
        // Handles that others have put into it since its end.
        ObpCloseAllHandles(Process);
        ObpDeleteHandleTable(Process->ObjectTable);
    }
    MmDeleteProcessAddressSpace(Process);
    PspCloseProcessImages(Process);
    if (Process->UniqueProcessId != NULL) {
        PspFreeCid(Process->UniqueProcessId);
    }
    if (Process->Token != 0) {
        ObfDereferenceObject((PVOID)Process->Token);
    }
    if (Process->ImagePathName != NULL) {
        ExFreePoolWithTag(Process->ImagePathName, TAG_PROCESS_NAME);
    }
}

// "Process Security and Access Rights": one right brings the other.
static NTSTATUS NTAPI PspOpenProcessHandle(OB_OPEN_REASON Reason, KPROCESSOR_MODE Mode, PEPROCESS Process,
                                           PVOID Object, PACCESS_MASK GrantedAccess, ULONG HandleCount)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Mode);
    UNREFERENCED_PARAMETER(Process);
    UNREFERENCED_PARAMETER(Object);
    UNREFERENCED_PARAMETER(HandleCount);
    if (*GrantedAccess & PROCESS_QUERY_INFORMATION) {
        *GrantedAccess |= PROCESS_QUERY_LIMITED_INFORMATION;
    }
    return STATUS_SUCCESS;
}

static const OB_TYPE_DESCRIPTION PspProcessDescription = {
    .Name = L"Process",
    .GenericMapping = {STANDARD_RIGHTS_READ | PROCESS_VM_READ | PROCESS_QUERY_INFORMATION,
                       STANDARD_RIGHTS_WRITE | PROCESS_CREATE_PROCESS | PROCESS_CREATE_THREAD |
                           PROCESS_VM_OPERATION | PROCESS_VM_WRITE | PROCESS_DUP_HANDLE | PROCESS_SET_QUOTA |
                           PROCESS_SET_INFORMATION | PROCESS_SUSPEND_RESUME,
                       STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION |
                           PROCESS_TERMINATE,
                       PROCESS_ALL_ACCESS},
    .ValidAccessMask = PROCESS_ALL_ACCESS,
    .RetainAccess = SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION,
    .Flags = OB_TYPE_SECURITY_REQUIRED | OB_TYPE_SUPPORTS_OBJECT_CALLBACKS,
    .InvalidAttributes = OBJ_PERMANENT | OBJ_EXCLUSIVE | OBJ_OPENIF,
    .Open = PspOpenProcessHandle,
    .Delete = PspDeleteProcess,
};

NTSTATUS PspInitializeProcesses(VOID)
{
    PEPROCESS Process = PsInitialSystemProcess;
    Process->CreateTime.QuadPart = (LONG64)KiSystemTimeOf(KiShownTime());
    NTSTATUS Status = ObpCreateType(&PspProcessDescription, &PsProcessType);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ObpInitializeStaticObject(Process, PsProcessType);
    // The table is empty yet: Windows' number of this process, 4, is the first.
    Process->UniqueProcessId = PspAllocateCid(Process);
    return Process->UniqueProcessId != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

// ---- Creation

// The path of a file that is not there, by the volume's device where it is named by the drive: Prefix, and
// what of Path follows it.
static VOID PspDevicePath(PCUNICODE_STRING Path, PUNICODE_STRING Prefix, PUNICODE_STRING Rest)
{
    static const UNICODE_STRING Drive = RTL_CONSTANT_STRING(L"\\??\\C:\\");
    USHORT Skip = 0;
    RtlInitUnicodeString(Prefix, NULL);
    if (RtlPrefixUnicodeString(&Drive, Path, TRUE)) {
        Skip = Drive.Length;
        RtlInitUnicodeString(Prefix, L"\\Device\\HarddiskVolume1\\");
    }
    Rest->Buffer = Path->Buffer + Skip / sizeof(WCHAR);
    Rest->Length = Rest->MaximumLength = (USHORT)(Path->Length - Skip);
}

static VOID PspPutName(PWCH *Next, USHORT Bytes, PUNICODE_STRING Name)
{
    Name->Buffer = *Next;
    Name->Length = 0;
    Name->MaximumLength = Bytes;
    *Next += Bytes / sizeof(WCHAR);
}

// The image's path, the name that it was asked for by, and the command line in one block, which is
// ImagePathName's.
static NTSTATUS PspKeepNames(PEPROCESS Process, PCUNICODE_STRING Prefix, PCUNICODE_STRING Rest,
                             PCUNICODE_STRING OpenName, PCUNICODE_STRING CommandLine)
{
    USHORT Bytes = (USHORT)(Prefix->Length + Rest->Length);
    PUNICODE_STRING Path = ExAllocatePoolZero(
        NonPagedPoolNx, sizeof(*Path) + Bytes + OpenName->Length + CommandLine->Length, TAG_PROCESS_NAME);
    if (Path == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PWCH Next = (PWCH)(Path + 1);
    PspPutName(&Next, Bytes, Path);
    RtlAppendUnicodeStringToString(Path, Prefix);
    RtlAppendUnicodeStringToString(Path, Rest);
    PspPutName(&Next, OpenName->Length, &Process->OpenName);
    RtlCopyUnicodeString(&Process->OpenName, OpenName);
    PspPutName(&Next, CommandLine->Length, &Process->CommandLine);
    RtlCopyUnicodeString(&Process->CommandLine, CommandLine);
    Process->ImagePathName = Path;
    return STATUS_SUCCESS;
}

#define PSP_PATH_BYTES (sizeof(OBJECT_NAME_INFORMATION) + 0x10000)

// The path of the image's file is what the file says of itself, if there is one.
static NTSTATUS PspSetNames(PEPROCESS Process, PCUNICODE_STRING ImagePath, PCUNICODE_STRING CommandLine)
{
    UNICODE_STRING Prefix = {0}, Rest;
    ULONG Needed;
    POBJECT_NAME_INFORMATION Name = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    if (Process->ImageFilePointer == NULL) {
        PspDevicePath(ImagePath, &Prefix, &Rest);
    } else {
        Name = ExAllocatePoolZero(PagedPool, PSP_PATH_BYTES, TAG_PROCESS_NAME);
        Status = Name != NULL ? ObQueryNameString(Process->ImageFilePointer, Name, PSP_PATH_BYTES, &Needed)
                              : STATUS_INSUFFICIENT_RESOURCES;
        Rest = Name != NULL ? Name->Name : Prefix;
    }
    if (NT_SUCCESS(Status)) {
        Status = PspKeepNames(Process, &Prefix, &Rest, ImagePath, CommandLine);
    }
    if (Name != NULL) {
        ExFreePoolWithTag(Name, TAG_PROCESS_NAME);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PUNICODE_STRING Path = Process->ImagePathName;
    USHORT First = Path->Length / sizeof(WCHAR), Length = First;
    while (First > 0 && Path->Buffer[First - 1] != L'\\') {
        First -= 1;
    }
    // NT keeps 14 bytes and a zero.
    for (ULONG Index = 0; Index < PSP_IMAGE_FILE_NAME_BYTES - 1 && First + Index < Length; Index += 1) {
        WCHAR Character = Path->Buffer[First + Index];
        Process->ImageFileName[Index] = Character < 0x80 ? (UCHAR)Character : '?';
    }
    return STATUS_SUCCESS;
}

// Each process has a token of its own, so that what one enables is not the other's.
static NTSTATUS PspInheritToken(PEPROCESS Parent, ULONG64 User, PEPROCESS Process)
{
    PTOKEN Token;
    NTSTATUS Status;
    if (User == KM_AS_SYSTEM) {
        PTOKEN Inherited = PsReferencePrimaryToken(Parent);
        Status =
            SepDuplicateToken(Inherited, NULL, FALSE, TokenPrimary, SecurityAnonymous, KernelMode, &Token);
        PsDereferencePrimaryToken(Inherited);
    } else {
        Status = SepCreateUserToken(User, &Token);
    }
    if (NT_SUCCESS(Status)) {
        Token->TokenInUse = TRUE;
        Process->Token = (ULONG_PTR)Token;
        Process->SessionId = Token->SessionId;
    }
    return Status;
}

static volatile LONG64 PspLastStartKey;

NTSTATUS PspCreateProcess(PEPROCESS Parent, PCUNICODE_STRING ImagePath, PCUNICODE_STRING CommandLine,
                          ULONG64 User, BOOLEAN Wow64, PEPROCESS *Created)
{
    PVOID Object;
    if (ImagePath->Length == 0) {
        return STATUS_OBJECT_NAME_INVALID;
    }
    NTSTATUS Status =
        ObCreateObject(KernelMode, PsProcessType, NULL, KernelMode, NULL, sizeof(EPROCESS), 0, 0, &Object);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PEPROCESS Process = Object;
    KiInitializeProcess(Process, NORMAL_PRIORITY);
    InitializeListHead(&Process->ThreadListHead);
    ExInitializeRundownProtection(&Process->RundownProtect);
    Process->ExitStatus = STATUS_PENDING;
    Process->PriorityClass = PSP_PRIORITY_CLASS_NORMAL;
    Process->PagePriority = PSP_PAGE_PRIORITY_NORMAL;
    Process->CreateTime.QuadPart = (LONG64)KiSystemTimeOf(KiShownTime());
    Process->InheritedFromUniqueProcessId = Parent->UniqueProcessId;
    Process->CreatingProcessId = PsGetCurrentThread()->Cid.UniqueProcess;
    Process->CreatingThreadId = PsGetCurrentThread()->Cid.UniqueThread;
    Process->StartKey = (ULONG64)InterlockedIncrement64(&PspLastStartKey);
    Process->Cookie = KiRandom();
    Status = PspOpenProcessImage(Process, ImagePath);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Process->Is32Bit = Process->SectionObject != NULL ? MmIs32BitImage(Process->SectionObject) : Wow64;
    if (Wow64 && !Process->Is32Bit) {
        Status = STATUS_INVALID_IMAGE_FORMAT;
        goto DereferenceProcess;
    }
    Status = PspSetNames(Process, ImagePath, CommandLine);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Status = PspInheritToken(Parent, User, Process);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Status = MmCreateProcessAddressSpace(Process, Process->Is32Bit);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Status = STATUS_INSUFFICIENT_RESOURCES;
    Process->ObjectTable = ObpCreateHandleTable(Process);
    if (Process->ObjectTable == NULL) {
        goto DereferenceProcess;
    }
    Process->UniqueProcessId = PspAllocateCid(Process);
    if (Process->UniqueProcessId == NULL) {
        goto DereferenceProcess;
    }
    Status = PspMapProcessImages(Process);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    Status = PspCreatePeb(Process);
    if (!NT_SUCCESS(Status)) {
        goto DereferenceProcess;
    }
    PspLinkProcess(Process);
    *Created = Process;
    return STATUS_SUCCESS;
DereferenceProcess:
    ObfDereferenceObject(Process);
    return Status;
}

// ---- The end

VOID PspBeginProcessExit(PEPROCESS Process, NTSTATUS ExitStatus)
{
    if (Process->BreakOnTermination) {
        KeBugCheckEx(CRITICAL_PROCESS_DIED, (ULONG_PTR)Process, 0, 0, 0);
    }
    Process->ExitTime.QuadPart = (LONG64)KiSystemTimeOf(KiShownTime());
    Process->ExitStatus = Process->ExitAsked ? Process->AskedExitStatus : ExitStatus;
    if (Process->NotifiedCreate) {
        PspNotifyProcessExits(Process);
    }
}

VOID PspEndProcess(PEPROCESS Process)
{
    ExWaitForRundownProtectionRelease(&Process->RundownProtect);
    ObpCloseAllHandles(Process);
    MmCleanProcessAddressSpace(Process);
    KIRQL OldIrql = KiLockDispatcher();
    Process->Header.SignalState = 1;
    KiSignalObject(Process, 0);
    KiUnlockDispatcher(OldIrql);
}

NTSTATUS PspTerminateProcess(PEPROCESS Process, NTSTATUS ExitStatus)
{
    PETHREAD Self = PsGetCurrentThread();
    NTSTATUS Status = STATUS_PROCESS_IS_TERMINATING;
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&Process->ProcessLock);
    if (!Process->Exiting) {
        Status = STATUS_SUCCESS;
        if (!Process->ExitAsked) {
            Process->AskedExitStatus = ExitStatus;
            Process->ExitAsked = TRUE;
        }
        for (PLIST_ENTRY Link = Process->ThreadListHead.Flink; Link != &Process->ThreadListHead;
             Link = Link->Flink) {
            PETHREAD Thread = CONTAINING_RECORD(Link, ETHREAD, ThreadListEntry);
            if (Thread != Self && !Thread->Tcb.SystemThread) {
                PspTerminateThread(Thread, ExitStatus);
            }
        }
    }
    ExReleasePushLockExclusive(&Process->ProcessLock);
    KeLeaveCriticalRegion();
    return Status;
}
