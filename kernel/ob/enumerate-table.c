// SPDX-License-Identifier: MIT
// Handle tables as drivers walk them. No page documents it; what it does is what drivers of the field lean on
// since Windows 8.1: each entry in use is locked and shown to the routine, which unlocks it, and wakes who
// waits for that.
#include "inc/kernel.h"

typedef BOOLEAN(NTAPI *EX_ENUMERATE_HANDLE_ROUTINE)(PHANDLE_TABLE HandleTable,
                                                    PHANDLE_TABLE_ENTRY HandleTableEntry, HANDLE Handle,
                                                    PVOID EnumParameter);

// TRUE: the routine has answered TRUE for *Handle, and the walk ended there. IRQL <= APC_LEVEL.
BOOLEAN NTAPI ExEnumHandleTable(PHANDLE_TABLE HandleTable, EX_ENUMERATE_HANDLE_ROUTINE EnumHandleProcedure,
                                PVOID EnumParameter, PHANDLE Handle)
{
    BOOLEAN Stopped = FALSE;
    ULONG Index = 0;
    PHANDLE_TABLE_ENTRY Entry;
    KeEnterCriticalRegion();
    while (!Stopped && (Entry = ObpLockNextEntry(HandleTable, &Index)) != NULL) {
        HANDLE Here = (HANDLE)((ULONG_PTR)Index << 2);
        VI_CALLBACK Callback;
        ViEnterCallback(&Callback, "EX_ENUMERATE_HANDLE_ROUTINE", EnumHandleProcedure, 4, HandleTable, Entry,
                        Here, EnumParameter);
        Stopped = EnumHandleProcedure(HandleTable, Entry, Here, EnumParameter);
        ViLeaveCallback(&Callback, Stopped);
        if (Stopped && Handle != NULL) {
            *Handle = Here;
        }
    }
    KeLeaveCriticalRegion();
    return Stopped;
}
