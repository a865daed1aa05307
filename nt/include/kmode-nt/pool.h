// SPDX-License-Identifier: MIT
// Pool of Windows 10 version 2004 and later, and the inline allocators that reach back to Windows 7.
#ifndef KMODE_NT_POOL_H
#define KMODE_NT_POOL_H

typedef ULONG64 POOL_FLAGS;

// Required: the allocation fails, or the caller is wrong, if one is not understood.
#define POOL_FLAG_REQUIRED_START    0x0000000000000001ui64
#define POOL_FLAG_USE_QUOTA         0x0000000000000001ui64
#define POOL_FLAG_UNINITIALIZED     0x0000000000000002ui64
#define POOL_FLAG_SESSION           0x0000000000000004ui64
#define POOL_FLAG_CACHE_ALIGNED     0x0000000000000008ui64
#define POOL_FLAG_RESERVED1         0x0000000000000010ui64
#define POOL_FLAG_RAISE_ON_FAILURE  0x0000000000000020ui64
#define POOL_FLAG_NON_PAGED         0x0000000000000040ui64
#define POOL_FLAG_NON_PAGED_EXECUTE 0x0000000000000080ui64
#define POOL_FLAG_PAGED             0x0000000000000100ui64
#define POOL_FLAG_RESERVED2         0x0000000000000200ui64
#define POOL_FLAG_RESERVED3         0x0000000000000400ui64
#define POOL_FLAG_REQUIRED_END      0x0000000080000000ui64
// Optional: ignored where not understood.
#define POOL_FLAG_OPTIONAL_START    0x0000000100000000ui64
#define POOL_FLAG_SPECIAL_POOL      0x0000000100000000ui64
#define POOL_FLAG_OPTIONAL_END      0x8000000000000000ui64

// Bits of a POOL_TYPE for ExAllocatePoolWithTag and its like.
#define POOL_COLD_ALLOCATION 256
#define POOL_NX_ALLOCATION   512
#define POOL_ZERO_ALLOCATION 1024

#define POOL_CREATE_FLG_SECURE_POOL     0x1
#define POOL_CREATE_FLG_USE_GLOBAL_POOL 0x2
#define POOL_CREATE_FLG_VALID_FLAGS     (POOL_CREATE_FLG_SECURE_POOL | POOL_CREATE_FLG_USE_GLOBAL_POOL)

typedef enum POOL_EXTENDED_PARAMETER_TYPE {
    PoolExtendedParameterInvalidType = 0,
    PoolExtendedParameterPriority,
    PoolExtendedParameterSecurePool,
    PoolExtendedParameterNumaNode,
    PoolExtendedParameterMax
} POOL_EXTENDED_PARAMETER_TYPE,
    *PPOOL_EXTENDED_PARAMETER_TYPE;

#define POOL_EXTENDED_PARAMETER_TYPE_BITS           8
#define POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS 1
#define POOL_EXTENDED_PARAMETER_RESERVED_BITS                                                                \
    (64 - POOL_EXTENDED_PARAMETER_TYPE_BITS - POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS)

typedef struct _POOL_EXTENDED_PARAMS_SECURE_POOL {
    HANDLE SecurePoolHandle;
    PVOID Buffer;
    ULONG_PTR Cookie;
    ULONG SecurePoolFlags;
} POOL_EXTENDED_PARAMS_SECURE_POOL;

#define SECURE_POOL_FLAGS_NONE       0x0
#define SECURE_POOL_FLAGS_FREEABLE   0x1
#define SECURE_POOL_FLAGS_MODIFIABLE 0x2

typedef struct DECLSPEC_ALIGN(8) POOL_EXTENDED_PARAMETER {
    struct {
        ULONG64 Type : POOL_EXTENDED_PARAMETER_TYPE_BITS;
        ULONG64 Optional : POOL_EXTENDED_PARAMETER_REQUIRED_FIELD_BITS;
        ULONG64 Reserved : POOL_EXTENDED_PARAMETER_RESERVED_BITS;
    } DUMMYSTRUCTNAME;
    union {
        ULONG64 Reserved2;
        PVOID Reserved3;
        EX_POOL_PRIORITY Priority;
        POOL_EXTENDED_PARAMS_SECURE_POOL *SecurePoolParams;
        ULONG PreferredNode;
    } DUMMYUNIONNAME;
} POOL_EXTENDED_PARAMETER, *PPOOL_EXTENDED_PARAMETER;
typedef CONST POOL_EXTENDED_PARAMETER *PCPOOL_EXTENDED_PARAMETER;

