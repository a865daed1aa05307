// SPDX-License-Identifier: MIT
// Devices made as their tables say, and ended.
#include "device/device.h"

#include <wdmsec.h>

#define NAME_CHARACTERS 128
#define DEFAULT_TAG     'DmKm'

// A name of a table with a suffix behind it.
typedef struct FULL_NAME {
    UNICODE_STRING String;
    WCHAR Buffer[NAME_CHARACTERS];
} FULL_NAME;

static NTSTATUS MakeName(FULL_NAME *Name, PCWSTR Text, PCWSTR Suffix)
{
    NTSTATUS Status;

    RtlInitEmptyUnicodeString(&Name->String, Name->Buffer, sizeof(Name->Buffer));
    Status = RtlAppendUnicodeToString(&Name->String, Text);
    if (NT_SUCCESS(Status) && Suffix != NULL) {
        Status = RtlAppendUnicodeToString(&Name->String, Suffix);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : STATUS_NAME_TOO_LONG;
}

static ULONG ValueOf(const KM_DEVICE_ENTRY *Entries, KMP_ENTRY_KIND Kind, ULONG Default)
{
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Entries, Kind);

    return Entry != NULL ? Entry->Code : Default;
}

static NTSTATUS CreateObject(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *Entries, PCWSTR NameSuffix,
                             SIZE_T Bytes, PDEVICE_OBJECT *DeviceObject)
{
    const KM_DEVICE_ENTRY *Name = KmpFindEntry(Entries, KmpEntryName);
    const KM_DEVICE_ENTRY *Security = KmpFindEntry(Entries, KmpEntrySecurity);
    ULONG Type = ValueOf(Entries, KmpEntryType, FILE_DEVICE_UNKNOWN);
    ULONG Characteristics = ValueOf(Entries, KmpEntryCharacteristics, 0) | FILE_DEVICE_SECURE_OPEN;
    BOOLEAN Exclusive = KmpFindEntry(Entries, KmpEntryExclusive) != NULL;
    FULL_NAME FullName;
    UNICODE_STRING Sddl;
    NTSTATUS Status;

    if (Name == NULL) {
        return IoCreateDevice(DriverObject, (ULONG)Bytes, NULL, Type, Characteristics, Exclusive,
                              DeviceObject);
    }
    Status = MakeName(&FullName, Name->Text, NameSuffix);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    RtlInitUnicodeString(&Sddl, Security != NULL ? Security->Text : L"D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    Status = IoCreateDeviceSecure(DriverObject, (ULONG)Bytes, &FullName.String, Type, Characteristics,
                                  Exclusive, &Sddl, NULL, DeviceObject);
    if (Status == STATUS_INVALID_PARAMETER) {
        KmpTellSddl(Entries, &Sddl);
    } else if (!NT_SUCCESS(Status)) {
        KmpTellFailure(Entries, Name, NameSuffix, Status);
    }
    return Status;
}

// The links of the entries before Behind, which is one of a link, go; NULL: all.
static VOID DeleteLinks(const KM_DEVICE_ENTRY *Entries, const KM_DEVICE_ENTRY *Behind, PCWSTR NameSuffix)
{
    FULL_NAME Link;

    for (const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Entries, KmpEntryLink); Entry != Behind;
         Entry = KmpFindEntry(Entry + 1, KmpEntryLink)) {
        if (NT_SUCCESS(MakeName(&Link, Entry->Text, NameSuffix))) {
            IoDeleteSymbolicLink(&Link.String);
        }
    }
}

static NTSTATUS CreateLinks(const KM_DEVICE_ENTRY *Entries, PCWSTR NameSuffix)
{
    const KM_DEVICE_ENTRY *Name = KmpFindEntry(Entries, KmpEntryName);
    const KM_DEVICE_ENTRY *Entry = KmpFindEntry(Entries, KmpEntryLink);
    FULL_NAME Target, Link;
    NTSTATUS Status;

    if (Entry == NULL) {
        return STATUS_SUCCESS;
    }
    Status = MakeName(&Target, Name->Text, NameSuffix);
    for (; NT_SUCCESS(Status) && Entry != NULL; Entry = KmpFindEntry(Entry + 1, KmpEntryLink)) {
        Status = MakeName(&Link, Entry->Text, NameSuffix);
        if (NT_SUCCESS(Status)) {
            Status = IoCreateSymbolicLink(&Link.String, &Target.String);
        }
        if (!NT_SUCCESS(Status)) {
            KmpTellFailure(Entries, Entry, NameSuffix, Status);
            DeleteLinks(Entries, Entry, NameSuffix);
        }
    }
    return Status;
}

// Of a filter. Other devices have the contexts of their handles in the file objects.
static NTSTATUS BeginFiles(PKM_DEVICE Device)
{
    const KMP_PASSED_FILES *Files = Device->Trait->PassesFiles;

    return Files != NULL && Device->File != NULL ? Files->Begin(Device) : STATUS_SUCCESS;
}

static VOID EndFiles(PKM_DEVICE Device)
{
    if (Device->FilterFiles != NULL) {
        Device->Trait->PassesFiles->End(Device);
    }
}

static VOID EndQueues(PKM_DEVICE Device)
{
    if (Device->QueueRoutines != NULL) {
        Device->QueueRoutines->End(Device);
    }
}

