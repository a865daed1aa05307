// SPDX-License-Identifier: MIT
// Oplock keys: file objects of one cache, by what an open brings as an extra create parameter.
#include "inc/kernel.h"
#include <initguid.h>

DEFINE_GUID(IopEcpOplockKey, 0x48850596, 0x3050, 0x4be7, 0x98, 0x63, 0xfe, 0xc3, 0x50, 0xce, 0x8d, 0x7f);
DEFINE_GUID(IopEcpDualOplockKey, 0x41621a14, 0xb08b, 0x4df1, 0xb6, 0x76, 0xa0, 0x5f, 0xfd, 0xf0, 0x1b, 0xea);

NTSTATUS IopTakeOplockKey(PIRP Irp)
{
    PECP_LIST List;
    PVOID Context;
    ULONG Bytes;
    PFILE_OBJECT FileObject = IoGetCurrentIrpStackLocation(Irp)->FileObject;
    PIOP_FILE_EXTENSION Extension = FileObject != NULL ? FileObject->FileObjectExtension : NULL;
    if (Extension == NULL || !NT_SUCCESS(FsRtlGetEcpListFromIrp(Irp, &List)) || List == NULL) {
        return STATUS_SUCCESS;
    }
    POPLOCK_KEY_CONTEXT Key = &Extension->OplockKey;
    if (NT_SUCCESS(FsRtlFindExtraCreateParameter(List, &IopEcpDualOplockKey, &Context, &Bytes))) {
        const DUAL_OPLOCK_KEY_ECP_CONTEXT *Dual = Context;
        if (Bytes < sizeof(*Dual)) {
            return STATUS_INVALID_PARAMETER;
        }
        Key->Version = OPLOCK_KEY_VERSION_WIN8;
        Key->Flags = (USHORT)((Dual->ParentOplockKeySet ? OPLOCK_KEY_FLAG_PARENT_KEY : 0) |
                              (Dual->TargetOplockKeySet ? OPLOCK_KEY_FLAG_TARGET_KEY : 0));
        Key->ParentOplockKey = Dual->ParentOplockKey;
        Key->TargetOplockKey = Dual->TargetOplockKey;
    } else if (NT_SUCCESS(FsRtlFindExtraCreateParameter(List, &IopEcpOplockKey, &Context, &Bytes))) {
        const OPLOCK_KEY_ECP_CONTEXT *Single = Context;
        if (Bytes < sizeof(*Single)) {
            return STATUS_INVALID_PARAMETER;
        }
        Key->Version = OPLOCK_KEY_VERSION_WIN7;
        Key->Flags = OPLOCK_KEY_FLAG_TARGET_KEY;
        Key->TargetOplockKey = Single->OplockKey;
    }
    return STATUS_SUCCESS;
}

POPLOCK_KEY_CONTEXT NTAPI IoGetOplockKeyContextEx(PFILE_OBJECT FileObject)
{
    PIOP_FILE_EXTENSION Extension = FileObject->FileObjectExtension;
    return Extension != NULL && Extension->OplockKey.Flags != 0 ? &Extension->OplockKey : NULL;
}

POPLOCK_KEY_ECP_CONTEXT NTAPI IoGetOplockKeyContext(PFILE_OBJECT FileObject)
{
    POPLOCK_KEY_CONTEXT Key = IoGetOplockKeyContextEx(FileObject);
    if (Key == NULL || !(Key->Flags & OPLOCK_KEY_FLAG_TARGET_KEY)) {
        return NULL;
    }
    // A key, and a reserved word of zero behind it, is what the older structure is.
    C_ASSERT(FIELD_OFFSET(OPLOCK_KEY_CONTEXT, Reserved) - FIELD_OFFSET(OPLOCK_KEY_CONTEXT, TargetOplockKey) ==
             FIELD_OFFSET(OPLOCK_KEY_ECP_CONTEXT, Reserved));
    return (POPLOCK_KEY_ECP_CONTEXT)&Key->TargetOplockKey;
}
