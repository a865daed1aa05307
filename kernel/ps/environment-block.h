// SPDX-License-Identifier: MIT
// What the two kinds of environment blocks, of 64 and of 32 bits, are made with.
#ifndef KMODE_PS_ENVIRONMENT_BLOCK_H
#define KMODE_PS_ENVIRONMENT_BLOCK_H

#define PSP_LOCALE            0x0409
#define PSP_PLATFORM_WIN32_NT 2
#define PSP_WOW64_TEB_OFFSET  0x2000 // from a thread's block to its 32-bit one

// The texts behind a block that is made in pool and copied to a process.
typedef struct _PSP_TEXTS {
    PUCHAR Copy;
    ULONG_PTR Target; // where Copy[0] will be
    SIZE_T Offset;    // of the next text
} PSP_TEXTS;

// The texts of a process's parameters.
typedef struct _PSP_PARAMETER_TEXTS {
    UNICODE_STRING CurrentDirectory, ImagePathName, CommandLine;
    ULONG_PTR Environment;
    SIZE_T EnvironmentSize;
} PSP_PARAMETER_TEXTS;

// How many bytes PspPutParameters puts.
SIZE_T PspParameterTextBytes(PEPROCESS Process);
// Puts the texts of Process's parameters; *Parameters says where they will be.
VOID PspPutParameters(PEPROCESS Process, PSP_TEXTS *Texts, PSP_PARAMETER_TEXTS *Parameters);
// Copies Bytes into memory of Process. What a fault raises. IRQL PASSIVE_LEVEL.
NTSTATUS PspCopyToProcess(PEPROCESS Process, ULONG_PTR Target, const VOID *Source, SIZE_T Bytes);

// ---- Of a 32-bit process (ps/wow64-block.c)

// Makes its 32-bit process environment block, which is WoW64Process from then on.
// STATUS_INSUFFICIENT_RESOURCES, STATUS_NO_MEMORY. IRQL PASSIVE_LEVEL.
NTSTATUS PspCreatePeb32(PEPROCESS Process);
// The size of a thread's 32-bit block.
SIZE_T PspTeb32Bytes(VOID);
// Fills that of a thread, whose memory, zeroed, is at Base. STATUS_INSUFFICIENT_RESOURCES. IRQL
// PASSIVE_LEVEL.
NTSTATUS PspFillTeb32(PETHREAD Thread, ULONG_PTR Base);

#endif
