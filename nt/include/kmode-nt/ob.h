// SPDX-License-Identifier: MIT
// Object manager and configuration manager routines.
#ifndef KMODE_NT_OB_H
#define KMODE_NT_OB_H

#ifdef __cplusplus
extern "C" {
#endif

// PASSIVE_LEVEL. As ZwClose, with the mode that the handle was opened for.
NTKERNELAPI NTSTATUS NTAPI ObCloseHandle(_In_ HANDLE Handle, _In_ KPROCESSOR_MODE PreviousMode);

// A reference unless the object's deletion has begun; FALSE then.
NTKERNELAPI BOOLEAN NTAPI ObReferenceObjectSafe(_In_ PVOID Object);

// IRQL <= APC_LEVEL. Windows 8+. *ObjectName is released by CmCallbackReleaseKeyObjectIDEx.
_Must_inspect_result_ NTKERNELAPI NTSTATUS NTAPI
CmCallbackGetKeyObjectIDEx(_In_ PLARGE_INTEGER Cookie, _In_ PVOID Object, _Out_opt_ PULONG_PTR ObjectID,
                           _Outptr_opt_ PCUNICODE_STRING *ObjectName, _In_ ULONG Flags);
NTKERNELAPI VOID NTAPI CmCallbackReleaseKeyObjectIDEx(_In_ PCUNICODE_STRING ObjectName);

NTKERNELAPI BOOLEAN NTAPI ObReferenceObjectSafeWithTag(_In_ PVOID Object, _In_ ULONG Tag);

#ifdef __cplusplus
}
#endif

#endif
