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

#define KM_CONTRACT_VERSION 1u

// The 47-bit space: user addresses below the boundary, everything of the kernel's above it.
#define KM_SYSTEM_RANGE_START UINT64_C(0x400000000000)
#define KM_GATE_BASE          UINT64_C(0x400000010000) // machine: the calls' entry points
#define KM_SHARED_BASE        UINT64_C(0x400000020000) // machine: boot block, call table, processors, request
#define KM_SHARED_USER_DATA_BASE                                                                             \
    UINT64_C(0x400000030000) // machine: page behind 0xFFFFF78000000000; kernel: its contents
                             // but for the times, which the machine keeps
#define KM_BOOT_STACK_BASE   UINT64_C(0x400000100000)
#define KM_KERNEL_IMAGE_BASE UINT64_C(0x400000400000)
// Where addresses stand for imports that nobody implements; the kernel maps nothing there.
#define KM_IMPORT_SLOT_BASE  UINT64_C(0x47f000000000)
#define KM_IMPORT_SLOT_END   UINT64_C(0x480000000000)
#define KM_PAGE_SIZE         UINT64_C(0x1000)

// ---- Memory
// ----------------------------------------------------------------------------------------------------

#define KM_PROTECT_NONE    0u
#define KM_PROTECT_READ    1u
#define KM_PROTECT_WRITE   2u
#define KM_PROTECT_EXECUTE 4u

// ---- Processors
// ------------------------------------------------------------------------------------------------

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
    uint32_t interrupts_enabled; // the virtual RFLAGS.IF: `cli` clears, `sti` sets
} KM_PROCESSOR;

// ---- Images
// ----------------------------------------------------------------------------------------------------

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

// ---- The end of a run
// --------------------------------------------------------------------------------------------

#define KM_STOP_BUG_CHECK     1u
#define KM_STOP_TIME_LIMIT    2u
#define KM_STOP_UNIMPLEMENTED 3u
#define KM_STOP_TRIPLE_FAULT  4u // the machine's own: the kernel could not take a trap

#define KM_STOP_MAX_FRAMES 64u

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

// ---- Requests: how the world outside asks the kernel for something
// -----------------------------------------------

#define KM_REQUEST_LOAD_DRIVER   1u
#define KM_REQUEST_UNLOAD_DRIVER 2u

typedef struct KM_REQUEST {
    uint32_t kind;
    uint32_t status;                // kernel: the NTSTATUS of the answer
    uint32_t detail;                // kernel: one of KM_DETAIL_*, what the status alone does not tell
    char service[KM_NAME_BYTES];    // the service name, "hello"
    char image_file[KM_NAME_BYTES]; // the file as load_image knows it, "hello.sys"
} KM_REQUEST;

#define KM_DETAIL_NONE          0u
#define KM_DETAIL_IMAGE_REFUSED 1u // load_image refused the file: the machine has the reason
#define KM_DETAIL_DRIVER_ENTRY  2u // status is what DriverEntry returned
#define KM_DETAIL_NO_UNLOAD     3u // the driver has no DriverUnload: it stays loaded

// ---- The calls
// ---------------------------------------------------------------------------------------------------

typedef struct KM_MACHINE_CALLS {
    uint32_t version;
    uint32_t bytes; // of this table

    // Maps zeroed memory at exactly [address, address + bytes), both multiples of the page size, above
    // KM_SYSTEM_RANGE_START and free. protection is of KM_PROTECT_*. Returns 1, or 0 if there is none to be
    // had.
    uint32_t(KM_CALL *map_memory)(uint64_t address, uint64_t bytes, uint32_t protection);
    // Gives back what map_memory gave; any page-aligned part of it.
    void(KM_CALL *unmap_memory)(uint64_t address, uint64_t bytes);
    // Changes the protection of mapped pages. Returns 1, or 0 if the range is not mapped whole.
    uint32_t(KM_CALL *protect_memory)(uint64_t address, uint64_t bytes, uint32_t protection);
    // Returns the KM_PROTECT_* of the page that holds address; 0 if it is not mapped or not NT's.
    uint32_t(KM_CALL *query_memory)(uint64_t address);

    // Appends text to the debug output (what a kernel debugger would show).
    void(KM_CALL *write_debug)(const char *text, uint64_t bytes);

    // Time since 1601-01-01 UTC, in units of 100 ns, by the machine's clock.
    uint64_t(KM_CALL *read_time)(void);

    // Makes this processor's gs base and trap path those of `processor`, whose kernel fields are filled in
    // and are not read again. From then on traps are delivered.
    void(KM_CALL *start_processor)(KM_PROCESSOR *processor);

    // Maps the image file `name` at base (a multiple of 64 KB; room of KM_IMAGE_MAX_BYTES is the caller's to
    // keep free), relocates it, binds its imports, protects its sections, makes its security cookie. Returns
    // KM_LOAD_*; with KM_LOAD_OK fills in *image.
    uint32_t(KM_CALL *load_image)(const char *name, uint64_t base, KM_IMAGE *image);
    // Unmaps the discardable (INIT) sections of an image.
    void(KM_CALL *discard_image_init)(const KM_IMAGE *image);
    void(KM_CALL *unload_image)(const KM_IMAGE *image);

    // The kernel is done with the request that this call answered last time (NULL the first time); the
    // machine returns to its own caller, and comes back with the next one. Called on the kernel's request
    // thread alone.
    KM_REQUEST *(KM_CALL *next_request)(KM_REQUEST *answered);

    // Ends the run; does not return. The stop is copied.
    void(KM_CALL *stop)(const KM_STOP *stop);
} KM_MACHINE_CALLS;

#define KM_IMAGE_MAX_BYTES UINT64_C(0x10000000)

// What the kernel image's entry point (KiSystemStartup) is called with, on a boot stack of the machine's.
typedef struct KM_BOOT_BLOCK {
    uint32_t version; // KM_CONTRACT_VERSION; the kernel refuses another
    uint32_t processor_count;
    const KM_MACHINE_CALLS *calls;
    KM_PROCESSOR *processors[64];
    KM_IMAGE kernel_image;
    uint64_t boot_stack_low, boot_stack_high;
    uint64_t seed;
} KM_BOOT_BLOCK;

#endif
