// SPDX-License-Identifier: MIT
// IPv4, IPv6 and Ethernet addresses out of text, and Ethernet ones into it (ip2string.h). The addresses are
// the bytes as they go over the wire. Any IRQL.
#include "inc/kernel.h"

#include <ip2string.h>

// Of the C run time (rtl/crt).
int __cdecl sprintf(char *Buffer, const char *Format, ...);

// A text of either width, which ends with its terminator.
typedef struct _RTLP_TEXT {
    PCSTR Narrow;
    PCWSTR Wide; // NULL: it is narrow
    ULONG Place;
} RTLP_TEXT;

static ULONG RtlpPeek(const RTLP_TEXT *Text, ULONG Ahead)
{
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is set
    return Text->Wide != NULL ? Text->Wide[Text->Place + Ahead] : (UCHAR)Text->Narrow[Text->Place + Ahead];
}

static BOOLEAN RtlpSkip(RTLP_TEXT *Text, CHAR Character)
{
    BOOLEAN IsThere = RtlpPeek(Text, 0) == (UCHAR)Character;
    Text->Place += IsThere;
    return IsThere;
}

static ULONG RtlpDigitOf(ULONG Unit)
{
    if (Unit >= '0' && Unit <= '9') {
        return Unit - '0';
    }
    return (Unit >= 'a' && Unit <= 'f') || (Unit >= 'A' && Unit <= 'F') ? (Unit | 0x20) - 'a' + 10 : MAXULONG;
}

// Digits of Base, at most Limit in all. FALSE: there is none, or it is more than that.
static BOOLEAN RtlpReadDigits(RTLP_TEXT *Text, ULONG Base, ULONG Limit, PULONG Value)
{
    ULONG64 Number = 0;
    ULONG Start = Text->Place, Digit;
    while ((Digit = RtlpDigitOf(RtlpPeek(Text, 0))) < Base) {
        Number = Number * Base + Digit;
        if (Number > Limit) {
            return FALSE;
        }
        Text->Place += 1;
    }
    *Value = (ULONG)Number;
    return Text->Place != Start;
}

// Decimal, or, unless Strict, octal behind a 0 and hexadecimal behind 0x.
static BOOLEAN RtlpReadNumber(RTLP_TEXT *Text, BOOLEAN Strict, ULONG Limit, PULONG Value)
{
    ULONG Base = 10;
    if (RtlpPeek(Text, 0) == '0' &&
        (RtlpDigitOf(RtlpPeek(Text, 1)) < 10 || (RtlpPeek(Text, 1) | 0x20) == 'x')) {
        if (Strict) {
            return FALSE;
        }
        Base = (RtlpPeek(Text, 1) | 0x20) == 'x' ? 16 : 8;
        Text->Place += Base == 16 ? 2 : 1;
    }
    return RtlpReadDigits(Text, Base, Limit, Value);
}

static VOID RtlpStoreNetwork(PUCHAR Bytes, ULONG Count, ULONG Value)
{
    while (Count-- != 0) {
        Bytes[Count] = (UCHAR)Value;
        Value >>= 8;
    }
}

// Four parts of a byte each or, unless Strict, fewer, the last of which has the bytes that are left.
static BOOLEAN RtlpReadIpv4(RTLP_TEXT *Text, BOOLEAN Strict, UCHAR Address[4])
{
    ULONG Parts[4], Count = 0;
    do {
        if (Count == RTL_NUMBER_OF(Parts) || !RtlpReadNumber(Text, Strict, MAXULONG, &Parts[Count])) {
            return FALSE;
        }
        Count += 1;
    } while (RtlpSkip(Text, '.'));
    if (Strict && Count != RTL_NUMBER_OF(Parts)) {
        return FALSE;
    }
    for (ULONG Index = 0; Index + 1 < Count; Index += 1) {
        if (Parts[Index] > MAXUCHAR) {
            return FALSE;
        }
        Address[Index] = (UCHAR)Parts[Index];
    }
    ULONG Left = 5 - Count;
    if (Left < 4 && Parts[Count - 1] >> (8 * Left) != 0) {
        return FALSE;
    }
    RtlpStoreNetwork(Address + Count - 1, Left, Parts[Count - 1]);
    return TRUE;
}

#define RTLP_IPV6_BYTES 16

