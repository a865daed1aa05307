// SPDX-License-Identifier: MIT
// What every file of the kernel includes: the DDK's declarations, the machine's contract, and each
// component's internal header.
#ifndef KMODE_KERNEL_H
#define KMODE_KERNEL_H

#include <ntifs.h>
#include <ntimage.h>

#include "machine/contract.h"

// wdm.h's read KUSER_SHARED_DATA where Windows has it, which the machine traps and takes microseconds for.
#undef KeQuerySystemTime
#undef KeQueryInterruptTime
#define KeQuerySystemTime(CurrentTime) KiQuerySystemTime(CurrentTime)
#define KeQueryInterruptTime()         KiQueryShownTime()

#include "inc/pool-tags.h"
#include "ke/ke.h"
#include "inc/system-service.h"
#include "mm/mm.h"
#include "ex/push-lock.h"
#include "ex/recursive-lock.h"
#include "ex/ex.h"
#include "ex/resource.h"
#include "ob/ob.h"
#include "ps/ps.h"
#include "se/se.h"
#include "io/io.h"
#include "po/po.h"
#include "cm/cm.h"
#include "etw/etw.h"
#include "verify/verify.h"

#endif
