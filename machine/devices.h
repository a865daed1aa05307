// SPDX-License-Identifier: MIT
// The devices of a machine, and where they answer.
#ifndef KMODE_MACHINE_DEVICES_H
#define KMODE_MACHINE_DEVICES_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/cmos.h"
#include "machine/lines.h"
#include "machine/memory.h"
#include "machine/pci.h"
#include "machine/ports.h"
#include "machine/serial.h"
#include "machine/uart.h"

struct km_machine;

enum { KM_SERIAL_PORTS = 4 };

struct km_serial_port {
    struct km_machine *machine;
    unsigned number; // 0: COM1
    bool present;
    struct km_uart uart;
    struct km_serial serial;
};

struct km_devices {
    // Whoever uses a device: a processor in its signal handler or a contract call, the machine's user. Taken
    // before run_lock where both are. Recursive: what a device tells the program may make that use it.
    pthread_mutex_t lock;
    bool locked; // there is such a lock
    struct km_ports ports;
    struct km_lines lines;
    struct km_cmos cmos;
    struct km_pci pci;
    struct km_memory_devices memory; // where they are in it
    struct km_serial_port serial[KM_SERIAL_PORTS];
};

// Makes the devices that the options ask for. false, and the machine's problem, on failure.
bool km_devices_init(struct km_machine *machine);
void km_devices_deinit(struct km_machine *machine);

// in and out of NT code, which take their time of a virtual clock. In a signal handler in NT code.
uint32_t km_devices_read_port(struct km_machine *machine, uint16_t port, unsigned bytes);
void km_devices_write_port(struct km_machine *machine, uint16_t port, unsigned bytes, uint32_t value);

// A load and a store of NT code, of 1 to 8 bytes, of a device's memory; the same.
uint64_t km_devices_read_memory(struct km_machine *machine, uint64_t physical, unsigned bytes);
void km_devices_write_memory(struct km_machine *machine, uint64_t physical, unsigned bytes, uint64_t value);

// KM_PCI_CHANGED_* has changed: memory and lines follow. The lock is held.
void km_devices_pci_changed(struct km_machine *machine, unsigned changed);
// A message that the function has been enabled to send; the lock is held.
void km_devices_send_message(struct km_machine *machine, struct km_pci_function *function, unsigned number);
// What the devices have made pending is taken now, unless a processor is in the middle of it. The lock is not
// held.
enum km_result km_devices_let_interrupt(struct km_machine *machine);

// Looks whether something has come for a device from outside. On the thread of the machine's user, with one
// processor where every NT thread waits, or in the watch.
void km_devices_poll(struct km_machine *machine);
// Something may still come from outside that would interrupt: where every thread waits, that is no deadlock.
bool km_devices_listen(const struct km_machine *machine);
// Waits a moment for something to come from outside. false: nothing can.
bool km_devices_wait(struct km_machine *machine);

#endif
