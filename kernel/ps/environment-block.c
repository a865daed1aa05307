// SPDX-License-Identifier: MIT
// What a process sees of itself in user mode: the process environment block, with the parameters that it was
// started with, and its threads' blocks; a 32-bit process has them once more in 32 bits. Laid out as on
// Windows 11, as far as there is something to tell.
#include "inc/kernel.h"
#include "mm/vad.h"

#define PSP_LOCALE                0x0409
#define PSP_PLATFORM_WIN32_NT     2
#define PSP_PARAMETERS_NORMALIZED 0x01   // the strings have addresses, not offsets
#define PSP_WOW64_TEB_OFFSET      0x2000 // from a thread's block to its 32-bit one
#define PSP_STATIC_TEXT_BYTES     (261 * sizeof(WCHAR))

// Offsets of the fields that have something to tell, and the structures' sizes.
typedef struct _PSP_LAYOUT {
    USHORT PointerBytes;
    struct {
        USHORT Mutant, ImageBaseAddress, Ldr, ProcessParameters, NumberOfProcessors, NtGlobalFlag;
        USHORT OSMajorVersion, OSMinorVersion, OSBuildNumber, OSPlatformId, SessionId, Bytes;
    } Peb;
    struct {
        USHORT Length, Initialized, Bytes;
        USHORT ModuleLists[3]; // in load, memory, initialization order
    } LoaderData;              // PEB_LDR_DATA
    struct {
        USHORT MaximumLength, Length, Flags, CurrentDirectory, ImagePathName, CommandLine, Environment;
        USHORT EnvironmentSize, Bytes;
    } Parameters; // RTL_USER_PROCESS_PARAMETERS
    struct {
        USHORT ExceptionList, Self, ClientId, ProcessEnvironmentBlock, CurrentLocale, RealClientId;
        USHORT StaticUnicodeString, StaticUnicodeBuffer, WowTebOffset, Bytes;
        ULONG NoExceptionHandler; // the end of ExceptionList
    } Teb;
} PSP_LAYOUT;

// clang-format off
static const PSP_LAYOUT PspLayout64 = {
    .PointerBytes = 8,
    .Peb = {
        .Mutant = 0x8, .ImageBaseAddress = 0x10, .Ldr = 0x18, .ProcessParameters = 0x20,
        .NumberOfProcessors = 0xB8, .NtGlobalFlag = 0xBC, .OSMajorVersion = 0x118, .OSMinorVersion = 0x11C,
        .OSBuildNumber = 0x120, .OSPlatformId = 0x124, .SessionId = 0x2C0, .Bytes = 0x7D0,
    },
    .LoaderData = {.Length = 0x0, .Initialized = 0x4, .ModuleLists = {0x10, 0x20, 0x30}, .Bytes = 0x58},
    .Parameters = {
        .MaximumLength = 0x0, .Length = 0x4, .Flags = 0x8, .CurrentDirectory = 0x38, .ImagePathName = 0x60,
        .CommandLine = 0x70, .Environment = 0x80, .EnvironmentSize = 0x3F0, .Bytes = 0x440,
    },
    .Teb = {
        .ExceptionList = 0x0, .Self = 0x30, .ClientId = 0x40, .ProcessEnvironmentBlock = 0x60,
        .CurrentLocale = 0x108, .RealClientId = 0x7D8, .StaticUnicodeString = 0x1258,
        .StaticUnicodeBuffer = 0x1268, .WowTebOffset = 0x180C, .Bytes = 0x1838,
    },
};

static const PSP_LAYOUT PspLayout32 = {
    .PointerBytes = 4,
    .Peb = {
        .Mutant = 0x4, .ImageBaseAddress = 0x8, .Ldr = 0xC, .ProcessParameters = 0x10,
        .NumberOfProcessors = 0x64, .NtGlobalFlag = 0x68, .OSMajorVersion = 0xA4, .OSMinorVersion = 0xA8,
        .OSBuildNumber = 0xAC, .OSPlatformId = 0xB0, .SessionId = 0x1D4, .Bytes = 0x480,
    },
    .LoaderData = {.Length = 0x0, .Initialized = 0x4, .ModuleLists = {0xC, 0x14, 0x1C}, .Bytes = 0x30},
    .Parameters = {
        .MaximumLength = 0x0, .Length = 0x4, .Flags = 0x8, .CurrentDirectory = 0x24, .ImagePathName = 0x38,
        .CommandLine = 0x40, .Environment = 0x48, .EnvironmentSize = 0x290, .Bytes = 0x2B0,
    },
    .Teb = {
        .ExceptionList = 0x0, .Self = 0x18, .ClientId = 0x20, .ProcessEnvironmentBlock = 0x30,
        .CurrentLocale = 0xC4, .RealClientId = 0x6B4, .StaticUnicodeString = 0xBF8,
        .StaticUnicodeBuffer = 0xC00, .Bytes = 0x1000, .NoExceptionHandler = MAXULONG,
    },
};
// clang-format on

