// SPDX-License-Identifier: MIT
// The public API of kmode's machine: boot kmode's NT kernel in this process, load drivers, read what
// happened.
//
// One machine at a time per process: the kernel half of the address space (0x400000000000 and up) is its own.
// All calls are made from the thread that created it. Signals SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP,
// SIGSYS and SIGURG are the machine's while it exists.
//
//     struct km_machine_options options = {.kernel_path = "build/lib/kmode/ntoskrnl.exe"};
//     km_machine *machine = km_machine_create(&options);
//     if (km_machine_problem(machine) == NULL && km_driver_load(machine, "hello.sys") == KM_OK)
//         km_driver_unload(machine, "hello");
//     km_machine_destroy(machine);
#ifndef KMODE_MACHINE_H
#define KMODE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct km_machine km_machine;

// The strings, and what debug_context points to, must live as long as the machine. debug_output is called
// while the kernel waits, by one thread at a time, not always the same: it must return, and must not call the
// API.
struct km_machine_options {
    const char *kernel_path; // ntoskrnl.exe of kmode; required
    const char
        *exports_path; // folder of the export lists that tell known imports from unknown; NULL: none is known
    uint64_t seed;     // every free choice depends on it
    unsigned processors; // 1 to 64; 0: one. More than one run at the same time, and no two runs are the same
    int real_clock;      // 0: virtual time, which jumps to the next timer when every thread waits
    uint64_t memory_bytes; // RAM; 0: 1 GB, of which only what is used costs anything
    int checks;            // the verifier watches the drivers: km_machine_finding
    int trace;             // and what crosses the border between them and the kernel is shown
    // What is shown, line by line; NULL: standard error. As debug_output.
    void (*trace_output)(void *context, const char *text, size_t bytes);
    double time_limit; // seconds of wall clock that one call into the kernel may take; 0: no limit
    // What the driver prints by DbgPrint and the like, as it prints it; NULL: standard output.
    void (*debug_output)(void *context, const char *text, size_t bytes);
    void *debug_context;
};

enum km_result {
    KM_OK,
    KM_DRIVER_FAILED, // the driver answered a failure status: km_last_status
    KM_NO_UNLOAD,     // the driver has no DriverUnload; it stays loaded
    KM_STOPPED,       // the run ended with a bug check or the like: km_machine_report
    KM_FILE_REFUSED,  // the file can't be loaded: km_machine_problem
    KM_FAILED         // kmode itself could not go on: km_machine_problem
};

// Boots the kernel. Never returns NULL but when memory for the handle is lacking; a failure to boot is told
// by km_machine_problem. The caller destroys it in either case.
km_machine *km_machine_create(const struct km_machine_options *options);

// Unmaps everything the machine mapped. Drivers still loaded are not unloaded first.
void km_machine_destroy(km_machine *machine);

// What went wrong last in one line without a newline (owned by the machine, until the next call); NULL if
// nothing.
const char *km_machine_problem(const km_machine *machine);

// Loads the driver file at path: maps it, calls DriverEntry on a system thread. Its service is the file's
// name without ".sys". KM_OK, KM_DRIVER_FAILED, KM_STOPPED, KM_FILE_REFUSED, KM_FAILED.
enum km_result km_driver_load(km_machine *machine, const char *path);

// Writes the service name of the driver file at path, cut to bytes - 1, as km_driver_load gives it.
void km_driver_service(const char *path, char *service, size_t bytes);

// Calls DriverUnload of a loaded driver and unmaps it. KM_OK, KM_NO_UNLOAD, KM_STOPPED, KM_FAILED.
enum km_result km_driver_unload(km_machine *machine, const char *service);

// Does what the registry file at path ("Windows Registry Editor Version 5.00", UTF-8 or UTF-16LE with a
// byte-order mark) says: makes and deletes keys and values below HKEY_LOCAL_MACHINE, HKEY_USERS,
// HKEY_CURRENT_USER (the system's) and HKEY_CLASSES_ROOT. KM_OK, KM_STOPPED, KM_FAILED; KM_FILE_REFUSED: it
// cannot be read, or the problem is "FILE:LINE: reason"; what stands above a line that the kernel refuses has
// been done.
enum km_result km_registry_load(km_machine *machine, const char *path);

