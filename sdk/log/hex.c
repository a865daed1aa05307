// SPDX-License-Identifier: MIT
// Memory as lines of 16 bytes.
#include <kmode.h>

#define BYTES_PER_LINE 16

static VOID PutLine(PKM_LOG_TEXT Text, const UCHAR *Bytes, SIZE_T Offset, SIZE_T Count)
{
    KmLogTextPutUnsigned(Text, Offset, 16, 4);
    for (SIZE_T Index = 0; Index < BYTES_PER_LINE; Index += 1) {
        KmLogTextPutBytes(Text, "  ", Index % 8 == 0 ? 2 : 1);
        if (Index < Count) {
            KmLogTextPutUnsigned(Text, Bytes[Index], 16, 2);
        } else {
            KmLogTextPutBytes(Text, "  ", 2);
        }
    }
    KmLogTextPutBytes(Text, "  ", 2);
    for (SIZE_T Index = 0; Index < Count; Index += 1) {
        KmLogTextPutRepeated(Text, Bytes[Index] >= ' ' && Bytes[Index] < 0x7F ? (CHAR)Bytes[Index] : '.', 1);
    }
}

VOID NTAPI KmLogWriteHex(PCKM_LOG_SITE Site, PCSTR Message, const VOID *Memory, SIZE_T Bytes)
{
    KmLogWrite(Site, "%s: %Iu bytes", Message, Bytes);
    for (SIZE_T Offset = 0; Offset < Bytes; Offset += BYTES_PER_LINE) {
        CHAR Buffer[96];
        KM_LOG_TEXT Text;

        KmLogTextInit(&Text, Buffer, sizeof(Buffer));
        PutLine(&Text, (const UCHAR *)Memory + Offset, Offset, min(Bytes - Offset, BYTES_PER_LINE));
        KmLogWrite(Site, "%s", KmLogTextEnd(&Text));
    }
}
