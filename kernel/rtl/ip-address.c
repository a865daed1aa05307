// SPDX-License-Identifier: MIT
// IPv4 and IPv6 addresses as text (ip2string.h). The addresses are the bytes as they go over the wire. Any
// IRQL.
#include "inc/kernel.h"

#include <ip2string.h>

// Of the C run time (rtl/crt).
int __cdecl sprintf(char *Buffer, const char *Format, ...);

#define RTLP_IPV4_CHARACTERS 22 // "255.255.255.255:65535", terminator included
#define RTLP_IPV6_CHARACTERS 65 // INET6_ADDRSTRLEN with brackets, scope and port

#define RTLP_IPV6_WORDS 8

static inline ULONG RtlpNetworkWord(const UCHAR *Bytes, ULONG Index)
{
    return (ULONG)(Bytes[Index * 2] << 8 | Bytes[Index * 2 + 1]);
}

static inline ULONG RtlpHostPort(USHORT Port)
{
    return (ULONG)(USHORT)(Port << 8 | Port >> 8);
}

static PSTR RtlpPrintIpv4(const UCHAR *Bytes, PSTR Text)
{
    return Text + sprintf(Text, "%u.%u.%u.%u", Bytes[0], Bytes[1], Bytes[2], Bytes[3]);
}

// The longest run of zero words, of two at least, within the first Count: *First, and its length, 0 if there
// is none.
static ULONG RtlpFindZeroes(const UCHAR *Bytes, ULONG Count, ULONG *First)
{
    ULONG Longest = 1, Run = 0;
    *First = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Run = RtlpNetworkWord(Bytes, Index) == 0 ? Run + 1 : 0;
        if (Run > Longest) {
            Longest = Run;
            *First = Index + 1 - Run;
        }
    }
    return Longest > 1 ? Longest : 0;
}

// Whether the last four bytes are shown as an IPv4 address: mapped, compatible and translated ones, and those
// of ISATAP.
static BOOLEAN RtlpEndsAsIpv4(const UCHAR *Bytes)
{
    ULONG Zeroes = 0;
    while (Zeroes < RTLP_IPV6_WORDS && RtlpNetworkWord(Bytes, Zeroes) == 0) {
        Zeroes += 1;
    }
    ULONG Fourth = RtlpNetworkWord(Bytes, 4), Fifth = RtlpNetworkWord(Bytes, 5);
    return Zeroes == 6 || (Zeroes == 5 && Fifth == 0xFFFF) ||
           (Zeroes == 4 && Fourth == 0xFFFF && Fifth == 0) || ((Fourth & 0xFDFF) == 0 && Fifth == 0x5EFE);
}

static PSTR RtlpPrintIpv6(const UCHAR *Bytes, PSTR Text)
{
    BOOLEAN AsIpv4 = RtlpEndsAsIpv4(Bytes);
    ULONG Count = AsIpv4 ? RTLP_IPV6_WORDS - 2 : RTLP_IPV6_WORDS, First;
    ULONG Zeroes = RtlpFindZeroes(Bytes, Count, &First);
    for (ULONG Index = 0; Index < Count;) {
        if (Zeroes != 0 && Index == First) {
            Text += sprintf(Text, "::");
            Index += Zeroes;
            continue;
        }
        BOOLEAN Follows = Index != 0 && !(Zeroes != 0 && Index == First + Zeroes);
        Text += sprintf(Text, Follows ? ":%x" : "%x", RtlpNetworkWord(Bytes, Index));
        Index += 1;
    }
    if (AsIpv4) {
        Text += sprintf(Text, First + Zeroes == Count && Zeroes != 0 ? "" : ":");
        Text = RtlpPrintIpv4(Bytes + 12, Text);
    }
    return Text;
}

static ULONG RtlpPrintIpv4Ex(const UCHAR *Bytes, USHORT Port, PSTR Text)
{
    PSTR End = RtlpPrintIpv4(Bytes, Text);
    if (Port != 0) {
        End += sprintf(End, ":%u", RtlpHostPort(Port));
    }
    return (ULONG)(End - Text) + 1;
}

static ULONG RtlpPrintIpv6Ex(const UCHAR *Bytes, ULONG ScopeId, USHORT Port, PSTR Text)
{
    PSTR End = Text;
    End += sprintf(End, Port != 0 ? "[" : "");
    End = RtlpPrintIpv6(Bytes, End);
    if (ScopeId != 0) {
        End += sprintf(End, "%%%lu", ScopeId);
    }
    if (Port != 0) {
        End += sprintf(End, "]:%u", RtlpHostPort(Port));
    }
    return (ULONG)(End - Text) + 1;
}

