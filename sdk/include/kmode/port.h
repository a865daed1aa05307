// SPDX-License-Identifier: MIT
// I/O ports and memory-mapped registers of devices.
//
//     #define UART_LINE_STATUS 5
//     #define UART_READY       0x20
//
//     static VOID Send(USHORT Base, UCHAR Byte)
//     {
//         while ((KmPortRead8((USHORT)(Base + UART_LINE_STATUS)) & UART_READY) == 0) {
//             KeStallExecutionProcessor(1);
//         }
//         KmPortWrite8(Base, Byte);
//     }
#ifndef KMODE_PORT_H
#define KMODE_PORT_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/port.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

// ---- Ports

/// Read and write a port of 8, 16 or 32 bits. A port that no device answers reads ones.
///
///     UCHAR Byte = KmPortRead8(0x71);
///     USHORT Word = KmPortRead16(0x1F0);
///     ULONG Long = KmPortRead32(0xCF8);
///
///     KmPortWrite8(0x70, (UCHAR)(Byte & 0x7F));
///     KmPortWrite16(0x1F0, Word);
///     KmPortWrite32(0xCF8, Long);
_IRQL_requires_max_(HIGH_LEVEL) UCHAR NTAPI KmPortRead8(_In_ USHORT Port);
_IRQL_requires_max_(HIGH_LEVEL) USHORT NTAPI KmPortRead16(_In_ USHORT Port);
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmPortRead32(_In_ USHORT Port);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmPortWrite8(_In_ USHORT Port, _In_ UCHAR Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmPortWrite16(_In_ USHORT Port, _In_ USHORT Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmPortWrite32(_In_ USHORT Port, _In_ ULONG Value);

/// Read and write Count values of one port, one after the other, by the processor's string instructions.
///
///     UCHAR Bytes[4];
///     USHORT Words[4];
///     ULONG Longs[4];
///
///     KmPortReadBuffer8(0x1F0, Bytes, 4);
///     KmPortReadBuffer16(0x1F0, Words, 4);
///     KmPortReadBuffer32(0x1F0, Longs, 4);
///     KmPortWriteBuffer8(0x1F0, Bytes, 4);
///     KmPortWriteBuffer16(0x1F0, Words, 4);
///     KmPortWriteBuffer32(0x1F0, Longs, 4);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortReadBuffer8(_In_ USHORT Port, _Out_writes_(Count) PUCHAR Buffer, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortReadBuffer16(_In_ USHORT Port, _Out_writes_(Count) PUSHORT Buffer, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortReadBuffer32(_In_ USHORT Port, _Out_writes_(Count) PULONG Buffer, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortWriteBuffer8(_In_ USHORT Port, _In_reads_(Count) const UCHAR *Buffer, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortWriteBuffer16(_In_ USHORT Port, _In_reads_(Count) const USHORT *Buffer, _In_ ULONG Count);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmPortWriteBuffer32(_In_ USHORT Port, _In_reads_(Count) const ULONG *Buffer, _In_ ULONG Count);

// ---- Memory-mapped registers

/// Read and write a register of a device in memory (KmPhysicalMap with MmNonCached), by one access of its
/// size. What was read or written before it in the program is before it for the device too, what stands
/// behind is behind.
///
///     static VOID Start(volatile ULONG *Control, volatile ULONG64 *Address, ULONG64 Buffer)
///     {
///         KmRegisterWrite64(Address, Buffer);
///         KmRegisterWrite32(Control, KmRegisterRead32(Control) | 1);
///         NT_ASSERT(KmRegisterRead64(Address) == Buffer);
///     }
///
///     static VOID Copy(volatile UCHAR *Bytes, volatile USHORT *Words)
///     {
///         KmRegisterWrite8(Bytes, KmRegisterRead8(Bytes + 1));
///         KmRegisterWrite16(Words, KmRegisterRead16(Words + 1));
///     }
_IRQL_requires_max_(HIGH_LEVEL) UCHAR NTAPI KmRegisterRead8(_In_ const volatile UCHAR *Register);
_IRQL_requires_max_(HIGH_LEVEL) USHORT NTAPI KmRegisterRead16(_In_ const volatile USHORT *Register);
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI KmRegisterRead32(_In_ const volatile ULONG *Register);
_IRQL_requires_max_(HIGH_LEVEL) ULONG64 NTAPI KmRegisterRead64(_In_ const volatile ULONG64 *Register);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmRegisterWrite8(_Out_ volatile UCHAR *Register, _In_ UCHAR Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmRegisterWrite16(_Out_ volatile USHORT *Register, _In_ USHORT Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmRegisterWrite32(_Out_ volatile ULONG *Register, _In_ ULONG Value);
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmRegisterWrite64(_Out_ volatile ULONG64 *Register, _In_ ULONG64 Value);

/// Reads the register again and again until its bits of Mask have the values of Value, up to that many
/// microseconds, without giving the processor to others: for times under about 50.
///
/// Returns STATUS_SUCCESS; STATUS_IO_TIMEOUT.
///
///     static NTSTATUS WaitForReset(volatile ULONG *Control)
///     {
///         return KmRegisterPoll32(Control, 1, 0, 20);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmRegisterPoll32(_In_ const volatile ULONG *Register, _In_ ULONG Mask, _In_ ULONG Value,
                     _In_ ULONG Microseconds);

#ifdef __cplusplus
}
#endif

#endif
