// SPDX-License-Identifier: MIT
// From an address to the image and the function table entry that describe it.
#include "inc/kernel.h"
#include "rtl/exception.h"

VOID RtlpInitializeHistoryTable(PUNWIND_HISTORY_TABLE HistoryTable)
{
    HistoryTable->Count = 0;
    HistoryTable->LocalHint = 0;
    HistoryTable->GlobalHint = 0;
    HistoryTable->Search = UNWIND_HISTORY_TABLE_LOCAL;
    HistoryTable->Once = FALSE;
    HistoryTable->LowAddress = ~0ULL;
    HistoryTable->HighAddress = 0;
}

static PRUNTIME_FUNCTION RtlpSearchHistoryTable(PUNWIND_HISTORY_TABLE HistoryTable, ULONG64 ControlPc,
                                                PULONG64 ImageBase)
{
    if (HistoryTable->Search == UNWIND_HISTORY_TABLE_NONE ||
        HistoryTable->Count > UNWIND_HISTORY_TABLE_SIZE || ControlPc < HistoryTable->LowAddress ||
        ControlPc >= HistoryTable->HighAddress) {
        return NULL;
    }
    for (ULONG Index = 0; Index < HistoryTable->Count; Index += 1) {
        PUNWIND_HISTORY_TABLE_ENTRY Entry = &HistoryTable->Entry[Index];
        ULONG64 Offset = ControlPc - Entry->ImageBase;
        if (Offset >= Entry->FunctionEntry->BeginAddress && Offset < Entry->FunctionEntry->EndAddress) {
            *ImageBase = Entry->ImageBase;
            return Entry->FunctionEntry;
        }
    }
    return NULL;
}

static VOID RtlpInsertHistoryTable(PUNWIND_HISTORY_TABLE HistoryTable, ULONG64 ImageBase,
                                   PRUNTIME_FUNCTION FunctionEntry)
{
    if (HistoryTable->Count >= UNWIND_HISTORY_TABLE_SIZE) {
        return;
    }
    ULONG64 Begin = ImageBase + FunctionEntry->BeginAddress, End = ImageBase + FunctionEntry->EndAddress;
    if (HistoryTable->Count == 0 || Begin < HistoryTable->LowAddress) {
        HistoryTable->LowAddress = Begin;
    }
    if (HistoryTable->Count == 0 || End > HistoryTable->HighAddress) {
        HistoryTable->HighAddress = End;
    }
    HistoryTable->Entry[HistoryTable->Count].ImageBase = ImageBase;
    HistoryTable->Entry[HistoryTable->Count].FunctionEntry = FunctionEntry;
    HistoryTable->Count += 1;
}

// The image's function table; NULL if it has none that lies within the image and can be read.
static PRUNTIME_FUNCTION RtlpFindFunctionTable(ULONG_PTR Base, ULONG ImageSize, PULONG Count)
{
    PIMAGE_DOS_HEADER Dos = (PIMAGE_DOS_HEADER)Base;
    if (ImageSize < sizeof(*Dos) || !MiIsRangeReadable(Base, sizeof(*Dos)) || Dos->e_lfanew < 0 ||
        (ULONG)Dos->e_lfanew > ImageSize - sizeof(IMAGE_NT_HEADERS64)) {
        return NULL;
    }
    PIMAGE_NT_HEADERS64 Nt = (PIMAGE_NT_HEADERS64)(Base + Dos->e_lfanew);
    if (!MiIsRangeReadable((ULONG_PTR)Nt, sizeof(*Nt)) ||
        Nt->OptionalHeader.NumberOfRvaAndSizes <= IMAGE_DIRECTORY_ENTRY_EXCEPTION) {
        return NULL;
    }
    const IMAGE_DATA_DIRECTORY *Directory =
        &Nt->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXCEPTION];
    if (Directory->VirtualAddress == 0 || Directory->VirtualAddress > ImageSize ||
        Directory->Size > ImageSize - Directory->VirtualAddress ||
        !MiIsRangeReadable(Base + Directory->VirtualAddress, Directory->Size)) {
        return NULL;
    }
    *Count = Directory->Size / sizeof(RUNTIME_FUNCTION);
    return (PRUNTIME_FUNCTION)(Base + Directory->VirtualAddress);
}

static PRUNTIME_FUNCTION RtlpSearchFunctionTable(PRUNTIME_FUNCTION Table, ULONG Count, ULONG Offset)
{
    ULONG Low = 0, High = Count;
    while (Low < High) {
        ULONG Middle = Low + (High - Low) / 2;
        if (Offset < Table[Middle].BeginAddress) {
            High = Middle;
        } else if (Offset >= Table[Middle].EndAddress) {
            Low = Middle + 1;
        } else {
            return &Table[Middle];
        }
    }
    return NULL;
}

PRUNTIME_FUNCTION NTAPI RtlLookupFunctionEntry(ULONG64 ControlPc, PULONG64 ImageBase,
                                               PUNWIND_HISTORY_TABLE HistoryTable)
{
    PRUNTIME_FUNCTION Entry;
    ULONG ImageSize, Count;

    if (HistoryTable != NULL &&
        (Entry = RtlpSearchHistoryTable(HistoryTable, ControlPc, ImageBase)) != NULL) {
        return Entry;
    }
    ULONG_PTR Base = (ULONG_PTR)MiFindImage(ControlPc, &ImageSize);
    *ImageBase = Base;
    if (Base == 0) {
        return NULL;
    }
    PRUNTIME_FUNCTION Table = RtlpFindFunctionTable(Base, ImageSize, &Count);
    if (Table == NULL) {
        return NULL;
    }
    Entry = RtlpSearchFunctionTable(Table, Count, (ULONG)(ControlPc - Base));
    if (Entry != NULL && (Entry->UnwindData & RUNTIME_FUNCTION_INDIRECT) != 0) {
        ULONG Offset = Entry->UnwindData & ~RUNTIME_FUNCTION_INDIRECT;
        if (Offset > ImageSize - sizeof(*Entry) || !MiIsRangeReadable(Base + Offset, sizeof(*Entry))) {
            return NULL;
        }
        Entry = (PRUNTIME_FUNCTION)(Base + Offset);
    }
    if (Entry != NULL && HistoryTable != NULL) {
        RtlpInsertHistoryTable(HistoryTable, Base, Entry);
    }
    return Entry;
}

PVOID NTAPI RtlPcToFileHeader(PVOID PcValue, PVOID *BaseOfImage)
{
    ULONG Size;
    *BaseOfImage = MiFindImage((ULONG_PTR)PcValue, &Size);
    return *BaseOfImage;
}
