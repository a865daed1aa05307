// SPDX-License-Identifier: MIT
// A driver's WMILIB_CONTEXT as the WMIREGINFO that WMI asks for.
#include "inc/kernel.h"
#include "wmilib/wmilib.h"

// What the driver's routine has said.
typedef struct _WMILIBP_INFO {
    ULONG Flags;
    UNICODE_STRING BaseName;
    PUNICODE_STRING RegistryPath;
    UNICODE_STRING MofResourceName;
    PDEVICE_OBJECT Pdo;
} WMILIBP_INFO;

static NTSTATUS WmilibpAsk(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, WMILIBP_INFO *Info)
{
    VI_CALLBACK Callback;
    RtlZeroMemory(Info, sizeof(*Info));
    ViEnterCallback(&Callback, "WMI_QUERY_REGINFO_CALLBACK", WmiLibInfo->QueryWmiRegInfo, 5, DeviceObject,
                    &Info->Flags, &Info->BaseName, &Info->RegistryPath, &Info->MofResourceName);
    NTSTATUS Status = WmiLibInfo->QueryWmiRegInfo(DeviceObject, &Info->Flags, &Info->BaseName,
                                                  &Info->RegistryPath, &Info->MofResourceName, &Info->Pdo);
    ViLeaveCallback(&Callback, (ULONG_PTR)(LONG_PTR)Status);
    return Status;
}

// As a counted string at *At, which moves behind it; the offset at which it is.
static ULONG WmilibpPutString(PUCHAR Buffer, PULONG At, PCUNICODE_STRING String)
{
    ULONG Offset = *At;
    *(PUSHORT)(Buffer + Offset) = String->Length;
    RtlCopyMemory(Buffer + Offset + sizeof(USHORT), String->Buffer, String->Length);
    *At += sizeof(USHORT) + String->Length;
    return Offset;
}

static ULONG WmilibpBytes(PWMILIB_CONTEXT WmiLibInfo, const WMILIBP_INFO *Info)
{
    ULONG Bytes = (ULONG)(sizeof(WMIREGINFOW) + WmiLibInfo->GuidCount * sizeof(WMIREGGUIDW)) +
                  3 * sizeof(USHORT) + Info->MofResourceName.Length + Info->BaseName.Length;
    return Bytes + (Info->RegistryPath != NULL ? Info->RegistryPath->Length : 0);
}

static VOID WmilibpFill(PWMILIB_CONTEXT WmiLibInfo, const WMILIBP_INFO *Info, UCHAR MinorFunction,
                        PWMIREGINFOW RegInfo, ULONG Bytes)
{
    ULONG At = (ULONG)(sizeof(*RegInfo) + WmiLibInfo->GuidCount * sizeof(WMIREGGUIDW)), BaseName = 0;
    RtlZeroMemory(RegInfo, At);
    RegInfo->BufferSize = Bytes;
    RegInfo->GuidCount = WmiLibInfo->GuidCount;
    if (Info->RegistryPath != NULL) {
        RegInfo->RegistryPath = WmilibpPutString((PUCHAR)RegInfo, &At, Info->RegistryPath);
    }
    RegInfo->MofResourceName = WmilibpPutString((PUCHAR)RegInfo, &At, &Info->MofResourceName);
    BaseName = WmilibpPutString((PUCHAR)RegInfo, &At, &Info->BaseName);
    for (ULONG Index = 0; Index < WmiLibInfo->GuidCount; Index += 1) {
        const WMIGUIDREGINFO *From = &WmiLibInfo->GuidList[Index];
        PWMIREGGUIDW To = &RegInfo->WmiRegGuid[Index];
        To->Guid = *From->Guid;
        To->Flags = From->Flags | Info->Flags;
        To->InstanceCount = From->InstanceCount;
        if (To->Flags & WMIREG_FLAG_INSTANCE_PDO) {
            To->Pdo = (ULONG_PTR)Info->Pdo;
            if (MinorFunction == IRP_MN_REGINFO_EX && Info->Pdo != NULL) {
                ObfReferenceObject(Info->Pdo); // WMI's to give up
            }
        } else if (To->Flags & WMIREG_FLAG_INSTANCE_BASENAME) {
            To->BaseNameOffset = BaseName;
        }
    }
}

NTSTATUS WmilibpRegister(PWMILIB_CONTEXT WmiLibInfo, PDEVICE_OBJECT DeviceObject, PIO_STACK_LOCATION Stack,
                         PULONG_PTR Information)
{
    WMILIBP_INFO Info;
    NTSTATUS Status = WmilibpAsk(WmiLibInfo, DeviceObject, &Info);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    ULONG Bytes = WmilibpBytes(WmiLibInfo, &Info);
    if (Bytes > Stack->Parameters.WMI.BufferSize) {
        *(PULONG)Stack->Parameters.WMI.Buffer = Bytes;
        *Information = sizeof(ULONG);
        Status = STATUS_BUFFER_TOO_SMALL;
    } else {
        WmilibpFill(WmiLibInfo, &Info, Stack->MinorFunction, Stack->Parameters.WMI.Buffer, Bytes);
        *Information = Bytes;
    }
    if ((Info.Flags & WMIREG_FLAG_INSTANCE_BASENAME) && Info.BaseName.Buffer != NULL) {
        ExFreePool(Info.BaseName.Buffer);
    }
    return Status;
}
