// SPDX-License-Identifier: MIT
// The border: a thunk for each exported routine, to which the imports of drivers are bound while they are
// watched.
#include "inc/kernel.h"
#include "verify/replacement.h"

static const VI_FACT ViFacts[] = {
#include "border-table.inc"
};

#define VI_ENTRIES       RTL_NUMBER_OF(ViFacts)
#define VI_STACK_UNKNOWN 12 // words that are passed on of a call whose arguments nobody can count

ULONG ViFlags;
static VI_ENTRY ViEntries[VI_ENTRIES];

// mov r10, entry; jmp *0(%rip); the address of ViThunk.
#pragma pack(push, 1)
typedef struct _VI_CODE {
    USHORT MovR10;
    ULONG64 Entry;
    USHORT Jump;
    ULONG Displacement;
    ULONG64 Thunk;
    UCHAR Fill[8];
} VI_CODE;
#pragma pack(pop)

C_ASSERT(sizeof(VI_CODE) == 32);

VOID ViThunk(VOID);

static VI_CODE *const ViCode = (VI_CODE *)MI_BORDER_START;

static inline PVOID ViThunkOf(const VI_ENTRY *Entry)
{
    return &ViCode[Entry - ViEntries];
}

static VI_ENTRY *ViFindEntry(PCSTR Name)
{
    ULONG Low = 0, High = VI_ENTRIES;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        int Order = strcmp(Name, ViFacts[Middle].Name);
        if (Order == 0) {
            return &ViEntries[Middle];
        }
        if (Order < 0) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return NULL;
}

