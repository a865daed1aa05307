// SPDX-License-Identifier: MIT
// What one does with any UNICODE_STRING, without memory: compare, search, cut, take numbers from. For strings
// that grow there is <kmode/string.h>.
//
//     static NTSTATUS ParseSize(PCUNICODE_STRING Line, PULONG64 Size) // "  size = 0x100 "
//     {
//         static const UNICODE_STRING Name = RTL_CONSTANT_STRING(L"size");
//         UNICODE_STRING Rest = *Line, Part;
//
//         if (!KmUnicodeNextPart(&Rest, L"=", FALSE, &Part)) {
//             return STATUS_NOT_FOUND;
//         }
//         KmUnicodeTrim(&Part, NULL);
//         KmUnicodeTrim(&Rest, NULL);
//         return KmUnicodeIsEqual(&Part, &Name, TRUE) ? KmUnicodeToUnsigned(&Rest, 0, Size) :
//         STATUS_NOT_FOUND;
//     }
//
// An index and a count are in units of UTF-16 (WCHAR). A part of a string is a UNICODE_STRING that points
// into it: it holds as long as the string does, is not terminated by a zero, and is not freed.
//
// IRQL: any at which the strings are resident, also where CaseInsensitive is TRUE: the table of upper-case
// letters that is used then is the driver's own (KmUpcaseUnicodeChar).
#ifndef KMODE_UNICODE_STRING_H
#define KMODE_UNICODE_STRING_H

#ifndef _WDMDDK_
#error "include <kmode.h>, or one of <ntddk.h>, <ntifs.h> and <wdm.h> before <kmode/unicode-string.h>"
#endif

#ifdef __cplusplus
extern "C" {
#endif

/// Returns a number below 0 if Left comes before Right, above 0 if behind, 0 if they are equal: by their
/// units, of upper-case letters if CaseInsensitive; what one has more than the other comes behind. As
/// RtlCompareUnicodeString.
///
///     static const UNICODE_STRING First = RTL_CONSTANT_STRING(L"\\Device\\Serial0");
///     static const UNICODE_STRING Device = RTL_CONSTANT_STRING(L"\\device\\");
///     static const UNICODE_STRING Zero = RTL_CONSTANT_STRING(L"0");
///
///     static BOOLEAN IsFirst(PCUNICODE_STRING Name)
///     {
///         return KmUnicodeHasPrefix(Name, &Device, TRUE) && KmUnicodeHasSuffix(Name, &Zero, FALSE) &&
///                KmUnicodeCompare(Name, &First, TRUE) == 0;
///     }
_IRQL_requires_max_(HIGH_LEVEL) LONG NTAPI
    KmUnicodeCompare(_In_ PCUNICODE_STRING Left, _In_ PCUNICODE_STRING Right, _In_ BOOLEAN CaseInsensitive);

/// Whether Left and Right are equal.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmUnicodeIsEqual(_In_ PCUNICODE_STRING Left, _In_ PCUNICODE_STRING Right, _In_ BOOLEAN CaseInsensitive);

/// Whether String begins with Prefix. Each string begins and ends with the empty one.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmUnicodeHasPrefix(_In_ PCUNICODE_STRING String, _In_ PCUNICODE_STRING Prefix,
                       _In_ BOOLEAN CaseInsensitive);

/// Whether String ends with Suffix.
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmUnicodeHasSuffix(_In_ PCUNICODE_STRING String, _In_ PCUNICODE_STRING Suffix,
                       _In_ BOOLEAN CaseInsensitive);

/// Finds Sought in String, from the unit at Start on. Returns STATUS_SUCCESS, and in *Index where it begins;
/// STATUS_NOT_FOUND, also if Start is behind the end, and *Index is left alone. The empty string is found at
/// Start.
///
///     static NTSTATUS AfterColon(PCUNICODE_STRING Path, PUNICODE_STRING Part)
///     {
///         static const UNICODE_STRING Colon = RTL_CONSTANT_STRING(L":");
///         SIZE_T Index;
///         NTSTATUS Status = KmUnicodeFind(Path, &Colon, 0, FALSE, &Index);
///
///         return NT_SUCCESS(Status) ? KmUnicodeSlice(Path, Index + 1, KM_UNICODE_REST, Part) : Status;
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUnicodeFind(_In_ PCUNICODE_STRING String, _In_ PCUNICODE_STRING Sought, _In_ SIZE_T Start,
                  _In_ BOOLEAN CaseInsensitive, _Out_ PSIZE_T Index);

