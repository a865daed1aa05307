// SPDX-License-Identifier: MIT
// What the driver and its client both know of \\.\Cpu.
#pragma once

// Input: CPU_LEAF. Output: EAX, EBX, ECX, EDX.
#define IOCTL_CPU_ID       CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Input: CPU_REGISTER. Output: its value, 64 bits; STATUS_PRIVILEGED_INSTRUCTION: there is none.
#define IOCTL_CPU_REGISTER CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct CPU_LEAF {
    unsigned Leaf, Subleaf;
} CPU_LEAF;

typedef struct CPU_REGISTER {
    unsigned Processor, Number;
} CPU_REGISTER;
