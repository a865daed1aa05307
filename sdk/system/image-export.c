// SPDX-License-Identifier: MIT
// Exports of images in memory.
#include <ntifs.h>
#include <ntimage.h>
#include <kmode.h>

// Longer names are none.
#define LONGEST_NAME 4096

static BOOLEAN Fetch(const KM_IMAGE *Image, ULONG64 Offset, PVOID Target, ULONG Bytes)
{
    if (Offset > Image->Bytes || Bytes > Image->Bytes - Offset) {
        return FALSE;
    }
    RtlCopyMemory(Target, Image->Base + Offset, Bytes);
    return TRUE;
}

// The zero-terminated text at an offset; NULL if it does not end within the image.
static PCSTR TextAt(const KM_IMAGE *Image, ULONG Offset)
{
    ULONG Length = 0;

    while (Length < LONGEST_NAME && (ULONG64)Offset + Length < Image->Bytes) {
        if (Image->Base[Offset + Length] == '\0') {
            return (PCSTR)(Image->Base + Offset);
        }
        Length++;
    }
    return NULL;
}

static NTSTATUS Directory(const KM_IMAGE *Image, PIMAGE_EXPORT_DIRECTORY Exports)
{
    RtlZeroMemory(Exports, sizeof(*Exports));
    if (Image->ExportBytes != 0 && !Fetch(Image, Image->ExportOffset, Exports, sizeof(*Exports))) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    return STATUS_SUCCESS;
}

// The function at an index of the address table. STATUS_ORDINAL_NOT_FOUND: nothing is there.
static NTSTATUS FunctionAt(const KM_IMAGE *Image, const IMAGE_EXPORT_DIRECTORY *Exports, ULONG Index,
                           PKM_IMAGE_EXPORT Export)
{
    ULONG Offset;

    if (Index >= Exports->NumberOfFunctions) {
        return STATUS_ORDINAL_NOT_FOUND;
    }
    if (!Fetch(Image, Exports->AddressOfFunctions + (ULONG64)Index * 4, &Offset, sizeof(Offset))) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    if (Offset == 0) {
        return STATUS_ORDINAL_NOT_FOUND;
    }
    Export->Ordinal = Exports->Base + Index;
    // What points back into the directory is the text of a forwarder.
    if (Offset - Image->ExportOffset < Image->ExportBytes) {
        Export->Forwarder = TextAt(Image, Offset);
        return Export->Forwarder != NULL ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
    }
    if (Offset >= Image->Bytes) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    Export->Address = Image->Base + Offset;
    return STATUS_SUCCESS;
}

static NTSTATUS NameAt(const KM_IMAGE *Image, const IMAGE_EXPORT_DIRECTORY *Exports, ULONG Index, PCSTR *Name)
{
    ULONG Offset;

    *Name = NULL;
    if (!Fetch(Image, Exports->AddressOfNames + (ULONG64)Index * 4, &Offset, sizeof(Offset))) {
        return STATUS_INVALID_IMAGE_FORMAT;
    }
    *Name = TextAt(Image, Offset);
    return *Name != NULL ? STATUS_SUCCESS : STATUS_INVALID_IMAGE_FORMAT;
}

static NTSTATUS NamedAt(const KM_IMAGE *Image, const IMAGE_EXPORT_DIRECTORY *Exports, ULONG Index,
                        PKM_IMAGE_EXPORT Export)
{
    USHORT Function;
    NTSTATUS Status = NameAt(Image, Exports, Index, &Export->Name);

    if (NT_SUCCESS(Status)) {
        Status =
            Fetch(Image, Exports->AddressOfNameOrdinals + (ULONG64)Index * 2, &Function, sizeof(Function))
                ? FunctionAt(Image, Exports, Function, Export)
                : STATUS_INVALID_IMAGE_FORMAT;
    }
    return Status;
}

static int Compare(PCSTR First, PCSTR Second)
{
    while (*First != '\0' && *First == *Second) {
        First++;
        Second++;
    }
    return (int)(UCHAR)*First - (int)(UCHAR)*Second;
}

// The names are sorted.
static NTSTATUS Search(const KM_IMAGE *Image, PCSTR Name, PKM_IMAGE_EXPORT Export)
{
    IMAGE_EXPORT_DIRECTORY Exports;
    ULONG Low = 0, High;
    NTSTATUS Status = Directory(Image, &Exports);

    for (High = Exports.NumberOfNames; NT_SUCCESS(Status) && Low < High;) {
        ULONG Middle = Low + (High - Low) / 2;
        PCSTR Found;
        int Order;

        Status = NameAt(Image, &Exports, Middle, &Found);
        if (!NT_SUCCESS(Status)) {
            return Status;
        }
        Order = Compare(Name, Found);
        if (Order == 0) {
            return NamedAt(Image, &Exports, Middle, Export);
        }
        if (Order < 0) {
            High = Middle;
        } else {
            Low = Middle + 1;
        }
    }
    return NT_SUCCESS(Status) ? STATUS_PROCEDURE_NOT_FOUND : Status;
}

static NTSTATUS ByOrdinal(const KM_IMAGE *Image, ULONG Ordinal, PKM_IMAGE_EXPORT Export)
{
    IMAGE_EXPORT_DIRECTORY Exports;
    NTSTATUS Status = Directory(Image, &Exports);

    if (NT_SUCCESS(Status)) {
        Status = Ordinal >= Exports.Base ? FunctionAt(Image, &Exports, Ordinal - Exports.Base, Export)
                                         : STATUS_ORDINAL_NOT_FOUND;
    }
    return Status;
}

static NTSTATUS ByIndex(const KM_IMAGE *Image, ULONG Index, PKM_IMAGE_EXPORT Export)
{
    IMAGE_EXPORT_DIRECTORY Exports;
    NTSTATUS Status = Directory(Image, &Exports);

    if (NT_SUCCESS(Status)) {
        Status =
            Index < Exports.NumberOfNames ? NamedAt(Image, &Exports, Index, Export) : STATUS_NO_MORE_ENTRIES;
    }
    return Status;
}

// Search, or if Name is NULL one of the other two, whose faults are its status, and which leaves nothing half
// found.
static NTSTATUS Guarded(const KM_IMAGE *Image, PCSTR Name, ULONG Number,
                        NTSTATUS (*ByNumber)(const KM_IMAGE *, ULONG, PKM_IMAGE_EXPORT),
                        PKM_IMAGE_EXPORT Export)
{
    NTSTATUS Status;

    RtlZeroMemory(Export, sizeof(*Export));
    __try {
        Status = Name != NULL ? Search(Image, Name, Export) : ByNumber(Image, Number, Export);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status)) {
        RtlZeroMemory(Export, sizeof(*Export));
    }
    return Status;
}

NTSTATUS NTAPI KmImageExport(const KM_IMAGE *Image, PCSTR Name, PKM_IMAGE_EXPORT Export)
{
    return Guarded(Image, Name, 0, ByIndex, Export);
}

NTSTATUS NTAPI KmImageExportByOrdinal(const KM_IMAGE *Image, ULONG Ordinal, PKM_IMAGE_EXPORT Export)
{
    return Guarded(Image, NULL, Ordinal, ByOrdinal, Export);
}

NTSTATUS NTAPI KmImageExportAt(const KM_IMAGE *Image, ULONG Index, PKM_IMAGE_EXPORT Export)
{
    return Guarded(Image, NULL, Index, ByIndex, Export);
}
