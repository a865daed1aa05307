// SPDX-License-Identifier: MIT
// Records with fields.
#include "registry.h"

VOID NTAPI KmLogWriteFields(PCKM_LOG_SITE Site, PCSTR Message, PCKM_LOG_FIELD Fields, ULONG FieldCount)
{
    KM_LOG_RECORD Record;

    KmLogRecordInit(&Record, Site);
    Record.Message = Message;
    while (Message[Record.MessageLength] != '\0') {
        Record.MessageLength += 1;
    }
    Record.Fields = Fields;
    Record.FieldCount = FieldCount;
    KmpLogDeliver(&Record, Record.Irql);
}
