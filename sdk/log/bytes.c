// SPDX-License-Identifier: MIT
// Memory as a value.
#include <kmode.h>

static VOID NTAPI WriteBytes(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    const UCHAR *Memory = (const UCHAR *)Value->Content.Pointer;

    if (Memory == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    for (ULONG Index = 0; Index < Value->Bytes && !Text->Cut; Index += 1) {
        KmLogTextPutUnsigned(Text, Memory[Index], 16, 2);
    }
}

const KM_LOG_TYPE KmLogBytesType = {KmLogCodeBytes, FALSE, WriteBytes};
