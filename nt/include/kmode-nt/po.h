// SPDX-License-Identifier: MIT
// The power manager: what mingw-w64's wdm.h lacks.
#ifndef KMODE_NT_PO_H
#define KMODE_NT_PO_H

#ifdef __cplusplus
extern "C" {
#endif

// Answer of ZwPowerInformation(PlatformInformation, ...). A program's winnt.h has it too.
#ifndef _WINNT_
typedef struct _POWER_PLATFORM_INFORMATION {
    BOOLEAN AoAc; // always on, always connected: modern standby
} POWER_PLATFORM_INFORMATION, *PPOWER_PLATFORM_INFORMATION;
#endif

#ifdef __cplusplus
}
#endif

#endif
