// SPDX-License-Identifier: MIT
// Log: text and values straight to the debugger, whatever the log's level, before it is started, too.
//
//     KmPrint("%lu processors\n", KeQueryActiveProcessorCountEx(0xFFFF));
//     Status = KmDbgStatus(KmLogInit(KmLevelInfo));
//
// prints
//
//     2 processors
//     [driver.c:12] KmLogInit(KmLevelInfo) = STATUS_SUCCESS(0x00000000)
#ifndef KMODE_LOG_DEBUG_H
#define KMODE_LOG_DEBUG_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-debug.h>"
#endif

#include <kmode/log-value.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Prints to the debugger, as DbgPrint does, but every conversion may be used at every IRQL that DbgPrint may
/// be called at (KmLogTextPutFormat). No newline is added, nothing is cut.
_IRQL_requires_max_(CLOCK_LEVEL - 1) VOID __cdecl KmPrint(_In_ _Printf_format_string_ PCSTR Format, ...)
    KMP_PRINTF_FORMAT(1, 2);

/// Of KmDbg alone: prints `[File:Line] Expression = Value`; strings and characters in quotes.
_IRQL_requires_max_(CLOCK_LEVEL - 1) VOID NTAPI
    KmpLogDebugValue(_In_ PCSTR File, _In_ ULONG Line, _In_ PCSTR Expression, _In_ KM_LOG_VALUE Value);

