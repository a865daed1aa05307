// SPDX-License-Identifier: MIT
// The instances of a block that one provider has, and their static names.
#include "inc/kernel.h"
#include "io/wmi.h"

#define WMIP_COUNTER_CHARACTERS 11 // '_' and ten digits

// Unlike the registry's lookups, whoever asks may be at APC_LEVEL: the upcase table is never paged out here.
static BOOLEAN WmipSameName(PCUNICODE_STRING First, PCUNICODE_STRING Second)
{
    return RtlEqualUnicodeString(First, Second, TRUE);
}

static BOOLEAN WmipHasName(PWMIP_SET Set, ULONG Count, PCUNICODE_STRING Name, PULONG Index)
{
    for (ULONG Candidate = 0; Candidate < Count; Candidate += 1) {
        if (WmipSameName(&Set->Names[Candidate], Name)) {
            *Index = Candidate;
            return TRUE;
        }
    }
    return FALSE;
}

BOOLEAN WmipFindName(PWMIP_SET Set, PCUNICODE_STRING Name, PULONG Index)
{
    return WmipHasName(Set, Set->InstanceCount, Name, Index);
}

// The lock is held. Whether another set of the block, or an instance of New in front of the Count-th, has it.
static BOOLEAN WmipIsTaken(PWMIP_SET New, ULONG Count, PCUNICODE_STRING Name)
{
    ULONG Index;
    // Names with a counter differ from each other as it is.
    if ((New->Flags & WMIREG_FLAG_INSTANCE_LIST) && WmipHasName(New, Count, Name, &Index)) {
        return TRUE;
    }
    for (PLIST_ENTRY Link = New->Guid->Sets.Flink; Link != &New->Guid->Sets; Link = Link->Flink) {
        PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, GuidLink);
        // The one that New takes the place of.
        if (Set->Provider != New->Provider && WmipFindName(Set, Name, &Index)) {
            return TRUE;
        }
    }
    return FALSE;
}

static VOID WmipAppendNumber(PUNICODE_STRING Name, PCWSTR Separator, ULONG Number)
{
    WCHAR Digits[WMIP_COUNTER_CHARACTERS];
    UNICODE_STRING Text = {0, sizeof(Digits), Digits};
    RtlAppendUnicodeToString(Name, Separator);
    RtlIntegerToUnicodeString(Number, 10, &Text);
    RtlAppendUnicodeStringToString(Name, &Text);
}

// The name of the Index-th instance: from the list as it is; else Base and a counter, which goes on behind
// names that are taken.
static VOID WmipMakeName(PWMIP_SET Set, ULONG Index, PCUNICODE_STRING Base, PULONG Counter)
{
    static const PCWSTR Separators[] = {L"", L"_"};
    PUNICODE_STRING Name = &Set->Names[Index];
    PCWSTR Separator = Separators[(Set->Flags & WMIREG_FLAG_INSTANCE_BASENAME) == 0];
    BOOLEAN Counted = !(Set->Flags & WMIREG_FLAG_INSTANCE_LIST);
    do {
        Name->Length = 0;
        RtlAppendUnicodeStringToString(Name, Base);
        if (Counted) {
            WmipAppendNumber(Name, Separator, *Counter);
            *Counter += 1;
        }
        Counted = TRUE;
    } while (WmipIsTaken(Set, Index, Name));
}

// The Index-th name of what the driver has given, which a reader of registrations has looked at.
static UNICODE_STRING WmipSourceName(PWMIP_SET Set, ULONG Index)
{
    PUCHAR At = Set->Source;
    for (; (Set->Flags & WMIREG_FLAG_INSTANCE_LIST) && Index > 0; Index -= 1) {
        At += sizeof(USHORT) + *(PUSHORT)At;
    }
    USHORT Bytes = *(PUSHORT)At;
    return (UNICODE_STRING){Bytes, Bytes, (PWCH)(At + sizeof(USHORT))};
}

