// SPDX-License-Identifier: MIT
// A 32-bit program, with something to relocate: what processes of 32 bits run, and load. Nothing of it is
// run.
static int Data = 7;
int *Address = &Data;

int __stdcall Start(void)
{
    return *Address;
}
