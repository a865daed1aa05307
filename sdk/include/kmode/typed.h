// SPDX-License-Identifier: MIT
// What the containers that are defined for a type (KM_MAP_DEFINE and its like) are made of. Nothing here is
// for a driver.
#ifndef KMODE_TYPED_H
#define KMODE_TYPED_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/typed.h>"
#endif

// KMP_CORE: one source for every type; sizes and comparisons are constants once it is inlined. KMP_TYPED:
// what a driver calls. KMP_TYPED_RARE: the same, never inlined.
#if defined(__GNUC__) || defined(__clang__)
#define KMP_CORE                  static __inline__ __attribute__((always_inline, unused))
#define KMP_TYPED                 static __inline__ __attribute__((unused))
#define KMP_TYPED_RARE            static __attribute__((noinline, unused))
#define KMP_LIKELY(Condition)     __builtin_expect(!!(Condition), 1)
#define KMP_UNLIKELY(Condition)   __builtin_expect(!!(Condition), 0)
#define KMP_PREFETCH(Address)     __builtin_prefetch(Address)
// Makes the compiler forget what it knows of a variable, so that it computes with it and does not branch on
// it.
#define KMP_OPAQUE(Variable)      __asm__("" : "+r"(Variable))
// The library's memcpy is a call where the code is freestanding; the compiler's own is a move.
#define KMP_COPY(To, From, Bytes) __builtin_memcpy((To), (From), (Bytes))
#else
#define KMP_CORE                static __forceinline
#define KMP_TYPED               static __inline
#define KMP_TYPED_RARE          static __inline __declspec(noinline)
#define KMP_LIKELY(Condition)   (Condition)
#define KMP_UNLIKELY(Condition) (Condition)
#define KMP_OPAQUE(Variable)
#define KMP_COPY(To, From, Bytes) memcpy((To), (From), (Bytes))
#endif

#ifndef KMP_PREFETCH
#ifdef _M_X64
#include <emmintrin.h>
#define KMP_PREFETCH(Address) _mm_prefetch((const char *)(Address), _MM_HINT_T0)
#else
#define KMP_PREFETCH(Address)
#endif
#endif

// Entries are moved as bytes.
#ifdef __cplusplus
#define KMP_ASSERT_PLAIN(Type)                                                                               \
    static_assert(__is_trivially_copyable(Type), "containers of kmode move " #Type " as bytes")
#else
#define KMP_ASSERT_PLAIN(Type) C_ASSERT(sizeof(Type) > 0)
#endif

// Entries lie in an allocator's memory, which is aligned no further.
#ifdef __cplusplus
#define KMP_ASSERT_ALIGNED(Type)                                                                             \
    static_assert(__alignof(Type) <= MEMORY_ALLOCATION_ALIGNMENT,                                            \
                  #Type " is aligned further than MEMORY_ALLOCATION_ALIGNMENT: keep its address in the map")
#else
#define KMP_ASSERT_ALIGNED(Type)                                                                             \
    _Static_assert(__alignof(Type) <= MEMORY_ALLOCATION_ALIGNMENT, #Type                                     \
                   " is aligned further than MEMORY_ALLOCATION_ALIGNMENT: keep its address in the map")
#endif

#endif
