// SPDX-License-Identifier: MIT
// Registers in memory, and ports that are always there or never.
#include "test.h"
#include <kmode.h>

static void TestRegisters(void)
{
    static volatile union {
        UCHAR Bytes[8];
        USHORT Words[4];
        ULONG Longs[2];
        ULONG64 Quad;
    } Device;

    KmRegisterWrite64(&Device.Quad, 0x8877665544332211ULL);
    IS(KmRegisterRead64(&Device.Quad), 0x8877665544332211ULL);
    IS(KmRegisterRead32(&Device.Longs[1]), 0x88776655);
    IS(KmRegisterRead16(&Device.Words[1]), 0x4433);
    IS(KmRegisterRead8(&Device.Bytes[7]), 0x88);
    KmRegisterWrite8(&Device.Bytes[0], 0xAA);
    KmRegisterWrite16(&Device.Words[1], 0xBBBB);
    KmRegisterWrite32(&Device.Longs[1], 0xCCCCCCCC);
    IS(Device.Quad, 0xCCCCCCCCBBBB22AAULL);
    IS(KmRegisterPoll32(&Device.Longs[1], 0xF, 0xC, 0), STATUS_SUCCESS);
    IS(KmRegisterPoll32(&Device.Longs[1], 0xF, 0xD, 10), STATUS_IO_TIMEOUT);
    IS(KmRegisterPoll32(&Device.Longs[1], 0xF, 0xFC, 0), STATUS_SUCCESS);
}

static void TestPorts(void)
{
    USHORT Words[2] = {0, 0};
    ULONG Longs[2] = {0, 0};

    // The clock's seconds, and the month, of the CMOS.
    KmPortWrite8(0x70, 0x00);
    OK((KmPortRead8(0x71) & 0x0F) <= 9);
    KmPortWrite8(0x70, 0x08);
    UCHAR Month = KmPortRead8(0x71);
    OK(Month >= 1 && Month <= 0x12);

    // Where no device is.
    IS(KmPortRead8(0x9990), 0xFF);
    IS(KmPortRead16(0x9990), 0xFFFF);
    IS(KmPortRead32(0x9990), 0xFFFFFFFF);
    KmPortReadBuffer16(0x9990, Words, 2);
    OK(Words[0] == 0xFFFF && Words[1] == 0xFFFF);
    KmPortReadBuffer32(0x9990, Longs, 1);
    OK(Longs[0] == 0xFFFFFFFF && Longs[1] == 0);
    KmPortWrite16(0x9990, 1);
    KmPortWriteBuffer16(0x9990, Words, 2);
    KmPortWriteBuffer32(0x9990, Longs, 2);
}

TEST_DRIVER(TestRegisters, TestPorts)
