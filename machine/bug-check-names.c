// SPDX-License-Identifier: MIT
// Bug checks by number. Source: Microsoft's "Bug check code reference".
#include "machine/names.h"

#include <stddef.h>

static const struct km_bug_check_name names[] = {
    {0x00000005,
     "INVALID_PROCESS_ATTACH_ATTEMPT",
     {"process to attach to", "process attached to", "APC state index", "nonzero in a DPC"},
     "a thread attached to a process where it may not, or ended while it was attached"},
    {0x00000006,
     "INVALID_PROCESS_DETACH_ATTEMPT",
     {"process attached to", "APC state index", NULL, NULL},
     "a thread detached that was not attached, or with APCs under way"},
    {0x00000009,
     "IRQL_NOT_GREATER_OR_EQUAL",
     {"IRQL asked for", "IRQL at the time", NULL, "address of the caller"},
     "a level below the current one was asked for: KfRaiseIrql only raises"},
    {0x0000000A,
     "IRQL_NOT_LESS_OR_EQUAL",
     {"memory that was referenced", "IRQL at the time", "0 read, 1 write, 8 execute",
      "address of the instruction"},
     "memory that may be paged, or is not there, was touched, or a level was asked for that is wrong, at "
     "raised IRQL"},
    {0x00000018,
     "REFERENCE_BY_POINTER",
     {"type of the object", "object", NULL, NULL},
     "the reference count of an object does not fit its state"},
    {0x00000019,
     "BAD_POOL_HEADER",
     {"what is wrong", "pool block", "varies with the first", "varies with the first"},
     "the header of a pool block is corrupt: something wrote beyond its own block"},
    {0x0000001A,
     "MEMORY_MANAGEMENT",
     {"1010h: section is not locked, 1233h: page is not locked, 1240h: nothing is there",
      "section, page number or MDL", "1233h: MDL, 1240h: address", NULL},
     "a page, or a section of an image, is not locked in memory as it has to be for what the driver does"},
    {0x0000001E,
     "KMODE_EXCEPTION_NOT_HANDLED",
     {"exception code", "address of the instruction", "first parameter of the exception",
      "second parameter of the exception"},
     NULL},
    {0x00000020,
     "KERNEL_APC_PENDING_DURING_EXIT",
     {"pending APC", "APC disable count of the thread", "IRQL", NULL},
     "a thread ended with APCs disabled or IRQL raised: an enter without its leave"},
    {0x00000031, "PHASE0_INITIALIZATION_FAILED", {NULL, NULL, NULL, NULL}, "the kernel could not start"},
    {0x00000032, "PHASE1_INITIALIZATION_FAILED", {"status", NULL, NULL, NULL}, "the kernel could not start"},
    {0x0000003B,
     "SYSTEM_SERVICE_EXCEPTION",
     {"exception code", "address of the instruction", "context record", NULL},
     NULL},
    {0x00000044,
     "MULTIPLE_IRP_COMPLETE_REQUESTS",
     {"IRP", NULL, NULL, NULL},
     "an IRP was completed that was complete already"},
    {0x0000004E,
     "PFN_LIST_CORRUPT",
     {"7: unlocked too often, 99h: not allocated, 9Ah: freed while locked", "page number", NULL,
      "9Ah: how often it is locked"},
     "physical pages were unlocked or freed that are not as they have to be for it: by a bad MDL, or twice"},
    {0x00000050,
     "PAGE_FAULT_IN_NONPAGED_AREA",
     {"memory that was referenced", "0 read, 2 write, 10h execute", "address of the instruction", NULL},
     NULL},
    {0x0000007E,
     "SYSTEM_THREAD_EXCEPTION_NOT_HANDLED",
     {"exception code", "address of the instruction", "exception record", "context record"},
     NULL},
    {0x0000007F,
     "UNEXPECTED_KERNEL_MODE_TRAP",
     {"trap number (8: double fault)", "processor control region", "cr4", "address of the instruction"},
     NULL},
    {0x00000089,
     "SYSTEM_EXIT_OWNED_MUTEX",
     {NULL, NULL, NULL, "thread"},
     "a system thread returned from its start routine in a state in which it must not"},
    {0x0000008E,
     "KERNEL_MODE_EXCEPTION_NOT_HANDLED",
     {"exception code", "address of the instruction", "trap frame", NULL},
     NULL},
    {0x00000093,
     "INVALID_KERNEL_HANDLE",
     {"handle", NULL, NULL, NULL},
     "a kernel handle was used that is not open, or closed twice"},
    {0x0000009F, "DRIVER_POWER_STATE_FAILURE", {"what is wrong", NULL, NULL, NULL}, NULL},
    {0x000000BE,
     "ATTEMPTED_WRITE_TO_READONLY_MEMORY",
     {"memory that was written", "page table entry", NULL, NULL},
     NULL},
    {0x000000C1, "SPECIAL_POOL_DETECTED_MEMORY_CORRUPTION", {"address", NULL, NULL, "what is wrong"}, NULL},
    {0x000000C2,
     "BAD_POOL_CALLER",
     {"what is wrong", "varies with the first", "varies with the first", "varies with the first"},
     "a wrong call to the pool: what is freed was freed before, never allocated, or has another tag"},
    {0x000000C4,
     "DRIVER_VERIFIER_DETECTED_VIOLATION",
     {"what is wrong", NULL, NULL, NULL},
     "a rule for drivers was broken"},
    {0x000000C5,
     "DRIVER_CORRUPTED_EXPOOL",
     {"memory that was referenced", "IRQL at the time", "0 read, 1 write", "address of the instruction"},
     NULL},
    {0x000000CA,
     "PNP_DETECTED_FATAL_ERROR",
     {"1: two of one ID, 2: no physical device object, 3: an ID that none may be, 4: a deleted device, 8: "
      "NULL",
      "the device object", "1: the other device, 3: the ID",
      "3: 1 device, 2 instance, 3 hardware, 4 compatible ID"},
     "a driver has told the Plug and Play manager of a device what cannot be"},
    {0x000000CE,
     "DRIVER_UNLOADED_WITHOUT_CANCELLING_PENDING_OPERATIONS",
     {"memory that was referenced", "0 read, 1 write", "address of the instruction", NULL},
     NULL},
    {0x000000D1,
     "DRIVER_IRQL_NOT_LESS_OR_EQUAL",
     {"memory that was referenced", "IRQL at the time", "0 read, 1 write, 8 execute",
      "address of the instruction"},
     NULL},
    {0x000000D5,
     "DRIVER_PAGE_FAULT_IN_FREED_SPECIAL_POOL",
     {"memory that was referenced", "0 read, 1 write", "address of the instruction", NULL},
     NULL},
    {0x000000DA,
     "SYSTEM_PTE_MISUSE",
     {"what is wrong", "address, or MDL", "varies with the first", "varies with the first"},
     "system address space was mapped, unmapped or freed that is not what the driver takes it for"},
    {0x000000E1,
     "WORKER_THREAD_RETURNED_AT_BAD_IRQL",
     {"routine that returned", "IRQL at which it did", "its parameter", NULL},
     "DriverEntry or DriverUnload raised IRQL and returned without lowering it"},
    {0x000000E2, "MANUALLY_INITIATED_CRASH", {NULL, NULL, NULL, NULL}, "a crash was asked for"},
    {0x000000E4,
     "WORKER_INVALID",
     {"what is wrong", "work item", NULL, NULL},
     "a work item was queued twice, was not initialised, or returned with APCs disabled"},
    {0x000000EF,
     "CRITICAL_PROCESS_DIED",
     {"process", "0 the process ended, 1 a thread of it", NULL, NULL},
     "a process or thread ended that had been declared one that the system cannot do without"},
    {0x000000F7,
     "DRIVER_OVERRAN_STACK_BUFFER",
     {"security cookie on the stack", "security cookie expected", "its complement", NULL},
     "a local array was overrun: the security cookie above it in the stack frame has changed"},
    {0x000000FC,
     "ATTEMPTED_EXECUTE_OF_NOEXECUTE_MEMORY",
     {"address that was to be executed", "page table entry", NULL, NULL},
     NULL},
    {0x0000010D, "WDF_VIOLATION", {"what is wrong", NULL, NULL, NULL}, NULL},
    {0x00000139,
     "KERNEL_SECURITY_CHECK_FAILURE",
     {"kind of corruption", "trap frame", "exception record", NULL},
     "the driver found data of its own or of the kernel corrupt, and ended the run by __fastfail"},
    {0x000001C7, "STORE_DATA_STRUCTURE_CORRUPTION", {NULL, NULL, NULL, NULL}, NULL},
    {0x4000008A,
     "THREAD_TERMINATE_HELD_MUTEX",
     {"thread", "mutex", NULL, NULL},
     "a thread ended that holds a mutex"},
    {0x00020001, "HYPERVISOR_ERROR", {NULL, NULL, NULL, NULL}, NULL},
};

