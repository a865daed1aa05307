// SPDX-License-Identifier: MIT
// What a compression format gives to kernel/rtl/compress.c. IRQL <= APC_LEVEL, or any if all memory is
// resident.
#ifndef KMODE_RTL_COMPRESS_H
#define KMODE_RTL_COMPRESS_H

#include "inc/kernel.h"

typedef struct _RTLP_COMPRESSION_FORMAT {
    ULONG CompressWorkSpace; // bytes
    ULONG FragmentWorkSpace;
    BOOLEAN NeedsWorkSpace; // to decompress: RtlDecompressBuffer, which has none, cannot
    // STATUS_BUFFER_TOO_SMALL if the result does not fit. IsThorough: look longer for something shorter.
    NTSTATUS (*Compress)(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                         BOOLEAN IsThorough, PULONG FinalSize, PVOID WorkSpace);
    // STATUS_BAD_COMPRESSION_BUFFER if the result does not fit, or Source is no such data.
    NTSTATUS (*Decompress)(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                           PULONG FinalSize);
    // Likewise the bytes from Offset on, as many as there are and fit; NULL if the format has no fragments.
    NTSTATUS (*DecompressFragment)(const UCHAR *Source, ULONG SourceSize, PUCHAR Target, ULONG TargetSize,
                                   ULONG Offset, PULONG FinalSize, PVOID WorkSpace);
} RTLP_COMPRESSION_FORMAT;

extern const RTLP_COMPRESSION_FORMAT RtlpLznt1Format;
extern const RTLP_COMPRESSION_FORMAT RtlpXpressFormat;
extern const RTLP_COMPRESSION_FORMAT RtlpXpressHuffmanFormat;

#endif
