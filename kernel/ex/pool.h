// SPDX-License-Identifier: MIT
// Pool: the kernel's heaps. Three of them, each at its own fixed range of MI_POOL_BYTES: non-paged (NX),
// paged (NX, and never paged out), non-paged executable.
//
// Every allocation is aligned to 16 bytes; one of less than a page lies within a page; one of a page or more
// starts at a page. A request for 0 bytes gives the smallest block. Routines that allocate need IRQL <=
// DISPATCH_LEVEL, and
// <= APC_LEVEL for paged pool; so do those that free. A caller that is wrong about that, or frees what is not
// an allocation, is stopped with BAD_POOL_CALLER or BAD_POOL_HEADER and the parameters that Microsoft
// documents.
#ifndef KMODE_EX_POOL_H
#define KMODE_EX_POOL_H

#define EXP_POOL_REGION_BYTES 0x400000000ULL // of address space a pool: 16 GB

// What wdm.h of Windows 10 2004 has and the headers here may lack.
#ifndef POOL_FLAG_NON_PAGED
typedef ULONG64 POOL_FLAGS;
#define POOL_FLAG_USE_QUOTA         0x0000000000000001ULL
#define POOL_FLAG_UNINITIALIZED     0x0000000000000002ULL
#define POOL_FLAG_SESSION           0x0000000000000004ULL
#define POOL_FLAG_CACHE_ALIGNED     0x0000000000000008ULL
#define POOL_FLAG_RESERVED1         0x0000000000000010ULL
#define POOL_FLAG_RAISE_ON_FAILURE  0x0000000000000020ULL
#define POOL_FLAG_NON_PAGED         0x0000000000000040ULL
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ULL
#define POOL_FLAG_PAGED             0x0000000000000100ULL

typedef enum POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority,
    PoolExtendedParameterSecurePool,
    PoolExtendedParameterNumaNode,
    PoolExtendedParameterMax
} POOL_EXTENDED_PARAMETER_TYPE;

typedef struct _POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : 8;
        ULONG64 Optional : 1;
        ULONG64 Reserved : 64 - 9;
    };
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        PVOID SecurePoolParams;
        ULONG PreferredNode;
    };
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef const POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

PVOID NTAPI ExAllocatePool2(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
PVOID NTAPI ExAllocatePool3(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                            PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount);
VOID NTAPI ExFreePool2(PVOID P, ULONG Tag, PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                       ULONG ExtendedParametersCount);
#endif

// PVOID ExAllocatePool(PoolType, Bytes): tag 'None'.
// PVOID ExAllocatePoolWithTag(PoolType, Bytes, Tag)
// PVOID ExAllocatePoolWithTagPriority(PoolType, Bytes, Tag, Priority)
//   Uninitialised memory (zeroed with POOL_ZERO_ALLOCATION), or NULL; with POOL_RAISE_IF_ALLOCATION_FAILURE
//   STATUS_INSUFFICIENT_RESOURCES is raised instead. NonPagedPool is executable, NonPagedPoolNx is not.
//   Memory does not run low by degrees here, so a priority decides nothing. Session pool types are refused:
//   there are no sessions.
// PVOID ExAllocatePoolWithQuota(PoolType, Bytes)
// PVOID ExAllocatePoolWithQuotaTag(PoolType, Bytes, Tag)
//   The same, but they raise unless POOL_QUOTA_FAIL_INSTEAD_OF_RAISE is given. No process has a limit yet.
// PVOID ExAllocatePool2(Flags, Bytes, Tag)
// PVOID ExAllocatePool3(Flags, Bytes, Tag, ExtendedParameters, Count)
//   Zeroed memory unless POOL_FLAG_UNINITIALIZED. NULL (or, with POOL_FLAG_RAISE_ON_FAILURE, the exception
//   STATUS_INSUFFICIENT_RESOURCES) if there is none; NULL (or STATUS_INVALID_PARAMETER) for tag 0, not
//   exactly one of the three pools, a required flag that is unknown, reserved or SESSION, a parameter that is
//   not Optional and is unknown, has a value that is not of its type, or names secure pool, or a node that
//   this machine of one lacks.
// VOID ExFreePool(P)
// VOID ExFreePoolWithTag(P, Tag)
// VOID ExFreePool2(P, Tag, ExtendedParameters, Count)
//   Free an allocation of any of the above. Tag 0 (ExFreePool) fits every allocation but one whose tag has
//   PROTECTED_POOL; another must be the tag it was allocated with.

// ---- The routines behind the exports. What a driver allocates is watched (verify/pool.h).

typedef enum EXP_CALLER { ExpKernel, ExpDriver, ExpKernelForDriver } EXP_CALLER;

// ExAllocatePoolWithTag; the quota routines. Raises: rather than NULL.
PVOID ExpAllocateByType(ULONG PoolType, SIZE_T NumberOfBytes, ULONG Tag, BOOLEAN Raises, EXP_CALLER Caller);
// ExAllocatePool3.
PVOID ExpAllocateByFlags(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag,
                         PCPOOL_EXTENDED_PARAMETER ExtendedParameters, ULONG ExtendedParametersCount,
                         EXP_CALLER Caller);
// ExAllocatePool2 for what the kernel allocates and a driver then uses, such as an IRP: watched as the
// driver's own, but the kernel's to free.
PVOID ExpAllocateForDriver(POOL_FLAGS Flags, SIZE_T NumberOfBytes, ULONG Tag);
// ExFreePoolWithTag, but FALSE where that makes a bug check.
BOOLEAN ExpTryFree(PVOID P, ULONG Tag);

// Prepares the three pools. Called once, before the first allocation; FALSE if the machine has no memory.
BOOLEAN ExpInitializePool(VOID);

typedef struct EXP_POOL_ALLOCATION {
    PVOID Base;
    SIZE_T Bytes; // as asked for
    ULONG Tag;
    POOL_TYPE PoolType; // NonPagedPoolNx, PagedPool or NonPagedPoolExecute
    BOOLEAN Freed;      // and not allocated again since
} EXP_POOL_ALLOCATION;

// Finds the allocation, or the freed remains of one, that Address lies in. FALSE if it is in
// no pool, or in memory of a pool that holds no trace of an allocation. Any IRQL; never faults; takes no
// lock, so it may be called in a bug check.
BOOLEAN ExpQueryPool(ULONG_PTR Address, EXP_POOL_ALLOCATION *Allocation);

// A place in the walk over all pools; zeroed: the start.
typedef struct EXP_POOL_CURSOR {
    ULONG Pool, Page;
} EXP_POOL_CURSOR;

// The next allocation of a page or more, by pool and address. FALSE: there is no further one. What is
// allocated or freed between two calls may be missed. IRQL <= DISPATCH_LEVEL.
BOOLEAN ExpNextLargeAllocation(EXP_POOL_CURSOR *Cursor, EXP_POOL_ALLOCATION *Allocation);

// Calls Routine for every allocation of the pools, with the pool's lock held: it may neither allocate nor
// free. Special pool is not among them (ViWalkAllocations). IRQL <= DISPATCH_LEVEL.
typedef VOID (*EXP_POOL_ROUTINE)(const EXP_POOL_ALLOCATION *Allocation, PVOID Context);
VOID ExpWalkPools(EXP_POOL_ROUTINE Routine, PVOID Context);
// Physical pages that the pools have taken, in use or not.
ULONG64 ExpPoolPages(VOID);

#endif
