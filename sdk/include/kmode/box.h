// SPDX-License-Identifier: MIT
// Box: a pointer that owns what it points at, in memory of any allocator, and that can be given back by
// leaving a scope.
//
//     typedef struct SESSION {
//         LIST_ENTRY Link;
//         ULONG Id;
//     } SESSION, *PSESSION;
//
//     static NTSTATUS NewSession(PKM_ALLOCATOR Allocator, ULONG Id, PSESSION *Session)
//     {
//         KM_BOX(SESSION) Box = KM_BOX_INIT(Allocator);
//         NTSTATUS Status = KmBoxAllocate(&Box);
//
//         if (NT_SUCCESS(Status) && Id == 0) {
//             Status = STATUS_INVALID_PARAMETER;
//         }
//         if (NT_SUCCESS(Status)) {
//             Box.Pointer->Id = Id;
//             *Session = KmBoxRelease(&Box);
//         }
//         KmBoxFree(&Box);
//         return Status;
//     }
//
// IRQL: what may allocate or free (it says so) asks for the allocator's MaximumIrql or below; all the rest
// may be called at any IRQL. A routine that fails leaves the box as it was. No C library has one that knows
// its allocator.
#ifndef KMODE_BOX_H
#define KMODE_BOX_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/box.h>"
#endif

#include <kmode/container.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What every box is. Of the macros alone.
typedef struct KM_UNTYPED_BOX {
    PVOID Pointer;
    SIZE_T Bytes;
    PKM_ALLOCATOR Allocator;
} KM_UNTYPED_BOX, *PKM_UNTYPED_BOX;

KMP_INLINE VOID KmpBoxInit(_Out_ PKM_UNTYPED_BOX Box, _In_ PKM_ALLOCATOR Allocator)
{
    Box->Pointer = NULL;
    Box->Bytes = 0;
    Box->Allocator = Allocator;
}

KMP_INLINE VOID KmpBoxFree(_Inout_ PKM_UNTYPED_BOX Box)
{
    KmFree(Box->Allocator, Box->Pointer, Box->Bytes);
    KmpBoxInit(Box, Box->Allocator);
}

KMP_INLINE NTSTATUS KmpBoxAllocate(_Inout_ PKM_UNTYPED_BOX Box, _In_ SIZE_T Bytes, _In_ SIZE_T Least)
{
    PVOID Pointer;

    if (Bytes < Least) {
        return STATUS_INVALID_PARAMETER;
    }
    Pointer = KmAlloc(Box->Allocator, Bytes);
    if (Pointer == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    KmFree(Box->Allocator, Box->Pointer, Box->Bytes);
    Box->Pointer = Pointer;
    Box->Bytes = Bytes;
    return STATUS_SUCCESS;
}

KMP_INLINE VOID KmpBoxTake(_Inout_ PKM_UNTYPED_BOX Box, _In_opt_ PVOID Pointer, _In_ SIZE_T Bytes)
{
    KmFree(Box->Allocator, Box->Pointer, Box->Bytes);
    Box->Pointer = Pointer;
    Box->Bytes = Bytes;
}

KMP_INLINE PVOID KmpBoxRelease(_Inout_ PKM_UNTYPED_BOX Box)
{
    PVOID Pointer = Box->Pointer;

    KmpBoxInit(Box, Box->Allocator);
    return Pointer;
}

KMP_INLINE VOID KmpBoxMove(_Inout_ PKM_UNTYPED_BOX To, _Inout_ PKM_UNTYPED_BOX From, _In_ SIZE_T Bytes)
{
    UNREFERENCED_PARAMETER(Bytes);
    if (To != From) {
        KmpBoxFree(To);
        *To = *From;
        KmpBoxInit(From, To->Allocator);
    }
}

/// The type of a box for one Type, which is aligned to MEMORY_ALLOCATION_ALIGNMENT at most. Each use is a
/// type of its own: give it a name by typedef, where it matters. Pointer is the address of what the box owns;
/// NULL while it owns nothing.
#define KM_BOX(Type)                                                                                         \
    union {                                                                                                  \
        KM_UNTYPED_BOX Untyped;                                                                              \
        Type *Pointer;                                                                                       \
    }

/// The initializer of an empty box, whose memory will be Allocator's.
#define KM_BOX_INIT(Allocator)                                                                               \
    {                                                                                                        \
        {                                                                                                    \
            NULL, 0, (Allocator)                                                                             \
        }                                                                                                    \
    }

/// Makes Box empty; allocates nothing.
///
///     typedef KM_BOX(FILE_NAME_INFORMATION) NAME_BOX;
///
///     static NTSTATUS TryBoxes(PKM_ALLOCATOR Allocator, PVOID Given, SIZE_T GivenBytes)
///     {
///         NAME_BOX Box, Other = KM_BOX_INIT(Allocator);
///         NTSTATUS Status;
///
///         KmBoxInit(&Box, Allocator);
///         Status = KmBoxAllocateBytes(&Box, sizeof(FILE_NAME_INFORMATION) + 512);
///         if (NT_SUCCESS(Status)) {
///             KmBoxMove(&Other, &Box);
///             KmBoxTake(&Box, (PFILE_NAME_INFORMATION)Given, GivenBytes);
///         }
///         if (!KmBoxIsEmpty(&Box)) {
///             KmBoxFree(&Box);
///         }
///         KmBoxFree(&Other);
///         return Status;
///     }
#define KmBoxInit(Box, Allocator) KmpBoxInit(&(Box)->Untyped, (Allocator))

/// Whether Box owns nothing.
#define KmBoxIsEmpty(Box) ((Box)->Untyped.Pointer == NULL)

/// Makes Box own one zeroed Type, and gives back what it owned. Returns STATUS_INSUFFICIENT_RESOURCES.
/// Allocates, and then frees.
#define KmBoxAllocate(Box)                                                                                   \
    KmpBoxAllocate(&(Box)->Untyped, KMP_SIZE_OF((Box)->Pointer), KMP_SIZE_OF((Box)->Pointer))

/// As KmBoxAllocate, for a structure of variable size. Returns STATUS_INVALID_PARAMETER, too, if AllBytes is
/// less than the Type's own.
#define KmBoxAllocateBytes(Box, AllBytes)                                                                    \
    KmpBoxAllocate(&(Box)->Untyped, (AllBytes), KMP_SIZE_OF((Box)->Pointer))

/// Makes Box own Memory of AllBytes, a Type * that its allocator has given, and gives back what it owned.
/// Frees.
#define KmBoxTake(Box, Memory, AllBytes)                                                                     \
    KmpBoxTake(&(Box)->Untyped, (Memory), (AllBytes) + 0 * KMP_SIZE_OF_BOTH((Box)->Pointer, (Memory)))

/// Gives up what Box owns: returns its address, typed, NULL if there is none; the box is empty then. The
/// caller gives it back by KmFree with the bytes that were allocated.
#define KmBoxRelease(Box) KMP_POINTER_OF((Box)->Pointer, KmpBoxRelease(&(Box)->Untyped))

/// Makes To own what From owns, which is empty then, and gives back what To owned; both are of one Type. The
/// memory stays that of From's allocator, which becomes To's. Frees.
#define KmBoxMove(To, From)                                                                                  \
    KmpBoxMove(&(To)->Untyped, &(From)->Untyped, KMP_SIZE_OF_BOTH((To)->Pointer, (From)->Pointer))

/// Gives back what Box owns; it is empty then, and may be used again. Frees.
#define KmBoxFree(Box) KmpBoxFree(&(Box)->Untyped)

// ---- boxes that a scope gives back

// What a scope's end calls.
KMP_INLINE VOID KmpBoxScopeEnd(_Inout_ PVOID Box)
{
    KmpBoxFree((PKM_UNTYPED_BOX)Box);
}

#ifdef __cplusplus
}

