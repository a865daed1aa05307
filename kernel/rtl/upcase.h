// SPDX-License-Identifier: MIT
// Case of UTF-16 units, and the compressed tables behind it. Plain C types: the C run-time routines use it
// too.
#ifndef KMODE_RTL_UPCASE_H
#define KMODE_RTL_UPCASE_H

// A run of units with a case mapping: `stride` is 1 where every unit of [first, last] maps, 2 where every
// other one does. A unit's counterpart is unit + delta, modulo 65536.
typedef struct RTLP_CASE_RANGE {
    unsigned short first;
    unsigned short last;
    unsigned short stride;
    unsigned short delta;
} RTLP_CASE_RANGE;

// Sorted by first, not overlapping (two runs of stride 2 do not interleave).
extern const RTLP_CASE_RANGE RtlpUpcaseRanges[];
extern const unsigned int RtlpUpcaseRangeCount;
extern const RTLP_CASE_RANGE RtlpDowncaseRanges[];
extern const unsigned int RtlpDowncaseRangeCount;

// The simple upper (lower) case of one UTF-16 unit; the unit itself if it has none. Surrogates map to
// themselves. Any IRQL.
unsigned short RtlpUpcaseUnit(unsigned short Unit);
unsigned short RtlpDowncaseUnit(unsigned short Unit);

#endif
