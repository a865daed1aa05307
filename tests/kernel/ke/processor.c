// SPDX-License-Identifier: MIT
// What drivers read of the processor inline: its control region, its control, debug and model-specific
// registers.
#include "test.h"

#define READ_REGISTER(Name)                                                                                  \
    ({                                                                                                       \
        ULONG64 Value_;                                                                                      \
        __asm__ volatile("movq %%" Name ", %0" : "=r"(Value_));                                              \
        Value_;                                                                                              \
    })
#define WRITE_REGISTER(Name, Value) __asm__ volatile("movq %0, %%" Name ::"r"((ULONG64)(Value)))

static ULONG64 ReadGs(ULONG Offset)
{
    ULONG64 Value;
    __asm__ volatile("movq %%gs:(%1), %0" : "=r"(Value) : "r"((ULONG64)Offset));
    return Value;
}

static ULONG64 ReadMsr(ULONG Index)
{
    ULONG Low, High;
    __asm__ volatile("rdmsr" : "=a"(Low), "=d"(High) : "c"(Index));
    return (ULONG64)High << 32 | Low;
}

static VOID WriteMsr(ULONG Index, ULONG64 Value)
{
    __asm__ volatile("wrmsr" ::"a"((ULONG)Value), "d"((ULONG)(Value >> 32)), "c"(Index));
}

static void TestControlRegion(void)
{
    ULONG64 Self = ReadGs(0x18); // KPCR.Self
    ULONG64 Prcb = ReadGs(0x20); // KPCR.CurrentPrcb
    OK(Self >= 0x400000000000);
    IS(Prcb, Self + 0x180);
    IS(*(volatile ULONG64 *)(Self + 0x20), Prcb); // the same, not by gs
    IS(ReadGs(0x188), *(volatile ULONG64 *)(Prcb + 8));
    OK(MmIsAddressValid((PVOID)ReadGs(0x188))); // the current thread
    IS(ReadMsr(0xC0000101), Self);              // IA32_GS_BASE
}

static void TestControlRegisters(void)
{
    ULONG64 Cr0 = READ_REGISTER("cr0"), Cr3 = READ_REGISTER("cr3"), Cr4 = READ_REGISTER("cr4");
    OK((Cr0 & 1) != 0);          // protection
    OK((Cr0 & 0x10000) != 0);    // write protection in ring 0
    OK((Cr0 & 0x80000000) != 0); // paging
    OK((Cr4 & 0x20) != 0);       // PAE
    OK(Cr3 != 0);
    IS(Cr3 & 0xFFF & ~0x18ULL, 0);
    WRITE_REGISTER("cr0", Cr0 & ~0x10000ULL);
    IS(READ_REGISTER("cr0"), Cr0 & ~0x10000ULL);
    WRITE_REGISTER("cr0", Cr0);
    WRITE_REGISTER("cr3", Cr3); // flushes translations, changes nothing
    IS(READ_REGISTER("cr3"), Cr3);
}

static void TestFaultSetsCr2(void)
{
    __try {
        *(volatile UCHAR *)0x123450;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        IS(READ_REGISTER("cr2"), 0x123450);
    }
}

static void TestDebugRegisters(void)
{
    IS(READ_REGISTER("dr7"), 0x400);
    WRITE_REGISTER("dr0", 0x400010001000);
    IS(READ_REGISTER("dr0"), 0x400010001000);
    WRITE_REGISTER("dr0", 0);
}

static void TestModelSpecificRegisters(void)
{
    ULONG64 Efer = ReadMsr(0xC0000080);
    OK((Efer & 0x500) == 0x500); // long mode enabled and active
    OK((Efer & 0x800) != 0);     // NX
    ULONG64 First = ReadMsr(0x10), Second = __rdtsc();
    OK(Second > First);
    ULONG64 KernelGs = ReadMsr(0xC0000102);
    WriteMsr(0xC0000102, 0x400012345678);
    IS(ReadMsr(0xC0000102), 0x400012345678);
    WriteMsr(0xC0000102, KernelGs);
}

static NTSTATUS StatusOfMsr(ULONG Index, BOOLEAN Write)
{
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Write) {
            WriteMsr(Index, ~0ULL);
        } else {
            ReadMsr(Index);
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    return Status;
}

static void TestRefusedMsrsRaise(void)
{
    IS((ULONG)StatusOfMsr(0x12345678, FALSE), (ULONG)STATUS_PRIVILEGED_INSTRUCTION);
    IS((ULONG)StatusOfMsr(0x12345678, TRUE), (ULONG)STATUS_PRIVILEGED_INSTRUCTION);
    IS((ULONG)StatusOfMsr(0xC0000080, TRUE), (ULONG)STATUS_PRIVILEGED_INSTRUCTION); // reserved bits of EFER
    IS((ULONG)StatusOfMsr(0xC0000080, FALSE), (ULONG)STATUS_SUCCESS);
}

static void TestInterruptFlagAndCaches(void)
{
    __asm__ volatile("cli");
    __asm__ volatile("sti");
    __asm__ volatile("wbinvd" ::: "memory");
    __asm__ volatile("invlpg (%0)" ::"r"(&TestCount) : "memory");
    OK(TRUE);
}

static void TestPortsOfAnEmptyBus(void)
{
    UCHAR Byte = 0;
    USHORT Word = 0;
    ULONG Long = 0;
    __asm__ volatile("inb %%dx, %%al" : "=a"(Byte) : "d"(0x378));
    __asm__ volatile("inw %%dx, %%ax" : "=a"(Word) : "d"(0x378));
    __asm__ volatile("inl %%dx, %%eax" : "=a"(Long) : "d"(0xCF8));
    IS(Byte, 0xFF);
    IS(Word, 0xFFFF);
    IS(Long, 0xFFFFFFFF);
    __asm__ volatile("outb %%al, %%dx" ::"a"((UCHAR)1), "d"(0x80));
}

TEST_DRIVER(TestControlRegion, TestControlRegisters, TestFaultSetsCr2, TestDebugRegisters,
            TestModelSpecificRegisters, TestRefusedMsrsRaise, TestInterruptFlagAndCaches,
            TestPortsOfAnEmptyBus)
