// SPDX-License-Identifier: MIT
// DbgPrint and its family: what is sent, what is cut, what is filtered. A print callback sees what was sent.
#include "test.h"
#include <stdarg.h>

static char Message[1024];
static ULONG MessageLength, MessageComponent, MessageLevel, MessageCount;

static VOID NTAPI Capture(PSTRING Output, ULONG ComponentId, ULONG Level)
{
    MessageLength = Output->Length;
    MessageComponent = ComponentId;
    MessageLevel = Level;
    ++MessageCount;
    memcpy(Message, Output->Buffer, Output->Length);
    Message[Output->Length] = '\0';
}

// Performs Call with the callback in place; what it sends is a comment to TAP.
#define CAPTURE(Call)                                                                                        \
    do {                                                                                                     \
        MessageCount = 0;                                                                                    \
        Message[0] = '\0';                                                                                   \
        DbgSetDebugPrintCallback((PDEBUG_PRINT_CALLBACK)Capture, TRUE);                                      \
        Call;                                                                                                \
        DbgSetDebugPrintCallback((PDEBUG_PRINT_CALLBACK)Capture, FALSE);                                     \
    } while (0)

static ULONG PrintWithList(PCSTR Prefix, ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
    va_list Arguments;
    ULONG Status;

    va_start(Arguments, Format);
    Status = Prefix ? vDbgPrintExWithPrefix(Prefix, ComponentId, Level, Format, Arguments)
                    : vDbgPrintEx(ComponentId, Level, Format, Arguments);
    va_end(Arguments);
    return Status;
}

static void TestSending(void)
{
    ULONG Status = 1;

    CAPTURE(Status = DbgPrint("# %s %d\n", "text", 5));
    IS(Status, STATUS_SUCCESS);
    IS(MessageCount, 1);
    IS_STRING(Message, "# text 5\n");
    IS(MessageComponent, DPFLTR_DEFAULT_ID);
    IS(MessageLevel, DPFLTR_INFO_LEVEL);

    CAPTURE(Status = DbgPrintEx(DPFLTR_IHVDRIVER_ID, DPFLTR_ERROR_LEVEL, "# ex %p\n", (PVOID)1));
    IS(Status, STATUS_SUCCESS);
    IS_STRING(Message, "# ex 0000000000000001\n");
    IS(MessageComponent, DPFLTR_IHVDRIVER_ID);
    IS(MessageLevel, DPFLTR_ERROR_LEVEL);

    CAPTURE(PrintWithList(NULL, DPFLTR_IHVBUS_ID, 0, "# list %d\n", 6));
    IS_STRING(Message, "# list 6\n");
    CAPTURE(PrintWithList("# prefix: ", DPFLTR_IHVBUS_ID, 0, "%s\n", "text"));
    IS_STRING(Message, "# prefix: text\n");
    CAPTURE(Status = DbgPrintReturnControlC("# %c\n", 'x'));
    IS(Status, STATUS_SUCCESS);
    IS_STRING(Message, "# x\n");
}

static void TestUnicode(void)
{
    UNICODE_STRING String = RTL_CONSTANT_STRING(L"caf\xE9");
    const WCHAR Pair[] = {0xD83D, 0xDE00, 0}, Lone[] = {'a', 0xD83D, 'b', 0};

    CAPTURE(DbgPrint("# %wZ %ws\n", &String, L"\x20AC\x416"));
    IS_STRING(Message, "# caf\xC3\xA9 \xE2\x82\xAC\xD0\x96\n");
    CAPTURE(DbgPrint("# %S %S\n", Pair, Lone));
    IS_STRING(Message, "# \xF0\x9F\x98\x80 a\xEF\xBF\xBD"
                       "b\n");
    CAPTURE(DbgPrint("# %s\n", "bytes as they are: \xC3\xA9"));
    IS_STRING(Message, "# bytes as they are: \xC3\xA9\n");
}

static void TestLimit(void)
{
    ULONG Status = 1;

    CAPTURE(Status = DbgPrint("#%*s\n", 510, "x"));
    IS(Status, STATUS_SUCCESS);
    IS(MessageLength, 512);
    OK(Message[510] == 'x' && Message[511] == '\n');
    CAPTURE(DbgPrint("#%*s\n", 511, "x"));
    IS(MessageLength, 512);
    OK(Message[510] == ' ' && Message[511] == '\n');
    CAPTURE(DbgPrint("#%*s", 100000, "x"));
    IS(MessageLength, 512);
    CAPTURE(PrintWithList("# prefix ", 0, 0, "%*s\n", 600, "x"));
    IS(MessageLength, 512);
    // A character of three bytes is not cut in two: at 509 it fits beside a newline in its place, at 510 it
    // does not.
    CAPTURE(DbgPrint("#%*s%ws", 508, "x", L"\x20AC\x20AC"));
    OK(Message[508] == 'x' && Message[509] == '\n');
    IS(MessageLength, 510);
    CAPTURE(DbgPrint("#%*s%ws", 509, "x", L"\x20AC\x20AC"));
    OK(MessageLength == 512 && Message[509] == 'x' && Message[510] == '?' && Message[511] == '\n');
}

