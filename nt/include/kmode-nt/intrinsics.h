// SPDX-License-Identifier: MIT
// MSVC intrinsics of kernel code that neither clang (for a mingw target) nor mingw-w64 10.0 gives a body to.
// Each is the one instruction that its MSVC name stands for; ring 0 is needed where the processor needs it.
#ifndef KMODE_NT_INTRINSICS_H
#define KMODE_NT_INTRINSICS_H

#if defined(__x86_64__)

// Hides a declaration without a body, from mingw-w64 or the compiler, behind ours.
#define KMODE_NT_INTRINSIC static __inline__ __attribute__((__always_inline__, __unused__))

#define _disable                       KmodeNtDisableInterrupts
#define _enable                        KmodeNtEnableInterrupts
#define __halt                         KmodeNtHalt
#define __nop                          KmodeNtNop
#define __ud2                          KmodeNtUd2
#define __wbinvd                       KmodeNtWbinvd
#define __invlpg                       KmodeNtInvlpg
#define __readpmc                      KmodeNtReadpmc
#define __segmentlimit                 KmodeNtSegmentLimit
#define __getcallerseflags             KmodeNtGetCallersEflags
#define __ll_lshift                    KmodeNtShiftLeft64
#define __ll_rshift                    KmodeNtShiftRightSigned64
#define __ull_rshift                   KmodeNtShiftRight64
#define __cpuidex                      KmodeNtCpuidEx
#define _invpcid                       KmodeNtInvpcid
#define _InterlockedCompareExchange128 KmodeNtInterlockedCompareExchange128
#define _byteswap_ushort               __builtin_bswap16
#define _byteswap_ulong                __builtin_bswap32
#define _byteswap_uint64               __builtin_bswap64

KMODE_NT_INTRINSIC void _disable(void)
{
    __asm__ __volatile__("cli" ::: "memory");
}

KMODE_NT_INTRINSIC void _enable(void)
{
    __asm__ __volatile__("sti" ::: "memory");
}

KMODE_NT_INTRINSIC void __halt(void)
{
    __asm__ __volatile__("hlt" ::: "memory");
}

KMODE_NT_INTRINSIC void __nop(void)
{
    __asm__ __volatile__("nop");
}

KMODE_NT_INTRINSIC __attribute__((__noreturn__)) void __ud2(void)
{
    __asm__ __volatile__("ud2");
    __builtin_unreachable();
}

KMODE_NT_INTRINSIC void __wbinvd(void)
{
    __asm__ __volatile__("wbinvd" ::: "memory");
}

KMODE_NT_INTRINSIC void __invlpg(void *Address)
{
    __asm__ __volatile__("invlpg (%0)" ::"r"(Address) : "memory");
}

KMODE_NT_INTRINSIC void _invpcid(unsigned int Type, void *Descriptor)
{
    __asm__ __volatile__("invpcid (%0), %1" ::"r"(Descriptor), "r"((unsigned long long)Type) : "memory");
}

KMODE_NT_INTRINSIC unsigned long long __readpmc(unsigned long Counter)
{
    unsigned int Low, High;
    __asm__ __volatile__("rdpmc" : "=a"(Low), "=d"(High) : "c"(Counter));
    return (unsigned long long)High << 32 | Low;
}

KMODE_NT_INTRINSIC unsigned long __segmentlimit(unsigned long Selector)
{
    unsigned int Limit = 0;
    __asm__ __volatile__("lsl %1, %0" : "+r"(Limit) : "r"((unsigned int)Selector) : "cc");
    return Limit;
}

// Inlined, so these are the flags of the function that calls it at this point, as near as MSVC's come.
KMODE_NT_INTRINSIC unsigned int __getcallerseflags(void)
{
    return (unsigned int)__builtin_ia32_readeflags_u64();
}

KMODE_NT_INTRINSIC void __cpuidex(int Info[4], int Leaf, int Subleaf)
{
    __asm__ __volatile__("cpuid"
                         : "=a"(Info[0]), "=b"(Info[1]), "=c"(Info[2]), "=d"(Info[3])
                         : "0"(Leaf), "2"(Subleaf));
}

KMODE_NT_INTRINSIC unsigned long long __ll_lshift(unsigned long long Value, int Count)
{
    return Value << (Count & 63);
}

KMODE_NT_INTRINSIC long long __ll_rshift(long long Value, int Count)
{
    return Value >> (Count & 63);
}

