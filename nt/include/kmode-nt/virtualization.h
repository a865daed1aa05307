// SPDX-License-Identifier: MIT
// MSVC's VMX and SVM intrinsics. Included by intrinsics.h alone.
//
// The VMX ones return 0 for success, 1 for a failure that left an error code in the current VMCS (ZF), 2 for
// one without (CF), as MSVC's do.

#define KMODE_NT_VMX_RESULT(Carry, Zero) ((unsigned char)((Carry) ? 2 : (Zero) ? 1 : 0))

#define KMODE_NT_VMX_ADDRESS(Name, Instruction)                                                              \
    KMODE_NT_INTRINSIC unsigned char Name(unsigned long long *PhysicalAddress)                               \
    {                                                                                                        \
        unsigned char Carry, Zero;                                                                           \
        __asm__ __volatile__(Instruction " %2"                                                               \
                             : "=@ccc"(Carry), "=@ccz"(Zero)                                                 \
                             : "m"(*PhysicalAddress)                                                         \
                             : "memory");                                                                    \
        return KMODE_NT_VMX_RESULT(Carry, Zero);                                                             \
    }
KMODE_NT_VMX_ADDRESS(__vmx_on, "vmxon")
KMODE_NT_VMX_ADDRESS(__vmx_vmclear, "vmclear")
KMODE_NT_VMX_ADDRESS(__vmx_vmptrld, "vmptrld")
#undef KMODE_NT_VMX_ADDRESS

#define KMODE_NT_VMX_ENTRY(Name, Instruction)                                                                \
    KMODE_NT_INTRINSIC unsigned char Name(void)                                                              \
    {                                                                                                        \
        unsigned char Carry, Zero;                                                                           \
        __asm__ __volatile__(Instruction : "=@ccc"(Carry), "=@ccz"(Zero)::"memory");                         \
        return KMODE_NT_VMX_RESULT(Carry, Zero);                                                             \
    }
KMODE_NT_VMX_ENTRY(__vmx_vmlaunch, "vmlaunch")
KMODE_NT_VMX_ENTRY(__vmx_vmresume, "vmresume")
#undef KMODE_NT_VMX_ENTRY

KMODE_NT_INTRINSIC void __vmx_off(void)
{
    __asm__ __volatile__("vmxoff" ::: "memory", "cc");
}

KMODE_NT_INTRINSIC void __vmx_vmptrst(unsigned long long *PhysicalAddress)
{
    __asm__ __volatile__("vmptrst %0" : "=m"(*PhysicalAddress)::"memory", "cc");
}

KMODE_NT_INTRINSIC unsigned char __vmx_vmread(unsigned long long Field, unsigned long long *Value)
{
    unsigned char Carry, Zero;
    __asm__ __volatile__("vmread %3, %0" : "=rm"(*Value), "=@ccc"(Carry), "=@ccz"(Zero) : "r"(Field));
    return KMODE_NT_VMX_RESULT(Carry, Zero);
}

KMODE_NT_INTRINSIC unsigned char __vmx_vmwrite(unsigned long long Field, unsigned long long Value)
{
    unsigned char Carry, Zero;
    __asm__ __volatile__("vmwrite %3, %2" : "=@ccc"(Carry), "=@ccz"(Zero) : "r"(Field), "rm"(Value));
    return KMODE_NT_VMX_RESULT(Carry, Zero);
}
#undef KMODE_NT_VMX_RESULT

#define KMODE_NT_SVM_VMCB(Name, Instruction)                                                                 \
    KMODE_NT_INTRINSIC void Name(unsigned long long VmcbPhysicalAddress)                                     \
    {                                                                                                        \
        __asm__ __volatile__(Instruction ::"a"(VmcbPhysicalAddress) : "memory", "cc");                       \
    }
KMODE_NT_SVM_VMCB(__svm_vmrun, "vmrun")
KMODE_NT_SVM_VMCB(__svm_vmload, "vmload")
KMODE_NT_SVM_VMCB(__svm_vmsave, "vmsave")
#undef KMODE_NT_SVM_VMCB

KMODE_NT_INTRINSIC void __svm_clgi(void)
{
    __asm__ __volatile__("clgi" ::: "memory");
}

KMODE_NT_INTRINSIC void __svm_stgi(void)
{
    __asm__ __volatile__("stgi" ::: "memory");
}

KMODE_NT_INTRINSIC void __svm_invlpga(void *Address, int Asid)
{
    __asm__ __volatile__("invlpga" ::"a"(Address), "c"(Asid) : "memory");
}
