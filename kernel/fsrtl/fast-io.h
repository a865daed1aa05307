// SPDX-License-Identifier: MIT
// A driver's table of fast I/O routines, which may be missing, shorter than ours, or have gaps.
#ifndef KMODE_FSRTL_FAST_IO_H
#define KMODE_FSRTL_FAST_IO_H

#define FSRTLP_HAS_FAST(Fast, Routine)                                                                       \
    ((Fast) != NULL && (Fast)->SizeOfFastIoDispatch > FIELD_OFFSET(FAST_IO_DISPATCH, Routine) &&             \
     (Fast)->Routine != NULL)

#endif
