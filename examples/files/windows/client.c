// SPDX-License-Identifier: MIT
// The Windows program that has \\.\Files keep a journal, and reads it.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../files.h"

static HANDLE open_files(void)
{
    return CreateFileW(L"\\\\.\\Files", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
}

// What an OVERLAPPED is for here is the offset.
static BOOL read_at(HANDLE device, ULONGLONG offset, char *text, DWORD size, DWORD *bytes)
{
    OVERLAPPED overlapped = {.Offset = (DWORD)offset, .OffsetHigh = (DWORD)(offset >> 32)};
    return ReadFile(device, text, size, bytes, &overlapped);
}

static int use(HANDLE device)
{
    ULONGLONG size, offset = 0;
    char text[8];
    DWORD bytes;

    if (!DeviceIoControl(device, IOCTL_FILES_EMPTY, NULL, 0, NULL, 0, &bytes, NULL) ||
        !WriteFile(device, "first line", 10, &bytes, NULL) ||
        !WriteFile(device, "second line", 11, &bytes, NULL) ||
        !DeviceIoControl(device, IOCTL_FILES_SIZE, NULL, 0, &size, sizeof size, &bytes, NULL)) {
        return 1;
    }
    printf("%lu bytes\n", (DWORD)size);
    while (read_at(device, offset, text, sizeof text, &bytes)) {
        printf("%.*s", (int)bytes, text);
        offset += bytes;
    }
    return GetLastError() != ERROR_HANDLE_EOF || offset != size;
}

// The driver refuses it. Wine gives a handle all the same, of which the driver knows nothing.
static int use_second(void)
{
    HANDLE device = open_files();
    ULONGLONG size;
    DWORD bytes;
    int failed = 0;

    if (device == INVALID_HANDLE_VALUE) {
        printf("a second one: error %lu\n", GetLastError());
        return 0;
    }
    failed = DeviceIoControl(device, IOCTL_FILES_SIZE, NULL, 0, &size, sizeof size, &bytes, NULL);
    printf("a second one is let in, and %s: error %lu\n", failed ? "is served" : "is not served",
           GetLastError());
    CloseHandle(device);
    return failed;
}

int main(void)
{
    HANDLE device = open_files();
    int failed;

    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Files: error %lu\n", GetLastError());
        return 1;
    }
    failed = use(device);
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    }
    failed |= use_second();
    return failed || !CloseHandle(device);
}
