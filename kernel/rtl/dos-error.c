// SPDX-License-Identifier: MIT
// Statuses as errors of Win32.
#include "inc/kernel.h"

#define RTLP_CUSTOMER_STATUS  0x20000000u
#define RTLP_HRESULT_OF_NT    0x10000000u
#define RTLP_FACILITY(Status) ((Status) >> 16 & 0xFFF)
#define RTLP_FACILITY_NTWIN32 7

#define RTLP_ERROR_MR_MID_NOT_FOUND 317

// The statuses of remote procedure calls follow each other as the errors do.
#define RTLP_FIRST_RPC_STATUS 0xC0020001u
#define RTLP_LAST_RPC_STATUS  0xC0020048u
#define RTLP_FIRST_RPC_ERROR  1700

static const struct {
    ULONG Status, Error;
} RtlpDosErrors[] = {
#include "dos-errors.inc"
};

// ERROR_MR_MID_NOT_FOUND: there is no such error. What a customer has defined stays as it is. (ntifs,
// RtlNtStatusToDosErrorNoTeb)
ULONG NTAPI RtlNtStatusToDosErrorNoTeb(NTSTATUS Status)
{
    ULONG Wanted = (ULONG)Status, Low = 0, High = RTL_NUMBER_OF(RtlpDosErrors);
    if (Wanted == 0 || (Wanted & RTLP_CUSTOMER_STATUS)) {
        return Wanted;
    }
    Wanted &= ~RTLP_HRESULT_OF_NT;
    // An error that has become a status, by NTSTATUS_FROM_WIN32 or as an HRESULT.
    if (RTLP_FACILITY(Wanted) == RTLP_FACILITY_NTWIN32 && (Wanted & 0x80000000)) {
        return Wanted & 0xFFFF;
    }
    if (Wanted >= RTLP_FIRST_RPC_STATUS && Wanted <= RTLP_LAST_RPC_STATUS) {
        return Wanted - RTLP_FIRST_RPC_STATUS + RTLP_FIRST_RPC_ERROR;
    }
    while (Low < High) {
        ULONG Middle = (Low + High) / 2;
        if (RtlpDosErrors[Middle].Status == Wanted) {
            return RtlpDosErrors[Middle].Error;
        }
        if (RtlpDosErrors[Middle].Status < Wanted) {
            Low = Middle + 1;
        } else {
            High = Middle;
        }
    }
    return RTLP_ERROR_MR_MID_NOT_FOUND;
}

// The other one notes Status in the thread's environment block, where it has one; kmode's have nobody to read
// it.
ULONG NTAPI RtlNtStatusToDosError(NTSTATUS Status)
{
    return RtlNtStatusToDosErrorNoTeb(Status);
}
