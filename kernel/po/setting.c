// SPDX-License-Identifier: MIT
// Power settings: values named by GUIDs, of which drivers are told as they register and at each change.
#include "inc/kernel.h"
#include "po/guid.h"

// A registration; or the place that a round of calls has come to, whose Callback is NULL.
typedef struct _POP_SETTING_CALLBACK {
    LIST_ENTRY Link; // PopSettingCallbacks
    GUID Setting;
    PPOWER_SETTING_CALLBACK Callback;
    PVOID Context;
    PDEVICE_OBJECT DeviceObject; // referenced; NULL if none was named
} POP_SETTING_CALLBACK, *PPOP_SETTING_CALLBACK;

typedef struct _POP_SETTING {
    LIST_ENTRY Link; // PopMoreSettings, of one that the table has not
    GUID Setting;
    BOOLEAN HasValue;
    ULONG Value;
} POP_SETTING, *PPOP_SETTING;

// A desktop computer on the mains, in use, with its screen on. Names are winnt.h's without their GUID_.
static struct {
    PCSTR Name;
    const GUID *Setting;
    BOOLEAN HasValue;
    ULONG Value;
} PopSettings[] = {
    {"ACDC_POWER_SOURCE", &PopAcDcPowerSource, TRUE, 0}, // PoAc
    {"BATTERY_PERCENTAGE_REMAINING", &PopBatteryPercentageRemaining, TRUE, 100},
    {"MONITOR_POWER_ON", &PopMonitorPowerOn, TRUE, 1},
    {"CONSOLE_DISPLAY_STATE", &PopConsoleDisplayState, TRUE, 1}, // MonitorOn
    {"SYSTEM_AWAYMODE", &PopSystemAwayMode, TRUE, 0},
    {"POWER_SAVING_STATUS", &PopPowerSavingStatus, TRUE, 0},
    {"GLOBAL_USER_PRESENCE", &PopGlobalUserPresence, TRUE, 0}, // present
    {"LIDSWITCH_STATE_CHANGE", &PopLidSwitchStateChange, FALSE, 0},
};

static LIST_ENTRY PopMoreSettings = {&PopMoreSettings, &PopMoreSettings};
static LIST_ENTRY PopSettingCallbacks = {&PopSettingCallbacks, &PopSettingCallbacks};

// Of both lists, the values, and calls of drivers' routines, which may register and unregister.
static EXP_RECURSIVE_LOCK PopSettingLock;

// ---- Values. The lock is held.

static PPOP_SETTING PopFindMore(const GUID *Setting)
{
    for (PLIST_ENTRY Link = PopMoreSettings.Flink; Link != &PopMoreSettings; Link = Link->Flink) {
        PPOP_SETTING More = CONTAINING_RECORD(Link, POP_SETTING, Link);
        if (IsEqualGUID(&More->Setting, Setting)) {
            return More;
        }
    }
    return NULL;
}

static BOOLEAN PopGetSetting(const GUID *Setting, PULONG Value)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PopSettings); Index += 1) {
        if (IsEqualGUID(PopSettings[Index].Setting, Setting)) {
            *Value = PopSettings[Index].Value;
            return PopSettings[Index].HasValue;
        }
    }
    PPOP_SETTING More = PopFindMore(Setting);
    *Value = More != NULL ? More->Value : 0;
    return More != NULL;
}

static NTSTATUS PopPutSetting(const GUID *Setting, ULONG Value)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PopSettings); Index += 1) {
        if (IsEqualGUID(PopSettings[Index].Setting, Setting)) {
            PopSettings[Index].Value = Value;
            PopSettings[Index].HasValue = TRUE;
            return STATUS_SUCCESS;
        }
    }
    PPOP_SETTING More = PopFindMore(Setting);
    if (More == NULL) {
        More = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*More), TAG_POWER_SETTING);
        if (More == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        More->Setting = *Setting;
        InsertTailList(&PopMoreSettings, &More->Link);
    }
    More->Value = Value;
    return STATUS_SUCCESS;
}

// ---- Who is told

// A copy of what the call needs: the routine may unregister itself.
static VOID PopTellSetting(POP_SETTING_CALLBACK Registered, ULONG Value)
{
    VI_CALLBACK Callback;
    ViEnterCallback(&Callback, "POWER_SETTING_CALLBACK", Registered.Callback, 4, &Registered.Setting, &Value,
                    (ULONG_PTR)sizeof(Value), Registered.Context);
    NTSTATUS Status = Registered.Callback(&Registered.Setting, &Value, sizeof(Value), Registered.Context);
    ViLeaveCallback(&Callback, (ULONG_PTR)Status);
}

