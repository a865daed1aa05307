// SPDX-License-Identifier: MIT
// Cyclic redundancy checks.
#include "inc/kernel.h"

#define CRC32_POLYNOMIAL 0xEDB88320 // IEEE 802.3, lowest bit first

ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, const UCHAR *Buffer, ULONG Length);

// The CRC of a piece behind data whose CRC is PartialCrc; 0 for the first piece. Any IRQL if Buffer is
// resident.
ULONG NTAPI RtlComputeCrc32(ULONG PartialCrc, const UCHAR *Buffer, ULONG Length)
{
    ULONG Crc = ~PartialCrc;

    for (ULONG Index = 0; Index < Length; ++Index) {
        Crc ^= Buffer[Index];
        for (ULONG Bit = 0; Bit < 8; ++Bit) {
            Crc = Crc >> 1 ^ (CRC32_POLYNOMIAL & (0 - (Crc & 1)));
        }
    }
    return ~Crc;
}
