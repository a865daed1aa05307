// SPDX-License-Identifier: MIT
// bench/ioctl.c for Windows' API, and so for Wine: installs the driver as a service, sends the same requests,
// prints "ioctl NANOSECONDS". No C run time.
//   ioctl-win32 DRIVER.SYS
#include <windows.h>

#define ROUNDS 20000
#define CODE   0x222000

static void print(const char *text, DWORD bytes)
{
    WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), text, bytes, &bytes, NULL);
}

static void print_number(ULONGLONG number)
{
    char digits[32];
    DWORD at = sizeof digits;
    digits[--at] = '\n';
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    print(digits + at, sizeof digits - at);
}

static int fail(const char *what, DWORD bytes)
{
    print(what, bytes);
    print_number(GetLastError());
    return 1;
}

#define FAIL(what) fail(what " failed: ", sizeof(what " failed: ") - 1)

static int measure(void)
{
    LARGE_INTEGER frequency, start, end;
    ULONGLONG number = 0;
    DWORD bytes;
    HANDLE device =
        CreateFileW(L"\\\\.\\BenchIoctl", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
    if (device == INVALID_HANDLE_VALUE) {
        return FAIL("CreateFile");
    }
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&start);
    for (int i = 0; i < ROUNDS; i++) {
        if (!DeviceIoControl(device, CODE, &number, sizeof number, &number, sizeof number, &bytes, NULL)) {
            return FAIL("DeviceIoControl");
        }
    }
    QueryPerformanceCounter(&end);
    CloseHandle(device);
    print("ioctl ", 6);
    print_number((ULONGLONG)(end.QuadPart - start.QuadPart) * (1000000000 / (ULONGLONG)frequency.QuadPart) /
                 ROUNDS);
    return number != ROUNDS;
}

static const WCHAR *last_argument(WCHAR *line)
{
    DWORD length = 0;
    while (line[length] != 0) {
        length++;
    }
    if (length != 0 && line[length - 1] == '"') {
        line[--length] = 0;
    }
    while (length != 0 && line[length - 1] != ' ' && line[length - 1] != '"') {
        length--;
    }
    return line + length;
}

void mainCRTStartup(void)
{
    SERVICE_STATUS status;
    int failed;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    SC_HANDLE service =
        manager == NULL ? NULL
                        : CreateServiceW(manager, L"BenchIoctl", L"BenchIoctl", SERVICE_ALL_ACCESS,
                                         SERVICE_KERNEL_DRIVER, SERVICE_DEMAND_START, SERVICE_ERROR_NORMAL,
                                         last_argument(GetCommandLineW()), NULL, NULL, NULL, NULL, NULL);
    if (service == NULL) {
        ExitProcess((UINT)FAIL("CreateService"));
    }
    failed = StartServiceW(service, 0, NULL) ? measure() : FAIL("StartService");
    ControlService(service, SERVICE_CONTROL_STOP, &status);
    DeleteService(service);
    ExitProcess((UINT)failed);
}
