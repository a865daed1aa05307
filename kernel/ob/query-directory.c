// SPDX-License-Identifier: MIT
// What is in an object directory.
#include "inc/kernel.h"

#define OBP_DIRECTORY_QUERY 0x0001

// OBJECT_DIRECTORY_INFORMATION
typedef struct _OBP_DIRECTORY_INFORMATION {
    UNICODE_STRING Name, TypeName;
} OBP_DIRECTORY_INFORMATION;

// An answer under way: entries grow from the front of Copy and texts follow them in the end, so the texts are
// put behind what all entries take. Pointers are into Target, the caller's buffer.
typedef struct _OBP_DIRECTORY_ANSWER {
    PUCHAR Copy;
    ULONG_PTR Target;
    ULONG Offset; // of the next text
} OBP_DIRECTORY_ANSWER;

// The object at Index, in the order of the directory; NULL. The namespace is locked.
static PVOID ObpObjectAt(POBJECT_DIRECTORY Directory, ULONG Index)
{
    for (ULONG Bucket = 0; Bucket < OB_DIRECTORY_BUCKETS; Bucket += 1) {
        for (POBJECT_DIRECTORY_ENTRY Entry = Directory->HashBuckets[Bucket]; Entry != NULL;
             Entry = Entry->ChainLink) {
            if (Index == 0) {
                return Entry->Object;
            }
            Index -= 1;
        }
    }
    return NULL;
}

static ULONG ObpTextBytes(PVOID Object)
{
    return ObpNameInfo(Object)->Name.Length + ObGetObjectType(Object)->Name.Length +
           2 * (ULONG)sizeof(UNICODE_NULL);
}

static VOID ObpPutText(OBP_DIRECTORY_ANSWER *Answer, PUNICODE_STRING String, PCUNICODE_STRING Text)
{
    RtlCopyMemory(Answer->Copy + Answer->Offset, Text->Buffer, Text->Length);
    *(PWCH)(Answer->Copy + Answer->Offset + Text->Length) = UNICODE_NULL;
    String->Length = Text->Length;
    String->MaximumLength = (USHORT)(Text->Length + sizeof(UNICODE_NULL));
    String->Buffer = (PWCH)(Answer->Target + Answer->Offset);
    Answer->Offset += String->MaximumLength;
}

// As many objects from First on as Length has room for, at most Limit, with an empty entry behind them. Their
// number; *Bytes: what they take.
static ULONG ObpCountThatFit(POBJECT_DIRECTORY Directory, ULONG First, ULONG Limit, ULONG Length,
                             PULONG Bytes)
{
    ULONG Count = 0;
    PVOID Object;
    *Bytes = sizeof(OBP_DIRECTORY_INFORMATION);
    while (Count < Limit && (Object = ObpObjectAt(Directory, First + Count)) != NULL) {
        ULONG More = sizeof(OBP_DIRECTORY_INFORMATION) + ObpTextBytes(Object);
        if (*Bytes > Length || More > Length - *Bytes) {
            break;
        }
        *Bytes += More;
        Count += 1;
    }
    return Count;
}

