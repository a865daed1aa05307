// SPDX-License-Identifier: MIT
// The C run-time routines that NT's kernel exports: what they return where the C standard and Microsoft
// differ. Plain C: these files include none of the DDK, whose declarations import what is defined here.
//
// All of them are in the "C" locale: case and classes are those of ASCII, save towupper and towlower, which
// know all of Unicode (rtl/upcase.h). Narrow text is in the ANSI code page (rtl/codepage.h) where it becomes
// wide or was wide. Any IRQL at which the arguments may be touched; none allocates, none has state but rand.
// They fault where their arguments do, and unwind from there.
//
// The _s routines check their arguments; a kernel has no invalid parameter handler and no errno, so they only
// return: EINVAL, ERANGE or STRUNCATE, and make the destination empty.
#ifndef KMODE_RTL_CRT_H
#define KMODE_RTL_CRT_H

#include <stdarg.h>
#include <stddef.h>

typedef int errno_t;
typedef size_t rsize_t;

#define EINVAL    22
#define ERANGE    34
#define STRUNCATE 80
#define _TRUNCATE ((size_t)-1)

// memory.c
void *memcpy(void *Destination, const void *Source, size_t Count);
void *memmove(void *Destination, const void *Source, size_t Count);
void *memset(void *Destination, int Value, size_t Count);
int memcmp(const void *Left, const void *Right, size_t Count);
void *memchr(const void *Buffer, int Value, size_t Count);
errno_t memcpy_s(void *Destination, rsize_t DestinationSize, const void *Source, rsize_t Count);
errno_t memmove_s(void *Destination, rsize_t DestinationSize, const void *Source, rsize_t Count);

// string.c, wide-string.c
size_t strlen(const char *String);
size_t strnlen(const char *String, size_t Limit);
char *strcpy(char *Destination, const char *Source);
char *strcat(char *Destination, const char *Source);
char *strncpy(char *Destination, const char *Source, size_t Count);
char *strncat(char *Destination, const char *Source, size_t Count);
int strcmp(const char *Left, const char *Right);
int strncmp(const char *Left, const char *Right, size_t Count);
char *strchr(const char *String, int Character);
char *strrchr(const char *String, int Character);
char *strstr(const char *String, const char *Wanted);
size_t strspn(const char *String, const char *Set);
char *strtok_s(char *String, const char *Delimiters, char **Context);
size_t wcslen(const wchar_t *String);
size_t wcsnlen(const wchar_t *String, size_t Limit);
wchar_t *wcscpy(wchar_t *Destination, const wchar_t *Source);
wchar_t *wcscat(wchar_t *Destination, const wchar_t *Source);
wchar_t *wcsncpy(wchar_t *Destination, const wchar_t *Source, size_t Count);
wchar_t *wcsncat(wchar_t *Destination, const wchar_t *Source, size_t Count);
int wcscmp(const wchar_t *Left, const wchar_t *Right);
int wcsncmp(const wchar_t *Left, const wchar_t *Right, size_t Count);
wchar_t *wcschr(const wchar_t *String, wchar_t Character);
wchar_t *wcsrchr(const wchar_t *String, wchar_t Character);
wchar_t *wcsstr(const wchar_t *String, const wchar_t *Wanted);
size_t wcsspn(const wchar_t *String, const wchar_t *Set);
size_t wcscspn(const wchar_t *String, const wchar_t *Set);

// secure-string.c. A Count of _TRUNCATE copies what fits and returns STRUNCATE if that is not all.
errno_t strcpy_s(char *Destination, rsize_t Size, const char *Source);
errno_t strcat_s(char *Destination, rsize_t Size, const char *Source);
errno_t strncpy_s(char *Destination, rsize_t Size, const char *Source, rsize_t Count);
errno_t strncat_s(char *Destination, rsize_t Size, const char *Source, rsize_t Count);
errno_t wcscpy_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source);
errno_t wcscat_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source);
errno_t wcsncpy_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source, rsize_t Count);
errno_t wcsncat_s(wchar_t *Destination, rsize_t Size, const wchar_t *Source, rsize_t Count);