/// As KmUnicodeFind, the last that begins before End: (SIZE_T)-1 for the last of all.
///
///     static NTSTATUS FileName(PCUNICODE_STRING Path, PUNICODE_STRING Name)
///     {
///         static const UNICODE_STRING Backslash = RTL_CONSTANT_STRING(L"\\");
///         SIZE_T Index;
///         NTSTATUS Status = KmUnicodeFindLast(Path, &Backslash, (SIZE_T)-1, FALSE, &Index);
///
///         return KmUnicodeSlice(Path, NT_SUCCESS(Status) ? Index + 1 : 0, KM_UNICODE_REST, Name);
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUnicodeFindLast(_In_ PCUNICODE_STRING String, _In_ PCUNICODE_STRING Sought, _In_ SIZE_T End,
                      _In_ BOOLEAN CaseInsensitive, _Out_ PSIZE_T Index);

/// Finds the first unit from Start on that is one of Units. Returns as KmUnicodeFind.
///
///     static BOOLEAN HasWildcard(PCUNICODE_STRING Name)
///     {
///         SIZE_T Index;
///
///         return KmUnicodeFindAnyOf(Name, L"*?<>\"", 0, &Index) == STATUS_SUCCESS;
///     }
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUnicodeFindAnyOf(_In_ PCUNICODE_STRING String, _In_ PCWSTR Units, _In_ SIZE_T Start,
                       _Out_ PSIZE_T Index);

/// As a count of KmUnicodeSlice: all there is from Index on.
#define KM_UNICODE_REST ((SIZE_T) - 1)

/// Makes *Part the Count units from Index on. Returns STATUS_ARRAY_BOUNDS_EXCEEDED if String has not so many;
/// *Part is left alone then. Part may be String.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI KmUnicodeSlice(_In_ PCUNICODE_STRING String, _In_ SIZE_T Index,
                                                              _In_ SIZE_T Count, _Out_ PUNICODE_STRING Part);

/// Takes what is one of Units off both ends of the part; NULL: blanks, tabs, line ends and zeros. The string
/// itself stays as it is.
_IRQL_requires_max_(HIGH_LEVEL) VOID NTAPI KmUnicodeTrim(_Inout_ PUNICODE_STRING Part, _In_opt_ PCWSTR Units);

/// Splits *Rest at the first unit that is one of Separators: *Part is what is before it, *Rest what is behind
/// it. With SkipEmpty, separators that follow each other, or stand at an end, are as one. Returns FALSE, and
/// *Part is empty, when there is no further part: the part behind the last separator has been given, with
/// SkipEmpty if it is not empty.
///
///     static VOID ListParts(PCUNICODE_STRING Path)
///     {
///         UNICODE_STRING Rest = *Path, Part;
///
///         while (KmUnicodeNextPart(&Rest, L"\\/", TRUE, &Part)) {
///             KmInfo("%wZ", &Part);
///         }
///     }
_IRQL_requires_max_(HIGH_LEVEL) BOOLEAN NTAPI
    KmUnicodeNextPart(_Inout_ PUNICODE_STRING Rest, _In_ PCWSTR Separators, _In_ BOOLEAN SkipEmpty,
                      _Out_ PUNICODE_STRING Part);

/// Makes a number of the whole of String: digits of Base, 2 to 36, letters of either case; Base 0: 16 behind
/// `0x`, 8 behind `0o`, 2 behind `0b`, else 10. Returns STATUS_INVALID_PARAMETER if Base is another, or
/// String is empty or has anything else in it (a sign, a blank); STATUS_INTEGER_OVERFLOW if the number needs
/// more than 64 bits. *Number is left alone then.
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUnicodeToUnsigned(_In_ PCUNICODE_STRING String, _In_ ULONG Base, _Out_ PULONG64 Number);

/// As KmUnicodeToUnsigned, behind one `-` or `+` or none.
///
///     LONG64 Number;
///
///     Status = KmUnicodeToSigned(RegistryPath, 10, &Number);
_IRQL_requires_max_(HIGH_LEVEL) NTSTATUS NTAPI
    KmUnicodeToSigned(_In_ PCUNICODE_STRING String, _In_ ULONG Base, _Out_ PLONG64 Number);

// Whether Unit is one of Units; with NULL, white space or a zero.
BOOLEAN KmpIsOneOf(_In_ WCHAR Unit, _In_opt_ PCWSTR Units);

#ifdef __cplusplus
}
#endif

#endif
