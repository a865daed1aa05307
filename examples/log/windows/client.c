// SPDX-License-Identifier: MIT
// The Windows program that takes what the driver has logged out of \\.\Log, and prints it.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../log.h"

int main(void)
{
    LOG_RECORD record;
    DWORD returned;
    HANDLE device = CreateFileW(L"\\\\.\\Log", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Log: error %lu\n", GetLastError());
        return 1;
    }
    while (DeviceIoControl(device, IOCTL_LOG_TAKE, NULL, 0, &record, sizeof record, &returned, NULL)) {
        if (record.Site != 0 || record.Bytes > sizeof record.Text) {
            return 1;
        }
        printf("%.*s\n", (int)record.Bytes, record.Text);
    }
    int failed = GetLastError() != ERROR_NO_MORE_ITEMS;
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    }
    CloseHandle(device);
    return failed;
}
