// SPDX-License-Identifier: MIT
// __C_specific_handler: __try, __except and __finally of C, by the scope table behind a function's unwind
// data.
#include "inc/kernel.h"
#include "rtl/exception.h"

#define FILTER_EXECUTE_HANDLER 1 // a HandlerAddress that stands for __except(EXCEPTION_EXECUTE_HANDLER)

typedef LONG (*PEXCEPTION_FILTER)(PEXCEPTION_POINTERS ExceptionPointers, PVOID EstablisherFrame);
typedef VOID (*PTERMINATION_HANDLER)(BOOLEAN AbnormalTermination, PVOID EstablisherFrame);

// The scopes of a table are searched by their place in it: inner ones come first.
typedef struct _SCOPE {
    ULONG BeginAddress;
    ULONG EndAddress;
    ULONG HandlerAddress;
    ULONG JumpTarget;
} SCOPE;

C_ASSERT(sizeof(SCOPE) == sizeof(((PSCOPE_TABLE_AMD64)0)->ScopeRecord[0]));

static BOOLEAN RtlpIsInScope(const SCOPE *Scope, ULONG64 Offset)
{
    return Offset >= Scope->BeginAddress && Offset < Scope->EndAddress;
}

// A damaged table has no scopes; a damaged scope is none. To raise an exception here would lead here again.
static ULONG RtlpReadableScopes(const SCOPE_TABLE_AMD64 *Table)
{
    if (!MiIsRangeReadable((ULONG_PTR)Table, sizeof(Table->Count)) ||
        !MiIsRangeReadable((ULONG_PTR)Table->ScopeRecord, (SIZE_T)Table->Count * sizeof(SCOPE))) {
        return 0;
    }
    return Table->Count;
}

static BOOLEAN RtlpIsInImage(ULONG64 ImageBase, ULONG Offset)
{
    ULONG Size;
    return (ULONG64)MiFindImage(ImageBase + Offset, &Size) == ImageBase;
}

static LONG RtlpCallFilter(const SCOPE *Scope, ULONG64 ImageBase, PEXCEPTION_POINTERS Pointers,
                           PVOID EstablisherFrame)
{
    if (!RtlpIsInImage(ImageBase, Scope->JumpTarget)) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    if (Scope->HandlerAddress == FILTER_EXECUTE_HANDLER) {
        return EXCEPTION_EXECUTE_HANDLER;
    }
    if (!RtlpIsInImage(ImageBase, Scope->HandlerAddress)) {
        return EXCEPTION_CONTINUE_SEARCH;
    }
    return ((PEXCEPTION_FILTER)(ImageBase + Scope->HandlerAddress))(Pointers, EstablisherFrame);
}

static EXCEPTION_DISPOSITION RtlpSearchScopes(const SCOPE *Scopes, ULONG Count,
                                              PEXCEPTION_RECORD ExceptionRecord, PVOID EstablisherFrame,
                                              PCONTEXT ContextRecord, PDISPATCHER_CONTEXT Dispatcher)
{
    EXCEPTION_POINTERS Pointers = {ExceptionRecord, ContextRecord};
    ULONG64 ImageBase = Dispatcher->ImageBase, Offset = Dispatcher->ControlPc - ImageBase;

    for (ULONG Index = Dispatcher->ScopeIndex; Index < Count; Index += 1) {
        if (!RtlpIsInScope(&Scopes[Index], Offset) || Scopes[Index].JumpTarget == 0) {
            continue;
        }
        LONG Choice = RtlpCallFilter(&Scopes[Index], ImageBase, &Pointers, EstablisherFrame);
        if (Choice < 0) {
            return ExceptionContinueExecution;
        }
        if (Choice > 0) {
            // The handler's code finds the exception code in eax.
            RtlUnwindEx(EstablisherFrame, (PVOID)(ImageBase + Scopes[Index].JumpTarget), ExceptionRecord,
                        (PVOID)(ULONG_PTR)(ULONG)ExceptionRecord->ExceptionCode, Dispatcher->ContextRecord,
                        Dispatcher->HistoryTable);
        }
    }
    return ExceptionContinueSearch;
}

// TRUE if the target of the unwind is within the same __try as Scope, of which the table may hold several
// pieces.
static BOOLEAN RtlpIsTargetInScope(const SCOPE *Scopes, ULONG Count, const SCOPE *Scope, ULONG64 Target)
{
    for (ULONG Index = 0; Index < Count; Index += 1) {
        if (RtlpIsInScope(&Scopes[Index], Target) && Scopes[Index].HandlerAddress == Scope->HandlerAddress &&
            Scopes[Index].JumpTarget == Scope->JumpTarget) {
            return TRUE;
        }
    }
    return FALSE;
}

static EXCEPTION_DISPOSITION RtlpUnwindScopes(const SCOPE *Scopes, ULONG Count, ULONG Flags,
                                              PVOID EstablisherFrame, PDISPATCHER_CONTEXT Dispatcher)
{
    ULONG64 ImageBase = Dispatcher->ImageBase, Offset = Dispatcher->ControlPc - ImageBase;
    ULONG64 Target = Dispatcher->TargetIp - ImageBase;

    for (ULONG Index = Dispatcher->ScopeIndex; Index < Count; Index += 1) {
        const SCOPE *Scope = &Scopes[Index];
        if (!RtlpIsInScope(Scope, Offset)) {
            continue;
        }
        if (IS_TARGET_UNWIND(Flags) && (RtlpIsTargetInScope(Scopes, Count, Scope, Target) ||
                                        (Scope->JumpTarget != 0 && Scope->JumpTarget == Target))) {
            break;
        }
        if (Scope->JumpTarget == 0 && RtlpIsInImage(ImageBase, Scope->HandlerAddress)) {
            // An unwind that collides with this one goes on behind this scope.
            Dispatcher->ScopeIndex = Index + 1;
            ((PTERMINATION_HANDLER)(ImageBase + Scope->HandlerAddress))(TRUE, EstablisherFrame);
        }
    }
    return ExceptionContinueSearch;
}

EXCEPTION_DISPOSITION __C_specific_handler(struct _EXCEPTION_RECORD *ExceptionRecord, PVOID EstablisherFrame,
                                           struct _CONTEXT *ContextRecord,
                                           struct _DISPATCHER_CONTEXT *DispatcherContext)
{
    const SCOPE_TABLE_AMD64 *Table = DispatcherContext->HandlerData;
    const SCOPE *Scopes = (const SCOPE *)Table->ScopeRecord;
    ULONG Count = RtlpReadableScopes(Table);
    if (IS_UNWINDING(ExceptionRecord->ExceptionFlags)) {
        return RtlpUnwindScopes(Scopes, Count, ExceptionRecord->ExceptionFlags, EstablisherFrame,
                                DispatcherContext);
    }
    return RtlpSearchScopes(Scopes, Count, ExceptionRecord, EstablisherFrame, ContextRecord,
                            DispatcherContext);
}