// What is made in pool, and copied to a process when it is whole.
typedef struct _PSP_BLOCK {
    const PSP_LAYOUT *Layout;
    PUCHAR Copy;
    ULONG_PTR Target; // where Copy[0] will be
    SIZE_T Text;      // offset of the next text
} PSP_BLOCK;

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

// ---- Fields

static VOID PspPut(const PSP_BLOCK *Block, SIZE_T Offset, const VOID *Value, SIZE_T Bytes)
{
    RtlCopyMemory(Block->Copy + Offset, Value, Bytes);
}

static VOID PspPutUlong(const PSP_BLOCK *Block, SIZE_T Offset, ULONG Value)
{
    PspPut(Block, Offset, &Value, sizeof(Value));
}

// What is as large as a pointer: an address, a handle, a SIZE_T.
static VOID PspPutPointer(const PSP_BLOCK *Block, SIZE_T Offset, ULONG_PTR Value)
{
    PspPut(Block, Offset, &Value, Block->Layout->PointerBytes);
}

static VOID PspPutClientId(const PSP_BLOCK *Block, SIZE_T Offset, const CLIENT_ID *Cid)
{
    PspPutPointer(Block, Offset, (ULONG_PTR)Cid->UniqueProcess);
    PspPutPointer(Block, Offset + Block->Layout->PointerBytes, (ULONG_PTR)Cid->UniqueThread);
}

static VOID PspPutEmptyList(const PSP_BLOCK *Block, SIZE_T Offset)
{
    PspPutPointer(Block, Offset, Block->Target + Offset);
    PspPutPointer(Block, Offset + Block->Layout->PointerBytes, Block->Target + Offset);
}

// A UNICODE_STRING.
static VOID PspPutString(const PSP_BLOCK *Block, SIZE_T Offset, SIZE_T Length, SIZE_T MaximumLength,
                         ULONG_PTR Buffer)
{
    PspPutUlong(Block, Offset, (ULONG)(Length | MaximumLength << 16));
    PspPutPointer(Block, Offset + Block->Layout->PointerBytes, Buffer);
}

// A UNICODE_STRING of First and Second in a row, with a zero behind them.
static VOID PspPutText(PSP_BLOCK *Block, SIZE_T Offset, PCUNICODE_STRING First, PCUNICODE_STRING Second)
{
    const SIZE_T Length = (SIZE_T)First->Length + Second->Length;
    PspPutString(Block, Offset, Length, Length + sizeof(UNICODE_NULL), Block->Target + Block->Text);
    PspPut(Block, Block->Text, First->Buffer, First->Length);
    PspPut(Block, Block->Text + First->Length, Second->Buffer, Second->Length);
    Block->Text += Length + sizeof(UNICODE_NULL);
}

// ---- Structures

static VOID PspPutPeb(PEPROCESS Process, const PSP_BLOCK *Block, SIZE_T LoaderData, SIZE_T Parameters)
{
    const PSP_LAYOUT *Layout = Block->Layout;
    ULONG Major, Minor, Build;
    PsGetVersion(&Major, &Minor, &Build, NULL);
    const USHORT BuildNumber = (USHORT)Build;
    PspPutPointer(Block, Layout->Peb.Mutant, MAXULONG_PTR);
    PspPutPointer(Block, Layout->Peb.ImageBaseAddress, (ULONG_PTR)Process->SectionBaseAddress);
    PspPutPointer(Block, Layout->Peb.Ldr, Block->Target + LoaderData);
    PspPutPointer(Block, Layout->Peb.ProcessParameters, Block->Target + Parameters);
    PspPutUlong(Block, Layout->Peb.NumberOfProcessors, KeQueryActiveProcessorCount(NULL));
    PspPutUlong(Block, Layout->Peb.NtGlobalFlag, NtGlobalFlag);
    PspPutUlong(Block, Layout->Peb.OSMajorVersion, Major);
    PspPutUlong(Block, Layout->Peb.OSMinorVersion, Minor);
    PspPut(Block, Layout->Peb.OSBuildNumber, &BuildNumber, sizeof(BuildNumber));
    PspPutUlong(Block, Layout->Peb.OSPlatformId, PSP_PLATFORM_WIN32_NT);
    PspPutUlong(Block, Layout->Peb.SessionId, Process->SessionId);
}

