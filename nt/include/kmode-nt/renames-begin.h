// SPDX-License-Identifier: MIT
// Hides declarations of mingw-w64's DDK headers that ours replace, by another name while the header is read.
// No include guard: wdm.h, ntddk.h and ntifs.h each read it, and renames-end.h after it.

// Object types: dllimport on what NT declares a pointer to the variable reads one level too deep.
#define CmKeyObjectType                KmodeHiddenCmKeyObjectType
#define ExEventObjectType              KmodeHiddenExEventObjectType
#define ExSemaphoreObjectType          KmodeHiddenExSemaphoreObjectType
#define IoFileObjectType               KmodeHiddenIoFileObjectType
#define PsThreadType                   KmodeHiddenPsThreadType
#define PsProcessType                  KmodeHiddenPsProcessType
#define SeTokenObjectType              KmodeHiddenSeTokenObjectType
#define TmEnlistmentObjectType         KmodeHiddenTmEnlistmentObjectType
#define TmResourceManagerObjectType    KmodeHiddenTmResourceManagerObjectType
#define TmTransactionManagerObjectType KmodeHiddenTmTransactionManagerObjectType
#define TmTransactionObjectType        KmodeHiddenTmTransactionObjectType
// Variables that lack the dllimport that their type needs.
#define CcFastMdlReadWait              KmodeHiddenCcFastMdlReadWait
#define IoReadOperationCount           KmodeHiddenIoReadOperationCount
#define IoReadTransferCount            KmodeHiddenIoReadTransferCount
#define IoStatisticsLock               KmodeHiddenIoStatisticsLock
#define IoWriteOperationCount          KmodeHiddenIoWriteOperationCount
#define IoWriteTransferCount           KmodeHiddenIoWriteTransferCount
#define MmBadPointer                   KmodeHiddenMmBadPointer
#define NtGlobalFlag                   KmodeHiddenNtGlobalFlag
#define SePublicDefaultDacl            KmodeHiddenSePublicDefaultDacl
#define SeSystemDefaultDacl            KmodeHiddenSeSystemDefaultDacl
// IRQL routines with cr8 inline: ours call what the kernel exports.
#define KeGetCurrentIrql               KmodeHiddenKeGetCurrentIrql
#define KeLowerIrql                    KmodeHiddenKeLowerIrql
#define KfRaiseIrql                    KmodeHiddenKfRaiseIrql
#define KeRaiseIrqlToDpcLevel          KmodeHiddenKeRaiseIrqlToDpcLevel
#define KeRaiseIrqlToSynchLevel        KmodeHiddenKeRaiseIrqlToSynchLevel
// Copies of registers to memory, which write the registers.
#define READ_REGISTER_BUFFER_UCHAR     KmodeHiddenREAD_REGISTER_BUFFER_UCHAR
#define READ_REGISTER_BUFFER_ULONG     KmodeHiddenREAD_REGISTER_BUFFER_ULONG
#define READ_REGISTER_BUFFER_USHORT    KmodeHiddenREAD_REGISTER_BUFFER_USHORT
// ntifs.h of the WDK makes executive and kernel objects one type: C++ drivers give a PETHREAD to Ke routines.
#if defined(_NTIFS_INCLUDED_) && !defined(_NTOSKRNL_)
#define _EPROCESS _KPROCESS
#define _ETHREAD  _KTHREAD
#endif
// Without the checks that a driver's have.
#ifndef _NTOSKRNL_
#define RemoveEntryList KmodeHiddenRemoveEntryList
#define RemoveHeadList  KmodeHiddenRemoveHeadList
#define RemoveTailList  KmodeHiddenRemoveTailList
#define InsertTailList  KmodeHiddenInsertTailList
#define InsertHeadList  KmodeHiddenInsertHeadList
#define AppendTailList  KmodeHiddenAppendTailList
#endif
// A BOOLEAN until Windows 8.
#define RtlFreeHeap                         KmodeHiddenRtlFreeHeap
// The header of a file system's file, which ends where Windows 7's did, and the routines that take it.
#define _FSRTL_ADVANCED_FCB_HEADER          _KmodeHiddenFcbHeader
#define FSRTL_ADVANCED_FCB_HEADER           KmodeHiddenFcbHeader
#define PFSRTL_ADVANCED_FCB_HEADER          KmodeHiddenPFcbHeader
#define FsRtlTeardownPerStreamContexts      KmodeHiddenFsRtlTeardownPerStreamContexts
#define FsRtlInsertPerStreamContext         KmodeHiddenFsRtlInsertPerStreamContext
#define FsRtlLookupPerStreamContextInternal KmodeHiddenFsRtlLookupPerStreamContextInternal
#define FsRtlRemovePerStreamContext         KmodeHiddenFsRtlRemovePerStreamContext
#define FsRtlSetupAdvancedHeader            KmodeHiddenFsRtlSetupAdvancedHeader
// What the kernel offers of privileges and identifiers, which ends where Windows 7's did.
#define _SE_EXPORTS                         KmodeHidden_SE_EXPORTS
#define SE_EXPORTS                          KmodeHiddenSE_EXPORTS
#define PSE_EXPORTS                         KmodeHiddenPSE_EXPORTS
#define SeExports                           KmodeHiddenSeExports
