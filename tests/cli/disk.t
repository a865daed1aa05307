#!/bin/sh
# SPDX-License-Identifier: MIT
# A folder as the driver's volume: what a driver writes is there afterwards, what is there it reads, and nothing in it leads
# outside.
. tests/cli/tap.sh

cat > files.c <<'END'
#include <ntifs.h>
static DRIVER_UNLOAD Unload;
static VOID Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
}
static void Open(PCWSTR Path, ULONG Disposition)
{
    HANDLE File;
    ULONG Value = 0;
    IO_STATUS_BLOCK Io;
    UNICODE_STRING Name;
    OBJECT_ATTRIBUTES Attributes;
    LARGE_INTEGER Offset = {0};
    RtlInitUnicodeString(&Name, Path);
    InitializeObjectAttributes(&Attributes, &Name, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
    NTSTATUS Status = ZwCreateFile(&File, GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, &Attributes, &Io, NULL, 0, 0,
                                   Disposition, FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0);
    if (!NT_SUCCESS(Status)) {
        DbgPrint("%ls: 0x%x\n", Path, Status);
        return;
    }
    Status = ZwReadFile(File, NULL, NULL, NULL, &Io, &Value, 4, &Offset, NULL);
    DbgPrint("%ls: 0x%x %.4s\n", Path, Status, (char *)&Value);
    ZwWriteFile(File, NULL, NULL, NULL, &Io, "new!", 4, &Offset, NULL);
    ZwClose(File);
}
static void List(void)
{
    HANDLE Folder;
    IO_STATUS_BLOCK Io;
    static UCHAR Buffer[1024];
    PFILE_NAMES_INFORMATION Entry = (PVOID)Buffer;
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\??\\C:\\");
    OBJECT_ATTRIBUTES Attributes;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE, NULL, NULL);
    if (!NT_SUCCESS(ZwOpenFile(&Folder, FILE_LIST_DIRECTORY | SYNCHRONIZE, &Attributes, &Io, FILE_SHARE_READ,
                               FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT))) {
        DbgPrint("no volume\n");
        return;
    }
    while (NT_SUCCESS(ZwQueryDirectoryFile(Folder, NULL, NULL, NULL, &Io, Buffer, sizeof(Buffer), FileNamesInformation,
                                           TRUE, NULL, FALSE))) {
        DbgPrint("- %.*ls\n", (int)(Entry->FileNameLength / 2), Entry->FileName);
    }
    ZwClose(Folder);
}
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    List();
    Open(L"\\??\\C:\\There.txt", FILE_OPEN);
    Open(L"\\??\\C:\\made.txt", FILE_OPEN_IF);
    Open(L"\\??\\C:\\out\\secret", FILE_OPEN);
    Open(L"\\??\\C:\\out\\made", FILE_CREATE);
    Open(L"\\??\\C:\\secret link", FILE_OPEN_IF);
    Open(L"\\??\\C:\\secret link", FILE_SUPERSEDE);
    Open(L"\\??\\C:\\dangling", FILE_OPEN_IF);
    Open(L"\\??\\C:\\pipe", FILE_OPEN);
    Open(L"\\??\\C:\\..\\outside\\secret", FILE_OPEN);
    Open(L"\\??\\C:\\../outside/secret", FILE_OPEN);
    Open(L"\\??\\C:\\locked", FILE_OPEN);
    return STATUS_SUCCESS;
}
END
"$KMODE" build -q files.c

mkdir disk outside
echo hidden > outside/secret
printf 'text' > disk/there.TXT
ln -s ../outside disk/out
ln -s ../outside/secret 'disk/secret link'
ln -s ../outside/dangling disk/dangling
mkfifo disk/pipe
: > "disk/$(printf 'not\377utf8')"
: > 'disk/a:b'
run "$KMODE" run --disk disk files.sys
ok "a driver uses a folder as C:, and nothing is found amiss" status_is 0
cat > expected <<'END'
- there.TXT
\??\C:\There.txt: 0x0 text
\??\C:\made.txt: 0xc0000011 
\??\C:\out\secret: 0xc0000022
\??\C:\out\made: 0xc0000022
\??\C:\secret link: 0xc0000022
\??\C:\secret link: 0xc0000022
\??\C:\dangling: 0xc0000022
\??\C:\pipe: 0xc0000022
\??\C:\..\outside\secret: 0xc0000033
\??\C:\../outside/secret: 0xc0000033
\??\C:\locked: 0xc0000034
END
ok "what leads outside is refused or not seen" diff expected "$scratch/out"
ok "what it has written is there" test "$(cat disk/made.txt)" = 'new!'
ok "in the file whose name differs in case too" test "$(cat disk/there.TXT)" = 'new!'
ok "nothing outside has changed" sh -c '[ "$(cat outside/secret)" = hidden ] && [ "$(ls outside)" = secret ]'
run "$KMODE" run files.sys
ok "without a disk there is no C:" out_has "no volume"
run "$KMODE" run --disk none files.sys
ok "a folder that is not there" refused 1 "kmode run: the disk's folder none: No such file or directory"
run "$KMODE" run --disk files.sys files.sys
ok "a file is no folder" refused 1 "kmode run: the disk's folder files.sys: Not a directory"
done_testing
