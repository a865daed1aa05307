// SPDX-License-Identifier: MIT
// C++ as MSVC takes it: string literals that are not const, arrays given to the secure C library, executive
// objects to Ke routines, aligned and sized operator delete, splay tables renamed to AVL tables.
#define RTL_USE_AVL_TABLES
#include <ntifs.h>
#include <stdarg.h>

void *__cdecl operator new(size_t Size, POOL_FLAGS Flags, ULONG Tag)
{
    return ExAllocatePool2(Flags, Size, Tag);
}

void __cdecl operator delete(void *Object, size_t)
{
    ExFreePool(Object);
}

void __cdecl operator delete(void *Object, size_t, std::align_val_t)
{
    ExFreePool(Object);
}

struct alignas(64) LINE {
    WCHAR Name[8];
    RTL_GENERIC_TABLE Table;
};

static void Log(const char *Format, ...)
{
    va_list Arguments;

    va_start(Arguments, Format);
    vDbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, Format, Arguments);
    va_end(Format);
}

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Device\\KmodeSample");
    OBJECT_ATTRIBUTES Attributes =
        RTL_CONSTANT_OBJECT_ATTRIBUTES((PUNICODE_STRING) nullptr, OBJ_KERNEL_HANDLE);
    auto *Line = new (POOL_FLAG_NON_PAGED, 'eniL') LINE;
    KAPC_STATE State;

    if (Line == nullptr) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    wcscpy_s(Line->Name, L"line");
    wcsncpy_s(Line->Name, Name.Buffer, 4);
    KeSetPriorityThread(PsGetCurrentThread(), LOW_REALTIME_PRIORITY);
    KeStackAttachProcess(PsGetCurrentProcess(), &State);
    KeUnstackDetachProcess(&State);
    Log("%ws, %u\n", Line->Name, Attributes.Length);
    delete Line;
    return STATUS_SUCCESS;
}