// Words, with one :: for as many zeroes as are missing, the last two perhaps as an IPv4 address.
static BOOLEAN RtlpReadIpv6(RTLP_TEXT *Text, UCHAR Address[RTLP_IPV6_BYTES])
{
    UCHAR Bytes[RTLP_IPV6_BYTES] = {0};
    ULONG Count = 0, Gap = MAXULONG, Word;
    if (RtlpPeek(Text, 0) == ':' && RtlpPeek(Text, 1) == ':') {
        Text->Place += 2;
        Gap = 0;
    }
    while (Count < RTLP_IPV6_BYTES && RtlpDigitOf(RtlpPeek(Text, 0)) < 16) {
        RTLP_TEXT Start = *Text;
        if (!RtlpReadDigits(Text, 16, MAXUSHORT, &Word) || Text->Place - Start.Place > 4) {
            return FALSE;
        }
        if (RtlpPeek(Text, 0) == '.') {
            *Text = Start;
            if (Count > RTLP_IPV6_BYTES - 4 || !RtlpReadIpv4(Text, TRUE, Bytes + Count)) {
                return FALSE;
            }
            Count += 4;
            break;
        }
        RtlpStoreNetwork(Bytes + Count, 2, Word);
        Count += 2;
        if (RtlpPeek(Text, 0) != ':') {
            break;
        }
        if (RtlpPeek(Text, 1) == ':') {
            if (Gap != MAXULONG) {
                return FALSE;
            }
            Gap = Count;
            Text->Place += 2;
        } else if (Count < RTLP_IPV6_BYTES) {
            Text->Place += 1;
            if (RtlpDigitOf(RtlpPeek(Text, 0)) >= 16) {
                return FALSE;
            }
        }
    }
    if (Gap == MAXULONG ? Count != RTLP_IPV6_BYTES : Count == RTLP_IPV6_BYTES) {
        return FALSE;
    }
    RtlZeroMemory(Address, RTLP_IPV6_BYTES);
    Gap = min(Gap, Count);
    RtlCopyMemory(Address, Bytes, Gap);
    RtlCopyMemory(Address + RTLP_IPV6_BYTES - (Count - Gap), Bytes + Gap, Count - Gap);
    return TRUE;
}

// Behind its colon, in network order.
static BOOLEAN RtlpReadPort(RTLP_TEXT *Text, PUSHORT Port)
{
    ULONG Value;
    if (!RtlpReadNumber(Text, FALSE, MAXUSHORT, &Value)) {
        return FALSE;
    }
    *Port = (USHORT)(Value << 8 | Value >> 8);
    return TRUE;
}

