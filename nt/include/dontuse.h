// SPDX-License-Identifier: MIT
// dontuse.h of the WDK marks discouraged C library routines deprecated; nothing depends on it.
