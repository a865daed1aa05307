// SPDX-License-Identifier: MIT
// Registers of devices in memory. mingw-w64's READ_REGISTER_BUFFER_* copy the other way round.
#ifndef KMODE_NT_REGISTER_H
#define KMODE_NT_REGISTER_H

#ifdef __cplusplus
extern "C" {
#endif

// Any IRQL; Buffer is resident. Count is of elements, which are read from Register and what follows it.
FORCEINLINE VOID READ_REGISTER_BUFFER_UCHAR(_In_ volatile UCHAR *Register, _Out_ PUCHAR Buffer,
                                            _In_ ULONG Count)
{
    __movsb(Buffer, (const UCHAR *)Register, Count);
}

FORCEINLINE VOID READ_REGISTER_BUFFER_USHORT(_In_ volatile USHORT *Register, _Out_ PUSHORT Buffer,
                                             _In_ ULONG Count)
{
    __movsw(Buffer, (const USHORT *)Register, Count);
}

FORCEINLINE VOID READ_REGISTER_BUFFER_ULONG(_In_ volatile ULONG *Register, _Out_ PULONG Buffer,
                                            _In_ ULONG Count)
{
    __movsd(Buffer, (const ULONG *)Register, Count);
}

// 64-bit Windows' own.
FORCEINLINE ULONG64 READ_REGISTER_ULONG64(_In_ volatile ULONG64 *Register)
{
    return *Register;
}

FORCEINLINE VOID WRITE_REGISTER_ULONG64(_In_ volatile ULONG64 *Register, _In_ ULONG64 Value)
{
    *Register = Value;
    MemoryBarrier();
}

FORCEINLINE VOID READ_REGISTER_BUFFER_ULONG64(_In_ volatile ULONG64 *Register, _Out_ PULONG64 Buffer,
                                              _In_ ULONG Count)
{
    for (; Count != 0; Count -= 1) {
        *Buffer++ = *Register++;
    }
}

FORCEINLINE VOID WRITE_REGISTER_BUFFER_ULONG64(_In_ volatile ULONG64 *Register, _In_ PULONG64 Buffer,
                                               _In_ ULONG Count)
{
    for (; Count != 0; Count -= 1) {
        *Register++ = *Buffer++;
    }
    MemoryBarrier();
}

#ifdef __cplusplus
}
#endif

#endif
