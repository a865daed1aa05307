// SPDX-License-Identifier: MIT
// suppress.h of the WDK names code analysis warnings for `#pragma prefast` and `#pragma warning(suppress:
// ...)`; clang reads neither. `__WARNING_*` constants are the analyser's own warning numbers.
#ifndef KMODE_NT_SUPPRESS_H
#define KMODE_NT_SUPPRESS_H

#define __WARNING_UNUSED_ASSIGNMENT                       28931
#define __WARNING_BANNED_API_USAGE                        28719
#define __WARNING_POTENTIAL_BUFFER_OVERFLOW_HIGH_PRIORITY 26015
#define __WARNING_INACCESSIBLE_MEMBER                     28175
#define __WARNING_MODIFYING_MDL                           28145
#define __WARNING_DEREF_NULL_PTR                          6011
#define __WARNING_USING_UNINIT_VAR                        6001

#endif
