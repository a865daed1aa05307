// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Transfer: what client/client.c does by kmode's API, by Windows' own.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>
#include <string.h>

#include "../ioctl.h"

static int ask(HANDLE device, const char *what, DWORD code, const char *input, char *output,
               DWORD output_bytes)
{
    DWORD returned = 0;
    if (!DeviceIoControl(device, code, (void *)input, input != NULL ? (DWORD)strlen(input) : 0, output,
                         output_bytes, &returned, NULL)) {
        printf("%s: error %lu\n", what, GetLastError());
        return 1;
    }
    printf("%s: %.*s\n", what, (int)returned, output);
    return 0;
}

int main(void)
{
    char output[32] = {0}, many[100];
    int failed;
    HANDLE device =
        CreateFileW(L"\\\\.\\Transfer", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Transfer: error %lu\n", GetLastError());
        return 1;
    }
    memset(many, 1, sizeof many);
    failed = ask(device, "reversed", IOCTL_TRANSFER_REVERSE, "kmode", output, sizeof output);
    failed |= ask(device, "sum", IOCTL_TRANSFER_SUM, NULL, many, sizeof many);
    failed |= ask(device, "filled", IOCTL_TRANSFER_FILL, "-", output, sizeof output - 1);
    failed |= ask(device, "capitals", IOCTL_TRANSFER_UPPER, "in capitals", output, sizeof output);
    failed |= !ask(device, "refused", 0x222010, NULL, NULL, 0);
    CloseHandle(device);
    return failed;
}
