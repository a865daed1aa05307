#!/bin/sh
# SPDX-License-Identifier: MIT
# KmDbg and KmPrint: what they print for each type, in C with and without statement expressions, and in C++.
. tests/cli/tap.sh

cat > debug.c << 'END2'
#include <ntifs.h>
#include <kmode.h>

#ifdef __cplusplus
template <int A, int B> struct Pair { static const int Sum = A + B; }; extern "C"
#endif
DRIVER_INITIALIZE DriverEntry;

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const GUID Guid = {0x6E4FF3B2, 0x01AB, 0x4C5D, {0x80, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0xFF}};
    UNICODE_STRING Unicode = RTL_CONSTANT_STRING(L"caf\u00e9");
    LARGE_INTEGER Large;
    CHAR Array[] = "array";
    int Calls = 0;
    PCSTR Null = NULL;
    NTSTATUS Status;
    STRING Ansi;
    KIRQL OldIrql;

    UNREFERENCED_PARAMETER(RegistryPath);
    UNREFERENCED_PARAMETER(DriverObject);
    Large.QuadPart = -7;
    RtlInitAnsiString(&Ansi, "ansi");
    if (KmDbg(++Calls) != 1 || Calls != 1) {
        return STATUS_UNSUCCESSFUL;
    }
    KmDbg(1 + 1ul);
    KmDbg((short)-2);
    KmDbg((UCHAR)3);
    KmDbg((ULONG64)4);
    KmDbg((char)'\'');
    KmDbg(Large);
    if (KmDbg(Large).QuadPart != -7) {
        return STATUS_UNSUCCESSFUL;
    }
    KmDbg("a \"string\"");
    KmDbg(Array);
    KmDbg(L"w\u00efde");
    KmDbg(Null);
    KmDbg(&Unicode);
    KmDbg(&Ansi);
    KmDbg(&Guid);
    KmDbg((PVOID)0x1234);
    KmDbg((_Bool)(Calls == 1));
    Status = KmDbgStatus(STATUS_DELETE_PENDING);
    KmDbg(Status == STATUS_DELETE_PENDING ? "yes" : "no");
    KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    KmPrint("%wZ at %u", &Unicode, KeGetCurrentIrql());
    KeLowerIrql(OldIrql);
    KmPrint("\n%800s|\n", "long");

    // Every scalar and string type: printed, and the value as it was.
#define SAME(Type, Value)                                                                                              \
    do {                                                                                                               \
        Type V = (Type)(Value);                                                                                        \
        if (KmDbg(V) != V || sizeof(KmDbg(V)) != sizeof(Type)) {                                                       \
            return STATUS_DATA_ERROR;                                                                                  \
        }                                                                                                              \
    } while (0)
    SAME(char, 'c');
    SAME(signed char, -128);
    SAME(unsigned char, 255);
    SAME(short, -32768);
    SAME(unsigned short, 65535);
    SAME(int, -2147483647 - 1);
    SAME(unsigned int, 4294967295u);
    SAME(long, -2147483647 - 1);
    SAME(unsigned long, 4294967295u);
    SAME(long long, -9223372036854775807ll - 1);
    SAME(unsigned long long, 18446744073709551615ull);
    SAME(BOOLEAN, TRUE);
    SAME(KIRQL, 15);
    SAME(NTSTATUS, 0);
    SAME(SIZE_T, 5);
    SAME(ULONG_PTR, 6);
    SAME(HANDLE, 8);
    SAME(KPROCESSOR_MODE, 1);
    SAME(PCHAR, "s");
    SAME(PCSTR, "cs");
    SAME(PWSTR, L"w");
    SAME(PCWSTR, L"cw");
    SAME(PUNICODE_STRING, &Unicode);
    SAME(PCUNICODE_STRING, &Unicode);
    SAME(PSTRING, &Ansi);
    SAME(const STRING *, &Ansi);
    SAME(const GUID *, &Guid);
    SAME(PVOID, NULL);
    SAME(PIRP, NULL);
    SAME(PWSTR, NULL);
    SAME(PUNICODE_STRING, NULL);
    ULARGE_INTEGER Unsigned;
    Unsigned.QuadPart = 18446744073709551615ull;
    if (KmDbg(Unsigned).QuadPart != 18446744073709551615ull) {
        return STATUS_DATA_ERROR;
    }
    const LONG Constant = 9;
    volatile ULONG Changing = 10;
    enum COLOUR { Red, Green } Colour = Green;
    struct {
        ULONG Bits : 5;
    } Structure = {17};
    if (KmDbg(Constant) != 9 || KmDbg(Changing) != 10 || KmDbg(Colour) != Green || KmDbg(Structure.Bits) != 17) {
        return STATUS_DATA_ERROR;
    }
    SAME(float, 1.5f);
    SAME(double, -0.1);
    SAME(long double, 1e300);
    if (KmDbg(Unicode).Buffer != Unicode.Buffer || KmDbg(Ansi).Length != 4) {
        return STATUS_DATA_ERROR;
    }
    if (KmDbg((PDRIVER_UNLOAD)NULL) != NULL || KmDbg(KmDbg(Calls) + 1) != 2) {
        return STATUS_DATA_ERROR;
    }
