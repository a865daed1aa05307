#!/bin/sh
# SPDX-License-Identifier: MIT
# kmode run --wine: the driver's text on stdout, clear words where something is missing.
. tests/cli/tap.sh

cat > hello.c << 'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    DbgPrint("unloaded\n");
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrintEx(77, 0, "first: %d\nsecond\n", 1);
    return STATUS_SUCCESS;
}
END
sed 's/return STATUS_SUCCESS/return STATUS_UNSUCCESSFUL/' hello.c > fails.c
"$KMODE" build -q hello.c && "$KMODE" build -q fails.c && "$KMODE" build -q "$ROOT/examples/hello" -o example.sys

run env PATH=/nonexistent KMODE_WINE=no-such-wine "$KMODE" run --wine hello.sys
ok "no Wine" refused 2 "apt-get install wine64"

run "$KMODE" run --wine hello.sys no-such.sys
ok "a second driver that is not there" refused 3 "cannot load no-such.sys: No such file or directory"
mkdir other && cp hello.sys other/HELLO.sys
run "$KMODE" run --wine hello.sys other/HELLO.sys
ok "two drivers of one name" refused 3 "other/HELLO.sys: a driver of the name hello is loaded already"
run "$KMODE" run --wine --script /dev/null
ok "a script without a driver" refused 2 "--wine loads and unloads alone: --script is of kmode's own kernel"
touch in.reg
for option in --cpus=2 --registry=in.reg --disk=. --json=out.json --fail-allocations --no-unload; do
    run "$KMODE" run $option --wine hello.sys
    ok "what Wine's kernel cannot have: $option" refused 2 "--wine loads and unloads alone: ${option%%=*} is of"
done

run "$KMODE" run --program hello.exe hello.sys
ok "a program without Wine" refused 2 "--program needs --wine"

needs_wine "a driver under Wine"

run "$KMODE" run --wine hello.sys
ok "a driver starts and stops" status_is 0
ok "and what it prints is on stdout" out_is "first: 1
second
unloaded"
run "$KMODE" run --wine example.sys
ok "a driver without DriverUnload" status_is 0
ok "prints too" out_is "$(sed 's/\[hello\]/[example]/' "$ROOT/examples/hello/expected.log")"
run "$KMODE" run --wine fails.sys
ok "a driver that does not start" status_is 1
ok "is said so, and what Wine has said" err_has "fails did not start under Wine: General failure."
ok "after its log" out_has "first: 1"
run "$KMODE" run --wine no-such.sys
ok "a file that is not there" refused 3 "no-such.sys"


cat > program.c << 'END'
#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <windows.h>
int main(void)
{
    _setmode(1, _O_BINARY);
    printf("the system's folder %s\n", GetFileAttributesA("C:\\windows") != INVALID_FILE_ATTRIBUTES ? "is" : "is not");
    return STATUS;
}
END
for status in 0 3; do
    x86_64-w64-mingw32-gcc -DSTATUS=$status program.c -o program$status.exe
    run "$KMODE" run --wine --program program$status.exe hello.sys
    ok "a program while the driver is loaded: its lines are between" out_is "first: 1
second
the system's folder is
unloaded"
    ok "a program that ends with $status" status_is $((status != 0))
done
ok "is said so" err_has "program3.exe ended with exit status 3"
run "$KMODE" run --wine --program no-such.exe hello.sys
ok "a program that is not there" refused 3 "cannot run no-such.exe: No such file or directory"
run "$KMODE" run --wine --program program.c hello.sys
ok "a file that is no program" status_is 1
ok "is no success" err_has "program.c ended with exit status"
ok "the driver is stopped all the same" out_has "unloaded"

"$KMODE" run --wine hello.sys > one 2>&1 &
"$KMODE" run --wine hello.sys > two 2>&1
wait
ok "two at the same time do not meet" cmp one two
ok "and are whole" [ "$(wc -l < one)" -eq 3 ]

done_testing
