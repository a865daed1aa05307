// SPDX-License-Identifier: MIT
// A driver that tells what it does: to the debugger, to programs by its device, and, where there are such, to
// a serial port and a file.
#include <kmode.h>
#include "log.h"

C_ASSERT(sizeof(LOG_RECORD) == sizeof(KM_LOG_RING_RECORD));

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLx');
static KM_LOG_SERIAL_SINK Serial; // COM1: JSON lines, of everything
static KM_LOG_FILE_SINK File;     // C:\log.txt: with time and place, of what went wrong
static KM_LOG_RING_SINK Recorder; // the last of everything, for programs
static UCHAR RingMemory[64 * 1024];
static NTSTATUS FileStatus;

static NTSTATUS NTAPI Take(PKM_REQUEST Request)
{
    PKM_LOG_RING_RECORD Record = KmRequestOutput(Request, KM_LOG_RING_RECORD);
    NTSTATUS Status = KmLogRingRead(Recorder.Ring, Record);

    Record->Site = NULL; // addresses of the kernel's are none of theirs
    return Status;
}

static const KM_DEVICE_ENTRY Log[] = {KM_DEVICE_NAME(L"\\Device\\Log"), KM_DEVICE_LINK(L"\\DosDevices\\Log"),
                                      KM_ON_IOCTL_OUTPUT(IOCTL_LOG_TAKE, Take, LOG_RECORD), KM_DEVICE_END};

static VOID NTAPI DriverUnload(PDRIVER_OBJECT DriverObject)
{
    KmDriverStop(DriverObject);
    KmInfo("unload");
    if (NT_SUCCESS(FileStatus)) {
        KmLogFileSinkClose(&File); // the other sinks are static, and have nothing that waits
    }
}

static VOID AddSinks(PDRIVER_OBJECT DriverObject)
{
    KM_LOG_FILE_OPTIONS Options;

    (void)KmLogAddSink(&Recorder.Sink);
    if (NT_SUCCESS(KmLogSerialSinkInit(&Serial, KM_SERIAL_COM1, 115200))) {
        Serial.Sink.Layout = KmLogJsonLayout;
        Serial.LineEnd = "\n";
        (void)KmLogAddSink(&Serial.Sink);
    }
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\log.txt");
    Options.MaximumBytes = 1024 * 1024;
    Options.FileCount = 4;
    FileStatus = KmLogFileSinkOpen(&File, &Options);
    if (NT_SUCCESS(FileStatus)) {
        File.Sink.Layout = KmLogDetailedLayout;
        File.Sink.Level = KmLevelWarn;
        (void)KmLogAddSink(&File.Sink);
    }
}

// What an interrupt routine may say: everything, as no conversion needs a lower IRQL.
static VOID AtHighLevel(PCUNICODE_STRING Name)
{
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmWarn("%wZ at HIGH_LEVEL: not for the debugger, but for all the others", Name);
    KeLowerIrql(OldIrql);
    KmInfo("the debugger did not get %I64u", KmLogGetLostCount(&KmLogDebugger.Sink));
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UCHAR Packet[] = "GET / HTTP/1.1\r\nHost: kmode\r\n";
    static const KM_DEVICE_ENTRY *const Devices[] = {Log};
    PKM_LOG_RING Ring;
    NTSTATUS Status = KmLogRingInit(RingMemory, sizeof(RingMemory), KM_LOG_RING_OVERWRITE, &Ring);

    KmLogRingSinkInit(&Recorder, Ring);
    Status = NT_SUCCESS(Status) ? KmLogInit(KmLevelInfo) : Status;
    Status = NT_SUCCESS(Status) ? KmDriverStart(DriverObject, Devices, 1) : Status;
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    AddSinks(DriverObject);
    // Whoever has the trouble says in the registry what is to be logged: info,log.packet=trace
    (void)KmDbgStatus(KmLogSetFilterFromRegistry(RegistryPath, L"LogFilter"));
    KmInfoFields("started", KmField("path", RegistryPath),
                 KmField("debug", KmLogBoolean(KmLogEnabled(KmLevelDebug))),
                 KmField("address", KmLogIpv4("\xc0\x00\x02\x01")));
    for (ULONG Index = 0; Index < 1000; Index += 1) {
        KmWarnOnce("said once");
        KmWarnEveryN(500, "said each 500th time: %lu", Index);
        KmWarnLimited(2, 60000, "said no more than twice a minute: %lu", KmDbg(Index * 2));
    }
    KmDebug("not evaluated: %lu", KmDbg(42ul));
    KmLogHex(KmLevelInfo, "packet", Packet, sizeof(Packet) - 1);
    AtHighLevel(&DriverObject->DriverName);
    KmErrorFields("all went well", KmField("status", KmLogStatus(STATUS_DEVICE_NOT_READY)));
    return STATUS_SUCCESS;
}