KMODE_NT_INTRINSIC unsigned long long __ull_rshift(unsigned long long Value, int Count)
{
    return Value >> (Count & 63);
}

// ---- Descriptor tables and the task register

KMODE_NT_INTRINSIC void __sidt(void *Descriptor)
{
    __asm__ __volatile__("sidt (%0)" ::"r"(Descriptor) : "memory");
}

KMODE_NT_INTRINSIC void __lidt(void *Descriptor)
{
    __asm__ __volatile__("lidt (%0)" ::"r"(Descriptor) : "memory");
}

KMODE_NT_INTRINSIC void _sgdt(void *Descriptor)
{
    __asm__ __volatile__("sgdt (%0)" ::"r"(Descriptor) : "memory");
}

KMODE_NT_INTRINSIC void _lgdt(void *Descriptor)
{
    __asm__ __volatile__("lgdt (%0)" ::"r"(Descriptor) : "memory");
}

// ---- Control and debug registers

KMODE_NT_INTRINSIC void __writecr2(unsigned long long Value)
{
    __asm__ __volatile__("movq %0, %%cr2" ::"r"(Value) : "memory");
}

KMODE_NT_INTRINSIC unsigned long long __readdr(unsigned int Register)
{
    unsigned long long Value;
    switch (Register) {
    case 0: __asm__ __volatile__("movq %%db0, %0" : "=r"(Value)); break;
    case 1: __asm__ __volatile__("movq %%db1, %0" : "=r"(Value)); break;
    case 2: __asm__ __volatile__("movq %%db2, %0" : "=r"(Value)); break;
    case 3: __asm__ __volatile__("movq %%db3, %0" : "=r"(Value)); break;
    case 6: __asm__ __volatile__("movq %%db6, %0" : "=r"(Value)); break;
    case 7: __asm__ __volatile__("movq %%db7, %0" : "=r"(Value)); break;
    default: __ud2();
    }
    return Value;
}

KMODE_NT_INTRINSIC void __writedr(unsigned int Register, unsigned long long Value)
{
    switch (Register) {
    case 0: __asm__ __volatile__("movq %0, %%db0" ::"r"(Value)); break;
    case 1: __asm__ __volatile__("movq %0, %%db1" ::"r"(Value)); break;
    case 2: __asm__ __volatile__("movq %0, %%db2" ::"r"(Value)); break;
    case 3: __asm__ __volatile__("movq %0, %%db3" ::"r"(Value)); break;
    case 6: __asm__ __volatile__("movq %0, %%db6" ::"r"(Value)); break;
    case 7: __asm__ __volatile__("movq %0, %%db7" ::"r"(Value)); break;
    default: __ud2();
    }
}

// ---- gs-relative read-modify-write

#define KMODE_NT_GS_OPERATIONS(Suffix, Type, Instruction)                                                    \
    KMODE_NT_INTRINSIC void __addgs##Suffix(unsigned long Offset, Type Value)                                \
    {                                                                                                        \
        __asm__ __volatile__("add" Instruction " %1, %%gs:(%0)" ::"r"((unsigned long long)Offset),           \
                             "r"(Value)                                                                      \
                             : "memory", "cc");                                                              \
    }                                                                                                        \
    KMODE_NT_INTRINSIC void __incgs##Suffix(unsigned long Offset)                                            \
    {                                                                                                        \
        __asm__ __volatile__("inc" Instruction " %%gs:(%0)" ::"r"((unsigned long long)Offset)                \
                             : "memory", "cc");                                                              \
    }
KMODE_NT_GS_OPERATIONS(byte, unsigned char, "b")
KMODE_NT_GS_OPERATIONS(word, unsigned short, "w")
KMODE_NT_GS_OPERATIONS(dword, unsigned int, "l")
KMODE_NT_GS_OPERATIONS(qword, unsigned long long, "q")
#undef KMODE_NT_GS_OPERATIONS

// ---- Interlocked

// By instruction rather than by builtin: the builtin wants -mcx16, which every Windows 8.1+ processor has.
KMODE_NT_INTRINSIC unsigned char _InterlockedCompareExchange128(long long volatile *Destination,
                                                                long long ExchangeHigh, long long ExchangeLow,
                                                                long long *Comparand)
{
    unsigned char Equal;
    __asm__ __volatile__("lock cmpxchg16b %1"
                         : "=@ccz"(Equal), "+m"(*(__int128 volatile *)Destination), "+a"(Comparand[0]),
                           "+d"(Comparand[1])
                         : "b"(ExchangeLow), "c"(ExchangeHigh)
                         : "memory");
    return Equal;
}
#ifndef InterlockedCompareExchange128
#define InterlockedCompareExchange128 _InterlockedCompareExchange128
#endif

