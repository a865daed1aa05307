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
    KM_REQUEST asked = {.kind = KM_REQUEST_WMI};
    memcpy(asked.arguments, arguments, 5 * sizeof *arguments);
    const enum km_result result = km_request(machine, asked, guid, instance);
    if (result != KM_OK || !km_is_failure(machine->shared->request.status)) {
        return result;
    }
    return km_refused(machine, machine->shared->request.status, "%s%s%s: refused", guid,
                      *instance != '\0' ? ", " : "", instance);
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
