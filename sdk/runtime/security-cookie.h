// SPDX-License-Identifier: MIT
// The image's security cookie: the value behind stack protection.
#ifndef KMODE_RUNTIME_SECURITY_COOKIE_H
#define KMODE_RUNTIME_SECURITY_COOKIE_H

#include <wdm.h>

// The value in the file. Windows' loader (8 and later) writes a random one over it before DriverEntry runs.
#define KM_DEFAULT_SECURITY_COOKIE 0x00002B992DDFA232ull

// Found by the loader through the image's load configuration. Its upper 16 bits are 0.
extern UINT_PTR __security_cookie;

#endif
