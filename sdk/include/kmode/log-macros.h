// SPDX-License-Identifier: MIT
// Log: calls with fields, calls that are made once, each Nth time or at a limited rate, and dumps of memory.
//
//     KmInfoFields("opened", KmField("path", RegistryPath), KmField("bytes", 4096));
//     KmWarnOnce("no interrupt yet");
//     KmWarnEveryN(100, "short packet");
//     KmWarnLimited(5, 1000, "no answer from %wZ", RegistryPath);
//     KmLogHex(KmLevelDebug, "IRP", Irp, sizeof(IRP));
//
// All of them may be called at any IRQL at which what they are given is resident.
#ifndef KMODE_LOG_MACROS_H
#define KMODE_LOG_MACROS_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-macros.h>"
#endif

#include <kmode/log.h>

#ifdef __cplusplus
extern "C" {
#endif

/// Writes one line with fields at Level, a constant: a message, which is a string and no format, and one
/// KmField(Name, Expression) or more, which are evaluated only if the line is written. Any IRQL.
///
///     KmLogFields(KmLevelDebug, "opened", KmField("path", RegistryPath), KmField("irp", Irp));
#define KmLogFields(Level, Message, ...)                                                                     \
    KMP_LOG_IF(Level, TRUE, const KM_LOG_FIELD KmpFields[] = {__VA_ARGS__};                                  \
               KmLogWriteFields(&KmpSite, Message, KmpFields, sizeof(KmpFields) / sizeof(KmpFields[0])))

/// As KmLogFields, at the level each is named after: KmInfoFields(Message, KmField(Name, Expression), ...).
#define KmErrorFields(Message, ...) KmLogFields(KmLevelError, Message, __VA_ARGS__)
#define KmWarnFields(Message, ...)  KmLogFields(KmLevelWarn, Message, __VA_ARGS__)
#define KmInfoFields(Message, ...)  KmLogFields(KmLevelInfo, Message, __VA_ARGS__)
#define KmDebugFields(Message, ...) KmLogFields(KmLevelDebug, Message, __VA_ARGS__)
#define KmTraceFields(Message, ...) KmLogFields(KmLevelTrace, Message, __VA_ARGS__)

/// As KmWarn and its like, but only the first time that the call is reached while its level is enabled.
#define KmErrorOnce(...) KMP_LOG_ONCE(KmLevelError, __VA_ARGS__)
#define KmWarnOnce(...)  KMP_LOG_ONCE(KmLevelWarn, __VA_ARGS__)
#define KmInfoOnce(...)  KMP_LOG_ONCE(KmLevelInfo, __VA_ARGS__)
#define KmDebugOnce(...) KMP_LOG_ONCE(KmLevelDebug, __VA_ARGS__)
#define KmTraceOnce(...) KMP_LOG_ONCE(KmLevelTrace, __VA_ARGS__)

/// As KmWarn and its like, but only the first time, and each Nth after it: KmWarnEveryN(N, Format, ...). N of
/// 0 counts as 1.
#define KmErrorEveryN(N, ...) KMP_LOG_EVERY_N(KmLevelError, N, __VA_ARGS__)
#define KmWarnEveryN(N, ...)  KMP_LOG_EVERY_N(KmLevelWarn, N, __VA_ARGS__)
#define KmInfoEveryN(N, ...)  KMP_LOG_EVERY_N(KmLevelInfo, N, __VA_ARGS__)
#define KmDebugEveryN(N, ...) KMP_LOG_EVERY_N(KmLevelDebug, N, __VA_ARGS__)
#define KmTraceEveryN(N, ...) KMP_LOG_EVERY_N(KmLevelTrace, N, __VA_ARGS__)

/// As KmWarn and its like, but on average no more than one each Milliseconds, and no more than Burst at once:
/// KmWarnLimited(Burst, Milliseconds, Format, ...). The first after some that were held back has their number
/// as its field `suppressed`. Time is the interrupt time, which moves each 1 to 16 ms.
#define KmErrorLimited(Burst, Milliseconds, ...)                                                             \
    KMP_LOG_LIMITED(KmLevelError, Burst, Milliseconds, __VA_ARGS__)
#define KmWarnLimited(Burst, Milliseconds, ...) KMP_LOG_LIMITED(KmLevelWarn, Burst, Milliseconds, __VA_ARGS__)
#define KmInfoLimited(Burst, Milliseconds, ...) KMP_LOG_LIMITED(KmLevelInfo, Burst, Milliseconds, __VA_ARGS__)
#define KmDebugLimited(Burst, Milliseconds, ...)                                                             \
    KMP_LOG_LIMITED(KmLevelDebug, Burst, Milliseconds, __VA_ARGS__)
#define KmTraceLimited(Burst, Milliseconds, ...)                                                             \
    KMP_LOG_LIMITED(KmLevelTrace, Burst, Milliseconds, __VA_ARGS__)

/// Writes memory as lines of 16 bytes at Level, a constant: `0010  4d 5a 90 00 ...  MZ..`, each a record of
/// its own, after a line with Message and how many bytes. Memory must be resident above APC_LEVEL.
#define KmLogHex(Level, Message, Memory, Bytes)                                                              \
    KMP_LOG_IF(Level, TRUE, KmLogWriteHex(&KmpSite, Message, Memory, Bytes))

/// Of the macros alone: writes one message with fields, whatever level and filter say.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogWriteFields(_In_ PCKM_LOG_SITE Site, _In_ PCSTR Message,
                     _In_reads_(FieldCount) PCKM_LOG_FIELD Fields, _In_ ULONG FieldCount);

