// SPDX-License-Identifier: MIT
// The deferred form of the log: a call puts the address of its constant description and its raw arguments
// into a ring, in nanoseconds and at any IRQL; the text is made later, by a thread of the driver, or by
// `kmode log` from a memory dump or from what an IOCTL has copied, with the driver's image alone.
//
//     PKM_LOG_RING Ring;
//     static KM_ALLOCATOR NonPaged = KM_ALLOCATOR_INIT(KmNonPagedPool, 'gnRK');
//
//     Status = KmLogRingCreate(&NonPaged, 64 * 1024, KM_LOG_RING_OVERWRITE, &Ring);
//     if (NT_SUCCESS(Status)) {
//         Status = KmLogDeferredStart(Ring, KmLevelDebug);
//     }
//     KmInfoDeferred("request %p of %lu bytes by %wZ", Irp, 512ul, &DriverObject->DriverName);
//     KmLogDeferredDrain(NULL, NULL); // to the log's sinks
//     KmLogDeferredStop();
//     KmLogRingDelete(Ring);
#ifndef KMODE_LOG_DEFERRED_H
#define KMODE_LOG_DEFERRED_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-deferred.h>"
#endif

#include <kmode/log-ring.h>

/// So many arguments a call may have.
#define KM_LOG_DEFERRED_ARGUMENTS 12

/// So many bytes of one text argument are kept.
#define KM_LOG_DEFERRED_STRING_BYTES 256

