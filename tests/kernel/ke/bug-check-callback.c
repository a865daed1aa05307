// SPDX-License-Identifier: MIT
// Routines for a bug check, as they are registered; tests/golden/bug-check-callback.c has them called.
#include "test.h"

static KBUGCHECK_CALLBACK_RECORD Record;
static KBUGCHECK_REASON_CALLBACK_RECORD ReasonRecord;
static UCHAR Buffer[16];

static VOID NTAPI OnBugCheck(PVOID Memory, ULONG Length)
{
    UNREFERENCED_PARAMETER(Memory);
    UNREFERENCED_PARAMETER(Length);
}

static VOID NTAPI OnReason(KBUGCHECK_CALLBACK_REASON Reason, PKBUGCHECK_REASON_CALLBACK_RECORD Own,
                           PVOID Data, ULONG Length)
{
    UNREFERENCED_PARAMETER(Reason);
    UNREFERENCED_PARAMETER(Own);
    UNREFERENCED_PARAMETER(Data);
    UNREFERENCED_PARAMETER(Length);
}

static BOOLEAN Register(void)
{
    return KeRegisterBugCheckCallback(&Record, OnBugCheck, Buffer, sizeof(Buffer), (PUCHAR) "test");
}

static void TestPlain(void)
{
    KIRQL OldIrql;
    KeInitializeCallbackRecord(&Record);
    OK(!KeDeregisterBugCheckCallback(&Record)); // not yet
    OK(Register());
    OK(!Register()); // not twice
    OK(KeDeregisterBugCheckCallback(&Record));
    OK(!KeDeregisterBugCheckCallback(&Record));
    // Any IRQL, and no buffer.
    KeRaiseIrql(HIGH_LEVEL, &OldIrql);
    BOOLEAN Registered = KeRegisterBugCheckCallback(&Record, OnBugCheck, NULL, 0, (PUCHAR) "test");
    BOOLEAN Removed = KeDeregisterBugCheckCallback(&Record);
    KeLowerIrql(OldIrql);
    OK(Registered);
    OK(Removed);
}

static BOOLEAN RegisterReason(ULONG Reason)
{
    return KeRegisterBugCheckReasonCallback(&ReasonRecord, OnReason, (KBUGCHECK_CALLBACK_REASON)Reason,
                                            (PUCHAR) "test");
}

static void TestReasons(void)
{
    static const KBUGCHECK_CALLBACK_REASON Reasons[] = {KbCallbackSecondaryDumpData, KbCallbackDumpIo,
                                                        KbCallbackAddPages};
    KeInitializeCallbackRecord(&ReasonRecord);
    OK(!KeDeregisterBugCheckReasonCallback(&ReasonRecord));
    OK(!RegisterReason(KbCallbackInvalid));
    OK(!RegisterReason(1000));
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Reasons); Index += 1) {
        OK(RegisterReason(Reasons[Index]));
        OK(!RegisterReason(Reasons[Index]));
        OK(KeDeregisterBugCheckReasonCallback(&ReasonRecord));
        OK(!KeDeregisterBugCheckReasonCallback(&ReasonRecord));
    }
}

TEST_DRIVER(TestPlain, TestReasons)
