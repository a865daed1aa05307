// SPDX-License-Identifier: MIT
// Who is told when interfaces come and go, and when a device is to be removed or has something to tell.
#include "inc/kernel.h"
#include "io/pnp.h"

// A registration. It stays on the list as long as somebody is in the middle of calling it.
typedef struct _PIP_REGISTRATION {
    LIST_ENTRY Link;
    LONG ReferenceCount;
    IO_NOTIFICATION_EVENT_CATEGORY Category;
    GUID ClassGuid;              // of interfaces
    PFILE_OBJECT FileObject;     // of a target, as it was given: not referenced
    PDEVICE_OBJECT TargetDevice; // referenced
    PDRIVER_OBJECT DriverObject; // referenced
    PDRIVER_NOTIFICATION_CALLBACK_ROUTINE Routine;
    PVOID Context;
    BOOLEAN Unregistered;
    PKTHREAD Caller; // the thread that is in Routine
    ULONG Depth;     // and how often
    KEVENT Idle;     // no thread is
} PIP_REGISTRATION, *PPIP_REGISTRATION;

static LIST_ENTRY PipRegistrations = {&PipRegistrations, &PipRegistrations};
static EX_PUSH_LOCK PipNotifyLock;

static VOID PipLockNotify(VOID)
{
    KeEnterCriticalRegion();
    ExAcquirePushLockExclusive(&PipNotifyLock);
}

static VOID PipUnlockNotify(VOID)
{
    ExReleasePushLockExclusive(&PipNotifyLock);
    KeLeaveCriticalRegion();
}

// The lock is held, and is again afterwards: no other thread is in the routine.
static VOID PipWaitForCaller(PPIP_REGISTRATION Registration)
{
    PKTHREAD Thread = KiCurrentThread();
    while (Registration->Caller != NULL && Registration->Caller != Thread) {
        KeClearEvent(&Registration->Idle);
        PipUnlockNotify();
        KeWaitForSingleObject(&Registration->Idle, Executive, KernelMode, FALSE, NULL);
        PipLockNotify();
    }
}

// The lock is held. TRUE: it is off the list, and to be freed without the lock.
static BOOLEAN PipDropRegistration(PPIP_REGISTRATION Registration)
{
    Registration->ReferenceCount -= 1;
    if (Registration->ReferenceCount != 0) {
        return FALSE;
    }
    RemoveEntryList(&Registration->Link);
    return TRUE;
}

static VOID PipFreeRegistration(PPIP_REGISTRATION Registration)
{
    if (Registration->TargetDevice != NULL) {
        ObfDereferenceObject(Registration->TargetDevice);
    }
    ObfDereferenceObject(Registration->DriverObject);
    ExFreePoolWithTag(Registration, TAG_PNP);
}

// Registration is referenced. What its routine answers; STATUS_SUCCESS if it is not called any more.
static NTSTATUS PipCallRegistration(PPIP_REGISTRATION Registration, PVOID Structure)
{
    NTSTATUS Status = STATUS_SUCCESS;
    PipLockNotify();
    PipWaitForCaller(Registration);
    BOOLEAN Call = !Registration->Unregistered;
    if (Call) {
        Registration->Caller = KiCurrentThread();
        Registration->Depth += 1;
    }
    PipUnlockNotify();
    if (!Call) {
        return Status;
    }
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "DRIVER_NOTIFICATION_CALLBACK_ROUTINE", Registration->Routine, 2, Structure,
                    Registration->Context);
    Status = Registration->Routine(Structure, Registration->Context);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    PipLockNotify();
    Registration->Depth -= 1;
    if (Registration->Depth == 0) {
        Registration->Caller = NULL;
        KeSetEvent(&Registration->Idle, IO_NO_INCREMENT, FALSE);
    }
    PipUnlockNotify();
    return Status;
}

