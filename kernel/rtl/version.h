// SPDX-License-Identifier: MIT
// What kernel/rtl/version.c tells the other components.
#ifndef KMODE_RTL_VERSION_H
#define KMODE_RTL_VERSION_H

#include "inc/kernel.h"

// The build number that KUSER_SHARED_DATA shows to everybody.
ULONG RtlpBuildNumber(VOID);

#endif
