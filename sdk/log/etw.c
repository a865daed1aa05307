// SPDX-License-Identifier: MIT
// The log's sink that writes to Event Tracing for Windows.
#include "etw-event.h"
#include "runtime/system-routine.h"

#define CONTROL_DISABLE        0
#define CONTROL_ENABLE         1
#define INFORMATION_SET_TRAITS 2

typedef NTSTATUS(NTAPI *KMP_SET_INFORMATION)(REGHANDLE Handle, ULONG InformationClass, PVOID Information,
                                             ULONG Length);

static KMP_SYSTEM_ROUTINE SetInformation = KMP_SYSTEM_ROUTINE_INIT(L"EtwSetInformation");

static VOID NTAPI Write(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    PKM_LOG_ETW_SINK Etw = (PKM_LOG_ETW_SINK)Sink;
    KMP_ETW_EVENT Event;
    NTSTATUS Status;

    if (!EtwProviderEnabled(Etw->Handle, KmpLogEtwLevel(Record->Site->Level), 0)) {
        return;
    }
    KmpLogMakeEvent(&Event, Etw->Traits, Record);
    Status = EtwWriteTransfer(Etw->Handle, &Event.Descriptor, NULL, NULL, Event.DataCount, Event.Data);
    if (!NT_SUCCESS(Status) || !Event.Complete) {
        InterlockedIncrement64(&Sink->Lost);
    }
}

static VOID NTAPI OnEnable(LPCGUID SourceId, ULONG ControlCode, UCHAR Level, ULONGLONG MatchAnyKeyword,
                           ULONGLONG MatchAllKeyword, PEVENT_FILTER_DESCRIPTOR FilterData, PVOID Context)
{
    PKM_LOG_ETW_SINK Etw = (PKM_LOG_ETW_SINK)Context;
    LONG Wanted;

    UNREFERENCED_PARAMETER(SourceId);
    UNREFERENCED_PARAMETER(MatchAnyKeyword);
    UNREFERENCED_PARAMETER(MatchAllKeyword);
    UNREFERENCED_PARAMETER(FilterData);
    if (ControlCode == CONTROL_DISABLE) {
        KmLogSetSinkLevel(&Etw->Sink, KmLevelOff);
    } else if (ControlCode == CONTROL_ENABLE) {
        // 0 is every level, 1 what is worse than an error.
        Wanted = Level == 0 || Level >= 5 ? KmLevelTrace : (LONG)Level - 1;
        KmLogSetSinkLevel(&Etw->Sink, (KM_LOG_LEVEL)min(Wanted, Etw->MaximumLevel));
    }
}

NTSTATUS NTAPI KmLogEtwSinkOpen(PKM_LOG_ETW_SINK Sink, const GUID *ProviderId, PCSTR Name)
{
    KMP_SET_INFORMATION Set = (KMP_SET_INFORMATION)(ULONG_PTR)KmpFindSystemRoutine(&SetInformation);
    ULONG Bytes = 0;
    NTSTATUS Status;

    while (Name[Bytes] != '\0') {
        if (Bytes == KM_LOG_ETW_NAME_BYTES) {
            return STATUS_INVALID_PARAMETER;
        }
        Sink->Traits[2 + Bytes] = (UCHAR)Name[Bytes];
        Bytes += 1;
    }
    if (Bytes == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    Sink->Traits[2 + Bytes] = 0;
    Bytes += 3;
    Sink->Traits[0] = (UCHAR)Bytes;
    Sink->Traits[1] = (UCHAR)(Bytes >> 8);

    // The callback may come before EtwRegister returns.
    KmLogSinkInit(&Sink->Sink, Write);
    Sink->Sink.Level = KmLevelOff;
    Sink->MaximumLevel = KmLevelTrace;
    Status = EtwRegister(ProviderId, OnEnable, Sink, &Sink->Handle);
    if (NT_SUCCESS(Status) && Set != NULL) {
        // Before Windows 10 each event's own copy has to do.
        (void)Set(Sink->Handle, INFORMATION_SET_TRAITS, Sink->Traits, Bytes);
    }
    return Status;
}

VOID NTAPI KmLogEtwSinkClose(PKM_LOG_ETW_SINK Sink)
{
    (void)KmLogRemoveSink(&Sink->Sink);
    EtwUnregister(Sink->Handle);
}
