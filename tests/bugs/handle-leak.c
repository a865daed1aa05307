// SPDX-License-Identifier: MIT
// finding: handle-leak after Bug
// A handle is opened and never closed.
#include "bug.h"

static void Bug(void)
{
    UNICODE_STRING Name = RTL_CONSTANT_STRING(L"\\Driver");
    OBJECT_ATTRIBUTES Attributes;
    HANDLE Handle;
    InitializeObjectAttributes(&Attributes, &Name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
    if (NT_SUCCESS(ZwOpenDirectoryObject(&Handle, DIRECTORY_QUERY, &Attributes))) {
        MENDED_BY(ZwClose(Handle);)
    }
}
