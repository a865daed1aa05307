// SPDX-License-Identifier: MIT
// The Windows program that starts itself as guarded.exe, and would like to terminate that: it gets a handle,
// without that right.
#include <windows.h>

#include <stdio.h>
#include <string.h>

static int start_guarded(const char *own, PROCESS_INFORMATION *guarded)
{
    STARTUPINFOA how = {.cb = sizeof how};
    char path[MAX_PATH], command[] = "guarded.exe wait";
    DWORD length = GetTempPathA(sizeof path - sizeof "guarded.exe", path);

    lstrcpyA(path + length, "guarded.exe");
    return !CopyFileA(own, path, FALSE) ||
           !CreateProcessA(path, command, NULL, NULL, FALSE, 0, NULL, NULL, &how, guarded);
}

static int try_it(DWORD id)
{
    HANDLE handle = OpenProcess(PROCESS_TERMINATE | PROCESS_QUERY_INFORMATION, FALSE, id);
    if (handle == NULL) {
        printf("no handle: error %lu\n", GetLastError());
        return 1;
    }
    if (TerminateProcess(handle, 1)) {
        puts("guarded.exe is terminated");
    } else {
        printf("terminating guarded.exe: error %lu\n", GetLastError());
    }
    CloseHandle(handle);
    return 0;
}

int main(int count, char **arguments)
{
    PROCESS_INFORMATION guarded;
    char own[MAX_PATH];
    int failed;
    if (count > 1 && strcmp(arguments[1], "wait") == 0) {
        Sleep(INFINITE);
    }
    GetModuleFileNameA(NULL, own, sizeof own);
    if (start_guarded(own, &guarded)) {
        printf("guarded.exe: error %lu\n", GetLastError());
        return 1;
    }
    failed = try_it(guarded.dwProcessId);
    TerminateProcess(guarded.hProcess, 0); // a handle that is older than it is guarded
    WaitForSingleObject(guarded.hProcess, INFINITE);
    return failed;
}
