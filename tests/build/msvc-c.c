// SPDX-License-Identifier: MIT
// C as MSVC takes it: what it warns of, pasted tokens that are none, macros that the build defines, UNICODE's
// types, the transaction manager, file systems' types.

// options: -Wno-int-conversion -Wno-incompatible-function-pointer-types -Wno-unused-parameter

#if !(_AMD64_ && AMD64 && _KERNEL_MODE)
#error a driver's build defines these as 1
#endif
#include <ntifs.h>
#include <ntstrsafe.h>

#ifndef _NTIFS_
#error ntifs.h has an include guard that drivers ask for
#endif

#define Trace(Format, ...) DbgPrint("%s: "##Format##"\n", __FUNCTION__, __VA_ARGS__)

// Windows 10 has its page tables elsewhere at each boot: drivers find them out.
ULONG_PTR PTE_BASE, PXE_BASE;

DRIVER_INITIALIZE DriverEntry;

typedef struct _FILE_CONTROL_BLOCK {
    FSRTL_ADVANCED_FCB_HEADER Header;
    FAST_MUTEX Mutex;
    RTL_AVL_TABLE Names;
} FILE_CONTROL_BLOCK, *PFILE_CONTROL_BLOCK;
C_ASSERT(FIELD_OFFSET(FSRTL_ADVANCED_FCB_HEADER, Oplock) == 0x58);
C_ASSERT(FIELD_OFFSET(FILE_CONTROL_BLOCK, Mutex) == (ULONG_PTR) & ((PFILE_CONTROL_BLOCK)NULL)->Mutex);

static FILE_CONTROL_BLOCK Block;

static RTL_AVL_COMPARE_ROUTINE CompareNames;

static RTL_GENERIC_COMPARE_RESULTS NTAPI CompareNames(PRTL_AVL_TABLE Table, PVOID First, PVOID Second)
{
    return First == Second ? GenericEqual : First < Second ? GenericLessThan : GenericGreaterThan;
}

static NTSTATUS Unload(PDRIVER_OBJECT DriverObject)
{
    FsRtlTeardownPerStreamContexts(&Block.Header);
    return STATUS_SUCCESS;
}

static NTSTATUS NTAPI Notify(PKENLISTMENT Enlistment, PVOID RMContext, PVOID TransactionContext,
                             ULONG TransactionNotification, PLARGE_INTEGER TmVirtualClock,
                             ULONG ArgumentLength, PVOID Argument)
{
    return TransactionNotification == TRANSACTION_NOTIFY_COMMIT
               ? TmCommitComplete(Enlistment, TmVirtualClock)
               : TmRollbackComplete(Enlistment, TmVirtualClock);
}

static ULONG CountCharacters(LPCTSTR Text)
{
    ULONG Count = 0;

    while (Text[Count] != TEXT('\0')) {
        Count++;
    }
    return Count;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    OBJECT_ATTRIBUTES Attributes = RTL_CONSTANT_OBJECT_ATTRIBUTES((PUNICODE_STRING)NULL, OBJ_KERNEL_HANDLE);
    MEMORY_BASIC_INFORMATION Memory;
    ULONG Share = NULL;
    WCHAR Copy[16];

    DriverObject->DriverUnload = Unload;
    if (!NT_VERIFY(Share == 0 && Attributes.Length == sizeof(Attributes))) {
        return STATUS_HV_FEATURE_UNAVAILABLE;
    }
    ExInitializeFastMutex(&Block.Mutex);
    FsRtlSetupAdvancedHeader(&Block.Header, &Block.Mutex);
    RtlInitializeGenericTableAvl(&Block.Names, CompareNames, NULL, NULL, NULL);
    RtlStringCbCopyUnicodeString(Copy, sizeof(Copy), RegistryPath);
    Trace("%u characters", CountCharacters(TEXT("kmode")));
    NT_ASSERT(PTE_BASE == PXE_BASE);
    if (NT_SUCCESS(ZwQueryVirtualMemory(NtCurrentProcess(), DriverObject, MemoryBasicInformation, &Memory,
                                        sizeof(Memory), NULL))) {
        return TmEnableCallbacks((PKRESOURCEMANAGER)Memory.BaseAddress, Notify, NULL);
    }
    return STATUS_SUCCESS;
}
