// SPDX-License-Identifier: MIT
// Devices as the machine's user has them: added for a driver, started, stopped, removed.
#include "inc/kernel.h"
#include "io/pnp-manager.h"

#define PIP_ROOT_ID L"ROOT\\"

typedef struct _PIP_REQUEST_ACTION {
    PIP_ACTION Action;
    KM_REQUEST *Request;
    NTSTATUS Status;
    ULONG Detail;
} PIP_REQUEST_ACTION, *PPIP_REQUEST_ACTION;

// The machine's text, freed by PipFreeString. STATUS_INVALID_PARAMETER: it is no UTF-8.
static NTSTATUS PipTextOf(PCSTR Source, PUNICODE_STRING Text)
{
    WCHAR Buffer[KM_NAME_BYTES];
    ULONG Bytes;
    NTSTATUS Status = RtlUTF8ToUnicodeN(Buffer, sizeof(Buffer) - sizeof(WCHAR), &Bytes, Source,
                                        (ULONG)strnlen(Source, KM_NAME_BYTES));
    if (Status != STATUS_SUCCESS) {
        return STATUS_INVALID_PARAMETER;
    }
    Buffer[Bytes / sizeof(WCHAR)] = L'\0';
    return PipJoin(Text, Buffer, NULL);
}

static NTSTATUS PipReturnPath(PIOP_DEVICE_NODE Node, PCHAR Buffer)
{
    ULONG Bytes;
    NTSTATUS Status = RtlUnicodeToUTF8N(Buffer, KM_NAME_BYTES - 1, &Bytes, Node->InstancePath.Buffer,
                                        Node->InstancePath.Length);
    if (NT_SUCCESS(Status)) {
        Buffer[Bytes] = '\0';
    }
    return Status;
}

// ---- Added

static BOOLEAN PipClearTried(PIOP_DEVICE_NODE Node, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    Node->Flags &= ~(ULONG)PIP_NODE_TRIED;
    return FALSE;
}

// One that waits for a driver.
static BOOLEAN PipIsUndriven(PIOP_DEVICE_NODE Node, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return !(Node->Flags & PIP_NODE_TRIED) &&
           (Node->State == DeviceNodeInitialized || Node->State == DeviceNodeRemoved) &&
           (Node->Problem == PIP_PROBLEM_FAILED_INSTALL || Node->Problem == PIP_PROBLEM_DRIVER_LOAD);
}

// Starts the devices that wait for Service. *First, referenced, is the first of them, or NULL.
static NTSTATUS PipServePresent(PCUNICODE_STRING Service, PIOP_DEVICE_NODE *First)
{
    PIOP_DEVICE_NODE Node;
    NTSTATUS Status = STATUS_SUCCESS;
    *First = NULL;
    PipSearchNodes(PipClearTried, NULL);
    while ((Node = PipSearchNodes(PipIsUndriven, NULL)) != NULL) {
        UNICODE_STRING Driver;
        Node->Flags |= PIP_NODE_TRIED;
        if (NT_SUCCESS(PipFindService(Node, &Driver))) {
            if (RtlEqualUnicodeString(&Driver, Service, TRUE)) {
                // What it was installed with since it was found may have changed them.
                PipQueryRequirements(Node);
                NTSTATUS Started = PipConfigure(Node);
                if (*First == NULL) {
                    *First = Node;
                    InterlockedIncrement(&Node->ReferenceCount);
                    Status = Started;
                }
            }
            PipFreeString(&Driver);
        }
        PipDereferenceNode(Node);
    }
    return Status;
}

// The first of the hardware IDs and the description, where no registry file has others.
static NTSTATUS PipDescribe(PIOP_DEVICE_NODE Node, PCWSTR HardwareId, PCWSTR Service)
{
    HANDLE Key;
    PKEY_VALUE_PARTIAL_INFORMATION Value;
    UNICODE_STRING Ids;
    NTSTATUS Status = PipOpenInstanceKey(Node, NULL, KEY_ALL_ACCESS, TRUE, &Key);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipQueryValue(Key, L"HardwareID", &Value);
    if (NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Value, TAG_PNP);
    } else if ((Status = PipJoin(&Ids, HardwareId, L"\n", NULL)) == STATUS_SUCCESS) {
        Ids.Buffer[Ids.Length / sizeof(WCHAR) - 1] = L'\0'; // and the one behind it ends the list
        Status = PipSetValue(Key, L"HardwareID", REG_MULTI_SZ, Ids.Buffer, Ids.MaximumLength);
        PipFreeString(&Ids);
    }
    if (NT_SUCCESS(Status)) {
        Status = PipQueryValue(Key, L"DeviceDesc", &Value);
        if (NT_SUCCESS(Status)) {
            ExFreePoolWithTag(Value, TAG_PNP);
        } else {
            Status = PipSetText(Key, L"DeviceDesc", Service);
        }
    }
    ZwClose(Key);
    return Status;
}

