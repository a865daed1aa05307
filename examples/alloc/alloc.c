// SPDX-License-Identifier: MIT
// Allocators as values: one routine, AddWords, over an arena, a slab heap, a buffer; each refused once.
#include <kmode.h>
DRIVER_INITIALIZE DriverEntry;
typedef struct WORD_ENTRY {
    struct WORD_ENTRY *Next;
    SIZE_T Bytes;
    PSTR Text;
} WORD_ENTRY;

static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'xEmK');

static VOID FreeWords(PKM_ALLOCATOR Allocator, WORD_ENTRY *Word)
{
    while (Word != NULL) {
        WORD_ENTRY *Next = Word->Next;
        KmFree(Allocator, Word->Text, Word->Bytes);
        KmDelete(Allocator, Word);
        Word = Next;
    }
}

// Copies Text Count times into a list. It neither knows nor asks where the memory is from.
static NTSTATUS AddWords(PKM_ALLOCATOR Allocator, PCSTR Text, ULONG Count, WORD_ENTRY **List)
{
    *List = NULL;
    for (; Count != 0; Count -= 1) {
        WORD_ENTRY *Word = KmNew(Allocator, WORD_ENTRY);
        if (Word != NULL) {
            Word->Next = *List;
            Word->Bytes = strlen(Text) + 1;
            Word->Text = (PSTR)KmAllocCopy(Allocator, Text, Word->Bytes);
            *List = Word;
        }
        if (Word == NULL || Word->Text == NULL) {
            FreeWords(Allocator, *List);
            *List = NULL;
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}

static VOID EveryRequestFailsOnce(VOID)
{
    KM_COUNTING_ALLOCATOR Counting;
    KM_FAILING_ALLOCATOR Failing;
    WORD_ENTRY *List = NULL;
    ULONG Refused = 0, Request = 1;

    for (; NT_SUCCESS(KmCountingInit(&Counting, &Pool)) &&
           NT_SUCCESS(KmFailingInit(&Failing, &Counting.Allocator));
         Request += 1) {
        KmFailingSetNth(&Failing, Request);
        if (NT_SUCCESS(AddWords(&Failing.Allocator, "word", 5, &List))) {
            break;
        }
        Refused += NT_SUCCESS(KmCountingEnd(&Counting));
    }
    KmInfo("%lu requests, each refused once: %lu times nothing was left", Request - 1, Refused);
    (VOID) KmCountingEnd(&Counting); // says what is live now
    FreeWords(&Failing.Allocator, List);
}

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static DECLSPEC_ALIGN(16) UCHAR Buffer[160];
    static KM_SLAB_HEAP Heap;
    KM_FIXED_BUFFER Fixed;
    KM_ARENA Arena;
    WORD_ENTRY *List;

    UNREFERENCED_PARAMETER(RegistryPath);
    (VOID) KmLogInit(KmLevelInfo);
    DriverObject->DriverUnload = Unload;
    if (NT_SUCCESS(KmArenaInit(&Arena, &Pool, 4096))) {
        KmInfo("arena: 0x%08lX", AddWords(&Arena.Allocator, "word", 50, &List));
        KmArenaDestroy(&Arena); // the list with it
    }
    if (NT_SUCCESS(KmSlabHeapInit(&Heap, &Pool, FALSE))) {
        KmInfo("slab heap: 0x%08lX", AddWords(&Heap.Allocator, "word", 50, &List));
        if (List != NULL) {
            KmInfo("with the list: 0x%08lX", KmSlabHeapDestroy(&Heap));
            FreeWords(&Heap.Allocator, List);
        }
        KmInfo("without it: 0x%08lX", KmSlabHeapDestroy(&Heap));
    }
    if (NT_SUCCESS(KmFixedBufferInit(&Fixed, Buffer, sizeof(Buffer), 'xEmK'))) {
        KmInfo("buffer: 0x%08lX", AddWords(&Fixed.Allocator, "word", 50, &List));
        KmInfo("in use after that: %Iu bytes", KmFixedBufferUsed(&Fixed));
    }
    EveryRequestFailsOnce();
    return STATUS_SUCCESS;
}
