// SPDX-License-Identifier: MIT
// The PCI host bridge: configuration mechanism #1 (ports CF8h and CFCh), the configuration space, type 0
// headers, of devices that a file describes (docs/devices.md), and the memory and ports behind their base
// address registers. PCI Local Bus Specification 3.0, 3.2.2.3.2 and 6.
#ifndef KMODE_MACHINE_PCI_H
#define KMODE_MACHINE_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "machine/include/kmode/machine.h"

enum { KM_PCI_FIRST_PORT = 0xCF8, KM_PCI_PORTS = 8, KM_PCI_SPACE = 256, KM_PCI_BARS = 6 };

#define KM_PCI_MOST_BAR_BYTES (UINT64_C(1) << 62) // of all of them: a file in memory is no longer

// The type 0 header.
enum {
    KM_PCI_VENDOR_ID = 0x00,
    KM_PCI_DEVICE_ID = 0x02,
    KM_PCI_COMMAND = 0x04,
    KM_PCI_STATUS = 0x06,
    KM_PCI_REVISION = 0x08,
    KM_PCI_CLASS = 0x09,
    KM_PCI_CACHE_LINE = 0x0C,
    KM_PCI_LATENCY = 0x0D,
    KM_PCI_HEADER_TYPE = 0x0E,
    KM_PCI_FIRST_BAR = 0x10,
    KM_PCI_END_OF_BARS = 0x28,
    KM_PCI_SUBSYSTEM_VENDOR_ID = 0x2C,
    KM_PCI_SUBSYSTEM_ID = 0x2E,
    KM_PCI_CAPABILITIES = 0x34,
    KM_PCI_INTERRUPT_LINE = 0x3C,
    KM_PCI_INTERRUPT_PIN = 0x3D
};

#define KM_PCI_COMMAND_IO      0x0001u
#define KM_PCI_COMMAND_MEMORY  0x0002u
#define KM_PCI_COMMAND_MASTER  0x0004u
#define KM_PCI_COMMAND_NO_INTX 0x0400u
#define KM_PCI_STATUS_INTX     0x0008u

#define KM_PCI_STATUS_CAPABILITIES 0x0010u

// The MSI capability: its ID and the next one's offset, the control word, the address, the data.
enum {
    KM_PCI_MSI = 0x40, // where it is
    KM_PCI_MSI_CONTROL = KM_PCI_MSI + 2,
    KM_PCI_MSI_ADDRESS = KM_PCI_MSI + 4, // 8 bytes
    KM_PCI_MSI_DATA = KM_PCI_MSI + 12    // 2 bytes
};
#define KM_PCI_MSI_ID     0x05u
#define KM_PCI_MSI_ENABLE 0x0001u
#define KM_PCI_MSI_64BIT  0x0080u

#define KM_PCI_BAR_IO       0x1u
#define KM_PCI_BAR_MEMORY64 0x4u

// The MSI-X capability: its ID and the next one's offset, the control word, where the table and the pending
// bits are.
enum {
    KM_PCI_MSIX = 0x50,
    KM_PCI_MSIX_CONTROL = KM_PCI_MSIX + 2,
    KM_PCI_MSIX_TABLE = KM_PCI_MSIX + 4,
    KM_PCI_MSIX_PENDING = KM_PCI_MSIX + 8
};
#define KM_PCI_MSIX_ID    0x11u
#define KM_PCI_MSIX_ENTRY 16u // bytes of the table for a message
#define KM_PCI_MSIX_MOST  64u

// A base address register, with what is behind it.
struct km_pci_bar {
    uint64_t bytes;              // 0: there is none in that register (or it is another's upper half)
    unsigned flags;              // the register's low bits: KM_PCI_BAR_*
    bool has_table;              // of MSI-X messages, so that each access is looked at
    uint64_t storage;            // where its contents begin in km_pci.storage, a multiple of the page size
    km_pci_watch_routine *watch; // NULL: nobody watches
    void *watch_context;
};

struct km_pci_function {
    struct km_machine *machine;     // NULL: none has it yet
    uint16_t place;                 // bus << 8 | device << 3 | function
    unsigned file_line;             // that it is described in
    uint8_t routed_line;            // the interrupt line that its pin is wired to
    bool asserts;                   // its pin
    unsigned messages;              // that it has an MSI capability for; 0: it has none
    unsigned table_messages;        // that its MSI-X capability has; 0: it has none
    unsigned table_bar;             // at the beginning of which their table is
    uint64_t pending;               // bit n: that message waits to be unmasked
    bool absent;                    // it is not in its slot
    uint8_t reset[KM_PCI_SPACE];    // what is read when it has been put there
    uint8_t bytes[KM_PCI_SPACE];    // what is read
    uint8_t writable[KM_PCI_SPACE]; // bits that a write changes
    struct km_pci_bar bars[KM_PCI_BARS];
};

