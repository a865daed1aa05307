// SPDX-License-Identifier: MIT
// Log: what one call of the log is, as sinks get it.
#ifndef KMODE_LOG_RECORD_H
#define KMODE_LOG_RECORD_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-record.h>"
#endif

#include <kmode/log-value.h>

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
/// kept as long as the driver is loaded.
typedef struct KM_LOG_SITE {
    KM_LOG_LEVEL Level;
    ULONG Line;
    PCSTR Target;
    PCSTR File;
    PCSTR Function;
    volatile LONG *Decision; ///< the log's: what the filter says of this call; NULL: ask it each time
} KM_LOG_SITE;
typedef const KM_LOG_SITE *PCKM_LOG_SITE;

/// One record. It, and all that it refers to but Site, lives as long as the call that it is given to.
typedef struct KM_LOG_RECORD {
    PCKM_LOG_SITE Site;  ///< level, target, file, line, function
    LARGE_INTEGER Time;  ///< system time: 100 ns since 1601, in UTC
    ULONG Processor;     ///< its number among those of all groups
    KIRQL Irql;          ///< of who logs
    HANDLE Process;      ///< its id: in an interrupt routine, of whom it interrupted
    HANDLE Thread;       ///< likewise
    PCSTR Message;       ///< UTF-8, zero-terminated, without a newline at its end
    ULONG MessageLength; ///< in bytes, without the zero
    ULONG FieldCount;
    PCKM_LOG_FIELD Fields; ///< FieldCount of them
} KM_LOG_RECORD, *PKM_LOG_RECORD;
typedef const KM_LOG_RECORD *PCKM_LOG_RECORD;

/// Sets all of the record but what it says: Site, and time, processor, IRQL, process and thread of now.
/// Message is empty, and there are no fields.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI
    KmLogRecordInit(_Out_ PKM_LOG_RECORD Record, _In_ PCKM_LOG_SITE Site);

/// Hands the record to each sink whose level includes the record's, without a look at maximum level or
/// filter, which KmLogEnabled and the macros ask. For what brings records from elsewhere: another log, or a
/// ring of records that were kept. Nothing happens before KmLogInit.
///
///     KM_LOG_RECORD Record;
///     static const KM_LOG_SITE Site = {KmLevelWarn, __LINE__, "firmware", __FILE__, __func__, NULL};
///
///     KmLogRecordInit(&Record, &Site);
///     Record.Message = "hot";
///     Record.MessageLength = 3;
///     KmLogWriteRecord(&Record);
///     KmInfo("%s", KmLogLevelName(Site.Level));
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmLogWriteRecord(_In_ PCKM_LOG_RECORD Record);

/// The level's name: "ERROR", "WARN", ...; "?" for no level.
_IRQL_requires_max_(HIGH_LEVEL) PCSTR NTAPI KmLogLevelName(_In_ KM_LOG_LEVEL Level);

#ifdef __cplusplus
}
#endif

#endif
