// SPDX-License-Identifier: MIT
// The system put to sleep and woken; its power settings.
#include "machine/machine-private.h"
#include "machine/process.h"

_Static_assert(KM_POWER_WORKING == KM_POWER_S0 && KM_POWER_HIBERNATED == KM_POWER_S4, "the states are NT's");

static enum km_result ask(struct km_machine *machine, uint64_t state)
{
    return km_request(machine, (KM_REQUEST){.kind = KM_REQUEST_POWER, .arguments = {state}}, "", "");
}

enum km_result km_machine_sleep(km_machine *machine, enum km_power state)
{
    if (state <= KM_POWER_WORKING || state > KM_POWER_HIBERNATED) {
        km_set_problem(machine, "%d is no state to sleep in", (int)state);
        return KM_FAILED;
    }
    enum km_result result = ask(machine, state);
    const KM_REQUEST *request = &machine->shared->request;
    if (result == KM_OK && km_is_failure(request->status)) {
        const char *device = request->image_file;
        return km_refused(machine, request->status, "the machine was not put to sleep%s%s",
                          *device != '\0' ? ": refused by " : "", device);
    }
    return result;
}

enum km_result km_machine_wake(km_machine *machine)
{
    enum km_result result = ask(machine, KM_POWER_S0);
    if (result == KM_OK && km_is_failure(machine->shared->request.status)) {
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
    const KM_REQUEST asked = {.kind = KM_REQUEST_POWER, .arguments = {KM_POWER_SETTING, value}};
    const enum km_result result = km_request(machine, asked, setting, "");
    if (result != KM_OK || !km_is_failure(machine->shared->request.status)) {
        return result;
    }
    return km_refused(machine, machine->shared->request.status, "%s: the power setting was not changed",
                      setting);
}
