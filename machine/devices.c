// SPDX-License-Identifier: MIT
// The devices of a machine: made from its options, reached by ports.
#include "machine/devices.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "machine/machine-private.h"
#include "machine/msr.h"

#define PORT_ACCESS_UNITS UINT64_C(10) // 1 microsecond, what an access on the ISA bus takes
#define PROGRAM_SOURCE    31           // of an interrupt line: the program that drives the machine
#define PCI_SOURCE        30           // and the PCI bus

#define LOOK_MS 20

#define TICK_UNITS UINT64_C(100000) // the kernel's: 10 ms

static const struct {
    uint16_t port;
    uint8_t line;
    uint8_t source; // of the two that share the line
} serial_places[KM_SERIAL_PORTS] = {{0x3F8, 4, 0}, {0x2F8, 3, 0}, {0x3E8, 4, 1}, {0x2E8, 3, 1}};

// ---- CMOS

static uint64_t read_time(void *context)
{
    const struct km_machine *machine = context;
    return machine->clock->start_time + km_machine_uptime(machine);
}

static uint32_t read_cmos(void *context, uint16_t offset, unsigned bytes)
{
    (void)bytes;
    return km_cmos_read(context, offset);
}

static void write_cmos(void *context, uint16_t offset, unsigned bytes, uint32_t value)
{
    (void)bytes;
    km_cmos_write(context, offset, (uint8_t)value);
}

static bool make_cmos(struct km_machine *machine)
{
    struct km_cmos *cmos = &machine->devices.cmos;
    *cmos = (struct km_cmos){.now = read_time, .context = machine};
    km_cmos_reset(cmos);
    return km_ports_claim(&machine->devices.ports, &(struct km_port_range){.first = KM_CMOS_FIRST_PORT,
                                                                           .count = KM_CMOS_PORTS,
                                                                           .read = read_cmos,
                                                                           .write = write_cmos,
                                                                           .context = cmos});
}

// ---- PCI

// Every function on a line asserts it together with the others.
static void drive_lines(struct km_machine *machine)
{
    const struct km_pci *pci = &machine->devices.pci;
    uint32_t has = 0, asserted = 0;
    for (size_t i = 0; i < pci->count; i++) {
        const struct km_pci_function *function = &pci->functions[i];
        if (km_pci_has_line(function)) {
            const uint32_t bit = UINT32_C(1) << function->routed_line;
            has |= bit;
            asserted |= km_pci_asserts(function) ? bit : 0;
        }
    }
    for (uint32_t line = 0; line < KM_LINE_MESSAGE; line++) {
        if (has >> line & 1) {
            km_line_set(machine, line, PCI_SOURCE, asserted >> line & 1);
        }
    }
}

void km_devices_send_message(struct km_machine *machine, struct km_pci_function *function, unsigned number)
{
    uint64_t address;
    uint32_t line;
    if (km_pci_table_enabled(function)) {
        if (!km_pci_send_by_table(&machine->devices.pci, function, number, &address, &line)) {
            return;
        }
    } else {
        address = km_pci_message(function, number, &line);
    }
    // Anywhere else there is no interrupt controller, and what is written is lost.
    if (address == KM_MESSAGE_ADDRESS && line >= KM_FIRST_MESSAGE_LINE && line < KM_LINES) {
        km_line_pulse(machine, line);
    }
}

// Messages of tables that were masked, and are no more.
static void send_pending(struct km_machine *machine)
{
    struct km_pci *pci = &machine->devices.pci;
    pci->table_written = false;
    for (size_t i = 0; i < pci->count; i++) {
        struct km_pci_function *function = &pci->functions[i];
        for (unsigned number = 0; km_pci_table_enabled(function) && number < function->table_messages;
             number++) {
            if (function->pending >> number & 1) {
                km_devices_send_message(machine, function, number);
            }
        }
    }
}

static uint32_t read_pci(void *context, uint16_t offset, unsigned bytes)
{
    struct km_machine *machine = context;
    return km_pci_read(&machine->devices.pci, offset, bytes);
}

