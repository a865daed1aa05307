// SPDX-License-Identifier: MIT
// The system put to sleep and woken; its power settings.
#include <stdio.h>

#include "machine/machine-private.h"
#include "machine/process.h"

_Static_assert(KM_POWER_WORKING == KM_POWER_S0 && KM_POWER_HIBERNATED == KM_POWER_S4, "the states are NT's");

// KM_OK: the kernel has answered.
static enum km_result ask(struct km_machine *machine, uint64_t state)
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    machine->shared->request = (KM_REQUEST){.kind = KM_REQUEST_POWER, .arguments = {state}};
    return km_machine_ask(machine) ? KM_OK : km_has_stopped(machine);
}

enum km_result km_machine_sleep(km_machine *machine, enum km_power state)
{
    if (state <= KM_POWER_WORKING || state > KM_POWER_HIBERNATED) {
        km_set_problem(machine, "%d is no state to sleep in", (int)state);
        return KM_FAILED;
    }
    enum km_result result = ask(machine, state);
    const KM_REQUEST *request = &machine->shared->request;
    if (result == KM_OK && (int32_t)request->status < 0) {
        const char *device = request->image_file;
        return km_refused(machine, request->status, "the machine was not put to sleep%s%s",
                          *device != '\0' ? ": refused by " : "", device);
    }
    return result;
}

enum km_result km_machine_wake(km_machine *machine)
{
    enum km_result result = ask(machine, KM_POWER_S0);
    if (result == KM_OK && (int32_t)machine->shared->request.status < 0) {
        return km_refused(machine, machine->shared->request.status, "the machine was not woken");
    }
    return result;
}

enum km_result km_machine_power(km_machine *machine, enum km_power *state)
{
    enum km_result result = ask(machine, KM_POWER_QUERY);
    if (result == KM_OK) {
        *state = (enum km_power)machine->shared->request.arguments[0];
    }
    return result;
}

enum km_result km_power_setting(km_machine *machine, const char *setting, uint32_t value)
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_POWER, .arguments = {KM_POWER_SETTING, value}};
    if (snprintf(request->service_name, sizeof request->service_name, "%s", setting) >=
        (int)sizeof request->service_name) {
        km_set_problem(machine, "%s: so long a name no power setting has", setting);
        return KM_FAILED;
    }
    if (!km_machine_ask(machine)) {
        return km_has_stopped(machine);
    }
    return (int32_t)request->status < 0
               ? km_refused(machine, request->status, "%s: the power setting was not changed", setting)
               : KM_OK;
}
