// SPDX-License-Identifier: MIT
// What numbers are called: bug checks with the meaning of their parameters, NTSTATUS values.
#ifndef KMODE_MACHINE_NAMES_H
#define KMODE_MACHINE_NAMES_H

#include <stdbool.h>
#include <stdint.h>

struct km_bug_check_name {
    uint32_t code;
    const char *name;
    const char *parameters[4]; // NULL: reserved, or without a meaning of its own
    const char *summary;       // what it means, for a report that knows no more; may be NULL
};

// NULL if the code is not in the table.
const struct km_bug_check_name *km_bug_check_name(uint32_t code);

// Its name alone, of any code that Microsoft lists; else NULL.
const char *km_bug_check_code_name(uint32_t code);

// What the first parameter of BAD_POOL_CALLER (C2h) stands for; NULL if it is not in the table.
const char *km_pool_mistake(uint64_t kind);

// What a __fastfail code (FAST_FAIL_*, the first parameter of bug check 139h) stands for; NULL if it is not
// in the table.
const char *km_fast_fail_name(uint64_t code);

// "STATUS_ACCESS_VIOLATION"; NULL if it is not in the table.
const char *km_status_name(uint32_t status);

// The status of that name. false: there is none.
bool km_status_number(const char *name, uint32_t *status);

#endif
