// SPDX-License-Identifier: MIT
// Allocators as values: whoever needs memory takes one as an argument, and says nothing of where it is from.
//
//     PULONG Numbers;
//     static KM_ALLOCATOR Paged = KM_ALLOCATOR_INIT(KmPagedPool, 'eliF');
//
//     Numbers = (PULONG)KmAllocArray(&Paged, 100, sizeof(ULONG));
//     if (Numbers == NULL) {
//         return STATUS_INSUFFICIENT_RESOURCES;
//     }
//     Numbers = (PULONG)KmRealloc(&Paged, Numbers, 100 * sizeof(ULONG), 200 * sizeof(ULONG));
//     KmFree(&Paged, Numbers, 200 * sizeof(ULONG));
//
// IRQL: that of the allocator, Operations->MaximumIrql.
//
//     static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'eliF');
//     PVOID Zeroed = KmAlloc(&NonPaged, 100), AsItIs = KmAllocUninitialized(&NonPaged, 100);
//     PVOID Many = KmAllocArrayUninitialized(&NonPaged, 10, 10);
//
//     KmFree(&NonPaged, Many, 100);
//     KmFree(&NonPaged, AsItIs, 100);
//     KmFree(&NonPaged, Zeroed, 100);
//
// Every allocator has a tag. One whose tag is 0 is refused: it yields NULL for every request, on every
// Windows, and whatever initializes an allocator answers STATUS_INVALID_PARAMETER. Nothing here raises an
// exception or stops the system for want of memory: what can fail returns NULL or a status.
#ifndef KMODE_ALLOCATOR_H
#define KMODE_ALLOCATOR_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/allocator.h>"
#endif

// The size of a type, or of what a pointer, which is not evaluated, points at; does not compile if it is
// aligned further than an allocator's memory.
#define KMP_ALIGNED_TOO_FAR                                                                                  \
    "this type is aligned further than MEMORY_ALLOCATION_ALIGNMENT: KmAllocAligned has memory for it"
#if defined(__cplusplus)
template <class Type> struct KmpElement {
    static_assert(__alignof(Type) <= MEMORY_ALLOCATION_ALIGNMENT, KMP_ALIGNED_TOO_FAR);
    static constexpr SIZE_T Bytes = sizeof(Type);
};
#define KMP_SIZE_OF_TYPE(Type) (KmpElement<Type>::Bytes)
#define KMP_SIZE_OF(Pointer)   (KmpElement<decltype(*(Pointer))>::Bytes)
#elif defined(__clang__) || defined(__GNUC__)
#define KMP_SIZE_OF_TYPE(Type)                                                                               \
    (sizeof(Type) + 0 * sizeof(struct {                                                                      \
                        _Static_assert(__alignof(Type) <= MEMORY_ALLOCATION_ALIGNMENT, KMP_ALIGNED_TOO_FAR); \
                        char KmpUnused;                                                                      \
                    }))
#define KMP_SIZE_OF(Pointer) KMP_SIZE_OF_TYPE(__typeof__(*(Pointer)))
#else
#define KMP_SIZE_OF_TYPE(Type) sizeof(Type)
#define KMP_SIZE_OF(Pointer)   sizeof(*(Pointer))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef struct KM_ALLOCATOR KM_ALLOCATOR, *PKM_ALLOCATOR;

/// What an allocator of one kind does. Those of the SDK are constants (KmNonPagedPool, ...); a driver may
/// write its own. Each routine gets the allocator that it was called by; memory is aligned to
/// MEMORY_ALLOCATION_ALIGNMENT.
typedef struct KM_ALLOCATOR_OPERATIONS {
    /// Returns memory of at least Bytes, which is not 0, zeroed if Zeroed; NULL if there is none.
    PVOID(NTAPI *Allocate)(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes, _In_ BOOLEAN Zeroed);

    /// Takes back what Allocate, or Resize, gave as Bytes.
    VOID(NTAPI *Free)(_In_ PKM_ALLOCATOR Allocator, _In_ PVOID Memory, _In_ SIZE_T Bytes);

    /// Makes Memory of Bytes have NewBytes where it is, more or fewer; what is added is not zeroed. FALSE if
    /// it cannot, and nothing has changed. NULL: it never can.
    BOOLEAN(NTAPI *Resize)
    (_In_ PKM_ALLOCATOR Allocator, _In_ PVOID Memory, _In_ SIZE_T Bytes, _In_ SIZE_T NewBytes);

    /// The highest IRQL at which these may be called.
    KIRQL MaximumIrql;
} KM_ALLOCATOR_OPERATIONS;

