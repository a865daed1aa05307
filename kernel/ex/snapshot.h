// SPDX-License-Identifier: MIT
// What the kernel holds, counted: for a program that wants to see that nothing is left behind.
#ifndef KMODE_EX_SNAPSHOT_H
#define KMODE_EX_SNAPSHOT_H

// Writes as many as Room rows: objects and handles of each type that has any, allocations by tag, pages. What
// the verifier keeps for itself is not counted. Returns how many rows there are. IRQL PASSIVE_LEVEL.
ULONG64 ExpTakeSnapshot(KM_SNAPSHOT_ROW *Rows, ULONG64 Room);

#endif
