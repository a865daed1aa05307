// SPDX-License-Identifier: MIT
// IPv4, IPv6 and Ethernet addresses out of text.
#include "test.h"

#include <ip2string.h>

static WCHAR Wide[80];

static PCWSTR Widen(PCSTR Text)
{
    ULONG Index = 0;
    do {
        Wide[Index] = (UCHAR)Text[Index];
    } while (Text[Index++] != 0);
    return Wide;
}

static void TestIpv4(void)
{
    static const struct {
        PCSTR Text;
        BOOLEAN Strict;
        ULONG Used; // MAXULONG: it is none
        ULONG Address;
    } Rows[] = {
        {"1.2.3.4", TRUE, 7, 0x01020304},
        {"255.255.255.255 x", TRUE, 15, 0xFFFFFFFF},
        {"0.0.0.0/8", TRUE, 7, 0},
        {"1.2.3", TRUE, MAXULONG, 0},
        {"1.2.3.256", TRUE, MAXULONG, 0},
        {"1.2.3.04", TRUE, MAXULONG, 0},
        {"0x1.2.3.4", TRUE, MAXULONG, 0},
        {"", TRUE, MAXULONG, 0},
        {"1..2.3", TRUE, MAXULONG, 0},
        {"1.2.3.4.5", TRUE, MAXULONG, 0},
        {"0x7f.1", FALSE, 6, 0x7F000001},
        {"0177.0.0.01", FALSE, 11, 0x7F000001},
        {"1.2.772", FALSE, 7, 0x01020304},
        {"16909060", FALSE, 8, 0x01020304},
        {"0xFFFFFFFF", FALSE, 10, 0xFFFFFFFF},
        {"4294967296", FALSE, MAXULONG, 0},
        {"1.16777216", FALSE, MAXULONG, 0},
        {"256.1", FALSE, MAXULONG, 0},
        {"08", FALSE, MAXULONG, 0},
        {"0x", FALSE, MAXULONG, 0},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        UCHAR Bytes[4], WideBytes[4];
        PCSTR End = NULL;
        PCWSTR WideEnd = NULL;
        NTSTATUS Expected = Rows[Row].Used == MAXULONG ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
        IS(RtlIpv4StringToAddressA(Rows[Row].Text, Rows[Row].Strict, &End, (struct in_addr *)Bytes),
           Expected);
        IS(RtlIpv4StringToAddressW(Widen(Rows[Row].Text), Rows[Row].Strict, &WideEnd,
                                   (struct in_addr *)WideBytes),
           Expected);
        IS(End - Rows[Row].Text, WideEnd - Wide);
        if (NT_SUCCESS(Expected)) {
            IS(End - Rows[Row].Text, Rows[Row].Used);
            IS((ULONG)Bytes[0] << 24 | Bytes[1] << 16 | Bytes[2] << 8 | Bytes[3], Rows[Row].Address);
            OK(RtlCompareMemory(Bytes, WideBytes, 4) == 4);
        }
    }
    UCHAR Bytes[4];
    PCSTR Text = "1.2.x", End;
    RtlIpv4StringToAddressA(Text, TRUE, &End, (struct in_addr *)Bytes);
    OK(End == Text + 4); // where it ceased to be one
}

