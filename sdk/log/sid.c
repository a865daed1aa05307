// SPDX-License-Identifier: MIT
// SIDs as values, as [MS-DTYP] 2.4.2.1 writes them: RtlConvertSidToUnicodeString needs PASSIVE_LEVEL.
#include <kmode.h>

static VOID NTAPI WriteSid(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    const UCHAR *Sid = (const UCHAR *)Value->Content.Pointer;
    ULONG64 Authority = 0;

    if (Sid == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    for (ULONG Index = 2; Index < 8; Index += 1) {
        Authority = (Authority << 8) | Sid[Index];
    }
    KmLogTextPutFormat(Text, Authority >> 32 != 0 ? "S-%u-0x%012I64x" : "S-%u-%I64u", Sid[0], Authority);
    for (ULONG Index = 0; Index < Sid[1]; Index += 1) {
        KmLogTextPutBytes(Text, "-", 1);
        KmLogTextPutUnsigned(Text, *(const ULONG UNALIGNED *)(Sid + 8 + 4 * (SIZE_T)Index), 10, 1);
    }
}

const KM_LOG_TYPE KmLogSidType = {KmLogCodeSid, FALSE, WriteSid};
