// SPDX-License-Identifier: MIT
// What the parts of the deferred log share. Inside the SDK only.
#ifndef KMODE_SDK_LOG_DEFERRED_H
#define KMODE_SDK_LOG_DEFERRED_H

#include <kmode.h>
#include <kmode/log-deferred.h>

/// Where deferred calls write; NULL: nowhere.
extern KM_LOG_RING *volatile KmpLogDeferredRing;

#endif
