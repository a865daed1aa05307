// SPDX-License-Identifier: MIT
// Messages by format. Inside the SDK only.
#ifndef KMODE_SDK_LOG_FORMAT_H
#define KMODE_SDK_LOG_FORMAT_H

#include <kmode.h>

/// KmLogTextPutFormatV. FALSE: Format has a conversion that is not known.
BOOLEAN KmpLogPutFormat(_Inout_ PKM_LOG_TEXT Text, _In_ PCSTR Format, _In_ va_list Arguments);

/// Puts the message of a call at Site, without the newline at its end; what is wrong with Format is told
/// behind it.
VOID KmpLogPutMessage(_Inout_ PKM_LOG_TEXT Text, _In_ PCKM_LOG_SITE Site, _In_ PCSTR Format,
                      _In_ va_list Arguments);

#endif
