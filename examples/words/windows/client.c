// SPDX-License-Identifier: MIT
// The Windows program that writes words to \\.\Words, and reads them in order, each once.
#include <windows.h>

#include <stdio.h>

int main(void)
{
    static const wchar_t first[] = L"the quick brown fox", second[] = L"jumps over The lazy dog";
    HANDLE device =
        CreateFileW(L"\\\\.\\Words", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    wchar_t words[256];
    DWORD bytes;
    if (device == INVALID_HANDLE_VALUE || !WriteFile(device, first, sizeof first - 2, &bytes, NULL) ||
        !WriteFile(device, second, sizeof second - 2, &bytes, NULL) ||
        !ReadFile(device, words, sizeof words, &bytes, NULL)) {
        printf("\\\\.\\Words: error %lu\n", GetLastError());
        return 1;
    }
    for (DWORD i = 0; i < bytes / sizeof *words; i++) {
        putchar(words[i]);
    }
    if (ReadFile(device, words, 16, &bytes, NULL)) {
        puts("what has no room was read");
        return 1;
    }
    printf("without room: error %lu\n", GetLastError());
    return !CloseHandle(device);
}
