// SPDX-License-Identifier: MIT
// Ranges of memory and ports into resource descriptors and out of them.
#include "test.h"

#define GB 0x40000000ULL

static void TestIo(void)
{
    static const struct {
        UCHAR Type;
        ULONGLONG Length, Alignment;
        NTSTATUS Status;
        UCHAR Becomes;
        USHORT Flags;
        ULONG Kept;
    } Rows[] = {
        {CmResourceTypePort, 8, 4, STATUS_SUCCESS, CmResourceTypePort, 0, 8},
        {CmResourceTypePort, 4 * GB, 4, STATUS_UNSUCCESSFUL, 0, 0, 0},
        {CmResourceTypeMemory, 0x1001, 1, STATUS_SUCCESS, CmResourceTypeMemory, 0, 0x1001},
        {CmResourceTypeMemory, 0xFFFFFFFF, 1, STATUS_SUCCESS, CmResourceTypeMemory, 0, 0xFFFFFFFF},
        {CmResourceTypeMemory, 4 * GB, 0x100, STATUS_SUCCESS, CmResourceTypeMemoryLarge,
         CM_RESOURCE_MEMORY_LARGE_40, 0x1000000},
        {CmResourceTypeMemoryLarge, 4 * GB, 0x1000, STATUS_SUCCESS, CmResourceTypeMemoryLarge,
         CM_RESOURCE_MEMORY_LARGE_40, 0x1000000},
        {CmResourceTypeMemoryLarge, 0x1000, 0x1000, STATUS_SUCCESS, CmResourceTypeMemory, 0, 0x1000},
        {CmResourceTypeMemory, 4 * GB, 1, STATUS_UNSUCCESSFUL, 0, 0, 0}, // the alignment is lost
        {CmResourceTypeMemory, 4 * GB + 0x80, 0x100, STATUS_UNSUCCESSFUL, 0, 0, 0},
        {CmResourceTypeMemory, 0x10000000000, 0x10000, STATUS_SUCCESS, CmResourceTypeMemoryLarge,
         CM_RESOURCE_MEMORY_LARGE_48, 0x1000000},
        {CmResourceTypeMemory, 0x1000000000000, 0, STATUS_SUCCESS, CmResourceTypeMemoryLarge,
         CM_RESOURCE_MEMORY_LARGE_64, 0x10000},
        {CmResourceTypeMemory, 0x1000000010000, 0, STATUS_UNSUCCESSFUL, 0, 0, 0},
        {CmResourceTypeInterrupt, 8, 4, STATUS_INVALID_PARAMETER, 0, 0, 0},
    };
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        IO_RESOURCE_DESCRIPTOR Descriptor = {.Type = 77, .Flags = CM_RESOURCE_MEMORY_PREFETCHABLE};
        ULONGLONG Alignment, Minimum, Maximum;
        IS(RtlIoEncodeMemIoResource(&Descriptor, Rows[Row].Type, Rows[Row].Length, Rows[Row].Alignment,
                                    0x1000, 0xFFFFFFFFFFFF),
           Rows[Row].Status);
        if (!NT_SUCCESS(Rows[Row].Status)) {
            IS(Descriptor.Type, 77);
            continue;
        }
        IS(Descriptor.Type, Rows[Row].Becomes);
        IS(Descriptor.Flags, CM_RESOURCE_MEMORY_PREFETCHABLE | Rows[Row].Flags);
        IS(Descriptor.u.Memory.Length, Rows[Row].Kept);
        IS(RtlIoDecodeMemIoResource(&Descriptor, &Alignment, &Minimum, &Maximum), Rows[Row].Length);
        IS(Alignment, Rows[Row].Alignment);
        IS(Minimum, 0x1000);
        IS(Maximum, 0xFFFFFFFFFFFF);
        IS(RtlIoDecodeMemIoResource(&Descriptor, NULL, NULL, NULL), Rows[Row].Length);
    }
    IO_RESOURCE_DESCRIPTOR Descriptor = {0};
    IS(RtlIoEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, 16, 16, 2, 1), STATUS_INVALID_PARAMETER);
}

static void TestCm(void)
{
    CM_PARTIAL_RESOURCE_DESCRIPTOR Descriptor = {.Flags = CM_RESOURCE_MEMORY_LARGE_64};
    ULONGLONG Start;
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, 0x2000, 0xFEDC0000), STATUS_SUCCESS);
    IS(Descriptor.Type, CmResourceTypeMemory);
    IS(Descriptor.Flags, 0);
    IS(RtlCmDecodeMemIoResource(&Descriptor, &Start), 0x2000);
    IS(Start, 0xFEDC0000);
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, 8 * GB, 16 * GB), STATUS_SUCCESS);
    IS(Descriptor.Type, CmResourceTypeMemoryLarge);
    IS(Descriptor.Flags, CM_RESOURCE_MEMORY_LARGE_40);
    IS(Descriptor.u.Memory40.Length40, 0x2000000);
    IS(RtlCmDecodeMemIoResource(&Descriptor, &Start), 8 * GB);
    IS(Start, 16 * GB);
    IS(RtlCmDecodeMemIoResource(&Descriptor, NULL), 8 * GB);
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypePort, 8, 0x3F8), STATUS_SUCCESS);
    IS(Descriptor.u.Port.Length, 8);
    IS(Descriptor.u.Port.Start.QuadPart, 0x3F8);
    IS(RtlCmDecodeMemIoResource(&Descriptor, &Start), 8);
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypePort, 4 * GB, 0), STATUS_UNSUCCESSFUL);
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeMemory, 4 * GB + 1, 0), STATUS_UNSUCCESSFUL);
    IS(RtlCmEncodeMemIoResource(&Descriptor, CmResourceTypeDma, 8, 0), STATUS_INVALID_PARAMETER);
}

static void TestClosest(void)
{
    static const ULONGLONG Rows[][2] = {{0, 0},
                                        {5, 5},
                                        {0xFFFFFFFF, 0xFFFFFFFF},
                                        {0x100000001, 0x100000100},
                                        {0xFFFFFFFF00, 0xFFFFFFFF00},
                                        {0xFFFFFFFF01, 0x10000000000},
                                        {0xFFFFFFFF0001, 0x1000000000000},
                                        {0xFFFFFFFF00000000, 0xFFFFFFFF00000000}};
    ULONGLONG Length = 7;
    for (ULONG Row = 0; Row < RTL_NUMBER_OF(Rows); Row += 1) {
        IS(RtlFindClosestEncodableLength(Rows[Row][0], &Length), STATUS_SUCCESS);
        IS(Length, Rows[Row][1]);
    }
    IS(RtlFindClosestEncodableLength(0xFFFFFFFF00000001, &Length), STATUS_INVALID_PARAMETER);
}

TEST_DRIVER(TestIo, TestCm, TestClosest)
