// SPDX-License-Identifier: MIT
// The one header that kernel (a PE image) and machine (an ELF library) share: what a computer is to a kernel.
//
// Both sides compile it, under two data models: only fixed-width types, no `long`, no enum in a struct.
// Pointers are addresses in the one address space that both live in. Text is UTF-8, counted in bytes.
// No address of Linux's ever shows on the NT side, so that a run has the same bytes each time: what the
// machine hands over lies in the shared region, its routines are entered through gates at fixed addresses,
// and a call leaves nothing in the volatile registers but its result. A KM_MACHINE_CALLS routine is called on
// an NT stack; the machine runs it on the processor's own Linux stack, so it may be called at any IRQL, needs
// no more than 256 bytes of the caller's stack, and never touches NT state but through the pointers it is
// given. None may be called with a pointer the kernel has not validated.
#ifndef KMODE_MACHINE_CONTRACT_H
#define KMODE_MACHINE_CONTRACT_H

#include <stdint.h>

#if defined(_WIN32)
#define KM_CALL
#else
#define KM_CALL __attribute__((ms_abi))
#endif

#define KM_CONTRACT_VERSION 5u

// The 47-bit space: user addresses below the boundary, everything of the kernel's above it. The first and the
// last 64 KB of the user range are never mapped.
#define KM_USER_RANGE_START   UINT64_C(0x10000)
#define KM_USER_RANGE_END     UINT64_C(0x3fffffff0000)
#define KM_SYSTEM_RANGE_START UINT64_C(0x400000000000)
#define KM_GATE_BASE          UINT64_C(0x400000010000) // machine: the calls' entry points
#define KM_SHARED_BASE        UINT64_C(0x400000020000) // machine: boot block, call table, processors, request
#define KM_SHARED_USER_DATA_BASE                                                                             \
    UINT64_C(0x400000030000) // machine: page behind 0xFFFFF78000000000; kernel: its contents
                             // but for the times, which the machine keeps
// machine: the same page, read-only, where the clock is real: code of images that loads from an address in
// 0xFFFFF78000000000 loads from here in its place, without a trap
#define KM_SHARED_USER_DATA_VIEW UINT64_C(0x400000031000)
#define KM_REQUESTS_BASE         UINT64_C(0x400000040000) // machine: the requests of user threads
#define KM_REQUESTS_END          UINT64_C(0x400000100000)
#define KM_BOOT_STACK_BASE       UINT64_C(0x400000100000)
#define KM_KERNEL_IMAGE_BASE     UINT64_C(0x400000400000)
// Where addresses stand for imports that nobody implements; the kernel maps nothing there.
#define KM_IMPORT_SLOT_BASE      UINT64_C(0x47f000000000)
#define KM_IMPORT_SLOT_END       UINT64_C(0x480000000000)
#define KM_PAGE_SIZE             UINT64_C(0x1000)

// ---- Memory

// Physical memory is RAM at [0, KM_BOOT_BLOCK.ram_bytes), whose use is the kernel's to decide but for what
// the machine took for the kernel image, [0, ram_used); and the windows of devices above
// KM_DEVICE_MEMORY_BASE. RAM that was never mapped, or was released since, reads as zeroes.
#define KM_DEVICE_MEMORY_BASE UINT64_C(0x10000000000) // no RAM is this high
#define KM_PHYSICAL_NONE      (~UINT64_C(0)) // a page of the machine's own, behind which there is no RAM

#define KM_PROTECT_NONE    0u
#define KM_PROTECT_READ    1u
#define KM_PROTECT_WRITE   2u
#define KM_PROTECT_EXECUTE 4u
#define KM_PROTECT_MAPPED  8u // query_memory: set for every mapped page, also one of KM_PROTECT_NONE

// What query_memory tells of a page.
typedef struct KM_PAGE {
    uint64_t physical;   // address of its first byte, or KM_PHYSICAL_NONE
    uint32_t protection; // KM_PROTECT_*; 0: not mapped, or not NT's
    uint32_t reserved;
} KM_PAGE;

// ---- Processors

// General registers in the order in which x64 numbers them; rip and rflags behind.
typedef struct KM_REGISTERS {
    uint64_t rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, rflags;
} KM_REGISTERS;

// Vectors are the processor's own exception numbers; software interrupts (int n) arrive as KM_TRAP_SOFTWARE.
#define KM_TRAP_DIVIDE_ERROR       0u
#define KM_TRAP_DEBUG              1u
#define KM_TRAP_BREAKPOINT         3u
#define KM_TRAP_OVERFLOW           4u
#define KM_TRAP_BOUND              5u
#define KM_TRAP_INVALID_OPCODE     6u
#define KM_TRAP_DOUBLE_FAULT       8u
#define KM_TRAP_STACK_FAULT        12u
#define KM_TRAP_GENERAL_PROTECTION 13u
#define KM_TRAP_PAGE_FAULT         14u
#define KM_TRAP_X87_ERROR          16u
#define KM_TRAP_SIMD_ERROR         19u
#define KM_TRAP_SOFTWARE           0x100u // error_code holds n of `int n`; rip is past the instruction
#define KM_TRAP_TIME_LIMIT         0x101u // the run's time limit passed while this processor was in NT code
#define KM_TRAP_UNIMPLEMENTED      0x102u // an import that the kernel does not implement was called or touched
// An interrupt above the processor's IRQL is pending. Delivered between two instructions of NT code, while
// RFLAGS.IF is set and the stack has room (else it stays pending): at once when it is raised, when IRQL falls
// by `mov cr8`, after `sti` or `popfq`, and before a contract call returns. The frame is to be resumed as it
// is. error_code holds the IRQL that was interrupted; the IRQL byte is 15 from then on, so that no other
// comes before the kernel is ready for it.
#define KM_TRAP_INTERRUPT          0x103u

