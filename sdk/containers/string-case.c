// SPDX-License-Identifier: MIT
// Upper-case and lower-case strings.
#include <kmode.h>

VOID NTAPI KmStringUpcase(PKM_STRING String)
{
    SIZE_T Index;

    for (Index = 0; Index < KmStringCount(String); Index += 1) {
        String->Unicode.Buffer[Index] = KmUpcaseUnicodeChar(String->Unicode.Buffer[Index]);
    }
}

VOID NTAPI KmStringDowncase(PKM_STRING String)
{
    SIZE_T Index;

    for (Index = 0; Index < KmStringCount(String); Index += 1) {
        String->Unicode.Buffer[Index] = RtlDowncaseUnicodeChar(String->Unicode.Buffer[Index]);
    }
}
