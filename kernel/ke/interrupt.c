// SPDX-License-Identifier: MIT
// Device interrupts.
#include "inc/kernel.h"

VOID KiDispatchLines(KIRQL Irql)
{
    if (Irql == KM_IRQL_REQUEST) {
        PspRequestInterrupt();
    }
}
