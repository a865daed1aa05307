// SPDX-License-Identifier: MIT
// Each step calls one routine of the SDK, of which the system wants memory, and says what it returned;
// tests/sdk/no-memory.t has each allocation fail once.
#include <ntifs.h>
#include <kmode.h>

#define IOCTL_PEND CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_NEITHER, FILE_ANY_ACCESS)

static PDRIVER_OBJECT Driver;
static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'meMN');
static PUCHAR Block; // a page of the pool

static NTSTATUS LockPages(void)
{
    KM_LOCKED_PAGES Pages;
    NTSTATUS Status = KmLockPages(&Pages, Block, PAGE_SIZE, KernelMode, IoReadAccess);

    KmUnlockPages(&Pages);
    return Status;
}

static NTSTATUS MapPages(NTSTATUS(NTAPI *Map)(PKM_LOCKED_PAGES Pages, PVOID *Address))
{
    KM_LOCKED_PAGES Pages;
    PVOID Address;
    NTSTATUS Status = KmLockPages(&Pages, Block, PAGE_SIZE, KernelMode, IoReadAccess);

    // What fails there is the step before.
    Status = NT_SUCCESS(Status) ? Map(&Pages, &Address) : STATUS_SUCCESS;
    if (NT_SUCCESS(Status)) {
        KmUnmapLockedPagesFromUser(&Pages);
    }
    KmUnlockPages(&Pages);
    return Status;
}

static NTSTATUS MapLockedPages(void)
{
    return MapPages(KmMapLockedPages);
}

static NTSTATUS MapLockedPagesToUser(void)
{
    return MapPages(KmMapLockedPagesToUser);
}

static NTSTATUS MdlForNonPagedPool(void)
{
    PMDL Mdl;
    NTSTATUS Status = KmMdlForNonPagedPool(Block, PAGE_SIZE, &Mdl);

    if (NT_SUCCESS(Status)) {
        IoFreeMdl(Mdl);
    }
    return Status;
}

static NTSTATUS MdlForPart(void)
{
    PMDL Mdl, Part;
    NTSTATUS Status = KmMdlForNonPagedPool(Block, PAGE_SIZE, &Mdl);

    if (!NT_SUCCESS(Status)) {
        return STATUS_SUCCESS;
    }
    Status = KmMdlForPart(Mdl, 100, 200, &Part);
    if (NT_SUCCESS(Status)) {
        IoFreeMdl(Part);
    }
    IoFreeMdl(Mdl);
    return Status;
}

static NTSTATUS PhysicalRanges(void)
{
    PPHYSICAL_MEMORY_RANGE Ranges;
    ULONG Count;
    NTSTATUS Status = KmPhysicalRanges(&Ranges, &Count);

    if (NT_SUCCESS(Status)) {
        ExFreePool(Ranges);
    }
    return Status;
}

static NTSTATUS PhysicalMap(void)
{
    ULONG64 Address;
    PVOID Mapping;
    NTSTATUS Status = KmPhysicalOf(Block, &Address);

    if (NT_SUCCESS(Status)) {
        Status = KmPhysicalMap(Address, PAGE_SIZE, MmCached, &Mapping);
    }
    if (NT_SUCCESS(Status)) {
        KmPhysicalUnmap(Mapping, PAGE_SIZE);
    }
    return Status;
}

static NTSTATUS PhysicalWrite(void)
{
    ULONG64 Address;
    SIZE_T Done;
    NTSTATUS Status = KmPhysicalOf(Block, &Address);

    return NT_SUCCESS(Status) ? KmPhysicalWrite(Address, "1234", 4, &Done) : Status;
}

static NTSTATUS SectionCreate(void)
{
    KM_SECTION Section;
    NTSTATUS Status = KmSectionCreate(&Section, PAGE_SIZE);

    KmSectionClose(&Section);
    return Status;
}

static NTSTATUS GuardExtendedState(void)
{
    KM_GUARD Guard = KmGuardEmpty();
    XSTATE_SAVE Save;
    ULONG64 Mask = KmCpuHas(KmCpuAvx) ? KmReadXcr0() & XSTATE_MASK_GSSE : 0;
    NTSTATUS Status = KmGuardExtendedState(&Guard, Mask, &Save);

    KmGuardEnd(&Guard);
    return Status;
}