#define KM_TRAP_ACCESS_READ    0u // KM_TRAP_FRAME.access of a page fault; the values of EXCEPTION_RECORD
#define KM_TRAP_ACCESS_WRITE   1u
#define KM_TRAP_ACCESS_EXECUTE 8u

#define KM_TRAP_FLAG_PRIVILEGED                                                                              \
    1u // the instruction is one that the virtual processor refuses (bad MSR, port, ...)
#define KM_TRAP_FLAG_DIVISOR_NOT_ZERO 2u // a divide error by overflow of the quotient

// What the machine pushes on the interrupted NT stack (or, for a double fault or the time limit, on the
// processor's double-fault stack) before it enters the kernel's trap entry. The frame is the kernel's from
// then on.
typedef struct KM_TRAP_FRAME {
    KM_REGISTERS registers;
    uint32_t vector;
    uint32_t error_code;
    uint32_t access;
    uint32_t flags;
    uint64_t address; // of a page fault: the address that was accessed; of KM_TRAP_UNIMPLEMENTED: its import
                      // slot's
    uint32_t mxcsr;
    uint32_t reserved;
    _Alignas(16) uint8_t fxsave[512];
    uint64_t machine_frame[5]; // what hardware would have pushed: rip, cs, rflags, rsp, ss; for unwinding
                               // through it
} KM_TRAP_FRAME;

// What the machine keeps of one virtual processor, in memory that the kernel may read and write. One a
// processor.
typedef struct KM_PROCESSOR {
    uint64_t cr0, cr2, cr3, cr4;
    uint64_t dr[8];
    uint64_t kpcr; // kernel: gs base of this processor, set by start_processor
    uint64_t irql; // kernel: address of the byte that `mov cr8` reads and writes
    uint64_t
        trap_entry; // kernel: entered with rcx = KM_TRAP_FRAME *, rsp = rcx - 20h (home space); never returns
    uint64_t
        double_fault_stack; // kernel: top of the stack on which traps run when the current one has no room
    uint32_t number;
    volatile uint32_t interrupts_enabled; // the virtual RFLAGS.IF: `cli` clears, `sti` sets
    // Bit n: an interrupt of IRQL n waits. The kernel's own (1 APC, 2 dispatch) and those of KM_IRQL_* and of
    // the devices: both sides set bits, by an atomic or; only the kernel clears them, when it takes the
    // interrupt.
    volatile uint32_t pending;
    volatile uint32_t
        activity; // kernel: another value whenever a driver has called it or a thread was switched to
    // Bit n: interrupt line n asserts itself on this processor. Set by the machine before the bit of the
    // line's IRQL; cleared by the kernel when it takes the line.
    volatile uint64_t lines;
} KM_PROCESSOR;

#define KM_IRQL_REQUEST   3u // fetch_request has something
// About each 10 ms of Linux's time while the processor is in NT code. With one processor and a virtual clock,
// only after that code has used 250 ms of processor time without any activity or move of the clock.
#define KM_IRQL_CLOCK     13u
#define KM_IRQL_PROCESSOR 14u // another processor's interrupt_processor
#define KM_LINES          64u // interrupt lines of devices

// A write to this physical address by a device, of the number of a line from KM_FIRST_MESSAGE_LINE on, is an
// edge of that line: a message-signaled interrupt.
#define KM_MESSAGE_ADDRESS    0xFEE00000u
#define KM_FIRST_MESSAGE_LINE 24u

// ---- Time

// In units of 100 ns. A virtual clock stands still but for what the kernel adds to `now`, and for
// wait_for_interrupt, which moves it to the next deadline when every processor waits. A real one is read by
// read_clock.
//
// The times in KUSER_SHARED_DATA (InterruptTime, SystemTime, TickCount) are those of each read where the
// clock is virtual, for reads trap. Those of a real clock are shown about each millisecond while the kernel
// runs, and by show_time; they never go back, and InterruptTime is written last. Each is written as Windows
// for x64 does it: High2Time, then the other two by one store of eight bytes.
typedef struct KM_CLOCK {
    volatile uint64_t now; // virtual: time since start
    uint64_t start_time;   // UTC at the start, since 1601-01-01
    uint32_t is_virtual;
    uint32_t reserved;
} KM_CLOCK;

// ---- Images

#define KM_NAME_BYTES 256u // of a file or service name, with its terminating zero

// A module as the machine has mapped it. Addresses are of mapped memory.
typedef struct KM_IMAGE {
    uint64_t base;
    uint64_t size;        // bytes, a multiple of the page size
    uint64_t entry_point; // 0 if the image has none
    uint32_t checksum;
    uint32_t time_stamp;
    uint64_t security_cookie;      // address of the image's cookie, 0 if it has none
    char file_name[KM_NAME_BYTES]; // the last component: "hello.sys"
} KM_IMAGE;

