// SPDX-License-Identifier: MIT
// What tests/machine/pci-device.c asks of the driver pci-registers: devices 3 and 4 of bus 0, of which each
// has 4 KB of registers behind BAR 0, and device 3 ports behind BAR 1.
#ifndef KMODE_TESTS_PCI_REGISTERS_H
#define KMODE_TESTS_PCI_REGISTERS_H

struct pci_registers_access {
    unsigned device;  // 0: that in slot 3; 1: in slot 4
    unsigned is_port; // BAR 1
    unsigned offset, bytes;
    unsigned long long value; // written, or read
};

#define PCI_REGISTERS_READ  0x222000u // struct pci_registers_access, in and out
#define PCI_REGISTERS_WRITE 0x222004u
#define PCI_REGISTERS_COUNT                                                                                  \
    0x222008u // out: how often each service routine has claimed an interrupt, and all
              // calls of them: three times 32 bits

#define PCI_REGISTERS_CONNECT    0x22200Cu // both to their line
#define PCI_REGISTERS_DISCONNECT 0x222010u

// A page of RAM that the device may read and write. Out: its physical address, and its first 8 bytes.
#define PCI_REGISTERS_BUFFER 0x222014u

#define PCI_REGISTER_CAUSE 0x20 // not 0: the device interrupts
#define PCI_REGISTER_DONE  0x24 // the driver writes 1: it is served

#endif