// Writes key ("HKEY_LOCAL_MACHINE\\SOFTWARE"; NULL: HKEY_LOCAL_MACHINE and HKEY_USERS), all that is under it
// but links, to the file at path, as regedit does: UTF-16LE with a byte-order mark. KM_OK, KM_STOPPED,
// KM_FAILED.
enum km_result km_registry_save(km_machine *machine, const char *path, const char *key);

// NTSTATUS of the last call: of DriverEntry after KM_DRIVER_FAILED.
uint32_t km_last_status(const km_machine *machine);

// Imports of loaded drivers that Windows has and this kernel does not: the i-th as module and name. Returns 0
// when there is no i-th. The strings are the machine's.
int km_unimplemented_import(const km_machine *machine, size_t i, const char **driver, const char **module,
                            const char **name);

// ---- The report of a stop
// --------------------------------------------------------------------------------------

enum km_stop_kind {
    KM_REPORT_BUG_CHECK,
    KM_REPORT_TIME_LIMIT,
    KM_REPORT_UNIMPLEMENTED,
    KM_REPORT_TRIPLE_FAULT,
    KM_REPORT_DEADLOCK
};

struct km_frame {
    uint64_t address;
    const char *module;          // file name of the image, NULL if the address lies in none
    uint64_t offset;             // from the image's base
    const char *function, *file; // NULL if not known
    unsigned line;               // 0 if not known
};

struct km_register {
    const char *name;
    uint64_t value;
};

// Another thread that a deadlock is about.
struct km_waiting {
    uint64_t thread;
    struct km_frame frames[64];
    size_t frame_count;
};

struct km_report {
    enum km_stop_kind kind;
    uint32_t code;    // of the bug check
    const char *name; // its name, "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED"; NULL if it has none we know
    uint64_t parameters[4];
    const char *parameter_meanings[4]; // what each means here; NULL: reserved
    const char
        *parameter_symbols[4]; // "hello.sys!DriverEntry hello.c:5" for one that lies in an image, else NULL
    uint32_t exception;        // NTSTATUS of the unhandled exception, 0 if none
    const char *exception_name;
    const char *reason; // one sentence: what happened and why it is bad
    const char *advice; // what to do next, NULL if there is nothing to say
    int has_fault_address;
    uint64_t fault_address;
    const char *fault_access; // "read", "write", "execute"
    unsigned irql;
    unsigned processor;
    uint64_t seed;
    struct km_register registers[18];
    size_t register_count;       // 0 if unknown
    struct km_frame frames[128]; // inlined functions have a frame of their own
    size_t frame_count;
    struct km_waiting waiting[8]; // where the threads of a deadlock wait but for the one that frames is of
    size_t waiting_count;
    const char *last_log[8]; // last lines of debug output, oldest first
    size_t last_log_count;
};

// ---- The verifier's findings
// --------------------------------------------------------------------------------------

struct km_finding {
    const char *kind;    // "pool-leak"
    const char *rule;    // Microsoft's name of the rule that was broken, NULL where there is none
    const char *text;    // one sentence: what happened, with the values
    const char *earlier; // what happened at earlier_frames: "allocated"; NULL if there are none
    uint64_t thread, process;
    uint64_t time; // since the start, in units of 100 ns
    unsigned processor, irql;
    uint64_t seed;
    const struct km_frame *frames; // of now, from the driver's routine up; none where nothing of it ran
    size_t frame_count;
    const struct km_frame *earlier_frames; // of the event that this one contradicts
    size_t earlier_frame_count;
};

size_t km_finding_count(const km_machine *machine);
// The i-th; NULL when there is none. Owned by the machine, until the next request to it.
const struct km_finding *km_machine_finding(km_machine *machine, size_t i);

// The report of what stopped the machine; NULL if nothing did. Owned by the machine.
const struct km_report *km_machine_report(km_machine *machine);

#ifdef __cplusplus
}
#endif

#endif
