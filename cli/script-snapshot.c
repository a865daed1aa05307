// SPDX-License-Identifier: MIT
// Commands of a script that see what is left behind in the kernel.
#include "cli/script-command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum km_result km_script_do_snapshot(struct km_script_run *run, const struct km_script_command *command,
                                     struct km_script_answer *answer)
{
    (void)command, (void)answer;
    km_snapshot_free(run->snapshot);
    run->snapshot = km_snapshot_take(run->run->machine);
    return run->snapshot != NULL ? KM_OK : KM_FAILED;
}

enum km_result km_script_do_assert_nothing_left(struct km_script_run *run,
                                                const struct km_script_command *command,
                                                struct km_script_answer *answer)
{
    (void)command;
    if (run->snapshot == NULL) {
        answer->problem = "there is no snapshot to compare with: the command snapshot takes one";
        return KM_FAILED;
    }
    km_snapshot *now = km_snapshot_take(run->run->machine);
    char *changes = now != NULL ? km_snapshot_compare(run->snapshot, now) : NULL;
    km_snapshot_free(now);
    if (changes == NULL) {
        return KM_FAILED;
    }
    const bool same = changes[0] == '\0';
    if (!same) {
        answer->problem = "the kernel does not hold what it held at the snapshot";
        for (char *next = changes, *line; (line = strsep(&next, "\n")) != NULL && *line != '\0';) {
            printf("  %s\n", line);
        }
        fflush(stdout);
    }
    free(changes);
    return same ? KM_OK : KM_FAILED;
}
