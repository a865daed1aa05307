// SPDX-License-Identifier: MIT
// What is done once, over NT's one-time initialization.
#include <kmode.h>

C_ASSERT(sizeof(KM_ONCE) == sizeof(RTL_RUN_ONCE));

NTSTATUS NTAPI KmOnce(PKM_ONCE Once, PKM_ONCE_ROUTINE Routine, PVOID Context)
{
    PRTL_RUN_ONCE RunOnce = (PRTL_RUN_ONCE)Once;
    NTSTATUS Status = RtlRunOnceBeginInitialize(RunOnce, 0, NULL);

    if (Status != STATUS_PENDING) {
        return Status;
    }
    Status = Routine(Context);
    (void)RtlRunOnceComplete(RunOnce, NT_SUCCESS(Status) ? 0 : RTL_RUN_ONCE_INIT_FAILED, NULL);
    return NT_SUCCESS(Status) ? STATUS_SUCCESS : Status;
}

BOOLEAN NTAPI KmOnceIsDone(PKM_ONCE Once)
{
    return (BOOLEAN)(RtlRunOnceBeginInitialize((PRTL_RUN_ONCE)Once, RTL_RUN_ONCE_CHECK_ONLY, NULL) ==
                     STATUS_SUCCESS);
}