// string-case.c
int _stricmp(const char *Left, const char *Right);
int _strnicmp(const char *Left, const char *Right, size_t Count);
int _wcsicmp(const wchar_t *Left, const wchar_t *Right);
int _wcsnicmp(const wchar_t *Left, const wchar_t *Right, size_t Count);
char *_strlwr(char *String);
char *_strupr(char *String);
wchar_t *_wcslwr(wchar_t *String);
wchar_t *_wcsupr(wchar_t *String);
errno_t _wcslwr_s(wchar_t *String, size_t Size);

// string-fill.c
char *_strset(char *String, int Character);
char *_strnset(char *String, int Character, size_t Count);
char *_strrev(char *String);
wchar_t *_wcsnset(wchar_t *String, wchar_t Character, size_t Count);
wchar_t *_wcsrev(wchar_t *String);
errno_t _strset_s(char *String, size_t Size, int Character);
errno_t _strnset_s(char *String, size_t Size, int Character, size_t Count);
errno_t _wcsset_s(wchar_t *String, size_t Size, wchar_t Character);
errno_t _wcsnset_s(wchar_t *String, size_t Size, wchar_t Character, size_t Count);

// character.c
int isdigit(int Character);
int islower(int Character);
int isprint(int Character);
int isspace(int Character);
int isupper(int Character);
int isxdigit(int Character);
int tolower(int Character);
int toupper(int Character);
int iswalnum(unsigned short Character);
int iswdigit(unsigned short Character);
int iswspace(unsigned short Character);
unsigned short towlower(unsigned short Character);
unsigned short towupper(unsigned short Character);

// number.c. What does not fit is the largest (for a negative one the smallest) number; long has 32 bits.
int atoi(const char *String);
long atol(const char *String);
long long _atoi64(const char *String);
int _wtoi(const wchar_t *String);
long _wtol(const wchar_t *String);
unsigned long wcstoul(const wchar_t *String, wchar_t **End, int Base);
unsigned long long _strtoui64(const char *String, char **End, int Base);

// number-text.c. Only a number in base 10 has a sign; in another its bits are written.
char *_itoa(int Value, char *Buffer, int Radix);
wchar_t *_itow(int Value, wchar_t *Buffer, int Radix);
errno_t _itoa_s(int Value, char *Buffer, size_t Size, int Radix);
errno_t _itow_s(int Value, wchar_t *Buffer, size_t Size, int Radix);
errno_t _ltoa_s(long Value, char *Buffer, size_t Size, int Radix);
errno_t _ltow_s(long Value, wchar_t *Buffer, size_t Size, int Radix);
errno_t _ultoa_s(unsigned long Value, char *Buffer, size_t Size, int Radix);
errno_t _ultow_s(unsigned long Value, wchar_t *Buffer, size_t Size, int Radix);
errno_t _i64toa_s(long long Value, char *Buffer, size_t Size, int Radix);
errno_t _i64tow_s(long long Value, wchar_t *Buffer, size_t Size, int Radix);
errno_t _ui64toa_s(unsigned long long Value, char *Buffer, size_t Size, int Radix);
errno_t _ui64tow_s(unsigned long long Value, wchar_t *Buffer, size_t Size, int Radix);

