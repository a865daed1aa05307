// SPDX-License-Identifier: MIT
// A file locked for the memory manager: as its file system says (FAST_IO_DISPATCH), or else by its main
// resource. Filters are not asked: theirs are the callbacks of FsRtlRegisterFileSystemFilterCallbacks.
#include "inc/kernel.h"
#include "fsrtl/fast-io.h"

VOID NTAPI FsRtlAcquireFileExclusive(PFILE_OBJECT FileObject)
{
    PFAST_IO_DISPATCH Fast = IoGetBaseFileSystemDeviceObject(FileObject)->DriverObject->FastIoDispatch;
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    FsRtlEnterFileSystem();
    if (FSRTLP_HAS_FAST(Fast, AcquireFileForNtCreateSection)) {
        Fast->AcquireFileForNtCreateSection(FileObject);
    } else if (Header != NULL && Header->Resource != NULL) {
        ExAcquireResourceExclusiveLite(Header->Resource, TRUE);
    }
}

VOID NTAPI FsRtlReleaseFile(PFILE_OBJECT FileObject)
{
    PFAST_IO_DISPATCH Fast = IoGetBaseFileSystemDeviceObject(FileObject)->DriverObject->FastIoDispatch;
    PFSRTL_COMMON_FCB_HEADER Header = FileObject->FsContext;
    if (FSRTLP_HAS_FAST(Fast, ReleaseFileForNtCreateSection)) {
        Fast->ReleaseFileForNtCreateSection(FileObject);
    } else if (Header != NULL && Header->Resource != NULL) {
        ExReleaseResourceLite(Header->Resource);
    }
    FsRtlExitFileSystem();
}