// The registration behind Previous (NULL: the first) that wants to know of interfaces of ClassGuid, or, if
// that is NULL, of Target, referenced; Previous's reference is given up.
static PPIP_REGISTRATION PipNextRegistration(PPIP_REGISTRATION Previous, PDEVICE_OBJECT Target,
                                             const GUID *ClassGuid)
{
    PPIP_REGISTRATION Next = NULL;
    BOOLEAN Free = FALSE;
    PipLockNotify();
    PLIST_ENTRY Link = Previous != NULL ? Previous->Link.Flink : PipRegistrations.Flink;
    for (; Link != &PipRegistrations && Next == NULL; Link = Link->Flink) {
        PPIP_REGISTRATION Entry = CONTAINING_RECORD(Link, PIP_REGISTRATION, Link);
        BOOLEAN Wants = ClassGuid == NULL ? Entry->Category == EventCategoryTargetDeviceChange &&
                                                Entry->TargetDevice == Target
                                          : Entry->Category == EventCategoryDeviceInterfaceChange &&
                                                IsEqualGUID(&Entry->ClassGuid, ClassGuid);
        if (Wants && !Entry->Unregistered) {
            Entry->ReferenceCount += 1;
            Next = Entry;
        }
    }
    if (Previous != NULL) {
        Free = PipDropRegistration(Previous);
    }
    PipUnlockNotify();
    if (Free) {
        PipFreeRegistration(Previous);
    }
    return Next;
}

static VOID PipFillInterfaceChange(PDEVICE_INTERFACE_CHANGE_NOTIFICATION Notification, const GUID *ClassGuid,
                                   const GUID *Event, PUNICODE_STRING Name)
{
    *Notification = (DEVICE_INTERFACE_CHANGE_NOTIFICATION){.Version = 1,
                                                           .Size = sizeof(*Notification),
                                                           .Event = *Event,
                                                           .InterfaceClassGuid = *ClassGuid,
                                                           .SymbolicLinkName = Name};
}

VOID PipNotifyInterfaceChange(const GUID *ClassGuid, const GUID *Event, PUNICODE_STRING Name)
{
    PPIP_REGISTRATION Entry = NULL;
    while ((Entry = PipNextRegistration(Entry, NULL, ClassGuid)) != NULL) {
        DEVICE_INTERFACE_CHANGE_NOTIFICATION Notification;
        PipFillInterfaceChange(&Notification, ClassGuid, Event, Name);
        PipCallRegistration(Entry, &Notification);
    }
}

// ---- Target devices

static NTSTATUS PipCallTarget(PPIP_REGISTRATION Entry, const GUID *Event)
{
    TARGET_DEVICE_REMOVAL_NOTIFICATION Notification = {
        .Version = 1, .Size = sizeof(Notification), .Event = *Event, .FileObject = Entry->FileObject};
    return PipCallRegistration(Entry, &Notification);
}

VOID PipNotifyTarget(PIOP_DEVICE_NODE Node, const GUID *Event)
{
    PPIP_REGISTRATION Entry = NULL;
    while ((Entry = PipNextRegistration(Entry, Node->PhysicalDeviceObject, NULL)) != NULL) {
        PipCallTarget(Entry, Event);
    }
}

NTSTATUS PipNotifyQueryRemove(PIOP_DEVICE_NODE Node)
{
    PPIP_REGISTRATION Entry = NULL, Refuses = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    while ((Entry = PipNextRegistration(Entry, Node->PhysicalDeviceObject, NULL)) != NULL) {
        Status = PipCallTarget(Entry, &GUID_TARGET_DEVICE_QUERY_REMOVE);
        if (!NT_SUCCESS(Status)) {
            Refuses = Entry;
            break;
        }
    }
    if (Refuses == NULL) {
        return Status;
    }
    // Refuses stays referenced, and on the list, until those in front of it know.
    for (Entry = NULL; (Entry = PipNextRegistration(Entry, Node->PhysicalDeviceObject, NULL)) != NULL;) {
        if (Entry == Refuses) {
            PipLockNotify();
            Entry->ReferenceCount -= 1; // of the walk; ours goes below
            PipUnlockNotify();
            break;
        }
        PipCallTarget(Entry, &GUID_TARGET_DEVICE_REMOVE_CANCELLED);
    }
    PipLockNotify();
    BOOLEAN Free = PipDropRegistration(Refuses);
    PipUnlockNotify();
    if (Free) {
        PipFreeRegistration(Refuses);
    }
    return Status;
}

static VOID PipNotifyCustom(PDEVICE_OBJECT TargetDevice, PTARGET_DEVICE_CUSTOM_NOTIFICATION Notification)
{
    PPIP_REGISTRATION Entry = NULL;
    while ((Entry = PipNextRegistration(Entry, TargetDevice, NULL)) != NULL) {
        Notification->FileObject = Entry->FileObject;
        PipCallRegistration(Entry, Notification);
    }
}

