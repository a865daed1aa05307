// SPDX-License-Identifier: MIT
// What a log ring says of the image whose records it has, so that `kmode log` tells whether a file is that
// image.
#include "log/ring.h"

#include <ntimage.h>

#define RSDS_SIGNATURE  0x53445352ul
#define DEBUG_CODE_VIEW 2

// IMAGE_DEBUG_DIRECTORY, which not every kit's <ntimage.h> has.
typedef struct KMP_DEBUG_DIRECTORY {
    ULONG Characteristics;
    ULONG TimeDateStamp;
    USHORT MajorVersion;
    USHORT MinorVersion;
    ULONG Type;
    ULONG SizeOfData;
    ULONG AddressOfRawData;
    ULONG PointerToRawData;
} KMP_DEBUG_DIRECTORY;

// What a debug directory's entry of type CodeView points to.
typedef struct KMP_CODE_VIEW {
    ULONG Signature;
    UCHAR Guid[16];
    ULONG Age;
    CHAR Path[1];
} KMP_CODE_VIEW;

extern IMAGE_DOS_HEADER __ImageBase; // the linker's

static VOID DescribePdb(KMP_RING_IMAGE *Image, const KMP_CODE_VIEW *CodeView, ULONG Bytes)
{
    const ULONG PathBytes = Bytes - FIELD_OFFSET(KMP_CODE_VIEW, Path);
    ULONG Name = 0, Length = 0;

    RtlCopyMemory(Image->Guid, CodeView->Guid, sizeof(Image->Guid));
    Image->Age = CodeView->Age;
    while (Length < PathBytes && CodeView->Path[Length] != '\0') {
        Length += 1;
        if (CodeView->Path[Length - 1] == '\\' || CodeView->Path[Length - 1] == '/') {
            Name = Length;
        }
    }
    RtlCopyMemory(Image->Name, CodeView->Path + Name, min(Length - Name, sizeof(Image->Name) - 1));
}

VOID KmpRingDescribeImage(KMP_RING_IMAGE *Image, PUCHAR *Base)
{
    PUCHAR ImageBase = (PUCHAR)&__ImageBase;
    const IMAGE_NT_HEADERS64 *Headers = (const IMAGE_NT_HEADERS64 *)(ImageBase + __ImageBase.e_lfanew);
    const IMAGE_DATA_DIRECTORY *Directory =
        &Headers->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_DEBUG];
    const KMP_DEBUG_DIRECTORY *Entry = (const KMP_DEBUG_DIRECTORY *)(ImageBase + Directory->VirtualAddress);

    RtlZeroMemory(Image, sizeof(*Image));
    Image->Base = (ULONG_PTR)ImageBase;
    Image->Size = Headers->OptionalHeader.SizeOfImage;
    Image->TimeDateStamp = Headers->FileHeader.TimeDateStamp;
    Image->CheckSum = Headers->OptionalHeader.CheckSum;
    *Base = ImageBase;
    for (ULONG Index = 0; Directory->VirtualAddress != 0 && Index < Directory->Size / sizeof(*Entry);
         Index += 1) {
        const KMP_CODE_VIEW *CodeView = (const KMP_CODE_VIEW *)(ImageBase + Entry[Index].AddressOfRawData);

        if (Entry[Index].Type == DEBUG_CODE_VIEW && Entry[Index].AddressOfRawData != 0 &&
            Entry[Index].SizeOfData >= sizeof(*CodeView) && CodeView->Signature == RSDS_SIGNATURE) {
            DescribePdb(Image, CodeView, Entry[Index].SizeOfData);
            return;
        }
    }
}
