// SPDX-License-Identifier: MIT
// MSI-X: a table of messages in the memory behind a BAR, each of which may be masked (PCI Local Bus
// Specification 3.0, 6.8.2).
#include <string.h>
#include <unistd.h>

#include "machine/contract.h"
#include "machine/pci.h"

#define FUNCTION_MASK 0x40u // of the control word's high byte
#define ENABLE        0x80u
#define ENTRY_BYTES   16u
#define VECTOR_MASK   0x1u

// What the table has of one message.
struct entry {
    uint64_t address;
    uint32_t data, control;
};

_Static_assert(sizeof(struct entry) == ENTRY_BYTES, "as the table has it");

static uint64_t place_of(const struct km_pci_function *function, unsigned number)
{
    return function->bars[function->table_bar].storage + (uint64_t)number * ENTRY_BYTES;
}

// The pending bits stand behind the table.
static void write_pending(const struct km_pci *pci, const struct km_pci_function *function)
{
    if (pwrite(pci->storage, &function->pending, sizeof function->pending,
               (off_t)place_of(function, function->table_messages)) < 0) {
        return; // Linux has no memory: who looks there sees none
    }
}

void km_pci_reset_table(const struct km_pci *pci, struct km_pci_function *function)
{
    static const struct entry masked = {.control = VECTOR_MASK};
    function->pending = 0;
    for (unsigned i = 0; i < function->table_messages; i++) {
        if (pwrite(pci->storage, &masked, sizeof masked, (off_t)place_of(function, i)) < 0) {
            return;
        }
    }
}

bool km_pci_table_enabled(const struct km_pci_function *function)
{
    return function->table_messages != 0 && !function->absent &&
           function->bytes[KM_PCI_MSIX_CONTROL + 1] & ENABLE;
}

bool km_pci_send_by_table(const struct km_pci *pci, struct km_pci_function *function, unsigned number,
                          uint64_t *address, uint32_t *data)
{
    struct entry entry = {.control = VECTOR_MASK};
    const uint64_t bit = UINT64_C(1) << number;
    if (pread(pci->storage, &entry, sizeof entry, (off_t)place_of(function, number)) !=
            (ssize_t)sizeof entry ||
        entry.control & VECTOR_MASK || function->bytes[KM_PCI_MSIX_CONTROL + 1] & FUNCTION_MASK) {
        function->pending |= bit;
        write_pending(pci, function);
        return false;
    }
    if (function->pending & bit) {
        function->pending &= ~bit;
        write_pending(pci, function);
    }
    *address = entry.address;
    *data = entry.data;
    return true;
}
