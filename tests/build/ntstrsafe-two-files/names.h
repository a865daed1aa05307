// SPDX-License-Identifier: MIT
// Names of devices.
#pragma once

NTSTATUS MakeName(_Inout_ PUNICODE_STRING Name, _In_ ULONG Number);
