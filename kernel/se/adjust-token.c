// SPDX-License-Identifier: MIT
// Privileges of a token enabled, disabled, removed.
#include "inc/kernel.h"

// What is to become of the privileges, and of those that change, what they were.
typedef struct _SEP_ADJUSTMENT {
    SEP_TOKEN_PRIVILEGES Privileges;
    ULONG64 Changed;
    BOOLEAN AllAssigned; // the token has all that were named
} SEP_ADJUSTMENT;

// A copy of what Mode passes, in pool, which the caller frees. STATUS_INVALID_PARAMETER: more of them than
// there can be.
static NTSTATUS SepCapturePrivileges(const TOKEN_PRIVILEGES *Source, KPROCESSOR_MODE Mode,
                                     PTOKEN_PRIVILEGES *Captured)
{
    PTOKEN_PRIVILEGES Copy = NULL;
    NTSTATUS Status = STATUS_SUCCESS;
    __try {
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, sizeof(ULONG), sizeof(ULONG));
        }
        ULONG Count = *(const volatile ULONG *)&Source->PrivilegeCount;
        if (Count > SEP_MAXIMUM_TOKEN_GROUPS) {
            return STATUS_INVALID_PARAMETER;
        }
        ULONG Bytes = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Count * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
        if (Mode != KernelMode) {
            ProbeForRead((PVOID)(ULONG_PTR)Source, Bytes, sizeof(ULONG));
        }
        Copy = ExAllocatePoolZero(PagedPool, Bytes, TAG_TOKEN_INFO);
        if (Copy == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        RtlCopyMemory(Copy, Source, Bytes);
        Copy->PrivilegeCount = Count;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        Status = GetExceptionCode();
    }
    if (!NT_SUCCESS(Status) && Copy != NULL) {
        ExFreePoolWithTag(Copy, TAG_TOKEN_INFO);
        Copy = NULL;
    }
    *Captured = Copy;
    return Status;
}

static VOID SepAdjust(PTOKEN Token, const TOKEN_PRIVILEGES *NewState, SEP_ADJUSTMENT *Adjustment)
{
    SEP_TOKEN_PRIVILEGES *New = &Adjustment->Privileges;
    *Adjustment = (SEP_ADJUSTMENT){.Privileges = Token->Privileges, .AllAssigned = TRUE};
    if (NewState == NULL) {
        Adjustment->Changed = New->Enabled & New->Present;
        New->Enabled = 0;
        return;
    }
    for (ULONG Index = 0; Index < NewState->PrivilegeCount; Index += 1) {
        const LUID_AND_ATTRIBUTES *Entry = &NewState->Privileges[Index];
        BOOLEAN Known = Entry->Luid.HighPart == 0 && Entry->Luid.LowPart <= SEP_HIGHEST_PRIVILEGE;
        ULONG64 Bit = Known ? SEP_PRIVILEGE(Entry->Luid.LowPart) : 0;
        if (!(New->Present & Bit)) {
            Adjustment->AllAssigned = FALSE;
        } else if (Entry->Attributes & SE_PRIVILEGE_REMOVED) {
            New->Present &= ~Bit;
            New->Enabled &= ~Bit;
            New->EnabledByDefault &= ~Bit;
        } else if (Entry->Attributes & SE_PRIVILEGE_ENABLED) {
            New->Enabled |= Bit;
        } else {
            New->Enabled &= ~Bit;
        }
    }
    Adjustment->Changed =
        (Token->Privileges.Enabled ^ New->Enabled) | (Token->Privileges.Present ^ New->Present);
}