PWMIP_SET WmipCreateSet(PWMIP_PROVIDER Provider, PWMIP_GUID Guid, ULONG Flags, ULONG Count,
                        const VOID *Source, ULONG SourceBytes)
{
    // Every name has room for what the longest could be: the list's names, or one base for all.
    SIZE_T Room = Count == 0 ? 0 : SourceBytes + WMIP_COUNTER_CHARACTERS * sizeof(WCHAR);
    SIZE_T NameBytes = (Flags & WMIREG_FLAG_INSTANCE_LIST)
                           ? SourceBytes + (SIZE_T)Count * WMIP_COUNTER_CHARACTERS * sizeof(WCHAR)
                           : Count * Room;
    SIZE_T Bytes = sizeof(WMIP_SET) + Count * sizeof(UNICODE_STRING) + NameBytes + SourceBytes;
    PWMIP_SET Set = ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG_WMI);
    if (Set == NULL) {
        return NULL;
    }
    Set->ReferenceCount = 1;
    Set->Guid = Guid;
    WmipReferenceProvider(Provider);
    Set->Provider = Provider;
    Set->Flags = Flags;
    Set->Names = (PUNICODE_STRING)(Set + 1);
    Set->Source = Set->Names + Count;
    Set->SourceBytes = SourceBytes;
    RtlCopyMemory(Set->Source, Source, SourceBytes);
    PUCHAR Buffer = (PUCHAR)Set->Source + ALIGN_UP_BY(SourceBytes, sizeof(WCHAR));
    ULONG Counter = 0;
    for (ULONG Index = 0; Index < Count; Index += 1) {
        UNICODE_STRING Base = WmipSourceName(Set, Index);
        USHORT NameRoom = (USHORT)(Base.Length + WMIP_COUNTER_CHARACTERS * sizeof(WCHAR));
        Set->Names[Index] = (UNICODE_STRING){0, NameRoom, (PWCH)Buffer};
        Buffer += NameRoom;
        WmipMakeName(Set, Index, &Base, &Counter);
    }
    Set->InstanceCount = Count;
    return Set;
}

static VOID WmipReferenceSet(PWMIP_SET Set)
{
    InterlockedIncrement(&Set->ReferenceCount);
}

VOID WmipDereferenceSet(PWMIP_SET Set)
{
    if (InterlockedDecrement(&Set->ReferenceCount) == 0) {
        WmipDereferenceProvider(Set->Provider);
        ExFreePoolWithTag(Set, TAG_WMI);
    }
}

VOID WmipInsertSet(PWMIP_SET Set)
{
    WmipReferenceSet(Set);
    InsertTailList(&Set->Guid->Sets, &Set->GuidLink);
    InsertTailList(&Set->Provider->Sets, &Set->ProviderLink);
}

VOID WmipRemoveSet(PWMIP_SET Set)
{
    RemoveEntryList(&Set->GuidLink);
    RemoveEntryList(&Set->ProviderLink);
    WmipDereferenceSet(Set);
}

// Of the sets that are there for trace sessions or as events alone nobody asks for data.
static BOOLEAN WmipHasData(PWMIP_SET Set)
{
    return !(Set->Flags & (WMIREG_FLAG_EVENT_ONLY_GUID | WMIREG_FLAG_TRACED_GUID));
}

NTSTATUS WmipListSets(PWMIP_GUID Guid, PWMIP_SET **Sets, PULONG Count)
{
    ULONG Length = 0;
    WmipAcquireLock();
    for (PLIST_ENTRY Link = Guid->Sets.Flink; Link != &Guid->Sets; Link = Link->Flink) {
        Length += WmipHasData(CONTAINING_RECORD(Link, WMIP_SET, GuidLink));
    }
    *Count = 0;
    *Sets = ExAllocatePoolZero(NonPagedPoolNx, (Length + 1) * sizeof(**Sets), TAG_WMI);
    if (*Sets != NULL) {
        for (PLIST_ENTRY Link = Guid->Sets.Flink; Link != &Guid->Sets; Link = Link->Flink) {
            PWMIP_SET Set = CONTAINING_RECORD(Link, WMIP_SET, GuidLink);
            if (WmipHasData(Set)) {
                WmipReferenceSet(Set);
                (*Sets)[*Count] = Set;
                *Count += 1;
            }
        }
    }
    WmipReleaseLock();
    return *Sets != NULL ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

VOID WmipFreeSets(PWMIP_SET *Sets, ULONG Count)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        WmipDereferenceSet(Sets[Index]);
    }
    ExFreePoolWithTag(Sets, TAG_WMI);
}