static void write_pci(void *context, uint16_t offset, unsigned bytes, uint32_t value)
{
    struct km_machine *machine = context;
    km_devices_pci_changed(machine, km_pci_write(&machine->devices.pci, offset, bytes, value));
}

void km_devices_pci_changed(struct km_machine *machine, unsigned changed)
{
    if (changed & KM_PCI_CHANGED_PLACES) {
        km_memory_refresh_devices(&machine->memory);
    }
    if (changed & KM_PCI_CHANGED_INTERRUPT) {
        drive_lines(machine);
        send_pending(machine);
    }
}

static uint32_t read_bar_port(void *context, uint16_t port, unsigned bytes)
{
    return km_pci_read_port(context, port, bytes);
}

static void write_bar_port(void *context, uint16_t port, unsigned bytes, uint32_t value)
{
    km_pci_write_port(context, port, bytes, value);
}

static bool find_memory(void *context, uint64_t physical, int *file, uint64_t *offset)
{
    const struct km_pci *pci = context;
    *file = pci->storage;
    return km_pci_find_page(pci, physical, offset);
}

static bool make_pci(struct km_machine *machine)
{
    struct km_devices *devices = &machine->devices;
    struct km_pci *pci = &devices->pci;
    char problem[512];
    if (machine->options.pci_path == NULL) {
        return true;
    }
    if (!km_pci_load(pci, machine->options.pci_path, problem, sizeof problem)) {
        km_set_problem(machine, "%s", problem);
        return false;
    }
    if (!km_pci_assign(pci, machine->memory.ram_bytes)) {
        km_set_problem(machine, "Linux has no file in memory for the BARs of %s: %s",
                       machine->options.pci_path, strerror(errno));
        return false;
    }
    for (size_t i = 0; i < pci->count; i++) {
        struct km_pci_function *function = &pci->functions[i];
        function->machine = machine;
        if (km_pci_has_line(function)) {
            km_line_define(machine, function->routed_line, false);
        }
    }
    for (uint32_t line = KM_LINE_MESSAGE; line < KM_LINES; line++) {
        km_line_define(machine, line, true);
    }
    devices->memory = (struct km_memory_devices){.context = pci, .find = find_memory};
    machine->memory.devices = &devices->memory;
    devices->ports.rest = (struct km_port_range){
        .count = 0x10000, .wide = true, .read = read_bar_port, .write = write_bar_port, .context = pci};
    return km_ports_claim(&devices->ports, &(struct km_port_range){.first = KM_PCI_FIRST_PORT,
                                                                   .count = KM_PCI_PORTS,
                                                                   .wide = true,
                                                                   .read = read_pci,
                                                                   .write = write_pci,
                                                                   .context = machine});
}

// ---- Serial ports

static uint32_t read_serial(void *context, uint16_t offset, unsigned bytes)
{
    struct km_serial_port *port = context;
    (void)bytes;
    return km_uart_read(&port->uart, offset);
}

static void write_serial(void *context, uint16_t offset, unsigned bytes, uint32_t value)
{
    struct km_serial_port *port = context;
    (void)bytes;
    km_uart_write(&port->uart, offset, (uint8_t)value);
}

static void send(void *context, uint8_t byte)
{
    const struct km_serial_port *port = context;
    const struct km_machine_options *options = &port->machine->options;
    km_serial_send(&port->serial, byte);
    if (options->serial_output != NULL) {
        options->serial_output(options->serial_context, port->number + 1, byte);
    }
}

static bool receive(void *context, uint8_t *byte)
{
    return km_serial_receive(&((struct km_serial_port *)context)->serial, byte);
}

static void interrupt(void *context, bool asserted)
{
    const struct km_serial_port *port = context;
    km_line_set(port->machine, serial_places[port->number].line, serial_places[port->number].source,
                asserted);
}