#define KM_LOAD_OK             0u
#define KM_LOAD_NOT_FOUND      1u // no file of that name is known to the machine
#define KM_LOAD_INVALID_IMAGE  2u // the machine keeps the reason for its user
#define KM_LOAD_UNRESOLVED     3u // an import in no export list
#define KM_LOAD_NO_MEMORY      4u
#define KM_LOAD_ALREADY_LOADED 5u

// ---- The disk: a folder of Linux's

// Paths are relative to the folder, with '/' between components, UTF-8, without a leading '/'; the empty one
// is the folder itself. No symbolic link is followed and nothing outside the folder is reached, whatever a
// path says: "..", links and what is neither file nor folder are KM_DISK_REFUSED.
#define KM_DISK_OPEN   1u // path; KM_DISK_CREATE...: file becomes its handle, status what it is
#define KM_DISK_CLOSE  2u // file
#define KM_DISK_READ   3u // file, offset, buffer, bytes: bytes becomes how many there were
#define KM_DISK_WRITE  4u // the same
#define KM_DISK_STATUS 5u // file: status
#define KM_DISK_RESIZE 6u // file, offset: its new size; what is added reads as zeroes
// file, status: times (0: left alone) and attributes; with KM_FILE_KEPT kept and the creation time as well,
// where the folder's file system has extended attributes.
#define KM_DISK_SET    7u
// file, a folder; offset: index, 0 reads the folder anew. buffer, bytes: the name of the entry, in the order
// of its bytes; status: its. KM_DISK_NO_MORE. Entries that cannot be opened are left out.
#define KM_DISK_LIST   8u
#define KM_DISK_RENAME 9u  // path, new_path; KM_DISK_REPLACE
#define KM_DISK_LINK   10u // path, new_path: a further name of a file
#define KM_DISK_REMOVE 11u // path; KM_DISK_FOLDER: of an empty folder
#define KM_DISK_FLUSH  12u // file
#define KM_DISK_VOLUME 13u // offset becomes the volume's size, bytes what is free of it

#define KM_DISK_CREATE   1u // flags: make it; it must not be there
#define KM_DISK_FOLDER   2u // a folder
#define KM_DISK_REPLACE  4u // what has the new name goes, if it is a file
#define KM_DISK_NO_WRITE 8u // opened for reading alone

// What a call returns.
#define KM_DISK_OK         0u
#define KM_DISK_NOT_FOUND  1u // the last component
#define KM_DISK_NO_PATH    2u // one before it
#define KM_DISK_EXISTS     3u
#define KM_DISK_NOT_EMPTY  4u
#define KM_DISK_REFUSED    5u // Linux's rights, or a path that leads outside
#define KM_DISK_FULL       6u
#define KM_DISK_TOO_LONG   7u
#define KM_DISK_NO_MEMORY  8u
#define KM_DISK_NO_MORE    9u
#define KM_DISK_UNSUITABLE 10u // a folder where a file is wanted, or the other way round
#define KM_DISK_ERROR      11u

#define KM_FILE_FOLDER     1u
#define KM_FILE_READ_ONLY  2u
#define KM_FILE_KEPT       4u   // kept is what the file has been given; without it nobody has said
#define KM_FILE_NAME_BYTES 256u // of one component; Linux's own limit

// Times are UTC, in units of 100 ns since 1601-01-01.
typedef struct KM_FILE_STATUS {
    uint64_t id, size, allocated;
    uint64_t creation_time, access_time, write_time, change_time;
    uint32_t links;
    uint32_t attributes; // KM_FILE_*
    uint32_t kept;       // what Linux has no place for, as the kernel means it
    uint32_t reserved;
} KM_FILE_STATUS;

typedef struct KM_DISK_OPERATION {
    uint32_t operation, flags;
    uint64_t file;
    uint64_t path, new_path; // addresses
    uint32_t path_bytes, new_path_bytes;
    uint64_t buffer; // address
    uint64_t bytes, offset;
    KM_FILE_STATUS status;
} KM_DISK_OPERATION;

// ---- The end of a run

#define KM_STOP_BUG_CHECK     1u
#define KM_STOP_TIME_LIMIT    2u
#define KM_STOP_UNIMPLEMENTED 3u
#define KM_STOP_TRIPLE_FAULT  4u // the machine's own: the kernel could not take a trap

#define KM_STOP_DEADLOCK 5u // report_wait has told who waits

#define KM_STOP_MAX_FRAMES 64u
#define KM_WAIT_FRAMES     32u

// A thread that waits.
typedef struct KM_WAIT {
    uint64_t thread_id, process_id;
    uint64_t object;          // 0: it only waits for time to pass
    uint64_t owner_thread_id; // who holds the object, 0 if nobody or not known
    char kind[32];            // "mutex", "spin lock", ...
    uint32_t frame_count;
    uint32_t reserved;
    uint64_t frames[KM_WAIT_FRAMES]; // return addresses, innermost first
} KM_WAIT;

typedef struct KM_STOP {
    uint32_t kind;
    uint32_t bug_check_code;
    uint64_t parameters[4];
    uint32_t has_registers; // registers is where the fault happened; else where the kernel stopped
    uint32_t has_fault;     // vector, access, address and flags below are a trap's
    KM_REGISTERS registers;
    uint32_t vector, access, trap_flags, irql;
    uint64_t address;
    uint64_t stack_low, stack_high; // bounds of the stack on which it happened, 0 if not known
    uint32_t exception_code;        // NTSTATUS of the exception that nobody handled, 0 if none
    uint32_t frame_count;
    uint64_t frames[KM_STOP_MAX_FRAMES]; // frames[0] is an instruction's address, the others return addresses
} KM_STOP;