/// Of the macros alone: what KmLogHex calls.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogWriteHex(_In_ PCKM_LOG_SITE Site, _In_ PCSTR Message, _In_reads_bytes_(Bytes) const VOID *Memory,
                  _In_ SIZE_T Bytes);

/// What the limited forms keep of a call: static, zeroed.
typedef struct KM_LOG_LIMIT {
    volatile LONG64 Due; ///< interrupt time until which its rate is used up
    volatile LONG Suppressed;
} KM_LOG_LIMIT, *PKM_LOG_LIMIT;

/// Whether one more may pass: no more than Burst (0 counts as 1) at once, one each Milliseconds on average.
/// Counts those that may not.
///
///     KmInfo("before");
///     static KM_LOG_LIMIT Limit;
///
///     if (KmLogLimitPass(&Limit, 3, 1000)) {
///         KmPrint("at most three at once\n");
///     }
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmLogLimitPass(_Inout_ PKM_LOG_LIMIT Limit, _In_ ULONG Burst, _In_ ULONG Milliseconds);

/// Of the macros alone: as KmLogWrite, with how many the limit has held back since the last time.
_IRQL_requires_max_(HIGH_LEVEL) VOID
    __cdecl KmLogWriteLimited(_In_ PCKM_LOG_SITE Site, _Inout_ PKM_LOG_LIMIT Limit,
                              _In_ _Printf_format_string_ PCSTR Format, ...) KMP_PRINTF_FORMAT(3, 4);

#define KMP_LOG_ONCE(Level, ...)                                                                             \
    do {                                                                                                     \
        static volatile LONG KmpDone;                                                                        \
        KMP_LOG_IF(Level, !KmpDone && !InterlockedExchange(&KmpDone, 1), KmLogWrite(&KmpSite, __VA_ARGS__)); \
    } while (0)

#define KMP_LOG_EVERY_N(Level, N, ...)                                                                       \
    do {                                                                                                     \
        static volatile LONG KmpCount;                                                                       \
        KMP_LOG_IF(Level, KmpLogIsNth(&KmpCount, N), KmLogWrite(&KmpSite, __VA_ARGS__));                     \
    } while (0)

#define KMP_LOG_LIMITED(Level, Burst, Milliseconds, ...)                                                     \
    do {                                                                                                     \
        static KM_LOG_LIMIT KmpLimit;                                                                        \
        KMP_LOG_IF(Level, KmLogLimitPass(&KmpLimit, Burst, Milliseconds),                                    \
                   KmLogWriteLimited(&KmpSite, &KmpLimit, __VA_ARGS__));                                     \
    } while (0)

static __inline BOOLEAN KmpLogIsNth(_Inout_ volatile LONG *Count, _In_ ULONG Period)
{
    return Period < 2 || ((ULONG)InterlockedIncrement(Count) - 1) % Period == 0;
}

#ifdef __cplusplus
}
#endif

#endif