typedef struct _POOL_CREATE_EXTENDED_PARAMS {
    ULONG Version;
} POOL_CREATE_EXTENDED_PARAMS, *PPOOL_CREATE_EXTENDED_PARAMS;

#ifdef __cplusplus
extern "C" {
#endif

// Windows 10 2004+. Zeroed unless POOL_FLAG_UNINITIALIZED. NULL on failure, unless
// POOL_FLAG_RAISE_ON_FAILURE. IRQL <= DISPATCH_LEVEL, <= APC_LEVEL for paged pool. Freed by ExFreePool,
// ExFreePoolWithTag or ExFreePool2.
_Must_inspect_result_ NTKERNELAPI PVOID NTAPI ExAllocatePool2(_In_ POOL_FLAGS Flags,
                                                              _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag);

// As ExAllocatePool2, with parameters for priority, secure pool or NUMA node.
_Must_inspect_result_ NTKERNELAPI PVOID NTAPI
ExAllocatePool3(_In_ POOL_FLAGS Flags, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag,
                _In_reads_opt_(ExtendedParametersCount) PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                _In_ ULONG ExtendedParametersCount);

NTKERNELAPI VOID NTAPI ExFreePool2(_Pre_notnull_ PVOID P, _In_ ULONG Tag,
                                   _In_reads_opt_(ExtendedParametersCount)
                                       PCPOOL_EXTENDED_PARAMETER ExtendedParameters,
                                   _In_ ULONG ExtendedParametersCount);

_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    ExCreatePool(_In_ ULONG Flags, _In_ ULONG_PTR Tag, _In_opt_ POOL_CREATE_EXTENDED_PARAMS *Params,
                 _Out_ HANDLE *PoolHandle);

_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI VOID NTAPI ExDestroyPool(_In_ HANDLE PoolHandle);

_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI NTSTATUS NTAPI
    ExSecurePoolUpdate(_In_ HANDLE SecurePoolHandle, _In_ ULONG Tag, _In_ PVOID Allocation,
                       _In_ ULONG_PTR Cookie, _In_ SIZE_T Offset, _In_ SIZE_T Size, _In_ PVOID Buffer);

_IRQL_requires_max_(DISPATCH_LEVEL) NTKERNELAPI ULONG NTAPI
    ExSecurePoolValidate(_In_ HANDLE SecurePoolHandle, _In_ ULONG Tag, _In_ PVOID Allocation,
                         _In_ ULONG_PTR Cookie);

#ifdef __cplusplus
}
#endif

// ---- The inline allocators: IRQL and failure as the routine that each calls
// ------------------------------------------ Zeroed here and not by POOL_ZERO_ALLOCATION, which Windows
// before 10 2004 ignores.

FORCEINLINE PVOID KmodeNtZeroAllocation(PVOID Allocation, SIZE_T NumberOfBytes)
{
    if (Allocation != NULL) {
        RtlZeroMemory(Allocation, NumberOfBytes);
    }
    return Allocation;
}

FORCEINLINE PVOID ExAllocatePoolUninitialized(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                              _In_ ULONG Tag)
{
    return ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag);
}

FORCEINLINE PVOID ExAllocatePoolZero(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag)
{
    return KmodeNtZeroAllocation(ExAllocatePoolWithTag(PoolType, NumberOfBytes, Tag), NumberOfBytes);
}

FORCEINLINE PVOID ExAllocatePoolQuotaUninitialized(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                                   _In_ ULONG Tag)
{
    return ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag);
}

FORCEINLINE PVOID ExAllocatePoolQuotaZero(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes, _In_ ULONG Tag)
{
    return KmodeNtZeroAllocation(ExAllocatePoolWithQuotaTag(PoolType, NumberOfBytes, Tag), NumberOfBytes);
}

FORCEINLINE PVOID ExAllocatePoolPriorityUninitialized(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                                      _In_ ULONG Tag, _In_ EX_POOL_PRIORITY Priority)
{
    return ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority);
}

FORCEINLINE PVOID ExAllocatePoolPriorityZero(_In_ POOL_TYPE PoolType, _In_ SIZE_T NumberOfBytes,
                                             _In_ ULONG Tag, _In_ EX_POOL_PRIORITY Priority)
{
    return KmodeNtZeroAllocation(ExAllocatePoolWithTagPriority(PoolType, NumberOfBytes, Tag, Priority),
                                 NumberOfBytes);
}

#endif