// Zeroed: no function is on the bus.
struct km_pci {
    uint32_t address; // what was written to CF8h
    struct km_pci_function *functions;
    size_t count;
    bool table_written; // a table of MSI-X messages, since that was looked at
    bool has_storage;
    int storage;            // a file in memory: the contents of all BARs
    uint64_t storage_bytes; // its length
};

// ---- Configuration space (pci.c)

// Puts the devices of a JSON file on the bus, which must be zeroed. Their BARs are 0. false: cut to `bytes`,
// problem is "FILE: reason" or "FILE:LINE: reason"; nothing is on the bus then.
bool km_pci_load(struct km_pci *pci, const char *path, char *problem, size_t bytes);
void km_pci_free(struct km_pci *pci);

// Number of the last bus that a function is on, and one; bus 0 is there in any case.
unsigned km_pci_buses(const struct km_pci *pci);

// What a write to configuration space changes.
#define KM_PCI_CHANGED_PLACES    1u // where BARs answer
#define KM_PCI_CHANGED_INTERRUPT 2u // whether a pin may assert itself

// Ports CF8h to CFFh, offset from the first; `bytes` is 1, 2 or 4 and lies within them. What no function
// answers reads as ones. A write returns KM_PCI_CHANGED_*.
uint32_t km_pci_read(const struct km_pci *pci, unsigned offset, unsigned bytes);
unsigned km_pci_write(struct km_pci *pci, unsigned offset, unsigned bytes, uint32_t value);
// The same of one function's space, of which [offset, offset + bytes) is a part.
void km_pci_write_space(struct km_pci_function *function, unsigned offset, unsigned bytes, uint32_t value,
                        unsigned *changed);

// Whether its pin is wired to an interrupt line, and whether it asserts that.
bool km_pci_has_line(const struct km_pci_function *function);
bool km_pci_asserts(const struct km_pci_function *function);
// How many messages software has enabled; 0: none, and it interrupts by its pin.
unsigned km_pci_enabled_messages(const struct km_pci_function *function);
// What message `number` of those writes, and where.
uint64_t km_pci_message(const struct km_pci_function *function, unsigned number, uint32_t *data);

// ---- MSI-X (pci-msix.c)

// As after power-on: every message is masked, none is pending.
void km_pci_reset_table(const struct km_pci *pci, struct km_pci_function *function);
bool km_pci_table_enabled(const struct km_pci_function *function);
// What message `number` writes, and where. false: it is masked, and pending from now on.
bool km_pci_send_by_table(const struct km_pci *pci, struct km_pci_function *function, unsigned number,
                          uint64_t *address, uint32_t *data);

// ---- What is behind the BARs (pci-bar.c)

// Has the file of their contents made, gives them addresses and lets them answer, as firmware does at start:
// I/O from 1000h on; memory from C0000000h, or behind RAM, up to FEC00000h; memory64 from
// KM_DEVICE_MEMORY_BASE on. One for which there is no room stays 0, and its device answers at none of that
// kind. false and errno: Linux has no such file.
bool km_pci_assign(struct km_pci *pci, uint64_t ram_bytes);
// The address that the BAR in register `number` has, which is there.
uint64_t km_pci_bar_address(const struct km_pci_function *function, unsigned number);
// Whether it answers there.
bool km_pci_bar_answers(const struct km_pci_function *function, unsigned number);

// What is at a page of physical addresses: false, neither of a BAR whether it answers or not. *storage: where
// its contents are in km_pci.storage; KM_PCI_NO_STORAGE: an access is to be made by km_pci_read_memory and
// km_pci_write_memory, as someone watches, it answers not at all, or not in the whole page.
#define KM_PCI_NO_STORAGE (~UINT64_C(0))
bool km_pci_find_page(const struct km_pci *pci, uint64_t physical, uint64_t *storage);

// An access of a processor's, of 1 to 8 bytes. Where nothing answers, ones are read and what is written is
// lost. Watches are called.
uint64_t km_pci_read_memory(struct km_pci *pci, uint64_t physical, unsigned bytes);
void km_pci_write_memory(struct km_pci *pci, uint64_t physical, unsigned bytes, uint64_t value);
uint32_t km_pci_read_port(struct km_pci *pci, uint16_t port, unsigned bytes);
void km_pci_write_port(struct km_pci *pci, uint16_t port, unsigned bytes, uint32_t value);

#endif
