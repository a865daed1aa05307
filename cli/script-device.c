// SPDX-License-Identifier: MIT
// Commands of a script that are about devices.
#include "cli/script-command.h"

#include <stdlib.h>

// ---- Plug and Play

enum km_result km_script_do_add_device(struct km_script_run *run, const struct km_script_command *command,
                                       struct km_script_answer *answer)
{
    char service[256], device[KM_DEVICE_BYTES];
    km_driver_service(command->name, service, sizeof service);
    const enum km_result result =
        km_device_add(run->run->machine, service, command->second_name, device, sizeof device);
    if (result == KM_NO_ADD_DEVICE) {
        answer->problem = "the driver has no AddDevice";
        return KM_FAILED;
    }
    return result;
}

enum km_result km_script_do_device(struct km_script_run *run, const struct km_script_command *command,
                                   struct km_script_answer *answer)
{
    km_machine *machine = run->run->machine;
    (void)answer;
    switch (command->verb) {
    case KM_SCRIPT_START_DEVICE: return km_device_start(machine, command->name);
    case KM_SCRIPT_STOP_DEVICE: return km_device_stop(machine, command->name);
    case KM_SCRIPT_REMOVE_DEVICE: return km_device_remove(machine, command->name);
    default: return km_device_surprise_remove(machine, command->name);
    }
}

// ---- Power

enum km_result km_script_do_suspend(struct km_script_run *run, const struct km_script_command *command,
                                    struct km_script_answer *answer)
{
    (void)answer;
    return km_machine_sleep(run->run->machine, (enum km_power)(KM_POWER_WORKING + command->number));
}

enum km_result km_script_do_resume(struct km_script_run *run, const struct km_script_command *command,
                                   struct km_script_answer *answer)
{
    (void)command, (void)answer;
    return km_machine_wake(run->run->machine);
}

enum km_result km_script_do_power_setting(struct km_script_run *run, const struct km_script_command *command,
                                          struct km_script_answer *answer)
{
    (void)answer;
    return km_power_setting(run->run->machine, command->second_name, (uint32_t)command->number);
}

// ---- Management data

// What came of a query or a method, in data, which is the script's from here on.
static enum km_result finish_wmi(struct km_script_run *run, struct km_script_answer *answer,
                                 enum km_result result, uint8_t *data, size_t bytes)
{
    if (result == KM_OK) {
        run->information = bytes;
        km_script_take_output(run, data, bytes);
        answer->has_information = answer->is_shown = true;
    } else {
        free(data);
    }
    return result;
}

enum km_result km_script_do_query_wmi(struct km_script_run *run, const struct km_script_command *command,
                                      struct km_script_answer *answer)
{
    km_machine *machine = run->run->machine;
    size_t bytes = 0;
    uint8_t *data = NULL;
    enum km_result result = km_wmi_query(machine, command->name, command->second_name, NULL, &bytes);
    if (result == KM_REFUSED && bytes != 0) {
        data = km_allocate(bytes, 1);
        result = km_wmi_query(machine, command->name, command->second_name, data, &bytes);
    }
    return finish_wmi(run, answer, result, data, bytes);
}

enum km_result km_script_do_set_wmi(struct km_script_run *run, const struct km_script_command *command,
                                    struct km_script_answer *answer)
{
    (void)answer;
    return km_wmi_set(run->run->machine, command->name, command->second_name, command->bytes.data,
                      command->bytes.count);
}

enum km_result km_script_do_execute_wmi(struct km_script_run *run, const struct km_script_command *command,
                                        struct km_script_answer *answer)
{
    size_t bytes = command->length;
    uint8_t *data = bytes != 0 ? km_allocate(bytes, 1) : NULL;
    const enum km_result result =
        km_wmi_execute(run->run->machine, command->name, command->second_name, (uint32_t)command->number,
                       command->bytes.data, command->bytes.count, data, &bytes);
    return finish_wmi(run, answer, result, data, bytes);
}

// ---- PCI devices

static km_pci_function *find_function(struct km_script_run *run, const struct km_script_command *command,
                                      struct km_script_answer *answer)
{
    km_pci_function *function =
        km_pci_find(run->run->machine, command->code >> 8, command->code >> 3 & 31, command->code & 7);
    answer->problem = function == NULL ? "no PCI device is there: --pci has a file of them" : NULL;
    return function;
}

static unsigned bar_of(const struct km_script_command *command)
{
    return command->number > UINT32_MAX ? UINT32_MAX : (unsigned)command->number;
}

enum km_result km_script_do_read_bar(struct km_script_run *run, const struct km_script_command *command,
                                     struct km_script_answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    if (function == NULL) {
        return KM_FAILED;
    }
    uint8_t *buffer = km_allocate(command->length, 1);
    const enum km_result result =
        km_pci_read_bar(function, bar_of(command), command->offset, buffer, command->length);
    if (result != KM_OK) {
        free(buffer);
        return result;
    }
    run->information = command->length;
    km_script_take_output(run, buffer, command->length);
    answer->has_information = answer->is_shown = true;
    return KM_NO_UNLOAD; // no system call has answered
}

enum km_result km_script_do_write_bar(struct km_script_run *run, const struct km_script_command *command,
                                      struct km_script_answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function == NULL ? KM_FAILED
                            : km_pci_write_bar(function, bar_of(command), command->offset,
                                               command->bytes.data, command->bytes.count);
}

static void end_interrupt(void *context, km_pci_function *function, struct km_pci_access *access)
{
    const struct km_script_raised *raised = context;
    if (access->is_write && raised->offset - access->offset < access->bytes) {
        km_pci_interrupt(function, 0);
    }
}

enum km_result km_script_do_raise_interrupt(struct km_script_run *run,
                                            const struct km_script_command *command,
                                            struct km_script_answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    enum km_result result = function != NULL ? KM_OK : KM_FAILED;
    if (result == KM_OK && command->offset != KM_SCRIPT_CURRENT_OFFSET) {
        struct km_script_raised *raised = km_allocate(1, sizeof *raised);
        *raised = (struct km_script_raised){
            .next = run->raised, .function = function, .bar = bar_of(command), .offset = command->offset};
        run->raised = raised;
        result = km_pci_watch(function, raised->bar, end_interrupt, raised);
    }
    return result == KM_OK ? km_pci_interrupt(function, 1) : result;
}

enum km_result km_script_do_lower_interrupt(struct km_script_run *run,
                                            const struct km_script_command *command,
                                            struct km_script_answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function != NULL ? km_pci_interrupt(function, 0) : KM_FAILED;
}

enum km_result km_script_do_plug(struct km_script_run *run, const struct km_script_command *command,
                                 struct km_script_answer *answer)
{
    km_pci_function *function = find_function(run, command, answer);
    return function != NULL ? km_pci_plug(function, command->verb == KM_SCRIPT_PLUG) : KM_FAILED;
}
