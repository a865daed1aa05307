// SPDX-License-Identifier: MIT
// Callbacks for processors that are added, and for NMIs.
#include "test.h"

#define CALLS 256

static struct {
    KE_PROCESSOR_CHANGE_NOTIFY_STATE State;
    ULONG Number;
    NTSTATUS Status;
} Calls[CALLS];
static ULONG CallCount, Refused = MAXULONG;
static PVOID Expected;

static VOID NTAPI Note(PVOID Context, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT Change, PNTSTATUS OperationStatus)
{
    OK(Context == Expected);
    IS(Change->NtNumber, Change->ProcNumber.Number);
    Calls[CallCount % CALLS].State = Change->State;
    Calls[CallCount % CALLS].Number = Change->NtNumber;
    Calls[CallCount % CALLS].Status = Change->Status;
    CallCount += 1;
    if (Change->State == KeProcessorAddStartNotify && Change->NtNumber == Refused) {
        *OperationStatus = STATUS_INSUFFICIENT_RESOURCES;
    }
}

static PVOID Register(ULONG Flags)
{
    CallCount = 0;
    Expected = &CallCount;
    return KeRegisterProcessorChangeCallback(Note, &CallCount, Flags);
}

static void TestOnlyNew(void)
{
    PVOID Handle = Register(0);
    OK(Handle != NULL);
    IS(CallCount, 0);
    KeDeregisterProcessorChangeCallback(Handle);
}

static void TestExisting(void)
{
    ULONG Processors = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
    PVOID Handle = Register(KE_PROCESSOR_CHANGE_ADD_EXISTING);
    OK(Handle != NULL);
    IS(CallCount, Processors * 2);
    for (ULONG Number = 0; Number < Processors; Number += 1) {
        IS(Calls[Number].State, KeProcessorAddStartNotify);
        IS(Calls[Number].Number, Number);
        IS(Calls[Processors + Number].State, KeProcessorAddCompleteNotify);
        IS(Calls[Processors + Number].Status, STATUS_SUCCESS);
    }
    KeDeregisterProcessorChangeCallback(Handle);
}

// The one that is refused is not told again, those in front of it are.
static void TestRefused(void)
{
    Refused = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) - 1;
    PVOID Handle = Register(KE_PROCESSOR_CHANGE_ADD_EXISTING);
    OK(Handle != NULL);
    IS(CallCount, Refused + 1 + Refused);
    for (ULONG Number = 0; Number < Refused; Number += 1) {
        IS(Calls[Refused + 1 + Number].State, KeProcessorAddFailureNotify);
        IS(Calls[Refused + 1 + Number].Status, STATUS_INSUFFICIENT_RESOURCES);
    }
    KeDeregisterProcessorChangeCallback(Handle);
}

static BOOLEAN NTAPI NotCalled(PVOID Context, BOOLEAN Handled)
{
    UNREFERENCED_PARAMETER(Context);
    return Handled;
}

static void TestNmi(void)
{
    PVOID First = KeRegisterNmiCallback(NotCalled, NULL);
    PVOID Second = KeRegisterNmiCallback(NotCalled, NULL);
    OK(First != NULL && Second != NULL && First != Second);
    IS(KeDeregisterNmiCallback(First), STATUS_SUCCESS);
    IS(KeDeregisterNmiCallback(First), STATUS_INVALID_HANDLE);
    IS(KeDeregisterNmiCallback(&First), STATUS_INVALID_HANDLE);
    IS(KeDeregisterNmiCallback(Second), STATUS_SUCCESS);
}

TEST_DRIVER(TestOnlyNew, TestExisting, TestRefused, TestNmi)
