// SPDX-License-Identifier: MIT
// The security reference monitor: who a thread acts as, and what it may do.
#ifndef KMODE_SE_H
#define KMODE_SE_H

#include "se/well-known.h"
#include "se/logon-session.h"
#include "se/token.h"
#include "se/access.h"
#include "se/descriptor.h"

// Makes the token type, the logon sessions of services, and the System process's token. Once, after ob.
NTSTATUS SepInitSystem(VOID);

#endif
