// SPDX-License-Identifier: MIT
// Findings: what the verifier tells the machine, with the stacks that show it.
#include "inc/kernel.h"
#include "rtl/crt/crt.h"
#include "rtl/exception.h"

#define VI_REPORTED 256 // findings of which it is remembered that they have been told

static const struct {
    PCSTR Name, Rule, Earlier;
} ViKinds[] = {
#define VI_KIND_ROW(Id, Name, Rule, Earlier) {Name, Rule, Earlier},
    VI_KINDS(VI_KIND_ROW)
#undef VI_KIND_ROW
};

static ULONG64 ViReported[VI_REPORTED];
static ULONG ViReportedCount;
static KSPIN_LOCK ViReportLock;

// Frames of the driver's and above it: what the kernel did on its behalf is not the driver's mistake.
static ULONG ViWalkFrom(const CONTEXT *Context, PULONG64 Frames, ULONG Count)
{
    ULONG64 All[KM_FINDING_FRAMES + 16];
    ULONG Walked = RtlpWalkStack(Context, All, RTL_NUMBER_OF(All)), First = 0;
    while (First < Walked && MiIsKernelImageAddress(All[First])) {
        First += 1;
    }
    ULONG Kept = min(Walked - First, Count);
    RtlCopyMemory(Frames, &All[First], Kept * sizeof(*Frames));
    return Kept;
}

static ULONG ViWalk(PULONG64 Frames, ULONG Count)
{
    CONTEXT Context;
    RtlCaptureContext(&Context);
    return ViWalkFrom(&Context, Frames, Count);
}

VOID ViCaptureStack(VI_STACK *Stack)
{
    Stack->Count = ViWalk(Stack->Frames, VI_STACK_FRAMES);
}

// TRUE if this is the first of its kind and place. What is found in a loop is told once.
static BOOLEAN ViIsNew(const KM_FINDING *Finding, VI_KIND Kind)
{
    ULONG64 Hash = 0xCBF29CE484222325ULL ^ Kind;
    for (ULONG Index = 0; Index < Finding->frame_count; Index += 1) {
        Hash = (Hash ^ Finding->frames[Index]) * 0x100000001B3ULL;
    }
    for (ULONG Index = 0; Index < Finding->earlier_count; Index += 1) {
        Hash = (Hash ^ Finding->earlier_frames[Index]) * 0x100000001B3ULL;
    }
    if (Finding->frame_count == 0 && Finding->earlier_count == 0) {
        for (PCSTR Text = Finding->text; *Text != '\0'; Text += 1) {
            Hash = (Hash ^ (UCHAR)*Text) * 0x100000001B3ULL;
        }
    }
    BOOLEAN New = TRUE;
    KIRQL OldIrql = KiRaiseIrql(HIGH_LEVEL);
    KiAcquireSpinLock(&ViReportLock);
    for (ULONG Index = 0; New && Index < min(ViReportedCount, VI_REPORTED); Index += 1) {
        New = ViReported[Index] != Hash;
    }
    if (New) {
        ViReported[ViReportedCount++ % VI_REPORTED] = Hash;
    }
    KiReleaseSpinLock(&ViReportLock);
    KiSetIrql(OldIrql);
    return New;
}

// What is said, and who it is that says it.
static VOID ViDescribe(KM_FINDING *Finding, PCSTR Format, va_list Values)
{
    PETHREAD Thread = CONTAINING_RECORD(KiCurrentThread(), ETHREAD, Tcb);
    _vsnprintf(Finding->text, sizeof(Finding->text) - 1, Format, Values);
    Finding->thread_id = (ULONG64)Thread->Cid.UniqueThread;
    Finding->process_id = (ULONG64)Thread->Cid.UniqueProcess;
    Finding->processor = KiGetPrcb()->Number;
    Finding->irql = KiGetIrql();
    Finding->time = KiPeekTime();
}

// Finding's own stack is filled in.
static VOID ViReportWith(KM_FINDING *Finding, VI_KIND Kind, const VI_STACK *Earlier, PCSTR Format,
                         va_list Values)
{
    ViDescribe(Finding, Format, Values);
    strncpy(Finding->kind, ViKinds[Kind].Name, sizeof(Finding->kind) - 1);
    strncpy(Finding->rule, ViKinds[Kind].Rule, sizeof(Finding->rule) - 1);
    if (Earlier != NULL && Earlier->Count != 0) {
        strncpy(Finding->earlier, ViKinds[Kind].Earlier, sizeof(Finding->earlier) - 1);
        Finding->earlier_count = Earlier->Count;
        RtlCopyMemory(Finding->earlier_frames, Earlier->Frames, Earlier->Count * sizeof(ULONG64));
    }
    if (ViIsNew(Finding, Kind)) {
        KeMachine->report_finding(Finding);
    }
}
VOID ViReport(VI_KIND Kind, const VI_STACK *Earlier, PCSTR Format, ...)
{
    KM_FINDING Finding = {0};
    va_list Values;
    Finding.frame_count = ViWalk(Finding.frames, KM_FINDING_FRAMES);
    va_start(Values, Format);
    ViReportWith(&Finding, Kind, Earlier, Format, Values);
    va_end(Values);
}

VOID ViReportAt(VI_KIND Kind, PCONTEXT Context, const VI_STACK *Earlier, PCSTR Format, ...)
{
    KM_FINDING Finding = {0};
    va_list Values;
    Finding.frame_count = ViWalkFrom(Context, Finding.frames, KM_FINDING_FRAMES);
    if (Finding.frame_count != 0 && Finding.frames[0] == Context->Rip) {
        // The others are return addresses, behind the instruction that is meant.
        Finding.frames[0] += 1;
    }
    va_start(Values, Format);
    ViReportWith(&Finding, Kind, Earlier, Format, Values);
    va_end(Values);
}

VOID ViReportWhere(VI_KIND Kind, const VI_STACK *Where, const VI_STACK *Earlier, PCSTR Format, ...)
{
    KM_FINDING Finding = {0};
    va_list Values;
    Finding.frame_count = Where->Count;
    RtlCopyMemory(Finding.frames, Where->Frames, Where->Count * sizeof(ULONG64));
    va_start(Values, Format);
    ViReportWith(&Finding, Kind, Earlier, Format, Values);
    va_end(Values);
}

VOID ViReportLeft(VI_KIND Kind, const VI_STACK *Earlier, PCSTR Format, ...)
{
    KM_FINDING Finding = {0};
    va_list Values;
    va_start(Values, Format);
    ViReportWith(&Finding, Kind, Earlier, Format, Values);
    va_end(Values);
}

VOID ViReportFailedAllocation(PCSTR Format, ...)
{
    KM_FINDING Finding = {.kind = "allocation-failed", .is_failed_allocation = 1};
    va_list Values;
    Finding.frame_count = ViWalk(Finding.frames, KM_FINDING_FRAMES);
    va_start(Values, Format);
    ViDescribe(&Finding, Format, Values);
    va_end(Values);
    KeMachine->report_finding(&Finding);
}
