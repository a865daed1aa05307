// SPDX-License-Identifier: MIT
// CPUID, and its texts.
#include <kmode.h>

#define EXTENDED_LEAVES 0x80000000U
#define BRAND_LEAF      0x80000002U
#define BRAND_LEAVES    3

VOID NTAPI KmCpuid(ULONG Leaf, ULONG Subleaf, PKM_CPUID Answer)
{
    int Registers[4];

    // An Intel processor answers a leaf that it has not with those of the last one that it has.
    __cpuid(Registers, (int)(Leaf & EXTENDED_LEAVES));
    RtlZeroMemory(Answer, sizeof(*Answer));
    if (Leaf <= (ULONG)Registers[0]) {
        __cpuidex(Registers, (int)Leaf, (int)Subleaf);
        Answer->Eax = (ULONG)Registers[0];
        Answer->Ebx = (ULONG)Registers[1];
        Answer->Ecx = (ULONG)Registers[2];
        Answer->Edx = (ULONG)Registers[3];
    }
}

VOID NTAPI KmCpuVendor(PSTR Text)
{
    KM_CPUID Answer;

    KmCpuid(0, 0, &Answer);
    RtlCopyMemory(Text, &Answer.Ebx, sizeof(ULONG));
    RtlCopyMemory(Text + 4, &Answer.Edx, sizeof(ULONG));
    RtlCopyMemory(Text + 8, &Answer.Ecx, sizeof(ULONG));
    Text[KM_CPU_VENDOR_SIZE - 1] = '\0';
}

VOID NTAPI KmCpuBrand(PSTR Text)
{
    SIZE_T Start = 0, Length = 0;

    for (ULONG Index = 0; Index < BRAND_LEAVES; Index += 1) {
        KmCpuid(BRAND_LEAF + Index, 0, (PKM_CPUID)(PVOID)(Text + Index * sizeof(KM_CPUID)));
    }
    Text[KM_CPU_BRAND_SIZE - 1] = '\0';
    while (Text[Start] == ' ') {
        Start += 1;
    }
    while (Text[Start + Length] != '\0') {
        Length += 1;
    }
    while (Length > 0 && Text[Start + Length - 1] == ' ') {
        Length -= 1;
    }
    RtlMoveMemory(Text, Text + Start, Length);
    Text[Length] = '\0';
}
