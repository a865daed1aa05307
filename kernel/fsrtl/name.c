// SPDX-License-Identifier: MIT
// Names of files as file systems compare them: with wild cards, in parts, in either character set. Any IRQL
// where the strings are resident, but for the routines that match expressions: IRQL < DISPATCH_LEVEL.
#include "inc/kernel.h"
#include "fsrtl/name.h"
#include "rtl/upcase.h"

#define FSRTLP_SMALL_EXPRESSION 256 // characters of one that needs no memory

// Positions in an expression that the name so far has led to: a bit each.
typedef struct _FSRTLP_STATES {
    ULONG64 *Bits;
    ULONG Words;
} FSRTLP_STATES;

static inline BOOLEAN FsRtlpHas(const FSRTLP_STATES *States, ULONG Position)
{
    return (States->Bits[Position / 64] >> Position % 64 & 1) != 0;
}

static inline VOID FsRtlpAdd(FSRTLP_STATES *States, ULONG Position)
{
    States->Bits[Position / 64] |= 1ULL << Position % 64;
}

// Adds Position and what it leads to without a character of the name.
static VOID FsRtlpEnter(FSRTLP_STATES *States, const WCHAR *Expression, ULONG Length, ULONG Position)
{
    FsRtlpAdd(States, Position);
    while (Position < Length && (Expression[Position] == L'*' || Expression[Position] == DOS_STAR)) {
        Position += 1;
        FsRtlpAdd(States, Position);
    }
}

static BOOLEAN FsRtlpSame(WCHAR Expected, WCHAR Character, BOOLEAN IgnoreCase, const WCHAR *UpcaseTable)
{
    if (!IgnoreCase) {
        return Expected == Character;
    }
    return Expected == (UpcaseTable != NULL ? UpcaseTable[Character] : RtlpUpcaseUnit(Character));
}

// One character of the name at one position of the expression.
static VOID FsRtlpStep(FSRTLP_STATES *Next, const FSRTLP_MATCH *Match, ULONG Position, WCHAR Character,
                       BOOLEAN IsLastDot)
{
    const WCHAR *Expression = Match->Expression;
    ULONG Length = Match->ExpressionLength;
    if (Character == L'.') {
        // At a period a run of DOS_QMs is left behind.
        while (Position < Length && Expression[Position] == DOS_QM) {
            Position += 1;
        }
    }
    if (Position == Length) {
        return;
    }
    switch (Expression[Position]) {
    case L'*': FsRtlpEnter(Next, Expression, Length, Position); break;
    case DOS_STAR:
        if (!IsLastDot) {
            FsRtlpEnter(Next, Expression, Length, Position);
        } else {
            FsRtlpEnter(Next, Expression, Length, Position + 1);
        }
        break;
    case L'?':
    case DOS_QM: FsRtlpEnter(Next, Expression, Length, Position + 1); break;
    case DOS_DOT:
        if (Character == L'.') {
            FsRtlpEnter(Next, Expression, Length, Position + 1);
        }
        break;
    default:
        if (FsRtlpSame(Expression[Position], Character, Match->IgnoreCase, Match->UpcaseTable)) {
            FsRtlpEnter(Next, Expression, Length, Position + 1);
        }
        break;
    }
}

// Whether what is left of the expression matches the end of the name.
static BOOLEAN FsRtlpMatchesEnd(const FSRTLP_MATCH *Match, ULONG Position)
{
    for (; Position < Match->ExpressionLength; Position += 1) {
        switch (Match->Expression[Position]) {
        case L'*':
        case DOS_STAR:
        case DOS_QM:
        case DOS_DOT: break;
        default: return FALSE;
        }
    }
    return TRUE;
}

