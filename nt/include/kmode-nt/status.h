// SPDX-License-Identifier: MIT
// Status codes that mingw-w64's ntstatus.h lacks.
#ifndef KMODE_NT_STATUS_H
#define KMODE_NT_STATUS_H

#ifndef STATUS_HV_FEATURE_UNAVAILABLE
#define STATUS_HV_NO_RESOURCES        ((NTSTATUS)0xC035001DL)
#define STATUS_HV_FEATURE_UNAVAILABLE ((NTSTATUS)0xC035001EL)
#define STATUS_HV_NOT_PRESENT         ((NTSTATUS)0xC0351000L)
#endif

#endif
