// SPDX-License-Identifier: MIT
// PCI functions as the program that drives the machine plays them: the public calls.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "machine/machine-private.h"
#include "machine/process.h"

km_pci_function *km_pci_find(km_machine *machine, unsigned bus, unsigned device, unsigned function)
{
    const struct km_pci *pci = &machine->devices.pci;
    for (size_t i = 0; i < pci->count; i++) {
        if (bus <= 255 && device <= 31 && function <= 7 &&
            pci->functions[i].place == (bus << 8 | device << 3 | function)) {
            return &pci->functions[i];
        }
    }
    return NULL;
}

static void set_problem(const struct km_pci_function *function, const char *problem, unsigned number)
{
    const unsigned place = function->place;
    km_set_problem(function->machine, "PCI %02x:%02x.%x: %s %u", place >> 8, place >> 3 & 31, place & 7,
                   problem, number);
}

// NULL, and the problem: there is no such BAR.
static struct km_pci_bar *find_bar(struct km_pci_function *function, unsigned number, enum km_result *result)
{
    *result = km_machine_ready(function->machine);
    if (*result != KM_OK) {
        return NULL;
    }
    if (number >= KM_PCI_BARS || function->bars[number].bytes == 0) {
        set_problem(function, "it has no BAR", number);
        *result = KM_FAILED;
        return NULL;
    }
    return &function->bars[number];
}

enum km_result km_pci_bar(km_pci_function *function, unsigned bar, struct km_pci_bar_state *state)
{
    enum km_result result;
    const struct km_pci_bar *found = find_bar(function, bar, &result);
    if (found == NULL) {
        return result;
    }
    pthread_mutex_lock(&function->machine->devices.lock);
    *state = (struct km_pci_bar_state){.bytes = found->bytes,
                                       .address = km_pci_bar_address(function, bar),
                                       .is_port = (found->flags & KM_PCI_BAR_IO) != 0,
                                       .answers = km_pci_bar_answers(function, bar)};
    pthread_mutex_unlock(&function->machine->devices.lock);
    return KM_OK;
}

// The BAR, if that part of it is there.
static struct km_pci_bar *find_part(struct km_pci_function *function, unsigned number, uint64_t offset,
                                    size_t count, enum km_result *result)
{
    struct km_pci_bar *bar = find_bar(function, number, result);
    if (bar != NULL && (offset > bar->bytes || count > bar->bytes - offset)) {
        set_problem(function, "not so many bytes are in its BAR", number);
        *result = KM_FAILED;
        return NULL;
    }
    return bar;
}

// All of it, at that offset of the file. false and errno: Linux has no memory.
static bool read_file(int file, uint64_t offset, uint8_t *bytes, size_t count)
{
    ssize_t now = 1;
    for (size_t done = 0; done < count && now > 0; done += (size_t)now) {
        now = pread(file, bytes + done, count - done, (off_t)(offset + done));
    }
    return now > 0;
}

static bool write_file(int file, uint64_t offset, const uint8_t *bytes, size_t count)
{
    ssize_t now = 1;
    for (size_t done = 0; done < count && now > 0; done += (size_t)now) {
        now = pwrite(file, bytes + done, count - done, (off_t)(offset + done));
    }
    return now > 0;
}

static enum km_result say(const struct km_pci_function *function, bool done, unsigned number)
{
    if (!done) {
        set_problem(function, strerror(errno), number);
    }
    return done ? KM_OK : KM_FAILED;
}

enum km_result km_pci_read_bar(km_pci_function *function, unsigned bar, uint64_t offset, void *bytes,
                               size_t count)
{
    enum km_result result;
    const struct km_pci_bar *found = find_part(function, bar, offset, count, &result);
    return found == NULL
               ? result
               : say(function,
                     read_file(function->machine->devices.pci.storage, found->storage + offset, bytes, count),
                     bar);
}

enum km_result km_pci_write_bar(km_pci_function *function, unsigned bar, uint64_t offset, const void *bytes,
                                size_t count)
{
    enum km_result result;
    const struct km_pci_bar *found = find_part(function, bar, offset, count, &result);
    return found == NULL ? result
                         : say(function,
                               write_file(function->machine->devices.pci.storage, found->storage + offset,
                                          bytes, count),
                               bar);
}

// ---- DMA

static enum km_result check_dma(const struct km_pci_function *function, uint64_t physical, size_t count)
{
    struct km_machine *machine = function->machine;
    enum km_result result = km_machine_ready(machine);
    const unsigned place = function->place;
    if (result == KM_OK && (function->absent || !(function->bytes[KM_PCI_COMMAND] & KM_PCI_COMMAND_MASTER))) {
        km_set_problem(machine,
                       "PCI %02x:%02x.%x: it is no bus master: bit 2 of its command register is not set",
                       place >> 8, place >> 3 & 31, place & 7);
        return KM_FAILED;
    }
    if (result == KM_OK &&
        (physical > machine->memory.ram_bytes || count > machine->memory.ram_bytes - physical)) {
        km_set_problem(machine, "PCI %02x:%02x.%x: not all of 0x%llX, %zu bytes is RAM", place >> 8,
                       place >> 3 & 31, place & 7, (unsigned long long)physical, count);
        return KM_FAILED;
    }
    return result;
}

enum km_result km_pci_dma_read(km_pci_function *function, uint64_t physical, void *bytes, size_t count)
{
    enum km_result result = check_dma(function, physical, count);
    return result != KM_OK
               ? result
               : say(function, read_file(function->machine->memory.ram, physical, bytes, count), 0);
}

enum km_result km_pci_dma_write(km_pci_function *function, uint64_t physical, const void *bytes, size_t count)
{
    enum km_result result = check_dma(function, physical, count);
    return result != KM_OK
               ? result
               : say(function, write_file(function->machine->memory.ram, physical, bytes, count), 0);
}

