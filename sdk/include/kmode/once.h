// SPDX-License-Identifier: MIT
// What is done once, by whoever comes first, while the others wait.
//
//     static KM_ONCE Once = KM_ONCE_INIT;
//     static ULONG Table[256];
//
//     static NTSTATUS NTAPI FillTable(PVOID Context)
//     {
//         UNREFERENCED_PARAMETER(Context);
//         for (ULONG Index = 0; Index < 256; Index += 1) {
//             Table[Index] = Index * Index;
//         }
//         return STATUS_SUCCESS;
//     }
//
//     static NTSTATUS Square(UCHAR Number, PULONG Result)
//     {
//         NTSTATUS Status = KmOnce(&Once, FillTable, NULL);
//
//         *Result = Table[Number];
//         return Status;
//     }
#ifndef KMODE_ONCE_H
#define KMODE_ONCE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/once.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// One thing to be done once. Its member belongs to KmOnce.
typedef struct KM_ONCE {
    PVOID State;
} KM_ONCE, *PKM_ONCE;

/// The initializer of a KM_ONCE that is not done; zeroed memory is one too.
#define KM_ONCE_INIT {NULL}

typedef NTSTATUS NTAPI KM_ONCE_ROUTINE(_In_opt_ PVOID Context);
typedef KM_ONCE_ROUTINE *PKM_ONCE_ROUTINE;

/// Calls Routine with Context unless that has been done; who comes meanwhile waits. When it returns
/// STATUS_SUCCESS, it has been done, by this thread or another, and all that it wrote is seen. Not by Routine
/// for the same KM_ONCE.
///
/// Returns STATUS_SUCCESS; what Routine returned if that was a failure: then nothing has been done, and the
/// next call tries again, as one that waits does at once.
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
    KmOnce(_Inout_ PKM_ONCE Once, _In_ PKM_ONCE_ROUTINE Routine, _In_opt_ PVOID Context);

/// Whether it has been done; what its routine wrote is seen then.
///
///     static NTSTATUS UseIfReady(PKM_ONCE Once)
///     {
///         return KmOnceIsDone(Once) ? STATUS_SUCCESS : STATUS_DEVICE_NOT_READY;
///     }
_IRQL_requires_max_(APC_LEVEL) BOOLEAN NTAPI KmOnceIsDone(_Inout_ PKM_ONCE Once);

#ifdef __cplusplus
}
#endif

#endif
