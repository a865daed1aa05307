// SPDX-License-Identifier: MIT
// What a 32-bit process sees of itself besides: the process environment block, with its parameters, and its
// threads' blocks, once more in 32 bits. Laid out as on Windows 11, as far as there is something to tell.
#include "inc/kernel.h"
#include "mm/vad.h"
#include "ps/environment-block.h"

typedef ULONG PSP_POINTER32;

// RTL_USER_PROCESS_PARAMETERS
typedef struct _PSP_PARAMETERS32 {
    ULONG MaximumLength, Length;
    ULONG Flags, DebugFlags;
    PSP_POINTER32 ConsoleHandle;
    ULONG ConsoleFlags;
    PSP_POINTER32 StandardInput, StandardOutput, StandardError;
    UNICODE_STRING32 CurrentDirectory;
    PSP_POINTER32 CurrentDirectoryHandle;
    UNICODE_STRING32 DllPath, ImagePathName, CommandLine;
    PSP_POINTER32 Environment;
    UCHAR Unused4c[0x290 - 0x4C];
    ULONG EnvironmentSize;
    UCHAR Unused294[0x2B0 - 0x294];
} PSP_PARAMETERS32;

C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS32, CurrentDirectory) == 0x24);
C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS32, ImagePathName) == 0x38);
C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS32, Environment) == 0x48);

#define PSP_PARAMETERS_NORMALIZED 0x01 // the strings have addresses, not offsets

// PEB_LDR_DATA
typedef struct _PSP_LOADER_DATA32 {
    ULONG Length;
    BOOLEAN Initialized;
    PSP_POINTER32 SsHandle;
    LIST_ENTRY32 InLoadOrderModuleList, InMemoryOrderModuleList, InInitializationOrderModuleList;
    PSP_POINTER32 EntryInProgress;
    BOOLEAN ShutdownInProgress;
    PSP_POINTER32 ShutdownThreadId;
} PSP_LOADER_DATA32;

C_ASSERT(FIELD_OFFSET(PSP_LOADER_DATA32, InLoadOrderModuleList) == 0x0C);

// PEB
typedef struct _PSP_PROCESS_BLOCK32 {
    BOOLEAN InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged;
    UCHAR BitField;
    PSP_POINTER32 Mutant, ImageBaseAddress, Ldr, ProcessParameters;
    UCHAR Unused14[0x64 - 0x14];
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    UCHAR Unused6c[0xA4 - 0x6C];
    ULONG OSMajorVersion, OSMinorVersion;
    USHORT OSBuildNumber, OSCSDVersion;
    ULONG OSPlatformId;
    UCHAR Unusedb4[0x1D4 - 0xB4];
    ULONG SessionId;
    UCHAR Unused1d8[0x480 - 0x1D8];
} PSP_PROCESS_BLOCK32;

C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK32, ImageBaseAddress) == 0x08);
C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK32, ProcessParameters) == 0x10);
C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK32, OSBuildNumber) == 0xAC);

// TEB
typedef struct _PSP_THREAD_BLOCK32 {
    NT_TIB32 NtTib;
    PSP_POINTER32 EnvironmentPointer;
    ULONG UniqueProcess, UniqueThread;
    PSP_POINTER32 ActiveRpcHandle, ThreadLocalStoragePointer, ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    UCHAR Unused38[0xC4 - 0x38];
    LCID CurrentLocale;
    UCHAR Unusedc8[0x6B4 - 0xC8];
    ULONG RealUniqueProcess, RealUniqueThread;
    UCHAR Unused6bc[0xBF8 - 0x6BC];
    UNICODE_STRING32 StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    UCHAR Unusede0a[0x1000 - 0xE0A];
} PSP_THREAD_BLOCK32;

C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK32, UniqueProcess) == 0x20);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK32, ProcessEnvironmentBlock) == 0x30);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK32, StaticUnicodeBuffer) == 0xC00);
C_ASSERT(sizeof(PSP_THREAD_BLOCK32) == 0x1000);

#define PSP_NO_EXCEPTION_HANDLER MAXULONG // the end of a chain on the stack

// Everything of a process's, as it lies in its memory; texts follow.
typedef struct _PSP_PROCESS_IMAGE32 {
    PSP_PROCESS_BLOCK32 Block;
    PSP_LOADER_DATA32 Loader;
    PSP_PARAMETERS32 Parameters;
} PSP_PROCESS_IMAGE32;

static UNICODE_STRING32 PspNarrowString(PCUNICODE_STRING String)
{
    return (UNICODE_STRING32){String->Length, String->MaximumLength, (ULONG)(ULONG_PTR)String->Buffer};
}

static VOID PspEmptyList32(LIST_ENTRY32 *Head, ULONG_PTR Target)
{
    Head->Flink = Head->Blink = (ULONG)Target;
}

