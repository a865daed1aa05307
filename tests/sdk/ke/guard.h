// SPDX-License-Identifier: MIT
// The scoped forms of guards, which a test includes once as the compiler has them and once as MSVC's C has.
#include "test.h"
#include <kmode.h>

static char Order[16];
static ULONG Length;

static VOID NTAPI Note(PVOID Context)
{
    Order[Length++] = *(PCSTR)Context;
    Order[Length] = '\0';
}

static NTSTATUS NoteAndFail(ULONG_PTR Letter)
{
    char Text = (char)Letter;
    Note(&Text);
    return STATUS_UNSUCCESSFUL;
}

static VOID Clear(VOID)
{
    Length = 0;
    Order[0] = '\0';
}

// Leaves by a return, a break, a goto, or the end.
static ULONG Leave(ULONG How)
{
    for (ULONG Round = 0; Round < 2; Round += 1) {
        KM_SCOPE {
            KmDefer(Note, "a");
            KmDefer(NoteAndFail, (ULONG_PTR)'b');
            if (How == 0) {
                return 1;
            }
            KmDefer(Note, "c");
            if (How == 1) {
                break;
            }
            if (How == 2) {
                continue;
            }
            if (How == 3) {
                goto Out;
            }
        }
        KM_SCOPE_END
    }
    return 2;
Out:
    return 3;
}

static void TestWaysOut(void)
{
    Clear();
    IS(Leave(0), 1);
    IS_STRING(Order, "ba");
    Clear();
    IS(Leave(1), 2);
    IS_STRING(Order, "cba");
    Clear();
    IS(Leave(2), 2);
    IS_STRING(Order, "cbacba");
    Clear();
    IS(Leave(3), 3);
    IS_STRING(Order, "cba");
    Clear();
    IS(Leave(4), 2);
    IS_STRING(Order, "cbacba");
}

static ULONG_PTR Evaluations;

static PVOID Next(VOID)
{
    static char Letters[] = "abc";
    return &Letters[Evaluations++];
}

static VOID Nested(VOID)
{
    KM_SCOPE {
        KmDefer(Note, Next());
        KM_SCOPE {
            KmDefer(Note, Next());
        }
        KM_SCOPE_END
        Note("-");
    }
    KM_SCOPE_END
}

static void TestNested(void)
{
    Clear();
    Nested();
    IS_STRING(Order, "b-a");
    IS(Evaluations, 2);
}

static VOID Dismissed(BOOLEAN Dismiss)
{
    KM_SCOPE {
        KmScopedGuard(Undo);
        OK(!KmGuardHolds(Undo));
        KmGuardDefer(Undo, Note, "u");
        OK(KmGuardHolds(Undo));
        if (Dismiss) {
            KmGuardDismiss(Undo);
        }
    }
    KM_SCOPE_END
}

static VOID EndedEarly(VOID)
{
    KM_SCOPE {
        KmScopedGuard(Guard);
        KmGuardEnd(Guard);
        KmGuardDefer(Guard, Note, "x");
        KmGuardEnd(Guard);
        KmGuardEnd(Guard);
        KmGuardDefer(Guard, Note, "y");
        Note("-");
    }
    KM_SCOPE_END
}

static void TestEnds(void)
{
    Clear();
    Dismissed(TRUE);
    IS_STRING(Order, "");
    Dismissed(FALSE);
    IS_STRING(Order, "u");
    Clear();
    EndedEarly();
    IS_STRING(Order, "x-y");
}

static KIRQL WithinScope(PKSPIN_LOCK Lock)
{
    KM_SCOPE {
        KmScopedCriticalRegion();
        KmScopedGuardedRegion();
        KmScoped(SpinLock, Lock);
        OK(KeAreAllApcsDisabled());
        return KeGetCurrentIrql();
    }
    KM_SCOPE_END
}

static void TestScoped(void)
{
    KSPIN_LOCK Lock;

    KeInitializeSpinLock(&Lock);
    IS(WithinScope(&Lock), DISPATCH_LEVEL);
    IS(KeGetCurrentIrql(), PASSIVE_LEVEL);
    OK(!KeAreApcsDisabled() && !KeAreAllApcsDisabled());
    OK(KeTestSpinLock(&Lock));
}

static void TestException(void)
{
    Clear();
    __try {
        KM_SCOPE {
            KmDefer(Note, "a");
            __try {
                ExRaiseStatus(STATUS_DEVICE_BUSY);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                Note("h");
            }
        }
        KM_SCOPE_END
    } __finally {
        Note("f");
    }
    IS_STRING(Order, "haf");
}

#ifdef KM_SCOPE_BY_FINALLY
static VOID RaiseInScope(VOID)
{
    KM_SCOPE {
        KmDefer(Note, "a");
        ExRaiseStatus(STATUS_DEVICE_BUSY);
    }
    KM_SCOPE_END
}

static void TestUnwound(void)
{
    Clear();
    __try {
        RaiseInScope();
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Note("h");
    }
    IS_STRING(Order, "ah");
}

TEST_DRIVER(TestWaysOut, TestNested, TestEnds, TestScoped, TestException, TestUnwound)
#else
TEST_DRIVER(TestWaysOut, TestNested, TestEnds, TestScoped, TestException)
#endif
