// SPDX-License-Identifier: MIT
// IPv4 and IPv6 addresses, with scope and port, as text.
#include "test.h"

#include <ip2string.h>

static const struct {
    UCHAR Bytes[16];
    const char *Text;
} Rows[] = {
    {{0}, "::"},
    {{[15] = 1}, "::1"},
    {{0xFE, 0x80, [14] = 0x12, 0x34}, "fe80::1234"},
    {{0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1}, "2001:db8::1:0:0:1"},
    {{0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, "2001:db8:0:1:1:1:1:1"},
    {{0x20, 0x01, 0x0D, 0xB8, 0, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0}, "2001:db8:1:1:1:1::"},
    {{0, 0, 0, 0, 0, 0, 0, 1, 0xAB, 0xCD, 0, 1, 0, 1, 0, 1}, "::1:abcd:1:1:1"},
    {{[10] = 0xFF, 0xFF, 1, 2, 3, 4}, "::ffff:1.2.3.4"},
    {{[12] = 1, 2, 3, 4}, "::1.2.3.4"},
    {{[8] = 0xFF, 0xFF, 0, 0, 10, 0, 0, 1}, "::ffff:0:10.0.0.1"},
    {{0xFE, 0x80, [10] = 0x5E, 0xFE, 192, 168, 0, 1}, "fe80::5efe:192.168.0.1"},
};

static void Widen(const char *Text, WCHAR *Wide)
{
    while ((*Wide++ = (UCHAR)*Text++) != 0) {
    }
}

static void TestIpv6(void)
{
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        CHAR Text[46];
        WCHAR Wide[46], Expected[46];
        PSTR End = RtlIpv6AddressToStringA((const struct in6_addr *)Rows[Row].Bytes, Text);
        IS_STRING(Text, Rows[Row].Text);
        OK(End == Text + strlen(Text));
        PWSTR WideEnd = RtlIpv6AddressToStringW((const struct in6_addr *)Rows[Row].Bytes, Wide);
        Widen(Rows[Row].Text, Expected);
        OK(wcscmp(Wide, Expected) == 0);
        OK(WideEnd == Wide + wcslen(Wide));
    }
}

static const UCHAR Ipv4[4] = {255, 0, 10, 1};
#define IPV4 ((const struct in_addr *)Ipv4)

static void TestIpv4(void)
{
    CHAR Text[16];
    WCHAR Wide[16];
    IS(RtlIpv4AddressToStringA(IPV4, Text), Text + 10);
    IS_STRING(Text, "255.0.10.1");
    IS(RtlIpv4AddressToStringW(IPV4, Wide), Wide + 10);
    OK(wcscmp(Wide, L"255.0.10.1") == 0);
}

static void TestIpv4Port(void)
{
    CHAR Text[22];
    WCHAR Wide[22];
    ULONG Length = 22;
    IS(RtlIpv4AddressToStringExA(IPV4, 0x901F, Text, &Length), STATUS_SUCCESS); // 8080, in network order
    IS_STRING(Text, "255.0.10.1:8080");
    IS(Length, 16);
    Length = 22;
    IS(RtlIpv4AddressToStringExA(IPV4, 0, Text, &Length), STATUS_SUCCESS);
    IS_STRING(Text, "255.0.10.1");
    IS(Length, 11);
    Length = 10;
    IS(RtlIpv4AddressToStringExA(IPV4, 0, Text, &Length), STATUS_INVALID_PARAMETER);
    IS(Length, 11);
    IS(RtlIpv4AddressToStringExW(IPV4, 0x901F, Wide, &Length), STATUS_INVALID_PARAMETER);
    IS(Length, 16);
    IS(RtlIpv4AddressToStringExW(IPV4, 0x901F, Wide, &Length), STATUS_SUCCESS);
    OK(wcscmp(Wide, L"255.0.10.1:8080") == 0);
    IS(RtlIpv4AddressToStringExA(NULL, 0, Text, &Length), STATUS_INVALID_PARAMETER);
    IS(RtlIpv4AddressToStringExA(IPV4, 0, NULL, &Length), STATUS_INVALID_PARAMETER);
    IS(RtlIpv4AddressToStringExW(IPV4, 0, Wide, NULL), STATUS_INVALID_PARAMETER);
}

static void TestIpv6Port(void)
{
    static const struct {
        ULONG Scope;
        USHORT Port;
        const char *Text;
    } Forms[] = {{0, 0, "fe80::1234"},
                 {7, 0, "fe80::1234%7"},
                 {0, 0x5000, "[fe80::1234]:80"},
                 {7, 0x5000, "[fe80::1234%7]:80"}};
    for (ULONG Form = 0; Form < 4; Form += 1) {
        CHAR Text[65];
        WCHAR Wide[65], Expected[65];
        ULONG Length = 65;
        const struct in6_addr *Address = (const struct in6_addr *)Rows[2].Bytes;
        IS(RtlIpv6AddressToStringExA(Address, Forms[Form].Scope, Forms[Form].Port, Text, &Length),
           STATUS_SUCCESS);
        IS_STRING(Text, Forms[Form].Text);
        IS(Length, strlen(Text) + 1);
        Length -= 1;
        IS(RtlIpv6AddressToStringExW(Address, Forms[Form].Scope, Forms[Form].Port, Wide, &Length),
           STATUS_INVALID_PARAMETER);
        IS(RtlIpv6AddressToStringExW(Address, Forms[Form].Scope, Forms[Form].Port, Wide, &Length),
           STATUS_SUCCESS);
        Widen(Forms[Form].Text, Expected);
        OK(wcscmp(Wide, Expected) == 0);
    }
}

TEST_DRIVER(TestIpv6, TestIpv4, TestIpv4Port, TestIpv6Port)