static NTSTATUS NTAPI OnKey(PVOID Context, REG_NOTIFY_CLASS Class, PVOID Information)
{
    (void)Context, (void)Class, (void)Information;
    return STATUS_SUCCESS;
}

static VOID NTAPI OnHandle(PVOID Context, PKM_OBJECT_ACCESS Access)
{
    (void)Context, (void)Access;
}

static KM_CALLBACKS Callbacks;
static KM_CALLBACK Callback;

static NTSTATUS CallbacksAddRegistry(void)
{
    return KmCallbacksAddRegistry(&Callbacks, &Callback, L"380999.7", Driver, OnKey, NULL);
}

static NTSTATUS CallbacksAddObject(void)
{
    return KmCallbacksAddObject(&Callbacks, &Callback, L"380999.7", KM_OBJECT_PROCESSES, OnHandle, NULL,
                                NULL);
}

// ---- A request that would wait

static KM_REQUEST_QUEUE Queue;
static NTSTATUS Pended;

static NTSTATUS NTAPI Pend(PKM_REQUEST Request)
{
    Pended = KmRequestPend(Request, &Queue);
    return Pended;
}

static NTSTATUS NTAPI Start(PKM_DEVICE Device)
{
    KmQueueInit(&Queue, Device);
    return STATUS_SUCCESS;
}

static const KM_DEVICE_ENTRY Pending[] = {KM_DEVICE_NAME(L"\\Device\\NoMemory"),
                                          KM_DEVICE_CONTEXT(ULONG, Start, NULL),
                                          KM_ON_IOCTL_INPUT(IOCTL_PEND, Pend, ULONG64), KM_DEVICE_END};

// Of the steps before the request is there, what fails is other tests'.
static NTSTATUS RequestPend(void)
{
    ULONG64 Input = 1;
    IO_STATUS_BLOCK IoStatus;
    PKM_DEVICE Device;
    KEVENT Done;
    PIRP Irp;

    Pended = STATUS_SUCCESS;
    if (!NT_SUCCESS(KmDeviceCreate(Driver, Pending, NULL, &Device))) {
        return STATUS_SUCCESS;
    }
    KeInitializeEvent(&Done, NotificationEvent, FALSE);
    Irp = IoBuildDeviceIoControlRequest(IOCTL_PEND, Device->DeviceObject, &Input, sizeof(Input), NULL, 0,
                                        FALSE, &Done, &IoStatus);
    if (Irp != NULL && IoCallDriver(Device->DeviceObject, Irp) == STATUS_PENDING) {
        KmQueueCancel(&Queue, NULL);
        (void)KeWaitForSingleObject(&Done, Executive, KernelMode, FALSE, NULL);
    }
    KmDeviceDelete(Device);
    return Pended == STATUS_PENDING ? STATUS_SUCCESS : Pended;
}

// ----

#define STEP(Routine) {"Km" #Routine, Routine}
static const struct {
    PCSTR Name;
    NTSTATUS (*Run)(void);
} Steps[] = {
    STEP(LockPages),     STEP(MapLockedPages),     STEP(MapLockedPagesToUser), STEP(MdlForNonPagedPool),
    STEP(MdlForPart),    STEP(PhysicalRanges),     STEP(PhysicalMap),          STEP(PhysicalWrite),
    STEP(SectionCreate), STEP(GuardExtendedState), STEP(CallbacksAddRegistry), STEP(CallbacksAddObject),
    STEP(RequestPend),
};

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    Driver = DriverObject;
    Block = (PUCHAR)KmAlloc(&Pool, PAGE_SIZE);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Steps); Index += 1) {
        DbgPrint("%s %08lX\n", Steps[Index].Name, (ULONG)Steps[Index].Run());
        KmCallbacksStop(&Callbacks);
    }
    KmFree(&Pool, Block, PAGE_SIZE);
    return STATUS_UNSUCCESSFUL;
}