// Not for events of the system's own.
static NTSTATUS PipCheckCustom(PDEVICE_OBJECT DeviceObject,
                               const TARGET_DEVICE_CUSTOM_NOTIFICATION *Notification)
{
    static const GUID *const Own[] = {&GUID_TARGET_DEVICE_QUERY_REMOVE, &GUID_TARGET_DEVICE_REMOVE_CANCELLED,
                                      &GUID_TARGET_DEVICE_REMOVE_COMPLETE};
    if (IopDeviceExtension(DeviceObject)->DeviceNode == NULL) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (Notification->Version != 1 || Notification->FileObject != NULL ||
        Notification->Size < FIELD_OFFSET(TARGET_DEVICE_CUSTOM_NOTIFICATION, CustomDataBuffer)) {
        return STATUS_INVALID_PARAMETER;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Own); Index += 1) {
        if (IsEqualGUID(&Notification->Event, Own[Index])) {
            return STATUS_INVALID_DEVICE_REQUEST;
        }
    }
    return STATUS_SUCCESS;
}

// A custom notification on its way.
typedef struct _PIP_CUSTOM {
    PIP_ACTION Action;
    PDEVICE_OBJECT TargetDevice; // referenced
    PDEVICE_CHANGE_COMPLETE_CALLBACK Callback;
    PVOID Context;
    TARGET_DEVICE_CUSTOM_NOTIFICATION Notification;
} PIP_CUSTOM, *PPIP_CUSTOM;

static VOID PipTellCustom(PPIP_ACTION Action)
{
    PPIP_CUSTOM Custom = CONTAINING_RECORD(Action, PIP_CUSTOM, Action);
    PipNotifyCustom(Custom->TargetDevice, &Custom->Notification);
    if (Custom->Callback != NULL) {
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "DEVICE_CHANGE_COMPLETE_CALLBACK", Custom->Callback, 1, Custom->Context);
        Custom->Callback(Custom->Context);
        ViLeaveCallback(&Callback, 0);
    }
    ObfDereferenceObject(Custom->TargetDevice);
}

static PPIP_CUSTOM PipCopyCustom(PDEVICE_OBJECT DeviceObject,
                                 const TARGET_DEVICE_CUSTOM_NOTIFICATION *Notification)
{
    PPIP_CUSTOM Custom = PipAllocateAction(FIELD_OFFSET(PIP_CUSTOM, Notification) +
                                               max((ULONG)Notification->Size, (ULONG)sizeof(*Notification)),
                                           PipTellCustom);
    if (Custom != NULL) {
        RtlCopyMemory(&Custom->Notification, Notification, Notification->Size);
        ObfReferenceObject(DeviceObject);
        Custom->TargetDevice = DeviceObject;
    }
    return Custom;
}

