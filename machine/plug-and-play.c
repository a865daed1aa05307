// SPDX-License-Identifier: MIT
// Plug and Play devices: added for drivers, started, stopped, removed.
#include <stdio.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/process.h"

_Static_assert(KM_DEVICE_BYTES == sizeof(((KM_REQUEST *)0)->image_file), "a name fits into both");

// Asks for an operation on the device named so, or on one of the driver service. KM_OK: the kernel has
// answered.
static enum km_result ask(struct km_machine *machine, uint64_t operation, const char *service,
                          const char *name)
{
    return km_request(machine, (KM_REQUEST){.kind = KM_REQUEST_DEVICE, .arguments = {operation}}, service,
                      name);
}

enum km_result km_device_add(km_machine *machine, const char *service, const char *hardware_id, char *device,
                             size_t bytes)
{
    if (bytes != 0) {
        *device = '\0';
    }
    enum km_result result = ask(machine, KM_DEVICE_ADD, service, hardware_id != NULL ? hardware_id : "");
    if (result != KM_OK) {
        return result;
    }
    const KM_REQUEST *request = &machine->shared->request;
    if (request->detail == KM_DETAIL_NO_ADD_DEVICE) {
        return KM_NO_ADD_DEVICE;
    }
    if (km_is_failure(request->status)) {
        return km_refused(machine, request->status, "%s: its device %s%swas not started", service,
                          hardware_id != NULL ? hardware_id : "", hardware_id != NULL ? " " : "");
    }
    snprintf(device, bytes, "%s", request->image_file);
    return KM_OK;
}

static enum km_result operate(struct km_machine *machine, uint64_t operation, const char *device,
                              const char *done)
{
    enum km_result result = ask(machine, operation, "", device);
    if (result == KM_OK && (int32_t)machine->last_status < 0) {
        return km_refused(machine, machine->last_status, "%s was not %s", device, done);
    }
    return result;
}

enum km_result km_device_start(km_machine *machine, const char *device)
{
    return operate(machine, KM_DEVICE_START, device, "started");
}

enum km_result km_device_stop(km_machine *machine, const char *device)
{
    return operate(machine, KM_DEVICE_STOP, device, "stopped");
}

enum km_result km_device_remove(km_machine *machine, const char *device)
{
    return operate(machine, KM_DEVICE_REMOVE, device, "removed");
}

enum km_result km_device_surprise_remove(km_machine *machine, const char *device)
{
    return operate(machine, KM_DEVICE_SURPRISE_REMOVE, device, "removed");
}

enum km_result km_device_list(km_machine *machine, size_t place, struct km_device *device)
{
    *device = (struct km_device){0};
    const KM_REQUEST asked = {.kind = KM_REQUEST_DEVICE, .arguments = {KM_DEVICE_LIST, place}};
    const enum km_result result = km_request(machine, asked, "", "");
    if (result != KM_OK) {
        return result;
    }
    const KM_REQUEST *request = &machine->shared->request;
    if (km_is_failure(request->status)) {
        return km_refused(machine, request->status, "no device at place %zu", place);
    }
    memcpy(device->name, request->image_file, sizeof device->name);
    device->is_started = request->arguments[1] == KM_DEVICE_IS_STARTED;
    device->is_stopped = request->arguments[1] == KM_DEVICE_IS_STOPPED;
    device->problem = (uint32_t)request->arguments[2];
    return KM_OK;
}
