// SPDX-License-Identifier: MIT
// Directories.
#include <ntifs.h>
#include <kmode.h>

#define ROOM 4096

NTSTATUS NTAPI KmDirectoryCreate(PCWSTR Path)
{
    UNICODE_STRING Name;
    HANDLE Directory;
    NTSTATUS Status = RtlInitUnicodeStringEx(&Name, Path);

    if (NT_SUCCESS(Status)) {
        Status = KmFileOpenEx(NULL, &Name, FILE_LIST_DIRECTORY, FILE_ATTRIBUTE_NORMAL,
                              FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_CREATE, FILE_DIRECTORY_FILE,
                              &Directory, NULL);
    }
    if (NT_SUCCESS(Status)) {
        (VOID) ZwClose(Directory);
    }
    return Status;
}

NTSTATUS NTAPI KmDirectoryBegin(PKM_DIRECTORY Directory, PCWSTR Path, PCWSTR Pattern, PKM_ALLOCATOR Allocator)
{
    UNICODE_STRING Name;
    NTSTATUS Status;

    RtlZeroMemory(Directory, sizeof(*Directory));
    Directory->Allocator = Allocator;
    Status = RtlInitUnicodeStringEx(&Name, Path);
    if (NT_SUCCESS(Status)) {
        Status = RtlInitUnicodeStringEx(&Directory->Pattern, Pattern);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Directory->Memory = KmAllocUninitialized(Allocator, ROOM);
    if (Directory->Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = KmFileOpenEx(NULL, &Name, FILE_LIST_DIRECTORY, 0,
                          FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, FILE_OPEN,
                          FILE_DIRECTORY_FILE, &Directory->Handle, NULL);
    if (!NT_SUCCESS(Status)) {
        KmDirectoryEnd(Directory);
    }
    // None in Memory, so that the first step asks.
    Directory->Next = ROOM;
    return Status;
}

static BOOLEAN IsDots(const FILE_DIRECTORY_INFORMATION *Entry)
{
    return (Entry->FileNameLength == sizeof(WCHAR) && Entry->FileName[0] == L'.') ||
           (Entry->FileNameLength == 2 * sizeof(WCHAR) && Entry->FileName[0] == L'.' &&
            Entry->FileName[1] == L'.');
}

// The next entry in Memory, which is filled anew when it is used up.
static NTSTATUS Step(PKM_DIRECTORY Directory, PFILE_DIRECTORY_INFORMATION *Entry)
{
    IO_STATUS_BLOCK IoStatus;
    NTSTATUS Status;

    if (Directory->Next >= ROOM) {
        Status = ZwQueryDirectoryFile(
            Directory->Handle, NULL, NULL, NULL, &IoStatus, Directory->Memory, ROOM, FileDirectoryInformation,
            FALSE, Directory->Pattern.Length != 0 ? &Directory->Pattern : NULL, !Directory->Started);
        if (!NT_SUCCESS(Status)) {
            // What the first query says where nothing matches.
            return Status == STATUS_NO_SUCH_FILE ? STATUS_NO_MORE_FILES : Status;
        }
        Directory->Started = TRUE;
        Directory->Next = 0;
    }
    *Entry = (PFILE_DIRECTORY_INFORMATION)((PUCHAR)Directory->Memory + Directory->Next);
    Directory->Next = (*Entry)->NextEntryOffset != 0 ? Directory->Next + (*Entry)->NextEntryOffset : ROOM;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmDirectoryNext(PKM_DIRECTORY Directory, PKM_DIRECTORY_ENTRY Entry)
{
    PFILE_DIRECTORY_INFORMATION Source;
    NTSTATUS Status;

    RtlZeroMemory(Entry, sizeof(*Entry));
    do {
        Status = Step(Directory, &Source);
    } while (NT_SUCCESS(Status) && IsDots(Source));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Entry->Name.Buffer = Source->FileName;
    Entry->Name.Length = Entry->Name.MaximumLength = (USHORT)Source->FileNameLength;
    Entry->Information.Bytes = (ULONGLONG)Source->EndOfFile.QuadPart;
    Entry->Information.AllocatedBytes = (ULONGLONG)Source->AllocationSize.QuadPart;
    Entry->Information.Attributes = Source->FileAttributes;
    Entry->Information.CreationTime = Source->CreationTime.QuadPart;
    Entry->Information.LastAccessTime = Source->LastAccessTime.QuadPart;
    Entry->Information.LastWriteTime = Source->LastWriteTime.QuadPart;
    Entry->Information.ChangeTime = Source->ChangeTime.QuadPart;
    return STATUS_SUCCESS;
}

VOID NTAPI KmDirectoryEnd(PKM_DIRECTORY Directory)
{
    if (Directory->Handle != NULL) {
        (VOID) ZwClose(Directory->Handle);
        Directory->Handle = NULL;
    }
    KmFree(Directory->Allocator, Directory->Memory, ROOM);
    Directory->Memory = NULL;
}