#ifdef __cplusplus
extern "C" {
#endif

/// One call: what is known of it at compile time. Made by the macros; constant, in the image's section
/// .kmlog, where `kmode log` finds it without a PDB.
typedef struct KM_LOG_DEFERRED_SITE {
    KM_LOG_SITE Site;
    PCSTR Format;
    UCHAR Count;     ///< of arguments
    UCHAR Types[15]; ///< KMP_DEFERRED_*
} KM_LOG_DEFERRED_SITE;
typedef const KM_LOG_DEFERRED_SITE *PCKM_LOG_DEFERRED_SITE;

/// From now on calls up to MaximumLevel go into Ring, which the caller keeps until after KmLogDeferredStop.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if MaximumLevel is no KM_LOG_LEVEL;
/// STATUS_ALREADY_INITIALIZED if there is a ring already.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogDeferredStart(_In_ PKM_LOG_RING Ring, _In_ KM_LOG_LEVEL MaximumLevel);

/// From now on calls do nothing, and the ring is the caller's alone. A call that is under way on another
/// processor may still use it: stop when none can be, as in DriverUnload. Without a start nothing to do.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogDeferredStop(VOID);

/// Sets the level up to which calls are kept from now on. A value that is no KM_LOG_LEVEL counts as the
/// nearest one. Without effect before KmLogDeferredStart.
///
///     KmLogDeferredSetMaximumLevel(KmLevelTrace);
///     if (KmLogDeferredEnabled(KmLevelTrace)) {
///         KmTraceDeferred("%lu devices", 5ul); // after work that only the log needs
///     }
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogDeferredSetMaximumLevel(_In_ KM_LOG_LEVEL MaximumLevel);

/// Takes out of the ring what is in it at the call, in order of time, and hands each record, with its text as
/// its message, to Callback; NULL: to the log's sinks, by KmLogWriteRecord. Process and thread are those of
/// the call; the IRQL, too, if the ring has KM_LOG_RING_IRQL, else 0. Where records are missing before one,
/// another of the target "ring" says how many. Callback may log, also by deferred calls, which are for the
/// next drain; it may not drain. Needs 3.5 KB of stack; or 2 KB and what Callback, or
/// KmLogWrite, needs, if that is more.
///
/// Returns STATUS_SUCCESS; STATUS_DEVICE_BUSY if somebody else reads the ring; STATUS_DEVICE_NOT_READY if
/// there is none. The IRQL is what Callback, or each sink, can have.
///
///     static VOID NTAPI Print(PVOID Context, PCKM_LOG_RECORD Record)
///     {
///         UNREFERENCED_PARAMETER(Context);
///         DbgPrint("%s\n", Record->Message);
///     }
///     static NTSTATUS PrintAll(VOID)
///     {
///         return KmLogDeferredDrain(Print, NULL);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogDeferredDrain(_In_opt_ KM_LOG_CALLBACK *Callback, _In_opt_ PVOID Context);

/// Starts a thread that does what KmLogDeferredDrain does every Milliseconds, which is not 0.
///
///     Status = KmLogDeferredStartThread(100, NULL, NULL);
///     if (!NT_SUCCESS(Status)) {
///         return Status;
///     }
///     KmLogDeferredStopThread();
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER; STATUS_ALREADY_INITIALIZED if there is one;
/// STATUS_DEVICE_NOT_READY without a ring; what PsCreateSystemThread returns.
_IRQL_requires_max_(PASSIVE_LEVEL) _Must_inspect_result_ NTSTATUS NTAPI
    KmLogDeferredStartThread(_In_ ULONG Milliseconds, _In_opt_ KM_LOG_CALLBACK *Callback,
                             _In_opt_ PVOID Context);

/// Ends the thread, after what is in the ring has been handed over; returns when it is gone. Without one
/// nothing to do. Call it before KmLogDeferredStop.
_IRQL_requires_max_(PASSIVE_LEVEL) VOID NTAPI KmLogDeferredStopThread(VOID);

/// Makes the text of a record that KmLogRingRead has read, of any kind, into Buffer of Bytes, which is not 0;
/// what is too long is cut and ends in "...". Returns its length without the zero. Any IRQL.
///
///     CHAR Text[256];
///     PKM_LOG_RING Ring = NULL; // one that has been made
///     static KM_LOG_RING_RECORD Record;
///
///     while (KmLogRingRead(Ring, &Record) == STATUS_SUCCESS) {
///         KmLogDeferredFormat(&Record, Text, sizeof(Text));
///     }
_IRQL_requires_max_(HIGH_LEVEL) ULONG NTAPI
    KmLogDeferredFormat(_In_ const KM_LOG_RING_RECORD *Record, _Out_writes_z_(Bytes) PSTR Buffer,
                        _In_ ULONG Bytes);

// ---- Of the macros alone

extern volatile LONG KmpLogDeferredMaximumLevel;

VOID NTAPI KmpDefer0(_In_ PCKM_LOG_DEFERRED_SITE Site);
VOID NTAPI KmpDefer1(_In_ PCKM_LOG_DEFERRED_SITE Site, ULONG64 First);
VOID NTAPI KmpDefer2(_In_ PCKM_LOG_DEFERRED_SITE Site, ULONG64 First, ULONG64 Second);
VOID NTAPI KmpDefer3(_In_ PCKM_LOG_DEFERRED_SITE Site, ULONG64 First, ULONG64 Second, ULONG64 Third);
VOID NTAPI KmpDefer4(_In_ PCKM_LOG_DEFERRED_SITE Site, ULONG64 First, ULONG64 Second, ULONG64 Third,
                     ULONG64 Fourth);
VOID NTAPI KmpDeferValues(_In_ PCKM_LOG_DEFERRED_SITE Site, _In_ const ULONG64 *Values);

static inline VOID KMP_PRINTF_FORMAT(1, 2) KmpCheckDeferredFormat(PCSTR Format, ...)
{
    UNREFERENCED_PARAMETER(Format);
}

#define KMP_DEFERRED_INTEGER        1
#define KMP_DEFERRED_POINTER        2
#define KMP_DEFERRED_STRING         3
#define KMP_DEFERRED_WIDE_STRING    4
#define KMP_DEFERRED_ANSI_STRING    5
#define KMP_DEFERRED_UNICODE_STRING 6

#ifdef __cplusplus
}

// An argument's type is the size of what the overload for it would return.
#define KMP_DEFERRED_KIND(Type, Kind, Conversion)                                                            \
    char(&KmpDeferredTypeOf(Type))[Kind];                                                                    \
    static inline ULONG64 KmpDeferredValueOf(Type Value)                                                     \
    {                                                                                                        \
        return (ULONG64)Conversion Value;                                                                    \
    }

