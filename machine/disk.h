// SPDX-License-Identifier: MIT
// The machine's disk: files below a folder of Linux's, and nothing else.
#ifndef KMODE_DISK_H
#define KMODE_DISK_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/contract.h"

// A file or folder that the kernel has open. Its handle is its index plus one.
struct km_disk_file {
    int descriptor; // -1: free
    bool writable;
    char **entries; // of a folder: names as last read, in the order of their bytes
    size_t entry_count;
};

struct km_disk {
    int root; // -1: there is no disk
    pthread_mutex_t lock;
    struct km_disk_file *files;
    size_t file_count;
};

void km_disk_init(struct km_disk *disk);
// Makes the folder at path the disk. false and errno: it is no folder that can be read.
bool km_disk_attach(struct km_disk *disk, const char *path);
void km_disk_deinit(struct km_disk *disk);

// Carries out an operation of the contract; KM_DISK_*. By any thread.
uint32_t km_disk_use(struct km_disk *disk, KM_DISK_OPERATION *operation);

#endif
