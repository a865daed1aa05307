// SPDX-License-Identifier: MIT
// Running other programs.
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const int interrupts[] = {SIGINT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught;

pid_t km_spawn(char *const *argv, const struct km_spawn *how)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    pid_t child;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    if (how->input > 0) {
        posix_spawn_file_actions_adddup2(&actions, how->input, STDIN_FILENO);
    } else {
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    }
    if (how->output >= 0) {
        posix_spawn_file_actions_adddup2(&actions, how->output, STDOUT_FILENO);
    }
    if (how->error_output >= 0) {
        posix_spawn_file_actions_adddup2(&actions, how->error_output, STDERR_FILENO);
    }
    if (how->folder) {
        posix_spawn_file_actions_addchdir_np(&actions, how->folder);
    }
    sigemptyset(&defaults);
    for (size_t i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++) {
        sigaddset(&defaults, interrupts[i]);
    }
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

    int error = posix_spawnp(&child, argv[0], &actions, &attributes, argv, environ);

    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        errno = error;
        return -1;
    }
    return child;
}

int km_wait_child(pid_t child)
{
    return km_wait_limited(child, 0);
}

int km_wait_limited(pid_t child, unsigned seconds)
{
    struct pollfd handle = {.fd = pidfd_open(child, 0), .events = POLLIN};
    int error = 0;
    int status;

    int ready = poll(&handle, 1, seconds ? (int)seconds * 1000 : -1);
    if (ready < 0 && errno == EINTR && caught) {
        error = EINTR;
    } else if (ready == 0) {
        error = ETIMEDOUT;
    }
    if (error) {
        kill(child, SIGTERM);
    }
    close(handle.fd);
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return -1;
        }
    }
    if (error) {
        errno = error;
        return -1;
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void on_interrupt(int number)
{
    caught = number;
}

void km_catch_interrupts(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};

    for (size_t i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++) {
        struct sigaction old;
        if (sigaction(interrupts[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN) {
            sigaction(interrupts[i], &action, NULL);
        }
    }
}

bool km_interrupted(void)
{
    return caught != 0;
}

void km_die_of_interrupt(void)
{
    if (caught) {
        signal(caught, SIG_DFL);
        raise(caught);
    }
}

void km_show_command(char *const *argv)
{
    for (; *argv; argv++) {
        if (**argv && !strpbrk(*argv, " \t\n'\"\\$`&|;<>()*?[]{}~#!")) {
            fputs(*argv, stderr);
        } else {
            fputc('\'', stderr);
            for (const char *c = *argv; *c; c++) {
                if (*c == '\'') {
                    fputs("'\\''", stderr);
                } else {
                    fputc(*c, stderr);
                }
            }
            fputc('\'', stderr);
        }
        fputc(argv[1] ? ' ' : '\n', stderr);
    }
}
