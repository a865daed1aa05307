// SPDX-License-Identifier: MIT
// What a process sees of itself in user mode: the process environment block, with the parameters that it was
// started with, and its threads' blocks. Laid out as on Windows 11, as far as there is something to tell.
#include "inc/kernel.h"
#include "mm/vad.h"
#include "ps/environment-block.h"

// RTL_USER_PROCESS_PARAMETERS
typedef struct _PSP_PARAMETERS {
    ULONG MaximumLength, Length;
    ULONG Flags, DebugFlags;
    HANDLE ConsoleHandle;
    ULONG_PTR ConsoleFlags;
    HANDLE StandardInput, StandardOutput, StandardError;
    UNICODE_STRING CurrentDirectory;
    HANDLE CurrentDirectoryHandle;
    UNICODE_STRING DllPath, ImagePathName, CommandLine;
    PWCH Environment;
    UCHAR Unused88[0x3F0 - 0x88];
    SIZE_T EnvironmentSize;
    UCHAR Unused3f8[0x440 - 0x3F8];
} PSP_PARAMETERS;

C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS, CurrentDirectory) == 0x38);
C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS, ImagePathName) == 0x60);
C_ASSERT(FIELD_OFFSET(PSP_PARAMETERS, Environment) == 0x80);

#define PSP_PARAMETERS_NORMALIZED 0x01 // the strings have addresses, not offsets

// PEB_LDR_DATA
typedef struct _PSP_LOADER_DATA {
    ULONG Length;
    BOOLEAN Initialized;
    HANDLE SsHandle;
    LIST_ENTRY InLoadOrderModuleList, InMemoryOrderModuleList, InInitializationOrderModuleList;
    PVOID EntryInProgress;
    BOOLEAN ShutdownInProgress;
    HANDLE ShutdownThreadId;
} PSP_LOADER_DATA;

C_ASSERT(FIELD_OFFSET(PSP_LOADER_DATA, InLoadOrderModuleList) == 0x10);

// PEB
typedef struct _PSP_PROCESS_BLOCK {
    BOOLEAN InheritedAddressSpace, ReadImageFileExecOptions, BeingDebugged;
    UCHAR BitField;
    HANDLE Mutant;
    PVOID ImageBaseAddress;
    PSP_LOADER_DATA *Ldr;
    PSP_PARAMETERS *ProcessParameters;
    UCHAR Unused28[0xB8 - 0x28];
    ULONG NumberOfProcessors;
    ULONG NtGlobalFlag;
    UCHAR Unusedc0[0x118 - 0xC0];
    ULONG OSMajorVersion, OSMinorVersion;
    USHORT OSBuildNumber, OSCSDVersion;
    ULONG OSPlatformId;
    UCHAR Unused128[0x2C0 - 0x128];
    ULONG SessionId;
    UCHAR Unused2c4[0x7D0 - 0x2C4];
} PSP_PROCESS_BLOCK;

C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK, ImageBaseAddress) == 0x10);
C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK, ProcessParameters) == 0x20);
C_ASSERT(FIELD_OFFSET(PSP_PROCESS_BLOCK, OSBuildNumber) == 0x120);

// TEB
typedef struct _PSP_THREAD_BLOCK {
    NT_TIB NtTib;
    PVOID EnvironmentPointer;
    CLIENT_ID ClientId;
    PVOID ActiveRpcHandle, ThreadLocalStoragePointer;
    PSP_PROCESS_BLOCK *ProcessEnvironmentBlock;
    ULONG LastErrorValue;
    UCHAR Unused6c[0x108 - 0x6C];
    LCID CurrentLocale;
    UCHAR Unused10c[0x7D8 - 0x10C];
    CLIENT_ID RealClientId;
    UCHAR Unused7e8[0x1258 - 0x7E8];
    UNICODE_STRING StaticUnicodeString;
    WCHAR StaticUnicodeBuffer[261];
    UCHAR Unused1472[0x180C - 0x1472];
    LONG WowTebOffset;
    UCHAR Unused1810[0x1838 - 0x1810];
} PSP_THREAD_BLOCK;

C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK, ClientId) == 0x40);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK, ProcessEnvironmentBlock) == 0x60);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK, RealClientId) == 0x7D8);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK, StaticUnicodeBuffer) == 0x1268);
C_ASSERT(FIELD_OFFSET(PSP_THREAD_BLOCK, WowTebOffset) == 0x180C);
C_ASSERT(sizeof(PSP_THREAD_BLOCK) <= PSP_WOW64_TEB_OFFSET);

// Everything of a process's, as it lies in its memory; texts follow.
typedef struct _PSP_PROCESS_IMAGE {
    PSP_PROCESS_BLOCK Block;
    PSP_LOADER_DATA Loader;
    PSP_PARAMETERS Parameters;
} PSP_PROCESS_IMAGE;

