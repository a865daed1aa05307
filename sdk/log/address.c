// SPDX-License-Identifier: MIT
// Addresses of the Internet as values; IPv6's as RFC 5952 recommends.
#include <kmode.h>

static VOID PutIpv4(PKM_LOG_TEXT Text, const UCHAR *Address)
{
    for (ULONG Index = 0; Index < 4; Index += 1) {
        KmLogTextPutBytes(Text, ".", Index != 0 ? 1 : 0);
        KmLogTextPutUnsigned(Text, Address[Index], 10, 1);
    }
}

static VOID NTAPI WriteIpv4(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    if (Value->Content.Pointer == NULL) {
        KmLogTextPutString(Text, NULL);
    } else {
        PutIpv4(Text, (const UCHAR *)Value->Content.Pointer);
    }
}

// The first of the longest runs of groups that are 0, which "::" stands for if there are two or more.
static ULONG LongestRun(const USHORT *Groups, PULONG Length)
{
    ULONG Best = 0;

    *Length = 1;
    for (ULONG Start = 0; Start < 8; Start += 1) {
        ULONG End = Start;

        while (End < 8 && Groups[End] == 0) {
            End += 1;
        }
        if (End - Start > *Length) {
            Best = Start;
            *Length = End - Start;
        }
    }
    if (*Length == 1) {
        *Length = 0;
    }
    return Best;
}

static VOID NTAPI WriteIpv6(PKM_LOG_TEXT Text, PCKM_LOG_VALUE Value)
{
    const UCHAR *Address = (const UCHAR *)Value->Content.Pointer;
    USHORT Groups[8];
    ULONG Run, RunLength;

    if (Address == NULL) {
        KmLogTextPutString(Text, NULL);
        return;
    }
    for (ULONG Index = 0; Index < 8; Index += 1) {
        Groups[Index] = (USHORT)((Address[2 * Index] << 8) | Address[2 * Index + 1]);
    }
    Run = LongestRun(Groups, &RunLength);
    if (Run == 0 && RunLength == 5 && Groups[5] == 0xFFFF) {
        KmLogTextPutString(Text, "::ffff:");
        PutIpv4(Text, Address + 12);
        return;
    }
    for (ULONG Index = 0; Index < 8;) {
        if (Index == Run && RunLength != 0) {
            KmLogTextPutBytes(Text, "::", 2);
            Index += RunLength;
            continue;
        }
        KmLogTextPutBytes(Text, ":", Index != 0 && (Index != Run + RunLength || RunLength == 0) ? 1 : 0);
        KmLogTextPutUnsigned(Text, Groups[Index], 16, 1);
        Index += 1;
    }
}

const KM_LOG_TYPE KmLogIpv4Type = {KmLogCodeIpv4, FALSE, WriteIpv4};
const KM_LOG_TYPE KmLogIpv6Type = {KmLogCodeIpv6, FALSE, WriteIpv6};