// ---- What the verifier tells

#define KM_FINDING_FRAMES 32u

// A mistake of a driver's. Text is UTF-8 with a terminating zero.
typedef struct KM_FINDING {
    char kind[32];    // "irql-too-high"
    char rule[32];    // Microsoft's name of the rule that was broken, "" where there is none
    char text[256];   // one sentence, with the values
    char earlier[32]; // what happened at earlier_frames: "allocated"; "" if there are none
    uint64_t thread_id, process_id, time;
    uint32_t processor, irql;
    uint32_t frame_count, earlier_count; // return addresses, innermost first
    uint32_t is_failed_allocation;       // no mistake: the one that KM_BOOT_BLOCK.fail_allocation asks for
    uint64_t frames[KM_FINDING_FRAMES], earlier_frames[KM_FINDING_FRAMES];
} KM_FINDING;

#define KM_TRACE_ARGUMENTS 16u

#define KM_TRACE_CALL            1u // a driver calls the kernel's routine `name`
#define KM_TRACE_RETURN          2u // and that has returned `result`
#define KM_TRACE_CALLBACK        3u // the kernel calls the driver's routine at `routine`, of the type `name`
#define KM_TRACE_CALLBACK_RETURN 4u

// A crossing of the border between a driver and the kernel.
typedef struct KM_TRACE {
    uint32_t event; // KM_TRACE_*
    uint32_t irql, processor;
    uint32_t argument_count; // of those that are known
    uint64_t thread_id, time;
    uint64_t
        frame; // the same for a call and its return, and for no other call of the thread that is under way
    uint64_t caller;  // address in the driver that calls
    uint64_t routine; // address of what is called
    uint64_t result;
    const char *name;
    uint64_t arguments[KM_TRACE_ARGUMENTS];
} KM_TRACE;

// ---- Events: what drivers write to Event Tracing for Windows

#define KM_EVENT_ACTIVITY         1u // activity is there
#define KM_EVENT_RELATED_ACTIVITY 2u
#define KM_EVENT_STRING           4u // EtwWriteString's: data is a UTF-16 string with its terminator

#define KM_EVENT_TOO_LARGE 1u // header, traits, metadata and data would be more than 64 KB
#define KM_EVENT_NO_BUFFER 2u // as many events were being written at a time as there are buffers

// An event that the session wants. GUIDs as they lie in memory.
typedef struct KM_EVENT {
    uint8_t provider[16], activity[16], related_activity[16];
    uint16_t id, task;
    uint8_t version, channel, level, opcode;
    uint64_t keyword;
    uint32_t flags; // KM_EVENT_ACTIVITY and the like
    uint32_t lost;  // KM_EVENT_TOO_LARGE and the like: traits, metadata and data are; 0: nothing is
    uint64_t thread_id, process_id, time;
    uint32_t processor, irql;
    // Addresses. Traits are the provider's, EtwSetInformation's or the event's own; metadata the event's.
    uint64_t traits, metadata, data;
    uint32_t traits_bytes, metadata_bytes, data_bytes;
    uint32_t reserved;
} KM_EVENT;

// ---- Requests: how the world outside asks the kernel for something

#define KM_REQUEST_LOAD_DRIVER   1u
#define KM_REQUEST_UNLOAD_DRIVER 2u
#define KM_REQUEST_CREATE_PROCESS                                                                            \
    3u // image_file: its image's name, a path that begins with a drive, or a whole NT path; service_name: its
       // command line, "" for the image's name; arguments[0]: whose it is, KM_AS_*; [1]: 1 for a 32-bit
       // process, where there is no file that says it. answer: process id, `process`, its first thread's,
       // `thread`, and in arguments[0] the address of KM_THREAD_AREA_BYTES of user memory for what the
       // thread's system calls point to; in [1] the address of its process environment block, in [2] and [3]
       // where its image and ntdll are mapped, 0 if there are no such files; in [4] and [5] the address of
       // its 32-bit process environment block and its 32-bit ntdll's, 0 in a 64-bit process
#define KM_AS_SYSTEM             0u
#define KM_AS_STANDARD           1u
#define KM_AS_ADMINISTRATOR      2u // the built-in one
#define KM_AS_ELEVATED           3u // another one
#define KM_AS_LIMITED            4u // the same, as he is before he elevates
#define KM_REQUEST_CREATE_THREAD 4u // in `process`. answer: as for a process
#define KM_REQUEST_EXIT_THREAD                                                                               \
    5u // carried out by `thread` itself, with arguments[0] as exit status; the last
       // one's exit is its process's
#define KM_THREAD_AREA_BYTES    UINT64_C(0x10000)
#define KM_REQUEST_SYSTEM_CALL  6u // carried out by `thread` in its process, previous mode user
#define KM_REQUEST_REPORT_WAITS 7u // report_wait for each thread that waits; not carried out by a thread
#define KM_REQUEST_SHUT_DOWN    8u // the system shuts down: drivers that asked for it are told

#define KM_REQUEST_REGISTRY 9u // arguments[0]: address of a KM_REGISTRY_OPERATION

