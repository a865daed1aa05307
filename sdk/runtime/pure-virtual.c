// SPDX-License-Identifier: MIT
// Call of a pure virtual function, in C++ compiled for mingw. Microsoft's name, _purecall, is a kernel
// export.
#include <wdm.h>

DECLSPEC_NORETURN VOID __cdecl __cxa_pure_virtual(VOID);

// The kernel's _purecall does what Windows does for this error, a bug check.
NTKERNELAPI int __cdecl _purecall(VOID);

VOID __cdecl __cxa_pure_virtual(VOID)
{
    (VOID) _purecall();
    __builtin_trap();
}
