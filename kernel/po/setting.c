// SPDX-License-Identifier: MIT
// Power settings: values named by GUIDs, of which drivers are told as they register and at each change.
#include "inc/kernel.h"
#include "po/guid.h"

typedef struct _POP_SETTING_CALLBACK {
    LIST_ENTRY Link; // PopSettingCallbacks
    GUID Setting;
    PPOWER_SETTING_CALLBACK Callback;
    PVOID Context;
    PDEVICE_OBJECT DeviceObject; // referenced; NULL if none was named
} POP_SETTING_CALLBACK, *PPOP_SETTING_CALLBACK;

// A desktop computer on the mains, in use, with its screen on.
static const struct {
    const GUID *Setting;
    ULONG Value;
} PopSettings[] = {
    {&PopAcDcPowerSource, 0}, // PoAc
    {&PopBatteryPercentageRemaining, 100},
    {&PopMonitorPowerOn, 1},
    {&PopConsoleDisplayState, 1}, // MonitorOn
    {&PopSystemAwayMode, 0},
    {&PopPowerSavingStatus, 0},
    {&PopGlobalUserPresence, 0}, // present
};

static LIST_ENTRY PopSettingCallbacks = {&PopSettingCallbacks, &PopSettingCallbacks};
static EX_PUSH_LOCK PopSettingLock;

static VOID PopLockSettings(VOID)
{
    KeEnterCriticalRegion();
    ExfAcquirePushLockExclusive(&PopSettingLock);
}

static VOID PopUnlockSettings(VOID)
{
    ExfReleasePushLockExclusive(&PopSettingLock);
    KeLeaveCriticalRegion();
}

static VOID PopTellSetting(PPOP_SETTING_CALLBACK Registered)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(PopSettings); Index += 1) {
        if (!RtlEqualMemory(PopSettings[Index].Setting, &Registered->Setting, sizeof(GUID))) {
            continue;
        }
        ULONG Value = PopSettings[Index].Value;
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "POWER_SETTING_CALLBACK", Registered->Callback, 4, &Registered->Setting,
                        &Value, (ULONG_PTR)sizeof(Value), Registered->Context);
        NTSTATUS Status =
            Registered->Callback(&Registered->Setting, &Value, sizeof(Value), Registered->Context);
        ViLeaveCallback(&Callback, (ULONG_PTR)Status);
        break;
    }
}

NTSTATUS NTAPI PoRegisterPowerSettingCallback(PDEVICE_OBJECT DeviceObject, LPCGUID SettingGuid,
                                              PPOWER_SETTING_CALLBACK Callback, PVOID Context, PVOID *Handle)
{
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
    PopLockSettings();
    InsertTailList(&PopSettingCallbacks, &New->Link);
    PopUnlockSettings();
    if (Handle != NULL) {
        *Handle = New;
    }
    PopTellSetting(New);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI PoUnregisterPowerSettingCallback(PVOID Handle)
{
    PPOP_SETTING_CALLBACK Found = NULL;
    PopLockSettings();
    for (PLIST_ENTRY Link = PopSettingCallbacks.Flink; Link != &PopSettingCallbacks; Link = Link->Flink) {
        if (CONTAINING_RECORD(Link, POP_SETTING_CALLBACK, Link) == Handle) {
            Found = Handle;
            RemoveEntryList(&Found->Link);
            break;
        }
    }
    PopUnlockSettings();
    if (Found == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Found->DeviceObject != NULL) {
        ObfDereferenceObject(Found->DeviceObject);
    }
    ExFreePoolWithTag(Found, TAG_POWER_SETTING);
    return STATUS_SUCCESS;
}
