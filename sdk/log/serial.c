// SPDX-License-Identifier: MIT
// The log's sink that writes to a 16550. Registers: TL16C550C data sheet (Texas Instruments, SLLS177).
#include <kmode.h>
#include "runtime/irql.h"

#define CLOCK_RATE 115200u // characters' bits a second at divisor 1

#define TRANSMIT         0
#define DIVISOR_LOW      0
#define DIVISOR_HIGH     1
#define INTERRUPT_ENABLE 1
#define FIFO_CONTROL     2 // write
#define INTERRUPT_IDENT  2 // read
#define LINE_CONTROL     3
#define MODEM_CONTROL    4
#define LINE_STATUS      5
#define SCRATCH          7

#define LINE_8N1           0x03
#define LINE_DIVISOR       0x80
#define FIFO_ON_AND_CLEAR  0x07
#define IDENT_FIFO         0xC0
#define MODEM_DTR_RTS      0x03
#define STATUS_HOLDS_EMPTY 0x20

static UCHAR Read(const KM_LOG_SERIAL_SINK *Serial, USHORT Register)
{
    return __inbyte((USHORT)(Serial->Base + Register));
}

static VOID Write(const KM_LOG_SERIAL_SINK *Serial, USHORT Register, UCHAR Value)
{
    __outbyte((USHORT)(Serial->Base + Register), Value);
}

static BOOLEAN WaitUntilReady(const KM_LOG_SERIAL_SINK *Serial)
{
    for (ULONG Waited = 0; !(Read(Serial, LINE_STATUS) & STATUS_HOLDS_EMPTY); Waited += 1) {
        if (Waited >= Serial->ReadyWaitMicroseconds) {
            return FALSE;
        }
        KeStallExecutionProcessor(1);
    }
    return TRUE;
}

typedef struct OUTPUT {
    PKM_LOG_SERIAL_SINK Serial;
    ULONG Room; // so many characters the FIFO takes without being asked
    BOOLEAN Failed;
} OUTPUT;

static VOID NTAPI Send(PKM_LOG_TEXT Text)
{
    OUTPUT *Output = (OUTPUT *)Text->Context;

    for (ULONG Index = 0; Index < Text->Length && !Output->Failed; Index += 1) {
        if (Output->Room == 0) {
            if (!WaitUntilReady(Output->Serial)) {
                Output->Failed = TRUE;
                break;
            }
            Output->Room = Output->Serial->FifoBytes;
        }
        Write(Output->Serial, TRANSMIT, (UCHAR)Text->Buffer[Index]);
        Output->Serial->Progress += 1;
        Output->Room -= 1;
    }
}

// As long as characters get out it is worth waiting. Who has stopped has nothing more to say: the port is
// taken from it, so that nobody waits for it again. Who stands back again and again while others take the
// port has its turn after so many of their characters.
static BOOLEAN TakePort(PKM_LOG_SERIAL_SINK Serial, LONG Me, BOOLEAN *IsLineEmpty)
{
    ULONG Start = Serial->Progress, Seen = Start;

    *IsLineEmpty = TRUE;
    for (ULONG Waited = 0;; Waited += 1) {
        LONG Owner = InterlockedCompareExchange(&Serial->Owner, Me, 0);
        ULONG Progress = Serial->Progress;

        if (Owner == 0) {
            return TRUE;
        }
        if (Progress != Seen) {
            Seen = Progress;
            Waited = 0;
        }
        if (Owner == Me || Progress - Start >= KM_LOG_SERIAL_OTHERS_CHARACTERS) {
            *IsLineEmpty = FALSE;
            return FALSE;
        }
        if (Waited >= Serial->OwnerWaitMicroseconds &&
            InterlockedCompareExchange(&Serial->Owner, Me, Owner) == Owner) {
            *IsLineEmpty = FALSE;
            return TRUE;
        }
        KeStallExecutionProcessor(1);
    }
}

