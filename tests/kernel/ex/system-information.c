// SPDX-License-Identifier: MIT
// ZwQuerySystemInformation, class by class, with layouts written down here as a driver does.
#include "../test.h"
#include "../thread.h"

NTSYSAPI NTSTATUS NTAPI ZwQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length,
                                                 PULONG ReturnLength);
NTSYSAPI NTSTATUS NTAPI NtQuerySystemInformation(ULONG Class, PVOID Buffer, ULONG Length,
                                                 PULONG ReturnLength);

#define BASIC           0
#define PROCESSOR       1
#define PERFORMANCE     2
#define TIME_OF_DAY     3
#define PROCESSES       5
#define PROCESSOR_TIMES 8
#define FLAGS           9
#define MODULES         11
#define HANDLES         16
#define POOL_TAGS       22
#define TIME_ADJUSTMENT 28
#define DEBUGGER        35
#define LOOKASIDES      45
#define RANGE_START     50
#define NUMA_MAP        55
#define HANDLES_EX      64
#define BIG_POOL        66
#define FIRMWARE_TABLE  76
#define MODULES_EX      77
#define PROCESS_ID      88
#define CODE_INTEGRITY  103
#define SECURE_BOOT     145
#define DEBUGGER_EX     149

static UCHAR Answer[0x10000] __attribute__((aligned(16)));

static ULONG Long(ULONG Offset)
{
    return *(PULONG)(Answer + Offset);
}

static ULONG64 Long64(ULONG Offset)
{
    return *(PULONG64)(Answer + Offset);
}