static VOID PspPutLoaderData(const PSP_BLOCK *Block, SIZE_T At)
{
    const PSP_LAYOUT *Layout = Block->Layout;
    PspPutUlong(Block, At + Layout->LoaderData.Length, Layout->LoaderData.Bytes);
    Block->Copy[At + Layout->LoaderData.Initialized] = TRUE;
    for (ULONG List = 0; List < RTL_NUMBER_OF(Layout->LoaderData.ModuleLists); List += 1) {
        PspPutEmptyList(Block, At + Layout->LoaderData.ModuleLists[List]);
    }
}

// How many bytes of text PspPutParameters puts.
static SIZE_T PspParameterTextBytes(PEPROCESS Process)
{
    UNICODE_STRING Prefix, Rest;
    PspDosPath(Process->ImagePathName, &Prefix, &Rest);
    return sizeof(PSP_CURRENT_DIRECTORY) + Prefix.Length + Rest.Length + Process->CommandLine.Length +
           2 * sizeof(UNICODE_NULL) + sizeof(PspEnvironment);
}

static VOID PspPutParameters(PEPROCESS Process, PSP_BLOCK *Block, SIZE_T At)
{
    static const UNICODE_STRING None, Directory = RTL_CONSTANT_STRING(PSP_CURRENT_DIRECTORY);
    const PSP_LAYOUT *Layout = Block->Layout;
    UNICODE_STRING Prefix, Rest;
    PspDosPath(Process->ImagePathName, &Prefix, &Rest);
    PspPutUlong(Block, At + Layout->Parameters.Flags, PSP_PARAMETERS_NORMALIZED);
    PspPutText(Block, At + Layout->Parameters.CurrentDirectory, &Directory, &None);
    PspPutText(Block, At + Layout->Parameters.ImagePathName, &Prefix, &Rest);
    PspPutText(Block, At + Layout->Parameters.CommandLine, &Process->CommandLine, &None);
    PspPutPointer(Block, At + Layout->Parameters.Environment, Block->Target + Block->Text);
    PspPutPointer(Block, At + Layout->Parameters.EnvironmentSize, sizeof(PspEnvironment));
    PspPut(Block, Block->Text, PspEnvironment, sizeof(PspEnvironment));
    Block->Text += sizeof(PspEnvironment);
    PspPutUlong(Block, At + Layout->Parameters.MaximumLength, (ULONG)(Block->Text - At));
    PspPutUlong(Block, At + Layout->Parameters.Length, (ULONG)(Block->Text - At));
}

static VOID PspPutTeb(PETHREAD Thread, const PSP_BLOCK *Block, PVOID Peb)
{
    const PSP_LAYOUT *Layout = Block->Layout;
    PspPutPointer(Block, Layout->Teb.ExceptionList, Layout->Teb.NoExceptionHandler);
    PspPutPointer(Block, Layout->Teb.Self, Block->Target);
    PspPutClientId(Block, Layout->Teb.ClientId, &Thread->Cid);
    PspPutPointer(Block, Layout->Teb.ProcessEnvironmentBlock, (ULONG_PTR)Peb);
    PspPutUlong(Block, Layout->Teb.CurrentLocale, PSP_LOCALE);
    PspPutClientId(Block, Layout->Teb.RealClientId, &Thread->Cid);
    PspPutString(Block, Layout->Teb.StaticUnicodeString, 0, PSP_STATIC_TEXT_BYTES,
                 Block->Target + Layout->Teb.StaticUnicodeBuffer);
    if (Layout->Teb.WowTebOffset != 0 && Thread->Tcb.Process->Is32Bit) {
        PspPutUlong(Block, Layout->Teb.WowTebOffset, PSP_WOW64_TEB_OFFSET);
    }
}

// ---- Blocks