static bool make_serial_port(struct km_machine *machine, unsigned number)
{
    struct km_serial_port *port = &machine->devices.serial[number];
    const char *name = machine->options.serial[number];
    if (name == NULL) {
        return true;
    }
    if (!km_serial_open(&port->serial, name)) {
        km_set_problem(machine, "COM%u: %s: %s", number + 1, name, strerror(errno));
        return false;
    }
    port->machine = machine;
    port->number = number;
    port->present = true;
    port->uart = (struct km_uart){
        .send = send, .receive = receive, .interrupt = interrupt, .context = port, .connected = true};
    km_uart_reset(&port->uart);
    return km_ports_claim(&machine->devices.ports,
                          &(struct km_port_range){.first = serial_places[number].port,
                                                  .count = KM_UART_PORTS,
                                                  .read = read_serial,
                                                  .write = write_serial,
                                                  .context = port});
}

// ---- All of them

static bool make_msrs(struct km_machine *machine)
{
    char problem[512];
    km_msrs_clear();
    if (machine->options.msr_path != NULL &&
        !km_msrs_load(machine->options.msr_path, problem, sizeof problem)) {
        km_set_problem(machine, "%s", problem);
        return false;
    }
    return true;
}

bool km_devices_init(struct km_machine *machine)
{
    struct km_devices *devices = &machine->devices;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init(&devices->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    if (error != 0) {
        km_set_problem(machine, "no lock for the devices: %s", strerror(error));
        return false;
    }
    devices->locked = true;
    for (uint32_t line = 0; line < KM_LINE_MESSAGE; line++) {
        km_line_define(machine, line, line < KM_LINE_PCI);
    }
    bool made = make_msrs(machine) && make_cmos(machine) && make_pci(machine);
    for (unsigned i = 0; made && i < KM_SERIAL_PORTS; i++) {
        made = make_serial_port(machine, i);
    }
    return made;
}

void km_devices_deinit(struct km_machine *machine)
{
    struct km_devices *devices = &machine->devices;
    for (unsigned i = 0; i < KM_SERIAL_PORTS; i++) {
        if (devices->serial[i].present) {
            km_serial_close(&devices->serial[i].serial);
        }
    }
    km_pci_free(&devices->pci);
    if (devices->locked) {
        pthread_mutex_destroy(&devices->lock);
    }
}

// An access takes a moment, or a loop that polls a port for a time to come would never end. Such a loop may
// call the kernel never at all: then the clock interrupts it here, at the same access in each run.
static void pass_time(struct km_machine *machine)
{
    if (!machine->clock->is_virtual) {
        return;
    }
    const uint64_t now = __atomic_add_fetch(&machine->clock->now, PORT_ACCESS_UNITS, __ATOMIC_RELAXED);
    if (now / TICK_UNITS != (now - PORT_ACCESS_UNITS) / TICK_UNITS) {
        __atomic_or_fetch(&km_current_processor->shared->pending, 1u << KM_IRQL_CLOCK, __ATOMIC_SEQ_CST);
    }
}

static void begin_access(struct km_machine *machine)
{
    pthread_mutex_lock(&machine->devices.lock);
    km_current_processor->in_device++;
    pass_time(machine);
}

static void end_access(struct km_machine *machine)
{
    km_current_processor->in_device--;
    pthread_mutex_unlock(&machine->devices.lock);
}

uint32_t km_devices_read_port(struct km_machine *machine, uint16_t port, unsigned bytes)
{
    begin_access(machine);
    uint32_t value = km_ports_read(&machine->devices.ports, port, bytes);
    end_access(machine);
    return value;
}

void km_devices_write_port(struct km_machine *machine, uint16_t port, unsigned bytes, uint32_t value)
{
    begin_access(machine);
    km_ports_write(&machine->devices.ports, port, bytes, value);
    end_access(machine);
}

uint64_t km_devices_read_memory(struct km_machine *machine, uint64_t physical, unsigned bytes)
{
    begin_access(machine);
    uint64_t value = km_pci_read_memory(&machine->devices.pci, physical, bytes);
    end_access(machine);
    return value;
}

void km_devices_write_memory(struct km_machine *machine, uint64_t physical, unsigned bytes, uint64_t value)
{
    begin_access(machine);
    km_pci_write_memory(&machine->devices.pci, physical, bytes, value);
    if (machine->devices.pci.table_written) {
        send_pending(machine);
    }
    end_access(machine);
}

void km_devices_poll(struct km_machine *machine)
{
    struct km_devices *devices = &machine->devices;
    pthread_mutex_lock(&devices->lock);
    for (unsigned i = 0; i < KM_SERIAL_PORTS; i++) {
        if (devices->serial[i].present) {
            km_uart_poll(&devices->serial[i].uart);
        }
    }
    pthread_mutex_unlock(&devices->lock);
}

// The other ends that may still send what interrupts; the number of them.
static size_t find_sources(const struct km_machine *machine, struct pollfd sources[KM_SERIAL_PORTS])
{
    size_t count = 0;
    for (unsigned i = 0; i < KM_SERIAL_PORTS; i++) {
        const struct km_serial_port *port = &machine->devices.serial[i];
        const struct km_line *line = &machine->devices.lines.lines[serial_places[i].line];
        if (port->present && port->serial.input >= 0 && line->irql != 0 && km_uart_listens(&port->uart)) {
            sources[count++] = (struct pollfd){.fd = port->serial.input, .events = POLLIN};
        }
    }
    return count;
}

bool km_devices_listen(const struct km_machine *machine)
{
    struct pollfd sources[KM_SERIAL_PORTS];
    return find_sources(machine, sources) != 0;
}

bool km_devices_wait(struct km_machine *machine)
{
    struct pollfd sources[KM_SERIAL_PORTS];
    const size_t count = find_sources(machine, sources);
    if (count == 0) {
        return false;
    }
    // The watch may take what comes first: its signal can be early, and is not waited for.
    poll(sources, count, LOOK_MS);
    return true;
}

enum km_result km_devices_let_interrupt(struct km_machine *machine)
{
    return km_current_processor != NULL && km_current_processor->in_device ? KM_OK
                                                                           : km_clock_advance(machine, 0);
}

enum km_result km_interrupt(km_machine *machine, unsigned line, int asserted)
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    if (line >= KM_LINE_PCI) {
        km_set_problem(machine, "there is no interrupt line %u: they are 0 to %d", line, KM_LINE_PCI - 1);
        return KM_FAILED;
    }
    pthread_mutex_lock(&machine->devices.lock);
    km_line_set(machine, line, PROGRAM_SOURCE, asserted);
    pthread_mutex_unlock(&machine->devices.lock);
    return km_devices_let_interrupt(machine);
}

