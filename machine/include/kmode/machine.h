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
//
// examples/api is a test of a driver by this API, examples/ioctl has a client of one; they are built with
// -I build/include build/lib/libkmode.a -lZydis -ljansson.
#ifndef KMODE_MACHINE_H
#define KMODE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct km_machine km_machine;
typedef struct km_process km_process;
typedef struct km_thread km_thread;
typedef struct km_file km_file;
typedef struct km_operation km_operation;
typedef struct km_pci_function km_pci_function;
struct km_event;

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
    // Which of the allocations of pool that drivers make, themselves or by routines that they call, fails,
    // from 1 on; 0: none, and they are not counted. KM_COUNT_ALLOCATIONS: none, but they are.
    uint64_t fail_allocation;
    int trace; // and what crosses the border between them and the kernel is shown
    // What is shown, line by line; NULL: standard error. As debug_output.
    void (*trace_output)(void *context, const char *text, size_t bytes);
    void *trace_context;
    // Of what: patterns of names with * and ?, joined by commas ("Io*,Zw*,DRIVER_DISPATCH"); NULL: all.
    const char *trace_filter;
    // The folder that is the volume C:, which drivers read and write as theirs; NULL: there is no volume.
    // Nothing outside it is reached, no symbolic link in it is followed.
    const char *disk_path;
    // What is at the other end of COM1 to COM4: a file to write to, "stdio", "pty" (km_serial_name tells
    // which pseudo-terminal), or "program" (serial_output and km_serial_write); NULL: there is no such port.
    const char *serial[4];
    // Each byte that a serial port sends, whatever is at its other end; port is 1 for COM1. Called while a
    // processor waits for it: it may use the devices' part of the API alone. NULL: nobody is told.
    void (*serial_output)(void *context, unsigned port, uint8_t byte);
    void *serial_context;
    // A file of model-specific registers that the processors have beside those of machine/msrs.txt, or with
    // other values, in the same form; NULL: none.
    const char *msr_path;
    // A JSON file of the devices on the PCI bus (docs/devices.md); NULL: there is no PCI bus.
    const char *pci_path;
    double time_limit; // seconds of wall clock that one call into the kernel may take; 0: no limit
    // What the driver prints by DbgPrint and the like, as it prints it; NULL: standard output.
    void (*debug_output)(void *context, const char *text, size_t bytes);
    void *debug_context;
    // Each event that a driver writes and that km_event_enable has asked for, as it writes it; it is there
    // until this returns. As debug_output. NULL: nobody is told.
    void (*event_output)(void *context, const struct km_event *event);
    void *event_context;
};

#define KM_COUNT_ALLOCATIONS (~UINT64_C(0)) // fail_allocation

