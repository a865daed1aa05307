// SPDX-License-Identifier: MIT
// What the drivers of toasters have in common with each other, and with tests/machine/plug-and-play.c.
#ifndef KMODE_TESTS_MACHINE_TOASTER_H
#define KMODE_TESTS_MACHINE_TOASTER_H

#define TOASTER_IOCTL(function) ((0x22u << 16) | (function) << 2)

// Of a toaster: what its driver refuses from now on, and its PNP_DEVICE_STATE, a ULONG each.
#define TOASTER_REFUSE TOASTER_IOCTL(0x800u)
#define TOASTER_STATE  TOASTER_IOCTL(0x801u)

#define TOASTER_REFUSES_REMOVE 1u
#define TOASTER_REFUSES_STOP   2u
#define TOASTER_FAILS_START    4u
#define TOASTER_FAILS_ADD      8u

// Of the bus: the number of the toaster, a ULONG.
#define TOASTER_BUS_PLUG_IN TOASTER_IOCTL(0x810u)
#define TOASTER_BUS_UNPLUG  TOASTER_IOCTL(0x811u)
#define TOASTER_BUS_EJECT   TOASTER_IOCTL(0x812u) // its button is pressed

#endif
