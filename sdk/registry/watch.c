// SPDX-License-Identifier: MIT
// Keys that are watched.
#include <ntifs.h>
#include <kmode.h>

// What happens between two notifications is remembered by the key's handle from the first one on.
static NTSTATUS Arm(PKM_REGISTRY_WATCH Watch)
{
    NTSTATUS Status = ZwResetEvent(Watch->Event, NULL);

    if (NT_SUCCESS(Status)) {
        Status = ZwNotifyChangeKey(Watch->Key, Watch->Event, NULL, NULL, &Watch->IoStatus, Watch->Filter,
                                   Watch->Tree, NULL, 0, TRUE);
    }
    Watch->Armed = NT_SUCCESS(Status);
    return Status;
}

NTSTATUS NTAPI KmRegistryWatchBegin(PKM_REGISTRY_WATCH Watch, HANDLE Root, PCWSTR Path, ULONG Filter,
                                    BOOLEAN Tree)
{
    OBJECT_ATTRIBUTES Attributes;
    NTSTATUS Status;

    RtlZeroMemory(Watch, sizeof(*Watch));
    Watch->Filter = Filter;
    Watch->Tree = Tree;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    Status = ZwCreateEvent(&Watch->Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE);
    if (!NT_SUCCESS(Status)) {
        Watch->Event = NULL;
        return Status;
    }
    Status = KmRegistryOpen(Root, Path, KEY_NOTIFY, &Watch->Key);
    if (NT_SUCCESS(Status)) {
        Status = Arm(Watch);
    }
    if (!NT_SUCCESS(Status)) {
        KmRegistryWatchEnd(Watch);
        return Status;
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmRegistryWatchWait(PKM_REGISTRY_WATCH Watch, PLARGE_INTEGER Timeout)
{
    NTSTATUS Status = Watch->Armed ? STATUS_SUCCESS : Arm(Watch);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ZwWaitForSingleObject(Watch->Event, FALSE, Timeout);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Watch->Armed = FALSE;
    // A change ends one notification; the next begins here, so that none is missed until the next wait.
    Status = Watch->IoStatus.Status == STATUS_NOTIFY_CLEANUP ? STATUS_KEY_DELETED : Arm(Watch);
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}

VOID NTAPI KmRegistryWatchEnd(PKM_REGISTRY_WATCH Watch)
{
    if (Watch->Key != NULL) {
        // Closing it ends the notification, which writes IoStatus and sets Event before it is over.
        (VOID) ZwClose(Watch->Key);
        Watch->Key = NULL;
        if (Watch->Armed) {
            (VOID) ZwWaitForSingleObject(Watch->Event, FALSE, NULL);
        }
    }
    if (Watch->Event != NULL) {
        (VOID) ZwClose(Watch->Event);
        Watch->Event = NULL;
    }
}
