// SPDX-License-Identifier: MIT
// Log: filters, which say for each target how much of it is written.
//
//     (void)KmLogInit(KmLevelInfo);
//     Status = KmLogSetFilterFromRegistry(RegistryPath, L"LogFilter");
//     if (Status == STATUS_OBJECT_NAME_NOT_FOUND) {
//         Status = KmLogSetFilter("info,mydriver.net=trace,mydriver.io=off");
//     }
//
// A filter is one or more parts with commas between. A part is a level (off, error, warn, info, debug, trace,
// in upper or lower case), for targets that no other part is for; or TARGET=LEVEL; or TARGET alone, which is
// TARGET=trace. A part is for the target itself and for those below it: mydriver for mydriver.net too, not
// for mydriver2; of several that are for a target the longest counts, of equal ones the last. A target that
// no part is for is off. Blanks around names do not count.
#ifndef KMODE_LOG_FILTER_H
#define KMODE_LOG_FILTER_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/log-filter.h>"
#endif

#include <kmode/log.h>

/// A filter has no more parts than this, and no more bytes.
#define KM_LOG_FILTER_PARTS 16
#define KM_LOG_FILTER_BYTES 512

#ifdef __cplusplus
extern "C" {
#endif

/// Sets the filter, in place of the one before, and the maximum level to the highest level that it names, so
/// that a filter alone says all; KmLogSetMaximumLevel may lower that. NULL: takes the filter away, and leaves
/// the maximum level as it is. After KmLogInit, which sets the maximum level, too. Calls on other processors
/// obey the new filter when it returns. Filter is copied.
///
/// Returns STATUS_SUCCESS; STATUS_DEVICE_NOT_READY before KmLogInit; STATUS_POSSIBLE_DEADLOCK in a Write of a
/// sink; STATUS_INVALID_PARAMETER if it is no
/// filter (an unknown level, an empty part, a character that is not ASCII), STATUS_BUFFER_OVERFLOW if it has
/// more than KM_LOG_FILTER_BYTES, STATUS_TOO_MANY_NAMES if it has more than KM_LOG_FILTER_PARTS; nothing has
/// changed then.
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI KmLogSetFilter(_In_opt_ PCSTR Filter);

/// Sets the filter that stands in the value ValueName, a REG_SZ, of the key RegistryPath: that of the
/// service, as DriverEntry gets it.
///
/// Returns what KmLogSetFilter does; STATUS_OBJECT_NAME_NOT_FOUND if there is no such value, or no such key;
/// STATUS_OBJECT_TYPE_MISMATCH if it is no REG_SZ; what ZwOpenKey and ZwQueryValueKey return. Unless it
/// succeeds nothing has changed. Needs about 2,000 bytes of stack.
_IRQL_requires_max_(PASSIVE_LEVEL) NTSTATUS NTAPI
    KmLogSetFilterFromRegistry(_In_ PUNICODE_STRING RegistryPath, _In_ PCWSTR ValueName);

#ifdef __cplusplus
}
#endif

#endif