KMP_DEFERRED_KIND(bool, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(char, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(signed char, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(unsigned char, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(wchar_t, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(short, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(unsigned short, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(int, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(unsigned int, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(long, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(unsigned long, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(long long, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(unsigned long long, KMP_DEFERRED_INTEGER, )
KMP_DEFERRED_KIND(const char *, KMP_DEFERRED_STRING, (ULONG_PTR))
KMP_DEFERRED_KIND(const wchar_t *, KMP_DEFERRED_WIDE_STRING, (ULONG_PTR))
KMP_DEFERRED_KIND(const STRING *, KMP_DEFERRED_ANSI_STRING, (ULONG_PTR))
KMP_DEFERRED_KIND(const UNICODE_STRING *, KMP_DEFERRED_UNICODE_STRING, (ULONG_PTR))
KMP_DEFERRED_KIND(const volatile void *, KMP_DEFERRED_POINTER, (ULONG_PTR))

// Of a routine; else it would be a bool.
template <class Result, class... Parameters>
char (&KmpDeferredTypeOf(Result (*)(Parameters...)))[KMP_DEFERRED_POINTER];
template <class Result, class... Parameters>
static inline ULONG64 KmpDeferredValueOf(Result (*Routine)(Parameters...))
{
    return (ULONG_PTR)Routine;
}

#define KMP_DEFERRED_TYPE(Argument)  ((UCHAR)sizeof(KmpDeferredTypeOf(Argument)))
#define KMP_DEFERRED_VALUE(Argument) KmpDeferredValueOf(Argument)

extern "C" {
#else

static inline ULONG64 KmpDeferredInteger(LONG64 Value)
{
    return (ULONG64)Value;
}

static inline ULONG64 KmpDeferredPointer(const volatile VOID *Value)
{
    return (ULONG_PTR)Value;
}

#define KMP_DEFERRED_SELECT(Argument, Integer, String, WideString, AnsiString, UnicodeString, Pointer)       \
    _Generic((Argument),                                                                                     \
        _Bool: Integer,                                                                                      \
        char: Integer,                                                                                       \
        signed char: Integer,                                                                                \
        unsigned char: Integer,                                                                              \
        short: Integer,                                                                                      \
        unsigned short: Integer,                                                                             \
        int: Integer,                                                                                        \
        unsigned int: Integer,                                                                               \
        long: Integer,                                                                                       \
        unsigned long: Integer,                                                                              \
        long long: Integer,                                                                                  \
        unsigned long long: Integer,                                                                         \
        char *: String,                                                                                      \
        const char *: String,                                                                                \
        WCHAR *: WideString,                                                                                 \
        const WCHAR *: WideString,                                                                           \
        STRING *: AnsiString,                                                                                \
        const STRING *: AnsiString,                                                                          \
        UNICODE_STRING *: UnicodeString,                                                                     \
        const UNICODE_STRING *: UnicodeString,                                                               \
        default: KMP_LOG_INTEGER_OR_POINTER(Argument, Integer, Pointer))

#define KMP_DEFERRED_TYPE(Argument)                                                                          \
    KMP_DEFERRED_SELECT(Argument, KMP_DEFERRED_INTEGER, KMP_DEFERRED_STRING, KMP_DEFERRED_WIDE_STRING,       \
                        KMP_DEFERRED_ANSI_STRING, KMP_DEFERRED_UNICODE_STRING, KMP_DEFERRED_POINTER)
#define KMP_DEFERRED_VALUE(Argument)                                                                         \
    KMP_DEFERRED_SELECT(Argument, KmpDeferredInteger, KmpDeferredPointer, KmpDeferredPointer,                \
                        KmpDeferredPointer, KmpDeferredPointer, KmpDeferredPointer)                          \
    (Argument)
#endif

// g++ cannot have one section both for what is in inline functions and for what is not; `kmode log` finds a
// site in any.
#if defined(__clang__) || (defined(__GNUC__) && !defined(__cplusplus))
#define KMP_DEFERRED_SECTION __attribute__((section(".kmlog")))
#elif defined(_MSC_VER)
#pragma section(".kmlog", read)
#define KMP_DEFERRED_SECTION __declspec(allocate(".kmlog"))
#else
#define KMP_DEFERRED_SECTION
#endif

// A declaration of all that is constant; what stands behind it is done if the filter lets the call pass.
#define KMP_DEFERRED_SITE(Level, Format, Count, ...)                                                         \
    static volatile LONG KmpDecision;                                                                        \
    KMP_LOG_CONSTANT KM_LOG_DEFERRED_SITE KMP_DEFERRED_SECTION KmpSite = {                                   \
        {Level, __LINE__, KM_LOG_TARGET, __FILE__, __func__, &KmpDecision}, Format, Count, {__VA_ARGS__}};   \
    if (!KmpLogIsSiteEnabled(&KmpSite.Site)) {                                                               \
        break;                                                                                               \
    }                                                                                                        \
    ((void)0)

#define KMP_DEFERRED_CHECK(...) ((void)sizeof(KmpCheckDeferredFormat(__VA_ARGS__), 0))
#define KMP_T(Argument)         KMP_DEFERRED_TYPE(Argument)
#define KMP_V(Argument)         KMP_DEFERRED_VALUE(Argument)
#define KMP_IS_TEXT(Argument)   (KMP_T(Argument) >= KMP_DEFERRED_STRING)

#define KMP_DEFER_0(L, F)                                                                                    \
    KMP_DEFERRED_SITE(L, F, 0, 0);                                                                           \
    KMP_DEFERRED_CHECK(F);                                                                                   \
    KmpDefer0(&KmpSite)

// Which of the two is called is known at compile time.
#define KMP_DEFER_WORDS(IsText, Fast, ...)                                                                   \
    do {                                                                                                     \
        const ULONG64 KmpValues[] = {__VA_ARGS__};                                                           \
        if (IsText) {                                                                                        \
            KmpDeferValues(&KmpSite, KmpValues);                                                             \
        } else {                                                                                             \
            Fast;                                                                                            \
        }                                                                                                    \
    } while (0)

#define KMP_DEFER_1(L, F, A)                                                                                 \
    KMP_DEFERRED_SITE(L, F, 1, KMP_T(A));                                                                    \
    KMP_DEFERRED_CHECK(F, A);                                                                                \
    KMP_DEFER_WORDS(KMP_IS_TEXT(A), KmpDefer1(&KmpSite, KmpValues[0]), KMP_V(A))
#define KMP_DEFER_2(L, F, A, B)                                                                              \
    KMP_DEFERRED_SITE(L, F, 2, KMP_T(A), KMP_T(B));                                                          \
    KMP_DEFERRED_CHECK(F, A, B);                                                                             \
    KMP_DEFER_WORDS(KMP_IS_TEXT(A) || KMP_IS_TEXT(B), KmpDefer2(&KmpSite, KmpValues[0], KmpValues[1]),       \
                    KMP_V(A), KMP_V(B))
#define KMP_DEFER_3(L, F, A, B, C)                                                                           \
    KMP_DEFERRED_SITE(L, F, 3, KMP_T(A), KMP_T(B), KMP_T(C));                                                \
    KMP_DEFERRED_CHECK(F, A, B, C);                                                                          \
    KMP_DEFER_WORDS(KMP_IS_TEXT(A) || KMP_IS_TEXT(B) || KMP_IS_TEXT(C),                                      \
                    KmpDefer3(&KmpSite, KmpValues[0], KmpValues[1], KmpValues[2]), KMP_V(A), KMP_V(B),       \
                    KMP_V(C))
#define KMP_DEFER_4(L, F, A, B, C, D)                                                                        \
    KMP_DEFERRED_SITE(L, F, 4, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D));                                      \
    KMP_DEFERRED_CHECK(F, A, B, C, D);                                                                       \
    KMP_DEFER_WORDS(KMP_IS_TEXT(A) || KMP_IS_TEXT(B) || KMP_IS_TEXT(C) || KMP_IS_TEXT(D),                    \
                    KmpDefer4(&KmpSite, KmpValues[0], KmpValues[1], KmpValues[2], KmpValues[3]), KMP_V(A),   \
                    KMP_V(B), KMP_V(C), KMP_V(D))

// Those with more arguments take more than a slot anyway.
#define KMP_DEFER_MANY(...)                                                                                  \
    const ULONG64 KmpValues[] = {__VA_ARGS__};                                                               \
    KmpDeferValues(&KmpSite, KmpValues)
#define KMP_DEFER_5(L, F, A, B, C, D, E)                                                                     \
    KMP_DEFERRED_SITE(L, F, 5, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E));                            \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E);                                                                    \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E))
#define KMP_DEFER_6(L, F, A, B, C, D, E, G)                                                                  \
    KMP_DEFERRED_SITE(L, F, 6, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G));                  \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G);                                                                 \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G))
#define KMP_DEFER_7(L, F, A, B, C, D, E, G, H)                                                               \
    KMP_DEFERRED_SITE(L, F, 7, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H));        \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H);                                                              \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H))
