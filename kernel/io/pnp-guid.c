// SPDX-License-Identifier: MIT
// The GUIDs of Plug and Play, defined.
#include "inc/kernel.h"
#define INITGUID
#include <guiddef.h>
#include <devpkey.h>
#include "io/pnp.h"
