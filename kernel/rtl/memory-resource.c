// SPDX-License-Identifier: MIT
// Ranges of memory and ports in resource descriptors. Lengths that 32 bits do not hold are kept without their
// lowest 8, 16 or 32 bits, which must be zero. Any IRQL. (wdm, RtlCmEncodeMemIoResource and its like)
#include "inc/kernel.h"

typedef struct _RTLP_LENGTH_SCALE {
    ULONG Shift;
    USHORT Flag;
} RTLP_LENGTH_SCALE;

// The finest first.
static const RTLP_LENGTH_SCALE RtlpLengthScales[] = {
    {0, 0},
    {8, CM_RESOURCE_MEMORY_LARGE_40},
    {16, CM_RESOURCE_MEMORY_LARGE_48},
    {32, CM_RESOURCE_MEMORY_LARGE_64},
};

static BOOLEAN RtlpIsEncodable(ULONGLONG Length, const RTLP_LENGTH_SCALE *Scale)
{
    ULONGLONG Scaled = Length >> Scale->Shift;
    return Scaled <= MAXULONG && Scaled << Scale->Shift == Length;
}

// The scale for both; NULL: there is none.
static const RTLP_LENGTH_SCALE *RtlpFindScale(ULONGLONG Length, ULONGLONG Alignment)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(RtlpLengthScales); Index += 1) {
        const RTLP_LENGTH_SCALE *Scale = &RtlpLengthScales[Index];
        if (RtlpIsEncodable(Length, Scale) && RtlpIsEncodable(Alignment, Scale)) {
            return Scale;
        }
    }
    return NULL;
}

static ULONG RtlpShiftOf(UCHAR Type, USHORT Flags)
{
    ULONG Shift = 0;
    for (ULONG Index = 1; Type == CmResourceTypeMemoryLarge && Index < RTL_NUMBER_OF(RtlpLengthScales);
         Index += 1) {
        if (Flags & RtlpLengthScales[Index].Flag) {
            Shift = RtlpLengthScales[Index].Shift;
        }
    }
    return Shift;
}

static BOOLEAN RtlpIsMemoryOrPort(UCHAR Type)
{
    return Type == CmResourceTypeMemory || Type == CmResourceTypeMemoryLarge || Type == CmResourceTypePort;
}

// What an encoding of that scale makes of type and flags.
static NTSTATUS RtlpSetScale(PUCHAR Type, PUSHORT Flags, UCHAR Wanted, const RTLP_LENGTH_SCALE *Scale)
{
    if (Scale == NULL || (Wanted == CmResourceTypePort && Scale->Shift != 0)) {
        return STATUS_UNSUCCESSFUL;
    }
    if (Wanted != CmResourceTypePort) {
        *Flags = (USHORT)((*Flags & ~CM_RESOURCE_MEMORY_LARGE) | Scale->Flag);
        Wanted = Scale->Shift != 0 ? CmResourceTypeMemoryLarge : CmResourceTypeMemory;
    }
    *Type = Wanted;
    return STATUS_SUCCESS;
}

// STATUS_INVALID_PARAMETER: another type, or an end below the start. STATUS_UNSUCCESSFUL: no encoding.
NTSTATUS NTAPI RtlIoEncodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type, ULONGLONG Length,
                                        ULONGLONG Alignment, ULONGLONG MinimumAddress,
                                        ULONGLONG MaximumAddress)
{
    const RTLP_LENGTH_SCALE *Scale = RtlpFindScale(Length, Alignment);
    if (!RtlpIsMemoryOrPort(Type) || MaximumAddress < MinimumAddress) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = RtlpSetScale(&Descriptor->Type, &Descriptor->Flags, Type, Scale);
    if (NT_SUCCESS(Status)) {
        // Port, Memory and the large ones lie alike.
        Descriptor->u.Memory.Length = (ULONG)(Length >> Scale->Shift);
        Descriptor->u.Memory.Alignment = (ULONG)(Alignment >> Scale->Shift);
        Descriptor->u.Memory.MinimumAddress.QuadPart = (LONGLONG)MinimumAddress;
        Descriptor->u.Memory.MaximumAddress.QuadPart = (LONGLONG)MaximumAddress;
    }
    return Status;
}

ULONGLONG NTAPI RtlIoDecodeMemIoResource(PIO_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Alignment,
                                         PULONGLONG MinimumAddress, PULONGLONG MaximumAddress)
{
    ULONG Shift = RtlpShiftOf(Descriptor->Type, Descriptor->Flags);
    if (Alignment != NULL) {
        *Alignment = (ULONGLONG)Descriptor->u.Memory.Alignment << Shift;
    }
    if (MinimumAddress != NULL) {
        *MinimumAddress = (ULONGLONG)Descriptor->u.Memory.MinimumAddress.QuadPart;
    }
    if (MaximumAddress != NULL) {
        *MaximumAddress = (ULONGLONG)Descriptor->u.Memory.MaximumAddress.QuadPart;
    }
    return (ULONGLONG)Descriptor->u.Memory.Length << Shift;
}

// STATUS_INVALID_PARAMETER: another type. STATUS_UNSUCCESSFUL: no encoding.
NTSTATUS NTAPI RtlCmEncodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, UCHAR Type,
                                        ULONGLONG Length, ULONGLONG Start)
{
    const RTLP_LENGTH_SCALE *Scale = RtlpFindScale(Length, 0);
    if (!RtlpIsMemoryOrPort(Type)) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = RtlpSetScale(&Descriptor->Type, &Descriptor->Flags, Type, Scale);
    if (NT_SUCCESS(Status)) {
        Descriptor->u.Memory.Length = (ULONG)(Length >> Scale->Shift);
        Descriptor->u.Memory.Start.QuadPart = (LONGLONG)Start;
    }
    return Status;
}

ULONGLONG NTAPI RtlCmDecodeMemIoResource(PCM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor, PULONGLONG Start)
{
    if (Start != NULL) {
        *Start = (ULONGLONG)Descriptor->u.Memory.Start.QuadPart;
    }
    return (ULONGLONG)Descriptor->u.Memory.Length << RtlpShiftOf(Descriptor->Type, Descriptor->Flags);
}

// The least length that is not below SourceLength and has an encoding. STATUS_INVALID_PARAMETER: there is
// none.
NTSTATUS NTAPI RtlFindClosestEncodableLength(ULONGLONG SourceLength, PULONGLONG TargetLength)
{
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(RtlpLengthScales); Index += 1) {
        ULONGLONG Granule = 1ULL << RtlpLengthScales[Index].Shift;
        if (SourceLength <= (ULONGLONG)MAXULONG << RtlpLengthScales[Index].Shift) {
            *TargetLength = (SourceLength + Granule - 1) & ~(Granule - 1);
            return STATUS_SUCCESS;
        }
    }
    return STATUS_INVALID_PARAMETER;
}
