// SPDX-License-Identifier: MIT
// Reading SDDL. See sddl.h for the subset.
#include "sddl.h"

typedef struct KMP_SDDL {
    const WCHAR *Next;
    const WCHAR *End;
} KMP_SDDL;

static const struct {
    WCHAR Name[3];
    ACCESS_MASK Mask;
} KmpRights[] = {
    {L"GA", GENERIC_ALL},
    {L"GR", GENERIC_READ},
    {L"GW", GENERIC_WRITE},
    {L"GX", GENERIC_EXECUTE},
    {L"RC", READ_CONTROL},
    {L"SD", DELETE},
    {L"WD", WRITE_DAC},
    {L"WO", WRITE_OWNER},
    {L"FA", FILE_ALL_ACCESS},
    {L"FR", FILE_GENERIC_READ},
    {L"FW", FILE_GENERIC_WRITE},
    {L"FX", FILE_GENERIC_EXECUTE},
    {L"CC", 0x0001},
    {L"DC", 0x0002},
    {L"LC", 0x0004},
    {L"SW", 0x0008},
    {L"RP", 0x0010},
    {L"WP", 0x0020},
    {L"DT", 0x0040},
    {L"LO", 0x0080},
    {L"CR", 0x0100},
};

// Authority 1 is the world, 3 creators, 5 NT, 15 application packages.
static const struct {
    WCHAR Name[3];
    UCHAR Authority;
    UCHAR Count;
    ULONG SubAuthority[6];
} KmpSids[] = {
    {L"WD", 1, 1, {0}},       {L"CO", 3, 1, {0}},       {L"NU", 5, 1, {2}},       {L"IU", 5, 1, {4}},
    {L"SU", 5, 1, {6}},       {L"AN", 5, 1, {7}},       {L"PS", 5, 1, {10}},      {L"AU", 5, 1, {11}},
    {L"RC", 5, 1, {12}},      {L"SY", 5, 1, {18}},      {L"LS", 5, 1, {19}},      {L"NS", 5, 1, {20}},
    {L"WR", 5, 1, {33}},      {L"BA", 5, 2, {32, 544}}, {L"BU", 5, 2, {32, 545}}, {L"BG", 5, 2, {32, 546}},
    {L"PU", 5, 2, {32, 547}}, {L"AO", 5, 2, {32, 548}}, {L"SO", 5, 2, {32, 549}}, {L"BO", 5, 2, {32, 551}},
    {L"NO", 5, 2, {32, 556}}, {L"AC", 15, 2, {2, 1}},   {L"UD", 5, 6, {84}},
};

#define KMP_MAXIMUM_SUB_AUTHORITIES 15

typedef struct KMP_SID {
    SID Header;
    ULONG Rest[KMP_MAXIMUM_SUB_AUTHORITIES - 1];
} KMP_SID;

static BOOLEAN KmpAccept(KMP_SDDL *Text, WCHAR Character)
{
    if (Text->Next == Text->End || *Text->Next != Character) {
        return FALSE;
    }
    Text->Next++;
    return TRUE;
}

static BOOLEAN KmpAcceptPair(KMP_SDDL *Text, const WCHAR *Pair)
{
    if (Text->End - Text->Next < 2 || Text->Next[0] != Pair[0] || Text->Next[1] != Pair[1]) {
        return FALSE;
    }
    Text->Next += 2;
    return TRUE;
}

// Decimal, or hexadecimal behind 0x. FALSE if there is none, or beyond 32 bits.
static BOOLEAN KmpNumber(KMP_SDDL *Text, ULONG *Number)
{
    ULONGLONG Value = 0;
    ULONG Base = KmpAcceptPair(Text, L"0x") || KmpAcceptPair(Text, L"0X") ? 16 : 10;
    const WCHAR *Start = Text->Next;

    for (; Text->Next != Text->End; Text->Next++) {
        WCHAR Character = *Text->Next;
        ULONG Digit = Character >= L'0' && Character <= L'9'   ? (ULONG)(Character - L'0')
                      : Character >= L'a' && Character <= L'f' ? (ULONG)(Character - L'a' + 10)
                      : Character >= L'A' && Character <= L'F' ? (ULONG)(Character - L'A' + 10)
                                                               : 16;
        if (Digit >= Base) {
            break;
        }
        Value = Value * Base + Digit;
        if (Value > MAXULONG) {
            return FALSE;
        }
    }
    *Number = (ULONG)Value;
    return Text->Next != Start;
}

static BOOLEAN KmpReadRights(KMP_SDDL *Text, ACCESS_MASK *Mask)
{
    *Mask = 0;
    if (Text->Next != Text->End && *Text->Next >= L'0' && *Text->Next <= L'9') {
        return KmpNumber(Text, Mask);
    }
    for (;;) {
        ULONG Index = 0;

        while (Index < RTL_NUMBER_OF(KmpRights) && !KmpAcceptPair(Text, KmpRights[Index].Name)) {
            Index++;
        }
        if (Index == RTL_NUMBER_OF(KmpRights)) {
            return *Mask != 0;
        }
        *Mask |= KmpRights[Index].Mask;
    }
}

