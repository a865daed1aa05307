// SPDX-License-Identifier: MIT
// Keeps the words that a program writes, and gives them back in order, each once. They go with its handle.
#include <kmode.h>

typedef struct SESSION {
    FAST_MUTEX Mutex;
    KM_VEC(KM_STRING) Words; // sorted
} SESSION;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'droW');

static LONG NTAPI CompareWords(const VOID *Left, const VOID *Right, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmUnicodeCompare((PCUNICODE_STRING)Left, &((const KM_STRING *)Right)->Unicode, TRUE);
}

static NTSTATUS AddWord(SESSION *Session, PCUNICODE_STRING Word)
{
    SIZE_T Position;
    KM_STRING Copy;
    NTSTATUS Status;

    if (KmVecBinarySearch(&Session->Words, Word, CompareWords, NULL, &Position) == STATUS_SUCCESS) {
        return STATUS_SUCCESS;
    }
    KmStringInit(&Copy, &Pool);
    Status = KmStringAssign(&Copy, Word);
    Status = NT_SUCCESS(Status) ? KmVecInsert(&Session->Words, Position, Copy) : Status;
    if (!NT_SUCCESS(Status)) {
        KmStringFree(&Copy);
    }
    return Status;
}

static NTSTATUS NTAPI Write(PKM_REQUEST Request)
{
    SESSION *Session = KmRequestFile(Request, SESSION);
    USHORT Bytes = (USHORT)min(Request->InputBytes, 4096) & ~1;
    UNICODE_STRING Rest = {Bytes, Bytes, (PWCH)Request->Input}, Word;
    NTSTATUS Status = STATUS_SUCCESS;

    ExAcquireFastMutex(&Session->Mutex);
    while (NT_SUCCESS(Status) && KmUnicodeNextPart(&Rest, L" \r\n", TRUE, &Word)) {
        Status = AddWord(Session, &Word);
    }
    ExReleaseFastMutex(&Session->Mutex);
    KmRequestSetInformation(Request, Bytes); // what is more is for another request
    return Status;
}

static NTSTATUS NTAPI Read(PKM_REQUEST Request)
{
    SESSION *Session = KmRequestFile(Request, SESSION);
    NTSTATUS Status = STATUS_SUCCESS;
    KM_STRING Line;

    KmStringInit(&Line, &Pool);
    ExAcquireFastMutex(&Session->Mutex);
    KmVecForEach(KM_STRING, Word, &Session->Words) {
        Status = NT_SUCCESS(Status) ? KmStringAppendFormat(&Line, L"%wZ\n", &Word->Unicode) : Status;
    }
    ExReleaseFastMutex(&Session->Mutex);
    Status =
        NT_SUCCESS(Status) && Line.Unicode.Length > Request->OutputBytes ? STATUS_BUFFER_TOO_SMALL : Status;
    if (NT_SUCCESS(Status) && Line.Unicode.Length != 0) {
        RtlCopyMemory(Request->Output, Line.Unicode.Buffer, Line.Unicode.Length);
        KmRequestSetInformation(Request, Line.Unicode.Length);
    }
    KmStringFree(&Line);
    return Status;
}

static NTSTATUS NTAPI Open(PKM_REQUEST Request)
{
    ExInitializeFastMutex(&KmRequestFile(Request, SESSION)->Mutex);
    KmVecInit(&KmRequestFile(Request, SESSION)->Words, &Pool);
    return STATUS_SUCCESS;
}

static VOID NTAPI Close(PKM_DEVICE Device, PVOID FileContext)
{
    SESSION *Session = (SESSION *)FileContext;

    UNREFERENCED_PARAMETER(Device);
    KmVecForEach(KM_STRING, Word, &Session->Words) {
        KmStringFree(Word);
    }
    KmVecFree(&Session->Words);
}

static const KM_DEVICE_ENTRY Words[] = {KM_DEVICE_NAME(L"\\Device\\Words"),
                                        KM_DEVICE_LINK(L"\\DosDevices\\Words"),
                                        KM_FILE_CONTEXT(SESSION, Open, Close),
                                        KM_ON(IRP_MJ_WRITE, Write),
                                        KM_ON(IRP_MJ_READ, Read),
                                        KM_DEVICE_END};

KM_DRIVER(Words)
