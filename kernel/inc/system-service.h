// SPDX-License-Identifier: MIT
// NT's system services come in pairs. NtName honours the previous mode: called for user mode, it probes and
// captures what its arguments point to, and checks access. ZwName, which drivers call, is NtName with the
// previous mode set to KernelMode for the time of the call (windows-driver-docs, "PreviousMode").
#ifndef KMODE_KERNEL_SYSTEM_SERVICE_H
#define KMODE_KERNEL_SYSTEM_SERVICE_H

// Defines ZwName by NtName, which must be declared:
//
//     KI_DEFINE_ZW(Close, (HANDLE Handle), (Handle))
#define KI_DEFINE_ZW(Name, Parameters, Arguments)                                                            \
    NTSTATUS NTAPI Zw##Name Parameters                                                                       \
    {                                                                                                        \
        KPROCESSOR_MODE Before = KiSetPreviousMode(KernelMode);                                              \
        NTSTATUS Status = Nt##Name Arguments;                                                                \
        KiSetPreviousMode(Before);                                                                           \
        return Status;                                                                                       \
    }

#endif