static NTSTATUS RtlpStatusOf(BOOLEAN IsValid)
{
    return IsValid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// ---- IPv4

// *Terminator is what is behind the address, or where it ceased to be one. STATUS_INVALID_PARAMETER.
NTSTATUS NTAPI RtlIpv4StringToAddressA(PCSTR String, BOOLEAN Strict, PCSTR *Terminator,
                                       struct in_addr *Address)
{
    RTLP_TEXT Text = {.Narrow = String};
    BOOLEAN IsValid = RtlpReadIpv4(&Text, Strict, (PUCHAR)Address);
    *Terminator = String + Text.Place;
    return RtlpStatusOf(IsValid);
}

NTSTATUS NTAPI RtlIpv4StringToAddressW(PCWSTR String, BOOLEAN Strict, PCWSTR *Terminator,
                                       struct in_addr *Address)
{
    RTLP_TEXT Text = {.Wide = String};
    BOOLEAN IsValid = RtlpReadIpv4(&Text, Strict, (PUCHAR)Address);
    *Terminator = String + Text.Place;
    return RtlpStatusOf(IsValid);
}

// The whole text is an address, perhaps with a port behind a colon; *Port is 0 without.
static NTSTATUS RtlpIpv4Ex(RTLP_TEXT *Text, BOOLEAN Strict, struct in_addr *Address, PUSHORT Port)
{
    if ((Text->Narrow == NULL && Text->Wide == NULL) || Address == NULL || Port == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    UCHAR Bytes[4];
    USHORT Number = 0;
    if (!RtlpReadIpv4(Text, Strict, Bytes) || (RtlpSkip(Text, ':') && !RtlpReadPort(Text, &Number)) ||
        RtlpPeek(Text, 0) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(Address, Bytes, sizeof(Bytes));
    *Port = Number;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv4StringToAddressExA(PCSTR AddressString, BOOLEAN Strict, struct in_addr *Address,
                                         PUSHORT Port)
{
    return RtlpIpv4Ex(&(RTLP_TEXT){.Narrow = AddressString}, Strict, Address, Port);
}

NTSTATUS NTAPI RtlIpv4StringToAddressExW(PCWSTR AddressString, BOOLEAN Strict, struct in_addr *Address,
                                         PUSHORT Port)
{
    return RtlpIpv4Ex(&(RTLP_TEXT){.Wide = AddressString}, Strict, Address, Port);
}

// ---- IPv6

NTSTATUS NTAPI RtlIpv6StringToAddressA(PCSTR String, PCSTR *Terminator, struct in6_addr *Address)
{
    RTLP_TEXT Text = {.Narrow = String};
    BOOLEAN IsValid = RtlpReadIpv6(&Text, (PUCHAR)Address);
    *Terminator = String + Text.Place;
    return RtlpStatusOf(IsValid);
}

NTSTATUS NTAPI RtlIpv6StringToAddressW(PCWSTR String, PCWSTR *Terminator, struct in6_addr *Address)
{
    RTLP_TEXT Text = {.Wide = String};
    BOOLEAN IsValid = RtlpReadIpv6(&Text, (PUCHAR)Address);
    *Terminator = String + Text.Place;
    return RtlpStatusOf(IsValid);
}

// address, address%scope, [address%scope], [address%scope]:port.
static NTSTATUS RtlpIpv6Ex(RTLP_TEXT *Text, struct in6_addr *Address, PULONG ScopeId, PUSHORT Port)
{
    if ((Text->Narrow == NULL && Text->Wide == NULL) || Address == NULL || ScopeId == NULL || Port == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    UCHAR Bytes[RTLP_IPV6_BYTES];
    ULONG Scope = 0;
    USHORT Number = 0;
    BOOLEAN InBrackets = RtlpSkip(Text, '[');
    if (!RtlpReadIpv6(Text, Bytes) || (RtlpSkip(Text, '%') && !RtlpReadDigits(Text, 10, MAXULONG, &Scope)) ||
        (InBrackets && !RtlpSkip(Text, ']')) ||
        (InBrackets && RtlpSkip(Text, ':') && !RtlpReadPort(Text, &Number)) || RtlpPeek(Text, 0) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    RtlCopyMemory(Address, Bytes, sizeof(Bytes));
    *ScopeId = Scope;
    *Port = Number;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI RtlIpv6StringToAddressExA(PCSTR AddressString, struct in6_addr *Address, PULONG ScopeId,
                                         PUSHORT Port)
{
    return RtlpIpv6Ex(&(RTLP_TEXT){.Narrow = AddressString}, Address, ScopeId, Port);
}

NTSTATUS NTAPI RtlIpv6StringToAddressExW(PCWSTR AddressString, struct in6_addr *Address, PULONG ScopeId,
                                         PUSHORT Port)
{
    return RtlpIpv6Ex(&(RTLP_TEXT){.Wide = AddressString}, Address, ScopeId, Port);
}

// ---- Ethernet

#define RTLP_ETHERNET_BYTES 6

// Pairs of digits with hyphens between them.
static BOOLEAN RtlpReadEthernet(RTLP_TEXT *Text, UCHAR Address[RTLP_ETHERNET_BYTES])
{
    for (ULONG Index = 0; Index < RTLP_ETHERNET_BYTES; Index += 1) {
        if (Index != 0 && !RtlpSkip(Text, '-')) {
            return FALSE;
        }
        ULONG High = RtlpDigitOf(RtlpPeek(Text, 0)), Low = High < 16 ? RtlpDigitOf(RtlpPeek(Text, 1)) : 16;
        if (High >= 16 || Low >= 16) {
            return FALSE;
        }
        Address[Index] = (UCHAR)(High << 4 | Low);
        Text->Place += 2;
    }
    return TRUE;
}

NTSTATUS NTAPI RtlEthernetStringToAddressA(PCSTR S, PCSTR *Terminator, DL_EUI48 *Addr)
{
    RTLP_TEXT Text = {.Narrow = S};
    BOOLEAN IsValid = RtlpReadEthernet(&Text, (PUCHAR)Addr);
    *Terminator = S + Text.Place;
    return RtlpStatusOf(IsValid);
}

NTSTATUS NTAPI RtlEthernetStringToAddressW(PCWSTR S, PCWSTR *Terminator, DL_EUI48 *Addr)
{
    RTLP_TEXT Text = {.Wide = S};
    BOOLEAN IsValid = RtlpReadEthernet(&Text, (PUCHAR)Addr);
    *Terminator = S + Text.Place;
    return RtlpStatusOf(IsValid);
}

// S has room for 18 characters. They return where the terminator is.
PSTR NTAPI RtlEthernetAddressToStringA(const DL_EUI48 *Addr, PSTR S)
{
    const UCHAR *Bytes = (const UCHAR *)Addr;
    return S + sprintf(S, "%02X-%02X-%02X-%02X-%02X-%02X", Bytes[0], Bytes[1], Bytes[2], Bytes[3], Bytes[4],
                       Bytes[5]);
}

PWSTR NTAPI RtlEthernetAddressToStringW(const DL_EUI48 *Addr, PWSTR S)
{
    CHAR Text[3 * RTLP_ETHERNET_BYTES];
    ULONG Count = (ULONG)(RtlEthernetAddressToStringA(Addr, Text) - Text);
    for (ULONG Index = 0; Index <= Count; Index += 1) {
        S[Index] = (UCHAR)Text[Index];
    }
    return S + Count;
}