// arguments[0]: KM_DEVICE_*. image_file names the device: its instance path, "ROOT\\TOASTER\\0000".
#define KM_REQUEST_DEVICE         10u
// The driver service_name drives what has the hardware ID image_file ("": ROOT\ and the service's name):
// devices that are there and have no driver, or a new one on the root bus if the ID begins with ROOT\. It is
// started. answer: the first such device, in image_file; STATUS_NO_SUCH_DEVICE: there is none, and it will
// be started when it comes.
#define KM_DEVICE_ADD             1u
#define KM_DEVICE_START           2u // that is stopped or removed
#define KM_DEVICE_STOP            3u
#define KM_DEVICE_REMOVE          4u // by agreement of its drivers
#define KM_DEVICE_SURPRISE_REMOVE 5u // it is gone, whoever uses it
// The device at place arguments[1] of the tree, each behind the one that it is on. answer: its name in
// image_file; arguments[1]: KM_DEVICE_IS_*; arguments[2]: what is the matter, CM_PROB_*.
// STATUS_NO_MORE_ENTRIES.
#define KM_DEVICE_LIST            6u
#define KM_DEVICE_IS_STARTED      1u
#define KM_DEVICE_IS_STOPPED      2u
#define KM_DEVICE_ENUMERATE       7u // it is a bus, and is asked what is on it

// arguments[0]: the address of arguments[1] KM_SNAPSHOT_ROWs, the machine's. answer: as many as there are, in
// arguments[1]; what has no room is not written.
#define KM_REQUEST_SNAPSHOT 11u

#define KM_SNAPSHOT_OBJECTS 1u // of the type `name`; bytes is 0
#define KM_SNAPSHOT_HANDLES 2u // to objects of the type `name`; bytes is 0
#define KM_SNAPSHOT_POOL    3u // allocations with the tag `name`
#define KM_SNAPSHOT_PAGES   4u // physical pages in use that are not the pools'; `name` is empty

typedef struct KM_SNAPSHOT_ROW {
    uint32_t kind; // KM_SNAPSHOT_*
    char name[28]; // ends with a NUL
    uint64_t count, bytes;
} KM_SNAPSHOT_ROW;

// arguments[0]: KM_POWER_*, which is NT's SYSTEM_POWER_STATE; or KM_POWER_QUERY. The system goes to that
// state, every device with it. answer: arguments[0], the state that it is in; where a driver has refused,
// image_file, its device's name. STATUS_INVALID_DEVICE_STATE: from one sleep into another.
#define KM_REQUEST_POWER 12u
#define KM_POWER_QUERY   0u
#define KM_POWER_S0      1u
#define KM_POWER_S1      2u
#define KM_POWER_S2      3u
#define KM_POWER_S3      4u
#define KM_POWER_S4      5u
// The power setting service_name, "ACDC_POWER_SOURCE" or "{...}", has the value arguments[1].
// STATUS_OBJECT_NAME_NOT_FOUND.
#define KM_POWER_SETTING 16u

// Data of WMI providers. service_name: the block's GUID, "{...}"; image_file: the instance's name.
// arguments[0]: KM_WMI_*; [1]: id of a data item or method, or a place; [2]: address of data, the machine's;
// [3]: bytes of input there; [4]: room for output, and, in the answer, its bytes, also with
// STATUS_BUFFER_TOO_SMALL. Else as the IoWMI* routine says.
#define KM_REQUEST_WMI      13u
#define KM_WMI_INSTANCE     1u // image_file is answered: the instance at that place. STATUS_NO_MORE_ENTRIES
#define KM_WMI_QUERY        2u
#define KM_WMI_SET_INSTANCE 3u
#define KM_WMI_SET_ITEM     4u
#define KM_WMI_EXECUTE      5u

// The session that listens to events. arguments[0]: KM_TRACING_*; [1]: level, 0 for every one; [2]: of these
// keywords any, 0 for every one; [3]: of these all; [4]: not 0: to every provider that has not been asked for
// by its own id; [5], [6]: that id. Providers that are registered are told at once, others when they are.
// STATUS_NOT_FOUND: what is disabled has not been enabled.
#define KM_REQUEST_TRACING 14u
#define KM_TRACING_ENABLE  1u // again with other levels and keywords, it takes these
#define KM_TRACING_DISABLE 2u

// One operation on the registry, for files of it. Text is UTF-16 without a terminator, lengths are in bytes.
// What the addresses lead to is the machine's, for the kernel to read and write until it answers.
#define KM_REGISTRY_CREATE_KEY   1u // with every key above it
#define KM_REGISTRY_DELETE_KEY   2u // with every key under it
#define KM_REGISTRY_SET_VALUE    3u
#define KM_REGISTRY_DELETE_VALUE 4u
#define KM_REGISTRY_QUERY_SUB_KEY                                                                            \
    5u                             // the name of the index-th subkey; type is 1 if that is a link;
                                   // STATUS_NO_MORE_ENTRIES
#define KM_REGISTRY_QUERY_VALUE 6u // name, type and data of the index-th value
// Queries: the lengths are of the buffers, and become what is needed; STATUS_BUFFER_OVERFLOW: one was too
// small.

typedef struct KM_REGISTRY_OPERATION {
    uint32_t operation; // KM_REGISTRY_*
    uint32_t index;
    uint32_t type; // of the value, REG_*
    uint32_t key_bytes, name_bytes, data_bytes;
    uint64_t key; // "\\Registry\\Machine\\SOFTWARE"
    uint64_t name, data;
} KM_REGISTRY_OPERATION;