// ---- Configuration space

static enum km_result check_config(const struct km_pci_function *function, unsigned offset, unsigned bytes)
{
    enum km_result result = km_machine_ready(function->machine);
    if (result == KM_OK &&
        ((bytes != 1 && bytes != 2 && bytes != 4) || offset % bytes != 0 || offset > KM_PCI_SPACE - bytes)) {
        set_problem(function, "no access to configuration space is so wide at offset", offset);
        return KM_FAILED;
    }
    return result;
}

enum km_result km_pci_read_config(km_pci_function *function, unsigned offset, unsigned bytes, uint32_t *value)
{
    enum km_result result = check_config(function, offset, bytes);
    if (result == KM_OK) {
        pthread_mutex_lock(&function->machine->devices.lock);
        *value = 0;
        memcpy(value, &function->bytes[offset], bytes);
        pthread_mutex_unlock(&function->machine->devices.lock);
    }
    return result;
}

enum km_result km_pci_write_config(km_pci_function *function, unsigned offset, unsigned bytes, uint32_t value)
{
    enum km_result result = check_config(function, offset, bytes);
    if (result == KM_OK) {
        unsigned changed = 0;
        pthread_mutex_lock(&function->machine->devices.lock);
        km_pci_write_space(function, offset, bytes, value, &changed);
        km_devices_pci_changed(function->machine, changed);
        pthread_mutex_unlock(&function->machine->devices.lock);
        result = km_devices_let_interrupt(function->machine);
    }
    return result;
}

// ---- Watches and interrupts

enum km_result km_pci_watch(km_pci_function *function, unsigned bar, km_pci_watch_routine *watch,
                            void *context)
{
    enum km_result result;
    struct km_pci_bar *found = find_bar(function, bar, &result);
    if (found == NULL) {
        return result;
    }
    pthread_mutex_lock(&function->machine->devices.lock);
    found->watch = watch;
    found->watch_context = context;
    km_memory_refresh_devices(&function->machine->memory);
    pthread_mutex_unlock(&function->machine->devices.lock);
    return KM_OK;
}

// The bus tells the kernel, as its hot-plug controller would.
static enum km_result tell_bus(struct km_machine *machine, unsigned bus)
{
    KM_REQUEST *request = &machine->shared->request;
    *request = (KM_REQUEST){.kind = KM_REQUEST_DEVICE, .arguments = {KM_DEVICE_ENUMERATE}};
    snprintf(request->image_file, sizeof request->image_file, "ACPI\\PNP0A03\\%X", bus);
    if (!km_machine_ask(machine)) {
        return km_has_stopped(machine);
    }
    return km_is_failure(request->status)
               ? km_refused(machine, request->status, "PCI bus %u was not asked what is on it", bus)
               : KM_OK;
}

enum km_result km_pci_plug(km_pci_function *function, int plugged)
{
    struct km_machine *machine = function->machine;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (km_current_processor != NULL && km_current_processor->in_device != 0) {
        km_set_problem(machine, "a watch cannot plug a device in or out: the driver that it watches waits");
        return KM_FAILED;
    }
    pthread_mutex_lock(&machine->devices.lock);
    if (function->absent && plugged) {
        const struct km_pci *pci = &machine->devices.pci;
        memcpy(function->bytes, function->reset, sizeof function->bytes);
        for (unsigned i = 0; i < KM_PCI_BARS; i++) {
            if (function->bars[i].bytes != 0 &&
                fallocate(pci->storage, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                          (off_t)function->bars[i].storage, (off_t)function->bars[i].bytes) != 0) {
                set_problem(function, strerror(errno), i);
                pthread_mutex_unlock(&machine->devices.lock);
                return KM_FAILED;
            }
        }
    }
    if (function->absent && plugged) {
        km_pci_reset_table(&machine->devices.pci, function);
    }
    function->absent = !plugged;
    function->asserts = false;
    km_devices_pci_changed(machine, KM_PCI_CHANGED_PLACES | KM_PCI_CHANGED_INTERRUPT);
    pthread_mutex_unlock(&machine->devices.lock);
    return tell_bus(machine, function->place >> 8);
}

enum km_result km_pci_send_message(km_pci_function *function, unsigned number)
{
    struct km_machine *machine = function->machine;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    pthread_mutex_lock(&machine->devices.lock);
    const unsigned enabled = function->absent                 ? 0
                             : km_pci_table_enabled(function) ? function->table_messages
                                                              : km_pci_enabled_messages(function);
    if (number < enabled) {
        km_devices_send_message(machine, function, number);
    }
    pthread_mutex_unlock(&machine->devices.lock);
    if (number >= enabled) {
        set_problem(function,
                    enabled == 0 ? "no messages are enabled, so not message"
                                 : "not so many messages are enabled as to have message",
                    number);
        return KM_FAILED;
    }
    return km_devices_let_interrupt(machine);
}

enum km_result km_pci_interrupt(km_pci_function *function, int asserted)
{
    struct km_machine *machine = function->machine;
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (!km_pci_has_line(function)) {
        set_problem(function, "it has no interrupt pin that is wired to a line; its interrupt_line is",
                    function->routed_line);
        return KM_FAILED;
    }
    pthread_mutex_lock(&machine->devices.lock);
    function->asserts = asserted;
    function->bytes[KM_PCI_STATUS] = (uint8_t)((function->bytes[KM_PCI_STATUS] & ~KM_PCI_STATUS_INTX) |
                                               (asserted ? KM_PCI_STATUS_INTX : 0));
    km_devices_pci_changed(machine, KM_PCI_CHANGED_INTERRUPT);
    pthread_mutex_unlock(&machine->devices.lock);
    return km_devices_let_interrupt(machine);
}