enum km_result {
    KM_OK,
    KM_DRIVER_FAILED, // the driver answered a failure status: km_last_status
    KM_NO_UNLOAD,     // the driver has no DriverUnload; it stays loaded
    KM_STOPPED,       // the run ended with a bug check or the like: km_machine_report
    KM_FILE_REFUSED,  // the file can't be loaded: km_machine_problem
    KM_FAILED,        // kmode itself could not go on, or was asked for what cannot be: km_machine_problem
    KM_REFUSED,       // the kernel or a driver answered a failure status: km_last_status
    KM_PENDING,       // not done when the time was up, or nothing is left that could do it
    KM_NO_ADD_DEVICE  // the driver has no AddDevice: it drives no Plug and Play devices
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

// Calls DriverUnload of a loaded driver and unmaps it. Plug and Play devices that it drives are removed
// first: KM_REFUSED, if one of them cannot be, and the driver stays. KM_OK, KM_NO_UNLOAD, KM_STOPPED,
// KM_FAILED.
enum km_result km_driver_unload(km_machine *machine, const char *service);
// Whether the last km_driver_unload was KM_OK without DriverUnload having been called: one of the driver's
// devices is in use, and it is called when that is over. Asked to unload once more, the verifier finds what
// the driver itself holds.
int km_unload_waits(const km_machine *machine);

// ---- Plug and Play

#define KM_DEVICE_BYTES 256 // of a device's name, with its zero

// Lets the driver of a loaded service drive the devices with that hardware ID (NULL: those that the registry
// gives it, or "ROOT\\" and the service's name) and starts them: those that their bus has reported and nobody
// drives yet; or, if there are none and the ID begins with "ROOT\\", a new one of the root bus. The device's
// name, "ROOT\\TOASTER\\0000", is written to device; the driver is told of it by AddDevice and
// IRP_MN_START_DEVICE. KM_OK, KM_NO_ADD_DEVICE, KM_STOPPED, KM_FAILED; KM_REFUSED: a driver has refused it,
// or (STATUS_NO_SUCH_DEVICE) it is not there yet and will be started when its bus reports it.
enum km_result km_device_add(km_machine *machine, const char *service, const char *hardware_id, char *device,
                             size_t bytes);

// These take a device of the tree by its name. KM_OK, KM_STOPPED, KM_FAILED; KM_REFUSED: there is none of
// that name, it is in no such state, or one of its drivers refuses.
//
// IRP_MN_QUERY_STOP_DEVICE and IRP_MN_STOP_DEVICE, as for a rebalance of resources.
enum km_result km_device_stop(km_machine *machine, const char *device);
// IRP_MN_START_DEVICE to a stopped one; one that is removed and still there gets its drivers anew.
enum km_result km_device_start(km_machine *machine, const char *device);
// IRP_MN_QUERY_REMOVE_DEVICE and IRP_MN_REMOVE_DEVICE, with everything below it. One of the root bus is then
// gone.
enum km_result km_device_remove(km_machine *machine, const char *device);
// IRP_MN_SURPRISE_REMOVAL, and IRP_MN_REMOVE_DEVICE once its files are closed: it is gone.
enum km_result km_device_surprise_remove(km_machine *machine, const char *device);

struct km_device {
    char name[KM_DEVICE_BYTES];
    int is_started, is_stopped;
    uint32_t problem; // CM_PROB_*: 0 none, 10 it failed to start, 28 it has no driver, ...
};

// The device at that place, from 0 on, of the tree, in which each stands behind the one that it is on. KM_OK,
// KM_REFUSED: no more; KM_STOPPED, KM_FAILED.
enum km_result km_device_list(km_machine *machine, size_t place, struct km_device *device);

// ---- Power

// The states of the system: it works; it sleeps, deeper and deeper; it hibernates.
enum km_power {
    KM_POWER_WORKING = 1,
    KM_POWER_SLEEP1,
    KM_POWER_SLEEP2,
    KM_POWER_SLEEP3,
    KM_POWER_HIBERNATED
};

// Puts the system to sleep in one of the states but the first: every started device is asked by
// IRP_MN_QUERY_POWER, then told by IRP_MN_SET_POWER, those farther from the root first. Time and requests go
// on as ever: what a sleeping machine's devices do is for the caller to bring about. KM_OK, KM_STOPPED,
// KM_FAILED; KM_REFUSED: a driver has refused, and all hear IRP_MN_SET_POWER of the working state, or
// (STATUS_INVALID_DEVICE_STATE) it sleeps already.
enum km_result km_machine_sleep(km_machine *machine, enum km_power state);
// Wakes it: every started device is told, those nearer the root first. One whose IRP_MN_WAIT_WAKE is
// completed with success wakes the system by itself. KM_OK, also if it does not sleep; KM_STOPPED, KM_FAILED.
enum km_result km_machine_wake(km_machine *machine);
// KM_OK, KM_STOPPED, KM_FAILED.
enum km_result km_machine_power(km_machine *machine, enum km_power *state);

// A power setting has that value from now on: drivers that have registered for it are told. By its name in
// winnt.h without GUID_ ("ACDC_POWER_SOURCE", "BATTERY_PERCENTAGE_REMAINING", "MONITOR_POWER_ON",
// "CONSOLE_DISPLAY_STATE", "SYSTEM_AWAYMODE", "POWER_SAVING_STATUS", "GLOBAL_USER_PRESENCE",
// "LIDSWITCH_STATE_CHANGE"), or by its GUID in braces. KM_OK, KM_STOPPED, KM_FAILED; KM_REFUSED: no such
// name.
enum km_result km_power_setting(km_machine *machine, const char *setting, uint32_t value);

// ---- Windows Management Instrumentation

// What a management program asks of the drivers that provide WMI data: blocks by their GUIDs, "{...}",
// instances by their names. KM_OK, KM_STOPPED, KM_FAILED; KM_REFUSED: km_last_status is what the driver says,
// STATUS_WMI_GUID_NOT_FOUND (nobody provides the block), STATUS_WMI_INSTANCE_NOT_FOUND,
// STATUS_INVALID_PARAMETER (no GUID), STATUS_BUFFER_TOO_SMALL (and *bytes is what it takes).
//
// The name of the block's instance at that place, from 0 on. STATUS_NO_MORE_ENTRIES.
enum km_result km_wmi_instance(km_machine *machine, const char *guid, size_t place, char *instance,
                               size_t bytes);
// The data of an instance: *bytes is the room, and what there is.
enum km_result km_wmi_query(km_machine *machine, const char *guid, const char *instance, void *data,
                            size_t *bytes);
// All of its data items anew, or one.
enum km_result km_wmi_set(km_machine *machine, const char *guid, const char *instance, const void *data,
                          size_t bytes);
enum km_result km_wmi_set_item(km_machine *machine, const char *guid, const char *instance, uint32_t item,
                               const void *data, size_t bytes);
enum km_result km_wmi_execute(km_machine *machine, const char *guid, const char *instance, uint32_t method,
                              const void *input, size_t input_bytes, void *output, size_t *output_bytes);

// ---- Event Tracing for Windows

// An event that a driver has written by EtwWrite or one of its kin. GUIDs are as they lie in memory.
struct km_event {
    uint8_t provider[16], activity[16], related_activity[16];
    int has_activity, has_related_activity;
    uint16_t id, task;
    uint8_t version, channel, level, opcode;
    uint64_t keyword;
    int is_string;       // EtwWriteString's: data is UTF-16 with a terminator
    int is_lost;         // too large, or no buffer was free for it: there are no traits, metadata and data
    const char *problem; // why, in words; NULL: it is not lost
    uint64_t thread, process;
    uint64_t time; // since the start, in units of 100 ns
    unsigned processor, irql;
    int in_line; // what drivers have printed last is a line that does not end yet
    // Of the provider, which begin with their size and its name; NULL: it has none.
    const uint8_t *traits;
    // TraceLogging's description of the data; NULL: there is none.
    const uint8_t *metadata;
    const uint8_t *data;
    size_t traits_bytes, metadata_bytes, data_bytes;
};

// Listens to the provider of that GUID, its bytes as they lie in memory (NULL: to every one that is not asked
// for by its own), from now on: whether it is registered already or will be, its enable callback is told.
// Wanted are its events of at most that level (0: of any) that have no keyword, or any of match_any (0: of
// all) and all of match_all. The same provider once more: the last one counts. KM_OK, KM_STOPPED, KM_FAILED;
// KM_REFUSED: there is no memory for it.
enum km_result km_event_enable(km_machine *machine, const uint8_t *provider, uint8_t level,
                               uint64_t match_any, uint64_t match_all);
// No more. KM_REFUSED, STATUS_NOT_FOUND: it was not listened to.
enum km_result km_event_disable(km_machine *machine, const uint8_t *provider);

// ---- The registry

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

// NTSTATUS of the last call: of DriverEntry after KM_DRIVER_FAILED, of the service after KM_REFUSED.
uint32_t km_last_status(const km_machine *machine);

// Imports of loaded drivers that Windows has and this kernel does not: the i-th as module and name. Returns 0
// when there is no i-th. The strings are the machine's.
int km_unimplemented_import(const km_machine *machine, size_t i, const char **driver, const char **module,
                            const char **name);

// ---- Programs that use the drivers

// A simulated process has an address space of its own, handles, and threads that run nothing but the system
// calls which the functions below make of them: user code is the caller's own. A call returns when its thread
// is back in user mode; meanwhile other threads, and the timers of a virtual clock, go on as they would.
// A thread that is suspended makes no calls (KM_FAILED). Where nothing is left that could end it, that is the
// deadlock of a report (KM_STOPPED); a call that may wait so is started (km_ioctl_start), not made. All
// return KM_OK, KM_STOPPED or KM_FAILED; and KM_REFUSED, where km_last_status is what NT answered and the
// problem names it. Processes, threads, files and operations belong to the machine and go with it.
//
//     km_process *process;
//     km_thread *thread;
//     km_file *file;
//     struct km_io io;
//     uint32_t answer;
//     if (km_process_create(machine, "client.exe", NULL, &process, &thread) == KM_OK &&
//         km_open(thread, "\\\\.\\Hello", KM_READ | KM_WRITE, 0, &file) == KM_OK &&
//         km_ioctl(thread, file, 0x222000, "ping", 4, &answer, sizeof answer, &io) == KM_OK) {
//         printf("%u, of %llu bytes\n", answer, (unsigned long long)io.information);
//     }
//     km_process_exit(process, 0);

// Starts a process that runs the image ("client.exe" of System32, "C:\\game.exe", or a whole NT path), with
// its first thread. command_line NULL: the image's name. Where the volume C: has that file, it is mapped, as
// is the volume's ntdll.dll, and drivers are told of both; where not, the process runs no file. A driver's
// notify routine may refuse it; so does the kernel, if the file is no program (STATUS_INVALID_IMAGE_FORMAT).
enum km_result km_process_create(km_machine *machine, const char *image, const char *command_line,
                                 km_process **process, km_thread **thread);
// Whose process it is: the system's; that of a standard user (medium integrity), or of the built-in
// administrator (high integrity); that of another administrator, by his elevated token (high integrity) or by
// his limited one (medium integrity), which are linked.
enum km_user {
    KM_USER_SYSTEM = 0,
    KM_USER_STANDARD = 1,
    KM_USER_ADMINISTRATOR = 2,
    KM_USER_ELEVATED_ADMINISTRATOR = 3,
    KM_USER_LIMITED_ADMINISTRATOR = 4
};
// The same as somebody; km_process_create's are the system's. KM_REFUSED, STATUS_INVALID_PARAMETER: no such
// user.
enum km_result km_process_create_as(km_machine *machine, const char *image, const char *command_line,
                                    enum km_user user, km_process **process, km_thread **thread);
// The same of a 32-bit process, as WOW64 runs one: what it has lies below 2 GB, IoIs32bitProcess is TRUE of
// what it asks, and it has environment blocks of 32 bits besides. "client.exe" is that of SysWOW64. A process
// whose file is a 32-bit program is one anyway. KM_REFUSED, STATUS_INVALID_IMAGE_FORMAT: the file is a 64-bit
// one. Twelve can be at a time.
enum km_result km_process_create_wow64(km_machine *machine, const char *image, const char *command_line,
                                       enum km_user user, km_process **process, km_thread **thread);
// Starts one more thread.
enum km_result km_thread_create(km_process *process, km_thread **thread);
// The thread, which must not be in a call, ends with that exit status; with the last one of a process that
// one ends too. The thread is not to be used any more.
enum km_result km_thread_exit(km_thread *thread, uint32_t status);
// All of its threads end: what they wait for is cancelled, open handles are closed, its memory goes. The
// process, its threads and its files are not to be used any more.
enum km_result km_process_exit(km_process *process, uint32_t status);
// Client ids, as PsGetProcessId has them.
uint64_t km_process_id(const km_process *process);
uint64_t km_thread_id(const km_thread *thread);
km_process *km_thread_process(const km_thread *thread);

// Allocates zeroed memory in the thread's process, committed, of a Windows protection (0: PAGE_READWRITE).
enum km_result km_user_alloc(km_thread *thread, size_t bytes, uint32_t protection, uint64_t *address);
// Frees what km_user_alloc gave.
enum km_result km_user_free(km_thread *thread, uint64_t address);
// Copies to and from user memory, as a debugger does: whatever the pages' protection. KM_OK, or KM_FAILED
// where not all of it is memory of the process; what lies before that has been copied.
enum km_result km_user_write(km_process *process, uint64_t address, const void *bytes, size_t count);
enum km_result km_user_read(km_process *process, uint64_t address, void *bytes, size_t count);

// Makes the system call of that name ("NtSetEvent") with arguments in the order of its documentation;
// pointers are user addresses. *status (may be NULL) is what it returned, of whatever severity: KM_OK.
// KM_FAILED: there is no such service (KM_SERVICES in machine/contract.h lists them), or it takes another
// number of arguments.
enum km_result km_system_call(km_thread *thread, const char *service, const uint64_t *arguments, size_t count,
                              uint32_t *status);

// ---- Images

// Loads the PE file ("plugin.dll" of System32, "C:\\plugin.dll", or a whole NT path) into the thread's
// process, as its loader would: mapped as an image, of which drivers are told, and entered into the lists of
// the process environment block, a 32-bit one's of that of 32 bits. In a 32-bit process SysWOW64 stands for
// System32. Imports are not bound, and nothing of it runs. One that is there already is loaded once more, at
// the same *base. KM_REFUSED: it cannot be opened, or is no image.
enum km_result km_load_image(km_thread *thread, const char *name, uint64_t *base);
// Undoes one km_load_image; the last one unmaps it. KM_FAILED: there is none at base.
enum km_result km_unload_image(km_thread *thread, uint64_t base);

// ---- The registry, as a program has it

// These make system calls of the thread, which registry callbacks see as any program's. KM_REFUSED: what NT
// answered is km_last_status. Keys are handles of the thread's process; their paths are
// "HKEY_LOCAL_MACHINE\\...", "HKLM\\...", "HKEY_USERS\\...", "HKU\\..." or "\\Registry\\...", and names are
// UTF-8.
#define KM_KEY_READ  UINT32_C(0x00020019)
#define KM_KEY_WRITE UINT32_C(0x00020006)
#define KM_KEY_ALL   UINT32_C(0x000F003F)

enum km_result km_key_open(km_thread *thread, const char *path, uint32_t access, uint64_t *key);
// Opens it, or makes it, if the key above it is there.
enum km_result km_key_create(km_thread *thread, const char *path, uint32_t access, uint64_t *key);
enum km_result km_key_close(km_thread *thread, uint64_t key);
enum km_result km_key_delete(km_thread *thread, uint64_t key);
enum km_result km_key_set_value(km_thread *thread, uint64_t key, const char *name, uint32_t type,
                                const void *data, size_t bytes);
enum km_result km_key_delete_value(km_thread *thread, uint64_t key, const char *name);
// *bytes is the room at data, and becomes the value's size. KM_REFUSED with STATUS_BUFFER_OVERFLOW: it is too
// small, and nothing is copied. type may be NULL.
enum km_result km_key_query_value(km_thread *thread, uint64_t key, const char *name, uint32_t *type,
                                  void *data, size_t *bytes);
// Writes the name of the index-th subkey, or value, cut to bytes - 1. KM_REFUSED with STATUS_NO_MORE_ENTRIES.
enum km_result km_key_enumerate(km_thread *thread, uint64_t key, uint32_t index, char *name, size_t bytes);
enum km_result km_key_enumerate_value(km_thread *thread, uint64_t key, uint32_t index, char *name,
                                      size_t bytes);

// ---- Files and devices

// km_open, access: rights of NT's, or these.
#define KM_READ            UINT32_C(0x80000000) // GENERIC_READ
#define KM_WRITE           UINT32_C(0x40000000) // GENERIC_WRITE
// And flags.
#define KM_OPEN_OVERLAPPED 1u // as FILE_FLAG_OVERLAPPED: several operations of a thread's may be under way
#define KM_OPEN_CREATE     2u // where there is none, one is made
#define KM_OPEN_EXCLUSIVE  4u // shared with nobody

#define KM_CURRENT_OFFSET (~UINT64_C(0)) // the file's own position
#define KM_FOREVER        (~UINT64_C(0))

struct km_io {
    uint32_t status;      // NTSTATUS
    uint64_t information; // bytes, most often
};

// Opens "\\\\.\\NAME", "C:\\FILE" or an NT path ("\\Device\\Name").
enum km_result km_open(km_thread *thread, const char *name, uint32_t access, uint32_t flags, km_file **file);
// The handle, for system calls of the process's threads.
uint64_t km_file_handle(const km_file *file);
// Closes the handle. The file is not to be used any more.
enum km_result km_close(km_thread *thread, km_file *file);

// Read, write, and send a device control request, by way of user memory of the thread's, and wait for the
// end. *io (may be NULL) is filled in whenever the request was made. KM_REFUSED: io->status is an error or a
// warning; a warning's output (STATUS_BUFFER_OVERFLOW) has been copied. Of a buffer that NT is not told of
// (NULL) the length still is.
enum km_result km_read(km_thread *thread, km_file *file, uint64_t offset, void *buffer, uint32_t bytes,
                       struct km_io *io);
enum km_result km_write(km_thread *thread, km_file *file, uint64_t offset, const void *buffer, uint32_t bytes,
                        struct km_io *io);
enum km_result km_ioctl(km_thread *thread, km_file *file, uint32_t code, const void *input,
                        uint32_t input_bytes, void *output, uint32_t output_bytes, struct km_io *io);

// The same, started: they return when the request is done or every thread waits, without time to pass. Of a
// file that is not KM_OPEN_OVERLAPPED the thread itself is in the call until that is over, and can do nothing
// else (KM_FAILED). The output is copied by the km_wait that sees the end.
enum km_result km_read_start(km_thread *thread, km_file *file, uint64_t offset, void *buffer, uint32_t bytes,
                             km_operation **operation);
enum km_result km_write_start(km_thread *thread, km_file *file, uint64_t offset, const void *buffer,
                              uint32_t bytes, km_operation **operation);
enum km_result km_ioctl_start(km_thread *thread, km_file *file, uint32_t code, const void *input,
                              uint32_t input_bytes, void *output, uint32_t output_bytes,
                              km_operation **operation);
// Waits, at most `time` (100 ns; 0: only looks), for the end. KM_OK and KM_REFUSED as for the call that is
// not started; the operation is then gone. KM_PENDING: it goes on. Where nothing is left that could end it, a
// wait that is KM_FOREVER is KM_PENDING while the thread is still in the call, and a deadlock (KM_STOPPED) of
// an overlapped file's.
enum km_result km_wait(km_operation *operation, uint64_t time, struct km_io *io);
// Asks for its cancellation by a thread of the same process that is in no call; km_wait tells how it ended.
// KM_REFUSED with STATUS_NOT_FOUND: there was nothing to cancel any more.
enum km_result km_cancel(km_thread *thread, km_operation *operation);

// ---- Time, and the end

// Time since the start, in units of 100 ns.
uint64_t km_clock_now(const km_machine *machine);
// Lets so much time pass: a virtual clock jumps from timer to timer, a real one is waited for.
enum km_result km_clock_advance(km_machine *machine, uint64_t time);

// ---- Devices

// Asserts interrupt line `line`, or no more, in the name of a device that the program plays, and lets the
// kernel do what it can do about it without time to pass. Lines 0 to 15 are the ISA bus's, of which the edge
// counts unless a PCI device has the line: it interrupts once, if a driver is connected. KM_FAILED: there is
// no such line.
enum km_result km_interrupt(km_machine *machine, unsigned line, int asserted);

// Sends bytes to serial port COM1 (1) to COM4, and lets the kernel do what it can do about it without time to
// pass. They wait there until the driver reads them. KM_FAILED: there is no such port, or no memory.
enum km_result km_serial_write(km_machine *machine, unsigned port, const void *bytes, size_t count);
// What is at its other end: the pseudo-terminal's device, or the name in the options; NULL: no such port.
const char *km_serial_name(const km_machine *machine, unsigned port);

// ---- Devices on the PCI bus

// The functions of the file at pci_path, all of them plugged in, each played by the program: it sees what a
// driver does to the memory behind the base address registers (BARs), changes it, and interrupts. BARs are
// named by their register, 0 to 5; a 64-bit one by its first. All but km_pci_find return KM_OK; KM_STOPPED;
// KM_FAILED, where the function has no such BAR, or not so many bytes.
//
//     static void answer(void *context, km_pci_function *device, struct km_pci_access *access)
//     {
//         if (access->is_write && access->offset == 0) // the driver rings: done at once
//             km_pci_interrupt(device, 1);
//     }
//     km_pci_function *device = km_pci_find(machine, 0, 3, 0);
//     km_pci_watch(device, 0, answer, NULL);

// The function at that place; NULL: none is there. It is the machine's.
km_pci_function *km_pci_find(km_machine *machine, unsigned bus, unsigned device, unsigned function);

struct km_pci_bar_state {
    uint64_t bytes;
    uint64_t address; // that it has been given, in memory or of a port; 0: none yet
    int is_port;      // an I/O BAR
    int answers;      // the command register lets it
};
enum km_result km_pci_bar(km_pci_function *function, unsigned bar, struct km_pci_bar_state *state);

// The contents of a BAR, whether it answers or not: zeroes at first. They are the device's own, so no watch
// sees these.
enum km_result km_pci_read_bar(km_pci_function *function, unsigned bar, uint64_t offset, void *bytes,
                               size_t count);
enum km_result km_pci_write_bar(km_pci_function *function, unsigned bar, uint64_t offset, const void *bytes,
                                size_t count);

// Configuration space, as a driver reads and writes it: 1, 2 or 4 bytes at a multiple of that, below 256.
enum km_result km_pci_read_config(km_pci_function *function, unsigned offset, unsigned bytes,
                                  uint32_t *value);
enum km_result km_pci_write_config(km_pci_function *function, unsigned offset, unsigned bytes,
                                   uint32_t value);

// One access of a driver's to a BAR, of 1 to 8 bytes (an SSE register's is two). A read answers `value`, at
// first what the BAR contains; a write leaves `value` there when the watch has returned, at first what was
// written.
struct km_pci_access {
    int is_write;
    unsigned bar, bytes;
    uint64_t offset, value;
};
typedef void km_pci_watch_routine(void *context, km_pci_function *function, struct km_pci_access *access);
// Has each access to a BAR shown to watch before it is done; NULL: no more. The processor waits meanwhile; it
// may use this part of the API and the one above (Devices) alone. An instruction that uses the stack,
// divides, branches, or is one of AVX, cannot be shown: it faults.
enum km_result km_pci_watch(km_pci_function *function, unsigned bar, km_pci_watch_routine *watch,
                            void *context);

// RAM as the device reads and writes it by bus-master DMA, at a physical address. KM_FAILED: the driver has
// not made it a bus master (bit 2 of the command register), or not all of that is RAM.
enum km_result km_pci_dma_read(km_pci_function *function, uint64_t physical, void *bytes, size_t count);
enum km_result km_pci_dma_write(km_pci_function *function, uint64_t physical, const void *bytes,
                                size_t count);

// Pulls it out of its slot, or puts it there again, and lets the kernel do what it can do about it without
// time to pass: the drivers of what is gone are told of the surprise, what has come gets a driver that is
// loaded. What is not there answers nowhere: ones are read. Put there, it is as after power-on, with BARs
// that are 0 and contents that are zeroes. Where a function 0 is not there, nobody looks for those beside it.
// KM_FAILED also from a watch.
enum km_result km_pci_plug(km_pci_function *function, int plugged);

// Asserts its interrupt pin, or no more, and lets the kernel do what it can do about it without time to pass.
// The pin is level-triggered, on the line that the file gives it, together with whoever shares it; the
// command register may disable it, and messages that are enabled replace it. KM_FAILED: it has no pin, or
// that is wired to none of the lines 0 to 23.
enum km_result km_pci_interrupt(km_pci_function *function, int asserted);
// Sends message `number` of its MSI or MSI-X capability ("messages" and "msix" of the file), an interrupt
// that comes once, and lets the kernel do what it can do about it without time to pass. One that the driver
// has masked waits. KM_FAILED: not so many are enabled.
enum km_result km_pci_send_message(km_pci_function *function, unsigned number);

// Ends every process that is left, and shuts the system down: drivers that asked for it are told by
// IRP_MJ_SHUTDOWN, and those of every started device by IRP_MN_SET_POWER of PowerSystemShutdown. They stay
// loaded.
enum km_result km_machine_finish(km_machine *machine);

// ---- What is left behind

// What the kernel holds at a moment: objects and handles by type, pool by tag, pages of memory.
typedef struct km_snapshot km_snapshot;

// The machine's, now; km_snapshot_free frees it, also after the machine is gone. NULL: no memory, or the
// machine does not run.
//
// To see that a driver leaves nothing behind, load it, use it and unload it once, for what the system keeps
// for good comes with the first use (a service's key, the memory of a larger handle table), then compare
// snapshots taken before and after another time.
km_snapshot *km_snapshot_take(km_machine *machine);
void km_snapshot_free(km_snapshot *snapshot);
// What `after` has more or less of than `before`, a line each: "Event objects: 2 more", "pool tag Irp: 1
// more, 352 bytes more". "" if there is no difference. The caller frees it. NULL: no memory.
char *km_snapshot_compare(const km_snapshot *before, const km_snapshot *after);

// ---- A dump

// Writes what is mapped in the system's half of the address space (images, pool, stacks, the machine's own
// data) to the file at path: an ELF core file, with a segment for each run of pages at its address. Also of a
// machine that has stopped. KM_OK; KM_FAILED: km_machine_problem.
enum km_result km_machine_dump(km_machine *machine, const char *path);

// ---- The report of a stop

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

// Where the allocation was that fail_allocation asks for, as a finding tells it, though it is none; NULL if
// there were not so many. Owned by the machine, until the next request to it.
const struct km_finding *km_machine_failed_allocation(km_machine *machine);
// So many allocations of drivers there have been, if they are counted.
uint64_t km_machine_allocations(const km_machine *machine);

size_t km_finding_count(const km_machine *machine);
// The i-th; NULL when there is none. Owned by the machine, until the next request to it.
const struct km_finding *km_machine_finding(km_machine *machine, size_t i);

// The report of what stopped the machine; NULL if nothing did. Owned by the machine.
const struct km_report *km_machine_report(km_machine *machine);

#ifdef __cplusplus
}
#endif

#endif