static VOID RtlpWiden(PCSTR Text, ULONG Count, PWSTR Wide)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Wide[Index] = (UCHAR)Text[Index];
    }
}

// The ...Ex routines' end: *Length counts characters, the terminator included; the buffer's before, the
// text's after. STATUS_INVALID_PARAMETER: it does not fit.
static NTSTATUS RtlpReturnText(PCSTR Text, ULONG Count, PSTR Narrow, PWSTR Wide, PULONG Length)
{
    ULONG Room = *Length;
    *Length = Count;
    if (Room < Count || (Narrow == NULL && Wide == NULL)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Narrow != NULL) {
        RtlCopyMemory(Narrow, Text, Count);
    } else {
        RtlpWiden(Text, Count, Wide);
    }
    return STATUS_SUCCESS;
}

// ---- Without a port: S has room for 16, or 46, characters. They return where the terminator is.

PSTR NTAPI RtlIpv4AddressToStringA(const struct in_addr *Addr, PSTR S)
{
    return RtlpPrintIpv4((const UCHAR *)Addr, S);
}

PWSTR NTAPI RtlIpv4AddressToStringW(const struct in_addr *Addr, PWSTR S)
{
    CHAR Text[RTLP_IPV4_CHARACTERS];
    ULONG Count = (ULONG)(RtlpPrintIpv4((const UCHAR *)Addr, Text) - Text);
    RtlpWiden(Text, Count + 1, S);
    return S + Count;
}

PSTR NTAPI RtlIpv6AddressToStringA(const struct in6_addr *Addr, PSTR S)
{
    return RtlpPrintIpv6((const UCHAR *)Addr, S);
}

PWSTR NTAPI RtlIpv6AddressToStringW(const struct in6_addr *Addr, PWSTR S)
{
    CHAR Text[RTLP_IPV6_CHARACTERS];
    ULONG Count = (ULONG)(RtlpPrintIpv6((const UCHAR *)Addr, Text) - Text);
    RtlpWiden(Text, Count + 1, S);
    return S + Count;
}

// ---- With a port, in network order; 0: none is shown. STATUS_INVALID_PARAMETER: no room, or no pointer.

NTSTATUS NTAPI RtlIpv4AddressToStringExA(const struct in_addr *Address, USHORT Port, PSTR AddressString,
                                         PULONG AddressStringLength)
{
    CHAR Text[RTLP_IPV4_CHARACTERS];
    if (Address == NULL || AddressStringLength == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Count = RtlpPrintIpv4Ex((const UCHAR *)Address, Port, Text);
    return RtlpReturnText(Text, Count, AddressString, NULL, AddressStringLength);
}

NTSTATUS NTAPI RtlIpv4AddressToStringExW(const struct in_addr *Address, USHORT Port, PWSTR AddressString,
                                         PULONG AddressStringLength)
{
    CHAR Text[RTLP_IPV4_CHARACTERS];
    if (Address == NULL || AddressStringLength == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Count = RtlpPrintIpv4Ex((const UCHAR *)Address, Port, Text);
    return RtlpReturnText(Text, Count, NULL, AddressString, AddressStringLength);
}

NTSTATUS NTAPI RtlIpv6AddressToStringExA(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PSTR AddressString, PULONG AddressStringLength)
{
    CHAR Text[RTLP_IPV6_CHARACTERS];
    if (Address == NULL || AddressStringLength == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Count = RtlpPrintIpv6Ex((const UCHAR *)Address, ScopeId, Port, Text);
    return RtlpReturnText(Text, Count, AddressString, NULL, AddressStringLength);
}

NTSTATUS NTAPI RtlIpv6AddressToStringExW(const struct in6_addr *Address, ULONG ScopeId, USHORT Port,
                                         PWSTR AddressString, PULONG AddressStringLength)
{
    CHAR Text[RTLP_IPV6_CHARACTERS];
    if (Address == NULL || AddressStringLength == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    ULONG Count = RtlpPrintIpv6Ex((const UCHAR *)Address, ScopeId, Port, Text);
    return RtlpReturnText(Text, Count, NULL, AddressString, AddressStringLength);
}
