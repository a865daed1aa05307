// SPDX-License-Identifier: MIT
// What ntddk.h brings of the C library in the WDK. The routines are ntoskrnl.exe's exports.
#ifndef KMODE_NT_CRT_H
#define KMODE_NT_CRT_H

#include <string.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>

#endif