#define KMP_DEFER_8(L, F, A, B, C, D, E, G, H, I)                                                            \
    KMP_DEFERRED_SITE(L, F, 8, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H),         \
                      KMP_T(I));                                                                             \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H, I);                                                           \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H), KMP_V(I))
#define KMP_DEFER_9(L, F, A, B, C, D, E, G, H, I, J)                                                         \
    KMP_DEFERRED_SITE(L, F, 9, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H),         \
                      KMP_T(I), KMP_T(J));                                                                   \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H, I, J);                                                        \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H), KMP_V(I), KMP_V(J))
#define KMP_DEFER_10(L, F, A, B, C, D, E, G, H, I, J, K)                                                     \
    KMP_DEFERRED_SITE(L, F, 10, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H),        \
                      KMP_T(I), KMP_T(J), KMP_T(K));                                                         \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H, I, J, K);                                                     \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H), KMP_V(I), KMP_V(J), \
                   KMP_V(K))
#define KMP_DEFER_11(L, F, A, B, C, D, E, G, H, I, J, K, M)                                                  \
    KMP_DEFERRED_SITE(L, F, 11, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H),        \
                      KMP_T(I), KMP_T(J), KMP_T(K), KMP_T(M));                                               \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H, I, J, K, M);                                                  \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H), KMP_V(I), KMP_V(J), \
                   KMP_V(K), KMP_V(M))
