// SPDX-License-Identifier: MIT
// What is asked about the power of the system.
#include "inc/kernel.h"

typedef union _POP_ANSWER {
    POWER_PLATFORM_INFORMATION Platform;
    EXECUTION_STATE ExecutionState;
    ULONGLONG Time; // interrupt time
} POP_ANSWER;

// The size of the answer, 0 if nobody knows what is asked.
static ULONG PopAnswer(POWER_INFORMATION_LEVEL Level, POP_ANSWER *Answer)
{
    switch ((ULONG)Level) {
    case PlatformInformation: return sizeof(Answer->Platform);
    case LastWakeTime: Answer->Time = PopSleep.LastWakeTime; return sizeof(Answer->Time);
    case LastSleepTime: Answer->Time = PopSleep.LastSleepTime; return sizeof(Answer->Time);
    case SystemExecutionState:
        Answer->ExecutionState = PopSystemExecutionState();
        return sizeof(Answer->ExecutionState);
    default: return 0;
    }
}

NTSTATUS NTAPI NtPowerInformation(POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer,
                                  ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength)
{
    POP_ANSWER Answer = {0};
    NTSTATUS Status = STATUS_SUCCESS;
    ULONG Bytes = PopAnswer(InformationLevel, &Answer);
    if (Bytes == 0 || InputBuffer != NULL || InputBufferLength != 0 || OutputBuffer == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    if (OutputBufferLength < Bytes) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(OutputBuffer, OutputBufferLength, 1);
        }
        RtlCopyMemory(OutputBuffer, &Answer, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

KI_DEFINE_ZW(PowerInformation,
             (POWER_INFORMATION_LEVEL InformationLevel, PVOID InputBuffer, ULONG InputBufferLength,
              PVOID OutputBuffer, ULONG OutputBufferLength),
             (InformationLevel, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength))
