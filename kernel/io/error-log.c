// SPDX-License-Identifier: MIT
// What drivers write to the system's event log, which here is the run's own log.
#include "inc/kernel.h"

// What lies in front of the packet that a driver fills in.
typedef struct _IOP_ERROR_LOG_ENTRY {
    PVOID IoObject; // referenced
    PDRIVER_OBJECT DriverObject;
    ULONG Bytes; // of the packet
    ULONG Reserved;
    ULONG64 Alignment;
    IO_ERROR_LOG_PACKET Packet;
} IOP_ERROR_LOG_ENTRY, *PIOP_ERROR_LOG_ENTRY;

PVOID NTAPI IoAllocateErrorLogEntry(PVOID IoObject, UCHAR EntrySize)
{
    if (IoObject == NULL || EntrySize < sizeof(IO_ERROR_LOG_PACKET) || EntrySize > ERROR_LOG_MAXIMUM_SIZE) {
        return NULL;
    }
    PDRIVER_OBJECT DriverObject;
    switch (*(CSHORT *)IoObject) {
    case IO_TYPE_DEVICE: DriverObject = ((PDEVICE_OBJECT)IoObject)->DriverObject; break;
    case IO_TYPE_DRIVER: DriverObject = IoObject; break;
    default: return NULL;
    }
    PIOP_ERROR_LOG_ENTRY Entry = ExAllocatePoolZero(
        NonPagedPoolNx, FIELD_OFFSET(IOP_ERROR_LOG_ENTRY, Packet) + EntrySize, TAG_ERROR_LOG);
    if (Entry == NULL) {
        return NULL;
    }
    ObfReferenceObject(IoObject);
    Entry->IoObject = IoObject;
    Entry->DriverObject = DriverObject;
    Entry->Bytes = EntrySize;
    return &Entry->Packet;
}

VOID NTAPI IoFreeErrorLogEntry(PVOID ElEntry)
{
    PIOP_ERROR_LOG_ENTRY Entry = CONTAINING_RECORD(ElEntry, IOP_ERROR_LOG_ENTRY, Packet);
    ObfDereferenceObject(Entry->IoObject);
    ExFreePoolWithTag(Entry, TAG_ERROR_LOG);
}

// The strings of an entry, zero-terminated one behind the other, as far as they are within it.
static VOID IopPrintStrings(const IOP_ERROR_LOG_ENTRY *Entry)
{
    ULONG Offset = Entry->Packet.StringOffset;
    for (ULONG Left = Entry->Packet.NumberOfStrings; Left != 0 && Offset < Entry->Bytes; Left -= 1) {
        const WCHAR *Text = (PVOID)((PUCHAR)&Entry->Packet + Offset);
        ULONG Room = (Entry->Bytes - Offset) / sizeof(WCHAR), Length = 0;
        while (Length < Room && Text[Length] != L'\0') {
            Length += 1;
        }
        UNICODE_STRING String = {(USHORT)(Length * sizeof(WCHAR)), (USHORT)(Length * sizeof(WCHAR)),
                                 (PWCH)Text};
        DbgPrint("    \"%wZ\"\n", &String);
        Offset += (Length + 1) * sizeof(WCHAR);
    }
}

VOID NTAPI IoWriteErrorLogEntry(PVOID ElEntry)
{
    const IOP_ERROR_LOG_ENTRY *Entry = CONTAINING_RECORD(ElEntry, IOP_ERROR_LOG_ENTRY, Packet);
    DbgPrint("event log: %wZ: code 0x%08x, status 0x%08x, value 0x%08x\n", &Entry->DriverObject->DriverName,
             Entry->Packet.ErrorCode, Entry->Packet.FinalStatus, Entry->Packet.UniqueErrorValue);
    IopPrintStrings(Entry);
    IoFreeErrorLogEntry(ElEntry);
}
