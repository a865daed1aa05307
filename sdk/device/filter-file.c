// SPDX-License-Identifier: MIT
// Contexts of handles that are the device's below, and so is their FsContext: a filter finds its own by the
// file object.
#include "device/device.h"

#define BUCKETS 64

typedef struct FILTER_FILE {
    LIST_ENTRY Link;
    PFILE_OBJECT FileObject;
    DECLSPEC_ALIGN(MEMORY_ALLOCATION_ALIGNMENT) UCHAR Context[];
} FILTER_FILE;

typedef struct FILTER_FILES {
    KSPIN_LOCK Lock;
    LIST_ENTRY Buckets[BUCKETS];
} FILTER_FILES;

static SIZE_T BytesOf(PKM_DEVICE Device)
{
    return sizeof(FILTER_FILE) + Device->File->Code;
}

static PLIST_ENTRY BucketOf(FILTER_FILES *Files, PFILE_OBJECT FileObject)
{
    ULONG_PTR Address = (ULONG_PTR)FileObject;

    return &Files->Buckets[(Address >> 12 ^ Address >> 6) % BUCKETS];
}

static NTSTATUS Begin(PKM_DEVICE Device)
{
    FILTER_FILES *Files = (FILTER_FILES *)KmAlloc(&Device->Memory, sizeof(*Files));

    if (Files == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KeInitializeSpinLock(&Files->Lock);
    for (ULONG Index = 0; Index < BUCKETS; Index += 1) {
        InitializeListHead(&Files->Buckets[Index]);
    }
    Device->FilterFiles = Files;
    return STATUS_SUCCESS;
}

// The file's context; NULL: it was opened before the filter was there.
static FILTER_FILE *Find(FILTER_FILES *Files, PFILE_OBJECT FileObject, BOOLEAN Remove)
{
    PLIST_ENTRY Bucket = BucketOf(Files, FileObject);
    FILTER_FILE *Found = NULL;
    KIRQL OldIrql;

    KeAcquireSpinLock(&Files->Lock, &OldIrql);
    for (PLIST_ENTRY Link = Bucket->Flink; Link != Bucket && Found == NULL; Link = Link->Flink) {
        FILTER_FILE *File = CONTAINING_RECORD(Link, FILTER_FILE, Link);

        Found = File->FileObject == FileObject ? File : NULL;
    }
    if (Found != NULL && Remove) {
        RemoveEntryList(&Found->Link);
    }
    KeReleaseSpinLock(&Files->Lock, OldIrql);
    return Found;
}

static PVOID FindContext(PKM_DEVICE Device, PFILE_OBJECT FileObject)
{
    FILTER_FILE *File = Find((FILTER_FILES *)Device->FilterFiles, FileObject, FALSE);

    return File != NULL ? File->Context : NULL;
}

static VOID Insert(FILTER_FILES *Files, FILTER_FILE *File)
{
    KIRQL OldIrql;

    KeAcquireSpinLock(&Files->Lock, &OldIrql);
    InsertHeadList(BucketOf(Files, File->FileObject), &File->Link);
    KeReleaseSpinLock(&Files->Lock, OldIrql);
}

// What the handler has let in.
static VOID CloseFile(PKM_DEVICE Device, FILTER_FILE *File)
{
    if (Device->File->Close != NULL) {
        Device->File->Close(Device, File->Context);
    }
    KmFree(&Device->Memory, File, BytesOf(Device));
}

static VOID End(PKM_DEVICE Device)
{
    FILTER_FILES *Files = (FILTER_FILES *)Device->FilterFiles;

    for (ULONG Index = 0; Index < BUCKETS; Index += 1) {
        while (!IsListEmpty(&Files->Buckets[Index])) {
            PLIST_ENTRY Link = RemoveHeadList(&Files->Buckets[Index]);

            CloseFile(Device, CONTAINING_RECORD(Link, FILTER_FILE, Link));
        }
    }
    KmFree(&Device->Memory, Files, sizeof(*Files));
    Device->FilterFiles = NULL;
}

// The whole of IRP_MJ_CREATE, but for its completion.
static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    PKM_DEVICE Device = Request->Device;
    FILTER_FILES *Files = (FILTER_FILES *)Device->FilterFiles;
    PFILE_OBJECT FileObject = Request->Stack->FileObject;
    FILTER_FILE *File = (FILTER_FILE *)KmAlloc(&Device->Memory, BytesOf(Device));
    NTSTATUS Status;

    if (File == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    File->FileObject = FileObject;
    // Before the device below is asked: what that does about the file may come by here.
    Insert(Files, File);
    Request->FileContext = File->Context;
    Status = Device->File->Handler != NULL ? Device->File->Handler(Request) : STATUS_SUCCESS;
    Request->FileContext = NULL; // FsContext is not this device's to end
    if (!KmpIsOpened(Status) || Status == STATUS_PENDING) {
        (VOID) Find(Files, FileObject, TRUE);
        KmFree(&Device->Memory, File, BytesOf(Device));
        return Status;
    }
    if (!Request->Forwarded) {
        Status = KmRequestForwardAndWait(Request);
    }
    if (!KmpIsOpened(Status)) {
        (VOID) Find(Files, FileObject, TRUE);
        CloseFile(Device, File);
    }
    return Status;
}

static NTSTATUS Create(PKM_DEVICE Device, PIRP Irp)
{
    return KmpHandle(Device, Irp, NULL, Open, STATUS_DELETE_PENDING);
}

static NTSTATUS Close(PKM_DEVICE Device, PIRP Irp)
{
    FILTER_FILE *File;

    if (!KmpRundownAcquire(&Device->Requests)) {
        return KmpCompleteIrp(Irp, STATUS_DELETE_PENDING);
    }
    File = Find((FILTER_FILES *)Device->FilterFiles, IoGetCurrentIrpStackLocation(Irp)->FileObject, TRUE);
    if (File != NULL) {
        CloseFile(Device, File);
    }
    return KmpPassDown(Device, Irp);
}

const KMP_PASSED_FILES KmpPassedFiles = {Begin, End, Create, Close, FindContext};
