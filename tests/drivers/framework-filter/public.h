// SPDX-License-Identifier: MIT
// What framework-filter.sys and its client both know, beside framework.sys's own codes.
#ifndef FRAMEWORK_FILTER_PUBLIC_H
#define FRAMEWORK_FILTER_PUBLIC_H

#include "../framework/public.h"

// Sends framework.sys an IOCTL_SUM_NEITHER that has an MDL of the sender's: FILTER_OWN_MDL.
#define IOCTL_OWN_MDL FRAMEWORK_CODE(100, METHOD_BUFFERED)

// How many of these the filter has seen of this handle, of those that it knows: FILTER_FILES.
#define IOCTL_FILES FRAMEWORK_CODE(101, METHOD_BUFFERED)

typedef struct FILTER_FILES {
    LONG Seen;  // -1: it does not know the handle
    LONG Known; // how many handles it knows
} FILTER_FILES;

typedef struct FILTER_OWN_MDL {
    LONG Total;     // of 40 and 2, where the sum was to be written
    LONG Untouched; // what the MDL describes: 77 before
    LONG KeepsMdl;  // whether the IRP has still got the MDL
} FILTER_OWN_MDL;

#endif
