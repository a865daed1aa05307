// SPDX-License-Identifier: MIT
// Security of devices, and of the files in them.
#include "inc/kernel.h"

// Whose contents are nobody's who may not read all of them: everybody may open them, for their attributes.
static const DEVICE_TYPE IopGuardedTypes[] = {FILE_DEVICE_DISK, FILE_DEVICE_VIRTUAL_DISK,
                                              FILE_DEVICE_MASS_STORAGE};

VOID IopDefaultDeviceSecurity(DEVICE_TYPE DeviceType, ULONG Characteristics, PISECURITY_DESCRIPTOR Security)
{
    PACL Dacl = SePublicOpenUnrestrictedDacl;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(IopGuardedTypes); Index += 1) {
        if (IopGuardedTypes[Index] == DeviceType && !(Characteristics & FILE_FLOPPY_DISKETTE)) {
            Dacl = SePublicDefaultUnrestrictedDacl;
        }
    }
    *Security = (SECURITY_DESCRIPTOR){.Revision = SECURITY_DESCRIPTOR_REVISION,
                                      .Control = SE_DACL_PRESENT,
                                      .Owner = SeAliasAdminsSid,
                                      .Group = SeLocalSystemSid,
                                      .Dacl = Dacl};
}

// Of a file system that keeps none.
static NTSTATUS IopQueryOpenSecurity(PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                     PULONG Length, PGENERIC_MAPPING Mapping)
{
    union {
        ACL Acl;
        UCHAR Bytes[sizeof(ACL) + sizeof(ACCESS_ALLOWED_ACE) + SECURITY_MAX_SID_SIZE];
    } Dacl;
    PSECURITY_DESCRIPTOR Everybody;
    RtlCreateAcl(&Dacl.Acl, sizeof(Dacl), ACL_REVISION);
    RtlAddAccessAllowedAce(&Dacl.Acl, ACL_REVISION, Mapping->GenericAll, SeWorldSid);
    SEP_PARTS Parts = {SE_DACL_PRESENT, SeWorldSid, SeWorldSid, &Dacl.Acl, NULL};
    NTSTATUS Status = SepBuildDescriptor(&Parts, PagedPool, &Everybody);
    if (NT_SUCCESS(Status)) {
        __try {
            Status = SeQuerySecurityDescriptorInfo(Information, Descriptor, Length, &Everybody);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            Status = GetExceptionCode();
        }
        ExFreePoolWithTag(Everybody, TAG_SECURITY);
    }
    return Status;
}

// Asks, or tells, the file system.
static NTSTATUS IopSendSecurity(PFILE_OBJECT FileObject, UCHAR MajorFunction,
                                SECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                ULONG Length, KPROCESSOR_MODE Mode, PULONG_PTR Needed)
{
    IOP_SERVICE Service;
    IO_STATUS_BLOCK Answer = {0};
    NTSTATUS Status = IopBeginOwnService(&Service, FileObject);
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    PIRP Irp = IopAllocateServiceIrp(&Service, MajorFunction, &Answer, NULL, NULL);
    if (Irp == NULL) {
        IopEndService(&Service);
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PIO_STACK_LOCATION Stack = IoGetNextIrpStackLocation(Irp);
    if (MajorFunction == IRP_MJ_QUERY_SECURITY) {
        Irp->RequestorMode = Mode;
        Irp->UserBuffer = Descriptor;
        Stack->Parameters.QuerySecurity.SecurityInformation = Information;
        Stack->Parameters.QuerySecurity.Length = Length;
    } else {
        Stack->Parameters.SetSecurity.SecurityInformation = Information;
        Stack->Parameters.SetSecurity.SecurityDescriptor = Descriptor;
    }
    Status = IopSendRequest(&Service, Irp, TRUE);
    *Needed = Answer.Information;
    return Status;
}

// The device itself has been opened, not a file in it.
static BOOLEAN IopIsDeviceOpen(PFILE_OBJECT FileObject)
{
    return FileObject->FileName.Length == 0 && !(FileObject->Flags & FO_STREAM_FILE);
}

NTSTATUS NTAPI IopFileSecurityMethod(PVOID Object, SECURITY_OPERATION_CODE Operation,
                                     PSECURITY_INFORMATION Information, PSECURITY_DESCRIPTOR Descriptor,
                                     PULONG Length, PSECURITY_DESCRIPTOR *ObjectsDescriptor,
                                     POOL_TYPE PoolType, PGENERIC_MAPPING Mapping, KPROCESSOR_MODE Mode)
{
    PFILE_OBJECT FileObject = Object;
    ULONG_PTR Needed = 0;
    if (IopIsDeviceOpen(FileObject)) {
        return ObpDefaultSecurityMethod(FileObject->DeviceObject, Operation, Information, Descriptor, Length,
                                        ObjectsDescriptor, PoolType, Mapping, Mode);
    }
    if (Operation == SetSecurityDescriptor) {
        return IopSendSecurity(FileObject, IRP_MJ_SET_SECURITY, *Information, Descriptor, 0, Mode, &Needed);
    }
    if (Operation != QuerySecurityDescriptor) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status =
        IopSendSecurity(FileObject, IRP_MJ_QUERY_SECURITY, *Information, Descriptor, *Length, Mode, &Needed);
    if (Status == STATUS_INVALID_DEVICE_REQUEST) {
        return IopQueryOpenSecurity(Information, Descriptor, Length, Mapping);
    }
    *Length = (ULONG)Needed;
    return Status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : Status;
}
