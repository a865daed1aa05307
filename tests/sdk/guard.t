#!/bin/sh
# SPDX-License-Identifier: MIT
# Scoped guards in C++, and what a guard costs: nothing but the calls of the lock itself.
. tests/cli/tap.sh

cat > guard.cpp << 'END'
#include <kmode.h>

extern "C" DRIVER_INITIALIZE DriverEntry;

static VOID Say(PCSTR Text)
{
    DbgPrint("%s\n", Text);
}

static KSPIN_LOCK Lock;

static int Leave(int How)
{
    KM_SCOPE {
        KIRQL Irql = KeGetCurrentIrql();
        KmDefer(Say, "first in, last out");
        KmDefer([&] { DbgPrint("a lambda, which sees %d\n", How); });
        KmScopedGuard(Undo);
        KmGuardDefer(Undo, [](PVOID) { Say("undone"); }, NULL);
        if (How == 0) {
            return 0;
        }
        KmGuardDismiss(Undo);
        KmScoped(SpinLock, &Lock);
        Irql = KeGetCurrentIrql();
        return Irql;
    }
    KM_SCOPE_END
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)
{
    KeInitializeSpinLock(&Lock);
    DbgPrint("left with %d\n", Leave(0));
    DbgPrint("left with %d at %d\n", Leave(1), (int)KeGetCurrentIrql());
    return STATUS_UNSUCCESSFUL;
}
END
cat > expected << 'END'
undone
a lambda, which sees 0
first in, last out
left with 0
a lambda, which sees 1
first in, last out
left with 2 at 0
END
for config in debug release; do
    run "$KMODE" build --config $config -Wall -Wextra -Werror guard.cpp
    ok "C++, $config: builds without a warning" status_is 0
    run "$KMODE" run guard.sys
    ok "C++, $config: ends guards in reverse, however the block is left" diff expected "$scratch/out"
done

cat > cost.c << 'END'
#include <kmode.h>
LONG Total;
VOID ByGuard(PKSPIN_LOCK Lock)
{
    KM_SCOPE {
        KmScoped(SpinLock, Lock);
        Total += 1;
    }
    KM_SCOPE_END
}
VOID ByHand(PKSPIN_LOCK Lock)
{
    KIRQL OldIrql;
    KeAcquireSpinLock(Lock, &OldIrql);
    Total += 1;
    KeReleaseSpinLock(Lock, OldIrql);
}
END
run clang-19 --target=x86_64-w64-mingw32 -O2 -S -o cost.s -ffreestanding -fms-extensions -fms-compatibility \
    -fgnuc-version=14.0 -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C -nostdlibinc -isystem "$PREFIX/include/kmode/nt" \
    -isystem "$PREFIX/include/kmode/sdk" -isystem /usr/x86_64-w64-mingw32/include/ddk \
    -isystem /usr/x86_64-w64-mingw32/include cost.c
ok "the compiler takes it" status_is 0
body() { sed -n "/^$1:/,/End function/p" cost.s | grep -E '^[[:space:]]+[a-z]'; }
body ByGuard > guard.txt
body ByHand > hand.txt
ok "a scoped spin lock is the instructions of the two calls" cmp guard.txt hand.txt
ok "which are there" grep -q KeReleaseSpinLock guard.txt

done_testing