// Not atomic as a whole on 32-bit processors; on x64 one locked add. Returns Value, as MSVC's does.
KMODE_NT_INTRINSIC long _InterlockedAddLargeStatistic(long long volatile *Addend, long Value)
{
    __asm__ __volatile__("lock addq %1, %0" : "+m"(*Addend) : "r"((long long)Value) : "memory", "cc");
    return Value;
}

// ---- Instructions that clang offers only with a feature enabled; MSVC does without asking

#undef _xgetbv
#undef _xsetbv
#define _xgetbv KmodeNtXgetbv
#define _xsetbv KmodeNtXsetbv

KMODE_NT_INTRINSIC unsigned long long _xgetbv(unsigned int Register)
{
    unsigned int Low, High;
    __asm__ __volatile__("xgetbv" : "=a"(Low), "=d"(High) : "c"(Register));
    return (unsigned long long)High << 32 | Low;
}

KMODE_NT_INTRINSIC void _xsetbv(unsigned int Register, unsigned long long Value)
{
    __asm__ __volatile__("xsetbv" ::"a"((unsigned int)Value), "d"((unsigned int)(Value >> 32)), "c"(Register)
                         : "memory");
}

// 1 and a random number, or 0 when the processor had none.
#define KMODE_NT_RANDOM(Name, Instruction, Type)                                                             \
    KMODE_NT_INTRINSIC int Name(Type *Number)                                                                \
    {                                                                                                        \
        unsigned char Done;                                                                                  \
        __asm__ __volatile__(Instruction " %0" : "=r"(*Number), "=@ccc"(Done));                              \
        return Done;                                                                                         \
    }
#if !defined(__RDRND__) && !__has_feature(modules) // C++20 has the feature, and then immintrin.h has them all
KMODE_NT_RANDOM(_rdrand16_step, "rdrand", unsigned short)
KMODE_NT_RANDOM(_rdrand32_step, "rdrand", unsigned int)
KMODE_NT_RANDOM(_rdrand64_step, "rdrand", unsigned long long)
#endif
#if !defined(__RDSEED__) &&                                                                                  \
    !__has_feature(modules) // C++20 has the feature, and then immintrin.h has them all
KMODE_NT_RANDOM(_rdseed16_step, "rdseed", unsigned short)
KMODE_NT_RANDOM(_rdseed32_step, "rdseed", unsigned int)
KMODE_NT_RANDOM(_rdseed64_step, "rdseed", unsigned long long)
#endif
#undef KMODE_NT_RANDOM

#if !defined(__FSGSBASE__) &&                                                                                \
    !__has_feature(modules) // C++20 has the feature, and then immintrin.h has them all
#define KMODE_NT_SEGMENT_BASE(Read, Write, Base, Type)                                                       \
    KMODE_NT_INTRINSIC Type Read(void)                                                                       \
    {                                                                                                        \
        Type Value;                                                                                          \
        __asm__ __volatile__("rd" Base " %0" : "=r"(Value));                                                 \
        return Value;                                                                                        \
    }                                                                                                        \
    KMODE_NT_INTRINSIC void Write(Type Value)                                                                \
    {                                                                                                        \
        __asm__ __volatile__("wr" Base " %0" ::"r"(Value) : "memory");                                       \
    }
KMODE_NT_SEGMENT_BASE(_readfsbase_u32, _writefsbase_u32, "fsbase", unsigned int)
KMODE_NT_SEGMENT_BASE(_readfsbase_u64, _writefsbase_u64, "fsbase", unsigned long long)
KMODE_NT_SEGMENT_BASE(_readgsbase_u32, _writegsbase_u32, "gsbase", unsigned int)
KMODE_NT_SEGMENT_BASE(_readgsbase_u64, _writegsbase_u64, "gsbase", unsigned long long)
#undef KMODE_NT_SEGMENT_BASE
#endif

// ---- SMAP

KMODE_NT_INTRINSIC void _clac(void)
{
    __asm__ __volatile__("clac" ::: "memory", "cc");
}

KMODE_NT_INTRINSIC void _stac(void)
{
    __asm__ __volatile__("stac" ::: "memory", "cc");
}

#include <kmode-nt/virtualization.h>

#undef KMODE_NT_INTRINSIC

#endif

#endif
