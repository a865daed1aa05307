// SPDX-License-Identifier: MIT
// Numbers in strings.
#include <kmode.h>

// Of what is no digit, and no letter: 99.
static ULONG DigitOf(WCHAR Unit)
{
    if (Unit >= L'0' && Unit <= L'9') {
        return Unit - L'0';
    }
    if (Unit >= L'a' && Unit <= L'z') {
        return Unit - L'a' + 10u;
    }
    return Unit >= L'A' && Unit <= L'Z' ? Unit - L'A' + 10u : 99;
}

NTSTATUS NTAPI KmUnicodeToUnsigned(PCUNICODE_STRING String, ULONG Base, PULONG64 Number)
{
    PCWCH Unit = String->Buffer, End = Unit + String->Length / sizeof(WCHAR);
    ULONG64 Value = 0;
    ULONG Digit;

    if (Base == 0) {
        Base = 10;
        if (End - Unit > 2 && Unit[0] == L'0') {
            switch (Unit[1]) {
            case L'x':
            case L'X': Base = 16; break;
            case L'o':
            case L'O': Base = 8; break;
            case L'b':
            case L'B': Base = 2; break;
            default: break;
            }
            Unit += Base != 10 ? 2 : 0;
        }
    }
    if (Base < 2 || Base > 36 || Unit == End) {
        return STATUS_INVALID_PARAMETER;
    }
    for (; Unit != End; Unit += 1) {
        Digit = DigitOf(*Unit);
        if (Digit >= Base) {
            return STATUS_INVALID_PARAMETER;
        }
        if (Value > (MAXULONG64 - Digit) / Base) {
            // What follows may be no number at all.
            while (++Unit != End) {
                if (DigitOf(*Unit) >= Base) {
                    return STATUS_INVALID_PARAMETER;
                }
            }
            return STATUS_INTEGER_OVERFLOW;
        }
        Value = Value * Base + Digit;
    }
    *Number = Value;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI KmUnicodeToSigned(PCUNICODE_STRING String, ULONG Base, PLONG64 Number)
{
    UNICODE_STRING Digits = *String;
    BOOLEAN Negative = FALSE;
    ULONG64 Value = 0;
    NTSTATUS Status;

    if (Digits.Length != 0 && (Digits.Buffer[0] == L'-' || Digits.Buffer[0] == L'+')) {
        Negative = Digits.Buffer[0] == L'-';
        (void)KmUnicodeSlice(&Digits, 1, KM_UNICODE_REST, &Digits);
    }
    Status = KmUnicodeToUnsigned(&Digits, Base, &Value);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    if (Value > (ULONG64)MAXLONG64 + Negative) {
        return STATUS_INTEGER_OVERFLOW;
    }
    *Number = (LONG64)(Negative ? 0 - Value : Value);
    return STATUS_SUCCESS;
}