// Copies the block to its place in Process. What a fault raises.
static NTSTATUS PspPlaceBlock(PEPROCESS Process, const PSP_BLOCK *Block, SIZE_T Bytes)
{
    KAPC_STATE ApcState;
    NTSTATUS Status = STATUS_SUCCESS;
    KeStackAttachProcess(Process, &ApcState);
    __try {
        RtlCopyMemory((PVOID)Block->Target, Block->Copy, Bytes);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    KeUnstackDetachProcess(&ApcState);
    return Status;
}

// *Peb: where it is; the loader's data, the parameters and their texts follow it. Unchanged on failure.
static NTSTATUS PspMakePeb(PEPROCESS Process, const PSP_LAYOUT *Layout, PVOID *Peb)
{
    const SIZE_T LoaderData = Layout->Peb.Bytes, Parameters = LoaderData + Layout->LoaderData.Bytes;
    const SIZE_T Texts = Parameters + Layout->Parameters.Bytes;
    const SIZE_T Bytes = Texts + PspParameterTextBytes(Process);
    PSP_BLOCK Block = {.Layout = Layout, .Text = Texts};
    Block.Copy = ExAllocatePoolZero(PagedPool, Bytes, TAG_PROCESS_NAME);
    if (Block.Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    NTSTATUS Status = MmAllocateUserMemory(Process, Bytes, &Block.Target);
    if (!NT_SUCCESS(Status)) {
        goto FreeCopy;
    }
    PspPutPeb(Process, &Block, LoaderData, Parameters);
    PspPutLoaderData(&Block, LoaderData);
    PspPutParameters(Process, &Block, Parameters);
    Status = PspPlaceBlock(Process, &Block, Bytes);
    if (NT_SUCCESS(Status)) {
        *Peb = (PVOID)Block.Target;
    }
FreeCopy:
    ExFreePoolWithTag(Block.Copy, TAG_PROCESS_NAME);
    return Status;
}

NTSTATUS PspCreatePeb(PEPROCESS Process)
{
    NTSTATUS Status = PspMakePeb(Process, &PspLayout64, &Process->Peb);
    if (NT_SUCCESS(Status) && Process->Is32Bit) {
        Status = PspMakePeb(Process, &PspLayout32, &Process->WoW64Process);
    }
    return Status;
}

// Target: where the thread's block is to be, in memory that is zeroed.
static NTSTATUS PspMakeTeb(PETHREAD Thread, const PSP_LAYOUT *Layout, ULONG_PTR Target, PVOID Peb)
{
    PSP_BLOCK Block = {.Layout = Layout, .Target = Target};
    Block.Copy = ExAllocatePoolZero(PagedPool, Layout->Teb.Bytes, TAG_PROCESS_NAME);
    if (Block.Copy == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    PspPutTeb(Thread, &Block, Peb);
    NTSTATUS Status = PspPlaceBlock(Thread->Tcb.Process, &Block, Layout->Teb.Bytes);
    ExFreePoolWithTag(Block.Copy, TAG_PROCESS_NAME);
    return Status;
}

static VOID PspFreeUserMemory(PEPROCESS Process, PVOID Base)
{
    KAPC_STATE ApcState;
    SIZE_T Bytes = 0;
    KeStackAttachProcess(Process, &ApcState);
    ZwFreeVirtualMemory(NtCurrentProcess(), &Base, &Bytes, MEM_RELEASE);
    KeUnstackDetachProcess(&ApcState);
}

NTSTATUS PspCreateTeb(PETHREAD Thread)
{
    PEPROCESS Process = Thread->Tcb.Process;
    const SIZE_T Bytes =
        Process->Is32Bit ? (SIZE_T)PSP_WOW64_TEB_OFFSET + PspLayout32.Teb.Bytes : PspLayout64.Teb.Bytes;
    ULONG_PTR Base;
    NTSTATUS Status = MmAllocateUserMemory(Process, Bytes, &Base);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = PspMakeTeb(Thread, &PspLayout64, Base, Process->Peb);
    if (NT_SUCCESS(Status) && Process->Is32Bit) {
        Status = PspMakeTeb(Thread, &PspLayout32, Base + PSP_WOW64_TEB_OFFSET, Process->WoW64Process);
    }
    if (!NT_SUCCESS(Status)) {
        PspFreeUserMemory(Process, (PVOID)Base);
        return Status;
    }
    Thread->Tcb.Teb = (PVOID)Base;
    return STATUS_SUCCESS;
}

VOID PspDeleteTeb(PETHREAD Thread)
{
    PVOID Base = Thread->Tcb.Teb;
    if (Base != NULL) {
        Thread->Tcb.Teb = NULL;
        PspFreeUserMemory(Thread->Tcb.Process, Base);
    }
}
