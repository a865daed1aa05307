// SPDX-License-Identifier: MIT
// I/O ports.
#include <kmode.h>

UCHAR NTAPI KmPortRead8(USHORT Port)
{
    return __inbyte(Port);
}

VOID NTAPI KmPortWrite8(USHORT Port, UCHAR Value)
{
    __outbyte(Port, Value);
}

VOID NTAPI KmPortReadBuffer8(USHORT Port, PUCHAR Buffer, ULONG Count)
{
    __inbytestring(Port, Buffer, Count);
}

VOID NTAPI KmPortWriteBuffer8(USHORT Port, const UCHAR *Buffer, ULONG Count)
{
    __outbytestring(Port, (PUCHAR)Buffer, Count);
}

USHORT NTAPI KmPortRead16(USHORT Port)
{
    return __inword(Port);
}

VOID NTAPI KmPortWrite16(USHORT Port, USHORT Value)
{
    __outword(Port, Value);
}

VOID NTAPI KmPortReadBuffer16(USHORT Port, PUSHORT Buffer, ULONG Count)
{
    __inwordstring(Port, Buffer, Count);
}

VOID NTAPI KmPortWriteBuffer16(USHORT Port, const USHORT *Buffer, ULONG Count)
{
    __outwordstring(Port, (PUSHORT)Buffer, Count);
}

ULONG NTAPI KmPortRead32(USHORT Port)
{
    return __indword(Port);
}

VOID NTAPI KmPortWrite32(USHORT Port, ULONG Value)
{
    __outdword(Port, Value);
}

VOID NTAPI KmPortReadBuffer32(USHORT Port, PULONG Buffer, ULONG Count)
{
    __indwordstring(Port, Buffer, Count);
}

VOID NTAPI KmPortWriteBuffer32(USHORT Port, const ULONG *Buffer, ULONG Count)
{
    __outdwordstring(Port, (PULONG)Buffer, Count);
}
