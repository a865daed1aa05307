// SPDX-License-Identifier: MIT
// mingw-w64's ntddk.h, over the corrected wdm.h.
#ifndef KMODE_NT_NTDDK_H
#define KMODE_NT_NTDDK_H

// What mingw-w64's ntddk.h defines before it reads wdm.h, which asks for it.
#define _NTDDK_
#if !defined(_NTHAL_) && !defined(_NTIFS_)
#define _NTDDK_INCLUDED_
#define _DDK_DRIVER_
#endif
#define _CTYPE_DISABLE_MACROS
#include <wdm.h>

// mingw-w64's ntddk.h lacks the type where RTL_USE_AVL_TABLES is set, and uses it.
#ifdef RTL_USE_AVL_TABLES
typedef struct _RTL_SPLAY_LINKS {
    struct _RTL_SPLAY_LINKS *Parent;
    struct _RTL_SPLAY_LINKS *LeftChild;
    struct _RTL_SPLAY_LINKS *RightChild;
} RTL_SPLAY_LINKS, *PRTL_SPLAY_LINKS;
#endif

#include <kmode-nt/renames-begin.h>
#include_next <ntddk.h>
#include <kmode-nt/renames-end.h>

#include <kmode-nt/ps.h>
#include <kmode-nt/ntddk.h>

#endif
