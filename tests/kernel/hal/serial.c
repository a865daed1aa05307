// SPDX-License-Identifier: MIT
// COM1 by its ports, as a driver's logger or a debugger's transport uses it.
#include "../test.h"

#define COM1(Register) ((PUCHAR)(ULONG_PTR)(0x3F8 + (Register)))
#define COM2(Register) ((PUCHAR)(ULONG_PTR)(0x2F8 + (Register)))

static void TestDetection(void)
{
    WRITE_PORT_UCHAR(COM1(7), 0x5A);
    IS(READ_PORT_UCHAR(COM1(7)), 0x5A);
    WRITE_PORT_UCHAR(COM1(2), 0xC1);
    IS(READ_PORT_UCHAR(COM1(2)) & 0xC0, 0xC0); // a 16550A's FIFOs
    WRITE_PORT_UCHAR(COM2(7), 0x5A);           // there is none
    IS(READ_PORT_UCHAR(COM2(7)), 0xFF);
    IS(READ_PORT_ULONG((PULONG)COM2(0)), 0xFFFFFFFF);
}

static void TestSettings(void)
{
    WRITE_PORT_UCHAR(COM1(3), 0x80);
    WRITE_PORT_USHORT((PUSHORT)COM1(0), 0x0001); // 115,200 baud: a wide access is two bytes
    IS(READ_PORT_UCHAR(COM1(0)), 0x01);
    IS(READ_PORT_USHORT((PUSHORT)COM1(0)), 0x0001);
    WRITE_PORT_UCHAR(COM1(3), 0x03);
    IS(READ_PORT_UCHAR(COM1(3)), 0x03);
    IS(READ_PORT_UCHAR(COM1(6)), 0xB0); // somebody is at the other end
}

static void TestLoopback(void)
{
    UCHAR Sent[16], Received[16];
    for (UCHAR Index = 0; Index < sizeof(Sent); Index += 1) {
        Sent[Index] = Index ^ 0xA5;
    }
    WRITE_PORT_UCHAR(COM1(4), 0x10);
    IS(READ_PORT_UCHAR(COM1(5)), 0x60);
    WRITE_PORT_BUFFER_UCHAR(COM1(0), Sent, sizeof(Sent));
    IS(READ_PORT_UCHAR(COM1(5)), 0x61);
    READ_PORT_BUFFER_UCHAR(COM1(0), Received, sizeof(Received));
    OK(RtlCompareMemory(Sent, Received, sizeof(Sent)) == sizeof(Sent));
    IS(READ_PORT_UCHAR(COM1(5)), 0x60);
    WRITE_PORT_UCHAR(COM1(4), 0x00);
}

static void TestSending(void)
{
    static const CHAR Text[] = "over the wire\n";
    for (const CHAR *Character = Text; *Character != 0; Character += 1) {
        ULONG Looks = 0;
        while (!(READ_PORT_UCHAR(COM1(5)) & 0x20) && Looks < 1000) {
            Looks += 1;
        }
        WRITE_PORT_UCHAR(COM1(0), *Character);
    }
    IS(READ_PORT_UCHAR(COM1(5)), 0x60);
}

// A buffer that is not there is the driver's fault, not the machine's.
static void TestStringFaults(void)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        READ_PORT_BUFFER_UCHAR(COM1(0), (PUCHAR)(ULONG_PTR)0x10000, 4);
    } __except (Status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
    Status = STATUS_SUCCESS;
    __try {
        WRITE_PORT_BUFFER_ULONG((PULONG)COM1(0), (PULONG)(ULONG_PTR)0x10000, 1);
    } __except (Status = GetExceptionCode(), EXCEPTION_EXECUTE_HANDLER) {
    }
    IS(Status, STATUS_ACCESS_VIOLATION);
}

// A loop over a port lets time pass, and its thread is preempted by the clock.
static KDPC Dpc;
static volatile BOOLEAN Expired;

static VOID NTAPI Expire(PKDPC Unused, PVOID Context, PVOID Argument1, PVOID Argument2)
{
    UNREFERENCED_PARAMETER(Unused);
    UNREFERENCED_PARAMETER(Context);
    UNREFERENCED_PARAMETER(Argument1);
    UNREFERENCED_PARAMETER(Argument2);
    Expired = TRUE;
}

static void TestPolling(void)
{
    KTIMER Timer;
    LARGE_INTEGER Due = {.QuadPart = -50000};
    ULONG Looks = 0;
    KeInitializeTimer(&Timer);
    KeInitializeDpc(&Dpc, Expire, NULL);
    KeSetTimer(&Timer, Due, &Dpc);
    while (!Expired && Looks < 10000000) {
        READ_PORT_UCHAR(COM1(5));
        Looks += 1;
    }
    OK(Expired);
    OK(!KeCancelTimer(&Timer));
}

TEST_DRIVER(TestDetection, TestSettings, TestLoopback, TestSending, TestStringFaults, TestPolling)