/// One allocator. Those that keep state of their own have it as their first member.
struct KM_ALLOCATOR {
    const KM_ALLOCATOR_OPERATIONS *Operations;
    ULONG Tag; ///< of its memory, in pool monitors and dumps: a literal such as 'gaTk', never 0
};

/// The initializer of an allocator without state of its own, in static memory or on a stack.
#define KM_ALLOCATOR_INIT(Operations, PoolTag) {&(Operations), (PoolTag)}

/// Pool that is always resident and cannot be executed, except on Windows 7, which knows no such pool. IRQL
/// <= DISPATCH_LEVEL.
extern const KM_ALLOCATOR_OPERATIONS KmNonPagedPool;

/// Pool that may be paged out. IRQL <= APC_LEVEL.
extern const KM_ALLOCATOR_OPERATIONS KmPagedPool;

/// Returns zeroed memory of Bytes, aligned to MEMORY_ALLOCATION_ALIGNMENT; NULL if there is none, Bytes is 0,
/// or the allocator's tag is. The caller gives it back by KmFree with the same Bytes.
///
/// The IRQL is the allocator's, here and below: Operations->MaximumIrql, which is HIGH_LEVEL for a
/// KM_FIXED_BUFFER.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAlloc(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes);

/// As KmAlloc, for memory that the caller will write before it reads.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocUninitialized(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes);

/// As KmAlloc for Count elements of ElementBytes; NULL too if the product is more than a SIZE_T can hold.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocArray(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes);

/// As KmAllocArray, for elements that the caller will write before it reads them.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocArrayUninitialized(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Count, _In_ SIZE_T ElementBytes);

/// As KmAlloc for a structure that ends in an array of Count elements of ElementBytes: HeaderBytes are those
/// before the array. NULL too if the sum is more than a SIZE_T can hold.
///
///     typedef struct PACKET { ULONG Count; ULONG Words[1]; } PACKET, *PPACKET;
///
///     static PPACKET NewPacket(PKM_ALLOCATOR Allocator, ULONG Count)
///     {
///         return (PPACKET)KmAllocFlexible(Allocator, FIELD_OFFSET(PACKET, Words), Count, sizeof(ULONG));
///     }
///
///     static void DeletePacket(PKM_ALLOCATOR Allocator, PPACKET Packet, ULONG Count)
///     {
///         KmFreeFlexible(Allocator, Packet, FIELD_OFFSET(PACKET, Words), Count, sizeof(ULONG));
///     }
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocFlexible(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T HeaderBytes, _In_ SIZE_T Count,
                    _In_ SIZE_T ElementBytes);

/// As KmAlloc, aligned to Alignment, a power of two; NULL too if it is none. Given back by KmFreeAligned with
/// the same Bytes and Alignment. Costs up to Alignment bytes more, beyond MEMORY_ALLOCATION_ALIGNMENT.
///
///     PVOID Line;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'ngiA');
///     Line = KmAllocAligned(&Pool, 64, SYSTEM_CACHE_ALIGNMENT_SIZE);
///     if (Line == NULL) {
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     KmFreeAligned(&Pool, Line, 64, SYSTEM_CACHE_ALIGNMENT_SIZE);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocAligned(_In_ PKM_ALLOCATOR Allocator, _In_ SIZE_T Bytes, _In_ SIZE_T Alignment);

