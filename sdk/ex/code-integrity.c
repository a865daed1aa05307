// SPDX-License-Identifier: MIT
// How code is checked: system information that may not be there.
#include <kmode.h>
#include "runtime/system-routine.h"

// Of SYSTEM_CODEINTEGRITY_INFORMATION, documented with NtQuerySystemInformation.
#define CODE_INTEGRITY_CLASS       103
#define CODEINTEGRITY_ENABLED      0x1
#define CODEINTEGRITY_TESTSIGN     0x2
#define CODEINTEGRITY_HVCI_ENABLED 0x400

// Of SystemSecureBootInformation.
#define SECURE_BOOT_CLASS 145

typedef NTSTATUS(NTAPI *KMP_QUERY_SYSTEM)(ULONG Class, PVOID Buffer, ULONG Bytes, PULONG Returned);

static KMP_SYSTEM_ROUTINE QuerySystemInformation = KMP_SYSTEM_ROUTINE_INIT(L"ZwQuerySystemInformation");

static NTSTATUS Query(ULONG Class, PVOID Buffer, ULONG Bytes)
{
    KMP_QUERY_SYSTEM Routine = (KMP_QUERY_SYSTEM)(ULONG_PTR)KmpFindSystemRoutine(&QuerySystemInformation);
    ULONG Returned;

    return Routine != NULL && NT_SUCCESS(Routine(Class, Buffer, Bytes, &Returned)) ? STATUS_SUCCESS
                                                                                   : STATUS_NOT_SUPPORTED;
}

NTSTATUS NTAPI KmCodeIntegrityQuery(PKM_CODE_INTEGRITY Integrity)
{
    ULONG Information[2] = {sizeof(Information), 0}; // its length, its options
    NTSTATUS Status = Query(CODE_INTEGRITY_CLASS, Information, sizeof(Information));
    ULONG Options = NT_SUCCESS(Status) ? Information[1] : 0;

    Integrity->Enabled = (BOOLEAN)((Options & CODEINTEGRITY_ENABLED) != 0);
    Integrity->TestSigning = (BOOLEAN)((Options & CODEINTEGRITY_TESTSIGN) != 0);
    Integrity->Hvci = (BOOLEAN)((Options & CODEINTEGRITY_HVCI_ENABLED) != 0);
    return Status;
}

NTSTATUS NTAPI KmSecureBootQuery(PBOOLEAN Enabled)
{
    BOOLEAN Information[2] = {FALSE, FALSE}; // enabled, capable
    NTSTATUS Status = Query(SECURE_BOOT_CLASS, Information, sizeof(Information));

    *Enabled = (BOOLEAN)(NT_SUCCESS(Status) && Information[0]);
    return Status;
}
