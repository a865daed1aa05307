// SPDX-License-Identifier: MIT
// Filters: two places for one, so that the one in force is read while the next is made.
#include "delivery.h"
#include "registry.h"

typedef struct PART {
    USHORT Offset; // of the target in Text
    USHORT Bytes;  // of it; 0: for every target
    KM_LOG_LEVEL Level;
} PART;

typedef struct FILTER {
    KMP_LOG_FILTER Filter;
    ULONG Count;
    PART Parts[KM_LOG_FILTER_PARTS];
    CHAR Text[KM_LOG_FILTER_BYTES];
} FILTER;

static FILTER Filters[2];

static BOOLEAN IsFor(const FILTER *Filter, const PART *Part, PCSTR Target)
{
    PCSTR Name = Filter->Text + Part->Offset;

    for (ULONG Index = 0; Index < Part->Bytes; Index += 1) {
        if (Target[Index] != Name[Index]) {
            return FALSE;
        }
    }
    return Part->Bytes == 0 || Target[Part->Bytes] == '\0' || Target[Part->Bytes] == '.' ||
           Target[Part->Bytes] == ':' || Target[Part->Bytes] == '/';
}

static BOOLEAN IsEnabled(const KMP_LOG_FILTER *Generic, PCSTR Target, KM_LOG_LEVEL Level)
{
    const FILTER *Filter = CONTAINING_RECORD(Generic, FILTER, Filter);
    const PART *Best = NULL;

    for (ULONG Index = 0; Index < Filter->Count; Index += 1) {
        const PART *Part = &Filter->Parts[Index];

        if ((Best == NULL || Part->Bytes >= Best->Bytes) && IsFor(Filter, Part, Target)) {
            Best = Part;
        }
    }
    return Best != NULL && Level <= Best->Level;
}

static BOOLEAN IsBlank(CHAR Character)
{
    return Character == ' ' || Character == '\t';
}

// Takes the blanks from both ends of Start to End.
static VOID Trim(PCSTR *Start, PCSTR *End)
{
    while (*Start < *End && IsBlank(**Start)) {
        *Start += 1;
    }
    while (*Start < *End && IsBlank((*End)[-1])) {
        *End -= 1;
    }
}

static BOOLEAN FindLevel(PCSTR Start, PCSTR End, KM_LOG_LEVEL *Level)
{
    for (ULONG Index = KmLevelOff; Index <= KmLevelTrace; Index += 1) {
        PCSTR Name = KmLogLevelName((KM_LOG_LEVEL)Index), At = Start;

        while (At < End && *Name != '\0' && (*At & ~0x20) == *Name) {
            At += 1;
            Name += 1;
        }
        if (At == End && *Name == '\0') {
            *Level = (KM_LOG_LEVEL)Index;
            return TRUE;
        }
    }
    return FALSE;
}

static NTSTATUS ParsePart(FILTER *Filter, PCSTR Start, PCSTR End)
{
    PART Part = {0, 0, KmLevelTrace};
    PCSTR Equals = Start;
    BOOLEAN HasLevel = FALSE;

    if (Filter->Count == KM_LOG_FILTER_PARTS) {
        return STATUS_TOO_MANY_NAMES;
    }
    while (Equals < End && *Equals != '=') {
        Equals += 1;
    }
    if (Equals < End) {
        PCSTR Level = Equals + 1, LevelEnd = End;

        Trim(&Level, &LevelEnd);
        if (!FindLevel(Level, LevelEnd, &Part.Level)) {
            return STATUS_INVALID_PARAMETER;
        }
        End = Equals;
        HasLevel = TRUE;
    }
    Trim(&Start, &End);
    if (Start == End) {
        return STATUS_INVALID_PARAMETER;
    }
    for (PCSTR At = Start; At < End; At += 1) {
        if (*At <= ' ' || *At > '~') {
            return STATUS_INVALID_PARAMETER;
        }
    }
    if (HasLevel || !FindLevel(Start, End, &Part.Level)) {
        Part.Offset = (USHORT)(Start - Filter->Text);
        Part.Bytes = (USHORT)(End - Start);
    }
    Filter->Parts[Filter->Count] = Part;
    Filter->Count += 1;
    Filter->Filter.MaximumLevel = max(Filter->Filter.MaximumLevel, Part.Level);
    return STATUS_SUCCESS;
}

static NTSTATUS Parse(FILTER *Filter, PCSTR Text)
{
    PCSTR Start = Filter->Text;
    ULONG Bytes = 0;

    Filter->Filter.IsEnabled = IsEnabled;
    Filter->Filter.MaximumLevel = KmLevelOff;
    Filter->Count = 0;
    for (; Text[Bytes] != '\0'; Bytes += 1) {
        if (Bytes == sizeof(Filter->Text)) {
            return STATUS_BUFFER_OVERFLOW;
        }
        Filter->Text[Bytes] = Text[Bytes];
    }
    for (PCSTR At = Start, End = Start + Bytes;; At += 1) {
        if (At == End || *At == ',') {
            NTSTATUS Status = ParsePart(Filter, Start, At);

            if (!NT_SUCCESS(Status) || At == End) {
                return Status;
            }
            Start = At + 1;
        }
    }
}

NTSTATUS NTAPI KmLogSetFilter(PCSTR Text)
{
    NTSTATUS Status = STATUS_SUCCESS;
    FILTER *Filter = NULL;

    if (!KmpLogIsStarted()) {
        return STATUS_DEVICE_NOT_READY;
    }
    if (KmpLogIsDelivering()) {
        return STATUS_POSSIBLE_DEADLOCK;
    }
    KmpLogBeginChange();
    if (Text != NULL) {
        Filter = KmpLogFilter == &Filters[0].Filter ? &Filters[1] : &Filters[0];
        Status = Parse(Filter, Text);
    }
    if (NT_SUCCESS(Status)) {
        InterlockedExchangePointer((PVOID volatile *)&KmpLogFilter, Filter);
        KmpLogForgetDecisions();
        if (Filter != NULL) {
            KmLogSetMaximumLevel(Filter->Filter.MaximumLevel);
        } else {
            KmpLogUpdateMaximumLevel();
        }
        KmpLogWaitForReaders();
    }
    KmpLogEndChange();
    return Status;
}