// print.c: the format is rtl/format.h's. Returned are the units written, without the terminator.
// _vsnprintf and its like write at most Count units: with a terminator if the text is shorter, without one if
// it has Count units exactly, and they return -1 if it is longer, the buffer full and without a terminator.
// Without a buffer, and with a Count of 0, they return the text's length. The older sprintf and swprintf know
// no limit. The _s routines always terminate; what does not fit makes the buffer empty and gives -1, but a
// Count smaller than Size, or _TRUNCATE, cuts: -1 too.
int _vsnprintf(char *Buffer, size_t Count, const char *Format, va_list Arguments);
int _snprintf(char *Buffer, size_t Count, const char *Format, ...);
int vsprintf(char *Buffer, const char *Format, va_list Arguments);
int sprintf(char *Buffer, const char *Format, ...);
int vsprintf_s(char *Buffer, size_t Size, const char *Format, va_list Arguments);
int sprintf_s(char *Buffer, size_t Size, const char *Format, ...);
int _vsnprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, va_list Arguments);
int _snprintf_s(char *Buffer, size_t Size, size_t Count, const char *Format, ...);
int _vsnwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, va_list Arguments);
int _snwprintf(wchar_t *Buffer, size_t Count, const wchar_t *Format, ...);
int _vswprintf(wchar_t *Buffer, const wchar_t *Format, va_list Arguments);
int _swprintf(wchar_t *Buffer, const wchar_t *Format, ...);
int swprintf(wchar_t *Buffer, const wchar_t *Format, ...);
int vswprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, va_list Arguments);
int swprintf_s(wchar_t *Buffer, size_t Size, const wchar_t *Format, ...);
int _vsnwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, va_list Arguments);
int _snwprintf_s(wchar_t *Buffer, size_t Size, size_t Count, const wchar_t *Format, ...);

// scan.c, which has the language of the format. Returned are the fields stored, or -1 if the text ends before
// the first one.
int sscanf_s(const char *Text, const char *Format, ...);
int _snscanf_s(const char *Text, size_t Count, const char *Format, ...);
int swscanf_s(const wchar_t *Text, const wchar_t *Format, ...);
int _snwscanf_s(const wchar_t *Text, size_t Count, const wchar_t *Format, ...);

// path.c. A part that is not wanted is NULL and 0. EINVAL, ERANGE: every part, or the path, is empty then.
errno_t _splitpath_s(const char *Path, char *Drive, size_t DriveSize, char *Folder, size_t FolderSize,
                     char *Name, size_t NameSize, char *Extension, size_t ExtensionSize);
errno_t _wsplitpath_s(const wchar_t *Path, wchar_t *Drive, size_t DriveSize, wchar_t *Folder,
                      size_t FolderSize, wchar_t *Name, size_t NameSize, wchar_t *Extension,
                      size_t ExtensionSize);
errno_t _makepath_s(char *Path, size_t Size, const char *Drive, const char *Folder, const char *Name,
                    const char *Extension);
errno_t _wmakepath_s(wchar_t *Path, size_t Size, const wchar_t *Drive, const wchar_t *Folder,
                     const wchar_t *Name, const wchar_t *Extension);

// multibyte.c. What the code page lacks becomes '?'; nothing is an error.
int mbtowc(wchar_t *Wide, const char *Text, size_t Count);
int wctomb(char *Text, wchar_t Wide);
size_t mbstowcs(wchar_t *Destination, const char *Source, size_t Count);
size_t wcstombs(char *Destination, const wchar_t *Source, size_t Count);

// sort.c. Neither recurses nor allocates; equal elements may change places.
void qsort(void *Base, size_t Count, size_t Size, int (*Compare)(const void *, const void *));
void qsort_s(void *Base, rsize_t Count, rsize_t Size, int (*Compare)(void *, const void *, const void *),
             void *Context);
void *bsearch(const void *Key, const void *Base, size_t Count, size_t Size,
              int (*Compare)(const void *, const void *));
void *bsearch_s(const void *Key, const void *Base, rsize_t Count, rsize_t Size,
                int (*Compare)(void *, const void *, const void *), void *Context);

// random.c: Microsoft's generator, numbers from 0 to 32767.
int rand(void);
void srand(unsigned int Seed);

// math.c
int _finite(double Value);
double sqrt(double Value);
float sqrtf(float Value);

#endif