#ifdef __cplusplus
    static_assert(sizeof(Pair<1, 2>) == 1);
    if (KmDbg(Pair<1, 2>::Sum) != 3) {
        return STATUS_DATA_ERROR;
    }
    enum class Shape : UCHAR { Round = 200 } Form = Shape::Round;
    if (KmDbg(Form) != Shape::Round || KmDbg(nullptr) != nullptr) {
        return STATUS_DATA_ERROR;
    }
#endif
    return STATUS_SUCCESS;
}
END2
sed 's/_Bool/bool/' debug.c > debug.cpp

expected() {
    cat << END2
[$1:25] ++Calls = 1
[$1:28] 1 + 1ul = 2
[$1:29] (short)-2 = -2
[$1:30] (UCHAR)3 = 3
[$1:31] (ULONG64)4 = 4
[$1:32] (char)'\\'' = '''
[$1:33] Large = -7
[$1:34] Large = -7
[$1:37] "a \\"string\\"" = "a \\"string\\""
[$1:38] Array = "array"
[$1:39] L"w\\u00efde" = "wïde"
[$1:40] Null = (null)
[$1:41] &Unicode = "café"
[$1:42] &Ansi = "ansi"
[$1:43] &Guid = {6e4ff3b2-01ab-4c5d-8001-0203040506ff}
[$1:44] (PVOID)0x1234 = 0x0000000000001234
[$1:45] ($2)(Calls == 1) = true
[$1:46] STATUS_DELETE_PENDING = STATUS_DELETE_PENDING(0xC0000056)
[$1:47] Status == STATUS_DELETE_PENDING ? "yes" : "no" = "yes"
café at 2
$(printf '%800s' long)|
[$1:61] V = 'c'
[$1:62] V = -128
[$1:63] V = 255
[$1:64] V = -32768
[$1:65] V = 65535
[$1:66] V = -2147483648
[$1:67] V = 4294967295
[$1:68] V = -2147483648
[$1:69] V = 4294967295
[$1:70] V = -9223372036854775808
[$1:71] V = 18446744073709551615
[$1:72] V = 1
[$1:73] V = 15
[$1:74] V = 0
[$1:75] V = 5
[$1:76] V = 6
[$1:77] V = 0x0000000000000008
[$1:78] V = '\\u0001'
[$1:79] V = "s"
[$1:80] V = "cs"
[$1:81] V = "w"
[$1:82] V = "cw"
[$1:83] V = "café"
[$1:84] V = "café"
[$1:85] V = "ansi"
[$1:86] V = "ansi"
[$1:87] V = {6e4ff3b2-01ab-4c5d-8001-0203040506ff}
[$1:88] V = (null)
[$1:89] V = (null)
[$1:90] V = (null)
[$1:91] V = (null)
[$1:94] Unsigned = 18446744073709551615
[$1:103] Constant = 9
[$1:103] Changing = 10
[$1:103] Colour = 1
[$1:103] Structure.Bits = 17
[$1:106] V = 1.5
[$1:107] V = -0.1
[$1:108] V = 1e300
[$1:109] Unicode = "café"
[$1:109] Ansi = "ansi"
[$1:112] (PDRIVER_UNLOAD)NULL = (null)
[$1:112] Calls = 1
[$1:112] KmDbg(Calls) + 1 = 2
END2
    if [ "$2" = bool ]; then
        echo "[$1:117] Pair<1, 2>::Sum = 3"
        echo "[$1:121] Form = 200"
        echo "[$1:121] nullptr = (null)"
    fi
}

for config in debug release; do
    for way in "debug.c" "debug.c -DKMP_NO_STATEMENT_EXPRESSIONS" "debug.cpp"; do
        file=${way%% *}
        # shellcheck disable=SC2086
        run "$KMODE" build --config $config -Wall -Wextra -Werror $way
        ok "$config, $way: builds without a warning" status_is 0
        run "$KMODE" run --no-unload debug.sys
        ok "$config, $way: runs" status_is 0
        if [ "$file" = debug.c ]; then expected "$file" _Bool > expected; else expected "$file" bool > expected; fi
        ok "$config, $way: prints what it should" diff expected "$scratch/out"
    done
done

done_testing
