// SPDX-License-Identifier: MIT
// ZwFlushVirtualMemory: what a view has changed reaches the file.
#include "file.h"

NTSYSAPI NTSTATUS NTAPI ZwFlushVirtualMemory(HANDLE Process, PVOID *Base, PSIZE_T Bytes,
                                             PIO_STATUS_BLOCK IoStatus);

#define PATH    L"\\??\\C:\\flushed.bin"
#define PROCESS NtCurrentProcess()

// The byte of the file at an offset, past every cache of this test's.
static int ByteAt(LONGLONG At)
{
    UCHAR Byte = 0;
    LARGE_INTEGER Offset = {.QuadPart = At};
    HANDLE Handle = Open(PATH, FILE_OPEN, 0);
    IS(ZwReadFile(Handle, NULL, NULL, NULL, &Io, &Byte, 1, &Offset, NULL), STATUS_SUCCESS);
    ZwClose(Handle);
    return Byte;
}

static NTSTATUS Flush(PVOID At, SIZE_T Bytes)
{
    IO_STATUS_BLOCK IoStatus;
    return ZwFlushVirtualMemory(PROCESS, &At, &Bytes, &IoStatus);
}

static void TestFlush(void)
{
    FILE_END_OF_FILE_INFORMATION End = {.EndOfFile.QuadPart = 0x3000};
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Section, Handle = Open(PATH, FILE_SUPERSEDE, 0);
    PVOID Base = NULL, Private = NULL, Copy = NULL, At;
    SIZE_T Size = 0, Bytes;
    IO_STATUS_BLOCK IoStatus;
    IS(ZwSetInformationFile(Handle, &Io, &End, sizeof(End), FileEndOfFileInformation), STATUS_SUCCESS);
    InitializeObjectAttributes(&Attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(ZwCreateSection(&Section, SECTION_ALL_ACCESS, &Attributes, NULL, PAGE_READWRITE, SEC_COMMIT, Handle),
       STATUS_SUCCESS);
    ZwClose(Handle);
    IS(ZwMapViewOfSection(Section, PROCESS, &Base, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_READWRITE),
       STATUS_SUCCESS);
    volatile UCHAR *View = Base;
    View[0x10] = 'a';
    View[0x1010] = 'b';
    View[0x2010] = 'c';
    // One page, though the range is within it.
    At = (PUCHAR)Base + 0x1020;
    Bytes = 3;
    IS(ZwFlushVirtualMemory(PROCESS, &At, &Bytes, &IoStatus), STATUS_SUCCESS);
    IS(At, (PUCHAR)Base + 0x1000);
    IS(Bytes, 0x1000);
    IS(IoStatus.Status, STATUS_SUCCESS);
    IS(ByteAt(0x10), 0);
    IS(ByteAt(0x1010), 'b');
    IS(ByteAt(0x2010), 0);
    // To the end.
    At = Base;
    Bytes = 0;
    IS(ZwFlushVirtualMemory(PROCESS, &At, &Bytes, &IoStatus), STATUS_SUCCESS);
    IS(Bytes, 0x3000);
    IS(ByteAt(0x10), 'a');
    IS(ByteAt(0x2010), 'c');

    IS(Flush(Base, 0x3001), STATUS_INVALID_PARAMETER_2);
    IS(Flush((PVOID)MmSystemRangeStart, 1), STATUS_INVALID_PARAMETER_2);
    IS(Flush(Base, (SIZE_T)-1), STATUS_INVALID_PARAMETER_2);
    IS(Flush((PVOID)0x8000, 1), STATUS_NOT_MAPPED_VIEW);
    At = Base;
    Bytes = 0;
    IS(ZwFlushVirtualMemory(NULL, &At, &Bytes, &IoStatus), STATUS_INVALID_HANDLE);
    IS(ZwFlushVirtualMemory(PROCESS, &At, &Bytes, (PIO_STATUS_BLOCK)0x8000), STATUS_ACCESS_VIOLATION);
    Size = 0x1000;
    IS(ZwAllocateVirtualMemory(PROCESS, &Private, 0, &Size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE),
       STATUS_SUCCESS);
    IS(Flush(Private, 0), STATUS_NOT_MAPPED_VIEW);
    Size = 0;
    IS(ZwFreeVirtualMemory(PROCESS, &Private, &Size, MEM_RELEASE), STATUS_SUCCESS);

    // What a private copy has is not the file's.
    Size = 0;
    IS(ZwMapViewOfSection(Section, PROCESS, &Copy, 0, 0, NULL, &Size, ViewUnmap, 0, PAGE_WRITECOPY),
       STATUS_SUCCESS);
    *(volatile UCHAR *)Copy = 'z';
    IS(Flush(Copy, 0), STATUS_SUCCESS);
    IS(ByteAt(0), 0);
    IS(ZwUnmapViewOfSection(PROCESS, Copy), STATUS_SUCCESS);
    IS(ZwUnmapViewOfSection(PROCESS, Base), STATUS_SUCCESS);
    ZwClose(Section);
    IS(Flush(Base, 0), STATUS_NOT_MAPPED_VIEW);
    Remove(PATH);
}

TEST_DRIVER(TestFlush)
