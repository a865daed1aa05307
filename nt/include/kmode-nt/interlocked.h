// SPDX-License-Identifier: MIT
// Interlocked and fenced access of the widths and orders that mingw-w64's wdm.h leaves out. On x64 a locked
// operation is a full barrier, so Acquire, Release and NoFence forms are the plain one; only the compiler may
// tell them apart.
#ifndef KMODE_NT_INTERLOCKED_H
#define KMODE_NT_INTERLOCKED_H

#ifndef InterlockedIncrement16
#define InterlockedIncrement16       _InterlockedIncrement16
#define InterlockedDecrement16       _InterlockedDecrement16
#define InterlockedCompareExchange16 _InterlockedCompareExchange16
#define InterlockedAnd16             _InterlockedAnd16
#define InterlockedOr16              _InterlockedOr16
#define InterlockedXor16             _InterlockedXor16
#endif
#ifndef InterlockedExchange8
#define InterlockedExchange8    _InterlockedExchange8
#define InterlockedExchange16   _InterlockedExchange16
#define InterlockedExchangeAdd8 _InterlockedExchangeAdd8
#define InterlockedAnd8         _InterlockedAnd8
#define InterlockedOr8          _InterlockedOr8
#define InterlockedXor8         _InterlockedXor8
#endif

#define InterlockedIncrementAcquire              _InterlockedIncrement
#define InterlockedIncrementRelease              _InterlockedIncrement
#define InterlockedIncrementNoFence              _InterlockedIncrement
#define InterlockedDecrementAcquire              _InterlockedDecrement
#define InterlockedDecrementRelease              _InterlockedDecrement
#define InterlockedDecrementNoFence              _InterlockedDecrement
#define InterlockedIncrementAcquire64            _InterlockedIncrement64
#define InterlockedIncrementRelease64            _InterlockedIncrement64
#define InterlockedIncrementNoFence64            _InterlockedIncrement64
#define InterlockedDecrementAcquire64            _InterlockedDecrement64
#define InterlockedDecrementRelease64            _InterlockedDecrement64
#define InterlockedDecrementNoFence64            _InterlockedDecrement64
#define InterlockedExchangeAcquire               _InterlockedExchange
#define InterlockedExchangeNoFence               _InterlockedExchange
#define InterlockedExchangeAcquire64             _InterlockedExchange64
#define InterlockedExchangeNoFence64             _InterlockedExchange64
#define InterlockedExchangeAddAcquire            _InterlockedExchangeAdd
#define InterlockedExchangeAddRelease            _InterlockedExchangeAdd
#define InterlockedExchangeAddNoFence            _InterlockedExchangeAdd
#define InterlockedExchangeAddAcquire64          _InterlockedExchangeAdd64
#define InterlockedExchangeAddRelease64          _InterlockedExchangeAdd64
#define InterlockedExchangeAddNoFence64          _InterlockedExchangeAdd64
#define InterlockedCompareExchangeAcquire        _InterlockedCompareExchange
#define InterlockedCompareExchangeRelease        _InterlockedCompareExchange
#define InterlockedCompareExchangeNoFence        _InterlockedCompareExchange
#define InterlockedCompareExchangeAcquire64      _InterlockedCompareExchange64
#define InterlockedCompareExchangeRelease64      _InterlockedCompareExchange64
#define InterlockedCompareExchangeNoFence64      _InterlockedCompareExchange64
#define InterlockedExchangePointerAcquire        _InterlockedExchangePointer
#define InterlockedExchangePointerNoFence        _InterlockedExchangePointer
#define InterlockedCompareExchangePointerAcquire _InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerRelease _InterlockedCompareExchangePointer
#define InterlockedCompareExchangePointerNoFence _InterlockedCompareExchangePointer
#define InterlockedAndAcquire                    _InterlockedAnd
#define InterlockedAndRelease                    _InterlockedAnd
#define InterlockedAndNoFence                    _InterlockedAnd
#define InterlockedOrAcquire                     _InterlockedOr
#define InterlockedOrRelease                     _InterlockedOr
#define InterlockedOrNoFence                     _InterlockedOr
#define InterlockedXorAcquire                    _InterlockedXor
#define InterlockedXorRelease                    _InterlockedXor
#define InterlockedXorNoFence                    _InterlockedXor

// Read*, Write*: one access of the type's own width, with the order that the name says.
#define KMODE_NT_ORDERED(Suffix, Type)                                                                       \
    FORCEINLINE Type Read##Suffix##Acquire(_In_ Type const volatile *Source)                                 \
    {                                                                                                        \
        return __atomic_load_n(Source, __ATOMIC_ACQUIRE);                                                    \
    }                                                                                                        \
    FORCEINLINE Type Read##Suffix##NoFence(_In_ Type const volatile *Source)                                 \
    {                                                                                                        \
        return __atomic_load_n(Source, __ATOMIC_RELAXED);                                                    \
    }                                                                                                        \
    FORCEINLINE Type Read##Suffix##Raw(_In_ Type const volatile *Source)                                     \
    {                                                                                                        \
        return *Source;                                                                                      \
    }                                                                                                        \
    FORCEINLINE VOID Write##Suffix##Release(_Out_ Type volatile *Destination, _In_ Type Value)               \
    {                                                                                                        \
        __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);                                              \
    }                                                                                                        \
    FORCEINLINE VOID Write##Suffix##NoFence(_Out_ Type volatile *Destination, _In_ Type Value)               \
    {                                                                                                        \
        __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);                                              \
    }                                                                                                        \
    FORCEINLINE VOID Write##Suffix##Raw(_Out_ Type volatile *Destination, _In_ Type Value)                   \
    {                                                                                                        \
        *Destination = Value;                                                                                \
    }
KMODE_NT_ORDERED(, LONG)
KMODE_NT_ORDERED(8, CHAR)
KMODE_NT_ORDERED(16, SHORT)
KMODE_NT_ORDERED(64, LONG64)
KMODE_NT_ORDERED(UChar, UCHAR)
KMODE_NT_ORDERED(UShort, USHORT)
KMODE_NT_ORDERED(ULong, ULONG)
KMODE_NT_ORDERED(ULong64, ULONG64)
KMODE_NT_ORDERED(ULongPtr, ULONG_PTR)
KMODE_NT_ORDERED(Pointer, PVOID)
KMODE_NT_ORDERED(Int32, int)
KMODE_NT_ORDERED(UInt32, unsigned int)
KMODE_NT_ORDERED(Boolean, BOOLEAN)
#undef KMODE_NT_ORDERED

#endif
