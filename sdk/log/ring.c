// SPDX-License-Identifier: MIT
// A log ring is made and given back.
#include "log/ring.h"

#include <intrin.h>

#define KNOWN_FLAGS                                                                                          \
    (KM_LOG_RING_DROP | KM_LOG_RING_PERFORMANCE_COUNTER | KM_LOG_RING_COARSE | KM_LOG_RING_IRQL)
#define LINE                64u
#define CALIBRATION_TICKS   50000u // of the time stamp counter: 2.5 to 125 microseconds
#define ROUNDS              12
#define LEAST_FREQUENCY     400000000ull
#define GREATEST_FREQUENCY  20000000000ull
#define INTERRUPT_FREQUENCY 10000000u // of the interrupt time, in Hz

C_ASSERT(KM_LOG_RING_RECORD_BYTES == KMP_RECORD_BYTES);
C_ASSERT(KM_LOG_RING_MINIMUM_BYTES == KMP_RING_MINIMUM_SLOTS * KMP_RING_SLOT_BYTES);
C_ASSERT(KM_LOG_RING_DROP == KMP_RING_DROP);
C_ASSERT(KM_LOG_RING_PERFORMANCE_COUNTER == KMP_RING_PERFORMANCE_COUNTER);
C_ASSERT(KM_LOG_RING_COARSE == KMP_RING_COARSE);
C_ASSERT(KM_LOG_RING_IRQL == KMP_RING_IRQL);
// What log-ring.h says in numbers.
C_ASSERT(sizeof(KM_LOG_RING_RECORD) == 928);
C_ASSERT(KMP_FIRST_PAYLOAD == 32 && KMP_NEXT_PAYLOAD == 56 && KMP_RING_SLOT_BYTES == 64);

// Whether the time stamp counter runs at one rate, in every state of the processor.
static BOOLEAN HasInvariantCounter(VOID)
{
    int Registers[4];

    __cpuid(Registers, (int)0x80000000);
    if ((ULONG)Registers[0] < 0x80000007) {
        return FALSE;
    }
    __cpuid(Registers, (int)0x80000007);
    return (Registers[3] & 0x100) != 0;
}

static ULONG64 SystemTime(VOID)
{
    LARGE_INTEGER Now = {.QuadPart = 0};

    KeQuerySystemTime(&Now);
    return (ULONG64)Now.QuadPart;
}

// The rate of the time stamp counter, by the performance counter, which is read all the while or only before
// and after. Nothing waits: the counter has an invariant rate, and so gets there.
static ULONG64 MeasureOnce(BOOLEAN ReadsAlways)
{
    LARGE_INTEGER Frequency, Start = KeQueryPerformanceCounter(&Frequency), End;
    const ULONG64 StartTime = __builtin_ia32_rdtsc();
    ULONG64 Ticks;

    do {
        if (ReadsAlways) {
            (void)KeQueryPerformanceCounter(NULL);
        } else {
            YieldProcessor();
        }
    } while (__builtin_ia32_rdtsc() - StartTime < CALIBRATION_TICKS);
    End = KeQueryPerformanceCounter(NULL);
    Ticks = __builtin_ia32_rdtsc() - StartTime;
    return End.QuadPart > Start.QuadPart
               ? Ticks * (ULONG64)Frequency.QuadPart / (ULONG64)(End.QuadPart - Start.QuadPart)
               : (ULONG64)-1;
}

// The middle one of three, for what interrupts one may come between the reading of the two counters.
static ULONG64 Measure(BOOLEAN ReadsAlways)
{
    const ULONG64 First = MeasureOnce(ReadsAlways), Second = MeasureOnce(ReadsAlways),
                  Third = MeasureOnce(ReadsAlways);
    const ULONG64 Less = min(First, Second), Greater = max(First, Second);

    return max(Less, min(Greater, Third));
}

static BOOLEAN IsNear(ULONG64 Rate, ULONG64 Other)
{
    return Other > Rate - Rate / 32 && Other < Rate + Rate / 32;
}

