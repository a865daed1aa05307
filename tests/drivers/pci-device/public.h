// SPDX-License-Identifier: MIT
// What the factorial engine, a PCI device, its driver and its clients agree on.
#ifndef FACTORIAL_PUBLIC_H
#define FACTORIAL_PUBLIC_H

#define FACTORIAL_HARDWARE_ID    "PCI\\VEN_1234&DEV_11FA"
// The device interface by which the engine is opened.
#define FACTORIAL_INTERFACE_TEXT "{5ba3c0d2-2e37-4b3d-9e6d-0b6c1f5e7a11}"

// ---- The engine: registers of 32 bits in its first BAR

#define FACTORIAL_IDENTIFICATION        0x00 // FACTORIAL_IS_ENGINE
#define FACTORIAL_OPERAND               0x08 // a write has it compute the factorial of that
#define FACTORIAL_RESULT_LOW            0x10
#define FACTORIAL_RESULT_HIGH           0x14
#define FACTORIAL_INTERRUPT_STATUS      0x24 // 1: it has computed, and interrupts
#define FACTORIAL_INTERRUPT_ACKNOWLEDGE 0x64 // the bits that are written cease to interrupt

#define FACTORIAL_IS_ENGINE 0x010000FA

// Its second BAR is memory, which is the client's to use: IRP_MJ_READ and IRP_MJ_WRITE.
#define FACTORIAL_MEMORY_BYTES 0x2000

// ---- The driver

#define FACTORIAL_LARGEST 20 // of which the factorial fits into 64 bits

// Ends with the factorial (ULONG64) of the input (ULONG), when the engine has computed it: one after the
// other. STATUS_INVALID_PARAMETER: it is too large. STATUS_DEVICE_REMOVED: the engine is gone.
#define IOCTL_FACTORIAL_COMPUTE CTL_CODE(FILE_DEVICE_UNKNOWN, 0xE00, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Answers a FACTORIAL_COUNTS.
#define IOCTL_FACTORIAL_COUNT   CTL_CODE(FILE_DEVICE_UNKNOWN, 0xE01, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _FACTORIAL_COUNTS {
    LONG Interrupts; // calls of the service routine
    LONG Served;     // of them those that were this engine's
    LONG Computed;   // requests that have ended so
    ULONG Messages;  // by which it interrupts; 0: by its line
} FACTORIAL_COUNTS;

#endif