/// Returns memory with a copy of Bytes at Source, the caller's to give back by KmFree; NULL if there is none,
/// or Bytes is 0. Source must be valid at the caller's IRQL; user memory needs the caller's own __try, and
/// what it raises leaves nothing allocated.
///
///     PVOID Path;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmPagedPool, 'htaP');
///     Path = KmAllocCopy(&Pool, RegistryPath->Buffer, RegistryPath->Length);
///     if (Path == NULL) {
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     KmFreeSecure(&Pool, Path, RegistryPath->Length);
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmAllocCopy(_In_ PKM_ALLOCATOR Allocator, _In_reads_bytes_(Bytes) const VOID *Source, _In_ SIZE_T Bytes);

/// Makes memory of Bytes have NewBytes, which is not 0: where it is if the allocator can, else elsewhere,
/// with what fits of its contents. What is added is not zeroed. Memory NULL, with Bytes 0: allocates. Returns
/// NULL if there is none, and Memory is as it was.
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmRealloc(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes, _In_ SIZE_T NewBytes);

/// As KmRealloc from Count to NewCount elements of ElementBytes; NULL too if that is more than a SIZE_T can
/// hold, and Memory is as it was.
///
///     PULONG Words, More;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'rrAR');
///     Words = KmNewArray(&Pool, ULONG, 10);
///     if (Words == NULL) {
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     More = (PULONG)KmReallocArray(&Pool, Words, 10, 20, sizeof(ULONG));
///     if (More == NULL) {
///         KmDeleteArray(&Pool, Words, 10);
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     KmFreeArray(&Pool, More, 20, sizeof(ULONG));
_IRQL_requires_max_(DISPATCH_LEVEL) _Must_inspect_result_ PVOID NTAPI
    KmReallocArray(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Count,
                   _In_ SIZE_T NewCount, _In_ SIZE_T ElementBytes);

/// Gives back memory of Bytes of the same allocator. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFree(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes);

/// Gives back what KmAllocArray and its like gave for Count elements of ElementBytes. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFreeArray(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Count,
                _In_ SIZE_T ElementBytes);

/// Gives back what KmAllocFlexible gave for the same sizes. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFreeFlexible(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T HeaderBytes,
                   _In_ SIZE_T Count, _In_ SIZE_T ElementBytes);

/// Gives back what KmAllocAligned gave for the same Bytes and Alignment. NULL is nothing to do.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFreeAligned(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes,
                  _In_ SIZE_T Alignment);

/// As KmFree, with the contents overwritten by zeros first, which no compiler leaves out: for keys and
/// passwords.
_IRQL_requires_max_(DISPATCH_LEVEL) VOID NTAPI
    KmFreeSecure(_In_ PKM_ALLOCATOR Allocator, _In_opt_ PVOID Memory, _In_ SIZE_T Bytes);

/// One zeroed Type; NULL if there is none. Given back by KmDelete. No constructor runs. A Type that wants to
/// be aligned further than MEMORY_ALLOCATION_ALIGNMENT does not compile: it is KmAllocAligned's. IRQL: the
/// allocator's.
///
///     PKEVENT Event;
///     static KM_ALLOCATOR Pool = KM_ALLOCATOR_INIT(KmNonPagedPool, 'tnvE');
///     Event = KmNew(&Pool, KEVENT);
///     if (Event == NULL) {
///         return STATUS_INSUFFICIENT_RESOURCES;
///     }
///     KmDelete(&Pool, Event);
#define KmNew(Allocator, Type) ((Type *)KmAlloc((Allocator), KMP_SIZE_OF_TYPE(Type)))

/// As KmNew, for Count of them, overflow-checked.
#define KmNewArray(Allocator, Type, Count)                                                                   \
    ((Type *)KmAllocArray((Allocator), (Count), KMP_SIZE_OF_TYPE(Type)))

/// Gives back what KmNew gave: Pointer has the type that it was made with. NULL is nothing to do.
#define KmDelete(Allocator, Pointer) KmFree((Allocator), (Pointer), sizeof(*(Pointer)))

/// Gives back what KmNewArray gave for the same Count. NULL is nothing to do.
#define KmDeleteArray(Allocator, Pointer, Count)                                                             \
    KmFreeArray((Allocator), (Pointer), (Count), sizeof(*(Pointer)))

#ifdef __cplusplus
}
#endif

#endif
