// SPDX-License-Identifier: MIT
// Log: levelled messages of a driver. Linked into the driver; runs on Windows 7 to 11 as on kmode.
//
//     KmLogInit(KmLevelInfo);
//     KmWarn("device %wZ answers slowly: %lu ms", &Name, Milliseconds);
//
// prints, visible by default in a kernel debugger and in `kmode run`,
//
//     WARN  [mydriver] device \Device\Serial0 answers slowly: 130 ms
#ifndef KMODE_LOG_H
#define KMODE_LOG_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log.h>"
#endif

/// Who speaks, in brackets before each message. `kmode build` defines it as the driver's name; a source file
/// may define its own, as a string literal, before it includes <kmode.h>.
#ifndef KM_LOG_TARGET
#define KM_LOG_TARGET "driver"
#endif

/// The level above which a call leaves no code and evaluates none of its arguments, decided at compile time:
/// `-DKM_LOG_CEILING=KmLevelInfo`. By default every call is compiled.
#ifndef KM_LOG_CEILING
#define KM_LOG_CEILING KmLevelTrace
#endif

/// Room for one message in bytes, target and level excluded. A longer one is cut, and ends in "...".
#define KM_LOG_MESSAGE_SIZE 400

#ifndef STATUS_ALREADY_INITIALIZED
#define STATUS_ALREADY_INITIALIZED ((NTSTATUS)0xC0000510L)
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// How much is said; a level includes all the levels before it.
typedef enum KM_LOG_LEVEL {
    KmLevelOff = 0,
    KmLevelError = 1,
    KmLevelWarn = 2,
    KmLevelInfo = 3,
    KmLevelDebug = 4,
    KmLevelTrace = 5
} KM_LOG_LEVEL;

/// One call of a log macro: what is known of it at compile time. Made by the macros; constant, so it may be
/// kept.
typedef struct KM_LOG_SITE {
    KM_LOG_LEVEL Level;
    ULONG Line;
    PCSTR Target;
    PCSTR File;
    PCSTR Function;
} KM_LOG_SITE;
typedef const KM_LOG_SITE *PCKM_LOG_SITE;

// Of the compilers, only clang's format check knows NT's conversions (%wZ, %Z, %ws, %I64x).
#ifdef __clang__
#define KMP_PRINTF_FORMAT(Format, FirstArgument) __attribute__((format(printf, Format, FirstArgument)))
#else
#define KMP_PRINTF_FORMAT(Format, FirstArgument)
#endif

/// Starts the log at MaximumLevel; until then nothing is written. Allocates nothing, so there is nothing to
/// undo.
///
/// Returns STATUS_SUCCESS; STATUS_INVALID_PARAMETER if MaximumLevel is no KM_LOG_LEVEL;
/// STATUS_ALREADY_INITIALIZED if the log was started before, and then changes nothing (KmLogSetMaximumLevel
/// does).
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI KmLogInit(_In_ KM_LOG_LEVEL MaximumLevel);

/// Sets the level up to which messages are written from now on, on all processors. A value that is no
/// KM_LOG_LEVEL counts as the nearest one. Without effect before KmLogInit.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogSetMaximumLevel(_In_ KM_LOG_LEVEL MaximumLevel);

/// Returns the level up to which messages are written now: KmLevelOff before KmLogInit.
_IRQL_requires_max_(HIGH_LEVEL) KM_LOG_LEVEL NTAPI KmLogGetMaximumLevel(VOID);

/// Formats one message and writes it, whatever its level: call it by the macros below, which check the level.
///
/// Format is NT's (`%wZ`, `%ws`, `%I64x`, ...). Conversions of wide text need PASSIVE_LEVEL, as in DbgPrint;
/// the others may be used in interrupt routines. One newline at the message's end is dropped: a message is a
/// line. Needs about 600 bytes of stack.
_IRQL_requires_max_(CLOCK_LEVEL - 1) VOID
    __cdecl KmLogWrite(_In_ PCKM_LOG_SITE Site, _In_ _Printf_format_string_ PCSTR Format, ...)
        KMP_PRINTF_FORMAT(2, 3);

/// Of the macros alone: read it by KmLogGetMaximumLevel, ask it by KmLogEnabled.
extern volatile LONG KmpLogMaximumLevel;

/// Whether a message of Level would be written now: to guard work that only the log needs. Any IRQL.
#define KmLogEnabled(Level) ((Level) <= (KM_LOG_CEILING) && (LONG)(Level) <= KmpLogMaximumLevel)

#define KMP_LOG(Level, ...)                                                                                  \
    do {                                                                                                     \
        if (KmLogEnabled(Level)) {                                                                           \
            static const KM_LOG_SITE KmpSite = {Level, __LINE__, KM_LOG_TARGET, __FILE__, __func__};         \
            KmLogWrite(&KmpSite, __VA_ARGS__);                                                               \
        }                                                                                                    \
    } while (0)

/// Write one line at the level each is named after: KmWarn(Format, ...). Format is a string literal.
/// Arguments are evaluated only if the line is written. IRQL and conversions: see KmLogWrite.
#define KmError(...) KMP_LOG(KmLevelError, __VA_ARGS__)
#define KmWarn(...)  KMP_LOG(KmLevelWarn, __VA_ARGS__)
#define KmInfo(...)  KMP_LOG(KmLevelInfo, __VA_ARGS__)
#define KmDebug(...) KMP_LOG(KmLevelDebug, __VA_ARGS__)
#define KmTrace(...) KMP_LOG(KmLevelTrace, __VA_ARGS__)

#ifdef __cplusplus
}
#endif

#endif
