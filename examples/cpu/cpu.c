// SPDX-License-Identifier: MIT
// What runs on which processor, what a processor tells of itself, and a device that tells programs.
#include <kmode.h>
#include "cpu.h"

#define IA32_APIC_BASE   0x1B
#define NO_SUCH_REGISTER 0x12345

static KM_ALLOCATOR Allocator = KM_ALLOCATOR_INIT(KmNonPagedPool, 'upCK');

// At whatever IRQL it is run.
static KM_PROCESSOR_ROUTINE Mark;
static VOID NTAPI Mark(ULONG Processor, PVOID Context)
{
    (void)InterlockedOr((volatile LONG *)Context, 1L << Processor);
}

static KM_PROCESSOR_ROUTINE Tell;
static VOID NTAPI Tell(ULONG Processor, PVOID Context)
{
    ULONG64 Base;

    UNREFERENCED_PARAMETER(Context);
    if (NT_SUCCESS(KmMsrRead(IA32_APIC_BASE, &Base))) {
        KmInfo("processor %lu: its APIC is at %I64x", Processor, Base & ~0xFFFULL);
    }
}

static VOID Processors(VOID)
{
    volatile LONG ByInterrupt = 0, ByDpc = 0;
    LONG All = (LONG)((1ULL << KmProcessorCount()) - 1);

    KmRunOnEachProcessor(Tell, NULL);
    KmRunOnAllProcessors(Mark, (PVOID)&ByInterrupt);
    KmInfo("all at once, by an interrupt: %s", ByInterrupt == All ? "yes" : "no");
    if (NT_SUCCESS(KmRunByDpcOnAll(&Allocator, Mark, (PVOID)&ByDpc))) {
        KmInfo("all, by DPCs: %s", ByDpc == All ? "yes" : "no");
    }
}

static VOID Registers(VOID)
{
    ULONG64 Value;
    NTSTATUS Status = KmMsrRead(NO_SUCH_REGISTER, &Value);

    KmInfo("an MSR that is not there: %08lX", Status);
    Status = KmMsrWrite(IA32_APIC_BASE, MAXULONG64);
    KmInfo("a value that it does not take: %08lX", Status);
    if (NT_SUCCESS(KmControlRegisterRead(0, &Value))) {
        KmInfo("paging is %s", (Value & 0x80000000) != 0 ? "on" : "off");
    }
    KmInfo("no device at port 9990h: %02X", KmPortRead8(0x9990));
}

static VOID Features(VOID)
{
    static const KM_CPU_FEATURE Every64BitWindowsNeeds[] = {KmCpuNx, KmCpuCmpxchg16b, KmCpuSse3};

    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Every64BitWindowsNeeds); Index += 1) {
        KM_CPU_FEATURE Feature = Every64BitWindowsNeeds[Index];
        KmInfo("%s: %s", KmCpuFeatureName(Feature), KmCpuHas(Feature) ? "yes" : "no");
    }
}

static NTSTATUS NTAPI AnswerId(PKM_REQUEST Request)
{
    const CPU_LEAF *Leaf = KmRequestInput(Request, CPU_LEAF);

    KmCpuid(Leaf->Leaf, Leaf->Subleaf, KmRequestOutput(Request, KM_CPUID));
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI AnswerRegister(PKM_REQUEST Request)
{
    const CPU_REGISTER *Register = KmRequestInput(Request, CPU_REGISTER);

    return KmMsrReadOn(Register->Processor, Register->Number, KmRequestOutput(Request, ULONG64));
}

static const KM_DEVICE_ENTRY Cpu[] = {KM_DEVICE_NAME(L"\\Device\\Cpu"), KM_DEVICE_LINK(L"\\DosDevices\\Cpu"),
                                      KM_ON_IOCTL(IOCTL_CPU_ID, AnswerId, CPU_LEAF, KM_CPUID),
                                      KM_ON_IOCTL(IOCTL_CPU_REGISTER, AnswerRegister, CPU_REGISTER, ULONG64),
                                      KM_DEVICE_END};

DRIVER_INITIALIZE DriverEntry;
NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    static const KM_DEVICE_ENTRY *const Devices[] = {Cpu};

    UNREFERENCED_PARAMETER(RegistryPath);
    (void)KmLogInit(KmLevelInfo);
    Features();
    Processors();
    Registers();
    return KmDriverStart(DriverObject, Devices, 1);
}
