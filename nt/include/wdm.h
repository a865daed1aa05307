// SPDX-License-Identifier: MIT
// mingw-w64's wdm.h, corrected where it is wrong for an x64 driver, and what Windows 7 to 11 have beyond it.
#ifndef KMODE_NT_WDM_H
#define KMODE_NT_WDM_H

#include <sal.h>
#include <driverspecs.h>
#include <kmode-nt/renames-begin.h>
#include_next <wdm.h>
#include <kmode-nt/renames-end.h>

#include <kmode-nt/compiler.h>
#include <kmode-nt/list.h>
#include <kmode-nt/status.h>
#include <kmode-nt/interlocked.h>
#include <kmode-nt/variables.h>
#include <kmode-nt/irql.h>
#include <kmode-nt/register.h>
#include <kmode-nt/crt.h>
#include <kmode-nt/pool.h>
#include <kmode-nt/pool-nx.h>
#include <kmode-nt/ex.h>
#include <kmode-nt/ke.h>
#include <kmode-nt/mm.h>
#include <kmode-nt/io.h>
#include <kmode-nt/ob.h>
#include <kmode-nt/etw.h>
#include <kmode-nt/po.h>
#include <kmode-nt/cm.h>
#include <kmode-nt/rtl.h>
#include <kmode-nt/tm.h>

#endif
