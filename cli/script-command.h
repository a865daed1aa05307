// SPDX-License-Identifier: MIT
// What the commands of a script share while it is carried out.
#ifndef KMODE_CLI_SCRIPT_COMMAND_H
#define KMODE_CLI_SCRIPT_COMMAND_H

#include "cli/script-run.h"

// The buffer of an operation under way.
struct km_script_started {
    km_operation *operation;
    uint8_t *buffer;
    uint32_t length;
};

// A PCI device whose interrupt a write of the driver's ends.
struct km_script_raised {
    struct km_script_raised *next;
    km_pci_function *function;
    unsigned bar; // that is watched
    uint64_t offset;
};

struct km_script_run {
    struct km_run *run;
    const struct km_script *script;
    struct km_script_log *log;
    size_t log_seen; // bytes of it that an assertion has gone past
    km_thread **threads;
    km_file **files;
    uint64_t *images; // their bases
    struct km_script_started *operations;
    struct km_script_raised *raised;
    // Of the last command that had some.
    struct km_script_output output;
    uint64_t information;
    km_snapshot *snapshot; // the last; NULL: none yet
};

// What a command has come to.
struct km_script_answer {
    enum km_result result;
    uint32_t status;
    bool has_status;
    bool is_shown;
    bool has_information;
    const char *problem; // of the script's own; NULL: the machine's
};

// The thread that does the command; the first one of all is made when it is needed. NULL: *answer says why.
km_thread *km_script_actor(struct km_script_run *run, const struct km_script_command *command,
                           struct km_script_answer *answer);
// Takes the buffer as the last output; of that `valid` bytes, which were filled.
void km_script_take_output(struct km_script_run *run, uint8_t *buffer, size_t valid);

// A command. KM_NO_UNLOAD: it is done, and answer->status is what has come of it.
typedef enum km_result km_script_do(struct km_script_run *run, const struct km_script_command *command,
                                    struct km_script_answer *answer);

// Devices, by Plug and Play, power, WMI and on the PCI bus (script-device.c).
km_script_do km_script_do_add_device;
km_script_do km_script_do_device;
km_script_do km_script_do_query_wmi;
km_script_do km_script_do_set_wmi;
km_script_do km_script_do_execute_wmi;
km_script_do km_script_do_suspend;
km_script_do km_script_do_resume;
km_script_do km_script_do_power_setting;
km_script_do km_script_do_read_bar;
km_script_do km_script_do_write_bar;
km_script_do km_script_do_raise_interrupt;
km_script_do km_script_do_lower_interrupt;
km_script_do km_script_do_plug;

// Keys and values (script-key.c).
km_script_do km_script_do_registry;

// What the kernel holds, and whether it holds the same again (script-snapshot.c).
km_script_do km_script_do_snapshot;
km_script_do km_script_do_assert_nothing_left;

#endif
