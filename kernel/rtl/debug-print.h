// SPDX-License-Identifier: MIT
// Debug messages: DbgPrint and its family, and the filter in front of them.
#ifndef KMODE_RTL_DEBUG_PRINT_H
#define KMODE_RTL_DEBUG_PRINT_H

// One message is at most this many bytes; of a longer one the last byte becomes a newline.
#define RTLP_DEBUG_MESSAGE_MAX 512

// ULONG DbgPrint(PCSTR Format, ...)
// ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
// ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
// ULONG vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
// ULONG DbgPrintReturnControlC(PCCH Format, ...)
//   Send Prefix and the formatted text (rtl/format.h) to the debug output and to the print callbacks, if the
//   filter lets the message through. Return STATUS_SUCCESS, also for a message that was filtered out; or the
//   code of the exception that an argument raised when it was read, and send nothing then. DbgPrint is
//   DbgPrintEx of DPFLTR_DEFAULT_ID and DPFLTR_INFO_LEVEL. DbgPrintReturnControlC would return
//   STATUS_BREAKPOINT had someone at the debugger pressed Ctrl+C; there is nobody. Any IRQL; wide arguments
//   are documented for PASSIVE_LEVEL alone.
//
//   The debug output is UTF-8: narrow text passes byte for byte, wide text is converted, and a lone surrogate
//   is U+FFFD. (NT sends the ANSI code page's bytes, and '?' for what it lacks.)
//
// The filter: a message's importance is 1 << Level for a Level below 32, else Level. It passes if that has a
// bit in common with its component's mask or with the mask WIN2000, which holds for all. At boot WIN2000 is 1
// (errors), the masks of DEFAULT and of the six IHV components are all ones, as a driver writer sets them
// under "Debug Print Filter", and the others are 0. A component that is not in the table has the mask 0.
//
// NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
//   TRUE if a message would pass, FALSE if not, STATUS_INVALID_PARAMETER_1 for a component that is not in the
//   table (MAXULONG asks for WIN2000 alone). Any IRQL.
// NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
//   Sets or clears the bits of Level in a component's mask; STATUS_INVALID_PARAMETER_1 as above. Any IRQL.
//
// NTSTATUS DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK Callback, BOOLEAN Enable)
//   Adds or removes a routine that is called with each message that passes, at the sender's IRQL; messages
//   that it sends itself do not reach callbacks. STATUS_INSUFFICIENT_RESOURCES when RTLP_DEBUG_CALLBACK_MAX
//   are there, STATUS_NOT_FOUND if the one to remove is not.
#define RTLP_DEBUG_CALLBACK_MAX 8

#endif
