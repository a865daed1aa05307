// SPDX-License-Identifier: MIT
// KeExpandKernelStackAndCallout: a call that has as much stack as it asks for.
#include "inc/kernel.h"

// Calls Callout(Parameter) on the stack that ends at StackTop (ke/callout-stack.S).
VOID KiCallOnStack(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, PVOID StackTop);

// A stack segment under another one; it lies on the one below.
typedef struct _KI_STACK_SEGMENT {
    struct _KI_STACK_SEGMENT *Below;
    PVOID InitialStack;
    PVOID StackLimit;
} KI_STACK_SEGMENT;

#define KI_MAXIMUM_STACK_SEGMENTS 8

static ULONG KiCountStackSegments(PKTHREAD Thread)
{
    ULONG Count = 0;
    for (const KI_STACK_SEGMENT *Segment = Thread->StackSegments; Segment != NULL; Segment = Segment->Below) {
        Count += 1;
    }
    return Count;
}

// Makes [Limit, Top) the stack of the current thread. Nothing may come between the limits' change and the
// switch's.
static VOID KiSetStackBounds(PKTHREAD Thread, PVOID Top, PVOID Limit)
{
    Thread->InitialStack = Thread->StackBase = Top;
    Thread->StackLimit = Limit;
}

// Calls Callout(Parameter) with at least Size bytes of stack. Wait: memory may be waited for; not at
// DISPATCH_LEVEL. STATUS_SUCCESS: it was called. STATUS_INVALID_PARAMETER_3: more than
// MAXIMUM_EXPANSION_SIZE. STATUS_INVALID_PARAMETER_4: Wait at DISPATCH_LEVEL. STATUS_NO_MEMORY.
// STATUS_STACK_OVERFLOW: too many segments, one in the other. IRQL <= DISPATCH_LEVEL. (ntddk,
// KeExpandKernelStackAndCalloutEx)
NTSTATUS NTAPI KeExpandKernelStackAndCalloutEx(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size,
                                               BOOLEAN Wait, PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    if (Size > MAXIMUM_EXPANSION_SIZE) {
        return STATUS_INVALID_PARAMETER_3;
    }
    if (Wait && KiGetIrql() >= DISPATCH_LEVEL) {
        return STATUS_INVALID_PARAMETER_4;
    }
    PKTHREAD Thread = KiCurrentThread();
    if ((ULONG_PTR)__builtin_frame_address(0) - (ULONG_PTR)Thread->StackLimit >= Size) {
        Callout(Parameter);
        return STATUS_SUCCESS;
    }
    if (KiCountStackSegments(Thread) >= KI_MAXIMUM_STACK_SEGMENTS) {
        return STATUS_STACK_OVERFLOW;
    }
    PVOID Limit;
    PVOID Top = MiCreateLargeKernelStack(&Limit);
    if (Top == NULL) {
        return STATUS_NO_MEMORY;
    }
    KI_STACK_SEGMENT Segment = {Thread->StackSegments, Thread->InitialStack, Thread->StackLimit};
    Thread->StackSegments = &Segment;
    KiSetStackBounds(Thread, Top, Limit);
    KiCallOnStack(Callout, Parameter, Top);
    KiSetStackBounds(Thread, Segment.InitialStack, Segment.StackLimit);
    Thread->StackSegments = Segment.Below;
    MiDeleteLargeKernelStack(Top);
    return STATUS_SUCCESS;
}

// As above, waiting for memory if it must. IRQL <= APC_LEVEL.
NTSTATUS NTAPI KeExpandKernelStackAndCallout(PEXPAND_STACK_CALLOUT Callout, PVOID Parameter, SIZE_T Size)
{
    return KeExpandKernelStackAndCalloutEx(Callout, Parameter, Size, TRUE, NULL);
}