// Also of a device that nobody was to know of yet: a filter's requests come as soon as it is attached.
static VOID EndRequests(PKM_DEVICE Device)
{
    if (Device->Trait != NULL && Device->Trait->Detach != NULL) {
        Device->Trait->Detach(Device);
    }
    KmpCancelPending(Device);
    KmpRundownWait(&Device->Requests);
    EndQueues(Device);
    if (Device->Trait != NULL) {
        Device->Trait->End(Device);
        EndFiles(Device);
    }
}

static VOID StopContext(PKM_DEVICE Device)
{
    const KM_DEVICE_ENTRY *Context = KmpFindEntry(Device->Entries, KmpEntryContext);

    if (Context != NULL && Context->Stop != NULL) {
        Context->Stop(Device);
    }
}

NTSTATUS NTAPI KmDeviceCreate(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *Entries, PCWSTR NameSuffix,
                              PKM_DEVICE *Device)
{
    return KmpCreateDevice(DriverObject, Entries, NameSuffix, NULL, Device);
}

NTSTATUS KmpCreateDevice(PDRIVER_OBJECT DriverObject, const KM_DEVICE_ENTRY *Entries, PCWSTR NameSuffix,
                         PDEVICE_OBJECT PhysicalDevice, PKM_DEVICE *Created)
{
    const KM_DEVICE_ENTRY *Context = KmpFindEntry(Entries, KmpEntryContext);
    const KM_DEVICE_ENTRY *Trait = KmpFindEntry(Entries, KmpEntryTrait);
    SIZE_T StateOffset = ALIGN_UP_BY(sizeof(KM_DEVICE), MEMORY_ALLOCATION_ALIGNMENT);
    SIZE_T ContextOffset =
        StateOffset +
        (Trait != NULL ? ALIGN_UP_BY(Trait->Trait->StateBytes, MEMORY_ALLOCATION_ALIGNMENT) : 0);
    PDEVICE_OBJECT DeviceObject;
    PKM_DEVICE Device;
    NTSTATUS Status;

    *Created = NULL;
    Status = KmpCheckTable(Entries);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (NameSuffix != NULL && wcslen(NameSuffix) >= RTL_NUMBER_OF(Device->NameSuffix)) {
        return STATUS_NAME_TOO_LONG;
    }
    Status = CreateObject(DriverObject, Entries, NameSuffix,
                          ContextOffset + (Context != NULL ? Context->Code : 0), &DeviceObject);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KmpSetDispatch(DriverObject);
    Device = (PKM_DEVICE)DeviceObject->DeviceExtension;
    Device->DeviceObject = DeviceObject;
    Device->DriverObject = DriverObject;
    Device->PhysicalDevice = PhysicalDevice;
    Device->TraitState = (PUCHAR)Device + StateOffset;
    Device->Context = (PUCHAR)Device + ContextOffset;
    Device->Entries = Entries;
    Device->File = KmpFindEntry(Entries, KmpEntryFile);
    Device->Memory.Operations = &KmNonPagedPool;
    Device->Memory.Tag = ValueOf(Entries, KmpEntryTag, DEFAULT_TAG);
    KmpRundownInit(&Device->Requests);
    InitializeListHead(&Device->Queues);
    for (ULONG Index = 0;
         NameSuffix != NULL && NameSuffix[Index] != L'\0' && Index < RTL_NUMBER_OF(Device->NameSuffix) - 1;
         Index += 1) {
        Device->NameSuffix[Index] = NameSuffix[Index];
    }
    DeviceObject->Flags |= ValueOf(Entries, KmpEntryTransfer, DO_BUFFERED_IO);
    Device->Signature = KMP_DEVICE_SIGNATURE;
    if (Context != NULL && Context->Start != NULL) {
        Status = Context->Start(Device);
        if (!NT_SUCCESS(Status)) {
            goto DeleteObject;
        }
    }
    if (Trait != NULL) {
        Device->Trait = Trait->Trait;
        Status = BeginFiles(Device);
        if (!NT_SUCCESS(Status)) {
            goto StopContext;
        }
        Status = Trait->Trait->Begin(Device, Trait);
        if (!NT_SUCCESS(Status)) {
            goto EndFiles;
        }
    }
    Status = CreateLinks(Entries, NameSuffix);
    if (!NT_SUCCESS(Status)) {
        goto EndRequests;
    }
    DeviceObject->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
    *Created = Device;
    return STATUS_SUCCESS;

EndRequests:
    EndRequests(Device);
    goto StopContext;
EndFiles:
    EndFiles(Device);
StopContext:
    StopContext(Device);
DeleteObject:
    EndQueues(Device);
    IoDeleteDevice(DeviceObject);
    return Status;
}

VOID NTAPI KmDeviceDelete(PKM_DEVICE Device)
{
    KmpEndDevice(Device);
    IoDeleteDevice(Device->DeviceObject);
}

VOID KmpCancelPending(PKM_DEVICE Device)
{
    InterlockedExchange(&Device->Ending, TRUE);
    if (Device->QueueRoutines != NULL) {
        Device->QueueRoutines->Cancel(Device, NULL);
    }
}

VOID KmpEndDevice(PKM_DEVICE Device)
{
    DeleteLinks(Device->Entries, NULL, Device->NameSuffix);
    EndRequests(Device);
    StopContext(Device);
}
