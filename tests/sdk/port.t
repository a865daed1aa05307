#!/bin/sh
# SPDX-License-Identifier: MIT
# The SDK's ports and interrupt lock at a serial port and the PCI bus, its MSRs with a file of them.
. tests/cli/tap.sh

cat > port.c << 'END'
#include <kmode.h>

static LONG Calls;

static KSERVICE_ROUTINE Serve;
static BOOLEAN NTAPI Serve(PKINTERRUPT Interrupt, PVOID Context)
{
    UNREFERENCED_PARAMETER(Interrupt);
    UNREFERENCED_PARAMETER(Context);
    Calls += 1;
    return (BOOLEAN)((KmPortRead8(0x3FA) & 1) == 0);
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const UCHAR Text[] = "by the string instruction\n";
    UCHAR Back[3] = {0, 0, 0};
    PKINTERRUPT Interrupt;
    KAFFINITY Affinity;
    KIRQL Level, Held;
    ULONG64 Value;
    LONG Before;
    ULONG Vector = HalGetInterruptVector(Isa, 0, 4, 4, &Level, &Affinity);

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    KmPortWriteBuffer8(0x3F8, Text, sizeof(Text) - 1);

    // What is written comes back.
    KmPortWrite8(0x3FA, 0x01);
    KmPortWrite8(0x3FC, 0x18);
    KmPortWriteBuffer8(0x3F8, (const UCHAR *)"ab", 2);
    KmPortReadBuffer8(0x3F8, Back, 2);
    DbgPrint("back: %s\n", (char *)Back);
    KmPortWrite8(0x3FC, 0x08);

    NTSTATUS Status = IoConnectInterrupt(&Interrupt, Serve, NULL, NULL, Vector, Level, Level, Latched, FALSE,
                                         Affinity, FALSE);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KM_SCOPE {
        KmScoped(InterruptSpinLock, Interrupt);
        KmPortWrite8(0x3F9, 0x02);
        Held = KeGetCurrentIrql();
        Before = Calls;
    }
    KM_SCOPE_END
    DbgPrint("at DIRQL: %s, calls: %s, IRQL after: %d\n", Held == Level ? "yes" : "no", Before == 0 ? "none" : "some",
             KeGetCurrentIrql());
    for (ULONG Tries = 0; Calls == 0 && Tries < 1000; Tries += 1) {
        KmSleep(1);
    }
    DbgPrint("interrupted: %s\n", Calls > 0 ? "yes" : "no");
    KmPortWrite8(0x3F9, 0);
    KmPortWrite8(0x3FC, 0);
    IoDisconnectInterrupt(Interrupt);

    Status = KmMsrRead(0x12345, &Value);
    DbgPrint("MSR: %x %I64x\n", Status, Value);
    DbgPrint("written: %x\n", KmMsrWrite(0x12345, 9));
    DbgPrint("another: %x\n", KmMsrWrite(0x12346, 9));

    // The address of a function's configuration, and what is at it.
    KmPortWrite32(0xCF8, 0x80001800);
    DbgPrint("PCI: %x %x\n", KmPortRead32(0xCF8), KmPortRead32(0xCFC));
    return STATUS_UNSUCCESSFUL;
}
END
run "$KMODE" build -Wall -Wextra -Werror port.c
ok "it builds without a warning" status_is 0
cat > msrs.txt << 'END'
0x12345 0x1122334455667788 ro
0x12346 0x0 rw
END
printf '%s\n' '[{"device": 3, "vendor_id": "0x1AF4", "device_id": "0x1001"}]' > pci.json
cat > expected << 'END'
back: ab
at DIRQL: yes, calls: none, IRQL after: 0
interrupted: yes
MSR: 0 1122334455667788
written: c0000096
another: 0
PCI: 80001800 10011af4
END
for processors in 1 2; do
    rm -f sent
    run "$KMODE" run --quiet --cpus $processors --serial sent --msr msrs.txt --pci pci.json port.sys
    ok "on $processors: it sees what it should" diff expected "$scratch/out"
    ok "on $processors: nothing is found" sh -c '! grep -q finding "$1"' - "$scratch/err"
    ok "on $processors: the port has sent" sh -c 'echo "by the string instruction" | cmp - sent'
done

done_testing
