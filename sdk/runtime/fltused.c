// SPDX-License-Identifier: MIT
// The symbol that a compiler refers to from an object that uses floating point, to ask for the run time's
// part of it. Kernel code has none: who uses more than SSE saves the state with KeSaveExtendedProcessorState.

extern int _fltused;
int _fltused = 0x9875;
