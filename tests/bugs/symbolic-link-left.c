// SPDX-License-Identifier: MIT
// finding: symbolic-link-left after Bug
// The link for user mode outlives the driver.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING Link = RTL_CONSTANT_STRING(L"\\DosDevices\\Bug"),
                   Target = RTL_CONSTANT_STRING(L"\\Device\\Bug");
    if (NT_SUCCESS(IoCreateSymbolicLink(&Link, &Target))) {
        MENDED_BY(IoDeleteSymbolicLink(&Link);)
    }
}
