// SPDX-License-Identifier: MIT
// GUIDs as values: `{6e4ff3b2-...}`.
#include <kmode.h>

static VOID NTAPI WriteGuid(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    const GUID *Guid = (const GUID *)Value->Content.Pointer;

    if (Guid == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    KmLogTextPutFormat(Text, "{%08lx-%04x-%04x-", (ULONG)Guid->Data1, Guid->Data2, Guid->Data3);
    for (ULONG Index = 0; Index < 8; Index += 1) {
        if (Index == 2) {
            KmLogTextPutBytes(Text, "-", 1);
        }
        KmLogTextPutUnsigned(Text, Guid->Data4[Index], 16, 2);
    }
    KmLogTextPutBytes(Text, "}", 1);
}

const KM_LOG_TYPE KmLogGuidType = {KmLogCodeGuid, FALSE, WriteGuid};