// The services of KM_REQUEST_SYSTEM_CALL, by KM_SERVICE_*; arguments as documented for each, in order.
#define KM_SERVICES(SERVICE)                                                                                 \
    SERVICE(NtAllocateVirtualMemory, 6)                                                                      \
    SERVICE(NtFreeVirtualMemory, 4)                                                                          \
    SERVICE(NtProtectVirtualMemory, 5)                                                                       \
    SERVICE(NtClose, 1)                                                                                      \
    SERVICE(NtDuplicateObject, 7)                                                                            \
    SERVICE(NtCreateFile, 11)                                                                                \
    SERVICE(NtOpenFile, 6)                                                                                   \
    SERVICE(NtReadFile, 9)                                                                                   \
    SERVICE(NtWriteFile, 9)                                                                                  \
    SERVICE(NtDeviceIoControlFile, 10)                                                                       \
    SERVICE(NtFsControlFile, 10)                                                                             \
    SERVICE(NtFlushBuffersFile, 2)                                                                           \
    SERVICE(NtCancelIoFile, 2)                                                                               \
    SERVICE(NtCancelIoFileEx, 3)                                                                             \
    SERVICE(NtQueryInformationFile, 5)                                                                       \
    SERVICE(NtSetInformationFile, 5)                                                                         \
    SERVICE(NtQueryDirectoryFile, 11)                                                                        \
    SERVICE(NtQueryVolumeInformationFile, 5)                                                                 \
    SERVICE(NtCreateEvent, 5)                                                                                \
    SERVICE(NtSetEvent, 2)                                                                                   \
    SERVICE(NtResetEvent, 2)                                                                                 \
    SERVICE(NtWaitForSingleObject, 3)                                                                        \
    SERVICE(NtWaitForMultipleObjects, 5)                                                                     \
    SERVICE(NtDelayExecution, 2)                                                                             \
    SERVICE(NtOpenProcess, 4)                                                                                \
    SERVICE(NtTerminateProcess, 2)                                                                           \
    SERVICE(NtOpenThread, 4)                                                                                 \
    SERVICE(NtSuspendThread, 2)                                                                              \
    SERVICE(NtResumeThread, 2)                                                                               \
    SERVICE(NtSuspendProcess, 1)                                                                             \
    SERVICE(NtResumeProcess, 1)                                                                              \
    SERVICE(NtTerminateThread, 2)                                                                            \
    SERVICE(NtQueryInformationProcess, 5)                                                                    \
    SERVICE(NtQuerySystemInformation, 4)                                                                     \
    SERVICE(NtReadVirtualMemory, 5)                                                                          \
    SERVICE(NtWriteVirtualMemory, 5)                                                                         \
    SERVICE(NtCreateSection, 7)                                                                              \
    SERVICE(NtOpenSection, 3)                                                                                \
    SERVICE(NtMapViewOfSection, 10)                                                                          \
    SERVICE(NtUnmapViewOfSection, 2)                                                                         \
    SERVICE(NtCreateKey, 7)                                                                                  \
    SERVICE(NtOpenKey, 3)                                                                                    \
    SERVICE(NtDeleteKey, 1)                                                                                  \
    SERVICE(NtSetValueKey, 6)                                                                                \
    SERVICE(NtDeleteValueKey, 2)                                                                             \
    SERVICE(NtQueryKey, 5)                                                                                   \
    SERVICE(NtQueryValueKey, 6)                                                                              \
    SERVICE(NtEnumerateKey, 6)                                                                               \
    SERVICE(NtEnumerateValueKey, 6)                                                                          \
    SERVICE(NtAdjustPrivilegesToken, 6)                                                                      \
    SERVICE(NtAllocateLocallyUniqueId, 1)                                                                    \
    SERVICE(NtCancelTimer, 2)                                                                                \
    SERVICE(NtClearEvent, 1)                                                                                 \
    SERVICE(NtCreateDirectoryObject, 3)                                                                      \
    SERVICE(NtCreateSemaphore, 5)                                                                            \
    SERVICE(NtCreateSymbolicLinkObject, 4)                                                                   \
    SERVICE(NtCreateTimer, 4)                                                                                \
    SERVICE(NtDeleteFile, 1)                                                                                 \
    SERVICE(NtDuplicateToken, 6)                                                                             \
    SERVICE(NtFlushBuffersFileEx, 5)                                                                         \
    SERVICE(NtFlushKey, 1)                                                                                   \
    SERVICE(NtFlushVirtualMemory, 4)                                                                         \
    SERVICE(NtLockFile, 10)                                                                                  \
    SERVICE(NtMakeTemporaryObject, 1)                                                                        \
    SERVICE(NtNotifyChangeDirectoryFile, 9)                                                                  \
    SERVICE(NtNotifyChangeKey, 10)                                                                           \
    SERVICE(NtOpenDirectoryObject, 3)                                                                        \
    SERVICE(NtOpenEvent, 3)                                                                                  \
    SERVICE(NtOpenKeyEx, 4)                                                                                  \
    SERVICE(NtOpenProcessToken, 3)                                                                           \
    SERVICE(NtOpenProcessTokenEx, 4)                                                                         \
    SERVICE(NtOpenSymbolicLinkObject, 3)                                                                     \
    SERVICE(NtOpenThreadToken, 4)                                                                            \
    SERVICE(NtOpenThreadTokenEx, 5)                                                                          \
    SERVICE(NtOpenTimer, 3)                                                                                  \
    SERVICE(NtPowerInformation, 5)                                                                           \
    SERVICE(NtPulseEvent, 2)                                                                                 \
    SERVICE(NtQueryDefaultLocale, 2)                                                                         \
    SERVICE(NtQueryDirectoryFileEx, 10)                                                                      \
    SERVICE(NtQueryDirectoryObject, 7)                                                                       \
    SERVICE(NtQueryFullAttributesFile, 2)                                                                    \
    SERVICE(NtQueryInformationThread, 5)                                                                     \
    SERVICE(NtQueryInformationToken, 5)                                                                      \
    SERVICE(NtQueryObject, 5)                                                                                \
    SERVICE(NtQuerySection, 5)                                                                               \
    SERVICE(NtQuerySecurityObject, 5)                                                                        \
    SERVICE(NtQuerySymbolicLinkObject, 3)                                                                    \
    SERVICE(NtQueryVirtualMemory, 6)                                                                         \
    SERVICE(NtReleaseSemaphore, 3)                                                                           \
    SERVICE(NtRenameKey, 2)                                                                                  \
    SERVICE(NtSetInformationKey, 4)                                                                          \
    SERVICE(NtSetInformationObject, 4)                                                                       \
    SERVICE(NtSetInformationProcess, 4)                                                                      \
    SERVICE(NtSetInformationThread, 4)                                                                       \
    SERVICE(NtSetInformationToken, 4)                                                                        \
    SERVICE(NtSetSecurityObject, 3)                                                                          \
    SERVICE(NtSetTimer, 7)                                                                                   \
    SERVICE(NtSetTimerEx, 4)                                                                                 \
    SERVICE(NtSetVolumeInformationFile, 5)                                                                   \
    SERVICE(NtUnlockFile, 5)                                                                                 \
    SERVICE(NtYieldExecution, 0)

