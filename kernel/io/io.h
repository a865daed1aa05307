// SPDX-License-Identifier: MIT
// I/O manager: driver objects, and the loop that serves what the world outside asks for.
#ifndef KMODE_IO_H
#define KMODE_IO_H

// ---- Drivers (io/driver.c)
// -------------------------------------------------------------------------------------

// Loads the image FileName as the driver of service ServiceName (both zero-terminated UTF-8), makes its
// driver object and calls its DriverEntry. *Detail tells which step the status is from (KM_DETAIL_*). IRQL
// PASSIVE_LEVEL.
NTSTATUS IopLoadDriver(PCSTR ServiceName, PCSTR FileName, PULONG Detail);

// Calls DriverUnload of the driver of ServiceName and unmaps it. STATUS_OBJECT_NAME_NOT_FOUND,
// STATUS_INVALID_DEVICE_REQUEST with KM_DETAIL_NO_UNLOAD if it has none. IRQL PASSIVE_LEVEL.
NTSTATUS IopUnloadDriver(PCSTR ServiceName, PULONG Detail);

#endif
