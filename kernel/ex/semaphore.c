// SPDX-License-Identifier: MIT
// Semaphore objects: a KSEMAPHORE with a name and handles.
#include "inc/kernel.h"

POBJECT_TYPE ExSemaphoreObjectType;

#define EXP_SEMAPHORE_QUERY_STATE 0x0001

static const OB_TYPE_DESCRIPTION ExpSemaphoreDescription = {
    .Name = L"Semaphore",
    .GenericMapping = {STANDARD_RIGHTS_READ | EXP_SEMAPHORE_QUERY_STATE,
                       STANDARD_RIGHTS_WRITE | SEMAPHORE_MODIFY_STATE, STANDARD_RIGHTS_EXECUTE | SYNCHRONIZE,
                       SEMAPHORE_ALL_ACCESS},
    .ValidAccessMask = SEMAPHORE_ALL_ACCESS,
};

NTSTATUS ExpInitializeSemaphores(VOID)
{
    return ObpCreateType(&ExpSemaphoreDescription, &ExSemaphoreObjectType);
}

typedef struct _EXP_SEMAPHORE_COUNTS {
    LONG Initial, Maximum;
} EXP_SEMAPHORE_COUNTS;

static VOID ExpInitializeSemaphore(PVOID Object, const VOID *Context)
{
    const EXP_SEMAPHORE_COUNTS *Counts = Context;
    KeInitializeSemaphore(Object, Counts->Initial, Counts->Maximum);
}

// STATUS_INVALID_PARAMETER: 0 <= InitialCount <= MaximumCount, 0 < MaximumCount does not hold.
NTSTATUS NTAPI NtCreateSemaphore(PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess,
                                 POBJECT_ATTRIBUTES ObjectAttributes, LONG InitialCount, LONG MaximumCount)
{
    const EXP_SEMAPHORE_COUNTS Counts = {InitialCount, MaximumCount};
    if (MaximumCount <= 0 || InitialCount < 0 || InitialCount > MaximumCount) {
        return STATUS_INVALID_PARAMETER;
    }
    return ObpCreateForService(ExSemaphoreObjectType, sizeof(KSEMAPHORE), ExpInitializeSemaphore, &Counts,
                               ObjectAttributes, DesiredAccess, SemaphoreHandle);
}

KI_DEFINE_ZW(CreateSemaphore,
             (PHANDLE SemaphoreHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
              LONG InitialCount, LONG MaximumCount),
             (SemaphoreHandle, DesiredAccess, ObjectAttributes, InitialCount, MaximumCount))

// STATUS_INVALID_PARAMETER: ReleaseCount < 1; STATUS_SEMAPHORE_LIMIT_EXCEEDED.
NTSTATUS NTAPI NtReleaseSemaphore(HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PVOID Semaphore;
    LONG Before = 0;
    if (ReleaseCount <= 0) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = ObReferenceObjectByHandle(SemaphoreHandle, SEMAPHORE_MODIFY_STATE,
                                                ExSemaphoreObjectType, Mode, &Semaphore, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    __try {
        Before = KeReleaseSemaphore(Semaphore, SEMAPHORE_INCREMENT, ReleaseCount, FALSE);
    } __except (GetExceptionCode() == STATUS_SEMAPHORE_LIMIT_EXCEEDED ? EXCEPTION_EXECUTE_HANDLER
                                                                      : EXCEPTION_CONTINUE_SEARCH) {
        Status = STATUS_SEMAPHORE_LIMIT_EXCEEDED;
    }
    ObfDereferenceObject(Semaphore);
    return NT_SUCCESS(Status) ? ObpReturnLong(Before, PreviousCount, Mode) : Status;
}

KI_DEFINE_ZW(ReleaseSemaphore, (HANDLE SemaphoreHandle, LONG ReleaseCount, PLONG PreviousCount),
             (SemaphoreHandle, ReleaseCount, PreviousCount))