enum {
#define KM_SERVICE_NUMBER(name, count) KM_SERVICE_##name,
    KM_SERVICES(KM_SERVICE_NUMBER)
#undef KM_SERVICE_NUMBER
        KM_SERVICE_COUNT
};

#define KM_SERVICE_ARGUMENTS 12u

typedef struct KM_REQUEST {
    uint32_t kind;
    uint32_t status;  // kernel: the NTSTATUS of the answer
    uint32_t detail;  // kernel: one of KM_DETAIL_*, what the status alone does not tell
    uint32_t service; // KM_SERVICE_*
    uint64_t thread;  // that carries it out: what CREATE_THREAD answered; 0: the kernel's own request thread.
                      // STATUS_INVALID_CID if it has ended, STATUS_THREAD_IS_TERMINATING if it ends before
                      // it has an answer
    uint64_t process;
    uint64_t arguments[KM_SERVICE_ARGUMENTS];
    struct KM_REQUEST *next;          // kernel: link of the requests that their thread has not come to
    uint64_t machine;                 // the machine's own
    char service_name[KM_NAME_BYTES]; // "hello"
    char image_file[KM_NAME_BYTES];   // the file as load_image knows it, "hello.sys"
} KM_REQUEST;

#define KM_DETAIL_NONE          0u
#define KM_DETAIL_IMAGE_REFUSED 1u // load_image refused the file: the machine has the reason
#define KM_DETAIL_DRIVER_ENTRY  2u // status is what DriverEntry returned
#define KM_DETAIL_NO_UNLOAD     3u // the driver has no DriverUnload: it stays loaded
#define KM_DETAIL_DEVICE_STAYS  4u // status is why a device of the driver's is not removed
#define KM_DETAIL_NO_ADD_DEVICE 5u // the driver has no AddDevice
#define KM_DETAIL_SUSPENDED     6u // the thread is, and carries nothing out
#define KM_DETAIL_IN_USE        7u // DriverUnload waits until nobody uses the driver's devices

// ---- The calls

