// SPDX-License-Identifier: MIT
// A log ring becomes part of the crash dumps that Windows writes.
#include "log/ring.h"

// Called twice, at HIGH_LEVEL, with everything else stopped: for the size, and for the data. The ring is
// resident and in one piece, so both times it is itself the answer.
static VOID NTAPI AddToDump(KBUGCHECK_CALLBACK_REASON Reason,
                            struct _KBUGCHECK_REASON_CALLBACK_RECORD *Record, PVOID ReasonSpecificData,
                            ULONG ReasonSpecificDataLength)
{
    const KM_LOG_RING_CRASH_DATA *CrashData = CONTAINING_RECORD(Record, KM_LOG_RING_CRASH_DATA, Callback);
    KBUGCHECK_SECONDARY_DUMP_DATA *Data = (KBUGCHECK_SECONDARY_DUMP_DATA *)ReasonSpecificData;
    const KMP_RING_HEADER *Header = &CrashData->Ring->Header;

    if (Reason != KbCallbackSecondaryDumpData || ReasonSpecificDataLength < sizeof(*Data)) {
        return;
    }
    Data->OutBuffer = CrashData->Ring;
    Data->OutBufferLength = (ULONG)min(Header->Bytes, Data->MaximumAllowed);
    RtlCopyMemory(&Data->Guid, Header->Image.Guid, sizeof(Data->Guid));
}

NTSTATUS NTAPI KmLogRingRegisterCrashData(PKM_LOG_RING_CRASH_DATA CrashData, PKM_LOG_RING Ring)
{
    static UCHAR Component[] = "kmode log ring";

    if (CrashData->Callback.State != BufferEmpty) {
        return STATUS_ALREADY_REGISTERED;
    }
    CrashData->Ring = Ring;
    KeInitializeCallbackRecord(&CrashData->Callback);
    return KeRegisterBugCheckReasonCallback(&CrashData->Callback, AddToDump, KbCallbackSecondaryDumpData,
                                            Component)
               ? STATUS_SUCCESS
               : STATUS_ALREADY_REGISTERED;
}

VOID NTAPI KmLogRingDeregisterCrashData(PKM_LOG_RING_CRASH_DATA CrashData)
{
    if (CrashData->Callback.State != BufferEmpty) {
        KeDeregisterBugCheckReasonCallback(&CrashData->Callback);
    }
}
