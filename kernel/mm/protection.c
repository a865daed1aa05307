// SPDX-License-Identifier: MIT
// PAGE_* as the machine knows it.
#include "inc/kernel.h"

BOOLEAN MiTranslateProtection(ULONG Protect, PULONG Protection)
{
    static const struct {
        ULONG Protect, Protection;
    } Protections[] = {
        {PAGE_NOACCESS, KM_PROTECT_NONE},
        {PAGE_READONLY, KM_PROTECT_READ},
        {PAGE_READWRITE, KM_PROTECT_READ | KM_PROTECT_WRITE},
        {PAGE_EXECUTE, KM_PROTECT_EXECUTE},
        {PAGE_EXECUTE_READ, KM_PROTECT_READ | KM_PROTECT_EXECUTE},
        {PAGE_EXECUTE_READWRITE, KM_PROTECT_READ | KM_PROTECT_WRITE | KM_PROTECT_EXECUTE},
    };
    for (ULONG Index = 0; Index < RTL_NUMBER_OF(Protections); Index += 1) {
        if (Protections[Index].Protect == Protect) {
            *Protection = Protections[Index].Protection;
            return TRUE;
        }
    }
    return FALSE;
}