static BOOLEAN KmpReadSid(KMP_SDDL *Text, KMP_SID *Sid)
{
    ULONG *SubAuthority = Sid->Header.SubAuthority;
    ULONG Value, Count = 0;

    RtlZeroMemory(Sid, sizeof(*Sid));
    Sid->Header.Revision = SID_REVISION;
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(KmpSids); Index++) {
        if (KmpAcceptPair(Text, KmpSids[Index].Name)) {
            Sid->Header.IdentifierAuthority.Value[5] = KmpSids[Index].Authority;
            Sid->Header.SubAuthorityCount = KmpSids[Index].Count;
            for (Count = 0; Count < KmpSids[Index].Count; Count++) {
                SubAuthority[Count] = KmpSids[Index].SubAuthority[Count];
            }
            return TRUE;
        }
    }
    if (!KmpAcceptPair(Text, L"S-") || !KmpAcceptPair(Text, L"1-") || !KmpNumber(Text, &Value)) {
        return FALSE;
    }
    for (ULONG Byte = 0; Byte < 4; Byte++) {
        Sid->Header.IdentifierAuthority.Value[5 - Byte] = (UCHAR)(Value >> (8 * Byte));
    }
    while (KmpAccept(Text, L'-')) {
        if (Count == KMP_MAXIMUM_SUB_AUTHORITIES || !KmpNumber(Text, &Value)) {
            return FALSE;
        }
        SubAuthority[Count++] = Value;
    }
    Sid->Header.SubAuthorityCount = (UCHAR)Count;
    return Count != 0;
}

// One ACE behind its opening bracket. With Ace NULL only its size is found.
static BOOLEAN KmpReadAce(KMP_SDDL *Text, ACCESS_ALLOWED_ACE *Ace, USHORT *Size)
{
    KMP_SID Sid;
    ACCESS_MASK Mask;
    ULONG SidLength;
    BOOLEAN Deny = KmpAccept(Text, L'D');

    if ((!Deny && !KmpAccept(Text, L'A')) || !KmpAccept(Text, L';') || !KmpAccept(Text, L';') ||
        !KmpReadRights(Text, &Mask) || !KmpAccept(Text, L';') || !KmpAccept(Text, L';') ||
        !KmpAccept(Text, L';') || !KmpReadSid(Text, &Sid) || !KmpAccept(Text, L')')) {
        return FALSE;
    }
    SidLength = (ULONG)(FIELD_OFFSET(SID, SubAuthority) + Sid.Header.SubAuthorityCount * sizeof(ULONG));
    *Size = (USHORT)(FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + SidLength);
    if (Ace != NULL) {
        Ace->Header.AceType = Deny ? ACCESS_DENIED_ACE_TYPE : ACCESS_ALLOWED_ACE_TYPE;
        Ace->Header.AceFlags = 0;
        Ace->Header.AceSize = *Size;
        Ace->Mask = Mask;
        RtlCopyMemory(&Ace->SidStart, &Sid, SidLength);
    }
    return TRUE;
}

// Reads all of Text, or up to what cannot be read: FALSE. Aces begins at the first ACE.
static BOOLEAN KmpMeasureAcl(KMP_SDDL *Text, KMP_SDDL *Aces, SIZE_T *Length, USHORT *Count)
{
    USHORT AceSize;

    *Length = sizeof(ACL);
    *Count = 0;
    if (!KmpAcceptPair(Text, L"D:") || !KmpAccept(Text, L'P')) {
        return FALSE;
    }
    *Aces = *Text;
    while (Text->Next != Text->End) {
        if (!KmpAccept(Text, L'(') || !KmpReadAce(Text, NULL, &AceSize)) {
            return FALSE;
        }
        *Length += AceSize;
        *Count += 1;
        if (*Length > MAXUSHORT) {
            return FALSE;
        }
    }
    return TRUE;
}

ULONG KmpSddlReadable(PCUNICODE_STRING Sddl)
{
    KMP_SDDL Text = {Sddl->Buffer, Sddl->Buffer + Sddl->Length / sizeof(WCHAR)};
    KMP_SDDL Aces;
    SIZE_T Length;
    USHORT Count;

    (VOID) KmpMeasureAcl(&Text, &Aces, &Length, &Count);
    return (ULONG)(Text.Next - Sddl->Buffer);
}

NTSTATUS KmpSddlToAcl(PCUNICODE_STRING Sddl, PACL *Acl)
{
    KMP_SDDL Text = {Sddl->Buffer, Sddl->Buffer + Sddl->Length / sizeof(WCHAR)};
    KMP_SDDL Aces;
    SIZE_T Length;
    USHORT Count, AceSize;
    PACL Result;
    PUCHAR Next;

    *Acl = NULL;
    if (!KmpMeasureAcl(&Text, &Aces, &Length, &Count)) {
        return STATUS_INVALID_PARAMETER;
    }
    Result = (PACL)ExAllocatePoolZero(PagedPool, Length, KM_SDDL_TAG);
    if (Result == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Result->AclRevision = ACL_REVISION;
    Result->AclSize = (USHORT)Length;
    Result->AceCount = Count;
    Next = (PUCHAR)(Result + 1);
    for (; Count != 0; Count--) {
        (VOID) KmpAccept(&Aces, L'(');
        (VOID) KmpReadAce(&Aces, (ACCESS_ALLOWED_ACE *)Next, &AceSize);
        Next += AceSize;
    }
    *Acl = Result;
    return STATUS_SUCCESS;
}