// A class of Bytes: exactly that many, or no less.
static void CheckLength(ULONG Class, ULONG Bytes, BOOLEAN Exact)
{
    ULONG Returned = 0;
    RtlFillMemory(Answer, sizeof(Answer), 0xA5);
    IS(ZwQuerySystemInformation(Class, Answer, Bytes - 1, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, Bytes);
    IS(Answer[0], 0xA5);
    IS(ZwQuerySystemInformation(Class, NULL, 0, NULL), STATUS_INFO_LENGTH_MISMATCH);
    Returned = 0;
    IS(ZwQuerySystemInformation(Class, Answer, Bytes + 1, &Returned),
       Exact ? STATUS_INFO_LENGTH_MISMATCH : STATUS_SUCCESS);
    IS(Returned, Bytes);
    IS(ZwQuerySystemInformation(Class, Answer, Bytes, NULL), STATUS_SUCCESS);
    Returned = 0;
    IS(ZwQuerySystemInformation(Class, Answer, Bytes, &Returned), STATUS_SUCCESS);
    IS(Returned, Bytes);
}

static void TestBasic(void)
{
    CheckLength(BASIC, 64, TRUE);
    IS(Long(4), KeQueryTimeIncrement());
    IS(Long(8), PAGE_SIZE);
    PPHYSICAL_MEMORY_RANGE Ranges = MmGetPhysicalMemoryRanges();
    IS(Long(12), Ranges->NumberOfBytes.QuadPart / PAGE_SIZE);
    IS(Long(16), Ranges->BaseAddress.QuadPart / PAGE_SIZE);
    IS(Long(20), (Ranges->BaseAddress.QuadPart + Ranges->NumberOfBytes.QuadPart) / PAGE_SIZE - 1);
    ExFreePool(Ranges);
    IS(Long(24), 0x10000);
    IS(Long64(32), 0x10000);
    IS(Long64(40), MmHighestUserAddress);
    IS(Long64(48), KeQueryActiveProcessors());
    IS(Answer[56], KeQueryActiveProcessorCount(NULL));
    CheckLength(62, 64, TRUE); // SystemEmulationBasicInformation
}

static void TestProcessor(void)
{
    int Registers[4];
    CheckLength(PROCESSOR, 12, FALSE);
    IS(*(PUSHORT)Answer, 9); // AMD64
    __cpuid(Registers, 1);
    OK((Answer[2] & 0xF) == (Registers[0] >> 8 & 0xF) || *(PUSHORT)(Answer + 2) > 15);
    IS(Answer[4] & 0xF, Registers[0] & 0xF);
    OK((Long(8) & 0x20000000) != 0); // NX

    CheckLength(PROCESSOR_TIMES, 48 * KeQueryActiveProcessorCount(NULL), FALSE);
    ULONG64 Idle = Long64(0);
    TestSleep(1000);
    IS(ZwQuerySystemInformation(PROCESSOR_TIMES, Answer, sizeof(Answer), NULL), STATUS_SUCCESS);
    OK(Long64(0) >= Idle && Long64(8) >= 10000000);
}

static void TestPerformance(void)
{
    CheckLength(PERFORMANCE, 344, FALSE);
    ULONG Available = Long(44), Switches = Long(296);
    OK(Available > 0 && Long(52) > Available);
    IS(Long(48), Long(52) - Available); // committed
    PVOID Memory = MmAllocateContiguousMemory(64 * PAGE_SIZE, (PHYSICAL_ADDRESS){.QuadPart = -1});
    TestSleep(1);
    IS(ZwQuerySystemInformation(PERFORMANCE, Answer, sizeof(Answer), NULL), STATUS_SUCCESS);
    OK(Long(44) <= Available - 64);
    OK(Long(296) > Switches);
    MmFreeContiguousMemory(Memory);
}

static void TestTimes(void)
{
    LARGE_INTEGER Now;
    ULONG Returned;
    KeQuerySystemTime(&Now);
    RtlFillMemory(Answer, sizeof(Answer), 0xA5);
    IS(ZwQuerySystemInformation(TIME_OF_DAY, Answer, 48, &Returned), STATUS_SUCCESS);
    IS(Returned, 48);
    OK((LONG64)Long64(0) < Now.QuadPart && (LONG64)Long64(8) >= Now.QuadPart);
    OK((LONG64)Long64(8) < Now.QuadPart + 10000000);
    LARGE_INTEGER Local;
    ExSystemTimeToLocalTime(&Now, &Local);
    IS(Long64(16), Now.QuadPart - Local.QuadPart);
    // What fits of it.
    RtlFillMemory(Answer, sizeof(Answer), 0xA5);
    IS(ZwQuerySystemInformation(TIME_OF_DAY, Answer, 8, &Returned), STATUS_SUCCESS);
    IS(Returned, 8);
    OK((LONG64)Long64(0) < Now.QuadPart);
    IS(Answer[8], 0xA5);
    IS(ZwQuerySystemInformation(TIME_OF_DAY, Answer, 49, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, 48);

    CheckLength(TIME_ADJUSTMENT, 12, TRUE);
    IS(Long(4), KeQueryTimeIncrement());
}

static void TestSmallClasses(void)
{
    CheckLength(FLAGS, 4, TRUE);
    IS(Long(0), 0);
    CheckLength(RANGE_START, 8, TRUE);
    IS(Long64(0), MmSystemRangeStart);
    CheckLength(DEBUGGER, 2, FALSE);
    IS(Answer[0], FALSE);
    IS(Answer[1], TRUE); // not present
    CheckLength(DEBUGGER_EX, 3, FALSE);
    OK(!Answer[1] && !Answer[2]);
    CheckLength(NUMA_MAP, 24, FALSE);
    IS(Long(0), 0);
    IS(Long64(8), KeQueryActiveProcessors());
    CheckLength(SECURE_BOOT, 2, FALSE);
    OK(!Answer[0] && !Answer[1]);

    ULONG Returned = 0;
    IS(ZwQuerySystemInformation(CODE_INTEGRITY, Answer, 4, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, 8);
    *(PULONG)Answer = 4;
    IS(ZwQuerySystemInformation(CODE_INTEGRITY, Answer, 8, NULL), STATUS_INFO_LENGTH_MISMATCH);
    *(PULONG)Answer = 8;
    *(PULONG)(Answer + 4) = 0xA5;
    IS(ZwQuerySystemInformation(CODE_INTEGRITY, Answer, 8, &Returned), STATUS_SUCCESS);
    IS(Long(4), 0);

    IS(ZwQuerySystemInformation(FIRMWARE_TABLE, Answer, 15, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, 16);
    RtlZeroMemory(Answer, 16);
    *(PULONG)Answer = 'RSMB';
    *(PULONG)(Answer + 4) = 1;
    IS(ZwQuerySystemInformation(FIRMWARE_TABLE, Answer, 16, &Returned), STATUS_NOT_IMPLEMENTED);

    IS(ZwQuerySystemInformation(4, Answer, sizeof(Answer), NULL), STATUS_INVALID_INFO_CLASS);
    IS(ZwQuerySystemInformation(0x7FFFFFFF, Answer, sizeof(Answer), NULL), STATUS_INVALID_INFO_CLASS);
}

// ---- Processes and threads

static KEVENT Go;

static VOID NTAPI WaitForGo(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    KeWaitForSingleObject(&Go, Executive, KernelMode, FALSE, NULL);
}

// The offset of the entry of that process; (ULONG)-1 if it is not there.
static ULONG FindProcess(HANDLE Id)
{
    ULONG Offset = 0;
    while ((HANDLE)Long64(Offset + 80) != Id) {
        if (Long(Offset) == 0) {
            return (ULONG)-1;
        }
        Offset += Long(Offset);
    }
    return Offset;
}

// The offset of that thread's entry in the process's; (ULONG)-1 if it is not there.
static ULONG FindThread(ULONG Process, HANDLE Id)
{
    for (ULONG Index = 0; Index < Long(Process + 4); Index += 1) {
        ULONG Offset = Process + 256 + 80 * Index;
        if ((HANDLE)Long64(Offset + 48) == Id) {
            return Offset;
        }
    }
    return (ULONG)-1;
}

static void TestProcesses(void)
{
    ULONG Needed = 0, Returned = 0;
    UNICODE_STRING System = RTL_CONSTANT_STRING(L"System");
    KeInitializeEvent(&Go, NotificationEvent, FALSE);
    IS(ZwQuerySystemInformation(PROCESSES, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    OK(Needed > 2 * 256 + 80);
    IS(ZwQuerySystemInformation(PROCESSES, Answer, sizeof(Answer), NULL), STATUS_SUCCESS);
    ULONG Handles = Long(FindProcess((HANDLE)4) + 96);
    HANDLE Event;
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Event, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE), STATUS_SUCCESS);
    PETHREAD Thread = TestStartThread(WaitForGo, NULL);
    TestSleep(1); // it waits
    IS(ZwQuerySystemInformation(PROCESSES, Answer, Needed, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, Needed + 80);
    IS(ZwQuerySystemInformation(PROCESSES, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, Needed + 80);

    // The idle process is first, and has no name.
    IS(Long64(80), 0);
    IS(Long(4), KeQueryActiveProcessorCount(NULL));
    IS(Long(56), 0);
    ULONG Process = FindProcess((HANDLE)4);
    OK(Process != (ULONG)-1);
    PUNICODE_STRING Name = (PUNICODE_STRING)(Answer + Process + 56);
    OK(RtlEqualUnicodeString(Name, &System, FALSE));
    OK((PUCHAR)Name->Buffer > Answer && (PUCHAR)Name->Buffer < Answer + Returned);
    IS(Long(Process + 72), 8); // base priority
    IS(Long64(Process + 88), 0);
    IS(Long(Process + 96), Handles + 1);

    ULONG Self = FindThread(Process, PsGetCurrentThreadId()),
          Other = FindThread(Process, PsGetThreadId(Thread));
    OK(Self != (ULONG)-1 && Other != (ULONG)-1);
    IS(Long(Self + 68), 2);  // running
    IS(Long(Other + 68), 5); // waiting
    IS(Long(Other + 72), Executive);
    IS(Long64(Other + 32), WaitForGo);
    IS(Long64(Other + 40), 4);
    IS(Long64(Other + 16), PsGetThreadCreateTime(Thread));
    IS(Long(Other + 56), KeQueryPriorityThread((PKTHREAD)Thread));
    OK(Long(Other + 64) > 0); // context switches

    HANDLE Id = PsGetThreadId(Thread);
    KeSetEvent(&Go, 0, FALSE);
    TestJoinThread(Thread);
    ZwClose(Event);
    IS(ZwQuerySystemInformation(PROCESSES, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, Needed);
    IS(FindThread(FindProcess((HANDLE)4), Id), (ULONG)-1);
}

static void TestProcessId(void)
{
    struct {
        HANDLE Id;
        UNICODE_STRING Name;
    } Query = {(HANDLE)4, {0, sizeof(Answer) - 2, (PWCH)Answer}};
    ULONG Returned = 0;
    IS(ZwQuerySystemInformation(PROCESS_ID, &Query, 16, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, 24);
    IS(ZwQuerySystemInformation(PROCESS_ID, &Query, 24, &Returned), STATUS_SUCCESS);
    IS(Query.Name.Length, 0); // the System process runs no image
    Query.Id = (HANDLE)0x7FFFFFFC;
    IS(ZwQuerySystemInformation(PROCESS_ID, &Query, 24, &Returned), STATUS_INVALID_CID);
    Query.Id = (HANDLE)4;
    Query.Name.Length = 2;
    Query.Name.MaximumLength = 2;
    IS(ZwQuerySystemInformation(PROCESS_ID, &Query, 24, &Returned), STATUS_INVALID_PARAMETER);
}

// ---- Modules

static void TestModules(void)
{
    ULONG Needed = 0, Returned = 0;
    IS(ZwQuerySystemInformation(MODULES, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    OK(Needed > 8 + 296 && (Needed - 8) % 296 == 0);
    IS(ZwQuerySystemInformation(MODULES, Answer, Needed - 1, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySystemInformation(MODULES, Answer, Needed, &Returned), STATUS_SUCCESS);
    IS(Returned, Needed);
    IS(Long(0), (Needed - 8) / 296);
    // The kernel is first, this driver last.
    const char *Path = (const char *)Answer + 8 + 40;
    IS_STRING(Path, "\\SystemRoot\\system32\\ntoskrnl.exe");
    IS_STRING(Path + *(PUSHORT)(Answer + 8 + 38), "ntoskrnl.exe");
    UNICODE_STRING Routine = RTL_CONSTANT_STRING(L"ZwQuerySystemInformation");
    ULONG_PTR Address = (ULONG_PTR)MmGetSystemRoutineAddress(&Routine);
    OK(Address - Long64(8 + 16) < Long(8 + 24));
    ULONG Last = Needed - 296;
    OK((ULONG_PTR)TestModules - Long64(Last + 16) < Long(Last + 24));
    IS(*(PUSHORT)(Answer + Last + 32), Long(0) - 1); // load order
    OK(*(PUSHORT)(Answer + Last + 36) > 0);
    ULONG64 Base = Long64(Last + 16);

    IS(ZwQuerySystemInformation(MODULES_EX, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    IS((Needed - 2) % 320, 0);
    IS(ZwQuerySystemInformation(MODULES_EX, Answer, Needed, &Returned), STATUS_SUCCESS);
    ULONG Offset = 0;
    BOOLEAN Found = FALSE;
    while (*(PUSHORT)(Answer + Offset) != 0) {
        if (Long64(Offset + 8 + 16) == Base) {
            Found = TRUE;
            OK(Long(Offset + 304) != 0); // checksum
        }
        Offset += *(PUSHORT)(Answer + Offset);
    }
    OK(Found);
    IS(Offset, Needed - 2);
}

// ---- Handles

static void TestHandles(void)
{
    HANDLE Handle;
    OBJECT_ATTRIBUTES Attributes;
    ULONG Returned = 0, Needed = 0, Found = 0;
    PVOID Event;
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateEvent(&Handle, EVENT_MODIFY_STATE | SYNCHRONIZE, &Attributes, NotificationEvent, FALSE),
       STATUS_SUCCESS);
    IS(ObReferenceObjectByHandle(Handle, 0, *ExEventObjectType, KernelMode, &Event, NULL), STATUS_SUCCESS);
    const ULONG Value = (ULONG)(ULONG_PTR)Handle & 0x7FFFFFFF;

    IS(ZwQuerySystemInformation(HANDLES, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySystemInformation(HANDLES, Answer, Needed - 1, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySystemInformation(HANDLES, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, Needed);
    IS(Returned, 8 + 24 * Long(0));
    for (ULONG Offset = 8; Offset < Returned; Offset += 24) {
        if ((PVOID)Long64(Offset + 8) == Event) {
            Found += 1;
            IS(*(PUSHORT)(Answer + Offset), 4); // process
            IS(*(PUSHORT)(Answer + Offset + 6), Value);
            IS(Long(Offset + 16), EVENT_MODIFY_STATE | SYNCHRONIZE);
            IS(Answer[Offset + 5], 0);
        }
    }
    IS(Found, 1);

    IS(ZwQuerySystemInformation(HANDLES_EX, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySystemInformation(HANDLES_EX, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, Needed);
    IS(Returned, 16 + 40 * Long64(0));
    Found = 0;
    for (ULONG Offset = 16; Offset < Returned; Offset += 40) {
        if ((PVOID)Long64(Offset) == Event) {
            Found += 1;
            IS(Long64(Offset + 8), 4);
            IS(Long64(Offset + 16), Value);
            IS(Long(Offset + 24), EVENT_MODIFY_STATE | SYNCHRONIZE);
        }
    }
    IS(Found, 1);
    ObDereferenceObject(Event);
    ZwClose(Handle);
    IS(ZwQuerySystemInformation(HANDLES_EX, NULL, 0, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, Needed - 40);
}

// A fault at the caller's buffer is an answer, for ZwQuerySystemInformation too.
static void TestBadBuffers(void)
{
    IS(ZwQuerySystemInformation(BASIC, NULL, 64, NULL), STATUS_ACCESS_VIOLATION);
    IS(ZwQuerySystemInformation(BASIC, Answer, 64, (PULONG)0x10), STATUS_ACCESS_VIOLATION);
    IS(NtQuerySystemInformation(FLAGS, Answer, 4, NULL), STATUS_SUCCESS);
}

#define TEST_TAG 'gBtK'

// The entry of the allocation, whose first word is Word. NULL: there is none.
static PULONG64 FindBigPool(ULONG64 Word)
{
    ULONG Needed = 0, Returned = 0;
    IS(ZwQuerySystemInformation(BIG_POOL, NULL, 0, &Needed), STATUS_INFO_LENGTH_MISMATCH);
    IS(ZwQuerySystemInformation(BIG_POOL, Answer, Needed - 1, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    IS(Returned, Needed);
    IS(ZwQuerySystemInformation(BIG_POOL, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, Needed);
    IS(Returned, 8 + 24 * Long(0));
    for (ULONG Index = 0; Index < Long(0); Index += 1) {
        PULONG64 Entry = (PULONG64)(Answer + 8 + 24 * Index);
        if (Entry[0] == Word) {
            return Entry;
        }
    }
    return NULL;
}

static void TestBigPool(void)
{
    static const struct {
        POOL_TYPE Type;
        SIZE_T Bytes, Told;
        ULONG NonPaged;
    } Cases[] = {{PagedPool, PAGE_SIZE, PAGE_SIZE, 0},
                 {NonPagedPoolNx, 2 * PAGE_SIZE + 1, 3 * PAGE_SIZE, 1},
                 {NonPagedPool, 5 * PAGE_SIZE, 5 * PAGE_SIZE, 1}};
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Cases); Index += 1) {
        PVOID Memory = ExAllocatePoolWithTag(Cases[Index].Type, Cases[Index].Bytes, TEST_TAG);
        const ULONG64 Word = (ULONG64)Memory | Cases[Index].NonPaged;
        PULONG64 Entry = FindBigPool(Word);
        OK(Entry != NULL);
        if (Entry != NULL) {
            IS(Entry[1], Cases[Index].Told);
            IS(*(PULONG)&Entry[2], TEST_TAG);
        }
        ExFreePoolWithTag(Memory, TEST_TAG);
        OK(FindBigPool(Word) == NULL);
    }
    PVOID Small = ExAllocatePoolWithTag(NonPagedPoolNx, 64, TEST_TAG);
    OK(FindBigPool((ULONG64)Small | 1) == NULL);
    ExFreePoolWithTag(Small, TEST_TAG);
}

#define COUNTED_TAG 'tPmK'

typedef struct _TAG_COUNTS {
    ULONG Tag, PagedAllocs, PagedFrees;
    SIZE_T PagedUsed;
    ULONG NonPagedAllocs, NonPagedFrees;
    SIZE_T NonPagedUsed;
} TAG_COUNTS;

// How much pool COUNTED_TAG has. FALSE: it has never had any.
static BOOLEAN CountTag(TAG_COUNTS *Counts)
{
    ULONG Returned = 0, Found = 0;
    IS(ZwQuerySystemInformation(POOL_TAGS, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned, 8 + Long(0) * sizeof(*Counts));
    const TAG_COUNTS *Entries = (const TAG_COUNTS *)(Answer + 8);
    for (ULONG Index = 0; Index < Long(0); Index += 1) {
        if (Entries[Index].Tag == COUNTED_TAG) {
            *Counts = Entries[Index];
            Found += 1;
        }
    }
    OK(Found <= 1);
    return Found == 1;
}

static void TestPoolTags(void)
{
    TAG_COUNTS Counts;
    ULONG Returned = 0;
    OK(!CountTag(&Counts));
    PVOID Small = ExAllocatePoolWithTag(PagedPool, 100, COUNTED_TAG);
    PVOID Large = ExAllocatePoolWithTag(PagedPool, 2 * PAGE_SIZE, COUNTED_TAG | PROTECTED_POOL);
    PVOID NonPaged = ExAllocatePoolWithTag(NonPagedPoolNx, 3 * PAGE_SIZE - 1, COUNTED_TAG);
    PVOID Executable = ExAllocatePoolWithTag(NonPagedPool, PAGE_SIZE, COUNTED_TAG);
    OK(CountTag(&Counts));
    IS(Counts.PagedAllocs, 2);
    IS(Counts.PagedFrees, 0);
    OK(Counts.PagedUsed >= 2 * PAGE_SIZE + 100 + 16); // its header
    OK(Counts.PagedUsed <= 2 * PAGE_SIZE + 100 + 64);
    IS(Counts.NonPagedAllocs, 2);
    IS(Counts.NonPagedFrees, 0);
    IS(Counts.NonPagedUsed, 4 * PAGE_SIZE);
    ExFreePoolWithTag(Large, COUNTED_TAG | PROTECTED_POOL);
    ExFreePool(NonPaged);
    OK(CountTag(&Counts));
    IS(Counts.PagedAllocs, 2);
    IS(Counts.PagedFrees, 1);
    OK(Counts.PagedUsed < 200);
    IS(Counts.NonPagedFrees, 1);
    IS(Counts.NonPagedUsed, PAGE_SIZE);
    ExFreePoolWithTag(Small, COUNTED_TAG);
    ExFreePoolWithTag(Executable, COUNTED_TAG);
    OK(CountTag(&Counts)); // a tag is not forgotten
    IS(Counts.PagedFrees, 2);
    IS(Counts.PagedUsed, 0);
    IS(Counts.NonPagedFrees, 2);
    IS(Counts.NonPagedUsed, 0);
    IS(ZwQuerySystemInformation(POOL_TAGS, Answer, 8, &Returned), STATUS_INFO_LENGTH_MISMATCH);
    OK(Returned > 8 + sizeof(Counts));
}

// The list of TEST_TAG. NULL: there is none.
static PULONG FindLookaside(void)
{
    ULONG Returned = 0;
    IS(ZwQuerySystemInformation(LOOKASIDES, Answer, sizeof(Answer), &Returned), STATUS_SUCCESS);
    IS(Returned % 32, 0);
    for (ULONG Offset = 0; Offset < Returned; Offset += 32) {
        if (Long(Offset + 24) == TEST_TAG) {
            return (PULONG)(Answer + Offset);
        }
    }
    return NULL;
}

static void TestLookasides(void)
{
    static NPAGED_LOOKASIDE_LIST List;
    ULONG Before = 0, After = 0;
    IS(ZwQuerySystemInformation(LOOKASIDES, Answer, sizeof(Answer), &Before), STATUS_SUCCESS);
    OK(FindLookaside() == NULL);
    ExInitializeNPagedLookasideList(&List, NULL, NULL, POOL_NX_ALLOCATION, 96, TEST_TAG, 0);
    IS(ZwQuerySystemInformation(LOOKASIDES, Answer, Before, &After), STATUS_INFO_LENGTH_MISMATCH);
    IS(After, Before + 32);
    PVOID Entry = ExAllocateFromNPagedLookasideList(&List);
    ExFreeToNPagedLookasideList(&List, Entry);
    Entry = ExAllocateFromNPagedLookasideList(&List);
    PULONG Told = FindLookaside();
    OK(Told != NULL);
    if (Told != NULL) {
        IS(Told[0] & 0xFFFF, List.L.Depth);
        IS(Told[0] >> 16, List.L.MaximumDepth);
        IS(Told[1], 2); // allocated
        IS(Told[2], 1); // of these, from pool
        IS(Told[3], 1); // freed
        IS(Told[4], 0);
        IS(Told[5], (ULONG)List.L.Type);
        IS(Told[7], 96);
    }
    ExFreeToNPagedLookasideList(&List, Entry);
    ExDeleteNPagedLookasideList(&List);
    OK(FindLookaside() == NULL);
}

TEST_DRIVER(TestBasic, TestProcessor, TestPerformance, TestTimes, TestSmallClasses, TestProcesses,
            TestProcessId, TestModules, TestHandles, TestBigPool, TestPoolTags, TestLookasides,
            TestBadBuffers)