static void TestIpv4Ex(void)
{
    UCHAR Bytes[4];
    USHORT Port = 7;
    IS(RtlIpv4StringToAddressExA("10.0.0.1:8080", TRUE, (struct in_addr *)Bytes, &Port), STATUS_SUCCESS);
    IS(Port, 0x901F); // in network order
    IS(Bytes[0], 10);
    IS(RtlIpv4StringToAddressExW(L"10.0.0.1", TRUE, (struct in_addr *)Bytes, &Port), STATUS_SUCCESS);
    IS(Port, 0);
    IS(RtlIpv4StringToAddressExW(L"1:0x50", FALSE, (struct in_addr *)Bytes, &Port), STATUS_SUCCESS);
    IS(Port, 0x5000);
    Port = 7;
    IS(RtlIpv4StringToAddressExA("10.0.0.1:65536", TRUE, (struct in_addr *)Bytes, &Port),
       STATUS_INVALID_PARAMETER);
    IS(RtlIpv4StringToAddressExA("10.0.0.1:", TRUE, (struct in_addr *)Bytes, &Port),
       STATUS_INVALID_PARAMETER);
    IS(RtlIpv4StringToAddressExA("10.0.0.1 ", TRUE, (struct in_addr *)Bytes, &Port),
       STATUS_INVALID_PARAMETER);
    IS(RtlIpv4StringToAddressExA(NULL, TRUE, (struct in_addr *)Bytes, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv4StringToAddressExA("1.2.3.4", TRUE, NULL, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv4StringToAddressExA("1.2.3.4", TRUE, (struct in_addr *)Bytes, NULL), STATUS_INVALID_PARAMETER);
    IS(Port, 7);
}

static void TestIpv6(void)
{
    static const struct {
        PCSTR Text;
        ULONG Used; // MAXULONG: it is none
        PCSTR Shown;
    } Rows[] = {
        {"::", 2, "::"},
        {"::1", 3, "::1"},
        {"fe80::1234%5", 10, "fe80::1234"},
        {"2001:DB8:0:1:1:1:1:1", 20, "2001:db8:0:1:1:1:1:1"},
        {"2001:db8::1:0:0:1/64", 17, "2001:db8::1:0:0:1"},
        {"1:2:3:4:5:6:7::", 15, "1:2:3:4:5:6:7:0"},
        {"::ffff:1.2.3.4", 14, "::ffff:1.2.3.4"},
        {"1:2:3:4:5:6:7.8.9.10", 20, "1:2:3:4:5:6:708:90a"},
        {"1::]", 3, "1::"},
        {"", MAXULONG, NULL},
        {":1", MAXULONG, NULL},
        {"1:2", MAXULONG, NULL},
        {"1:2:3:4:5:6:7:", MAXULONG, NULL},
        {"1::2::3", MAXULONG, NULL},
        {"12345::", MAXULONG, NULL},
        {"1::2:3:4:5:6:7:8", MAXULONG, NULL},
        {"::1.2.3", MAXULONG, NULL},
        {"1:2:3:4:5:6:7:1.2.3.4", MAXULONG, NULL},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        UCHAR Bytes[16], WideBytes[16];
        PCSTR End = NULL;
        PCWSTR WideEnd = NULL;
        NTSTATUS Expected = Rows[Row].Used == MAXULONG ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
        IS(RtlIpv6StringToAddressA(Rows[Row].Text, &End, (struct in6_addr *)Bytes), Expected);
        IS(RtlIpv6StringToAddressW(Widen(Rows[Row].Text), &WideEnd, (struct in6_addr *)WideBytes), Expected);
        IS(End - Rows[Row].Text, WideEnd - Wide);
        if (NT_SUCCESS(Expected)) {
            CHAR Shown[46];
            IS(End - Rows[Row].Text, Rows[Row].Used);
            RtlIpv6AddressToStringA((struct in6_addr *)Bytes, Shown);
            IS_STRING(Shown, Rows[Row].Shown);
            OK(RtlCompareMemory(Bytes, WideBytes, 16) == 16);
        }
    }
}

static void TestIpv6Ex(void)
{
    UCHAR Bytes[16];
    ULONG Scope = 7;
    USHORT Port = 7;
    struct in6_addr *Address = (struct in6_addr *)Bytes;
    IS(RtlIpv6StringToAddressExA("[fe80::1%12]:443", Address, &Scope, &Port), STATUS_SUCCESS);
    IS(Scope, 12);
    IS(Port, 0xBB01);
    OK(Bytes[0] == 0xFE && Bytes[15] == 1);
    IS(RtlIpv6StringToAddressExW(L"fe80::1%3", Address, &Scope, &Port), STATUS_SUCCESS);
    IS(Scope, 3);
    IS(Port, 0);
    IS(RtlIpv6StringToAddressExW(L"[::1]", Address, &Scope, &Port), STATUS_SUCCESS);
    IS(Scope, 0);
    Scope = 7;
    IS(RtlIpv6StringToAddressExA("[::1", Address, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("::1]", Address, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("::1%", Address, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("[::1]:70000", Address, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA(NULL, Address, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("::1", NULL, &Scope, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("::1", Address, NULL, &Port), STATUS_INVALID_PARAMETER);
    IS(RtlIpv6StringToAddressExA("::1", Address, &Scope, NULL), STATUS_INVALID_PARAMETER);
    IS(Scope, 7);
}

static void TestEthernet(void)
{
    DL_EUI48 Address;
    CHAR Text[18];
    WCHAR WideText[18];
    PCSTR Given = "00-1b-2C-3d-4E-ff;", End;
    PCWSTR WideEnd;
    IS(RtlEthernetStringToAddressA(Given, &End, &Address), STATUS_SUCCESS);
    OK(End == Given + 17 && Address.Byte[1] == 0x1B && Address.Byte[5] == 0xFF);
    OK(RtlEthernetAddressToStringA(&Address, Text) == Text + 17);
    IS_STRING(Text, "00-1B-2C-3D-4E-FF");
    OK(RtlEthernetAddressToStringW(&Address, WideText) == WideText + 17);
    OK(wcscmp(WideText, L"00-1B-2C-3D-4E-FF") == 0);
    IS(RtlEthernetStringToAddressW(WideText, &WideEnd, &Address), STATUS_SUCCESS);
    OK(WideEnd == WideText + 17);
    IS(RtlEthernetStringToAddressA("00-1b-2C-3d-4E", &End, &Address), STATUS_INVALID_PARAMETER);
    IS(RtlEthernetStringToAddressA("00-1b-2C-3d-4E-f", &End, &Address), STATUS_INVALID_PARAMETER);
    IS(RtlEthernetStringToAddressA("00:1b", &End, &Address), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestIpv4, TestIpv4Ex, TestIpv6, TestIpv6Ex, TestEthernet)
