// SPDX-License-Identifier: MIT
// A deferred call with texts or many arguments: they are copied, bounded, before the record takes its place
// in the ring, so that a page fault on a text interrupts no record.
#include "log/deferred.h"

#include "log/ring.h"

#define WORD_BYTES 8u

C_ASSERT(KM_LOG_DEFERRED_ARGUMENTS == KMP_DEFERRED_ARGUMENTS);
C_ASSERT(KMP_DEFERRED_INTEGER == KMP_ARGUMENT_INTEGER && KMP_DEFERRED_POINTER == KMP_ARGUMENT_POINTER &&
         KMP_DEFERRED_STRING == KMP_ARGUMENT_STRING && KMP_DEFERRED_WIDE_STRING == KMP_ARGUMENT_WIDE_STRING &&
         KMP_DEFERRED_ANSI_STRING == KMP_ARGUMENT_ANSI_STRING &&
         KMP_DEFERRED_UNICODE_STRING == KMP_ARGUMENT_UNICODE_STRING);
C_ASSERT(sizeof(KMP_COPIED_ARGUMENT) == WORD_BYTES);

// Where a text is, and how long, as far as Room.
static const VOID *FindText(UCHAR Type, ULONG64 Value, ULONG Room, PULONG Bytes, PBOOLEAN IsCut)
{
    const STRING *Counted = (const STRING *)(ULONG_PTR)Value;
    const VOID *Text = Counted;
    ULONG Length = 0;

    *IsCut = FALSE;
    *Bytes = 0;
    if (Text == NULL) {
        return NULL;
    }
    switch (Type) {
    case KMP_ARGUMENT_STRING:
        while (Length < Room && ((PCSTR)Text)[Length] != '\0') {
            Length += 1;
        }
        *IsCut = Length == Room && ((PCSTR)Text)[Length] != '\0';
        break;
    case KMP_ARGUMENT_WIDE_STRING:
        while (Length + sizeof(WCHAR) <= Room && ((PCWSTR)Text)[Length / sizeof(WCHAR)] != L'\0') {
            Length += sizeof(WCHAR);
        }
        *IsCut = Length + sizeof(WCHAR) > Room && ((PCWSTR)Text)[Length / sizeof(WCHAR)] != L'\0';
        break;
    default: // STRING and UNICODE_STRING lie alike
        Text = Counted->Buffer;
        Length = Text != NULL ? Counted->Length : 0;
        if (Type == KMP_ARGUMENT_UNICODE_STRING) {
            Length &= ~1ul;
            Room &= ~1ul;
        }
        *IsCut = Length > Room;
        Length = min(Length, Room);
        break;
    }
    *Bytes = Length;
    return Text;
}

VOID NTAPI KmpDeferValues(PCKM_LOG_DEFERRED_SITE Site, const ULONG64 *Values)
{
    KM_LOG_RING *Ring = KmpLogDeferredRing;
    DECLSPEC_ALIGN(8) UCHAR Payload[KMP_RECORD_BYTES];
    ULONG Used = 0;

    if (Ring == NULL) {
        return;
    }
    for (ULONG Index = 0; Index < Site->Count; Index += 1) {
        if (Site->Types[Index] < KMP_ARGUMENT_STRING) {
            *(ULONG64 *)(Payload + Used) = Values[Index];
            Used += WORD_BYTES;
            continue;
        }
        // Each that follows has at least a word left.
        const ULONG Left = KMP_RECORD_BYTES - Used - (Site->Count - Index) * WORD_BYTES;
        KMP_COPIED_ARGUMENT Copied = {0, 0, 0};
        ULONG Bytes;
        BOOLEAN IsCut;
        const VOID *Text = FindText(Site->Types[Index], Values[Index],
                                    min(Left, KM_LOG_DEFERRED_STRING_BYTES), &Bytes, &IsCut);

        Copied.Bytes = (USHORT)Bytes;
        Copied.Flags = (USHORT)((IsCut ? KMP_COPIED_CUT : 0) | (Text == NULL ? KMP_COPIED_NULL : 0));
        RtlCopyMemory(Payload + Used, &Copied, sizeof(Copied));
        Used += sizeof(Copied);
        if (Text != NULL && Bytes != 0) {
            // The last word's rest is nobody's.
            *(ULONG64 *)(Payload + Used + ((Bytes - 1) & ~(WORD_BYTES - 1))) = 0;
            RtlCopyMemory(Payload + Used, Text, Bytes);
        }
        Used += (Bytes + WORD_BYTES - 1) & ~(WORD_BYTES - 1);
    }
    KmpRingWrite(Ring, Site, KMP_RECORD_DEFERRED, Payload, Used);
}
