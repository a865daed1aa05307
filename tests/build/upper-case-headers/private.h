// SPDX-License-Identifier: MIT
// A driver's own header, included in another case.
#pragma once

DRIVER_UNLOAD DriverUnload;
