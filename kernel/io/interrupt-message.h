// SPDX-License-Identifier: MIT
// Message-signaled interrupts as drivers connect to them.
#ifndef KMODE_IO_INTERRUPT_MESSAGE_H
#define KMODE_IO_INTERRUPT_MESSAGE_H

// Connects the routine to each message that the device has been assigned; the table of them is freed by
// IopDisconnectMessages. STATUS_NOT_FOUND: it has been assigned none. STATUS_INVALID_PARAMETER,
// STATUS_INSUFFICIENT_RESOURCES: none is connected. IRQL PASSIVE_LEVEL.
NTSTATUS IopConnectMessages(const IO_CONNECT_INTERRUPT_MESSAGE_BASED_PARAMETERS *Wanted);
VOID IopDisconnectMessages(PIO_INTERRUPT_MESSAGE_INFO Messages);

#endif
