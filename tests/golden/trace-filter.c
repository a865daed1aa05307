// SPDX-License-Identifier: MIT
// kmode run: --trace-filter=Ex*,Iof*,DRIVER_DISPATCH,Run
// A trace of some calls alone, by the name of the routine, of its type, or of the driver's function: what is
// within another one that is not shown moves to its place.
#include "trace.c"
