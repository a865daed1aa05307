// SPDX-License-Identifier: MIT
// What the sources share.
#pragma once
ULONG Counter;
VOID Count(VOID);
