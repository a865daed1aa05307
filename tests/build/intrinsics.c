// SPDX-License-Identifier: MIT
// Processor registers, ports and privileged instructions.
#include <ntddk.h>
#include <intrin.h>

DRIVER_INITIALIZE DriverEntry;
VOID TouchEverything(PVOID Buffer);

// Never called: the test is that it builds.
VOID TouchEverything(PVOID Buffer)
{
    int Registers[4];
    LONG64 Comparand[2] = {0, 0};

    __writemsr(0xC0000103, __readmsr(0x10));
    __outbyte(0x80, __inbyte(0x80));
    __outword(0x80, __inword(0x80));
    __outdword(0xCF8, __indword(0xCFC));
    WRITE_PORT_UCHAR((PUCHAR)0x80, READ_PORT_UCHAR((PUCHAR)0x80));
    __writecr0(__readcr0());
    __writecr3(__readcr3() ^ __readcr2());
    __writecr4(__readcr4());
    __writecr8(__readcr8());
    __writedr(7, __readdr(7));
    __invlpg(Buffer);
    __wbinvd();
    _disable();
    _enable();
    __halt();
    __nop();
    __sidt(Buffer);
    __lidt(Buffer);
    _sgdt(Buffer);
    _lgdt(Buffer);
    __writeeflags(__readeflags());
    __cpuid(Registers, 1);
    __cpuidex(Registers, 7, 0);
    DbgPrint("%llx %llx %llx %p\n", __rdtsc(), _xgetbv(0), __readgsqword(0x188), _ReturnAddress());
    _mm_pause();
    _mm_lfence();
    __int2c();
    __debugbreak();
    {
        unsigned int Random;
        DbgPrint("%d\n", _rdrand32_step(&Random));
    }
    _InterlockedCompareExchange128((LONG64 volatile *)Buffer, 1, 2, Comparand);
    DbgPrint("%u %u %llu\n", _byteswap_ulong(1), __popcnt(7), __umulh(3, 4));
    __stosb((PUCHAR)Buffer, 0, 16);
    __movsb((PUCHAR)Buffer, (PUCHAR)Buffer + 16, 16);
    KeMemoryBarrier();
    MemoryBarrier();
    YieldProcessor();
    __fastfail(FAST_FAIL_INVALID_ARG);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    if (DriverObject == NULL) {
        TouchEverything(NULL);
    }
    return STATUS_SUCCESS;
}
