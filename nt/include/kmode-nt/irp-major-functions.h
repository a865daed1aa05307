// SPDX-License-Identifier: MIT
// The major functions of IRPs by name: KMODE_IRP_MAJOR_FUNCTIONS(Each) is Each(CREATE) for IRP_MJ_CREATE, and
// so on, in the order of their numbers. For whoever tells of IRPs; no other header includes it.
#ifndef KMODE_NT_IRP_MAJOR_FUNCTIONS_H
#define KMODE_NT_IRP_MAJOR_FUNCTIONS_H

// clang-format off: a line each
#define KMODE_IRP_MAJOR_FUNCTIONS(Each) \
    Each(CREATE) \
    Each(CREATE_NAMED_PIPE) \
    Each(CLOSE) \
    Each(READ) \
    Each(WRITE) \
    Each(QUERY_INFORMATION) \
    Each(SET_INFORMATION) \
    Each(QUERY_EA) \
    Each(SET_EA) \
    Each(FLUSH_BUFFERS) \
    Each(QUERY_VOLUME_INFORMATION) \
    Each(SET_VOLUME_INFORMATION) \
    Each(DIRECTORY_CONTROL) \
    Each(FILE_SYSTEM_CONTROL) \
    Each(DEVICE_CONTROL) \
    Each(INTERNAL_DEVICE_CONTROL) \
    Each(SHUTDOWN) \
    Each(LOCK_CONTROL) \
    Each(CLEANUP) \
    Each(CREATE_MAILSLOT) \
    Each(QUERY_SECURITY) \
    Each(SET_SECURITY) \
    Each(POWER) \
    Each(SYSTEM_CONTROL) \
    Each(DEVICE_CHANGE) \
    Each(QUERY_QUOTA) \
    Each(SET_QUOTA) \
    Each(PNP)
// clang-format on

#endif
