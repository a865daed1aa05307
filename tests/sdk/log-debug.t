#!/bin/sh
# SPDX-License-Identifier: MIT
# KmDbg and KmPrint: what they print for each type, in C with and without statement expressions, and in C++.
. tests/cli/tap.sh

cat > debug.c << 'END2'
#include <ntifs.h>
#include <kmode.h>

#ifdef __cplusplus
extern "C"
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
END2
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
