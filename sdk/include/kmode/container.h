// SPDX-License-Identifier: MIT
// What the containers share: how elements are compared, and what stops a driver that would corrupt memory.
//
//     static LONG NTAPI CompareLengths(const VOID *Left, const VOID *Right, PVOID Context)
//     {
//         UNREFERENCED_PARAMETER(Context);
//         return KmCompareNumbers(((PCUNICODE_STRING)Left)->Length, ((PCUNICODE_STRING)Right)->Length);
//     }
//
// Comparisons may be called at any IRQL.
#ifndef KMODE_CONTAINER_H
#define KMODE_CONTAINER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/container.h>"
#endif

#include <kmode/allocator.h>
#include <kmode/typed.h>

// Inlined even where the compiler would not: what is called by these with constants becomes code for one
// type.
#if defined(_MSC_VER) && !defined(__clang__)
#define KMP_INLINE static __forceinline
#else
#define KMP_INLINE static inline __attribute__((always_inline))
#endif

// As KMP_COPY, for memory that may overlap.
#if defined(__clang__) || defined(__GNUC__)
#define KMP_MOVE(To, From, Bytes) __builtin_memmove((To), (From), (Bytes))
#else
#define KMP_MOVE(To, From, Bytes) memmove((To), (From), (Bytes))
#endif

// An untyped pointer as one of the type of Pointer, which is not evaluated.
#ifdef __cplusplus
#define KMP_POINTER_OF(Pointer, Untyped) (static_cast<decltype(Pointer)>(Untyped))
#elif defined(__clang__) || defined(__GNUC__)
#define KMP_POINTER_OF(Pointer, Untyped) ((__typeof__(Pointer))(Untyped))
#else
#define KMP_POINTER_OF(Pointer, Untyped) (Untyped)
#endif

// What evaluates each argument once, where a macro can.
#if !defined(__cplusplus) && defined(__GNUC__) && !defined(KMP_NO_STATEMENT_EXPRESSIONS)
#define KMP_STATEMENT_EXPRESSIONS
#endif

// The size of what Pointer points at; does not compile if Other points at another type. Neither is evaluated.
#define KMP_SIZE_OF_BOTH(Pointer, Other) (KMP_SIZE_OF(Pointer) + 0 * sizeof((Other) - (Pointer)))

#if defined(__cplusplus)
template <class Left, class Right> static constexpr LONG KmpCompareNumbers(Left First, Right Second)
{
    return (LONG)(First > Second) - (LONG)(First < Second);
}
#define KMP_COMPARE_NUMBERS(Left, Right) KmpCompareNumbers((Left), (Right))
#elif defined(KMP_STATEMENT_EXPRESSIONS)
// What a statement expression yields is no bit-field, of which __auto_type could not be.
#define KMP_COMPARE_NUMBERS(Left, Right)                                                                     \
    __extension__({                                                                                          \
        __auto_type KmpLeft = ({ (Left); });                                                                 \
        __auto_type KmpRight = ({ (Right); });                                                               \
        (LONG)(KmpLeft > KmpRight) - (LONG)(KmpLeft < KmpRight);                                             \
    })
#else
#define KMP_COMPARE_NUMBERS(Left, Right) ((LONG)((Left) > (Right)) - (LONG)((Left) < (Right)))
#endif

#ifndef FAST_FAIL_CORRUPT_LIST_ENTRY
#define FAST_FAIL_CORRUPT_LIST_ENTRY 3
#endif
#ifndef FAST_FAIL_INVALID_ARG
#define FAST_FAIL_INVALID_ARG 5
#endif
#ifndef FAST_FAIL_RANGE_CHECK_FAILURE
#define FAST_FAIL_RANGE_CHECK_FAILURE 8
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// How two elements, or a key and an element, follow each other: below 0 if Left comes first, above 0 if
/// Right does, 0 if they are alike. It is called with the IRQL and the locks of who called the container, and
/// must not change the container.
typedef LONG NTAPI KM_COMPARE(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context);
typedef KM_COMPARE *PKM_COMPARE;

/// Whether an element is one that is looked for, or to be kept. As for KM_COMPARE.
typedef BOOLEAN NTAPI KM_PREDICATE(_In_ const VOID *Element, _In_opt_ PVOID Context);
typedef KM_PREDICATE *PKM_PREDICATE;

/// The result of a KM_COMPARE for two numbers or two addresses of one type. In C by a compiler without
/// statement expressions, as MSVC, each is evaluated twice. Any IRQL.
#define KmCompareNumbers(Left, Right) KMP_COMPARE_NUMBERS(Left, Right)

/// Compare elements of the type each is named after. Any IRQL.
///
///     static BOOLEAN AreInOrder(PLONG64 Numbers, PULONG Ids, PULONG64 Times, PLONG Levels, PVOID *Addresses)
///     {
///         return KmCompareLong64(&Numbers[0], &Numbers[1], NULL) <= 0 && KmCompareUlong(&Ids[0], &Ids[1],
///         NULL) <= 0 &&
///                KmCompareUlong64(&Times[0], &Times[1], NULL) <= 0 && KmCompareLong(&Levels[0], &Levels[1],
///                NULL) <= 0 && KmCompareSize(&Addresses[0], &Addresses[1], NULL) <= 0;
///     }
KMP_INLINE LONG NTAPI KmCompareUlong(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmCompareNumbers(*(const ULONG *)Left, *(const ULONG *)Right);
}

/// As KmCompareUlong, for LONG.
KMP_INLINE LONG NTAPI KmCompareLong(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmCompareNumbers(*(const LONG *)Left, *(const LONG *)Right);
}

/// As KmCompareUlong, for ULONG64.
KMP_INLINE LONG NTAPI KmCompareUlong64(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmCompareNumbers(*(const ULONG64 *)Left, *(const ULONG64 *)Right);
}

/// As KmCompareUlong, for LONG64.
KMP_INLINE LONG NTAPI KmCompareLong64(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmCompareNumbers(*(const LONG64 *)Left, *(const LONG64 *)Right);
}

/// As KmCompareUlong, for SIZE_T, ULONG_PTR and addresses.
KMP_INLINE LONG NTAPI KmCompareSize(_In_ const VOID *Left, _In_ const VOID *Right, _In_opt_ PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return KmCompareNumbers(*(const SIZE_T *)Left, *(const SIZE_T *)Right);
}

/// Stops the system by __fastfail(Code): the one way on when going on would corrupt memory. What calls it
/// says so. Bug check 0x139 from Windows 8; on Windows 7 another one, at the same place. Any IRQL.
///
///     static VOID NeverTwice(PLONG Times)
///     {
///         if (InterlockedIncrement(Times) != 1) {
///             KmFailFast(FAST_FAIL_INVALID_ARG);
///         }
///     }
_IRQL_requires_max_(HIGH_LEVEL) DECLSPEC_NORETURN VOID NTAPI KmFailFast(_In_ ULONG Code);

#ifdef __cplusplus
}
#endif

#endif
