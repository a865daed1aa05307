// SPDX-License-Identifier: MIT
// The Windows program that reads \\.\Meter, whose device is there, for a while.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../pnp.h"

int main(void)
{
    HANDLE device = CreateFileW(L"\\\\.\\Meter", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
    DWORD ticks = 0, bytes;

    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Meter: error %lu\n", GetLastError());
        return 1;
    }
    for (int attempt = 0; attempt < 100 && ticks < 5; attempt++) {
        if (!DeviceIoControl(device, IOCTL_METER_TICKS, NULL, 0, &ticks, sizeof ticks, &bytes, NULL)) {
            printf("ticks: error %lu\n", GetLastError());
            return 1;
        }
        Sleep(100);
    }
    puts(ticks >= 5 ? "the meter ticks" : "the meter does not tick");
    return ticks < 5 || !CloseHandle(device);
}
