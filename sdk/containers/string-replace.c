// SPDX-License-Identifier: MIT
// Each of one text replaced by another.
#include <kmode.h>

NTSTATUS NTAPI KmStringReplace(PKM_STRING String, PCUNICODE_STRING Old, PCUNICODE_STRING New,
                               BOOLEAN CaseInsensitive)
{
    KM_STRING Result = KM_STRING_INIT(String->Allocator);
    SIZE_T Start = 0, Index, Found = 0, Count = KmStringCount(String), OldCount = Old->Length / sizeof(WCHAR);
    NTSTATUS Status = STATUS_SUCCESS;

    if (OldCount == 0) {
        return STATUS_INVALID_PARAMETER;
    }
    while (KmUnicodeFind(&String->Unicode, Old, Start, CaseInsensitive, &Index) == STATUS_SUCCESS) {
        Found += 1;
        Start = Index + OldCount;
    }
    if (Found == 0) {
        return STATUS_NOT_FOUND;
    }
    Start = 0;
    Status = KmStringReserve(&Result, Count - Found * OldCount + Found * (New->Length / sizeof(WCHAR)));
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    // Within what was reserved nothing fails.
    while (KmUnicodeFind(&String->Unicode, Old, Start, CaseInsensitive, &Index) == STATUS_SUCCESS) {
        (void)KmStringAppendUnits(&Result, String->Unicode.Buffer + Start, Index - Start);
        (void)KmStringAppend(&Result, New);
        Start = Index + OldCount;
    }
    (void)KmStringAppendUnits(&Result, String->Unicode.Buffer + Start, Count - Start);
    KmStringMove(String, &Result);
    return STATUS_SUCCESS;
}