// The lock is held.
static VOID PopTellAll(const GUID *Setting, ULONG Value)
{
    POP_SETTING_CALLBACK Mark = {0}; // where the round is: the list may change while a routine runs
    InsertHeadList(&PopSettingCallbacks, &Mark.Link);
    while (Mark.Link.Flink != &PopSettingCallbacks) {
        PPOP_SETTING_CALLBACK Next = CONTAINING_RECORD(Mark.Link.Flink, POP_SETTING_CALLBACK, Link);
        RemoveEntryList(&Mark.Link);
        InsertHeadList(&Next->Link, &Mark.Link);
        if (Next->Callback != NULL && IsEqualGUID(&Next->Setting, Setting)) {
            PopTellSetting(*Next, Value);
        }
    }
    RemoveEntryList(&Mark.Link);
}

NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                              PPOWER_SETTING_CALLBACK Callback, PVOID Context, PVOID *Handle)
{
    ULONG Value;
    PPOP_SETTING_CALLBACK New = ExAllocatePoolZero(NonPagedPoolNx, sizeof(*New), TAG_POWER_SETTING);
    if (New == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    New->Setting = *SettingGuid;
    New->Callback = Callback;
    New->Context = Context;
    New->DeviceObject = DeviceObject;
    if (DeviceObject != NULL) {
        ObfReferenceObject(DeviceObject);
    }
    if (Handle != NULL) {
        *Handle = New;
    }
    ExpAcquireRecursiveLock(&PopSettingLock);
    InsertTailList(&PopSettingCallbacks, &New->Link);
    if (PopGetSetting(&New->Setting, &Value)) {
        PopTellSetting(*New, Value);
    }
    ExpReleaseRecursiveLock(&PopSettingLock);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle)
{
    PPOP_SETTING_CALLBACK Found = NULL;
    ExpAcquireRecursiveLock(&PopSettingLock);
    for (PLIST_ENTRY Link = PopSettingCallbacks.Flink; Link != &PopSettingCallbacks; Link = Link->Flink) {
        PPOP_SETTING_CALLBACK Registered = CONTAINING_RECORD(Link, POP_SETTING_CALLBACK, Link);
        if (Registered == Handle && Registered->Callback != NULL) {
            Found = Registered;
            RemoveEntryList(&Found->Link);
            break;
        }
    }
    ExpReleaseRecursiveLock(&PopSettingLock);
    if (Found == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Found->DeviceObject != NULL) {
        ObfDereferenceObject(Found->DeviceObject);
    }
    ExFreePoolWithTag(Found, TAG_POWER_SETTING);
    return STATUS_SUCCESS;
}

// ---- Changes

// A setting's name, or "{...}".
static NTSTATUS PopSettingByName(PCSTR Name, GUID *Setting)
{
    WCHAR Buffer[64];
    ULONG Bytes;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PopSettings); Index += 1) {
        if (strcmp(PopSettings[Index].Name, Name) == 0) {
            *Setting = *PopSettings[Index].Setting;
            return STATUS_SUCCESS;
        }
    }
    NTSTATUS Status = RtlUTF8ToUnicodeN(Buffer, sizeof(Buffer), &Bytes, Name, (ULONG)strlen(Name));
    if (NT_SUCCESS(Status)) {
        UNICODE_STRING Text = {(USHORT)Bytes, (USHORT)Bytes, Buffer};
        Status = RtlGUIDFromString(&Text, Setting);
    }
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : STATUS_OBJECT_NAME_NOT_FOUND;
}

NTSTATUS PopChangeSetting(PCSTR Name, ULONG Value)
{
    GUID Setting;
    ULONG Before;
    NTSTATUS Status = PopSettingByName(Name, &Setting);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ExpAcquireRecursiveLock(&PopSettingLock);
    BOOLEAN Changes = !PopGetSetting(&Setting, &Before) || Before != Value;
    Status = PopPutSetting(&Setting, Value);
    if (NT_SUCCESS(Status) && Changes) {
        PopTellAll(&Setting, Value);
    }
    ExpReleaseRecursiveLock(&PopSettingLock);
    // The mains are 0, battery and a short term on it others.
    if (NT_SUCCESS(Status) && Changes && IsEqualGUID(&Setting, &PopAcDcPowerSource)) {
        PopNotifyPowerState(PO_CB_AC_STATUS, Value == 0);
    }
    return Status;
}