// Copies the answer to a buffer of the caller's. *Count: of objects. The namespace is locked.
static NTSTATUS ObpListDirectory(POBJECT_DIRECTORY Directory, ULONG First, BOOLEAN Single, ULONG Length,
                                 OBP_DIRECTORY_ANSWER *Answer, PULONG Count, PULONG Bytes)
{
    PVOID Object = ObpObjectAt(Directory, First);
    *Bytes = *Count = 0;
    if (Object == NULL) {
        return STATUS_NO_MORE_ENTRIES;
    }
    *Count = ObpCountThatFit(Directory, First, Single ? 1 : MAXULONG, Length, Bytes);
    if (*Count == 0 && Single) {
        *Bytes = 2 * (ULONG)sizeof(OBP_DIRECTORY_INFORMATION) + ObpTextBytes(Object);
        return STATUS_BUFFER_TOO_SMALL;
    }
    if (Length < sizeof(OBP_DIRECTORY_INFORMATION)) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Answer->Copy = ExAllocatePoolZero(PagedPool, *Bytes, TAG_OBJECT_DIRECTORY);
    if (Answer->Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    OBP_DIRECTORY_INFORMATION *Entry = (OBP_DIRECTORY_INFORMATION *)Answer->Copy;
    Answer->Offset = (*Count + 1) * (ULONG)sizeof(*Entry);
    for (ULONG Index = 0; Index < *Count; Index += 1, Entry += 1) {
        Object = ObpObjectAt(Directory, First + Index);
        ObpPutText(Answer, &Entry->Name, &ObpNameInfo(Object)->Name);
        ObpPutText(Answer, &Entry->TypeName, &ObGetObjectType(Object)->Name);
    }
    return Single || ObpObjectAt(Directory, First + *Count) == NULL ? STATUS_SUCCESS : STATUS_MORE_ENTRIES;
}

static NTSTATUS ObpQueryDirectory(POBJECT_DIRECTORY Directory, PVOID Buffer, ULONG Length, BOOLEAN Single,
                                  BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength)
{
    OBP_DIRECTORY_ANSWER Answer = {.Target = (ULONG_PTR)Buffer};
    ULONG First = 0, Count, Bytes;
    NTSTATUS Status;
    __try {
        if (KeGetPreviousMode() != KernelMode) {
            ProbeForWrite(Buffer, Length, sizeof(WCHAR));
            ProbeForWrite(Context, sizeof(*Context), sizeof(ULONG));
            if (ReturnLength != NULL) {
                ProbeForWrite(ReturnLength, sizeof(*ReturnLength), sizeof(ULONG));
            }
        }
        if (!RestartScan) {
            First = *(volatile ULONG *)Context;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    ObpLockNamespace();
    Status = ObpListDirectory(Directory, First, Single, Length, &Answer, &Count, &Bytes);
    ObpUnlockNamespace();
    __try {
        if (Answer.Copy != NULL) {
            RtlCopyMemory(Buffer, Answer.Copy, Bytes);
            *Context = First + Count;
        }
        if (ReturnLength != NULL) {
            *ReturnLength = Bytes;
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (Answer.Copy != NULL) {
        ExFreePoolWithTag(Answer.Copy, TAG_OBJECT_DIRECTORY);
    }
    return Status;
}

// Writes an OBJECT_DIRECTORY_INFORMATION of each object, or of one with ReturnSingleEntry, from *Context on
// or, with RestartScan, from the first; an empty one follows the last. *Context is where to go on.
// *ReturnLength, which is optional: the bytes written, or with STATUS_BUFFER_TOO_SMALL needed for a single
// one. STATUS_MORE_ENTRIES: there was room for some, or none; STATUS_NO_MORE_ENTRIES; what
// ObReferenceObjectByHandle returns (DIRECTORY_QUERY is needed), and what a fault raises. IRQL PASSIVE_LEVEL.
// (Win32, NtQueryDirectoryObject)
NTSTATUS NTAPI NtQueryDirectoryObject(HANDLE DirectoryHandle, PVOID Buffer, ULONG Length,
                                      BOOLEAN ReturnSingleEntry, BOOLEAN RestartScan, PULONG Context,
                                      PULONG ReturnLength)
{
    PVOID Directory;
    NTSTATUS Status = ObReferenceObjectByHandle(DirectoryHandle, OBP_DIRECTORY_QUERY, ObpDirectoryObjectType,
                                                KeGetPreviousMode(), &Directory, NULL);
    if (NT_SUCCESS(Status)) {
        Status = ObpQueryDirectory(Directory, Buffer, Length, ReturnSingleEntry, RestartScan, Context,
                                   ReturnLength);
        ObfDereferenceObject(Directory);
    }
    return Status;
}

KI_DEFINE_ZW(QueryDirectoryObject,
             (HANDLE DirectoryHandle, PVOID Buffer, ULONG Length, BOOLEAN ReturnSingleEntry,
              BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength),
             (DirectoryHandle, Buffer, Length, ReturnSingleEntry, RestartScan, Context, ReturnLength))
