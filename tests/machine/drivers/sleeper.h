// SPDX-License-Identifier: MIT
// What tests/machine/drivers/sleeper.c is told, by tests/machine/power.c: device control of \Device\Sleeper.
#ifndef KMODE_TESTS_MACHINE_SLEEPER_H
#define KMODE_TESTS_MACHINE_SLEEPER_H

#define SLEEPER_IOCTL(function) ((0x22u << 16) | (function) << 2)

// Who does otherwise than it should from now on, SLEEPER_* bits in a ULONG.
#define SLEEPER_SET           SLEEPER_IOCTL(0x800u)
#define SLEEPER_BUS_REFUSES   1u // IRP_MN_QUERY_POWER
#define SLEEPER_CHILD_REFUSES 2u
#define SLEEPER_CHILD_HOLDS   4u // IRP_MN_SET_POWER of a system state, for ever
#define SLEEPER_PDO_HOLDS     8u // IRP_MN_SET_POWER of a device state

// The child waits to be woken; its device signals.
#define SLEEPER_ARM    SLEEPER_IOCTL(0x801u)
#define SLEEPER_SIGNAL SLEEPER_IOCTL(0x802u)

// A timer wakes the system in a second, or (SLEEPER_TIMER_EX) in two by the other service.
#define SLEEPER_TIMER    SLEEPER_IOCTL(0x804u)
#define SLEEPER_TIMER_EX SLEEPER_IOCTL(0x805u)

// Says when the system last slept, and woke.
#define SLEEPER_TIMES SLEEPER_IOCTL(0x803u)

#endif
