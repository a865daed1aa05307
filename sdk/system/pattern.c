// SPDX-License-Identifier: MIT
// Byte patterns.
#include <kmode.h>

// A pattern needs a byte that counts: one of holes alone is everywhere.
static NTSTATUS Check(PKM_PATTERN Pattern)
{
    for (ULONG Index = 0; Index < Pattern->Count; Index++) {
        if (Pattern->Mask[Index] != 0) {
            return STATUS_SUCCESS;
        }
    }
    Pattern->Count = 0;
    return STATUS_INVALID_PARAMETER;
}

// 0 to 15; 16: any; 17: no digit.
static ULONG Digit(CHAR Character)
{
    if (Character >= '0' && Character <= '9') {
        return (ULONG)(Character - '0');
    }
    if (Character >= 'a' && Character <= 'f') {
        return 10 + (ULONG)(Character - 'a');
    }
    if (Character >= 'A' && Character <= 'F') {
        return 10 + (ULONG)(Character - 'A');
    }
    return Character == '?' ? 16 : 17;
}

static BOOLEAN IsBlankOrEnd(CHAR Character)
{
    return Character == ' ' || Character == '\t' || Character == '\0';
}

NTSTATUS NTAPI KmPatternParse(PCSTR Text, PKM_PATTERN Pattern)
{
    RtlZeroMemory(Pattern, sizeof(*Pattern));
    for (;;) {
        ULONG High, Low;

        while (*Text == ' ' || *Text == '\t') {
            Text++;
        }
        if (*Text == '\0') {
            return Check(Pattern);
        }
        High = Digit(Text[0]);
        if (High == 16 && IsBlankOrEnd(Text[1])) {
            Low = 16;
            Text += 1;
        } else {
            Low = High <= 16 ? Digit(Text[1]) : 17;
            Text += 2;
        }
        if (High > 16 || Low > 16 || Pattern->Count == KM_PATTERN_BYTES) {
            Pattern->Count = 0;
            return STATUS_INVALID_PARAMETER;
        }
        Pattern->Mask[Pattern->Count] = (UCHAR)((High < 16 ? 0xF0 : 0) | (Low < 16 ? 0x0F : 0));
        Pattern->Bytes[Pattern->Count] = (UCHAR)((High < 16 ? High << 4 : 0) | (Low < 16 ? Low : 0));
        Pattern->Count++;
    }
}

NTSTATUS NTAPI KmPatternFromMask(const VOID *Bytes, PCSTR Mask, PKM_PATTERN Pattern)
{
    RtlZeroMemory(Pattern, sizeof(*Pattern));
    for (; Mask[Pattern->Count] != '\0'; Pattern->Count++) {
        CHAR Character = Mask[Pattern->Count];

        if (Pattern->Count == KM_PATTERN_BYTES || (Character != 'x' && Character != '?')) {
            Pattern->Count = 0;
            return STATUS_INVALID_PARAMETER;
        }
        if (Character == 'x') {
            Pattern->Mask[Pattern->Count] = 0xFF;
            Pattern->Bytes[Pattern->Count] = ((const UCHAR *)Bytes)[Pattern->Count];
        }
    }
    return Check(Pattern);
}

const VOID *NTAPI KmPatternFind(const KM_PATTERN *Pattern, const VOID *Start, SIZE_T Bytes)
{
    const UCHAR *Memory = (const UCHAR *)Start;

    if (Pattern->Count == 0) {
        return NULL;
    }
    for (SIZE_T Offset = 0; Bytes >= Pattern->Count && Offset <= Bytes - Pattern->Count; Offset++) {
        ULONG Index = 0;

        while (Index < Pattern->Count &&
               (Memory[Offset + Index] & Pattern->Mask[Index]) == Pattern->Bytes[Index]) {
            Index++;
        }
        if (Index == Pattern->Count) {
            return Memory + Offset;
        }
    }
    return NULL;
}
