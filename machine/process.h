// SPDX-License-Identifier: MIT
// Simulated processes and their threads, as the machine's user has them.
#ifndef KMODE_MACHINE_PROCESS_H
#define KMODE_MACHINE_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uchar.h>

#include "machine/machine-private.h"

struct km_thread {
    struct km_process *process;
    struct km_thread *next;
    uint64_t id;
    uint64_t area;       // KM_THREAD_AREA_BYTES of user memory
    uint64_t event;      // handle of what its overlapped operations set that are waited for; 0: none yet
    KM_REQUEST *request; // in the shared region
    struct km_operation *operation; // whose call it is in; NULL: it is in user mode
    bool ended;
};

// An operation that was started (file.c).
struct km_operation {
    struct km_operation *next;
    struct km_thread *thread;
    struct km_file *file;
    uint64_t memory; // user address of its status block and buffers
    uint64_t output; // user address
    void *buffer;    // the caller's
    uint32_t output_bytes;
    uint64_t event; // handle, 0: the file is not overlapped
    bool in_call;   // the thread is still in the system call
    uint32_t status;
    char what[32];
};

struct km_file {
    struct km_file *next;
    uint64_t handle;
    bool overlapped;
    char name[];
};

// An image that was loaded (loader.c).
struct km_loaded_image {
    struct km_loaded_image *next;
    uint64_t base;
    uint64_t entry; // user address of what the loader's lists have of it
    uint64_t loads; // that were not undone
    bool is_32bit;
    char name[];
};

struct km_process {
    struct km_machine *machine;
    struct km_process *next;   // that was made before
    struct km_thread *threads; // the last that was made first
    struct km_file *files;
    struct km_operation *operations;
    struct km_loaded_image *images;
    uint64_t peb;       // user address of its process environment block
    uint64_t wow64_peb; // and of that of 32 bits; 0: it is a 64-bit process
    uint64_t id;
    bool ended;
    char image[KM_NAME_BYTES];
};

// What the first bytes of a thread's area are for.
#define KM_AREA_STATUS_BLOCK 0x00u
#define KM_AREA_HANDLE       0x10u
#define KM_AREA_NUMBER       0x18u
#define KM_AREA_ATTRIBUTES   0x20u // OBJECT_ATTRIBUTES
#define KM_AREA_STRING       0x50u // UNICODE_STRING
#define KM_AREA_NAME         0x100u
#define KM_AREA_NAME_BYTES   0x7e00u
#define KM_AREA_BUFFERS      0x8000u

// Makes a system call of a thread that is in user mode; *status is its answer. Returns KM_OK, KM_STOPPED, or
// KM_FAILED and a problem: the thread is in a call, or has ended.
enum km_result km_thread_call(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                              size_t count, uint32_t *status);
// Fills in the thread's request with the call. What km_thread_call fails with.
enum km_result km_thread_prepare(struct km_thread *thread, uint32_t service, const uint64_t *arguments,
                                 size_t count);
// Puts the request to the kernel, with its two names, "" for none. KM_OK: it has answered, in the shared
// request. KM_STOPPED; KM_FAILED: a name is too long.
enum km_result km_request(struct km_machine *machine, KM_REQUEST asked, const char *service_name,
                          const char *image_file);
// KM_REFUSED, last_status and the problem "WHAT: status 0x... NAME".
enum km_result km_refused(struct km_machine *machine, uint32_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// KM_STOPPED and its problem.
enum km_result km_has_stopped(struct km_machine *machine);
// KM_FAILED: no memory for the machine's own.
enum km_result km_no_memory(struct km_machine *machine);

// Whether the status is a warning or an error.
static inline bool km_is_failure(uint32_t status)
{
    return status >= UINT32_C(0x80000000);
}

// Writes the NT path of a Win32 or NT name as UTF-16, in room for so many units. Returns its bytes; 0: it is
// no UTF-8, or too long (file.c).
size_t km_nt_path(const char *name, char16_t *path, size_t room);
// Writes OBJECT_ATTRIBUTES of a Win32 or NT name into the thread's area, for a system call (file.c).
// KM_FAILED and a problem: it is no name, or the thread has lost its memory.
enum km_result km_thread_put_name(const struct km_thread *thread, const char *name);
// Writes a UNICODE_STRING of that text there, at KM_AREA_STRING. KM_FAILED and a problem, as above.
enum km_result km_thread_put_string(const struct km_thread *thread, const char *text);
// KM_FAILED and a problem: the thread has lost its memory.
enum km_result km_thread_lost(const struct km_thread *thread);

// Enters what the process runs and its ntdll, of 32 bits too, mapped at these addresses (0: not there), into
// its loader's lists, which is what the first code of a process does (loader.c).
enum km_result km_loader_start(struct km_thread *thread, uint64_t image, uint64_t ntdll,
                               uint64_t wow64_ntdll);

// Copies within one process's user memory, by way of RAM. false: not all of it is mapped (user-memory.c).
bool km_user_copy_in(struct km_machine *machine, uint64_t address, const void *bytes, size_t count);
bool km_user_copy_out(struct km_machine *machine, uint64_t address, void *bytes, size_t count);

// Where the machine itself finds user memory that lies in one page; NULL: it does not, or is none. Good until
// the kernel runs again.
void *km_user_page(struct km_machine *machine, uint64_t address, size_t count);

// From any address of the kernel's or of a process's.
bool km_memory_copy_out(struct km_machine *machine, uint64_t address, void *bytes, size_t count);

// Takes note of the call's end where its thread has come back from it (file.c).
void km_operation_settle(struct km_operation *operation);

#endif
