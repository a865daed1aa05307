// SPDX-License-Identifier: MIT
// The routines that a driver gives to the SDK to be called: DPCs, timers, work items, deferred clean-up.
//
//     typedef struct COUNTER {
//         volatile LONG Ticks;
//     } COUNTER;
//
//     KM_TYPED_ROUTINE(OnTick, COUNTER, Counter)
//     {
//         InterlockedIncrement(&Counter->Ticks);
//     }
#ifndef KMODE_ROUTINE_H
#define KMODE_ROUTINE_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/routine.h>"
#endif

/// A routine of the driver's, with the context that was given with it. Its IRQL is said where it is taken.
typedef VOID NTAPI KM_ROUTINE(_In_opt_ PVOID Context);
typedef KM_ROUTINE *PKM_ROUTINE;

/// Defines Name, a static KM_ROUTINE, whose body follows and has its context as Type *Parameter. IRQL: as of
/// KM_ROUTINE.
#define KM_TYPED_ROUTINE(Name, Type, Parameter)                                                              \
    static VOID Name##Typed(Type *Parameter);                                                                \
    static VOID NTAPI Name(PVOID Context)                                                                    \
    {                                                                                                        \
        Name##Typed((Type *)Context);                                                                        \
    }                                                                                                        \
    static VOID Name##Typed(Type *Parameter)

#endif
