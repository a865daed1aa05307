// SPDX-License-Identifier: MIT
// The Windows program that uses \\.\Letterbox: one handle reads and waits, the other writes.
#include <windows.h>

#include <stdio.h>

static HANDLE open_letterbox(DWORD access, DWORD flags)
{
    return CreateFileW(L"\\\\.\\Letterbox", access, 0, NULL, OPEN_EXISTING, flags, NULL);
}

// 0: the read waits.
static int start_read(HANDLE reader, char *text, DWORD bytes, OVERLAPPED *overlapped)
{
    ResetEvent(overlapped->hEvent);
    return ReadFile(reader, text, bytes, NULL, overlapped) || GetLastError() != ERROR_IO_PENDING;
}

// 0: a read that waits is ended by somebody with ERROR_OPERATION_ABORTED.
static int wait_cancelled(HANDLE reader, OVERLAPPED *overlapped)
{
    DWORD bytes;
    return GetOverlappedResult(reader, overlapped, &bytes, TRUE) || GetLastError() != ERROR_OPERATION_ABORTED;
}

static int use(HANDLE reader, HANDLE writer, OVERLAPPED *overlapped)
{
    char text[16] = {0};
    DWORD bytes = 0;

    if (WriteFile(writer, "lost", 4, &bytes, NULL)) {
        return 1;
    }
    printf("nobody reads: error %lu\n", GetLastError());
    if (start_read(reader, text, sizeof text - 1, overlapped)) {
        return 1;
    }
    puts("the reader waits");
    if (!WriteFile(writer, "hello", 5, &bytes, NULL) ||
        !GetOverlappedResult(reader, overlapped, &bytes, TRUE)) {
        return 1;
    }
    printf("and has got \"%.*s\"\n", (int)bytes, text);
    if (start_read(reader, text, sizeof text, overlapped) || !CancelIoEx(reader, overlapped) ||
        wait_cancelled(reader, overlapped)) {
        return 1;
    }
    puts("a read is cancelled");
    return 0;
}

// The handle is closed while its read waits.
static int close_waiting(HANDLE reader, OVERLAPPED *overlapped)
{
    static char text[16]; // until the read is over
    if (start_read(reader, text, sizeof text, overlapped) || !CloseHandle(reader) ||
        WaitForSingleObject(overlapped->hEvent, 10000) != WAIT_OBJECT_0 ||
        wait_cancelled(reader, overlapped)) {
        return 1;
    }
    puts("a read ends with its handle");
    return 0;
}

int main(void)
{
    OVERLAPPED overlapped = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)};
    HANDLE reader = open_letterbox(GENERIC_READ, FILE_FLAG_OVERLAPPED);
    HANDLE writer = open_letterbox(GENERIC_WRITE, 0);
    int failed;

    if (reader == INVALID_HANDLE_VALUE || writer == INVALID_HANDLE_VALUE) {
        printf("\\\\.\\Letterbox: error %lu\n", GetLastError());
        return 1;
    }
    failed = use(reader, writer, &overlapped) || close_waiting(reader, &overlapped);
    if (failed) {
        printf("failed: error %lu\n", GetLastError());
    }
    CloseHandle(writer);
    CloseHandle(overlapped.hEvent);
    return failed;
}
