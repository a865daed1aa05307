// SPDX-License-Identifier: MIT
// Log: a sink that writes to a 16550 serial port by itself, polling, without interrupts or a driver: the
// logger of last resort, at every IRQL and from a bug-check callback, where the debugger's cannot.
//
//     (void)KmLogInit(KmLevelInfo);
//     static KM_LOG_SERIAL_SINK Serial;
//
//     Status = KmLogSerialSinkInit(&Serial, KM_SERIAL_COM1, 115200);
//     if (NT_SUCCESS(Status)) {
//         Status = KmLogAddSink(&Serial.Sink);
//     }
//
// `kmode run --serial stdio X.sys` shows what comes out.
#ifndef KMODE_LOG_SERIAL_H
#define KMODE_LOG_SERIAL_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-serial.h>"
#endif

#include <kmode/log-sink.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Where PCs have their ports. The driver must know that nobody else uses one: neither Serial.sys nor a
/// kernel debugger.
#define KM_SERIAL_COM1 0x3F8
#define KM_SERIAL_COM2 0x2F8
#define KM_SERIAL_COM3 0x3E8
#define KM_SERIAL_COM4 0x2E8

/// Who waits for the port lets others write so many characters, then writes into their line.
#define KM_LOG_SERIAL_OTHERS_CHARACTERS 65536

/// The sink. Members of Sink, and the three below, may be changed before KmLogAddSink.
typedef struct KM_LOG_SERIAL_SINK {
    KM_LOG_SINK Sink;
    PCSTR LineEnd;               ///< "\r\n", as terminals want it; "\n" for JSON lines
    ULONG OwnerWaitMicroseconds; ///< how long a processor waits for another that has the port and gets no
                                 ///< character out: 1,000,000, or twice the next
    ULONG
    ReadyWaitMicroseconds;   ///< how long the port may take for what it has: 20 characters' time, or 1,000
    USHORT Base;             ///< its first I/O port
    UCHAR FifoBytes;         ///< how many characters it takes at once: 16, or 1 if it has no FIFO
    volatile LONG Owner;     ///< the processor that writes, plus 1
    volatile ULONG Progress; ///< characters that were written
} KM_LOG_SERIAL_SINK, *PKM_LOG_SERIAL_SINK;

/// Sets the port up, BaudRate 8N1 (1 to 115200; the nearest that the port's divisor allows), its FIFO on if
/// it has one, its interrupts off, and makes *Sink a sink for it: every level, every IRQL, KmLogTextLayout.
///
/// A record is written before the call that makes it returns: at 115200 baud 87 microseconds a character, at
/// IRQL >= DISPATCH_LEVEL. Processors take turns, however long a line takes. From one that gets nothing out
/// for OwnerWaitMicroseconds, as it may be stopped for good, the port is taken; one that has seen others
/// write KM_LOG_SERIAL_OTHERS_CHARACTERS writes into their line. So does an interrupt routine that logs on
/// the processor that is writing. A port that does not become ready within ReadyWaitMicroseconds has the rest
/// of the record dropped, which is counted as lost: nothing here waits without a bound.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER for a BaudRate that no port has; STATUS_NO_SUCH_DEVICE if
/// nothing answers like a 16450 or 16550 there, or if port instructions are faults, as under Wine.
/// KmLogAddSink refuses the sink then.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogSerialSinkInit(_Out_ PKM_LOG_SERIAL_SINK Sink, _In_ USHORT Base, _In_ ULONG BaudRate);

#ifdef __cplusplus
}
#endif

#endif