// The rate of the time stamp counter; 0: it does not keep step with the system's time. No processor's counter
// is slower or faster than the limits; and one that runs at another rate while the system's time is looked at
// is beside a time that moves because it is looked at, as under kmode's virtual clock. What another processor
// does to such a time may look right once, but not each time.
static ULONG64 MeasureCounter(VOID)
{
    const ULONG64 Rate = Measure(FALSE);

    if (Rate < LEAST_FREQUENCY || Rate > GREATEST_FREQUENCY) {
        return 0;
    }
    for (ULONG Round = 0; Round < ROUNDS; Round += 1) {
        if (!IsNear(Rate, Measure(TRUE)) || !IsNear(Rate, Measure(FALSE))) {
            return 0;
        }
    }
    return Rate;
}

// Chooses the clock and sets its rate.
static VOID ChooseClock(KMP_RING_HEADER *Header)
{
    LARGE_INTEGER Frequency;

    if (Header->Flags & KMP_RING_COARSE) {
        Header->Frequency = INTERRUPT_FREQUENCY;
        return;
    }
    if ((Header->Flags & KMP_RING_PERFORMANCE_COUNTER) == 0 && HasInvariantCounter()) {
        Header->Frequency = MeasureCounter();
        if (Header->Frequency != 0) {
            return;
        }
    }
    Header->Flags |= KMP_RING_PERFORMANCE_COUNTER;
    KeQueryPerformanceCounter(&Frequency);
    Header->Frequency = (ULONG64)Frequency.QuadPart;
}

static VOID InitializeProcessor(const KM_LOG_RING *Ring, KMP_RING_PROCESSOR *Processor)
{
    RtlZeroMemory(Processor, sizeof(*Processor));
    // As if each slot had been written a lap ago: the first lap is then like any other.
    for (ULONG Index = 0; Index < Ring->Header.Slots; Index += 1) {
        const ULONG64 Position = ((ULONG64)Index << KMP_STAMP_FLAGS) - Ring->LapUnits;

        KmpRingSlot(Ring, Processor, 0, Index)->Stamp = (Position & Ring->PositionField) | KMP_STAMP_COMPLETE;
    }
}

static VOID Initialize(KM_LOG_RING *Ring, ULONG Processors, ULONG Slots, ULONG Flags)
{
    KMP_RING_HEADER *Header = &Ring->Header;
    ULONG SlotBits;

    RtlZeroMemory(Ring, KMP_RING_HEADER_BYTES);
    _BitScanReverse(&SlotBits, Slots);
    Header->Version = KMP_RING_VERSION;
    Header->HeaderBytes = KMP_RING_HEADER_BYTES;
    Header->Address = (ULONG_PTR)Ring;
    Header->Processors = Processors;
    Header->Slots = Slots;
    Header->ProcessorBytes = sizeof(KMP_RING_PROCESSOR) + Slots * KMP_RING_SLOT_BYTES;
    Header->Bytes = KMP_RING_HEADER_BYTES + (ULONG64)Processors * Header->ProcessorBytes;
    Header->PositionBits = SlotBits + KMP_RING_LAP_BITS;
    Header->Flags = Flags;
    KmpRingDescribeImage(&Header->Image, &Ring->ImageBase);

    Ring->Blocks = (PUCHAR)Ring + KMP_RING_HEADER_BYTES;
    Ring->ProcessorMask = Processors - 1;
    Ring->IndexMask = Slots - 1;
    Ring->SerialUnit = 1ull << (KMP_STAMP_FLAGS + Header->PositionBits);
    Ring->PositionField = Ring->SerialUnit - (1ull << KMP_STAMP_FLAGS);
    Ring->LapUnits = (ULONG64)Slots << KMP_STAMP_FLAGS;
    for (ULONG Number = 0; Number < Processors; Number += 1) {
        InitializeProcessor(Ring, KmpRingProcessor(Ring, Number));
    }
    ChooseClock(Header);
    KmpRingFindContext(Ring);
    Header->Start.Time = KmpRingTime(Ring);
    Header->Start.SystemTime = SystemTime();
    Header->Latest = Header->Start;

    // Last: what has the signature is a ring.
    Header->Signature[0] = KMP_RING_SIGNATURE0;
    __atomic_store_n(&Header->Signature[1], KMP_RING_SIGNATURE1, __ATOMIC_RELEASE);
}

