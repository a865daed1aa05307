// SPDX-License-Identifier: MIT
// What the drivers with planted mistakes have in common: DriverEntry that calls Bug, and an unload routine.
//
//     #include "bug.h"
//     static void Bug(void) { ... BUG(what is wrong) MENDED_BY(what is right) ... }
#ifndef KMODE_TESTS_BUG_H
#define KMODE_TESTS_BUG_H

#include <ntifs.h>

#ifdef MENDED
#define BUG(...)
#define MENDED_BY(...) __VA_ARGS__
#else
#define BUG(...) __VA_ARGS__
#define MENDED_BY(...)
#endif

static void Bug(void);

#ifdef CLEAN_UP
static void CleanUp(void);
#endif

static VOID NTAPI Unload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
#ifdef CLEAN_UP
    CleanUp();
#endif
}

NTSTATUS NTAPI DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = Unload;
    Bug();
    return STATUS_SUCCESS;
}

#endif
