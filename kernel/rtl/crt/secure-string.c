// SPDX-License-Identifier: MIT
// The bounded copies: strcpy_s, strcat_s, strncpy_s, strncat_s and their wide likes.
#include "rtl/crt/crt.h"

#define UNIT    char
#define NAME(x) Narrow##x
#include "rtl/crt/secure-string.h"
#undef UNIT
#undef NAME

#define UNIT    wchar_t
#define NAME(x) Wide##x
#include "rtl/crt/secure-string.h"
#undef UNIT
#undef NAME

// More than any string has, and not _TRUNCATE.
#define UNLIMITED ((rsize_t) - 2)

errno_t strcpy_s(char *Destination, rsize_t Size, const char *Source)
{
    return NarrowCopy(Destination, Size, Source, UNLIMITED);
}

errno_t strcat_s(char *Destination, rsize_t Size, const char *Source)
{
    return NarrowAppend(Destination, Size, Source, UNLIMITED);
}

errno_t strncpy_s(char *Destination, rsize_t Size, const char *Source, rsize_t Count)
{
    if (Count == 0 && !Destination && Size == 0) {
        return 0;
    }
    return NarrowCopy(Destination, Size, Source, Count);
}

errno_t strncat_s(char *Destination, rsize_t Size, const char *Source, rsize_t Count)
{
    if (Count == 0 && !Destination && Size == 0) {
        return 0;
    }
    return NarrowAppend(Destination, Size, Source, Count);
}

errno_t wcscpy_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source)
{
    return WideCopy(Destination, Size, Source, UNLIMITED);
}

errno_t wcscat_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source)
{
    return WideAppend(Destination, Size, Source, UNLIMITED);
}

errno_t wcsncpy_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source, rsize_t Count)
{
    if (Count == 0 && !Destination && Size == 0) {
        return 0;
    }
    return WideCopy(Destination, Size, Source, Count);
}

errno_t wcsncat_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source, rsize_t Count)
{
    if (Count == 0 && !Destination && Size == 0) {
        return 0;
    }
    return WideAppend(Destination, Size, Source, Count);
}
