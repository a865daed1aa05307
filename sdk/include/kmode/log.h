// SPDX-License-Identifier: MIT
// Log: levelled messages of a driver. Linked into the driver; runs on Windows 7 to 11 as on kmode.
//
//     KmLogInit(KmLevelInfo);
//     KmWarn("device %wZ answers slowly: %lu ms", RegistryPath, 130ul);
//     KmLog(KmLevelError, "it is not there");
//     if (KmLogGetMaximumLevel() < KmLevelDebug) {
//         KmLogSetMaximumLevel(KmLevelDebug);
//     }
//
// prints, visible by default in a kernel debugger and in `kmode run`,
//
//     WARN  [mydriver] device \Registry\Machine\... answers slowly: 130 ms
#ifndef KMODE_LOG_H
#define KMODE_LOG_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log.h>"
#endif

#include <kmode/log-record.h>
#include <kmode/log-sink.h>

/// Who speaks, in brackets before each message. `kmode build` defines it as the driver's name; a source file
/// may have its own, a string literal: `#undef KM_LOG_TARGET` and `#define KM_LOG_TARGET "mydriver.net"`.
#ifndef KM_LOG_TARGET
#define KM_LOG_TARGET "driver"
#endif

/// The level above which a call leaves no code and evaluates none of its arguments, decided at compile time:
/// `-DKM_LOG_CEILING=KmLevelInfo`. By default every call is compiled.
#ifndef KM_LOG_CEILING
#define KM_LOG_CEILING KmLevelTrace
#endif

/// Room for one message in bytes, target, level and fields excluded. A longer one is cut, and ends in "...".
#define KM_LOG_MESSAGE_SIZE 400

#ifndef STATUS_ALREADY_INITIALIZED
#define STATUS_ALREADY_INITIALIZED ((NTSTATUS)0xC0000510L)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Starts the log at MaximumLevel, with the debugger as its sink (KmLogDebugger); until then nothing is
/// written. Allocates nothing, so there is nothing to undo.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if MaximumLevel is no KM_LOG_LEVEL;
/// STATUS_ALREADY_INITIALIZED if the log was started before, and then changes nothing (KmLogSetMaximumLevel
/// does).
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI KmLogInit(_In_ KM_LOG_LEVEL MaximumLevel);

/// As KmLogInit, with Sink instead of the debugger; NULL: with those alone that KmLogAddSink adds.
///
/// Returns what KmLogInit does, and what KmLogAddSink does; the log is then not started.
///
///     KmPrint("the log goes to COM1\n");
///     static KM_LOG_SERIAL_SINK Serial;
///
///     Status = KmLogSerialSinkInit(&Serial, KM_SERIAL_COM1, 115200);
///     if (NT_SUCCESS(Status)) {
///         Status = KmLogInitWithSink(KmLevelInfo, &Serial.Sink);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmLogInitWithSink(_In_ KM_LOG_LEVEL MaximumLevel, _In_opt_ PKM_LOG_SINK Sink);

/// Sets the level up to which messages are written from now on, on all processors. A value that is no
/// KM_LOG_LEVEL counts as the nearest one. Without effect before KmLogInit.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogSetMaximumLevel(_In_ KM_LOG_LEVEL MaximumLevel);

/// Returns the level up to which messages are written now: KmLevelOff before KmLogInit.
_IRQL_requires_max_(HIGH_LEVEL) KM_LOG_LEVEL NTAPI KmLogGetMaximumLevel(VOID);

/// Of the macros alone, which ask level and filter: formats one message and writes it to the sinks.
///
/// Format is as of KmLogTextPutFormat: NT's conversions, each at any IRQL, wide text becoming UTF-8; the
/// strings given must be resident above APC_LEVEL. A conversion that is not known, as those of floating
/// point, is told of behind the message, with file and line: numbers of that kind are fields (KmField). One
/// newline at the message's end is dropped: a message is a line. Needs about 1,500 bytes of stack with the
/// SDK's sinks, 3,000 with ETW's while a session listens.
_IRQL_requires_max_(HIGH_LEVEL) VOID
    __cdecl KmLogWrite(_In_ PCKM_LOG_SITE Site, _In_ _Printf_format_string_ PCSTR Format, ...)
        KMP_PRINTF_FORMAT(2, 3);

/// Of the macros alone. KmpLogMaximumLevel: the highest level that maximum, filter and sinks let pass, so
/// that a call that nobody wants ends at one comparison. KmpLogGeneration: even, another after each change of
/// the filter; a call's decision of that generation has bit 0 set if the filter lets it pass.
extern volatile LONG KmpLogMaximumLevel;
extern volatile LONG KmpLogGeneration;

