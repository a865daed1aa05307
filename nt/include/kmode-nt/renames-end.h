// SPDX-License-Identifier: MIT
// Ends what renames-begin.h began.

#undef CmKeyObjectType
#undef ExEventObjectType
#undef ExSemaphoreObjectType
#undef IoFileObjectType
#undef PsThreadType
#undef PsProcessType
#undef SeTokenObjectType
#undef TmEnlistmentObjectType
#undef TmResourceManagerObjectType
#undef TmTransactionManagerObjectType
#undef TmTransactionObjectType
#undef CcFastMdlReadWait
#undef IoReadOperationCount
#undef IoReadTransferCount
#undef IoStatisticsLock
#undef IoWriteOperationCount
#undef IoWriteTransferCount
#undef MmBadPointer
#undef NtGlobalFlag
#undef SePublicDefaultDacl
#undef SeSystemDefaultDacl
#undef KeGetCurrentIrql
#undef KeLowerIrql
#undef KfRaiseIrql
#undef KeRaiseIrqlToDpcLevel
#undef KeRaiseIrqlToSynchLevel
#undef _EPROCESS
#undef _ETHREAD
