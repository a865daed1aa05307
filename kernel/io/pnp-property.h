// SPDX-License-Identifier: MIT
// Properties of devices, as the Plug and Play manager's files share them.
#ifndef KMODE_IO_PNP_PROPERTY_H
#define KMODE_IO_PNP_PROPERTY_H

#include "io/pnp.h"

// Bits of a device's ConfigFlags.
#define PIP_CONFIG_DISABLED       0x00000001
#define PIP_CONFIG_REINSTALL      0x00000020
#define PIP_CONFIG_FAILED_INSTALL 0x00000040
#define PIP_CONFIG_FINISH_INSTALL 0x00000400

// The whole of IoGetDeviceProperty behind finding the node.
NTSTATUS PipGetProperty(PIOP_DEVICE_NODE Node, DEVICE_REGISTRY_PROPERTY Property, ULONG BufferLength,
                        PVOID Buffer, PULONG ResultLength);

// *ResultLength becomes Bytes, which are copied if there is room. STATUS_BUFFER_TOO_SMALL.
NTSTATUS PipReturnBytes(const VOID *Source, ULONG Bytes, PVOID Buffer, ULONG BufferLength,
                        PULONG ResultLength);

// Bytes of a well-formed list.
ULONG PipSizeOfResources(const CM_RESOURCE_LIST *List);

#endif