typedef struct KM_MACHINE_CALLS {
    uint32_t version;
    uint32_t bytes; // of this table

    // Maps the physical range [physical, physical + bytes) at exactly [address, address + bytes), all
    // multiples of the page size, the address in the user or the system range and free. protection is of
    // KM_PROTECT_*. The same physical range may be mapped many times. Returns 1, or 0 if there is no memory
    // for it.
    uint32_t(KM_CALL *map_memory)(uint64_t address, uint64_t bytes, uint64_t physical, uint32_t protection);
    // Takes away what map_memory mapped; any page-aligned part of it. The RAM keeps its contents.
    void(KM_CALL *unmap_memory)(uint64_t address, uint64_t bytes);
    // Changes the protection of mapped pages. Returns 1, or 0 if the range is not mapped whole.
    uint32_t(KM_CALL *protect_memory)(uint64_t address, uint64_t bytes, uint32_t protection);
    // Tells of the page that holds address. Returns page->protection.
    uint32_t(KM_CALL *query_memory)(uint64_t address, KM_PAGE *page);
    // Gives RAM back to Linux, a page-aligned range that is mapped nowhere; it reads as zeroes when mapped
    // again.
    void(KM_CALL *release_memory)(uint64_t physical, uint64_t bytes);

    // Appends text to the debug output (what a kernel debugger would show).
    void(KM_CALL *write_debug)(const char *text, uint64_t bytes);

    // Time since the start, in units of 100 ns: KM_CLOCK.now, or Linux's monotonic clock.
    uint64_t(KM_CALL *read_clock)(void);
    // The same, of a real clock; and KUSER_SHARED_DATA's times are no earlier from now on.
    uint64_t(KM_CALL *show_time)(void);

    // Makes this processor's gs base and trap path those of `processor`, whose kernel fields are filled in;
    // once more when one of them has changed. From then on traps are delivered.
    void(KM_CALL *start_processor)(KM_PROCESSOR *processor);
    // Starts processor `number` (1 to processor_count - 1), which enters entry(argument) on the stack that
    // ends at stack_top, and must call start_processor before it can take a trap. Returns 1, or 0 if Linux
    // has no thread for it.
    uint32_t(KM_CALL *run_processor)(uint32_t number, uint64_t entry, uint64_t argument, uint64_t stack_top);
    // Has processor `number` look at its pending bits: it is taken out of wait_for_interrupt, or gets a
    // KM_TRAP_INTERRUPT. May be the calling one.
    void(KM_CALL *interrupt_processor)(uint32_t number);
    // The calling processor has nothing to do: returns when one of its pending bits is set, or the clock has
    // reached `deadline` (time since start; ~0 for none), and may return before. When every processor waits,
    // a virtual clock jumps to the earliest deadline; when none has one, the machine goes back to its own
    // caller until that one posts a request.
    void(KM_CALL *wait_for_interrupt)(uint64_t deadline);
    // Where a processor spins on what another one holds: gives the Linux processor away for a moment.
    void(KM_CALL *relax_processor)(void);

    // Line `line` asserts itself from now on as an interrupt of IRQL `irql` (3 to 12) on processor `number`;
    // irql 0: no more. Returns 1, or 0 if no device has that line.
    uint32_t(KM_CALL *route_line)(uint32_t line, uint32_t number, uint32_t irql);
    // The kernel has served the line; a device that still asserts it asserts it anew.
    void(KM_CALL *end_of_line)(uint32_t line);

    // Bytes of memory that the image file `name` takes, a multiple of the page size. Returns KM_LOAD_*.
    uint32_t(KM_CALL *measure_image)(const char *name, uint64_t *bytes);
    // Maps the image file `name` at base (a multiple of 64 KB; room of KM_IMAGE_MAX_BYTES is the caller's to
    // keep free) in the RAM at `physical`, as many bytes as measure_image tells, relocates it, binds its
    // imports, protects its sections, makes its security cookie. Returns KM_LOAD_*; with KM_LOAD_OK fills in
    // *image.
    uint32_t(KM_CALL *load_image)(const char *name, uint64_t base, uint64_t physical, KM_IMAGE *image);
    // Unmaps the discardable (INIT) sections of an image; their RAM stays the image's.
    void(KM_CALL *discard_image_init)(const KM_IMAGE *image);
    void(KM_CALL *unload_image)(const KM_IMAGE *image);

    // Takes the next of the requests that the machine's user has posted; NULL if there is none
    // (KM_IRQL_REQUEST).
    KM_REQUEST *(KM_CALL *fetch_request)(void);
    // The thread that carried `request` out has its answer in it and goes back to user mode. Returns that
    // same thread's next request if the machine's user has one at once, else NULL: then the thread is to wait
    // for one to be fetched.
    KM_REQUEST *(KM_CALL *answer_request)(KM_REQUEST *request);

    // One of the threads that a deadlock's report, or the answer to KM_REQUEST_REPORT_WAITS, is about.
    // Copied.
    void(KM_CALL *report_wait)(const KM_WAIT *wait);

    // A finding of the verifier's. Copied.
    void(KM_CALL *report_finding)(const KM_FINDING *finding);
    // Shows a crossing of the border, while tracing was asked for.
    void(KM_CALL *trace_crossing)(const KM_TRACE *crossing);

    // Ends the run; does not return. The stop is copied.
    void(KM_CALL *stop)(const KM_STOP *stop);

    // Carries out an operation on the disk (KM_BOOT_DISK). Returns KM_DISK_*.
    uint32_t(KM_CALL *use_disk)(KM_DISK_OPERATION *operation);

    // An event that a driver has written, and the session wants. Copied.
    void(KM_CALL *write_event)(const KM_EVENT *event);
} KM_MACHINE_CALLS;

#define KM_IMAGE_MAX_BYTES UINT64_C(0x10000000)

#define KM_BOOT_CHECKS 1u // the verifier watches the drivers
#define KM_BOOT_TRACE  2u // and prints what crosses the border
#define KM_BOOT_DISK   4u // there is a disk

// What the kernel image's entry point (KiSystemStartup) is called with, on a boot stack of the machine's.
typedef struct KM_BOOT_BLOCK {
    uint32_t version; // KM_CONTRACT_VERSION; the kernel refuses another
    uint32_t processor_count;
    const KM_MACHINE_CALLS *calls;
    KM_PROCESSOR *processors[64];
    KM_IMAGE kernel_image;
    uint64_t boot_stack_low, boot_stack_high;
    uint64_t ram_bytes, ram_used;
    KM_CLOCK *clock;
    uint64_t seed;
    uint32_t flags;     // KM_BOOT_*
    uint32_t pci_buses; // number of the last PCI bus that something is on, and one; 0: there is no PCI
    // Which of the allocations of pool that drivers make, themselves or by routines that they call, fails,
    // from 1 on; 0: none, and they are not counted.
    uint64_t fail_allocation;
    volatile uint64_t driver_allocations; // kernel: so many there have been
} KM_BOOT_BLOCK;

#endif
