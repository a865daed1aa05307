// SPDX-License-Identifier: MIT
// PsLoadedModuleList: images come, go, and are found by address.
#include "inc/kernel.h"
#include "rtl/image.h"

LIST_ENTRY PsLoadedModuleList;
ERESOURCE PsLoadedModuleResource;

// What is looked up at any IRQL, also while PsLoadedModuleList is damaged or an image has taken itself off
// it.
static ULONG MiImageSlots[MI_IMAGE_REGION_SLOTS / 32];
static ULONG MiImageSizes[MI_IMAGE_REGION_SLOTS]; // 0: no image is mapped there
static PKLDR_DATA_TABLE_ENTRY MiImageEntries[MI_IMAGE_REGION_SLOTS], MiKernelEntry;
static ULONG_PTR MiKernelBase;
static ULONG MiKernelSize;

static ULONG_PTR MiImageSlotBase(ULONG Slot)
{
    return MI_IMAGE_REGION_START + Slot * KM_IMAGE_MAX_BYTES;
}

static ULONG MiImageSlot(ULONG_PTR Base)
{
    return (ULONG)((Base - MI_IMAGE_REGION_START) / KM_IMAGE_MAX_BYTES);
}

static ULONG_PTR MiReserveImageSlot(VOID)
{
    for (ULONG Slot = 0; Slot < MI_IMAGE_REGION_SLOTS; Slot += 1) {
        if ((MiImageSlots[Slot / 32] & 1u << Slot % 32) == 0) {
            MiImageSlots[Slot / 32] |= 1u << Slot % 32;
            return MiImageSlotBase(Slot);
        }
    }
    return 0;
}

static VOID MiReleaseImageSlot(ULONG_PTR Base)
{
    ULONG Slot = MiImageSlot(Base);
    MiImageSizes[Slot] = 0;
    MiImageEntries[Slot] = NULL;
    MiImageSlots[Slot / 32] &= ~(1u << Slot % 32);
}

static VOID MiInsertEntry(PKLDR_DATA_TABLE_ENTRY Entry)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&PsLoadedModuleResource, TRUE);
    InsertTailList(&PsLoadedModuleList, &Entry->InLoadOrderLinks);
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
}

static VOID MiRemoveEntry(PKLDR_DATA_TABLE_ENTRY Entry)
{
    KeEnterCriticalRegion();
    ExAcquireResourceExclusiveLite(&PsLoadedModuleResource, TRUE);
    RemoveEntryList(&Entry->InLoadOrderLinks);
    ExReleaseResourceLite(&PsLoadedModuleResource);
    KeLeaveCriticalRegion();
}

// An entry with the lock counts of its sections and its names behind it. Prefix is put before the file name
// in FullDllName.
static PKLDR_DATA_TABLE_ENTRY MiCreateEntry(const KM_IMAGE *Image, PCWSTR Prefix)
{
    const ULONG Sections = RtlImageNtHeader((PVOID)Image->base)->FileHeader.NumberOfSections;
    const SIZE_T CountBytes = Sections * sizeof(LONG);
    PCSTR FileName = Image->file_name;
    ULONG NameBytes = 0, PrefixBytes = (ULONG)(wcslen(Prefix) * sizeof(WCHAR)),
          NameLength = (ULONG)strlen(FileName);
    if (!NT_SUCCESS(RtlUTF8ToUnicodeN(NULL, 0, &NameBytes, FileName, NameLength))) {
        return NULL;
    }
    SIZE_T Bytes = sizeof(KLDR_DATA_TABLE_ENTRY) + CountBytes + PrefixBytes + NameBytes;
    PKLDR_DATA_TABLE_ENTRY Entry = ExAllocatePoolZero(NonPagedPoolNx, Bytes, TAG_LOADED_MODULE);
    if (Entry == NULL) {
        return NULL;
    }
    Entry->DllBase = (PVOID)Image->base;
    Entry->EntryPoint = (PVOID)Image->entry_point;
    Entry->SizeOfImage = (ULONG)Image->size;
    Entry->SizeOfImageNotRounded = (ULONG)Image->size;
    Entry->CheckSum = Image->checksum;
    Entry->TimeDateStamp = Image->time_stamp;
    Entry->LoadCount = 1;
    Entry->Image = *Image;
    Entry->ExceptionTable = RtlImageDirectoryEntryToData(
        (PVOID)Image->base, TRUE, IMAGE_DIRECTORY_ENTRY_EXCEPTION, &Entry->ExceptionTableSize);
    Entry->SectionLocks = (PLONG)(Entry + 1);
    PWCH Names = (PWCH)((PUCHAR)(Entry + 1) + CountBytes);
    RtlCopyMemory(Names, Prefix, PrefixBytes);
    RtlUTF8ToUnicodeN(Names + PrefixBytes / sizeof(WCHAR), NameBytes, &NameBytes, FileName, NameLength);
    Entry->FullDllName.Buffer = Names;
    Entry->FullDllName.Length = Entry->FullDllName.MaximumLength = (USHORT)(PrefixBytes + NameBytes);
    Entry->BaseDllName.Buffer = Names + PrefixBytes / sizeof(WCHAR);
    Entry->BaseDllName.Length = Entry->BaseDllName.MaximumLength = (USHORT)NameBytes;
    return Entry;
}