#define KMP_DEFER_12(L, F, A, B, C, D, E, G, H, I, J, K, M, N)                                               \
    KMP_DEFERRED_SITE(L, F, 12, KMP_T(A), KMP_T(B), KMP_T(C), KMP_T(D), KMP_T(E), KMP_T(G), KMP_T(H),        \
                      KMP_T(I), KMP_T(J), KMP_T(K), KMP_T(M), KMP_T(N));                                     \
    KMP_DEFERRED_CHECK(F, A, B, C, D, E, G, H, I, J, K, M, N);                                               \
    KMP_DEFER_MANY(KMP_V(A), KMP_V(B), KMP_V(C), KMP_V(D), KMP_V(E), KMP_V(G), KMP_V(H), KMP_V(I), KMP_V(J), \
                   KMP_V(K), KMP_V(M), KMP_V(N))

// MSVC hands __VA_ARGS__ on as one argument unless it is expanded once more.
#define KMP_EXPAND(...)                                                                          __VA_ARGS__
#define KMP_DEFER_PICK(F, A, B, C, D, E, G, H, I, J, K, M, N, O, P, Q, R, S, T, U, V, Name, ...) Name
#define KMP_DEFER_TOO_MANY(...)                                                                              \
    KMP_LOG_NEVER("a deferred call of the log has no more than KM_LOG_DEFERRED_ARGUMENTS arguments")
#define KMP_LOG_DEFER(Level, ...)                                                                            \
    do {                                                                                                     \
        if (KmLogDeferredEnabled(Level)) {                                                                   \
            KMP_EXPAND(KMP_EXPAND(KMP_DEFER_PICK(                                                            \
                __VA_ARGS__, KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY, \
                KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY, KMP_DEFER_TOO_MANY,              \
                KMP_DEFER_12, KMP_DEFER_11, KMP_DEFER_10, KMP_DEFER_9, KMP_DEFER_8, KMP_DEFER_7,             \
                KMP_DEFER_6, KMP_DEFER_5, KMP_DEFER_4, KMP_DEFER_3, KMP_DEFER_2, KMP_DEFER_1, KMP_DEFER_0,   \
                0))(Level, __VA_ARGS__));                                                                    \
        }                                                                                                    \
    } while (0)

/// Whether a deferred call of Level would be kept now, by ceiling and maximum level; the log's filter
/// has a say besides. Any IRQL.
#define KmLogDeferredEnabled(Level)                                                                          \
    ((Level) <= (KM_LOG_CEILING) && (LONG)(Level) <= KmpLogDeferredMaximumLevel)

/// Keep one line at the level each is named after, for later: KmWarnDeferred(Format, ...), with up to
/// KM_LOG_DEFERRED_ARGUMENTS. Format is a string literal in NT's format language. Any IRQL, any context.
///
/// Integers and pointers are kept as they are. What a pointer to CHAR, WCHAR, STRING or UNICODE_STRING points
/// to is copied at the call, up to KM_LOG_DEFERRED_STRING_BYTES, so it must be readable at the IRQL of the
/// call; cast it to PVOID to keep the address alone. No floating point. A call with texts, or more than four
/// arguments, takes longer than others and 1,300 bytes of stack.
///
///     KmErrorDeferred("start failed: %08lx", Status);
///     KmWarnDeferred("%wZ: %p is slow", RegistryPath, DeviceObject);
///     KmDebugDeferred("object %p", (PVOID)RegistryPath);
#define KmErrorDeferred(...) KMP_LOG_DEFER(KmLevelError, __VA_ARGS__)
#define KmWarnDeferred(...)  KMP_LOG_DEFER(KmLevelWarn, __VA_ARGS__)
#define KmInfoDeferred(...)  KMP_LOG_DEFER(KmLevelInfo, __VA_ARGS__)
#define KmDebugDeferred(...) KMP_LOG_DEFER(KmLevelDebug, __VA_ARGS__)
#define KmTraceDeferred(...) KMP_LOG_DEFER(KmLevelTrace, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