enum km_result km_serial_write(km_machine *machine, unsigned port, const void *bytes, size_t count)
{
    enum km_result result = km_machine_ready(machine);
    if (result != KM_OK) {
        return result;
    }
    struct km_devices *devices = &machine->devices;
    if (port < 1 || port > KM_SERIAL_PORTS || !devices->serial[port - 1].present) {
        km_set_problem(machine, "there is no COM%u: the options do not name it", port);
        return KM_FAILED;
    }
    pthread_mutex_lock(&devices->lock);
    bool kept = km_serial_feed(&devices->serial[port - 1].serial, bytes, count);
    if (kept) {
        km_uart_poll(&devices->serial[port - 1].uart);
    }
    pthread_mutex_unlock(&devices->lock);
    if (!kept) {
        km_set_problem(machine, "no memory for %zu bytes to COM%u", count, port);
        return KM_FAILED;
    }
    return km_devices_let_interrupt(machine);
}

const char *km_serial_name(const km_machine *machine, unsigned port)
{
    if (port < 1 || port > KM_SERIAL_PORTS || !machine->devices.serial[port - 1].present) {
        return NULL;
    }
    const struct km_serial *serial = &machine->devices.serial[port - 1].serial;
    return serial->name[0] != '\0' ? serial->name : machine->options.serial[port - 1];
}