/// A box of one Type, given back at the end of its scope, for C++: KM_SCOPED_BOX declares one. It is not
/// copied.
template <class Type> struct KmpScopedBox {
    union {
        KM_UNTYPED_BOX Untyped;
        Type *Pointer;
    };

    explicit KmpScopedBox(PKM_ALLOCATOR Allocator)
    {
        KmpBoxInit(&Untyped, Allocator);
    }
    KmpScopedBox(const KmpScopedBox &) = delete;
    KmpScopedBox &operator=(const KmpScopedBox &) = delete;
    ~KmpScopedBox()
    {
        KmpBoxFree(&Untyped);
    }
};
#endif

/// KM_SCOPED_BOX(Type, Name, Allocator) declares a box that is empty, and that is given back where its scope
/// is left, by its end, by return, break or goto: in C++ by a destructor, in C where the compiler has the
/// attribute cleanup, as clang and gcc do. KM_HAS_SCOPED_BOX is defined where it is there: not in C by MSVC,
/// which needs KmBoxFree on each way out. A structured exception that leaves the scope does not give it back.
/// The end of the scope frees.
///
///     static NTSTATUS Twice(PKM_ALLOCATOR Allocator, ULONG Id, PULONG Result)
///     {
///     #ifdef KM_HAS_SCOPED_BOX
///         KM_SCOPED_BOX(ULONG, Box, Allocator);
///
///         if (!NT_SUCCESS(KmBoxAllocate(&Box))) {
///             return STATUS_INSUFFICIENT_RESOURCES;
///         }
///         *Box.Pointer = Id * 2;
///         *Result = *Box.Pointer;
///     #endif
///         return STATUS_SUCCESS;
///     }
#if defined(__cplusplus)
#define KM_HAS_SCOPED_BOX                    1
#define KM_SCOPED_BOX(Type, Name, Allocator) KmpScopedBox<Type> Name(Allocator)
#elif defined(__clang__) || defined(__GNUC__)
#define KM_HAS_SCOPED_BOX 1
#define KM_SCOPED_BOX(Type, Name, Allocator)                                                                 \
    __attribute__((cleanup(KmpBoxScopeEnd))) KM_BOX(Type) Name = KM_BOX_INIT(Allocator)
#endif

#endif