// Calls those who registered for the device; each sees its own file. STATUS_INVALID_DEVICE_REQUEST (no
// physical device object, an event of the system's), STATUS_INVALID_PARAMETER (version, size, a file),
// STATUS_INSUFFICIENT_RESOURCES. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoReportTargetDeviceChange(PDEVICE_OBJECT PhysicalDeviceObject, PVOID NotificationStructure)
{
    NTSTATUS Status = PipCheckCustom(PhysicalDeviceObject, NotificationStructure);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PPIP_CUSTOM Custom = PipCopyCustom(PhysicalDeviceObject, NotificationStructure);
    if (Custom == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // Not by the worker, which may be who has called the caller.
    PipTellCustom(&Custom->Action);
    ExFreePoolWithTag(Custom, TAG_PNP);
    return STATUS_SUCCESS;
}

// The same, by the PnP worker, which calls Callback afterwards. IRQL <= DISPATCH_LEVEL. (wdm)
NTSTATUS NTAPI IoReportTargetDeviceChangeAsynchronous(PDEVICE_OBJECT PhysicalDeviceObject,
                                                      PVOID NotificationStructure,
                                                      PDEVICE_CHANGE_COMPLETE_CALLBACK Callback,
                                                      PVOID Context)
{
    NTSTATUS Status = PipCheckCustom(PhysicalDeviceObject, NotificationStructure);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    PPIP_CUSTOM Custom = PipCopyCustom(PhysicalDeviceObject, NotificationStructure);
    if (Custom == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Custom->Callback = Callback;
    Custom->Context = Context;
    PipQueueAction(&Custom->Action);
    return STATUS_SUCCESS;
}

// ---- Registration

// Tells a new registration of what is there already.
static VOID PipTellExisting(PPIP_REGISTRATION Registration)
{
    PWSTR List;
    if (!NT_SUCCESS(IoGetDeviceInterfaces(&Registration->ClassGuid, NULL, 0, &List))) {
        return;
    }
    for (PWSTR Name = List; *Name != L'\0'; Name += wcslen(Name) + 1) {
        UNICODE_STRING String;
        DEVICE_INTERFACE_CHANGE_NOTIFICATION Notification;
        RtlInitUnicodeString(&String, Name);
        PipFillInterfaceChange(&Notification, &Registration->ClassGuid, &GUID_DEVICE_INTERFACE_ARRIVAL,
                               &String);
        PipCallRegistration(Registration, &Notification);
    }
    ExFreePool(List);
}

static NTSTATUS PipFillRegistration(PPIP_REGISTRATION New, PVOID EventCategoryData)
{
    switch (New->Category) {
    case EventCategoryHardwareProfileChange: return STATUS_SUCCESS; // there is one profile, for ever
    case EventCategoryDeviceInterfaceChange:
        if (EventCategoryData == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        New->ClassGuid = *(const GUID *)EventCategoryData;
        return STATUS_SUCCESS;
    case EventCategoryTargetDeviceChange:
        if (EventCategoryData == NULL) {
            return STATUS_INVALID_PARAMETER;
        }
        New->FileObject = EventCategoryData;
        return IoGetRelatedTargetDevice(New->FileObject, &New->TargetDevice);
    default: return STATUS_INVALID_PARAMETER;
    }
}

// Has CallbackRoutine called at PASSIVE_LEVEL: by a system thread, and for interfaces that are there already
// by the caller. References DriverObject, not a file. STATUS_INVALID_PARAMETER (category, data that it
// needs), STATUS_NO_SUCH_DEVICE (the file is of no PnP device), STATUS_INSUFFICIENT_RESOURCES. IRQL
// PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY EventCategory,
                                              ULONG EventCategoryFlags, PVOID EventCategoryData,
                                              PDRIVER_OBJECT DriverObject,
                                              PDRIVER_NOTIFICATION_CALLBACK_ROUTINE CallbackRoutine,
                                              PVOID Context, PVOID *NotificationEntry)
{
    *NotificationEntry = NULL;
    PPIP_REGISTRATION New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_PNP);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Category = EventCategory;
    NTSTATUS Status = PipFillRegistration(New, EventCategoryData);
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(New, TAG_PNP);
        return Status;
    }
    ObfReferenceObject(DriverObject);
    New->DriverObject = DriverObject;
    New->Routine = CallbackRoutine;
    New->Context = Context;
    KeInitializeEvent(&New->Idle, NotificationEvent, TRUE);
    BOOLEAN Existing = EventCategory == EventCategoryDeviceInterfaceChange &&
                       (EventCategoryFlags & PNPNOTIFY_DEVICE_INTERFACE_INCLUDE_EXISTING_INTERFACES);
    New->ReferenceCount = 1;
    PipLockNotify();
    InsertTailList(&PipRegistrations, &New->Link);
    PipUnlockNotify();
    *NotificationEntry = New;
    if (Existing) {
        PipTellExisting(New);
    }
    return STATUS_SUCCESS;
}

static NTSTATUS PipUnregister(PPIP_REGISTRATION Registration, BOOLEAN Wait)
{
    PipLockNotify();
    Registration->Unregistered = TRUE;
    if (Wait) {
        PipWaitForCaller(Registration);
    }
    BOOLEAN Free = PipDropRegistration(Registration);
    PipUnlockNotify();
    if (Free) {
        PipFreeRegistration(Registration);
    }
    return STATUS_SUCCESS;
}

// Does not wait for a call that is under way. STATUS_SUCCESS. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoUnregisterPlugPlayNotification(PVOID NotificationEntry)
{
    return PipUnregister(NotificationEntry, FALSE);
}

// Behind it no other thread is in the routine, and none will be; the routine itself may call it.
// STATUS_SUCCESS. IRQL PASSIVE_LEVEL. (wdm)
NTSTATUS NTAPI IoUnregisterPlugPlayNotificationEx(PVOID NotificationEntry)
{
    return PipUnregister(NotificationEntry, TRUE);
}