static BOOLEAN FsRtlpRun(const FSRTLP_MATCH *Match, FSRTLP_STATES *Now, FSRTLP_STATES *Next)
{
    ULONG LastDot = Match->NameLength;
    for (ULONG Index = 0; Index < Match->NameLength; Index += 1) {
        LastDot = Match->Name[Index] == L'.' ? Index : LastDot;
    }
    FsRtlpEnter(Now, Match->Expression, Match->ExpressionLength, 0);
    for (ULONG Index = 0; Index < Match->NameLength; Index += 1) {
        RtlZeroMemory(Next->Bits, Next->Words * sizeof(*Next->Bits));
        for (ULONG Word = 0; Word < Now->Words; Word += 1) {
            for (ULONG64 Bits = Now->Bits[Word]; Bits != 0; Bits &= Bits - 1) {
                FsRtlpStep(Next, Match, Word * 64 + (ULONG)__builtin_ctzll(Bits), Match->Name[Index],
                           Index == LastDot);
            }
        }
        FSRTLP_STATES Swap = *Now;
        *Now = *Next;
        *Next = Swap;
    }
    for (ULONG Position = 0; Position <= Match->ExpressionLength; Position += 1) {
        if (FsRtlpHas(Now, Position) && FsRtlpMatchesEnd(Match, Position)) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN FsRtlpMatch(const FSRTLP_MATCH *Match)
{
    ULONG64 Small[2][FSRTLP_SMALL_EXPRESSION / 64 + 1];
    ULONG Words = Match->ExpressionLength / 64 + 1;
    ULONG64 *Bits = &Small[0][0];
    if (Match->ExpressionLength == 0 || Match->NameLength == 0) {
        return Match->ExpressionLength == Match->NameLength;
    }
    if (Match->ExpressionLength > FSRTLP_SMALL_EXPRESSION) {
        Bits = ExAllocatePoolWithTag(PagedPool, 2 * Words * sizeof(*Bits), TAG_NAME_MATCH);
        if (Bits == NULL) {
            ExRaiseStatus(STATUS_NO_MEMORY);
        }
    }
    FSRTLP_STATES Now = {Bits, Words}, Next = {Bits + Words, Words};
    RtlZeroMemory(Bits, Words * sizeof(*Bits));
    BOOLEAN Matches = FsRtlpRun(Match, &Now, &Next);
    if (Bits != &Small[0][0]) {
        ExFreePoolWithTag(Bits, TAG_NAME_MATCH);
    }
    return Matches;
}

BOOLEAN NTAPI FsRtlIsNameInExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name, BOOLEAN IgnoreCase,
                                      PWCHAR UpcaseTable)
{
    const FSRTLP_MATCH Match = {.Expression = Expression->Buffer,
                                .ExpressionLength = Expression->Length / sizeof(WCHAR),
                                .Name = Name->Buffer,
                                .NameLength = Name->Length / sizeof(WCHAR),
                                .IgnoreCase = IgnoreCase,
                                .UpcaseTable = UpcaseTable};
    return FsRtlpMatch(&Match);
}

BOOLEAN NTAPI FsRtlIsNameInUnUpcasedExpression(PUNICODE_STRING Expression, PUNICODE_STRING Name,
                                               BOOLEAN IgnoreCase, PWCHAR UpcaseTable)
{
    UNICODE_STRING Upcased;
    if (!IgnoreCase || Expression->Length == 0) {
        return FsRtlIsNameInExpression(Expression, Name, IgnoreCase, UpcaseTable);
    }
    if (!NT_SUCCESS(RtlUpcaseUnicodeString(&Upcased, Expression, TRUE))) {
        ExRaiseStatus(STATUS_NO_MEMORY);
    }
    BOOLEAN Matches = FALSE;
    __try {
        Matches = FsRtlIsNameInExpression(&Upcased, Name, TRUE, UpcaseTable);
    } __finally {
        RtlFreeUnicodeString(&Upcased);
    }
    return Matches;
}

static BOOLEAN FsRtlpIsWild(WCHAR Character)
{
    return Character == L'*' || Character == L'?' || Character == DOS_STAR || Character == DOS_QM ||
           Character == DOS_DOT;
}

BOOLEAN NTAPI FsRtlDoesNameContainWildCards(PUNICODE_STRING Name)
{
    for (ULONG Index = 0; Index < Name->Length / sizeof(WCHAR); Index += 1) {
        if (FsRtlpIsWild(Name->Buffer[Index])) {
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN NTAPI FsRtlAreNamesEqual(PCUNICODE_STRING Name1, PCUNICODE_STRING Name2, BOOLEAN IgnoreCase,
                                 PCWCH UpcaseTable)
{
    if (Name1->Length != Name2->Length) {
        return FALSE;
    }
    for (ULONG Index = 0; Index < Name1->Length / sizeof(WCHAR); Index += 1) {
        WCHAR Left = Name1->Buffer[Index], Right = Name2->Buffer[Index];
        if (IgnoreCase && Left != Right) {
            Left = UpcaseTable != NULL ? UpcaseTable[Left] : RtlpUpcaseUnit(Left);
            Right = UpcaseTable != NULL ? UpcaseTable[Right] : RtlpUpcaseUnit(Right);
        }
        if (Left != Right) {
            return FALSE;
        }
    }
    return TRUE;
}

VOID NTAPI FsRtlDissectName(UNICODE_STRING Name, PUNICODE_STRING FirstPart, PUNICODE_STRING RemainingPart)
{
    ULONG Count = Name.Length / sizeof(WCHAR);
    ULONG First = Count != 0 && Name.Buffer[0] == L'\\' ? 1 : 0, End = First;
    RtlZeroMemory(FirstPart, sizeof(*FirstPart));
    RtlZeroMemory(RemainingPart, sizeof(*RemainingPart));
    if (Count == 0) {
        return;
    }
    while (End < Count && Name.Buffer[End] != L'\\') {
        End += 1;
    }
    FirstPart->Buffer = Name.Buffer + First;
    FirstPart->Length = FirstPart->MaximumLength = (USHORT)((End - First) * sizeof(WCHAR));
    if (End < Count) {
        RemainingPart->Buffer = Name.Buffer + End + 1;
        RemainingPart->Length = RemainingPart->MaximumLength = (USHORT)((Count - End - 1) * sizeof(WCHAR));
    }
}
