// SPDX-License-Identifier: MIT
// Calls of a driver's routines by the kernel. With checks on, what a routine of a driver has to leave as it
// was is looked at behind it: IRQL, spin locks, fast mutexes, critical and guarded regions.
//
//     VI_CALLBACK Callback;
//     ViEnterCallback(&Callback, "DriverUnload", DriverUnload, 1, DriverObject);
//     DriverUnload(DriverObject);
//     ViLeaveCallback(&Callback, 0);
#ifndef KMODE_VERIFY_CALLBACK_H
#define KMODE_VERIFY_CALLBACK_H

#define VI_CALLBACK_ARGUMENTS 7

typedef struct _VI_CALLBACK {
    PCSTR Type; // NULL: nothing is to be done behind it
    PVOID Routine;
    ULONG64 Sequence; // of locks: those acquired later are the routine's
    KIRQL Irql;
    SHORT KernelApcDisable, SpecialApcDisable;
} VI_CALLBACK;

// The routines behind the inline ones: with checks or trace on.
VOID ViBeginCallback(VI_CALLBACK *Callback, PCSTR Type, PVOID Routine, ULONG Count, ...);
VOID ViEndCallback(VI_CALLBACK *Callback, ULONG_PTR Result);

// Type is the name of the routine's type, as the DDI reference has it: "DRIVER_DISPATCH". Count arguments
// follow, each a pointer or an integer of 64 bits. Any IRQL.
#define ViEnterCallback(Callback, TypeName, DriverRoutine, ...)                                              \
    do {                                                                                                     \
        (Callback)->Type = NULL;                                                                             \
        if (__builtin_expect(ViFlags != 0, 0)) {                                                             \
            ViBeginCallback(Callback, TypeName, (PVOID)(ULONG_PTR)(DriverRoutine), __VA_ARGS__);             \
        }                                                                                                    \
    } while (0)

static inline VOID ViLeaveCallback(VI_CALLBACK *Callback, ULONG_PTR Result)
{
    if (__builtin_expect(Callback->Type != NULL, 0)) {
        ViEndCallback(Callback, Result);
    }
}

#endif