static void TestBadArgument(void)
{
    ULONG Status = 1;

    CAPTURE(Status = DbgPrint("# %s\n", (PCSTR)0x10));
    IS((NTSTATUS)Status, STATUS_ACCESS_VIOLATION);
    IS(MessageCount, 0);
}

static void TestFilter(void)
{
    // As at boot: all of the IHV components and DEFAULT, of the others errors alone.
    IS(DbgQueryDebugFilterState(DPFLTR_DEFAULT_ID, DPFLTR_INFO_LEVEL), TRUE);
    IS(DbgQueryDebugFilterState(DPFLTR_IHVDRIVER_ID, 31), TRUE);
    IS(DbgQueryDebugFilterState(DPFLTR_SYSTEM_ID, DPFLTR_ERROR_LEVEL), TRUE);
    IS(DbgQueryDebugFilterState(DPFLTR_SYSTEM_ID, DPFLTR_INFO_LEVEL), FALSE);
    IS(DbgQueryDebugFilterState(MAXULONG, DPFLTR_ERROR_LEVEL), TRUE);
    IS(DbgQueryDebugFilterState(MAXULONG, DPFLTR_WARNING_LEVEL), FALSE);
    IS(DbgQueryDebugFilterState(5000, 0), STATUS_INVALID_PARAMETER_1);
    IS(DbgSetDebugFilterState(5000, 0, TRUE), STATUS_INVALID_PARAMETER_1);

    // Microsoft's example: a level below 32 is a bit's number, another the bits.
    ULONG Video = DPFLTR_IHVVIDEO_ID, Audio = DPFLTR_IHVAUDIO_ID, Bus = DPFLTR_IHVBUS_ID;
    DbgSetDebugFilterState(Video, 0xFFFFFFFF, FALSE);
    DbgSetDebugFilterState(Audio, 0xFFFFFFFF, FALSE);
    DbgSetDebugFilterState(Bus, 0xFFFFFFFF, FALSE);
    IS(DbgSetDebugFilterState(Video, DPFLTR_INFO_LEVEL, TRUE), STATUS_SUCCESS);
    DbgSetDebugFilterState(Audio, 0x80000007, TRUE);
    DbgSetDebugFilterState(Audio, 31, FALSE);
    DbgSetDebugFilterState(Bus, 0x7FF, TRUE);
    CAPTURE(DbgPrintEx(Video, DPFLTR_INFO_LEVEL, "# First message.\n"));
    IS(MessageCount, 1);
    CAPTURE(IS(DbgPrintEx(Audio, 7, "# Second message.\n"), STATUS_SUCCESS));
    OK(Message[0] == 'o'); // the last captured is the line of TAP above
    CAPTURE(DbgPrintEx(Bus, DPFLTR_MASK | 0x10, "# Third message.\n"));
    IS(MessageCount, 1);
    // Errors pass by the mask WIN2000, whatever the component's.
    DbgSetDebugFilterState(Video, 0xFFFFFFFF, FALSE);
    CAPTURE(DbgPrintEx(Video, DPFLTR_ERROR_LEVEL, "# error\n"));
    IS(MessageCount, 1);
    CAPTURE(DbgPrintEx(Video, DPFLTR_INFO_LEVEL, "# info\n"));
    IS(MessageCount, 0);
    CAPTURE(DbgPrintEx(5000, DPFLTR_INFO_LEVEL, "# unknown component\n"));
    IS(MessageCount, 0);
    CAPTURE(DbgPrintEx(5000, DPFLTR_ERROR_LEVEL, "# unknown component, error\n"));
    IS(MessageCount, 1);
}

static void TestCallbacks(void)
{
    IS(DbgSetDebugPrintCallback((PDEBUG_PRINT_CALLBACK)Capture, FALSE), STATUS_NOT_FOUND);
}

TEST_DRIVER(TestSending, TestUnicode, TestLimit, TestBadArgument, TestFilter, TestCallbacks)