static const struct {
    uint64_t kind;
    const char *meaning;
} pool_mistakes[] = {
    {0x07, "what is freed was freed already"},
    {0x08, "an allocation at an IRQL that the pool type does not allow"},
    {0x09, "a free at an IRQL that the pool type does not allow"},
    {0x0A, "what is freed was allocated with another tag"},
    {0x40, "what is freed is an address of the user range"},
    {0x42, "what is freed was not allocated from pool"},
    {0x44, "what is freed is no allocation: a page of non-paged pool that is free"},
    {0x46, "what is freed is no valid pool address"},
    {0x50, "what is freed is no allocation: a page of paged pool that is free"},
    {0x9A, "an allocation that must succeed, which no pool has any more"},
    {0x41286, "what is freed lies in the middle of an allocation"},
};

const char *km_pool_mistake(uint64_t kind)
{
    for (size_t i = 0; i < sizeof pool_mistakes / sizeof *pool_mistakes; i++) {
        if (pool_mistakes[i].kind == kind) {
            return pool_mistakes[i].meaning;
        }
    }
    return NULL;
}

static const char *const fast_fail_names[] = {
    [0] = "LEGACY_GS_VIOLATION",
    [1] = "VTGUARD_CHECK_FAILURE",
    [2] = "STACK_COOKIE_CHECK_FAILURE",
    [3] = "CORRUPT_LIST_ENTRY",
    [4] = "INCORRECT_STACK",
    [5] = "INVALID_ARG",
    [6] = "GS_COOKIE_INIT",
    [7] = "FATAL_APP_EXIT",
    [8] = "RANGE_CHECK_FAILURE",
    [9] = "UNSAFE_REGISTRY_ACCESS",
    [10] = "GUARD_ICALL_CHECK_FAILURE",
    [13] = "INVALID_REFERENCE_COUNT",
    [18] = "INVALID_JUMP_BUFFER",
    [19] = "MRDATA_MODIFIED",
    [20] = "CERTIFICATION_FAILURE",
    [21] = "INVALID_EXCEPTION_CHAIN",
};

const char *km_fast_fail_name(uint64_t code)
{
    return code < sizeof fast_fail_names / sizeof *fast_fail_names ? fast_fail_names[code] : NULL;
}

const struct km_bug_check_name *km_bug_check_name(uint32_t code)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (names[i].code == code) {
            return &names[i];
        }
    }
    return NULL;
}
