// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Maps: what client/client.c does by kmode's API, by Windows' own.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>
#include <wchar.h>

#include "../maps.h"

static int count(HANDLE device, DWORD port)
{
    DWORD returned;
    return !DeviceIoControl(device, IOCTL_MAPS_COUNT, &port, sizeof port, NULL, 0, &returned, NULL);
}

static int ask(HANDLE device, const wchar_t *name)
{
    DWORD packets, returned;
    if (!DeviceIoControl(device, IOCTL_MAPS_TELL, (void *)name, (DWORD)(wcslen(name) * sizeof *name),
                         &packets, sizeof packets, &returned, NULL)) {
        return 1;
    }
    printf("%ls: %lu packets\n", name, packets);
    return 0;
}

int main(void)
{
    HANDLE device =
        CreateFileW(L"\\\\.\\Maps", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Maps: error %lu\n", GetLastError());
        return 1;
    }
    int failed = count(device, 80) || count(device, 3389) || ask(device, L"web") || ask(device, L"unknown") ||
                 ask(device, L"mail");
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    }
    CloseHandle(device);
    return failed;
}
