// SPDX-License-Identifier: MIT
// RtlStringCb*, RtlStringCch* for one character type. ntstrsafe.h includes this once for each, with
// KMODE_NT_CHARACTER, KMODE_NT_SUFFIX and KMODE_NT_FORMAT defined.

#define KMODE_NT_STR KMODE_NT_SUFFIX

// What every Ex routine ends with: results, filling, and what the flags ask for on failure. OldLength is what
// STRSAFE_NO_TRUNCATION goes back to.
NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringFinish)(KMODE_NT_CHARACTER *Destination, size_t CapacityInBytes,
                                               size_t OldLength, size_t Length, NTSTATUS Status, DWORD Flags,
                                               KMODE_NT_CHARACTER **End, size_t *Remaining)
{
    size_t Capacity = CapacityInBytes / sizeof(*Destination);

    if (Status == STATUS_SUCCESS) {
        if ((Flags & STRSAFE_FILL_BEHIND_NULL) != 0 && Capacity > Length + 1) {
            __builtin_memset(Destination + Length + 1, STRSAFE_GET_FILL_PATTERN(Flags),
                             CapacityInBytes - (Length + 1) * sizeof(*Destination));
        }
    } else if (Capacity != 0) {
        if ((Flags & STRSAFE_NO_TRUNCATION) != 0) {
            Length = OldLength;
        }
        if ((Flags & STRSAFE_FILL_ON_FAILURE) != 0) {
            __builtin_memset(Destination, STRSAFE_GET_FILL_PATTERN(Flags), CapacityInBytes);
            Length = STRSAFE_GET_FILL_PATTERN(Flags) == 0 ? 0 : Capacity - 1;
        }
        if ((Flags & STRSAFE_NULL_ON_FAILURE) != 0) {
            Length = 0;
        }
        Destination[Length] = 0;
    }
    if (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW) {
        if (End != NULL) {
            *End = Destination == NULL ? NULL : Destination + Length;
        }
        if (Remaining != NULL) {
            *Remaining = Capacity - Length;
        }
    }
    return Status;
}

NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringCheckDestination)(const KMODE_NT_CHARACTER *Destination,
                                                         size_t Capacity, DWORD Flags)
{
    if (Capacity > NTSTRSAFE_MAX_CCH || (Destination == NULL && Capacity != 0) ||
        ((Destination == NULL || Capacity == 0) && (Flags & STRSAFE_IGNORE_NULLS) == 0)) {
        return STATUS_INVALID_PARAMETER;
    }
    return STATUS_SUCCESS;
}

// Flags, and NULLs as the flags allow them. A NULL source becomes an empty string.
NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringCheckSource)(const KMODE_NT_CHARACTER **Source, DWORD Flags)
{
    static const KMODE_NT_CHARACTER Empty[1] = {0};

    if (*Source == NULL && (Flags & STRSAFE_IGNORE_NULLS) != 0) {
        *Source = Empty;
    }
    return (Flags & ~(DWORD)STRSAFE_VALID_FLAGS) != 0 || *Source == NULL ? STATUS_INVALID_PARAMETER
                                                                         : STATUS_SUCCESS;
}

// Appends at most Count characters of Source at Destination[*Length].
NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringAppend)(KMODE_NT_CHARACTER *Destination, size_t Capacity,
                                               size_t *Length, const KMODE_NT_CHARACTER *Source, size_t Count)
{
    if (Capacity == 0) {
        return Count == 0 || *Source == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    }
    while (Count != 0 && *Source != 0) {
        if (*Length + 1 >= Capacity) {
            Destination[*Length] = 0;
            return STATUS_BUFFER_OVERFLOW;
        }
        Destination[(*Length)++] = *Source++;
        Count--;
    }
    Destination[*Length] = 0;
    return STATUS_SUCCESS;
}

NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringMeasure)(const KMODE_NT_CHARACTER *String, size_t Maximum,
                                                size_t *Length)
{
    size_t Index = 0;

    while (Index < Maximum && String[Index] != 0) {
        Index++;
    }
    *Length = Index;
    return Index < Maximum ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

// The one routine behind Copy, CopyN, Cat and CatN, with and without Ex.
NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringJoin)(KMODE_NT_CHARACTER *Destination, size_t CapacityInBytes,
                                             BOOLEAN Concatenate, const KMODE_NT_CHARACTER *Source,
                                             size_t Count, KMODE_NT_CHARACTER **End, size_t *Remaining,
                                             DWORD Flags)
{
    size_t Capacity = CapacityInBytes / sizeof(*Destination), OldLength = 0, Length = 0;
    NTSTATUS Status = KMODE_NT_STR(KmodeNtStringCheckDestination)(Destination, Capacity, Flags);

    if (Status == STATUS_SUCCESS && Concatenate && Capacity != 0) {
        Status = KMODE_NT_STR(KmodeNtStringMeasure)(Destination, Capacity, &OldLength);
    }
    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Length = OldLength;
    Status = KMODE_NT_STR(KmodeNtStringCheckSource)(&Source, Flags);
    if (Status != STATUS_SUCCESS || Count > NTSTRSAFE_MAX_CCH) {
        Status = STATUS_INVALID_PARAMETER;
    } else {
        Status = KMODE_NT_STR(KmodeNtStringAppend)(Destination, Capacity, &Length, Source, Count);
    }
    return KMODE_NT_STR(KmodeNtStringFinish)(Destination, CapacityInBytes, OldLength, Length, Status, Flags,
                                             End, Remaining);
}

NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringFormat)(KMODE_NT_CHARACTER *Destination, size_t CapacityInBytes,
                                               KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags,
                                               const KMODE_NT_CHARACTER *Format, va_list Arguments)
{
    size_t Capacity = CapacityInBytes / sizeof(*Destination), Length = 0;
    NTSTATUS Status = KMODE_NT_STR(KmodeNtStringCheckDestination)(Destination, Capacity, Flags);

    if (Status != STATUS_SUCCESS) {
        return Status;
    }
    Status = KMODE_NT_STR(KmodeNtStringCheckSource)(&Format, Flags);
    if (Status == STATUS_SUCCESS && Capacity == 0) {
        Status = *Format == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    } else if (Status == STATUS_SUCCESS) {
        int Written = KMODE_NT_FORMAT(Destination, Capacity - 1, Format, Arguments);

        if (Written < 0 || (size_t)Written > Capacity - 1) {
            Status = STATUS_BUFFER_OVERFLOW;
            Length = Capacity - 1;
        } else {
            Length = (size_t)Written;
        }
        Destination[Length] = 0;
    }
    return KMODE_NT_STR(KmodeNtStringFinish)(Destination, CapacityInBytes, 0, Length, Status, Flags, End,
                                             Remaining);
}

// Cch counts characters: sizes to bytes, results back. A size that bytes cannot hold is beyond
// NTSTRSAFE_MAX_CCH anyway.
#define KMODE_NT_BYTES(Characters)                                                                           \
    ((Characters) > NTSTRSAFE_MAX_CCH ? (size_t)-1 : (Characters) * sizeof(KMODE_NT_CHARACTER))
#define KMODE_NT_NO_LIMIT ((size_t)NTSTRSAFE_MAX_CCH)

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCchLength)(const KMODE_NT_CHARACTER *String, size_t Maximum,
                                              size_t *Length)
{
    size_t Count = 0;
    NTSTATUS Status = String == NULL || Maximum > NTSTRSAFE_MAX_CCH
                          ? STATUS_INVALID_PARAMETER
                          : KMODE_NT_STR(KmodeNtStringMeasure)(String, Maximum, &Count);

    if (Length != NULL) {
        *Length = Status == STATUS_SUCCESS ? Count : 0;
    }
    return Status;
}

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCbLength)(const KMODE_NT_CHARACTER *String, size_t Maximum, size_t *Length)
{
    NTSTATUS Status = KMODE_NT_STR(RtlStringCchLength)(String, Maximum / sizeof(KMODE_NT_CHARACTER), Length);

    if (Length != NULL) {
        *Length *= sizeof(KMODE_NT_CHARACTER);
    }
    return Status;
}

