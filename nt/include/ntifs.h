// SPDX-License-Identifier: MIT
// mingw-w64's ntifs.h, over the corrected ntddk.h.
#ifndef KMODE_NT_NTIFS_H
#define KMODE_NT_NTIFS_H

// What mingw-w64's ntifs.h defines before it reads ntddk.h, which asks for it.
#define _NTIFS_INCLUDED_
#define _GNU_NTIFS_
#include <ntddk.h>

#include <kmode-nt/renames-begin.h>
#include_next <ntifs.h>
#include <kmode-nt/renames-end.h>

#include <kmode-nt/ntifs.h>
#include <kmode-nt/fsrtl.h>
#include <kmode-nt/se.h>

// The include guard of the WDK's, which drivers ask for.
#ifndef _NTIFS_
#define _NTIFS_
#endif

#endif
