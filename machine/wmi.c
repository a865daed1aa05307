// SPDX-License-Identifier: MIT
// Data of WMI providers, asked for and changed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/process.h"

// arguments[0] to [4] as the contract has them. KM_OK: the kernel has answered with success.
static enum km_result ask(struct km_machine *machine, const char *guid, const char *instance,
                          const uint64_t arguments[static 5])
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_WMI};
    memcpy(request->arguments, arguments, 5 * sizeof *arguments);
    if (snprintf(request->service_name, sizeof request->service_name, "%s", guid) >=
            (int)sizeof request->service_name ||
        snprintf(request->image_file, sizeof request->image_file, "%s", instance) >=
            (int)sizeof request->image_file) {
        km_set_problem(machine, "%s, %s: so long a name is not looked for", guid, instance);
        return KM_FAILED;
    }
    if (!km_machine_ask(machine)) {
        return km_has_stopped(machine);
    }
    return (int32_t)request->status < 0 ? km_refused(machine, request->status, "%s%s%s: refused", guid,
                                                     *instance != '\0' ? ", " : "", instance)
                                        : KM_OK;
}

enum km_result km_wmi_instance(km_machine *machine, const char *guid, size_t place, char *instance,
                               size_t bytes)
{
    const uint64_t arguments[5] = {KM_WMI_INSTANCE, place};
    const enum km_result result = ask(machine, guid, "", arguments);
    if (result == KM_OK) {
        snprintf(instance, bytes, "%s", machine->shared->request.image_file);
    }
    return result;
}

enum km_result km_wmi_query(km_machine *machine, const char *guid, const char *instance, void *data,
                            size_t *bytes)
{
    const uint64_t arguments[5] = {KM_WMI_QUERY, 0, (uintptr_t)data, 0, *bytes};
    const enum km_result result = ask(machine, guid, instance, arguments);
    *bytes = result == KM_OK || result == KM_REFUSED ? machine->shared->request.arguments[4] : 0;
    return result;
}

enum km_result km_wmi_set(km_machine *machine, const char *guid, const char *instance, const void *data,
                          size_t bytes)
{
    const uint64_t arguments[5] = {KM_WMI_SET_INSTANCE, 0, (uintptr_t)data, bytes};
    return ask(machine, guid, instance, arguments);
}

enum km_result km_wmi_set_item(km_machine *machine, const char *guid, const char *instance, uint32_t item,
                               const void *data, size_t bytes)
{
    const uint64_t arguments[5] = {KM_WMI_SET_ITEM, item, (uintptr_t)data, bytes};
    return ask(machine, guid, instance, arguments);
}

enum km_result km_wmi_execute(km_machine *machine, const char *guid, const char *instance, uint32_t method,
                              const void *input, size_t input_bytes, void *output, size_t *output_bytes)
{
    const size_t room = input_bytes > *output_bytes ? input_bytes : *output_bytes;
    // One buffer serves both ways.
    uint8_t *buffer = calloc(1, room + 1);
    if (buffer == NULL) {
        km_set_problem(machine, "no memory for a method's data");
        return KM_FAILED;
    }
    if (input_bytes != 0) {
        memcpy(buffer, input, input_bytes);
    }
    const uint64_t arguments[5] = {KM_WMI_EXECUTE, method, (uintptr_t)buffer, input_bytes, *output_bytes};
    const enum km_result result = ask(machine, guid, instance, arguments);
    *output_bytes = result == KM_OK || result == KM_REFUSED ? machine->shared->request.arguments[4] : 0;
    if (result == KM_OK && *output_bytes != 0) {
        memcpy(output, buffer, *output_bytes);
    }
    free(buffer);
    return result;
}
