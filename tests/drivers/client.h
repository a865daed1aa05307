// SPDX-License-Identifier: MIT
// What the clients of these drivers have in common. Each test of a client runs on one processor, on two, and
// under a hundred seeds; before it the client's drivers are loaded and a process is started, after it that
// one is ended, they are unloaded, and the verifier must have found nothing.
#ifndef KMODE_TESTS_DRIVERS_CLIENT_H
#define KMODE_TESTS_DRIVERS_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "machine/include/kmode/machine.h"

// ---- What a driver's public.h is written in -------------------------------------------------------------

typedef uint8_t UCHAR;
typedef uint16_t USHORT, WCHAR;
typedef uint32_t ULONG;
typedef int32_t LONG;
typedef uint64_t ULONG64;

#define CTL_CODE(type, function, method, access)                                                             \
    ((ULONG)(type) << 16 | (ULONG)(access) << 14 | (ULONG)(function) << 2 | (ULONG)(method))
#define METHOD_BUFFERED     0
#define METHOD_IN_DIRECT    1
#define METHOD_OUT_DIRECT   2
#define METHOD_NEITHER      3
#define FILE_ANY_ACCESS     0
#define FILE_READ_ACCESS    1
#define FILE_WRITE_ACCESS   2
#define FILE_DEVICE_UNKNOWN 0x22

#define STATUS_SUCCESS                UINT32_C(0)
#define STATUS_PENDING                UINT32_C(0x103)
#define STATUS_BUFFER_OVERFLOW        UINT32_C(0x80000005)
#define STATUS_NO_MORE_ENTRIES        UINT32_C(0x8000001A)
#define STATUS_ACCESS_VIOLATION       UINT32_C(0xC0000005)
#define STATUS_INVALID_PARAMETER      UINT32_C(0xC000000D)
#define STATUS_INVALID_DEVICE_REQUEST UINT32_C(0xC0000010)
#define STATUS_ACCESS_DENIED          UINT32_C(0xC0000022)
#define STATUS_BUFFER_TOO_SMALL       UINT32_C(0xC0000023)
#define STATUS_OBJECT_NAME_NOT_FOUND  UINT32_C(0xC0000034)
#define STATUS_SHARING_VIOLATION      UINT32_C(0xC0000043)
#define STATUS_NOT_SUPPORTED          UINT32_C(0xC00000BB)
#define STATUS_DEVICE_BUSY            UINT32_C(0x80000011)
#define STATUS_CANCELLED              UINT32_C(0xC0000120)
#define STATUS_INVALID_DEVICE_STATE   UINT32_C(0xC0000184)
#define STATUS_NOT_FOUND              UINT32_C(0xC0000225)

// ---- The machine of the test that runs ------------------------------------------------------------------

extern km_machine *machine;
extern km_process *process; // "client.exe"
extern km_thread *thread;   // its first

// Fails the test unless the call of the API returned KM_OK: with the machine's problem or report.
#define OK(call)              expect_result(call, KM_OK, #call, __FILE__, __LINE__)
// Fails it unless NT answered the call with that failure status.
#define REFUSED(call, status) expect_refused(call, status, #call, __FILE__, __LINE__)

void expect_result(enum km_result got, enum km_result expected, const char *call, const char *file, int line);
void expect_refused(enum km_result got, uint32_t status, const char *call, const char *file, int line);

// Opens the device for reading and writing.
km_file *open_device(km_thread *by, const char *name, uint32_t flags);
// Starts a process.
km_process *start_process(const char *image, km_thread **first);
// Makes the system call; the count of its arguments is that of the list.
#define SYSTEM_CALL(by, service, ...)                                                                        \
    system_call(by, service, (const uint64_t[]){__VA_ARGS__},                                                \
                sizeof((const uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))
uint32_t system_call(km_thread *by, const char *service, const uint64_t *arguments, size_t count);

// Memory of the process for system calls to point to, with those bytes in it (NULL: zeroes); freed with the
// process.
uint64_t user_memory(km_process *of, km_thread *by, const void *bytes, size_t count);
// The same with a UNICODE_STRING, or an OBJECT_ATTRIBUTES (OBJ_CASE_INSENSITIVE) of that name.
uint64_t user_string(km_process *of, km_thread *by, const char *text);
uint64_t user_attributes(km_process *of, km_thread *by, const char *name, uint64_t root);

// ---- Running a client's tests ---------------------------------------------------------------------------

// A client may say more than two: its tests run on one processor and on as many.
extern const unsigned client_most_processors;

// And a file of PCI devices; NULL: there are none.
extern const char *const client_pci_path;

// And the folder that is the volume C:; NULL: there is none.
extern const char *const client_disk_path;

struct client_test {
    const char *name;
    void (*run)(void);
};

// drivers: file names in the order of loading, ended by NULL. Returns main's status.
int run_client(const char *const *drivers, const struct client_test *tests, size_t count);

#define TEST(function) {#function, function}
// main of a client: its tests, and drivers to load.
#define CLIENT(tests, ...)                                                                                   \
    int main(void)                                                                                           \
    {                                                                                                        \
        static const char *const drivers[] = {__VA_ARGS__, NULL};                                            \
        return run_client(drivers, tests, sizeof tests / sizeof *tests);                                     \
    }

#endif
