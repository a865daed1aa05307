// SPDX-License-Identifier: MIT
// What code with stack protection calls when a function's return is not safe: bug check 0xF7.
#include "security-cookie.h"

#ifndef DRIVER_OVERRAN_STACK_BUFFER
#define DRIVER_OVERRAN_STACK_BUFFER ((ULONG)0x000000F7)
#endif

// Any IRQL. StackCookie is what the stack held. Does not return.
DECLSPEC_NORETURN VOID __cdecl __report_gsfailure(_In_ UINT_PTR StackCookie);
// Returns if StackCookie is intact. Called by code that MSVC compiled.
VOID __cdecl __security_check_cookie(_In_ UINT_PTR StackCookie);
// Called by code that clang compiled; what the stack held is not passed, so the report gives 0 for it.
DECLSPEC_NORETURN VOID __cdecl __stack_chk_fail(VOID);

__attribute__((no_stack_protector)) VOID __cdecl __report_gsfailure(UINT_PTR StackCookie)
{
    KeBugCheckEx(DRIVER_OVERRAN_STACK_BUFFER, StackCookie, __security_cookie, ~__security_cookie, 0);
    __builtin_unreachable();
}

__attribute__((no_stack_protector)) VOID __cdecl __security_check_cookie(UINT_PTR StackCookie)
{
    if (StackCookie != __security_cookie || (StackCookie >> 48) != 0) {
        __report_gsfailure(StackCookie);
    }
}

__attribute__((no_stack_protector)) VOID __cdecl __stack_chk_fail(VOID)
{
    __report_gsfailure(0);
}
