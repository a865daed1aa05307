// SPDX-License-Identifier: MIT
// Sharing: what those who have a file open do with it and let others do.
#include "inc/kernel.h"

#define IOP_READ_ACCESS  (FILE_EXECUTE | FILE_READ_DATA)
#define IOP_WRITE_ACCESS (FILE_WRITE_DATA | FILE_APPEND_DATA)

// What a file does, and, if it does any of it, what it shares.
static VOID IopNoteAccess(PFILE_OBJECT FileObject, ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess)
{
    FileObject->ReadAccess = (DesiredAccess & IOP_READ_ACCESS) != 0;
    FileObject->WriteAccess = (DesiredAccess & IOP_WRITE_ACCESS) != 0;
    FileObject->DeleteAccess = (DesiredAccess & DELETE) != 0;
    if (FileObject->ReadAccess || FileObject->WriteAccess || FileObject->DeleteAccess) {
        FileObject->SharedRead = (DesiredShareAccess & FILE_SHARE_READ) != 0;
        FileObject->SharedWrite = (DesiredShareAccess & FILE_SHARE_WRITE) != 0;
        FileObject->SharedDelete = (DesiredShareAccess & FILE_SHARE_DELETE) != 0;
    } else {
        FileObject->SharedRead = FileObject->SharedWrite = FileObject->SharedDelete = FALSE;
    }
}

// Who only looks at attributes is not counted, and neither is who has been told not to be.
static BOOLEAN IopIsCounted(PFILE_OBJECT FileObject)
{
    PIOP_FILE_EXTENSION Extension = FileObject->FileObjectExtension;
    return (FileObject->ReadAccess || FileObject->WriteAccess || FileObject->DeleteAccess) &&
           !(Extension != NULL && Extension->IgnoreShareAccess);
}

static VOID IopCount(PSHARE_ACCESS ShareAccess, PFILE_OBJECT FileObject, LONG Change)
{
    ShareAccess->OpenCount += Change;
    ShareAccess->Readers += FileObject->ReadAccess ? Change : 0;
    ShareAccess->Writers += FileObject->WriteAccess ? Change : 0;
    ShareAccess->Deleters += FileObject->DeleteAccess ? Change : 0;
    ShareAccess->SharedRead += FileObject->SharedRead ? Change : 0;
    ShareAccess->SharedWrite += FileObject->SharedWrite ? Change : 0;
    ShareAccess->SharedDelete += FileObject->SharedDelete ? Change : 0;
}

static BOOLEAN IopCollides(BOOLEAN Uses, BOOLEAN Shares, ULONG Users, ULONG Sharers, ULONG Opens)
{
    return (Uses && Sharers < Opens) || (Users != 0 && !Shares);
}

NTSTATUS NTAPI IoCheckShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess,
                                  PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess, BOOLEAN Update)
{
    IopNoteAccess(FileObject, DesiredAccess, DesiredShareAccess);
    if (!IopIsCounted(FileObject)) {
        return STATUS_SUCCESS;
    }
    ULONG Opens = ShareAccess->OpenCount;
    if (IopCollides(FileObject->ReadAccess, FileObject->SharedRead, ShareAccess->Readers,
                    ShareAccess->SharedRead, Opens) ||
        IopCollides(FileObject->WriteAccess, FileObject->SharedWrite, ShareAccess->Writers,
                    ShareAccess->SharedWrite, Opens) ||
        IopCollides(FileObject->DeleteAccess, FileObject->SharedDelete, ShareAccess->Deleters,
                    ShareAccess->SharedDelete, Opens)) {
        return STATUS_SHARING_VIOLATION;
    }
    if (Update) {
        IopCount(ShareAccess, FileObject, 1);
    }
    return STATUS_SUCCESS;
}

VOID NTAPI IoSetShareAccess(ACCESS_MASK DesiredAccess, ULONG DesiredShareAccess, PFILE_OBJECT FileObject,
                            PSHARE_ACCESS ShareAccess)
{
    RtlZeroMemory(ShareAccess, sizeof(*ShareAccess));
    IopNoteAccess(FileObject, DesiredAccess, DesiredShareAccess);
    if (IopIsCounted(FileObject)) {
        IopCount(ShareAccess, FileObject, 1);
    }
}

VOID NTAPI IoUpdateShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    if (IopIsCounted(FileObject)) {
        IopCount(ShareAccess, FileObject, 1);
    }
}

VOID NTAPI IoRemoveShareAccess(PFILE_OBJECT FileObject, PSHARE_ACCESS ShareAccess)
{
    if (IopIsCounted(FileObject)) {
        IopCount(ShareAccess, FileObject, -1);
    }
}
