// SPDX-License-Identifier: MIT
// kernelspecs.h of the WDK is annotations only; see kmode-nt/annotations.h.
#include <specstrings.h>
#include <driverspecs.h>
