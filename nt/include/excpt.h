// SPDX-License-Identifier: MIT
// Structured exception handling as driver headers give it: the lower-case keywords too, in C only.
#include_next <excpt.h>

#ifndef KMODE_NT_EXCPT_H
#define KMODE_NT_EXCPT_H

#ifndef __cplusplus
#define try     __try
#define except  __except
#define finally __finally
#define leave   __leave
#endif

#endif