static ULONG FloorPowerOfTwo(SIZE_T Value, ULONG Maximum)
{
    ULONG Bit;

    _BitScanReverse(&Bit, Value < Maximum ? (ULONG)Value : Maximum);
    return 1ul << Bit;
}

static BOOLEAN AreValidFlags(ULONG Flags)
{
    return (Flags & ~KNOWN_FLAGS) == 0 && (Flags & (KM_LOG_RING_PERFORMANCE_COUNTER | KM_LOG_RING_COARSE)) !=
                                              (KM_LOG_RING_PERFORMANCE_COUNTER | KM_LOG_RING_COARSE);
}

// As many blocks as there are processors, rounded up to a power of two.
static ULONG CountBlocks(VOID)
{
    const ULONG Count = KeQueryActiveProcessorCount(NULL);
    ULONG Blocks = 1;

    while (Blocks < Count) {
        Blocks *= 2;
    }
    return Blocks;
}

NTSTATUS NTAPI KmLogRingCreate(PKM_ALLOCATOR Allocator, SIZE_T BytesPerProcessor, ULONG Flags,
                               PKM_LOG_RING *Ring)
{
    const ULONG Processors = CountBlocks();
    KM_LOG_RING *NewRing;
    ULONG Slots;
    SIZE_T Bytes;
    PVOID Memory;

    *Ring = NULL;
    if (!AreValidFlags(Flags) || BytesPerProcessor < KM_LOG_RING_MINIMUM_BYTES) {
        return STATUS_INVALID_PARAMETER;
    }
    Slots = FloorPowerOfTwo(BytesPerProcessor / KMP_RING_SLOT_BYTES, KMP_RING_MAXIMUM_SLOTS);
    Bytes = LINE + KMP_RING_HEADER_BYTES +
            Processors * (sizeof(KMP_RING_PROCESSOR) + (SIZE_T)Slots * KMP_RING_SLOT_BYTES);
    Memory = KmAllocUninitialized(Allocator, Bytes);
    if (Memory == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NewRing = (KM_LOG_RING *)(((ULONG_PTR)Memory + LINE - 1) & ~(ULONG_PTR)(LINE - 1));
    Initialize(NewRing, Processors, Slots, Flags);
    NewRing->Allocator = Allocator;
    NewRing->Memory = Memory;
    NewRing->MemoryBytes = Bytes;
    *Ring = NewRing;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmLogRingInit(PVOID Buffer, SIZE_T Bytes, ULONG Flags, PKM_LOG_RING *Ring)
{
    const SIZE_T Skipped = (SIZE_T)(-(LONG_PTR)Buffer & (LINE - 1));
    ULONG Processors = CountBlocks();
    SIZE_T Share;

    *Ring = NULL;
    if (!AreValidFlags(Flags)) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Bytes < Skipped + KMP_RING_HEADER_BYTES + sizeof(KMP_RING_PROCESSOR) + KM_LOG_RING_MINIMUM_BYTES) {
        return STATUS_BUFFER_TOO_SMALL;
    }
    Bytes -= Skipped + KMP_RING_HEADER_BYTES;
    while (Processors > 1 && Bytes / Processors < sizeof(KMP_RING_PROCESSOR) + KM_LOG_RING_MINIMUM_BYTES) {
        Processors /= 2;
    }
    Share = Bytes / Processors - sizeof(KMP_RING_PROCESSOR);
    *Ring = (PKM_LOG_RING)((PUCHAR)Buffer + Skipped);
    Initialize(*Ring, Processors, FloorPowerOfTwo(Share / KMP_RING_SLOT_BYTES, KMP_RING_MAXIMUM_SLOTS),
               Flags);
    return STATUS_SUCCESS;
}

VOID NTAPI KmLogRingDelete(PKM_LOG_RING Ring)
{
    if (Ring == NULL) {
        return;
    }
    // A dump is not to show it any more.
    RtlZeroMemory(Ring->Header.Signature, sizeof(Ring->Header.Signature));
    if (Ring->Allocator != NULL) {
        KmFree(Ring->Allocator, Ring->Memory, Ring->MemoryBytes);
    }
}
