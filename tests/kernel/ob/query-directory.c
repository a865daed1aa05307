// SPDX-License-Identifier: MIT
// ZwQueryDirectoryObject.
#include "../test.h"

typedef struct {
    UNICODE_STRING Name, TypeName;
} ENTRY;

NTSYSAPI NTSTATUS NTAPI ZwQueryDirectoryObject(HANDLE Directory, PVOID Buffer, ULONG Length, BOOLEAN Single,
                                               BOOLEAN RestartScan, PULONG Context, PULONG ReturnLength);

static HANDLE Make(PCWSTR Path, BOOLEAN Directory)
{
    HANDLE Handle = NULL;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    IS(Directory ? ZwCreateDirectoryObject(&Handle, DIRECTORY_ALL_ACCESS, &Attributes)
                 : ZwCreateEvent(&Handle, EVENT_ALL_ACCESS, &Attributes, NotificationEvent, FALSE),
       STATUS_SUCCESS);
    return Handle;
}

// Notes in *Seen which of the two names an entry has.
static void Note(const ENTRY *Entry, PULONG Seen)
{
    UNICODE_STRING One = RTL_CONSTANT_STRING(L"One"), Two = RTL_CONSTANT_STRING(L"Second");
    UNICODE_STRING Event = RTL_CONSTANT_STRING(L"Event"), Folder = RTL_CONSTANT_STRING(L"Directory");
    BOOLEAN First = RtlEqualUnicodeString(&Entry->Name, &One, FALSE);
    OK(First || RtlEqualUnicodeString(&Entry->Name, &Two, FALSE));
    OK(RtlEqualUnicodeString(&Entry->TypeName, First ? &Event : &Folder, FALSE));
    IS(Entry->Name.MaximumLength, Entry->Name.Length + sizeof(WCHAR));
    IS(Entry->Name.Buffer[Entry->Name.Length / sizeof(WCHAR)], 0);
    *Seen |= First ? 1 : 2;
}

static void TestQuery(void)
{
    ULONG64 Buffer[64];
    ENTRY *Entries = (PVOID)Buffer;
    ULONG Context = 77, Length = 77, Whole, Seen = 0;
    HANDLE Directory = Make(L"\\KmodeQueryDirectory", TRUE);
    IS(ZwQueryDirectoryObject(NULL, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Length),
       STATUS_INVALID_HANDLE);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Length),
       STATUS_NO_MORE_ENTRIES);
    HANDLE One = Make(L"\\KmodeQueryDirectory\\One", FALSE);
    HANDLE Second = Make(L"\\KmodeQueryDirectory\\Second", TRUE);
    IS(ZwQueryDirectoryObject(One, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Length),
       STATUS_OBJECT_TYPE_MISMATCH);

    // All at once, the empty entry behind them.
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, TRUE, &Context, &Whole),
       STATUS_SUCCESS);
    IS(Context, 2);
    IS(Whole,
       3 * sizeof(ENTRY) + sizeof(L"One") + sizeof(L"Event") + sizeof(L"Second") + sizeof(L"Directory"));
    Note(&Entries[0], &Seen);
    Note(&Entries[1], &Seen);
    IS(Seen, 3);
    IS(Entries[2].Name.Buffer, NULL);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, FALSE, &Context, NULL),
       STATUS_NO_MORE_ENTRIES);
    IS(ZwQueryDirectoryObject(Directory, Buffer, Whole, FALSE, TRUE, &Context, NULL), STATUS_SUCCESS);

    // As many as there is room for.
    IS(ZwQueryDirectoryObject(Directory, Buffer, Whole - 2, FALSE, TRUE, &Context, NULL),
       STATUS_MORE_ENTRIES);
    IS(Context, 1);
    IS(Entries[1].Name.Buffer, NULL);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), FALSE, FALSE, &Context, NULL),
       STATUS_SUCCESS);
    IS(Context, 2);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(ENTRY), FALSE, TRUE, &Context, NULL),
       STATUS_MORE_ENTRIES);
    IS(Context, 0);
    IS(Entries[0].Name.Buffer, NULL);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(ENTRY) - 1, FALSE, TRUE, &Context, NULL),
       STATUS_BUFFER_TOO_SMALL);

    // One by one.
    Seen = 0;
    for (ULONG Index = 0; Index < 2; Index += 1) {
        IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(ENTRY), TRUE, Index == 0, &Context, &Length),
           STATUS_BUFFER_TOO_SMALL);
        OK(Length > 2 * sizeof(ENTRY) && Length < sizeof(Buffer));
        IS(ZwQueryDirectoryObject(Directory, Buffer, Length, TRUE, Index == 0, &Context, &Length),
           STATUS_SUCCESS);
        IS(Context, Index + 1);
        Note(Entries, &Seen);
    }
    IS(Seen, 3);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), TRUE, FALSE, &Context, &Length),
       STATUS_NO_MORE_ENTRIES);
    IS(ZwQueryDirectoryObject(Directory, (PVOID)0x10000, sizeof(Buffer), TRUE, TRUE, &Context, NULL),
       STATUS_ACCESS_VIOLATION);
    IS(ZwQueryDirectoryObject(Directory, Buffer, sizeof(Buffer), TRUE, FALSE, (PULONG)0x10000, NULL),
       STATUS_ACCESS_VIOLATION);
    ZwClose(Second);
    ZwClose(One);
    ZwClose(Directory);
}

TEST_DRIVER(TestQuery)
