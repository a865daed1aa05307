// SPDX-License-Identifier: MIT
// The release of a semaphore that answers with a status.
#include <kmode.h>

NTSTATUS NTAPI KmSemaphoreRelease(PKSEMAPHORE Semaphore, LONG Count)
{
    if (Count < 1) {
        return STATUS_INVALID_PARAMETER;
    }
    __try {
        KeReleaseSemaphore(Semaphore, IO_NO_INCREMENT, Count, FALSE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}