#define KMODE_NT_JOIN(Verb, Concatenate)                                                                     \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCb##Verb)(KMODE_NT_CHARACTER * Destination, size_t Size,              \
                                                 const KMODE_NT_CHARACTER *Source)                           \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, Size, Concatenate, Source, KMODE_NT_NO_LIMIT,    \
                                               NULL, NULL, 0);                                               \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCch##Verb)(KMODE_NT_CHARACTER * Destination, size_t Size,             \
                                                  const KMODE_NT_CHARACTER *Source)                          \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, KMODE_NT_BYTES(Size), Concatenate, Source,       \
                                               KMODE_NT_NO_LIMIT, NULL, NULL, 0);                            \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCb##Verb##N)(KMODE_NT_CHARACTER * Destination, size_t Size,           \
                                                    const KMODE_NT_CHARACTER *Source, size_t Count)          \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, Size, Concatenate, Source,                       \
                                               Count / sizeof(KMODE_NT_CHARACTER), NULL, NULL, 0);           \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCch##Verb##N)(KMODE_NT_CHARACTER * Destination, size_t Size,          \
                                                     const KMODE_NT_CHARACTER *Source, size_t Count)         \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, KMODE_NT_BYTES(Size), Concatenate, Source,       \
                                               Count, NULL, NULL, 0);                                        \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCb##Verb##Ex)(                                                        \
        KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Source,                     \
        KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags)                                            \
    {                                                                                                        \
        NTSTATUS Status = KMODE_NT_STR(KmodeNtStringJoin)(Destination, Size, Concatenate, Source,            \
                                                          KMODE_NT_NO_LIMIT, End, Remaining, Flags);         \
        return KMODE_NT_STR(KmodeNtStringInBytes)(Status, Size, Remaining);                                  \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCch##Verb##Ex)(                                                       \
        KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Source,                     \
        KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags)                                            \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, KMODE_NT_BYTES(Size), Concatenate, Source,       \
                                               KMODE_NT_NO_LIMIT, End, Remaining, Flags);                    \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCb##Verb##NEx)(                                                       \
        KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Source, size_t Count,       \
        KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags)                                            \
    {                                                                                                        \
        NTSTATUS Status =                                                                                    \
            KMODE_NT_STR(KmodeNtStringJoin)(Destination, Size, Concatenate, Source,                          \
                                            Count / sizeof(KMODE_NT_CHARACTER), End, Remaining, Flags);      \
        return KMODE_NT_STR(KmodeNtStringInBytes)(Status, Size, Remaining);                                  \
    }                                                                                                        \
    NTSTRSAFEDDI KMODE_NT_STR(RtlStringCch##Verb##NEx)(                                                      \
        KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Source, size_t Count,       \
        KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags)                                            \
    {                                                                                                        \
        return KMODE_NT_STR(KmodeNtStringJoin)(Destination, KMODE_NT_BYTES(Size), Concatenate, Source,       \
                                               Count, End, Remaining, Flags);                                \
    }

// *Remaining from characters to bytes, with the odd byte of a size that characters do not fill.
NTSTRSAFEDDI KMODE_NT_STR(KmodeNtStringInBytes)(NTSTATUS Status, size_t Size, size_t *Remaining)
{
    if (Remaining != NULL && (Status == STATUS_SUCCESS || Status == STATUS_BUFFER_OVERFLOW)) {
        *Remaining = *Remaining * sizeof(KMODE_NT_CHARACTER) + Size % sizeof(KMODE_NT_CHARACTER);
    }
    return Status;
}