#define PSP_CURRENT_DIRECTORY L"C:\\Windows\\System32\\"
#define PSP_SYSTEM_VOLUME     L"\\Device\\HarddiskVolume1\\"
#define PSP_DOS_DEVICES       L"\\??\\"

static const WCHAR PspEnvironment[] = L"SystemDrive=C:\0SystemRoot=C:\\Windows\0windir=C:\\Windows\0";

VOID PspDosPath(PCUNICODE_STRING Path, PUNICODE_STRING Prefix, PUNICODE_STRING Rest)
{
    static const UNICODE_STRING Volume = RTL_CONSTANT_STRING(PSP_SYSTEM_VOLUME);
    static const UNICODE_STRING Devices = RTL_CONSTANT_STRING(PSP_DOS_DEVICES);
    USHORT Skip = 0;
    RtlInitUnicodeString(Prefix, NULL);
    if (RtlPrefixUnicodeString(&Volume, Path, TRUE)) {
        Skip = Volume.Length;
        RtlInitUnicodeString(Prefix, L"C:\\");
    } else if (RtlPrefixUnicodeString(&Devices, Path, TRUE)) {
        Skip = Devices.Length;
    }
    Rest->Buffer = Path->Buffer + Skip / sizeof(WCHAR);
    Rest->Length = Rest->MaximumLength = (USHORT)(Path->Length - Skip);
}

// First and Second in a row, with a zero behind them.
static VOID PspPutText(PSP_TEXTS *Texts, PUNICODE_STRING String, PCUNICODE_STRING First,
                       PCUNICODE_STRING Second)
{
    String->Buffer = (PWCH)(Texts->Copy + Texts->Offset);
    String->Length = 0;
    String->MaximumLength = (USHORT)(First->Length + Second->Length + sizeof(UNICODE_NULL));
    RtlAppendUnicodeStringToString(String, First);
    RtlAppendUnicodeStringToString(String, Second);
    String->Buffer = (PWCH)(Texts->Target + Texts->Offset);
    Texts->Offset += String->MaximumLength;
}

SIZE_T PspParameterTextBytes(PEPROCESS Process)
{
    UNICODE_STRING Prefix, Rest;
    PspDosPath(Process->ImagePathName, &Prefix, &Rest);
    return sizeof(PSP_CURRENT_DIRECTORY) + Prefix.Length + Rest.Length + Process->CommandLine.Length +
           2 * sizeof(UNICODE_NULL) + sizeof(PspEnvironment);
}

VOID PspPutParameters(PEPROCESS Process, PSP_TEXTS *Texts, PSP_PARAMETER_TEXTS *Parameters)
{
    static const UNICODE_STRING None, Directory = RTL_CONSTANT_STRING(PSP_CURRENT_DIRECTORY);
    UNICODE_STRING Prefix, Rest;
    PspDosPath(Process->ImagePathName, &Prefix, &Rest);
    PspPutText(Texts, &Parameters->CurrentDirectory, &Directory, &None);
    PspPutText(Texts, &Parameters->ImagePathName, &Prefix, &Rest);
    PspPutText(Texts, &Parameters->CommandLine, &Process->CommandLine, &None);
    RtlCopyMemory(Texts->Copy + Texts->Offset, PspEnvironment, sizeof(PspEnvironment));
    Parameters->Environment = Texts->Target + Texts->Offset;
    Parameters->EnvironmentSize = sizeof(PspEnvironment);
    Texts->Offset += sizeof(PspEnvironment);
}

static VOID PspFillProcessBlock(PEPROCESS Process, PSP_PROCESS_BLOCK *Block, PSP_PROCESS_IMAGE *Target)
{
    ULONG Build;
    Block->Mutant = (HANDLE)-1;
    Block->ImageBaseAddress = Process->SectionBaseAddress;
    Block->Ldr = &Target->Loader;
    Block->ProcessParameters = &Target->Parameters;
    Block->NumberOfProcessors = KeQueryActiveProcessorCount(NULL);
    Block->NtGlobalFlag = NtGlobalFlag;
    PsGetVersion(&Block->OSMajorVersion, &Block->OSMinorVersion, &Build, NULL);
    Block->OSBuildNumber = (USHORT)Build;
    Block->OSPlatformId = PSP_PLATFORM_WIN32_NT;
    Block->SessionId = Process->SessionId;
}

static VOID PspFillLoaderData(PSP_LOADER_DATA *Loader, PSP_LOADER_DATA *Target)
{
    Loader->Length = sizeof(*Loader);
    Loader->Initialized = TRUE;
    Loader->InLoadOrderModuleList.Flink = Loader->InLoadOrderModuleList.Blink =
        &Target->InLoadOrderModuleList;
    Loader->InMemoryOrderModuleList.Flink = Loader->InMemoryOrderModuleList.Blink =
        &Target->InMemoryOrderModuleList;
    Loader->InInitializationOrderModuleList.Flink = Loader->InInitializationOrderModuleList.Blink =
        &Target->InInitializationOrderModuleList;
}

