// SPDX-License-Identifier: MIT
// rand and srand.
#include "rtl/crt/crt.h"

static unsigned int RandomState = 1;

void srand(unsigned int Seed)
{
    RandomState = Seed;
}

int rand(void)
{
    RandomState = RandomState * 214013 + 2531011;
    return (int)(RandomState >> 16 & 0x7FFF);
}