BOOLEAN ViInitialize(ULONG Flags)
{
    const SIZE_T Bytes = ROUND_TO_PAGES(sizeof(VI_CODE) * VI_ENTRIES);
    if (Flags == 0) {
        return TRUE;
    }
    if (!MiMapPages(MI_BORDER_START, Bytes, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < VI_ENTRIES; Index += 1) {
        ViEntries[Index].Fact = &ViFacts[Index];
        ViCode[Index] = (VI_CODE){
            .MovR10 = 0xBA49, .Entry = (ULONG64)&ViEntries[Index], .Jump = 0x25FF, .Thunk = (ULONG64)ViThunk};
    }
    if (!KeMachine->protect_memory(MI_BORDER_START, Bytes, KM_PROTECT_READ | KM_PROTECT_EXECUTE)) {
        MiUnmapPages(MI_BORDER_START, Bytes);
        return FALSE;
    }
    ViFlags = Flags;
    return TRUE;
}

PVOID ViBorderAddress(PCSTR Name, PVOID Routine)
{
    VI_ENTRY *Entry = ViFlags != 0 ? ViFindEntry(Name) : NULL;
    if (Entry == NULL) {
        return Routine;
    }
    if (Entry->Export == NULL) {
        Entry->Export = Entry->Routine = Routine;
        Entry->ApcRule = ViFindApcRule(Name);
        Entry->IrqlCondition = ViFindIrqlCondition(Name);
        Entry->Format = ViFindFormat(Name);
        Entry->ResourceRows = ViFindResourceRows(Name, &Entry->ResourceRowCount);
        for (ULONG Index = 0; ViChecks() && Index < ViReplacementCount; Index += 1) {
            if (strcmp(ViReplacements[Index].Name, Name) == 0) {
                Entry->Routine = ViReplacements[Index].Routine;
            }
        }
    }
    return ViThunkOf(Entry);
}

static VOID ViBindSlot(ULONG_PTR Base, PIMAGE_THUNK_DATA64 Lookup, PULONG_PTR Slot)
{
    KM_PAGE Page;
    if (IMAGE_SNAP_BY_ORDINAL64(Lookup->u1.Ordinal) || !MiIsKernelImageAddress(*Slot)) {
        return;
    }
    PCSTR Name = (PCSTR)((PIMAGE_IMPORT_BY_NAME)(Base + Lookup->u1.AddressOfData))->Name;
    PVOID Target = ViBorderAddress(Name, (PVOID)*Slot);
    if (Target == (PVOID)*Slot) {
        return;
    }
    // A slot may straddle two pages, with protections of their own.
    ULONG_PTR First = (ULONG_PTR)PAGE_ALIGN(Slot), Last = (ULONG_PTR)PAGE_ALIGN((ULONG_PTR)Slot + 7);
    ULONG FirstProtection = KeMachine->query_memory(First, &Page) & ~KM_PROTECT_MAPPED;
    ULONG LastProtection = KeMachine->query_memory(Last, &Page) & ~KM_PROTECT_MAPPED;
    SIZE_T Bytes = Last + PAGE_SIZE - First;
    if (KeMachine->protect_memory(First, Bytes, KM_PROTECT_READ | KM_PROTECT_WRITE)) {
        *Slot = (ULONG_PTR)Target;
        KeMachine->protect_memory(Last, PAGE_SIZE, LastProtection);
        KeMachine->protect_memory(First, PAGE_SIZE, FirstProtection);
    }
}

// The machine has found the headers and the import table to be what they must be; nothing of the image has
// run yet.
VOID ViBindImports(ULONG_PTR Base)
{
    if (ViFlags == 0) {
        return;
    }
    PIMAGE_NT_HEADERS64 Headers = (PIMAGE_NT_HEADERS64)(Base + ((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    const IMAGE_DATA_DIRECTORY *Directory =
        &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_IMPORT];
    if (Headers->OptionalHeader.NumberOfRvaAndSizes <= IMAGE_DIRECTORY_ENTRY_IMPORT ||
        Directory->VirtualAddress == 0) {
        return;
    }
    PIMAGE_IMPORT_DESCRIPTOR Module = (PIMAGE_IMPORT_DESCRIPTOR)(Base + Directory->VirtualAddress);
    for (; Module->Name != 0; Module += 1) {
        PIMAGE_THUNK_DATA64 Lookup = (PIMAGE_THUNK_DATA64)(Base + Module->OriginalFirstThunk);
        PULONG_PTR Slot = (PULONG_PTR)(Base + Module->FirstThunk);
        for (; Module->OriginalFirstThunk != 0 && Lookup->u1.AddressOfData != 0; Lookup += 1, Slot += 1) {
            ViBindSlot(Base, Lookup, Slot);
        }
    }
}

// ---- A call

static PCSTR ViIrqlName(KIRQL Irql)
{
    static const PCSTR Names[] = {"PASSIVE_LEVEL", "APC_LEVEL", "DISPATCH_LEVEL"};
    return Irql < RTL_NUMBER_OF(Names) ? Names[Irql]
           : Irql <= KM_IRQL_CLOCK - 1 ? "DIRQL"
           : Irql == KM_IRQL_CLOCK     ? "CLOCK_LEVEL"
           : Irql == KM_IRQL_PROCESSOR ? "IPI_LEVEL"
                                       : "HIGH_LEVEL";
}

VOID ViReportIrqlTooHigh(PCSTR Name, PCSTR Condition, KIRQL Highest)
{
    VI_STACK Raised;
    KIRQL Irql = KiGetIrql();
    ViReport(ViIrqlTooHigh, ViWhereRaised(&Raised) ? &Raised : NULL,
             "%s was called at IRQL %u (%s); the highest it allows%s is %u (%s)", Name, Irql,
             ViIrqlName(Irql), Condition, Highest, ViIrqlName(Highest));
}

static VOID ViCheckIrql(const VI_ENTRY *Entry, const VI_CALL *Call)
{
    const VI_FACT *Fact = Entry->Fact;
    const VI_IRQL_CONDITION *Condition = Entry->IrqlCondition;
    KIRQL Irql = KiGetIrql();
    if (Irql > Fact->HighestIrql) {
        ViReportIrqlTooHigh(Fact->Name, "", Fact->HighestIrql);
    } else if (Irql < Fact->LowestIrql) {
        ViReport(ViIrqlTooLow, NULL, "%s was called at IRQL %u (%s); the lowest it allows is %u (%s)",
                 Fact->Name, Irql, ViIrqlName(Irql), Fact->LowestIrql, ViIrqlName(Fact->LowestIrql));
    } else if (Condition != NULL && Irql > Condition->HighestIrql && ViIsIrqlConditionMet(Condition, Call)) {
        VI_STACK Raised;
        ViReport(ViIrqlTooHigh, ViWhereRaised(&Raised) ? &Raised : NULL,
                 "%s was called with %s at IRQL %u (%s); the highest it allows then is %u (%s)", Fact->Name,
                 Condition->What, Irql, ViIrqlName(Irql), Condition->HighestIrql,
                 ViIrqlName(Condition->HighestIrql));
    }
}

// The rows that happen in front of the routine, or behind it. TRUE if there are some behind it.
static BOOLEAN ViApplyResourceRows(const VI_ENTRY *Entry, const VI_CALL *Call, BOOLEAN Before,
                                   ULONG_PTR Result)
{
    BOOLEAN AnyBehind = FALSE;
    for (ULONG Index = 0; Index < Entry->ResourceRowCount; Index += 1) {
        const VI_RESOURCE_ROW *Row = &Entry->ResourceRows[Index];
        if (ViHappensBefore(Row) == Before) {
            ViApplyResourceRow(Row, Call, Result);
        }
        AnyBehind = AnyBehind || !ViHappensBefore(Row);
    }
    return AnyBehind;
}

ULONG ViStackWords(const VI_ENTRY *Entry)
{
    return Entry->Fact->StackWords == VI_UNKNOWN ? VI_STACK_UNKNOWN : Entry->Fact->StackWords;
}

// Called by ViThunk before the routine. Returns 0 if that is to be jumped to; else one more than the number
// of words that it is to be called with on the stack.
ULONG ViEnterBorder(VI_ENTRY *Entry, VI_CALL *Call)
{
    BOOLEAN Returns = FALSE;
    KiNoteActivity();
    KiAdvanceClock(1);
    KiOfferPreemption();
    if (ViFlags & KM_BOOT_TRACE) {
        ViTraceCall(KM_TRACE_CALL, Entry, Call, 0);
        Returns = TRUE;
    }
    if (ViChecks()) {
        ViCheckIrql(Entry, Call);
        if (Entry->Format != 0) {
            ViCheckFormat(Entry->Fact->Name, Call->Arguments[Entry->Format - 1]);
        }
        if (Entry->ApcRule != NULL) {
            ViCheckApcRule(Entry->ApcRule);
        }
        if (Entry->ResourceRows != NULL) {
            Returns |= ViApplyResourceRows(Entry, Call, TRUE, 0);
        }
    }
    if (!Returns) {
        return 0;
    }
    return 1 + ViStackWords(Entry);
}

// Called by ViThunk behind a routine that was called.
VOID ViLeaveBorder(VI_ENTRY *Entry, VI_CALL *Call, ULONG_PTR Result)
{
    if (ViChecks()) {
        ViApplyResourceRows(Entry, Call, FALSE, Result);
    }
    if (ViFlags & KM_BOOT_TRACE) {
        ViTraceCall(KM_TRACE_RETURN, Entry, Call, Result);
    }
}