NTSTATUS PspCopyToProcess(PEPROCESS Process, ULONG_PTR Target, const VOID *Source, SIZE_T Bytes)
{
    KAPC_STATE ApcState;
    NTSTATUS Status = STATUS_SUCCESS;
    KeStackAttachProcess(Process, &ApcState);
    __try {
        RtlCopyMemory((PVOID)Target, Source, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&ApcState);
    return Status;
}

static NTSTATUS PspCreatePeb64(PEPROCESS Process)
{
    const SIZE_T Bytes = sizeof(PSP_PROCESS_IMAGE) + PspParameterTextBytes(Process);
    PSP_PARAMETER_TEXTS Names;
    ULONG_PTR Base;
    PSP_PROCESS_IMAGE *Image = ExAllocatePoolZero(PagedPool, Bytes, TAG_PROCESS_NAME);
    if (Image == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = MmAllocateUserMemory(Process, Bytes, &Base);
    if (!NT_SUCCESS(Status)) {
        goto FreeImage;
    }
    PSP_PROCESS_IMAGE *Target = (PSP_PROCESS_IMAGE *)Base;
    PSP_PARAMETERS *Parameters = &Image->Parameters;
    PSP_TEXTS Texts = {(PUCHAR)Image, Base, sizeof(*Image)};
    PspFillProcessBlock(Process, &Image->Block, Target);
    PspFillLoaderData(&Image->Loader, &Target->Loader);
    PspPutParameters(Process, &Texts, &Names);
    Parameters->Flags = PSP_PARAMETERS_NORMALIZED;
    Parameters->CurrentDirectory = Names.CurrentDirectory;
    Parameters->ImagePathName = Names.ImagePathName;
    Parameters->CommandLine = Names.CommandLine;
    Parameters->Environment = (PWCH)Names.Environment;
    Parameters->EnvironmentSize = Names.EnvironmentSize;
    Parameters->Length = Parameters->MaximumLength =
        (ULONG)(Bytes - FIELD_OFFSET(PSP_PROCESS_IMAGE, Parameters));
    Status = PspCopyToProcess(Process, Base, Image, Bytes);
    if (NT_SUCCESS(Status)) {
        Process->Peb = Target;
    }
FreeImage:
    ExFreePoolWithTag(Image, TAG_PROCESS_NAME);
    return Status;
}

NTSTATUS PspCreatePeb(PEPROCESS Process)
{
    NTSTATUS Status = PspCreatePeb64(Process);
    return NT_SUCCESS(Status) && Process->Is32Bit ? PspCreatePeb32(Process) : Status;
}

NTSTATUS PspCreateTeb(PETHREAD Thread)
{
    PEPROCESS Process = Thread->Tcb.Process;
    ULONG_PTR Base;
    PSP_THREAD_BLOCK *Block = ExAllocatePoolZero(PagedPool, sizeof(*Block), TAG_PROCESS_NAME);
    if (Block == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    const SIZE_T Bytes = Process->Is32Bit ? PSP_WOW64_TEB_OFFSET + PspTeb32Bytes() : sizeof(*Block);
    NTSTATUS Status = MmAllocateUserMemory(Process, Bytes, &Base);
    if (!NT_SUCCESS(Status)) {
        goto FreeBlock;
    }
    PSP_THREAD_BLOCK *Target = (PSP_THREAD_BLOCK *)Base;
    Block->NtTib.Self = &Target->NtTib;
    Block->ClientId = Block->RealClientId = Thread->Cid;
    Block->ProcessEnvironmentBlock = Process->Peb;
    Block->CurrentLocale = PSP_LOCALE;
    Block->WowTebOffset = Process->Is32Bit ? PSP_WOW64_TEB_OFFSET : 0;
    Block->StaticUnicodeString.MaximumLength = sizeof(Block->StaticUnicodeBuffer);
    Block->StaticUnicodeString.Buffer = Target->StaticUnicodeBuffer;
    Status = PspCopyToProcess(Process, Base, Block, sizeof(*Block));
    if (NT_SUCCESS(Status) && Process->Is32Bit) {
        Status = PspFillTeb32(Thread, Base + PSP_WOW64_TEB_OFFSET);
    }
    if (NT_SUCCESS(Status)) {
        Thread->Tcb.Teb = Target;
    }
FreeBlock:
    ExFreePoolWithTag(Block, TAG_PROCESS_NAME);
    return Status;
}

VOID PspDeleteTeb(PETHREAD Thread)
{
    PVOID Base = Thread->Tcb.Teb;
    SIZE_T Bytes = 0;
    if (Base != NULL) {
        Thread->Tcb.Teb = NULL;
        ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE);
    }
}
