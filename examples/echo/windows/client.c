// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Echo: what client/client.c does by kmode's API, by Windows' own.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../echo.h"

int main(void)
{
    const ECHO_PAIR pair = {40, 2};
    HANDLE device =
        CreateFileW(L"\\\\.\\Echo", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    char text[16];
    DWORD bytes;
    int sum;
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Echo: error %lu\n", GetLastError());
        return 1;
    }
    if (!DeviceIoControl(device, IOCTL_ECHO_SUM, (void *)&pair, sizeof pair, &sum, sizeof sum, &bytes,
                         NULL) ||
        bytes != sizeof sum) {
        printf("sum: error %lu\n", GetLastError());
        return 1;
    }
    printf("40 + 2 = %d\n", sum);
    if (DeviceIoControl(device, IOCTL_ECHO_REPEAT, (void *)"hello", 5, text, sizeof text, &bytes, NULL)) {
        printf("repeated: %.*s\n", (int)bytes, text);
    } else {
        printf("repeat: error %lu\n", GetLastError());
    }
    // The framework refuses it before the handler is called.
    if (DeviceIoControl(device, IOCTL_ECHO_SUM, (void *)&pair, sizeof pair - 1, &sum, sizeof sum, &bytes,
                        NULL)) {
        puts("half a pair was taken");
        return 1;
    }
    printf("half a pair: error %lu\n", GetLastError());
    return !CloseHandle(device);
}
