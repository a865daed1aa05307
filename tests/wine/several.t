#!/bin/sh
# SPDX-License-Identifier: MIT
# Several drivers under Wine, and one on a machine that takes its time.
. tests/cli/tap.sh

needs_wine "several drivers under Wine"

cat > several.c << 'END'
#include <ntddk.h>
DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    DbgPrint("%S unloaded\n", DriverObject->DriverName.Buffer);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    DbgPrint("%S loaded\n", DriverObject->DriverName.Buffer);
    DbgPrint("process %p\n", PsGetCurrentProcessId());
    return STATUS_SUCCESS;
}
END
for driver in a b c; do
    "$KMODE" build -q several.c -o $driver.sys
done
sed 's/return STATUS_SUCCESS/return STATUS_UNSUCCESSFUL/' several.c > fails.c
"$KMODE" build -q fails.c
cat > program.c << 'END'
#include <stdio.h>
int main(void)
{
    puts("used");
    return 0;
}
END
x86_64-w64-mingw32-gcc program.c -o program.exe
run "$KMODE" run --wine --program program.exe a.sys b.sys c.sys
ok "several drivers" status_is 0
tr -d '\r' < "$scratch/out" | sed '/^process /d' > order
ok "are loaded in order, used, and unloaded in reverse" cmp order - << 'END'
\Driver\a loaded
\Driver\b loaded
\Driver\c loaded
used
\Driver\c unloaded
\Driver\b unloaded
\Driver\a unloaded
END
ok "all in one process" [ "$(grep '^process ' "$scratch/out" | sort -u | wc -l)" -eq 1 ]
run "$KMODE" run --wine a.sys fails.sys c.sys
ok "where the second does not start" status_is 1
ok "that is said" err_has "fails did not start under Wine"
sed '/^process /d' "$scratch/out" > order
ok "the third is not loaded, and the first is unloaded" cmp order - << 'END'
\Driver\a loaded
\Driver\fails loaded
\Driver\a unloaded
END

# A machine that is so busy that seconds pass before the next program of Wine's runs.
cat > busy << END
#!/bin/sh
sleep 3
exec $(command -v wine || command -v wine64 || echo /usr/lib/wine/wine64) "\$@"
END
chmod +x busy
run env KMODE_WINE="$PWD/busy" "$KMODE" run --wine a.sys
ok "on a busy machine a driver starts and stops" status_is 0
ok "and is not ended in between" out_has '\Driver\a unloaded'
# Wine itself would give up after ten.
sed 's/.*unloaded/    LARGE_INTEGER Delay = {.QuadPart = -110000000};\n    KeDelayExecutionThread(KernelMode, FALSE, \&Delay);\n&/' \
    several.c > slow.c
"$KMODE" build -q slow.c
run "$KMODE" run --wine slow.sys
ok "a driver that takes eleven seconds to unload does so" status_is 0
ok "and says so" out_has "unloaded"

done_testing
