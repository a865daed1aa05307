// SPDX-License-Identifier: MIT
// The printf family that writes to memory.
#include "rtl/crt/crt.h"
#include "rtl/format.h"

#define MAX_LENGTH 0x7FFFFFFFu
#define UNLIMITED  ((size_t)MAX_LENGTH)

static void Terminate(RTLP_TEXT Text, void *Buffer, size_t Index)
{
    if (Text == RtlpTextWide) {
        ((wchar_t *)Buffer)[Index] = L'\0';
    } else {
        ((char *)Buffer)[Index] = '\0';
    }
}

// _vsnprintf and _vsnwprintf.
static int Print(RTLP_TEXT Text, void *Buffer, size_t Count, const void *Format, va_list Arguments)
{
    size_t Length;

    if (!Format || (!Buffer && Count != 0)) {
        return -1;
    }
    Length = RtlpFormat(Text, Buffer, Count, Format, Arguments);
    if (Length < Count) {
        Terminate(Text, Buffer, Length);
    }
    return Length > MAX_LENGTH || (Length > Count && Buffer) ? -1 : (int)Length;
}

// _vsnprintf_s and _vsnwprintf_s.
static int PrintSecure(RTLP_TEXT Text, void *Buffer, size_t Size, size_t Count, const void *Format,
                       va_list Arguments)
{
    size_t Room, Length;

    if (Count == 0 && !Buffer && Size == 0) {
        return 0;
    }
    if (!Format || !Buffer || Size == 0) {
        return -1;
    }
    Room = Count < Size ? Count : Size - 1;
    Length = RtlpFormat(Text, Buffer, Room, Format, Arguments);
    if (Length <= Room) {
        Terminate(Text, Buffer, Length);
        return Length > MAX_LENGTH ? -1 : (int)Length;
    }
    Terminate(Text, Buffer, Count < Size || Count == _TRUNCATE ? Room : 0);
    return -1;
}

#define FORWARD(Call)                                                                                        \
    va_list Arguments;                                                                                       \
    int Result;                                                                                              \
                                                                                                             \
    va_start(Arguments, Format);                                                                             \
    Result = Call;                                                                                           \
    va_end(Arguments);                                                                                       \
    return Result

int _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments)
{
    return Print(RtlpTextAnsi, Buffer, Count, Format, Arguments);
}

int _snprintf(char *Buffer, size_t Count, const char *Format, ...)
{
    FORWARD(Print(RtlpTextAnsi, Buffer, Count, Format, Arguments));
}

int vsprintf(char *Buffer, const char *Format, va_list Arguments)
{
    return Print(RtlpTextAnsi, Buffer, UNLIMITED, Format, Arguments);
}

int sprintf(char *Buffer, const char *Format, ...)
{
    FORWARD(Print(RtlpTextAnsi, Buffer, UNLIMITED, Format, Arguments));
}

// What does not fit is an error to sprintf_s, never cut: the count that says so is one that Size does not
// exceed.
#define ALL_OR_NOTHING (_TRUNCATE - 1)

int vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments)
{
    return PrintSecure(RtlpTextAnsi, Buffer, Size, ALL_OR_NOTHING, Format, Arguments);
}

int sprintf_s(char *Buffer, size_t Size, const char *Format, ...)
{
    FORWARD(PrintSecure(RtlpTextAnsi, Buffer, Size, ALL_OR_NOTHING, Format, Arguments));
}

int _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments)
{
    return PrintSecure(RtlpTextAnsi, Buffer, Size, Count, Format, Arguments);
}

int _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...)
{
    FORWARD(PrintSecure(RtlpTextAnsi, Buffer, Size, Count, Format, Arguments));
}

int _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments)
{
    return Print(RtlpTextWide, Buffer, Count, Format, Arguments);
}

int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...)
{
    FORWARD(Print(RtlpTextWide, Buffer, Count, Format, Arguments));
}

int _vswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments)
{
    return Print(RtlpTextWide, Buffer, UNLIMITED, Format, Arguments);
}

int _swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    FORWARD(Print(RtlpTextWide, Buffer, UNLIMITED, Format, Arguments));
}

int swprintf(wchar_t *Buffer, const wchar_t *Format, ...)
{
    FORWARD(Print(RtlpTextWide, Buffer, UNLIMITED, Format, Arguments));
}

int vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments)
{
    return PrintSecure(RtlpTextWide, Buffer, Size, ALL_OR_NOTHING, Format, Arguments);
}

int swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...)
{
    FORWARD(PrintSecure(RtlpTextWide, Buffer, Size, ALL_OR_NOTHING, Format, Arguments));
}

int _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments)
{
    return PrintSecure(RtlpTextWide, Buffer, Size, Count, Format, Arguments);
}

int _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...)
{
    FORWARD(PrintSecure(RtlpTextWide, Buffer, Size, Count, Format, Arguments));
}
