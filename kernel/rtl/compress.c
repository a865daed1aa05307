// SPDX-License-Identifier: MIT
// Compression: the arguments' format and engine, checked in the documented way, and the format's own
// routines.
//
// IRQL <= APC_LEVEL. FinalSize is written on success only.
#include "rtl/compress.h"

#ifndef COMPRESSION_FORMAT_XPRESS // Windows 8
#define COMPRESSION_FORMAT_XPRESS 3
#endif
#ifndef COMPRESSION_FORMAT_XPRESS_HUFF
#define COMPRESSION_FORMAT_XPRESS_HUFF 4
#endif

#define FORMAT_MASK 0x00FF
#define ENGINE_MASK 0xFF00

static NTSTATUS RtlpFindFormat(USHORT FormatAndEngine, const RTLP_COMPRESSION_FORMAT **Format)
{
    switch (FormatAndEngine & FORMAT_MASK) {
    case COMPRESSION_FORMAT_NONE:
    case COMPRESSION_FORMAT_DEFAULT: return STATUS_INVALID_PARAMETER;
    case COMPRESSION_FORMAT_LZNT1: *Format = &RtlpLznt1Format; return STATUS_SUCCESS;
    case COMPRESSION_FORMAT_XPRESS: *Format = &RtlpXpressFormat; return STATUS_SUCCESS;
    case COMPRESSION_FORMAT_XPRESS_HUFF: *Format = &RtlpXpressHuffmanFormat; return STATUS_SUCCESS;
    default: return STATUS_UNSUPPORTED_COMPRESSION;
    }
}

static NTSTATUS RtlpFindFormatAndEngine(USHORT FormatAndEngine, const RTLP_COMPRESSION_FORMAT **Format)
{
    USHORT Engine = FormatAndEngine & ENGINE_MASK;
    NTSTATUS Status = RtlpFindFormat(FormatAndEngine, Format);

    if (NT_SUCCESS(Status) && Engine != COMPRESSION_ENGINE_STANDARD && Engine != COMPRESSION_ENGINE_MAXIMUM) {
        return STATUS_NOT_SUPPORTED;
    }
    return Status;
}

static BOOLEAN RtlpIsChunkSize(ULONG Size)
{
    return Size == 512 || Size == 1024 || Size == 2048 || Size == 4096;
}

static BOOLEAN RtlpIsAllZeros(const UCHAR *Buffer, ULONG Size)
{
    ULONG Index = 0;

    while (Index < Size && Buffer[Index] == 0) {
        ++Index;
    }
    return Size != 0 && Index == Size;
}

NTSTATUS NTAPI RtlGetCompressionWorkSpaceSize(USHORT CompressionFormatAndEngine,
                                              PULONG CompressBufferWorkSpaceSize,
                                              PULONG CompressFragmentWorkSpaceSize)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormatAndEngine(CompressionFormatAndEngine, &Format);

    if (NT_SUCCESS(Status)) {
        *CompressBufferWorkSpaceSize = Format->CompressWorkSpace;
        *CompressFragmentWorkSpaceSize = Format->FragmentWorkSpace;
    }
    return Status;
}

// STATUS_BUFFER_ALL_ZEROS, a success, for data that are nothing else. The chunk size is checked only: LZNT1's
// chunks are of 4096 bytes.
NTSTATUS NTAPI RtlCompressBuffer(USHORT CompressionFormatAndEngine, PUCHAR UncompressedBuffer,
                                 ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                 ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                 PULONG FinalCompressedSize, PVOID WorkSpace)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormatAndEngine(CompressionFormatAndEngine, &Format);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!RtlpIsChunkSize(UncompressedChunkSize)) {
        return STATUS_INVALID_PARAMETER;
    }
    Status = Format->Compress(
        UncompressedBuffer, UncompressedBufferSize, CompressedBuffer, CompressedBufferSize,
        (CompressionFormatAndEngine & COMPRESSION_ENGINE_MAXIMUM) != 0, FinalCompressedSize, WorkSpace);
    if (NT_SUCCESS(Status) && RtlpIsAllZeros(UncompressedBuffer, UncompressedBufferSize)) {
        return STATUS_BUFFER_ALL_ZEROS;
    }
    return Status;
}