KMODE_NT_JOIN(Copy, FALSE)
KMODE_NT_JOIN(Cat, TRUE)
#undef KMODE_NT_JOIN

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCbVPrintf)(KMODE_NT_CHARACTER *Destination, size_t Size,
                                              const KMODE_NT_CHARACTER *Format, va_list Arguments)
{
    return KMODE_NT_STR(KmodeNtStringFormat)(Destination, Size, NULL, NULL, 0, Format, Arguments);
}

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCchVPrintf)(KMODE_NT_CHARACTER *Destination, size_t Size,
                                               const KMODE_NT_CHARACTER *Format, va_list Arguments)
{
    return KMODE_NT_STR(KmodeNtStringFormat)(Destination, KMODE_NT_BYTES(Size), NULL, NULL, 0, Format,
                                             Arguments);
}

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCbVPrintfEx)(KMODE_NT_CHARACTER *Destination, size_t Size,
                                                KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags,
                                                const KMODE_NT_CHARACTER *Format, va_list Arguments)
{
    NTSTATUS Status =
        KMODE_NT_STR(KmodeNtStringFormat)(Destination, Size, End, Remaining, Flags, Format, Arguments);
    return KMODE_NT_STR(KmodeNtStringInBytes)(Status, Size, Remaining);
}

NTSTRSAFEDDI KMODE_NT_STR(RtlStringCchVPrintfEx)(KMODE_NT_CHARACTER *Destination, size_t Size,
                                                 KMODE_NT_CHARACTER **End, size_t *Remaining, DWORD Flags,
                                                 const KMODE_NT_CHARACTER *Format, va_list Arguments)
{
    return KMODE_NT_STR(KmodeNtStringFormat)(Destination, KMODE_NT_BYTES(Size), End, Remaining, Flags, Format,
                                             Arguments);
}

#define KMODE_NT_PRINTF(Name, Parameters, Call)                                                              \
    NTSTRSAFEDDI KMODE_NT_STR(Name) Parameters                                                               \
    {                                                                                                        \
        va_list Arguments;                                                                                   \
        NTSTATUS Status;                                                                                     \
        va_start(Arguments, Format);                                                                         \
        Status = Call;                                                                                       \
        va_end(Arguments);                                                                                   \
        return Status;                                                                                       \
    }
KMODE_NT_PRINTF(RtlStringCbPrintf,
                (KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Format, ...),
                KMODE_NT_STR(RtlStringCbVPrintf)(Destination, Size, Format, Arguments))
KMODE_NT_PRINTF(RtlStringCchPrintf,
                (KMODE_NT_CHARACTER * Destination, size_t Size, const KMODE_NT_CHARACTER *Format, ...),
                KMODE_NT_STR(RtlStringCchVPrintf)(Destination, Size, Format, Arguments))
KMODE_NT_PRINTF(RtlStringCbPrintfEx,
                (KMODE_NT_CHARACTER * Destination, size_t Size, KMODE_NT_CHARACTER **End, size_t *Remaining,
                 DWORD Flags, const KMODE_NT_CHARACTER *Format, ...),
                KMODE_NT_STR(RtlStringCbVPrintfEx)(Destination, Size, End, Remaining, Flags, Format,
                                                   Arguments))
KMODE_NT_PRINTF(RtlStringCchPrintfEx,
                (KMODE_NT_CHARACTER * Destination, size_t Size, KMODE_NT_CHARACTER **End, size_t *Remaining,
                 DWORD Flags, const KMODE_NT_CHARACTER *Format, ...),
                KMODE_NT_STR(RtlStringCchVPrintfEx)(Destination, Size, End, Remaining, Flags, Format,
                                                    Arguments))
#undef KMODE_NT_PRINTF

#undef KMODE_NT_NO_LIMIT
#undef KMODE_NT_BYTES
#undef KMODE_NT_STR
