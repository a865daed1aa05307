// SPDX-License-Identifier: MIT
// Empty on purpose: 3DNow! is gone from every x64 processor and from clang, whose own header of this name
// only warns.
