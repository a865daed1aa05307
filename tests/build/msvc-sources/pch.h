// SPDX-License-Identifier: MIT
// What every source includes first.
#pragma once
#include <NtDDK.h>
