// SPDX-License-Identifier: MIT
// The CMOS clock by its ports.
#include "../test.h"

static UCHAR ReadCmos(UCHAR Index)
{
    WRITE_PORT_UCHAR((PUCHAR)0x70, Index);
    return READ_PORT_UCHAR((PUCHAR)0x71);
}

static void WriteCmos(UCHAR Index, UCHAR Value)
{
    WRITE_PORT_UCHAR((PUCHAR)0x70, Index);
    WRITE_PORT_UCHAR((PUCHAR)0x71, Value);
}

static SHORT FromBcd(UCHAR Value)
{
    return (SHORT)((Value >> 4) * 10 + (Value & 15));
}

static void ReadTime(PTIME_FIELDS Fields)
{
    while (ReadCmos(0x0A) & 0x80) {
    }
    *Fields = (TIME_FIELDS){.Second = FromBcd(ReadCmos(0)),
                            .Minute = FromBcd(ReadCmos(2)),
                            .Hour = FromBcd(ReadCmos(4)),
                            .Day = FromBcd(ReadCmos(7)),
                            .Month = FromBcd(ReadCmos(8)),
                            .Year = (SHORT)(FromBcd(ReadCmos(0x32)) * 100 + FromBcd(ReadCmos(9)))};
}

static void TestTimeAgrees(void)
{
    LARGE_INTEGER Time, Clock;
    TIME_FIELDS Fields;
    KeQuerySystemTime(&Time);
    ReadTime(&Fields);
    OK(RtlTimeFieldsToTime(&Fields, &Clock));
    const LONGLONG Behind = Time.QuadPart - Clock.QuadPart;
    OK(Behind > -20000000 && Behind < 20000000);
    RtlTimeToTimeFields(&Time, &Fields);
    IS(FromBcd(ReadCmos(6)), Fields.Weekday + 1);
}

static void TestTimeGoesOn(void)
{
    LARGE_INTEGER Delay = {.QuadPart = -30000000}, Before, After;
    TIME_FIELDS Fields;
    ReadTime(&Fields);
    RtlTimeFieldsToTime(&Fields, &Before);
    KeDelayExecutionThread(KernelMode, FALSE, &Delay);
    ReadTime(&Fields);
    RtlTimeFieldsToTime(&Fields, &After);
    OK(After.QuadPart - Before.QuadPart >= 30000000 && After.QuadPart - Before.QuadPart <= 50000000);
}

static void TestMemory(void)
{
    IS(ReadCmos(0x0B), 0x02);
    IS(ReadCmos(0x0D), 0x80);
    WriteCmos(0x40, 0xC3);
    WriteCmos(0x41, 0x3C);
    IS(ReadCmos(0x40), 0xC3);
    IS(ReadCmos(0x41), 0x3C);
}

TEST_DRIVER(TestTimeAgrees, TestTimeGoesOn, TestMemory)
