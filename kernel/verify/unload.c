// SPDX-License-Identifier: MIT
// What a driver has left behind when it is unloaded.
#include "inc/kernel.h"

VOID ViCheckUnload(ULONG_PTR Base, SIZE_T Bytes)
{
    ViCheckIrpsLeft(Base, Bytes);
    ViCheckResourceLeaks(Base, Bytes);
    ViCheckPoolLeaks(Base, Bytes);
}