/// Of the macros alone: asks the filter, and keeps in *Decision, if there is one, what it said.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmpLogAskFilter(_In_ PCSTR Target, _In_ KM_LOG_LEVEL Level, _Inout_opt_ volatile LONG *Decision);

/// Of the macros alone: whether the filter lets a call of that Decision pass.
static __inline BOOLEAN KmpLogIsPassed(_In_ PCSTR Target, _In_ KM_LOG_LEVEL Level,
                                       _Inout_ volatile LONG *Decision)
{
    LONG Difference = *Decision ^ KmpLogGeneration;

    return Difference == 1 || (Difference != 0 && KmpLogAskFilter(Target, Level, Decision));
}

/// Of the macros alone: likewise, of a site that has one.
static __inline BOOLEAN KmpLogIsSiteEnabled(_In_ PCKM_LOG_SITE Site)
{
    return KmpLogIsPassed(Site->Target, Site->Level, Site->Decision);
}

/// Whether Level passes the ceiling and the highest level that anybody wants: one load and compare.
#define KMP_LOG_MAY_PASS(Level) ((Level) <= (KM_LOG_CEILING) && (LONG)(Level) <= KmpLogMaximumLevel)

#if defined(__GNUC__) && !defined(KMP_NO_STATEMENT_EXPRESSIONS)
#define KMP_LOG_ENABLED(Level)                                                                               \
    ((!__builtin_constant_p(Level) || (Level) <= (KM_LOG_CEILING)) && __extension__({                        \
         static volatile LONG KmpEnabledDecision;                                                            \
         const KM_LOG_LEVEL KmpEnabledLevel = (Level);                                                       \
         KMP_LOG_MAY_PASS(KmpEnabledLevel) &&                                                                \
             (__builtin_constant_p(Level)                                                                    \
                  ? KmpLogIsPassed(KM_LOG_TARGET, KmpEnabledLevel, &KmpEnabledDecision)                      \
                  : KmpLogAskFilter(KM_LOG_TARGET, KmpEnabledLevel, NULL));                                  \
     }))
#else
#define KMP_LOG_ENABLED(Level) (KMP_LOG_MAY_PASS(Level) && KmpLogAskFilter(KM_LOG_TARGET, Level, NULL))
#endif

/// Whether a message of Level by this target would be written now: ceiling, maximum level, filter, levels of
/// the sinks. To guard work that only the log needs. What the filter has said of a constant Level is kept; of
/// another it is asked each time. Any IRQL.
///
///     if (KmLogEnabled(KmLevelDebug)) {
///         KmDebug("stack has %Iu bytes left", (SIZE_T)IoGetRemainingStackSize());
///     }
#define KmLogEnabled(Level) KMP_LOG_ENABLED(Level)

// In C++ what is static, constant and no constant expression is initialized when it is reached, once.
#ifdef __cplusplus
#define KMP_LOG_CONSTANT static constexpr
#else
#define KMP_LOG_CONSTANT static const
#endif

/// A call of the log: the statements at the end, in which KmpSite is its site, if Level passes and Condition
/// holds.
#define KMP_LOG_IF(Level, Condition, ...)                                                                    \
    do {                                                                                                     \
        if (KMP_LOG_MAY_PASS(Level)) {                                                                       \
            static volatile LONG KmpDecision;                                                                \
            KMP_LOG_CONSTANT KM_LOG_SITE KmpSite = {Level,    __LINE__, KM_LOG_TARGET,                       \
                                                    __FILE__, __func__, &KmpDecision};                       \
            if (KmpLogIsSiteEnabled(&KmpSite) && (Condition)) {                                              \
                __VA_ARGS__;                                                                                 \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

/// Writes one line at Level, a constant: KmLog(KmLevelInfo, Format, ...). Format is a string literal.
/// Arguments are evaluated only if the line is written. Any IRQL; conversions: see KmLogWrite.
#define KmLog(Level, ...) KMP_LOG_IF(Level, TRUE, KmLogWrite(&KmpSite, __VA_ARGS__))

/// Write one line at the level each is named after: KmWarn(Format, ...), as KmLog. Any IRQL.
#define KmError(...) KmLog(KmLevelError, __VA_ARGS__)
#define KmWarn(...)  KmLog(KmLevelWarn, __VA_ARGS__)
#define KmInfo(...)  KmLog(KmLevelInfo, __VA_ARGS__)
#define KmDebug(...) KmLog(KmLevelDebug, __VA_ARGS__)
#define KmTrace(...) KmLog(KmLevelTrace, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