static NTSTATUS RtlpDecompress(USHORT CompressionFormat, BOOLEAN HasWorkSpace, PUCHAR UncompressedBuffer,
                               ULONG UncompressedBufferSize, const UCHAR *CompressedBuffer,
                               ULONG CompressedBufferSize, PULONG FinalUncompressedSize)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormat(CompressionFormat, &Format);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Format->NeedsWorkSpace && !HasWorkSpace) {
        return STATUS_UNSUPPORTED_COMPRESSION;
    }
    return Format->Decompress(CompressedBuffer, CompressedBufferSize, UncompressedBuffer,
                              UncompressedBufferSize, FinalUncompressedSize);
}

NTSTATUS NTAPI RtlDecompressBuffer(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                   ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                   ULONG CompressedBufferSize, PULONG FinalUncompressedSize)
{
    return RtlpDecompress(CompressionFormat, FALSE, UncompressedBuffer, UncompressedBufferSize,
                          CompressedBuffer, CompressedBufferSize, FinalUncompressedSize);
}

// Whole buffers are decompressed on the stack.
NTSTATUS NTAPI RtlDecompressBufferEx(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                     ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                     ULONG CompressedBufferSize, PULONG FinalUncompressedSize,
                                     PVOID WorkSpace)
{
    UNREFERENCED_PARAMETER(WorkSpace);
    return RtlpDecompress(CompressionFormat, TRUE, UncompressedBuffer, UncompressedBufferSize,
                          CompressedBuffer, CompressedBufferSize, FinalUncompressedSize);
}

// No bytes, and success, for an offset past the end.
NTSTATUS NTAPI RtlDecompressFragment(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                     ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                     ULONG CompressedBufferSize, ULONG FragmentOffset,
                                     PULONG FinalUncompressedSize, PVOID WorkSpace)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormat(CompressionFormat, &Format);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Format->DecompressFragment == NULL) {
        return STATUS_UNSUPPORTED_COMPRESSION;
    }
    return Format->DecompressFragment(CompressedBuffer, CompressedBufferSize, UncompressedFragment,
                                      UncompressedFragmentSize, FragmentOffset, FinalUncompressedSize,
                                      WorkSpace);
}

// The rest of the chunks could go to other processors, which changes nothing of the result: one does all.
// UncompressedChunkSize is that of the compression. STATUS_INVALID_PARAMETER also for another size than
// those.
NTSTATUS NTAPI RtlDecompressBufferEx2(USHORT CompressionFormat, PUCHAR UncompressedBuffer,
                                      ULONG UncompressedBufferSize, PUCHAR CompressedBuffer,
                                      ULONG CompressedBufferSize, ULONG UncompressedChunkSize,
                                      PULONG FinalUncompressedSize, PVOID WorkSpace)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormat(CompressionFormat, &Format);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (!RtlpIsChunkSize(UncompressedChunkSize)) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlDecompressBufferEx(CompressionFormat, UncompressedBuffer, UncompressedBufferSize,
                                 CompressedBuffer, CompressedBufferSize, FinalUncompressedSize, WorkSpace);
}

NTSTATUS NTAPI RtlDecompressFragmentEx(USHORT CompressionFormat, PUCHAR UncompressedFragment,
                                       ULONG UncompressedFragmentSize, PUCHAR CompressedBuffer,
                                       ULONG CompressedBufferSize, ULONG FragmentOffset,
                                       ULONG UncompressedChunkSize, PULONG FinalUncompressedSize,
                                       PVOID WorkSpace)
{
    const RTLP_COMPRESSION_FORMAT *Format;
    NTSTATUS Status = RtlpFindFormat(CompressionFormat, &Format);

    if (NT_SUCCESS(Status) && Format->DecompressFragment != NULL && !RtlpIsChunkSize(UncompressedChunkSize)) {
        return STATUS_INVALID_PARAMETER;
    }
    return RtlDecompressFragment(CompressionFormat, UncompressedFragment, UncompressedFragmentSize,
                                 CompressedBuffer, CompressedBufferSize, FragmentOffset,
                                 FinalUncompressedSize, WorkSpace);
}