BOOLEAN MiInitializeLoadedImages(const KM_IMAGE *Kernel)
{
    InitializeListHead(&PsLoadedModuleList);
    ExInitializeResourceLite(&PsLoadedModuleResource);
    MiKernelBase = Kernel->base;
    MiKernelSize = (ULONG)Kernel->size;
    KM_PAGE Page;
    if (KeMachine->query_memory(Kernel->base, &Page) != 0) {
        MiSetPageAddresses(Page.physical / PAGE_SIZE, Kernel->size / PAGE_SIZE, Kernel->base);
    }
    PKLDR_DATA_TABLE_ENTRY Entry = MiCreateEntry(Kernel, L"\\SystemRoot\\system32\\");
    if (Entry == NULL) {
        return FALSE;
    }
    MiKernelEntry = Entry;
    InsertTailList(&PsLoadedModuleList, &Entry->InLoadOrderLinks);
    return TRUE;
}

NTSTATUS MmLoadSystemImage(PCSTR FileName, PKLDR_DATA_TABLE_ENTRY *Entry)
{
    static const NTSTATUS Statuses[] = {
        [KM_LOAD_OK] = STATUS_SUCCESS,
        [KM_LOAD_NOT_FOUND] = STATUS_OBJECT_NAME_NOT_FOUND,
        [KM_LOAD_INVALID_IMAGE] = STATUS_INVALID_IMAGE_FORMAT,
        [KM_LOAD_UNRESOLVED] = STATUS_DRIVER_ENTRYPOINT_NOT_FOUND,
        [KM_LOAD_NO_MEMORY] = STATUS_INSUFFICIENT_RESOURCES,
        [KM_LOAD_ALREADY_LOADED] = STATUS_IMAGE_ALREADY_LOADED,
    };
    KM_IMAGE Image = {0};
    ULONG_PTR Base = MiReserveImageSlot();
    if (Base == 0) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    ULONG64 Bytes = 0, FirstPage = MI_NO_PAGE;
    ULONG Result = KeMachine->measure_image(FileName, &Bytes);
    if (Result == KM_LOAD_OK) {
        FirstPage = MiAllocatePhysicalPages(Bytes / PAGE_SIZE, 0, MI_NO_PAGE, 0);
        Result = FirstPage == MI_NO_PAGE
                     ? KM_LOAD_NO_MEMORY
                     : KeMachine->load_image(FileName, Base, FirstPage * PAGE_SIZE, &Image);
    }
    NTSTATUS Status = Result < RTL_NUMBER_OF(Statuses) ? Statuses[Result] : STATUS_INVALID_IMAGE_FORMAT;
    if (!NT_SUCCESS(Status)) {
        goto FreePages;
    }
    *Entry = MiCreateEntry(&Image, L"\\SystemRoot\\System32\\drivers\\");
    if (*Entry == NULL) {
        Status = STATUS_INSUFFICIENT_RESOURCES;
        goto UnloadImage;
    }
    ViBindImports(Image.base);
    MiSetPageAddresses(FirstPage, Bytes / PAGE_SIZE, Base);
    (*Entry)->FirstPage = FirstPage;
    MiImageSizes[MiImageSlot(Base)] = (ULONG)Image.size;
    MiImageEntries[MiImageSlot(Base)] = *Entry;
    MiInsertEntry(*Entry);
    PspNotifyImageLoaded(&(*Entry)->FullDllName, NULL, NULL, (*Entry)->DllBase, (*Entry)->SizeOfImage);
    return STATUS_SUCCESS;
UnloadImage:
    KeMachine->unload_image(&Image);
FreePages:
    if (FirstPage != MI_NO_PAGE) {
        MiFreePhysicalPages(FirstPage, Bytes / PAGE_SIZE);
    }
    MiReleaseImageSlot(Base);
    return Status;
}

VOID MmUnloadSystemImage(PKLDR_DATA_TABLE_ENTRY Entry)
{
    MiRemoveEntry(Entry);
    KeMachine->unload_image(&Entry->Image);
    MiFreePhysicalPages(Entry->FirstPage, Entry->Image.size / PAGE_SIZE);
    MiReleaseImageSlot(Entry->Image.base);
    ExFreePoolWithTag(Entry, TAG_LOADED_MODULE);
}

PVOID MiFindImage(ULONG_PTR Address, PULONG Size)
{
    if (MiIsKernelImageAddress(Address)) {
        *Size = MiKernelSize;
        return (PVOID)MiKernelBase;
    }
    ULONG_PTR Slot = (Address - MI_IMAGE_REGION_START) / KM_IMAGE_MAX_BYTES;
    if (Address < MI_IMAGE_REGION_START || Slot >= MI_IMAGE_REGION_SLOTS ||
        Address - MiImageSlotBase((ULONG)Slot) >= MiImageSizes[Slot]) {
        return NULL;
    }
    *Size = MiImageSizes[Slot];
    return (PVOID)MiImageSlotBase((ULONG)Slot);
}

volatile LONG *MiSectionLockCounts(ULONG_PTR Base)
{
    ULONG Size;
    if (MiIsKernelImageAddress(Base)) {
        return MiKernelEntry->SectionLocks;
    }
    return MiFindImage(Base, &Size) != NULL ? MiImageEntries[MiImageSlot(Base)]->SectionLocks : NULL;
}

BOOLEAN MiIsIntegrityForced(ULONG_PTR Address)
{
    ULONG Size;
    PUCHAR Base = MiFindImage(Address, &Size);
    if (Base == NULL) {
        return FALSE;
    }
    PIMAGE_NT_HEADERS64 Headers = (PIMAGE_NT_HEADERS64)(Base + ((PIMAGE_DOS_HEADER)Base)->e_lfanew);
    return (Headers->OptionalHeader.DllCharacteristics & IMAGE_DLLCHARACTERISTICS_FORCE_INTEGRITY) != 0;
}

BOOLEAN MiIsKernelImageAddress(ULONG_PTR Address)
{
    return Address - MiKernelBase < MiKernelSize;
}
