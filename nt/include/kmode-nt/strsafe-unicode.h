// SPDX-License-Identifier: MIT
// RtlUnicodeString* of ntstrsafe.h. Included by it alone.
//
// A UNICODE_STRING is counted, and no terminator is written. It is valid when its sizes are even, Length is
// not above MaximumLength, and Buffer is not NULL unless both are 0.

NTSTRSAFEDDI KmodeNtUnicodeStringValidate(PCUNICODE_STRING String, DWORD Flags)
{
    if (String == NULL) {
        return (Flags & STRSAFE_IGNORE_NULLS) != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    if (String->Length % sizeof(WCHAR) != 0 || String->MaximumLength % sizeof(WCHAR) != 0 ||
        String->Length > String->MaximumLength || (String->Buffer == NULL && String->MaximumLength != 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringValidate(PCUNICODE_STRING String)
{
    return KmodeNtUnicodeStringValidate(String, 0);
}

// Flags: STRSAFE_IGNORE_NULLS or 0.
NTSTRSAFEDDI RtlUnicodeStringValidateEx(PCUNICODE_STRING String, DWORD Flags)
{
    if ((Flags & ~(DWORD)STRSAFE_IGNORE_NULLS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    return KmodeNtUnicodeStringValidate(String, Flags);
}

// What the Ex routines end with. The rest of the buffer is what Remaining is given.
NTSTRSAFEDDI KmodeNtUnicodeStringFinish(PUNICODE_STRING Destination, NTSTATUS Status, USHORT OldLength,
                                        PUNICODE_STRING Remaining, DWORD Flags)
{
    if (Status != STATUS_SUCCESS) {
        if ((Flags & STRSAFE_NO_TRUNCATION) != 0) {
            Destination->Length = OldLength;
        }
        if ((Flags & STRSAFE_FILL_ON_FAILURE) != 0 && Destination->Buffer != NULL) {
            __builtin_memset(Destination->Buffer, STRSAFE_GET_FILL_PATTERN(Flags),
                             Destination->MaximumLength);
            Destination->Length = STRSAFE_GET_FILL_PATTERN(Flags) == 0 ? 0 : Destination->MaximumLength;
        }
        if ((Flags & STRSAFE_ZERO_LENGTH_ON_FAILURE) != 0) {
            Destination->Length = 0;
        }
    } else if ((Flags & STRSAFE_FILL_BEHIND) != 0 && Destination->Buffer != NULL) {
        __builtin_memset((UCHAR *)Destination->Buffer + Destination->Length, STRSAFE_GET_FILL_PATTERN(Flags),
                         (size_t)(Destination->MaximumLength - Destination->Length));
    }
    if (Remaining != NULL && (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW)) {
        Remaining->Length = 0;
        Remaining->MaximumLength = (USHORT)(Destination->MaximumLength - Destination->Length);
        Remaining->Buffer =
            Destination->Buffer == NULL ? NULL : Destination->Buffer + Destination->Length / sizeof(WCHAR);
    }
    return Status;
}

// The one routine behind Copy, Cat, CopyString, CatString and their N and Ex forms. Count in characters.
NTSTRSAFEDDI KmodeNtUnicodeStringJoin(PUNICODE_STRING Destination, BOOLEAN Concatenate, const WCHAR *Source,
                                      size_t Count, BOOLEAN Terminated, PUNICODE_STRING Remaining,
                                      DWORD Flags)
{
    NTSTATUS Status = KmodeNtUnicodeStringValidate(Destination, Flags);
    BOOLEAN Invalid = (Flags & ~(DWORD)STRSAFE_VALID_FLAGS) != 0 ||
                      (Source == NULL && Terminated && (Flags & STRSAFE_IGNORE_NULLS) == 0);
    BOOLEAN Empty = Source == NULL || Count == 0 || (Terminated && *Source == 0);
    USHORT OldLength;
    size_t Capacity, Length;

    if (Status != STATUS_SUCCESS || Destination == NULL) {
        return Status != STATUS_SUCCESS || Invalid || !Empty ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS;
    }
    Capacity = Destination->MaximumLength / sizeof(WCHAR);
    OldLength = Concatenate ? Destination->Length : 0;
    if (Invalid || (!Empty && Capacity == 0)) {
        return KmodeNtUnicodeStringFinish(Destination, STATUS_INVALID_PARAMETER, Destination->Length,
                                          Remaining, Flags);
    }
    if (Empty) {
        Count = 0;
    }
    Length = OldLength / sizeof(WCHAR);
    while (Count != 0 && !(Terminated && *Source == 0)) {
        if (Length == Capacity) {
            Status = STATUS_BUFFER_OVERFLOW;
            break;
        }
        Destination->Buffer[Length++] = *Source++;
        Count--;
    }
    Destination->Length = (USHORT)(Length * sizeof(WCHAR));
    return KmodeNtUnicodeStringFinish(Destination, Status, OldLength, Remaining, Flags);
}

// Initialises a UNICODE_STRING on a terminated string of at most NTSTRSAFE_UNICODE_STRING_MAX_CCH characters,
// not copied.
NTSTRSAFEDDI RtlUnicodeStringInitEx(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source, DWORD Flags)
{
    size_t Length = 0;

    if ((Flags & ~(DWORD)STRSAFE_IGNORE_NULLS) != 0) {
        return STATUS_INVALID_PARAMETER;
    }
    if (Destination == NULL) {
        return Source == NULL && Flags != 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    Destination->Length = Destination->MaximumLength = 0;
    Destination->Buffer = NULL;
    if (Source == NULL) {
        return STATUS_SUCCESS;
    }
    while (Source[Length] != 0) {
        if (++Length >= NTSTRSAFE_UNICODE_STRING_MAX_CCH) {
            return STATUS_INVALID_PARAMETER;
        }
    }
    Destination->Length = (USHORT)(Length * sizeof(WCHAR));
    Destination->MaximumLength = (USHORT)((Length + 1) * sizeof(WCHAR));
    Destination->Buffer = (PWSTR)Source;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI RtlUnicodeStringInit(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source)
{
    return RtlUnicodeStringInitEx(Destination, Source, 0);
}

#define KMODE_NT_SOURCE(String) (String) == NULL ? NULL : (String)->Buffer
#define KMODE_NT_COUNT(String)  ((String) == NULL ? 0 : (String)->Length / sizeof(WCHAR))
#define KMODE_NT_LEAST(A, B)    ((A) < (B) ? (A) : (B))

#define KMODE_NT_UNICODE_JOIN(Verb, Concatenate)                                                             \
    NTSTRSAFEDDI RtlUnicodeString##Verb##Ex(PUNICODE_STRING Destination, PCUNICODE_STRING Source,            \
                                            PUNICODE_STRING Remaining, DWORD Flags)                          \
    {                                                                                                        \
        if (KmodeNtUnicodeStringValidate(Source, Flags) != STATUS_SUCCESS) {                                 \
            return STATUS_INVALID_PARAMETER;                                                                 \
        }                                                                                                    \
        return KmodeNtUnicodeStringJoin(Destination, Concatenate, KMODE_NT_SOURCE(Source),                   \
                                        KMODE_NT_COUNT(Source), FALSE, Remaining, Flags);                    \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeString##Verb(PUNICODE_STRING Destination, PCUNICODE_STRING Source)                \
    {                                                                                                        \
        return RtlUnicodeString##Verb##Ex(Destination, Source, NULL, 0);                                     \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeString##Verb##StringEx(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source,      \
                                                  PUNICODE_STRING Remaining, DWORD Flags)                    \
    {                                                                                                        \
        return KmodeNtUnicodeStringJoin(Destination, Concatenate, Source, NTSTRSAFE_MAX_CCH, TRUE,           \
                                        Remaining, Flags);                                                   \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeString##Verb##String(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source)        \
    {                                                                                                        \
        return RtlUnicodeString##Verb##StringEx(Destination, Source, NULL, 0);                               \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##NEx(PUNICODE_STRING Destination, PCUNICODE_STRING Source,        \
                                                size_t Count, PUNICODE_STRING Remaining, DWORD Flags)        \
    {                                                                                                        \
        if (KmodeNtUnicodeStringValidate(Source, Flags) != STATUS_SUCCESS ||                                 \
            Count > NTSTRSAFE_UNICODE_STRING_MAX_CCH) {                                                      \
            return STATUS_INVALID_PARAMETER;                                                                 \
        }                                                                                                    \
        return KmodeNtUnicodeStringJoin(Destination, Concatenate, KMODE_NT_SOURCE(Source),                   \
                                        KMODE_NT_LEAST(Count, KMODE_NT_COUNT(Source)), FALSE, Remaining,     \
                                        Flags);                                                              \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##N(PUNICODE_STRING Destination, PCUNICODE_STRING Source,          \
                                              size_t Count)                                                  \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##NEx(Destination, Source, Count, NULL, 0);                          \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##NEx(PUNICODE_STRING Destination, PCUNICODE_STRING Source,         \
                                               size_t Count, PUNICODE_STRING Remaining, DWORD Flags)         \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##NEx(Destination, Source, Count / sizeof(WCHAR), Remaining, Flags); \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##N(PUNICODE_STRING Destination, PCUNICODE_STRING Source,           \
                                             size_t Count)                                                   \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##NEx(Destination, Source, Count / sizeof(WCHAR), NULL, 0);          \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##StringNEx(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source,  \
                                                      size_t Count, PUNICODE_STRING Remaining, DWORD Flags)  \
    {                                                                                                        \
        if (Count > NTSTRSAFE_UNICODE_STRING_MAX_CCH) {                                                      \
            return STATUS_INVALID_PARAMETER;                                                                 \
        }                                                                                                    \
        return KmodeNtUnicodeStringJoin(Destination, Concatenate, Source, Count, TRUE, Remaining, Flags);    \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCch##Verb##StringN(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source,    \
                                                    size_t Count)                                            \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##StringNEx(Destination, Source, Count, NULL, 0);                    \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##StringNEx(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source,   \
                                                     size_t Count, PUNICODE_STRING Remaining, DWORD Flags)   \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##StringNEx(Destination, Source, Count / sizeof(WCHAR), Remaining,   \
                                                    Flags);                                                  \
    }                                                                                                        \
    NTSTRSAFEDDI RtlUnicodeStringCb##Verb##StringN(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Source,     \
                                                   size_t Count)                                             \
    {                                                                                                        \
        return RtlUnicodeStringCch##Verb##StringNEx(Destination, Source, Count / sizeof(WCHAR), NULL, 0);    \
    }
KMODE_NT_UNICODE_JOIN(Copy, FALSE)
KMODE_NT_UNICODE_JOIN(Cat, TRUE)
#undef KMODE_NT_UNICODE_JOIN
#undef KMODE_NT_SOURCE
#undef KMODE_NT_COUNT
#undef KMODE_NT_LEAST

NTSTRSAFEDDI RtlUnicodeStringVPrintfEx(PUNICODE_STRING Destination, PUNICODE_STRING Remaining, DWORD Flags,
                                       NTSTRSAFE_PCWSTR Format, va_list Arguments)
{
    NTSTATUS Status = KmodeNtUnicodeStringValidate(Destination, Flags);
    size_t Capacity;
    int Written;

    if (Format == NULL && (Flags & STRSAFE_IGNORE_NULLS) != 0) {
        Format = L"";
    }
    if (Status != STATUS_SUCCESS || Destination == NULL) {
        return Status != STATUS_SUCCESS || Format == NULL || *Format != 0 ||
                       (Flags & ~(DWORD)STRSAFE_VALID_FLAGS) != 0
                   ? STATUS_INVALID_PARAMETER
                   : STATUS_SUCCESS;
    }
    Capacity = Destination->MaximumLength / sizeof(WCHAR);
    if ((Flags & ~(DWORD)STRSAFE_VALID_FLAGS) != 0 || Format == NULL || (Capacity == 0 && *Format != 0)) {
        return KmodeNtUnicodeStringFinish(Destination, STATUS_INVALID_PARAMETER, Destination->Length,
                                          Remaining, Flags);
    }
    Written = Capacity == 0 ? 0 : _vsnwprintf(Destination->Buffer, Capacity, Format, Arguments);
    if (Written < 0 || (size_t)Written > Capacity) {
        Status = STATUS_BUFFER_OVERFLOW;
        Written = (int)Capacity;
    }
    Destination->Length = (USHORT)((size_t)Written * sizeof(WCHAR));
    return KmodeNtUnicodeStringFinish(Destination, Status, 0, Remaining, Flags);
}

NTSTRSAFEDDI RtlUnicodeStringVPrintf(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Format, va_list Arguments)
{
    return RtlUnicodeStringVPrintfEx(Destination, NULL, 0, Format, Arguments);
}

NTSTRSAFEDDI RtlUnicodeStringPrintf(PUNICODE_STRING Destination, NTSTRSAFE_PCWSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = RtlUnicodeStringVPrintfEx(Destination, NULL, 0, Format, Arguments);
    va_end(Arguments);
    return Status;
}

NTSTRSAFEDDI RtlUnicodeStringPrintfEx(PUNICODE_STRING Destination, PUNICODE_STRING Remaining, DWORD Flags,
                                      NTSTRSAFE_PCWSTR Format, ...)
{
    va_list Arguments;
    NTSTATUS Status;

    va_start(Arguments, Format);
    Status = RtlUnicodeStringVPrintfEx(Destination, Remaining, Flags, Format, Arguments);
    va_end(Arguments);
    return Status;
}

// A counted string to a terminated one. Null characters in it are copied like any.
NTSTRSAFEDDI KmodeNtStringCopyUnicodeString(NTSTRSAFE_PWSTR Destination, size_t Size, PCUNICODE_STRING Source,
                                            NTSTRSAFE_PWSTR *End, size_t *Remaining, DWORD Flags)
{
    size_t Capacity = Size / sizeof(WCHAR), Length = 0;
    NTSTATUS Status = KmodeNtStringCheckDestinationW(Destination, Capacity, Flags);

    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Status = KmodeNtUnicodeStringValidate(Source, Flags);
    if (Status == STATUS_SUCCESS) {
        Length = Source == NULL ? 0 : Source->Length / sizeof(WCHAR);
    }
    if ((Flags & ~(DWORD)STRSAFE_VALID_FLAGS) != 0 || (Capacity == 0 && Length != 0)) {
        Status = STATUS_INVALID_PARAMETER;
    }
    if (Status != STATUS_SUCCESS) {
        Length = 0;
    } else if (Capacity != 0) {
        if (Length >= Capacity) {
            Length = Capacity - 1;
            Status = STATUS_BUFFER_OVERFLOW;
        }
        if (Length != 0) {
            __builtin_memcpy(Destination, Source->Buffer, Length * sizeof(WCHAR));
        }
        Destination[Length] = 0;
    }
    return KmodeNtStringFinishW(Destination, Size, 0, Length, Status, Flags, End, Remaining);
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeStringEx(NTSTRSAFE_PWSTR Destination, size_t Capacity,
                                             PCUNICODE_STRING Source, NTSTRSAFE_PWSTR *End, size_t *Remaining,
                                             DWORD Flags)
{
    return Capacity > NTSTRSAFE_MAX_CCH
               ? STATUS_INVALID_PARAMETER
               : KmodeNtStringCopyUnicodeString(Destination, Capacity * sizeof(WCHAR), Source, End, Remaining,
                                                Flags);
}

NTSTRSAFEDDI RtlStringCbCopyUnicodeStringEx(NTSTRSAFE_PWSTR Destination, size_t Size, PCUNICODE_STRING Source,
                                            NTSTRSAFE_PWSTR *End, size_t *Remaining, DWORD Flags)
{
    NTSTATUS Status = KmodeNtStringCopyUnicodeString(Destination, Size, Source, End, Remaining, Flags);
    return KmodeNtStringInBytesW(Status, Size, Remaining);
}

NTSTRSAFEDDI RtlStringCchCopyUnicodeString(NTSTRSAFE_PWSTR Destination, size_t Capacity,
                                           PCUNICODE_STRING Source)
{
    return Capacity > NTSTRSAFE_UNICODE_STRING_MAX_CCH
               ? STATUS_INVALID_PARAMETER
               : RtlStringCchCopyUnicodeStringEx(Destination, Capacity, Source, NULL, NULL, 0);
}

NTSTRSAFEDDI RtlStringCbCopyUnicodeString(NTSTRSAFE_PWSTR Destination, size_t Size, PCUNICODE_STRING Source)
{
    return RtlStringCchCopyUnicodeString(Destination, Size / sizeof(WCHAR), Source);
}

// x64 reads unaligned characters as it reads any.
#define RtlUnalignedStringCchLengthW RtlStringCchLengthW
#define RtlUnalignedStringCbLengthW  RtlStringCbLengthW