static VOID NTAPI WriteRecord(PKM_LOG_SINK Sink, PCKM_LOG_RECORD Record)
{
    PKM_LOG_SERIAL_SINK Serial = (PKM_LOG_SERIAL_SINK)Sink;
    OUTPUT Output = {Serial, 0, FALSE};
    CHAR Buffer[64];
    KM_LOG_TEXT Text;
    BOOLEAN IsTaken, IsLineEmpty;
    LONG Me;
    KIRQL OldIrql = KmpGetCurrentIrql();

    // Who holds the port must not be put aside for another thread.
    if (OldIrql < DISPATCH_LEVEL) {
        KeRaiseIrql(DISPATCH_LEVEL, &OldIrql);
    }
    Me = (LONG)KeGetCurrentProcessorNumberEx(NULL) + 1;
    IsTaken = TakePort(Serial, Me, &IsLineEmpty);

    KmLogTextInit(&Text, Buffer, sizeof(Buffer));
    Text.Flush = Send;
    Text.Context = &Output;
    if (!IsLineEmpty) {
        KmLogTextPutString(&Text, Serial->LineEnd);
    }
    if (Sink->Layout != NULL) {
        Sink->Layout(&Text, Record);
    }
    KmLogTextPutString(&Text, Serial->LineEnd);
    KmLogTextEnd(&Text);

    if (IsTaken) {
        (VOID) InterlockedCompareExchange(&Serial->Owner, 0, Me);
    }
    if (Output.Failed) {
        InterlockedIncrement64(&Sink->Lost);
    }
    if (OldIrql < DISPATCH_LEVEL) {
        KeLowerIrql(OldIrql);
    }
}

// What answers nowhere reads as ones, or as zeros; this register keeps what is written.
static BOOLEAN IsThere(const KM_LOG_SERIAL_SINK *Serial)
{
    Write(Serial, SCRATCH, 0x5A);
    if (Read(Serial, SCRATCH) != 0x5A) {
        return FALSE;
    }
    Write(Serial, SCRATCH, 0xA5);
    return Read(Serial, SCRATCH) == 0xA5;
}

// Where a kernel runs as a program of another system, as Wine's does, there are no ports: port instructions
// are faults.
static BOOLEAN IsReachable(const KM_LOG_SERIAL_SINK *Serial)
{
    __try {
        return IsThere(Serial);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return FALSE;
    }
}

NTSTATUS NTAPI KmLogSerialSinkInit(PKM_LOG_SERIAL_SINK Sink, USHORT Base, ULONG BaudRate)
{
    ULONG Divisor;

    RtlZeroMemory(Sink, sizeof(*Sink)); // no sink yet: KmLogAddSink refuses it
    if (BaudRate == 0 || BaudRate > CLOCK_RATE) {
        return STATUS_INVALID_PARAMETER;
    }
    Divisor = (CLOCK_RATE + BaudRate / 2) / BaudRate;
    if (Divisor > 0xFFFF) {
        return STATUS_INVALID_PARAMETER;
    }
    Sink->LineEnd = "\r\n";
    Sink->ReadyWaitMicroseconds = max(1000u, 20u * 10u * 1000000u / BaudRate);
    Sink->OwnerWaitMicroseconds = max(1000000u, 2 * Sink->ReadyWaitMicroseconds);
    Sink->Base = Base;
    if (!IsReachable(Sink)) {
        return STATUS_NO_SUCH_DEVICE;
    }

    Write(Sink, INTERRUPT_ENABLE, 0);
    Write(Sink, LINE_CONTROL, LINE_DIVISOR);
    Write(Sink, DIVISOR_LOW, (UCHAR)Divisor);
    Write(Sink, DIVISOR_HIGH, (UCHAR)(Divisor >> 8));
    Write(Sink, LINE_CONTROL, LINE_8N1);
    Write(Sink, FIFO_CONTROL, FIFO_ON_AND_CLEAR);
    Write(Sink, MODEM_CONTROL, MODEM_DTR_RTS);
    Sink->FifoBytes = (Read(Sink, INTERRUPT_IDENT) & IDENT_FIFO) == IDENT_FIFO ? 16 : 1;
    KmLogSinkInit(&Sink->Sink, WriteRecord);
    Sink->Sink.Layout = KmLogTextLayout;
    return STATUS_SUCCESS;
}
