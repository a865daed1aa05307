// SPDX-License-Identifier: MIT
// Run-time library routines: UTF-8 strings, constant-time comparison.
#ifndef KMODE_NT_RTL_H
#define KMODE_NT_RTL_H

#ifdef __cplusplus
extern "C" {
#endif

// The function types, of which mingw-w64 has the pointers only.
typedef __typeof__(*(PRTL_QUERY_REGISTRY_ROUTINE)NULL) RTL_QUERY_REGISTRY_ROUTINE;

typedef STRING UTF8_STRING, *PUTF8_STRING;
typedef CONST UTF8_STRING *PCUTF8_STRING;

// Any IRQL if the strings are resident. Windows 10 2004+.
NTKERNELAPI VOID NTAPI RtlInitUTF8String(_Out_ PUTF8_STRING DestinationString, _In_opt_z_ PCSZ SourceString);
NTKERNELAPI NTSTATUS NTAPI RtlInitUTF8StringEx(_Out_ PUTF8_STRING DestinationString,
                                               _In_opt_z_ PCSZ SourceString);

// PASSIVE_LEVEL. With Allocate, the destination is freed by RtlFreeUTF8String or RtlFreeUnicodeString.
NTKERNELAPI NTSTATUS NTAPI RtlUnicodeStringToUTF8String(_Inout_ PUTF8_STRING DestinationString,
                                                        _In_ PCUNICODE_STRING SourceString,
                                                        _In_ BOOLEAN AllocateDestinationString);
NTKERNELAPI NTSTATUS NTAPI RtlUTF8StringToUnicodeString(_Inout_ PUNICODE_STRING DestinationString,
                                                        _In_ PUTF8_STRING SourceString,
                                                        _In_ BOOLEAN AllocateDestinationString);
NTKERNELAPI VOID NTAPI RtlFreeUTF8String(_Inout_ PUTF8_STRING String);

// Any IRQL if the strings are resident. STATUS_NAME_TOO_LONG: SourceString has more than MAXUSHORT - 1
// characters.
NTSYSAPI NTSTATUS NTAPI RtlInitStringEx(_Out_ PSTRING DestinationString, _In_opt_z_ PCSZ SourceString);

// Whether String2 begins with String1, or ends with it.
_Must_inspect_result_ NTSYSAPI BOOLEAN NTAPI RtlPrefixString(_In_ const STRING *String1,
                                                             _In_ const STRING *String2,
                                                             _In_ BOOLEAN CaseInSensitive);
_Must_inspect_result_ NTSYSAPI BOOLEAN NTAPI RtlSuffixUnicodeString(_In_ PCUNICODE_STRING String1,
                                                                    _In_ PCUNICODE_STRING String2,
                                                                    _In_ BOOLEAN CaseInSensitive);

// Any IRQL if the memory is resident. TRUE for Length 0.
NTSYSAPI BOOLEAN NTAPI RtlIsZeroMemory(_In_reads_bytes_(Length) PVOID Buffer, _In_ SIZE_T Length);
NTSYSAPI VOID NTAPI RtlFillMemoryNonTemporal(_Out_writes_bytes_all_(Length) VOID *Destination,
                                             _In_ SIZE_T Length, _In_ UCHAR Fill);

// IRQL <= APC_LEVEL. Windows 8+. As RtlDecompressBuffer, with the work space that the format asks for.
NTSYSAPI NTSTATUS NTAPI RtlDecompressBufferEx(
    _In_ USHORT CompressionFormat,
    _Out_writes_bytes_to_(UncompressedBufferSize, *FinalUncompressedSize) PUCHAR UncompressedBuffer,
    _In_ ULONG UncompressedBufferSize, _In_reads_bytes_(CompressedBufferSize) PUCHAR CompressedBuffer,
    _In_ ULONG CompressedBufferSize, _Out_ PULONG FinalUncompressedSize, _In_opt_ PVOID WorkSpace);

// The same, with what the compression was told of chunks: 512, 1024, 2048 or 4096 bytes. Windows 11+.
NTSYSAPI NTSTATUS NTAPI RtlDecompressBufferEx2(
    _In_ USHORT CompressionFormat,
    _Out_writes_bytes_to_(UncompressedBufferSize, *FinalUncompressedSize) PUCHAR UncompressedBuffer,
    _In_ ULONG UncompressedBufferSize, _In_reads_bytes_(CompressedBufferSize) PUCHAR CompressedBuffer,
    _In_ ULONG CompressedBufferSize, _In_ ULONG UncompressedChunkSize, _Out_ PULONG FinalUncompressedSize,
    _In_opt_ PVOID WorkSpace);
NTSYSAPI NTSTATUS NTAPI RtlDecompressFragmentEx(
    _In_ USHORT CompressionFormat,
    _Out_writes_bytes_to_(UncompressedFragmentSize, *FinalUncompressedSize) PUCHAR UncompressedFragment,
    _In_ ULONG UncompressedFragmentSize, _In_reads_bytes_(CompressedBufferSize) PUCHAR CompressedBuffer,
    _In_ ULONG CompressedBufferSize, _In_range_(<, CompressedBufferSize) ULONG FragmentOffset,
    _In_ ULONG UncompressedChunkSize, _Out_ PULONG FinalUncompressedSize, _In_ PVOID WorkSpace);

#ifdef __cplusplus
}
#endif

// Takes as long for equal as for different memory of the same Length.
FORCEINLINE BOOLEAN RtlConstantTimeEqualMemory(_In_reads_bytes_(Length) const void *Memory1,
                                               _In_reads_bytes_(Length) const void *Memory2,
                                               _In_ SIZE_T Length)
{
    const UCHAR volatile *First = (const UCHAR volatile *)Memory1;
    const UCHAR volatile *Second = (const UCHAR volatile *)Memory2;
    UCHAR Difference = 0;

    for (SIZE_T Index = 0; Index < Length; Index++) {
        Difference |= (UCHAR)(First[Index] ^ Second[Index]);
    }
    return Difference == 0;
}

// Copies as if both were volatile: once, byte order unspecified, never turned into another access.
FORCEINLINE volatile void *RtlCopyVolatileMemory(_Out_writes_bytes_(Length) volatile void *Destination,
                                                 _In_reads_bytes_(Length) volatile const void *Source,
                                                 _In_ SIZE_T Length)
{
    for (SIZE_T Index = 0; Index < Length; Index++) {
        ((UCHAR volatile *)Destination)[Index] = ((const UCHAR volatile *)Source)[Index];
    }
    return Destination;
}

#endif
