// SPDX-License-Identifier: MIT
// KUSER_SHARED_DATA at its address, by every kind of load that compilers make, and the macros that read it.
#include <ntddk.h>

static volatile UCHAR *const Shared = (volatile UCHAR *)0xFFFFF78000000000;

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    LARGE_INTEGER Before, After, Ticks;
    WCHAR Root[11];
    ULONG64 Register;

    UNREFERENCED_PARAMETER(DriverObject);
    UNREFERENCED_PARAMETER(RegistryPath);
    DbgPrint("version %lu.%lu, build %lu, product %d\n", SharedUserData->NtMajorVersion,
             SharedUserData->NtMinorVersion, *(volatile ULONG *)(Shared + 0x260),
             SharedUserData->NtProductType);
    RtlCopyMemory(Root, (PVOID)(Shared + 0x30), sizeof(Root) - sizeof(WCHAR));
    Root[10] = L'\0';
    DbgPrint("root %ws\n", Root);
    KeQuerySystemTime(&Before);
    do {
        KeQuerySystemTime(&After);
    } while (After.QuadPart == Before.QuadPart);
    KeQueryTickCount(&Ticks);
    DbgPrint("time moves %s, it is after 2026: %d, few ticks: %d\n",
             After.QuadPart > Before.QuadPart ? "forward" : "backward", Before.QuadPart >= 0x01dc7ab192810000,
             Ticks.QuadPart < 1000);

    // The destination is the base; a part of it; an index; an operand of arithmetic.
    __asm__ volatile("movabs $0xFFFFF78000000000, %0\n\tmov 0x26c(%0), %k0" : "=r"(Register));
    DbgPrint("base %I64x\n", Register);
    __asm__ volatile("movabs $0xFFFFF78000000000, %%rbx\n\tmov 0x26c(%%rbx), %%bl\n\tmov %%rbx, %0"
                     : "=r"(Register)::"rbx");
    DbgPrint("low byte %I64x\n", Register);
    __asm__ volatile("movabs $0xFFFFF78000000000, %%rbx\n\tmov 0x26c(%%rbx), %%bh\n\tmov %%rbx, %0"
                     : "=r"(Register)::"rbx");
    DbgPrint("high byte %I64x\n", Register);
    __asm__ volatile("movabs 0xFFFFF7800000026c, %%eax\n\tmov %%rax, %0" : "=r"(Register)::"rax");
    DbgPrint("absolute %I64x\n", Register);
    __asm__ volatile("movabs $0xFFFFF78000000000, %%rcx\n\txor %%eax, %%eax\n\tadd 0x26c(%%rcx), %%eax\n\t"
                     "cmpl $10, 0x26c(%%rcx)\n\tlahf\n\tmov %%rax, %0"
                     : "=r"(Register)::"rax", "rcx");
    DbgPrint("sum %I64x, equal %d\n", Register & 0xFF, (int)(Register >> 14 & 1));

    *(volatile ULONG *)(Shared + 0x26c) = 6;
    DbgPrint("not reached: the page is read-only\n");
    return STATUS_SUCCESS;
}
