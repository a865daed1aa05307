// SPDX-License-Identifier: MIT
// The PCI host bridge: configuration mechanism #1 (ports CF8h and CFCh) and the configuration space, type 0
// headers, of devices that a file describes (docs/devices.md). PCI Local Bus Specification 3.0, 3.2.2.3.2
// and 6.
#ifndef KMODE_MACHINE_PCI_H
#define KMODE_MACHINE_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KM_PCI_FIRST_PORT = 0xCF8, KM_PCI_PORTS = 8, KM_PCI_SPACE = 256 };

struct km_pci_function {
    uint16_t place;                 // bus << 8 | device << 3 | function
    unsigned line;                  // of the file
    uint8_t bytes[KM_PCI_SPACE];    // what is read
    uint8_t writable[KM_PCI_SPACE]; // bits that a write changes
};

// Zeroed: no function is on the bus.
struct km_pci {
    uint32_t address; // what was written to CF8h
    struct km_pci_function *functions;
    size_t count;
};

// Puts the devices of a JSON file on the bus, which must be zeroed. false: cut to `bytes`, problem is "FILE:
// reason" or "FILE:LINE: reason"; nothing is on the bus then.
bool km_pci_load(struct km_pci *pci, const char *path, char *problem, size_t bytes);
void km_pci_free(struct km_pci *pci);

// Ports CF8h to CFFh, offset from the first; `bytes` is 1, 2 or 4 and lies within them. What no function
// answers reads as ones.
uint32_t km_pci_read(const struct km_pci *pci, unsigned offset, unsigned bytes);
void km_pci_write(struct km_pci *pci, unsigned offset, unsigned bytes, uint32_t value);

#endif
