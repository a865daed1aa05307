// SPDX-License-Identifier: MIT
// Case of UTF-16 units, by binary search in the tables.
#include "rtl/upcase.h"

static unsigned short RtlpMapUnit(const RTLP_CASE_RANGE *Ranges, unsigned int Count, unsigned short Unit)
{
    unsigned int Low = 0, High = Count;

    while (Low < High) {
        unsigned int Middle = (Low + High) / 2;
        const RTLP_CASE_RANGE *Range = &Ranges[Middle];

        if (Unit < Range->first) {
            High = Middle;
        } else if (Unit > Range->last) {
            Low = Middle + 1;
        } else if ((Unit - Range->first) % Range->stride != 0) {
            return Unit;
        } else {
            return (unsigned short)(Unit + Range->delta);
        }
    }
    return Unit;
}

unsigned short RtlpUpcaseUnit(unsigned short Unit)
{
    if (Unit < 0x80) {
        return Unit >= 'a' && Unit <= 'z' ? Unit - ('a' - 'A') : Unit;
    }
    return RtlpMapUnit(RtlpUpcaseRanges, RtlpUpcaseRangeCount, Unit);
}

unsigned short RtlpDowncaseUnit(unsigned short Unit)
{
    if (Unit < 0x80) {
        return Unit >= 'A' && Unit <= 'Z' ? Unit + ('a' - 'A') : Unit;
    }
    return RtlpMapUnit(RtlpDowncaseRanges, RtlpDowncaseRangeCount, Unit);
}
