// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Threads: what client/client.c does by kmode's API, by Windows' own.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../threads.h"

int main(void)
{
    DWORD milliseconds = 10000, returned;
    HANDLE device =
        CreateFileW(L"\\\\.\\Threads", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Threads: error %lu\n", GetLastError());
        return 1;
    }
    int failed = !DeviceIoControl(device, IOCTL_THREADS_START, NULL, 0, NULL, 0, &returned, NULL) ||
                 !DeviceIoControl(device, IOCTL_THREADS_WAIT, &milliseconds, sizeof milliseconds, NULL, 0,
                                  &returned, NULL);
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    } else {
        printf("%d ticks counted\n", THREADS_TICKS);
    }
    CloseHandle(device);
    return failed;
}
