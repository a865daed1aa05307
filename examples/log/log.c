// SPDX-License-Identifier: MIT
// A driver that tells what it does: to the debugger, and, where there are such, to a serial port and a file.
#include <kmode.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'goLx');
static KM_LOG_SERIAL_SINK Serial; // COM1: JSON lines, of everything
static KM_LOG_FILE_SINK File;     // C:\log.txt: with time and place, of what went wrong
static NTSTATUS SerialStatus, FileStatus;

static VOID DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    KmInfo("unload");
    if (NT_SUCCESS(FileStatus)) {
        KmLogFileSinkClose(&File);
    }
    if (NT_SUCCESS(SerialStatus)) {
        KmLogRemoveSink(&Serial.Sink);
    }
}

static VOID AddSinks(PDRIVER_OBJECT DriverObject)
{
    KM_LOG_FILE_OPTIONS Options;

    SerialStatus = KmLogSerialSinkInit(&Serial, KM_SERIAL_COM1, 115200);
    if (NT_SUCCESS(SerialStatus)) {
        Serial.Sink.Layout = KmLogJsonLayout;
        Serial.LineEnd = "\n";
        SerialStatus = KmLogAddSink(&Serial.Sink);
    }
    KmLogFileOptionsInit(&Options, &NonPaged, DriverObject, L"\\??\\C:\\log.txt");
    Options.MaximumBytes = 1024 * 1024;
    Options.FileCount = 4;
    FileStatus = KmLogFileSinkOpen(&File, &Options);
    if (NT_SUCCESS(FileStatus)) {
        File.Sink.Layout = KmLogDetailedLayout;
        File.Sink.Level = KmLevelWarn;
        FileStatus = KmLogAddSink(&File.Sink);
    }
}

// What an interrupt routine may say: everything, as no conversion needs a lower IRQL.
static VOID AtHighLevel(PCUNICODE_STRING Name)
{
    KIRQL OldIrql;

    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    KmWarn("%wZ at HIGH_LEVEL: not for the debugger, but for serial port and file", Name);
    KeLowerIrql(OldIrql);
    KmInfo("the debugger did not get %I64u", KmLogGetLostCount(&KmLogDebugger.Sink));
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UCHAR Packet[] = "GET / HTTP/1.1\r\nHost: kmode\r\n";
    NTSTATUS Status = KmLogInit(KmLevelInfo);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Whoever has the trouble says in the registry what is to be logged: info,log.packet=trace
    Status = KmLogSetFilterFromRegistry(RegistryPath, L"LogFilter");
    if (!NT_SUCCESS(Status)) {
        (void)KmDbgStatus(Status);
    }
    DriverObject->DriverUnload = DriverUnload;
    AddSinks(DriverObject);

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
