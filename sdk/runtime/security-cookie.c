// SPDX-License-Identifier: MIT
// The security cookie, by Microsoft's name and, for code that clang compiles for mingw, GNU's.
#include "security-cookie.h"

UINT_PTR __security_cookie = KM_DEFAULT_SECURITY_COOKIE;

extern UINT_PTR __stack_chk_guard __attribute__((alias("__security_cookie")));