static VOID PspFillProcessBlock32(PEPROCESS Process, PSP_PROCESS_BLOCK32 *Block, ULONG_PTR Base)
{
    ULONG Build;
    Block->Mutant = MAXULONG;
    Block->ImageBaseAddress = (ULONG)(ULONG_PTR)Process->SectionBaseAddress;
    Block->Ldr = (ULONG)(Base + FIELD_OFFSET(PSP_PROCESS_IMAGE32, Loader));
    Block->ProcessParameters = (ULONG)(Base + FIELD_OFFSET(PSP_PROCESS_IMAGE32, Parameters));
    Block->NumberOfProcessors = KeQueryActiveProcessorCount(NULL);
    Block->NtGlobalFlag = NtGlobalFlag;
    PsGetVersion(&Block->OSMajorVersion, &Block->OSMinorVersion, &Build, NULL);
    Block->OSBuildNumber = (USHORT)Build;
    Block->OSPlatformId = PSP_PLATFORM_WIN32_NT;
    Block->SessionId = Process->SessionId;
}

static VOID PspFillLoaderData32(PSP_LOADER_DATA32 *Loader, ULONG_PTR Target)
{
    Loader->Length = sizeof(*Loader);
    Loader->Initialized = TRUE;
    PspEmptyList32(&Loader->InLoadOrderModuleList,
                   Target + FIELD_OFFSET(PSP_LOADER_DATA32, InLoadOrderModuleList));
    PspEmptyList32(&Loader->InMemoryOrderModuleList,
                   Target + FIELD_OFFSET(PSP_LOADER_DATA32, InMemoryOrderModuleList));
    PspEmptyList32(&Loader->InInitializationOrderModuleList,
                   Target + FIELD_OFFSET(PSP_LOADER_DATA32, InInitializationOrderModuleList));
}

NTSTATUS PspCreatePeb32(PEPROCESS Process)
{
    const SIZE_T Bytes = sizeof(PSP_PROCESS_IMAGE32) + PspParameterTextBytes(Process);
    PSP_PARAMETER_TEXTS Names;
    ULONG_PTR Base;
    PSP_PROCESS_IMAGE32 *Image = ExAllocatePoolZero(PagedPool, Bytes, TAG_PROCESS_NAME);
    if (Image == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = MmAllocateUserMemory(Process, Bytes, &Base);
    if (!NT_SUCCESS(Status)) {
        goto FreeImage;
    }
    PSP_PARAMETERS32 *Parameters = &Image->Parameters;
    PSP_TEXTS Texts = {(PUCHAR)Image, Base, sizeof(*Image)};
    PspFillProcessBlock32(Process, &Image->Block, Base);
    PspFillLoaderData32(&Image->Loader, Base + FIELD_OFFSET(PSP_PROCESS_IMAGE32, Loader));
    PspPutParameters(Process, &Texts, &Names);
    Parameters->Flags = PSP_PARAMETERS_NORMALIZED;
    Parameters->CurrentDirectory = PspNarrowString(&Names.CurrentDirectory);
    Parameters->ImagePathName = PspNarrowString(&Names.ImagePathName);
    Parameters->CommandLine = PspNarrowString(&Names.CommandLine);
    Parameters->Environment = (ULONG)Names.Environment;
    Parameters->EnvironmentSize = (ULONG)Names.EnvironmentSize;
    Parameters->Length = Parameters->MaximumLength =
        (ULONG)(Bytes - FIELD_OFFSET(PSP_PROCESS_IMAGE32, Parameters));
    Status = PspCopyToProcess(Process, Base, Image, Bytes);
    if (NT_SUCCESS(Status)) {
        Process->WoW64Process = (PVOID)Base;
    }
FreeImage:
    ExFreePoolWithTag(Image, TAG_PROCESS_NAME);
    return Status;
}

SIZE_T PspTeb32Bytes(VOID)
{
    return sizeof(PSP_THREAD_BLOCK32);
}

NTSTATUS PspFillTeb32(PETHREAD Thread, ULONG_PTR Base)
{
    PEPROCESS Process = Thread->Tcb.Process;
    PSP_THREAD_BLOCK32 *Block = ExAllocatePoolZero(PagedPool, sizeof(*Block), TAG_PROCESS_NAME);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Block->NtTib.ExceptionList = PSP_NO_EXCEPTION_HANDLER;
    Block->NtTib.Self = (ULONG)Base;
    Block->UniqueProcess = Block->RealUniqueProcess = HandleToUlong(Thread->Cid.UniqueProcess);
    Block->UniqueThread = Block->RealUniqueThread = HandleToUlong(Thread->Cid.UniqueThread);
    Block->ProcessEnvironmentBlock = (ULONG)(ULONG_PTR)Process->WoW64Process;
    Block->CurrentLocale = PSP_LOCALE;
    Block->StaticUnicodeString.MaximumLength = sizeof(Block->StaticUnicodeBuffer);
    Block->StaticUnicodeString.Buffer = (ULONG)(Base + FIELD_OFFSET(PSP_THREAD_BLOCK32, StaticUnicodeBuffer));
    NTSTATUS Status = PspCopyToProcess(Process, Base, Block, sizeof(*Block));
    ExFreePoolWithTag(Block, TAG_PROCESS_NAME);
    return Status;
}
