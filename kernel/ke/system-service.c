// SPDX-License-Identifier: MIT
// The system service table, and a call through it.
#include "inc/kernel.h"

typedef NTSTATUS(NTAPI *PKI_SYSTEM_SERVICE)(ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64,
                                            ULONG64, ULONG64, ULONG64, ULONG64, ULONG64);

// Under names of their own, for the DDK declares them with their types. Weak: a service that is not written
// yet is answered as one that does not exist.
#define KI_DECLARE(name, count)                                                                              \
    NTSTATUS NTAPI KiService##name(ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64, ULONG64,   \
                                   ULONG64, ULONG64, ULONG64, ULONG64) __asm__(#name) __attribute__((weak));
KM_SERVICES(KI_DECLARE)

#define KI_ENTRY(name, count) KiService##name,
static const PKI_SYSTEM_SERVICE KiServiceTable[KM_SERVICE_COUNT] = {KM_SERVICES(KI_ENTRY)};

NTSTATUS KiSystemService(const KM_REQUEST *Request)
{
    if (Request->service >= KM_SERVICE_COUNT || KiServiceTable[Request->service] == NULL) {
        return STATUS_INVALID_SYSTEM_SERVICE;
    }
    const uint64_t *Argument = Request->arguments;
    KPROCESSOR_MODE Before = KiSetPreviousMode(UserMode);
    NTSTATUS Status = KiServiceTable[Request->service](Argument[0], Argument[1], Argument[2], Argument[3],
                                                       Argument[4], Argument[5], Argument[6], Argument[7],
                                                       Argument[8], Argument[9], Argument[10], Argument[11]);
    KiSetPreviousMode(Before);
    return Status;
}
