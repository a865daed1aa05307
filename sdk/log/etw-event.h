// SPDX-License-Identifier: MIT
// Records as TraceLogging's events. Inside the SDK's log only.
#ifndef KMODE_SDK_LOG_ETW_EVENT_H
#define KMODE_SDK_LOG_ETW_EVENT_H

#include <kmode.h>

#define KMP_ETW_FIELDS         20
#define KMP_ETW_METADATA_BYTES 640
#define KMP_ETW_TEXT_BYTES     256
#define KMP_ETW_DATA           (2 + 2 * (5 + KMP_ETW_FIELDS))

/// One event, as EtwWriteTransfer takes it. What Data refers to is in it, in the record, or where that refers
/// to.
typedef struct KMP_ETW_EVENT {
    EVENT_DESCRIPTOR Descriptor;
    ULONG DataCount;
    EVENT_DATA_DESCRIPTOR Data[KMP_ETW_DATA]; // the first two are the provider's and the event's metadata
    ULONG MetadataBytes;
    UCHAR Metadata[KMP_ETW_METADATA_BYTES]; // its size, tag, name, then each field's name and types
    ULONG CountCount;
    USHORT Counts[5 + KMP_ETW_FIELDS]; // in front of strings and binary
    ULONG TextBytes;
    CHAR Text[KMP_ETW_TEXT_BYTES]; // of values that ETW has no type for
    BOOLEAN Complete;              // all of the record's fields are in it
} KMP_ETW_EVENT;

/// Makes Event of Record, for the provider with these traits. Both stay while Event is used. Any IRQL.
VOID KmpLogMakeEvent(_Out_ KMP_ETW_EVENT *Event, _In_ const UCHAR *Traits, _In_ PCKM_LOG_RECORD Record);

/// ETW's level of ours. Any IRQL.
UCHAR KmpLogEtwLevel(_In_ KM_LOG_LEVEL Level);

#endif
