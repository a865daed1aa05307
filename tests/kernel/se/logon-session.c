// SPDX-License-Identifier: MIT
// Logon sessions: marked, and routines registered for their end.
#include "../test.h"

static NTSTATUS NTAPI Terminated(PLUID LogonId)
{
    UNREFERENCED_PARAMETER(LogonId);
    return STATUS_SUCCESS;
}

static void TestMark(void)
{
    LUID System = SYSTEM_LUID, Nobody = {0x12345, 0x6789};
    IS(SeMarkLogonSessionForTerminationNotification(&System), STATUS_SUCCESS);
    IS(SeMarkLogonSessionForTerminationNotification(&Nobody), STATUS_NOT_FOUND);
}

static void TestRegister(void)
{
    IS(SeRegisterLogonSessionTerminatedRoutine(NULL), STATUS_INVALID_PARAMETER);
    IS(SeUnregisterLogonSessionTerminatedRoutine(NULL), STATUS_INVALID_PARAMETER);
    IS(SeUnregisterLogonSessionTerminatedRoutine(Terminated), STATUS_INSUFFICIENT_RESOURCES);
    IS(SeRegisterLogonSessionTerminatedRoutine(Terminated), STATUS_SUCCESS);
    IS(SeRegisterLogonSessionTerminatedRoutine(Terminated), STATUS_SUCCESS);
    // Once for each time that it was registered.
    IS(SeUnregisterLogonSessionTerminatedRoutine(Terminated), STATUS_SUCCESS);
    IS(SeUnregisterLogonSessionTerminatedRoutine(Terminated), STATUS_SUCCESS);
    IS(SeUnregisterLogonSessionTerminatedRoutine(Terminated), STATUS_INSUFFICIENT_RESOURCES);
}

TEST_DRIVER(TestMark, TestRegister)