// Writes what the changed ones were. STATUS_BUFFER_TOO_SMALL.
static NTSTATUS SepReturnPreviousState(PTOKEN Token, ULONG64 Changed, PTOKEN_PRIVILEGES PreviousState,
                                       ULONG Length, PULONG ReturnLength)
{
    ULONG Count = (ULONG)__builtin_popcountll(Changed);
    ULONG Bytes = FIELD_OFFSET(TOKEN_PRIVILEGES, Privileges) + Count * (ULONG)sizeof(LUID_AND_ATTRIBUTES);
    __try {
        *(volatile ULONG *)ReturnLength = Bytes;
        if (Bytes > Length) {
            return STATUS_BUFFER_TOO_SMALL;
        }
        *(volatile ULONG *)&PreviousState->PrivilegeCount = Count;
        PLUID_AND_ATTRIBUTES Entry = PreviousState->Privileges;
        for (ULONG Number = 0; Number <= SEP_HIGHEST_PRIVILEGE; Number += 1) {
            if (Changed & SEP_PRIVILEGE(Number)) {
                *Entry++ = (LUID_AND_ATTRIBUTES){{Number, 0}, SepPrivilegeAttributes(Token, Number)};
            }
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

static NTSTATUS SepProbePreviousState(PTOKEN_PRIVILEGES PreviousState, ULONG Length, PULONG ReturnLength,
                                      KPROCESSOR_MODE Mode)
{
    if (PreviousState == NULL || Mode == KernelMode) {
        return STATUS_SUCCESS;
    }
    __try {
        ProbeForWrite(PreviousState, Length, sizeof(ULONG));
        ProbeForWrite(ReturnLength, sizeof(ULONG), sizeof(ULONG));
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    return STATUS_SUCCESS;
}

// Enables (SE_PRIVILEGE_ENABLED), removes (SE_PRIVILEGE_REMOVED) or disables those that NewState names, or
// disables all. PreviousState, of BufferLength bytes, gets those that have changed as they were; if it is too
// small, *ReturnLength is what is needed, nothing is changed, and STATUS_BUFFER_TOO_SMALL.
// STATUS_NOT_ALL_ASSIGNED: done, but the token lacks one that was named. The handle needs
// TOKEN_ADJUST_PRIVILEGES, and for PreviousState TOKEN_QUERY. STATUS_INVALID_PARAMETER (no NewState),
// STATUS_ACCESS_VIOLATION, STATUS_INSUFFICIENT_RESOURCES, what ObReferenceObjectByHandle returns. IRQL
// PASSIVE_LEVEL. (Windows SDK, AdjustTokenPrivileges)
NTSTATUS NTAPI NtAdjustPrivilegesToken(HANDLE TokenHandle, BOOLEAN DisableAllPrivileges,
                                       PTOKEN_PRIVILEGES NewState, ULONG BufferLength,
                                       PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength)
{
    KPROCESSOR_MODE Mode = KeGetPreviousMode();
    PTOKEN_PRIVILEGES Captured = NULL;
    SEP_ADJUSTMENT Adjustment;
    PVOID Object;
    if (!DisableAllPrivileges && NewState == NULL) {
        return STATUS_INVALID_PARAMETER;
    }
    NTSTATUS Status = SepProbePreviousState(PreviousState, BufferLength, ReturnLength, Mode);
    if (NT_SUCCESS(Status) && !DisableAllPrivileges) {
        Status = SepCapturePrivileges(NewState, Mode, &Captured);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = ObReferenceObjectByHandle(TokenHandle,
                                       TOKEN_ADJUST_PRIVILEGES | (PreviousState != NULL ? TOKEN_QUERY : 0),
                                       SeTokenObjectType, Mode, &Object, NULL);
    if (!NT_SUCCESS(Status)) {
        goto FreeCaptured;
    }
    PTOKEN Token = Object;
    SepLockTokenExclusive(Token);
    SepAdjust(Token, Captured, &Adjustment);
    if (PreviousState != NULL) {
        Status = SepReturnPreviousState(Token, Adjustment.Changed, PreviousState, BufferLength, ReturnLength);
    }
    if (NT_SUCCESS(Status)) {
        Token->Privileges = Adjustment.Privileges;
        if (Adjustment.Changed != 0) {
            SepTouchToken(Token);
        }
        Status = Adjustment.AllAssigned ? STATUS_SUCCESS : STATUS_NOT_ALL_ASSIGNED;
    }
    SepUnlockToken(Token);
    ObfDereferenceObject(Token);
FreeCaptured:
    if (Captured != NULL) {
        ExFreePoolWithTag(Captured, TAG_TOKEN_INFO);
    }
    return Status;
}

KI_DEFINE_ZW(AdjustPrivilegesToken,
             (HANDLE TokenHandle, BOOLEAN DisableAllPrivileges, PTOKEN_PRIVILEGES NewState,
              ULONG BufferLength, PTOKEN_PRIVILEGES PreviousState, PULONG ReturnLength),
             (TokenHandle, DisableAllPrivileges, NewState, BufferLength, PreviousState, ReturnLength))
