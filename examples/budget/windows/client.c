// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Budget: what client/client.c does by kmode's API, by Windows' own.
#include <windows.h>
#include <winioctl.h>

#include <stdio.h>

#include "../budget.h"

static int ask(HANDLE device)
{
    BUDGET_COUNTS counts;
    DWORD returned;
    if (!DeviceIoControl(device, IOCTL_BUDGET_COUNTS, NULL, 0, &counts, sizeof counts, &returned, NULL)) {
        return 1;
    }
    printf("%d notes, %d refused, all within the budget: %s\n", (int)counts.LiveBlocks, (int)counts.Failures,
           counts.PeakBytes <= BUDGET_BYTES ? "yes" : "no");
    return counts.PeakBytes > BUDGET_BYTES;
}

static int use(HANDLE device)
{
    static const char note[1000] = "a note";
    char back[sizeof note];
    DWORD bytes;
    while (WriteFile(device, note, sizeof note, &bytes, NULL)) {
    }
    if (GetLastError() != ERROR_NOT_ENOUGH_QUOTA || ask(device) ||
        !ReadFile(device, back, sizeof back, &bytes, NULL) || bytes != sizeof note) {
        return 1;
    }
    printf("back: %s\n", back);
    return !WriteFile(device, note, sizeof note, &bytes, NULL) || ask(device);
}

int main(void)
{
    HANDLE device =
        CreateFileW(L"\\\\.\\Budget", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Budget: error %lu\n", GetLastError());
        return 1;
    }
    int failed = use(device);
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    }
    CloseHandle(device);
    return failed;
}