// *Node, referenced, is a new device of the root bus that Service drives.
static NTSTATUS PipAddRootDevice(PCWSTR HardwareId, PCWSTR Service, PIOP_DEVICE_NODE *Node)
{
    UNICODE_STRING Id;
    PDEVICE_OBJECT Pdo = NULL;
    NTSTATUS Status =
        HardwareId[0] != L'\0' ? PipJoin(&Id, HardwareId, NULL) : PipJoin(&Id, PIP_ROOT_ID, Service, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipCreateRootDevice(Id.Buffer + wcslen(PIP_ROOT_ID), 0, &Pdo, Node);
    if (!NT_SUCCESS(Status)) {
        goto FreeId;
    }
    Status = PipDescribe(*Node, Id.Buffer, Service);
    if (NT_SUCCESS(Status)) {
        Status = PipInstall(*Node, Service, NULL);
    }
    if (NT_SUCCESS(Status)) {
        PipQueryResources(*Node);
        PipQueryRequirements(*Node);
        Status = PipConfigure(*Node);
    }
    if (!NT_SUCCESS(Status)) {
        PipDeleteRootDevice(*Node);
        PipDereferenceNode(*Node);
        *Node = NULL;
    }
FreeId:
    PipFreeString(&Id);
    return Status;
}

static NTSTATUS PipCheckDriver(PCUNICODE_STRING Service, PULONG Detail)
{
    UNICODE_STRING Name;
    PVOID Object;
    NTSTATUS Status = PipJoin(&Name, L"\\Driver\\", Service->Buffer, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByName(&Name, OBJ_CASE_INSENSITIVE, NULL, 0, IoDriverObjectType, KernelMode,
                                     NULL, &Object);
    PipFreeString(&Name);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (((PDRIVER_OBJECT)Object)->DriverExtension->AddDevice == NULL) {
        *Detail = KM_DETAIL_NO_ADD_DEVICE;
        Status = STATUS_INVALID_DEVICE_REQUEST;
    }
    ObfDereferenceObject(Object);
    return Status;
}

static NTSTATUS PipAdd(KM_REQUEST *Request, PCUNICODE_STRING HardwareId, PULONG Detail)
{
    static const UNICODE_STRING RootPrefix = RTL_CONSTANT_STRING(PIP_ROOT_ID);
    UNICODE_STRING Service;
    PIOP_DEVICE_NODE Node = NULL;
    NTSTATUS Status = PipTextOf(Request->service_name, &Service);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PipCheckDriver(&Service, Detail);
    if (!NT_SUCCESS(Status)) {
        goto FreeService;
    }
    if (HardwareId->Length != 0) {
        Status = PipRegisterId(HardwareId->Buffer, Service.Buffer);
        if (!NT_SUCCESS(Status)) {
            goto FreeService;
        }
    }
    Status = PipServePresent(&Service, &Node);
    if (Node == NULL) {
        Status = HardwareId->Length == 0 || RtlPrefixUnicodeString(&RootPrefix, HardwareId, TRUE)
                     ? PipAddRootDevice(HardwareId->Buffer, Service.Buffer, &Node)
                     : STATUS_NO_SUCH_DEVICE;
    }
    if (Node != NULL) {
        if (NT_SUCCESS(Status)) {
            Status = PipReturnPath(Node, Request->image_file);
        }
        PipDereferenceNode(Node);
    }
FreeService:
    PipFreeString(&Service);
    return Status;
}

// ---- And what follows

static NTSTATUS PipStartAgain(PIOP_DEVICE_NODE Node)
{
    return Node->State == DeviceNodeStopped ? PipStart(Node, TRUE) : PipConfigure(Node);
}

// One in the tree below Context, or itself, whose drivers say that the system needs it.
static BOOLEAN PipIsNeeded(PIOP_DEVICE_NODE Node, PVOID Context)
{
    if (Node->State != DeviceNodeStarted || !(Node->DeviceState & PNP_DEVICE_NOT_DISABLEABLE)) {
        return FALSE;
    }
    while (Node != NULL && Node != Context) {
        Node = Node->Parent;
    }
    return Node != NULL;
}

static NTSTATUS PipTakeAway(PIOP_DEVICE_NODE Node)
{
    PIOP_DEVICE_NODE Needed = PipSearchNodes(PipIsNeeded, Node);
    if (Needed != NULL) {
        PipDereferenceNode(Needed);
        return STATUS_ACCESS_DENIED;
    }
    NTSTATUS Status = PipRemove(Node, FALSE);
    if (NT_SUCCESS(Status) && (Node->Flags & PIP_NODE_ROOT)) {
        PipDeleteRootDevice(Node);
    }
    return Status;
}

static NTSTATUS PipPullOut(PIOP_DEVICE_NODE Node)
{
    if (Node->State == DeviceNodeRemovePending) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    Node->Flags &= ~(ULONG)PIP_NODE_PRESENT;
    PipRemoveAbsent(Node);
    return STATUS_SUCCESS;
}

static NTSTATUS PipAskBus(PIOP_DEVICE_NODE Node)
{
    PipEnumerate(Node);
    return Node->State == DeviceNodeStarted ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

static NTSTATUS PipOperate(ULONG64 Operation, PCUNICODE_STRING InstancePath)
{
    static NTSTATUS (*const Routines[])(PIOP_DEVICE_NODE Node) = {
        [KM_DEVICE_START] = PipStartAgain, [KM_DEVICE_STOP] = PipStop,
        [KM_DEVICE_REMOVE] = PipTakeAway,  [KM_DEVICE_SURPRISE_REMOVE] = PipPullOut,
        [KM_DEVICE_ENUMERATE] = PipAskBus,
    };
    if (Operation >= RTL_NUMBER_OF(Routines) || Routines[Operation] == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    PIOP_DEVICE_NODE Node = PipFindNode(InstancePath);
    if (Node == NULL || Node == PipRootNode) {
        if (Node != NULL) {
            PipDereferenceNode(Node);
        }
        return STATUS_NO_SUCH_DEVICE;
    }
    NTSTATUS Status = Routines[Operation](Node);
    PipDereferenceNode(Node);
    return Status;
}

// Context counts down to the one that is wanted; the root is not counted.
static BOOLEAN PipIsAtPlace(PIOP_DEVICE_NODE Node, PVOID Context)
{
    PULONG64 Place = Context;
    return Node != PipRootNode && (*Place)-- == 0;
}

static NTSTATUS PipList(KM_REQUEST *Request)
{
    ULONG64 Place = Request->arguments[1];
    PIOP_DEVICE_NODE Node = PipSearchNodes(PipIsAtPlace, &Place);
    if (Node == NULL) {
        return STATUS_NO_MORE_ENTRIES;
    }
    NTSTATUS Status = PipReturnPath(Node, Request->image_file);
    Request->arguments[1] = Node->State == DeviceNodeStarted   ? KM_DEVICE_IS_STARTED
                            : Node->State == DeviceNodeStopped ? KM_DEVICE_IS_STOPPED
                                                               : 0;
    Request->arguments[2] = Node->Problem;
    PipDereferenceNode(Node);
    return Status;
}

static VOID PipPerformRequest(PPIP_ACTION Action)
{
    PPIP_REQUEST_ACTION Own = CONTAINING_RECORD(Action, PIP_REQUEST_ACTION, Action);
    UNICODE_STRING Text;
    if (Own->Request->arguments[0] == KM_DEVICE_LIST) {
        Own->Status = PipList(Own->Request);
        return;
    }
    Own->Status = PipTextOf(Own->Request->image_file, &Text);
    if (NT_SUCCESS(Own->Status)) {
        Own->Status = Own->Request->arguments[0] == KM_DEVICE_ADD
                          ? PipAdd(Own->Request, &Text, &Own->Detail)
                          : PipOperate(Own->Request->arguments[0], &Text);
        PipFreeString(&Text);
    }
}

NTSTATUS PipCarryOut(KM_REQUEST *Request, PULONG Detail)
{
    PIP_REQUEST_ACTION Action = {.Action.Perform = PipPerformRequest, .Request = Request};
    PipPerformAction(&Action.Action);
    *Detail = Action.Detail;
    return Action.Status;
}
