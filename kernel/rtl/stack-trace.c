// SPDX-License-Identifier: MIT
// Stack walks: for a bug check's report, and for callers of RtlCaptureStackBackTrace.
#include "inc/kernel.h"
#include "rtl/exception.h"

#define RTL_WALK_USER_MODE_STACK    0x1
#define RTL_STACK_FRAMES_SKIP_SHIFT 8
#define RTLP_MAX_OVERFLOW           0x100000

// The bounds of the stack that rsp is on: the current one's, or, for a stack that is not in use, as far as
// memory goes, at most the size of one. An rsp not far below the current thread's stack has overflowed it.
static VOID RtlpFindStackBounds(ULONG64 Rsp, PSTACK_BOUNDS Bounds)
{
    *Bounds = RtlpCurrentStackBounds();
    if (Rsp >= Bounds->Low && Rsp <= Bounds->High) {
        return;
    }
    PKTHREAD Thread = KiGetPcr()->Prcb.CurrentThread;
    ULONG64 Limit = (ULONG64)Thread->StackLimit;
    if (Rsp < Limit && Limit - Rsp <= RTLP_MAX_OVERFLOW) {
        Bounds->Low = Rsp;
        Bounds->Mapped = Limit;
        Bounds->High = (ULONG64)Thread->InitialStack;
        return;
    }
    ULONG64 End = Rsp & ~(KM_PAGE_SIZE - 1);
    Bounds->Low = Bounds->Mapped = Rsp;
    for (ULONG64 Bytes = 0; Bytes < MI_KERNEL_STACK_SIZE && MiIsRangeReadable(End, KM_PAGE_SIZE);
         Bytes += KM_PAGE_SIZE) {
        End += KM_PAGE_SIZE;
    }
    Bounds->High = max(End, Rsp);
}

// Context is used up.
static ULONG RtlpWalkFrames(PCONTEXT Context, ULONG Skip, PULONG64 Frames, ULONG Count)
{
    STACK_BOUNDS Bounds;
    UNWOUND_FRAME Frame;
    ULONG Stored = 0, ImageSize;

    RtlpFindStackBounds(Context->Rsp, &Bounds);
    while (Stored < Count) {
        if ((Context->ContextFlags & CONTEXT_UNWOUND_TO_CALL) != 0 &&
            MiFindImage(Context->Rip, &ImageSize) == NULL) {
            break;
        }
        if (Skip != 0) {
            Skip -= 1;
        } else {
            Frames[Stored++] = Context->Rip;
        }
        if (!NT_SUCCESS(RtlpUnwindFrame(&Bounds, UNW_FLAG_NHANDLER, NULL, Context, &Frame))) {
            break;
        }
    }
    return Stored;
}

ULONG RtlpWalkStack(const CONTEXT *Start, PULONG64 Frames, ULONG Count)
{
    CONTEXT Context = *Start;
    Context.ContextFlags &= ~CONTEXT_UNWOUND_TO_CALL;
    return RtlpWalkFrames(&Context, 0, Frames, Count);
}

ULONG RtlpWalkThread(PKTHREAD Thread, PULONG64 Frames, ULONG Count)
{
    CONTEXT Context;
    RtlZeroMemory(&Context, sizeof(Context));
    KiContextOfThread(Thread, &Context);
    Context.ContextFlags |= CONTEXT_UNWOUND_TO_CALL;
    return RtlpWalkFrames(&Context, 0, Frames, Count);
}

// Documented: the return addresses of the callers, from that into the caller of this routine up. Of the flags
// the lowest asks for the user-mode stack, which no thread here has, and those from bit 8 up are frames to
// skip.
ULONG NTAPI RtlWalkFrameChain(PVOID *Callers, ULONG Count, ULONG Flags)
{
    CONTEXT Context;
    if ((Flags & RTL_WALK_USER_MODE_STACK) != 0) {
        return 0;
    }
    RtlCaptureContext(&Context);
    return RtlpWalkFrames(&Context, 1 + (Flags >> RTL_STACK_FRAMES_SKIP_SHIFT), (PULONG64)Callers, Count);
}

USHORT NTAPI RtlCaptureStackBackTrace(ULONG FramesToSkip, ULONG FramesToCapture, PVOID *BackTrace,
                                      PULONG BackTraceHash)
{
    CONTEXT Context;
    ULONG Hash = 0;

    if (FramesToCapture > MAXUSHORT || FramesToSkip > MAXUSHORT) {
        return 0;
    }
    RtlCaptureContext(&Context);
    ULONG Count = RtlpWalkFrames(&Context, 1 + FramesToSkip, (PULONG64)BackTrace, FramesToCapture);
    for (ULONG Index = 0; Index < Count; Index += 1) {
        Hash += (ULONG)(ULONG_PTR)BackTrace[Index];
    }
    if (BackTraceHash != NULL) {
        *BackTraceHash = Hash;
    }
    return (USHORT)Count;
}
