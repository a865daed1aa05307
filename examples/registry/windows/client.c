// SPDX-License-Identifier: MIT
// The Windows program that changes a setting of the driver, and asks \\.\Registry what the driver makes of
// it.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../registry.h"

static void ask(HANDLE device)
{
    static const wchar_t name[] = L"Limit";
    DWORD number, bytes;
    if (DeviceIoControl(device, IOCTL_REGISTRY_NUMBER, (void *)name, sizeof name, &number, sizeof number,
                        &bytes, NULL)) {
        printf("a number: %lu\n", number);
    } else {
        printf("refused: error %lu\n", GetLastError());
    }
}

int main(void)
{
    const DWORD sixteen = 16;
    HANDLE device =
        CreateFileW(L"\\\\.\\Registry", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    HKEY key;
    if (device == INVALID_HANDLE_VALUE ||
        RegOpenKeyExW(HKEY_LOCAL_MACHINE, L"System\\CurrentControlSet\\Services\\registry\\Parameters", 0,
                      KEY_ALL_ACCESS, &key) != ERROR_SUCCESS) {
        puts("the driver is not loaded");
        return 1;
    }
    ask(device);
    RegSetValueExW(key, L"Limit", 0, REG_DWORD, (const BYTE *)&sixteen, sizeof sixteen);
    ask(device);
    RegSetValueExW(key, L"Limit", 0, REG_SZ, (const BYTE *)L"many", sizeof L"many");
    ask(device);
    RegCloseKey(key);
    return !CloseHandle(device);
}
