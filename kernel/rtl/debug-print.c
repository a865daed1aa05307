// SPDX-License-Identifier: MIT
// DbgPrint and its family: format, filter, send.
#include "inc/kernel.h"
#include "rtl/debug-print.h"
#include "rtl/format.h"

// Windows 10's table ends at 0x9F; the headers' DPFLTR_ENDOFTABLE_ID is that of an older one.
#define COMPONENT_COUNT 0xA0

#define ALL_LEVELS 0xFFFFFFFFul

static ULONG KdWin2000Mask = 1 << DPFLTR_ERROR_LEVEL;

static ULONG KdComponentMasks[COMPONENT_COUNT] = {
    [DPFLTR_DEFAULT_ID] = ALL_LEVELS,    [DPFLTR_IHVDRIVER_ID] = ALL_LEVELS,
    [DPFLTR_IHVVIDEO_ID] = ALL_LEVELS,   [DPFLTR_IHVAUDIO_ID] = ALL_LEVELS,
    [DPFLTR_IHVNETWORK_ID] = ALL_LEVELS, [DPFLTR_IHVSTREAMING_ID] = ALL_LEVELS,
    [DPFLTR_IHVBUS_ID] = ALL_LEVELS,
};

static PDEBUG_PRINT_CALLBACK RtlpPrintCallbacks[RTLP_DEBUG_CALLBACK_MAX];
static BOOLEAN RtlpInPrintCallback;

static ULONG RtlpImportance(ULONG Level)
{
    return Level < 32 ? 1ul << Level : Level;
}

static ULONG *RtlpComponentMask(ULONG ComponentId)
{
    if (ComponentId == MAXULONG) {
        return &KdWin2000Mask;
    }
    return ComponentId < COMPONENT_COUNT ? &KdComponentMasks[ComponentId] : NULL;
}

NTSTATUS NTAPI DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level)
{
    const ULONG *Mask = RtlpComponentMask(ComponentId);

    if (!Mask) {
        return STATUS_INVALID_PARAMETER_1;
    }
    return ((*Mask | KdWin2000Mask) & RtlpImportance(Level)) != 0;
}

NTSTATUS NTAPI DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State)
{
    ULONG *Mask = RtlpComponentMask(ComponentId);

    if (!Mask) {
        return STATUS_INVALID_PARAMETER_1;
    }
    if (State) {
        *Mask |= RtlpImportance(Level);
    } else {
        *Mask &= ~RtlpImportance(Level);
    }
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI DbgSetDebugPrintCallback(PDEBUG_PRINT_CALLBACK DebugPrintCallback, BOOLEAN Enable)
{
    PDEBUG_PRINT_CALLBACK Wanted = Enable ? NULL : DebugPrintCallback;

    for (ULONG Index = 0; Index < RTLP_DEBUG_CALLBACK_MAX; ++Index) {
        if (RtlpPrintCallbacks[Index] == Wanted) {
            RtlpPrintCallbacks[Index] = Enable ? DebugPrintCallback : NULL;
            return STATUS_SUCCESS;
        }
    }
    return Enable ? STATUS_INSUFFICIENT_RESOURCES : STATUS_NOT_FOUND;
}

static VOID RtlpSendMessage(PCHAR Text, USHORT Length, ULONG ComponentId, ULONG Level)
{
    STRING Message = {.Length = Length, .MaximumLength = Length, .Buffer = Text};

    KeMachine->write_debug(Text, Length);
    if (RtlpInPrintCallback) {
        return;
    }
    RtlpInPrintCallback = TRUE;
    for (ULONG Index = 0; Index < RTLP_DEBUG_CALLBACK_MAX; ++Index) {
        if (RtlpPrintCallbacks[Index]) {
            RtlpPrintCallbacks[Index](&Message, ComponentId, Level);
        }
    }
    RtlpInPrintCallback = FALSE;
}

ULONG NTAPI vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    CHAR Text[RTLP_DEBUG_MESSAGE_MAX];
    SIZE_T Length = 0;
    const ULONG *Mask = RtlpComponentMask(ComponentId);

    if ((((Mask ? *Mask : 0) | KdWin2000Mask) & RtlpImportance(Level)) == 0) {
        return STATUS_SUCCESS;
    }
    // A bad pointer among the arguments costs the message, not the system.
    __try {
        while (Prefix[Length] != '\0' && Length < sizeof(Text)) {
            Text[Length] = Prefix[Length];
            ++Length;
        }
        Length += RtlpFormat(RtlpTextUtf8, Text + Length, sizeof(Text) - Length, Format, Arguments);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return GetExceptionCode();
    }
    if (Length > sizeof(Text)) {
        SIZE_T Last = sizeof(Text) - 1;

        // The newline takes the place of a whole UTF-8 sequence, never of its tail alone.
        for (ULONG Tail = 0; Tail < 3 && (Text[Last] & 0xC0) == 0x80; ++Tail) {
            --Last;
        }
        Text[Last] = '\n';
        Length = Last + 1;
    }
    RtlpSendMessage(Text, (USHORT)Length, ComponentId, Level);
    return STATUS_SUCCESS;
}

ULONG NTAPI vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments)
{
    return vDbgPrintExWithPrefix("", ComponentId, Level, Format, Arguments);
}

ULONG __cdecl DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintEx(ComponentId, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrint(PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}

ULONG __cdecl DbgPrintReturnControlC(PCCH Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = vDbgPrintEx(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL, Format, Arguments);
    va_end(Arguments);
    return Status;
}