#ifdef __cplusplus
}
template <class Type>
static inline Type KmpLogDebug(const char *File, ULONG Line, const char *Expression, Type Value)
{
    KmpLogDebugValue(File, Line, Expression, KmLogValue(Value));
    return Value;
}
extern "C" {
#define KMP_DBG(Text, Expression) KmpLogDebug(__FILE__, __LINE__, Text, Expression)
#elif defined(__GNUC__) && !defined(KMP_NO_STATEMENT_EXPRESSIONS)
#define KMP_DBG(Text, Expression) KMP_DBG_AS(KMP_DBG_NAME(__COUNTER__), Text, Expression)
#define KMP_DBG_NAME(Number)      KMP_DBG_NAME_(Number)
#define KMP_DBG_NAME_(Number)     KmpValue##Number
// What a statement expression yields is no bit-field, of which __auto_type could not be.
#define KMP_DBG_AS(Name, Text, Expression)                                                                   \
    __extension__({                                                                                          \
        __auto_type Name = ({ Expression; });                                                                \
        KmpLogDebugValue(__FILE__, __LINE__, Text, KmLogValue(Name));                                        \
        Name;                                                                                                \
    })
#else
// A routine for each type, which returns what it has printed; a pointer to anything else is a PVOID
// afterwards.
#define KMP_LOG_DEBUG(Name, Type)                                                                            \
    static __inline Type KmpLogDebug##Name(PCSTR File, ULONG Line, PCSTR Expression, Type Value)             \
    {                                                                                                        \
        KmpLogDebugValue(File, Line, Expression, KmLogValue(Value));                                         \
        return Value;                                                                                        \
    }
KMP_LOG_DEBUG(Bool, _Bool)
KMP_LOG_DEBUG(Char, char)
KMP_LOG_DEBUG(SignedChar, signed char)
KMP_LOG_DEBUG(Short, short)
KMP_LOG_DEBUG(Int, int)
KMP_LOG_DEBUG(Long, long)
KMP_LOG_DEBUG(LongLong, long long)
KMP_LOG_DEBUG(UnsignedChar, unsigned char)
KMP_LOG_DEBUG(UnsignedShort, unsigned short)
KMP_LOG_DEBUG(UnsignedInt, unsigned int)
KMP_LOG_DEBUG(UnsignedLong, unsigned long)
KMP_LOG_DEBUG(UnsignedLongLong, unsigned long long)
KMP_LOG_DEBUG(Float, float)
KMP_LOG_DEBUG(Double, double)
KMP_LOG_DEBUG(LongDouble, long double)
KMP_LOG_DEBUG(LargeInteger, LARGE_INTEGER)
KMP_LOG_DEBUG(ULargeInteger, ULARGE_INTEGER)
KMP_LOG_DEBUG(String, char *)
KMP_LOG_DEBUG(ConstString, const char *)
KMP_LOG_DEBUG(WideString, WCHAR *)
KMP_LOG_DEBUG(ConstWideString, const WCHAR *)
KMP_LOG_DEBUG(Ansi, STRING *)
KMP_LOG_DEBUG(ConstAnsi, const STRING *)
KMP_LOG_DEBUG(Unicode, UNICODE_STRING *)
KMP_LOG_DEBUG(ConstUnicode, const UNICODE_STRING *)
KMP_LOG_DEBUG(CountedAnsi, STRING)
KMP_LOG_DEBUG(CountedUnicode, UNICODE_STRING)
KMP_LOG_DEBUG(Guid, GUID *)
KMP_LOG_DEBUG(ConstGuid, const GUID *)
KMP_LOG_DEBUG(Irp, IRP *)
KMP_LOG_DEBUG(ConstIrp, const IRP *)
static __inline PVOID KmpLogDebugPointer(PCSTR File, ULONG Line, PCSTR Expression, const volatile VOID *Value)
{
    KmpLogDebugValue(File, Line, Expression, KmLogValue(Value));
    return (PVOID)(ULONG_PTR)Value;
}
#undef KMP_LOG_DEBUG
// clang-format off
#define KMP_DBG(Text, Expression)                                                                            \
    _Generic(Expression,                                                                                     \
        _Bool: KmpLogDebugBool, char: KmpLogDebugChar, signed char: KmpLogDebugSignedChar,                   \
        short: KmpLogDebugShort, int: KmpLogDebugInt, long: KmpLogDebugLong, long long: KmpLogDebugLongLong, \
        unsigned char: KmpLogDebugUnsignedChar, unsigned short: KmpLogDebugUnsignedShort,                    \
        unsigned int: KmpLogDebugUnsignedInt, unsigned long: KmpLogDebugUnsignedLong,                        \
        unsigned long long: KmpLogDebugUnsignedLongLong,                                                     \
        float: KmpLogDebugFloat, double: KmpLogDebugDouble, long double: KmpLogDebugLongDouble,              \
        LARGE_INTEGER: KmpLogDebugLargeInteger, ULARGE_INTEGER: KmpLogDebugULargeInteger,                    \
        char *: KmpLogDebugString, const char *: KmpLogDebugConstString,                                     \
        WCHAR *: KmpLogDebugWideString, const WCHAR *: KmpLogDebugConstWideString,                           \
        STRING *: KmpLogDebugAnsi, const STRING *: KmpLogDebugConstAnsi,                                     \
        UNICODE_STRING *: KmpLogDebugUnicode, const UNICODE_STRING *: KmpLogDebugConstUnicode,               \
        STRING: KmpLogDebugCountedAnsi, UNICODE_STRING: KmpLogDebugCountedUnicode,                           \
        GUID *: KmpLogDebugGuid, const GUID *: KmpLogDebugConstGuid,                                         \
        IRP *: KmpLogDebugIrp, const IRP *: KmpLogDebugConstIrp,                                             \
        default: KmpLogDebugPointer)(__FILE__, __LINE__, Text, Expression)
// clang-format on
#endif

/// KmDbg(Expression) prints `[file:line] expression = value`, and is the value: to be put around an
/// expression wherever it stands. Expression is of any type that KmLogValue takes, and evaluated once. IRQL <
/// CLOCK_LEVEL.
///
///     ULONG Length = KmDbg(RegistryPath->Length / 2);
///     KM_LOG_VALUE Value = KmLogValue(Length);
///
///     KmDbg(RegistryPath);
///     KmDbg(Length > 10 ? "long" : "short");
#define KmDbg(...) KMP_DBG(#__VA_ARGS__, (__VA_ARGS__))

static __inline NTSTATUS KmpLogDebugStatus(_In_ PCSTR File, _In_ ULONG Line, _In_ PCSTR Expression,
                                           _In_ NTSTATUS Status)
{
    KmpLogDebugValue(File, Line, Expression, KmLogStatus(Status));
    return Status;
}

/// As KmDbg, for an NTSTATUS, which as a C type is a number like others: prints its name. IRQL < CLOCK_LEVEL.
#define KmDbgStatus(...) KmpLogDebugStatus(__FILE__, __LINE__, #__VA_ARGS__, (__VA_ARGS__))

#ifdef __cplusplus
}
#endif

#endif
