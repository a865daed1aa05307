// SPDX-License-Identifier: MIT
// What belongs to an access state.
#ifndef KMODE_SE_ACCESS_STATE_H
#define KMODE_SE_ACCESS_STATE_H

// What ACCESS_STATE.AuxData points to.
typedef struct _AUX_ACCESS_DATA {
    PPRIVILEGE_SET PrivilegesUsed;
    GENERIC_MAPPING GenericMapping;
    ACCESS_MASK AccessesToAudit;
    ACCESS_MASK MaximumAuditMask;
} AUX_ACCESS_DATA, *PAUX_ACCESS_DATA;

#endif
