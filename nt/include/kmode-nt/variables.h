// SPDX-License-Identifier: MIT
// Variables that ntoskrnl.exe exports.
#ifndef KMODE_NT_VARIABLES_H
#define KMODE_NT_VARIABLES_H

#ifdef __cplusplus
extern "C" {
#endif

// The kernel's variable is a POBJECT_TYPE. To a driver the name is its import slot, thus a pointer to that
// variable; the import library gives the bare name of a variable this meaning (CONSTANT).
#ifdef _NTOSKRNL_
#define KMODE_NT_OBJECT_TYPE(Name) extern POBJECT_TYPE Name
#else
#define KMODE_NT_OBJECT_TYPE(Name) extern POBJECT_TYPE *Name
#endif
KMODE_NT_OBJECT_TYPE(CmKeyObjectType);
KMODE_NT_OBJECT_TYPE(ExEventObjectType);
KMODE_NT_OBJECT_TYPE(ExSemaphoreObjectType);
KMODE_NT_OBJECT_TYPE(ExTimerObjectType);
KMODE_NT_OBJECT_TYPE(IoFileObjectType);
KMODE_NT_OBJECT_TYPE(MmSectionObjectType);
KMODE_NT_OBJECT_TYPE(PsThreadType);
KMODE_NT_OBJECT_TYPE(PsProcessType);
KMODE_NT_OBJECT_TYPE(SeTokenObjectType);
KMODE_NT_OBJECT_TYPE(TmEnlistmentObjectType);
KMODE_NT_OBJECT_TYPE(TmResourceManagerObjectType);
KMODE_NT_OBJECT_TYPE(TmTransactionManagerObjectType);
KMODE_NT_OBJECT_TYPE(TmTransactionObjectType);
KMODE_NT_OBJECT_TYPE(PsJobType);
#undef KMODE_NT_OBJECT_TYPE

extern NTKERNELAPI PVOID MmBadPointer;
extern NTKERNELAPI ULONG NtGlobalFlag;

#ifdef _NTOSKRNL_
extern ULONG InitSafeBootMode;
#else
extern PULONG InitSafeBootMode;
#endif

#ifdef __cplusplus
}
#endif

#endif
