// SPDX-License-Identifier: MIT
// What the metronome device and its clients agree on. Times are in microseconds.
#ifndef METRONOME_PUBLIC_H
#define METRONOME_PUBLIC_H

#define METRONOME_BEATS      64 // whose times are kept
#define METRONOME_PROCESSORS 64

// Starts the beat: the input, a ULONG, is its period in milliseconds. STATUS_INVALID_DEVICE_STATE: it beats
// already.
#define IOCTL_METRONOME_START CTL_CODE(FILE_DEVICE_UNKNOWN, 0xC00, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Stops it, and answers a METRONOME_BEATS_KEPT. STATUS_INVALID_DEVICE_STATE: it does not beat.
#define IOCTL_METRONOME_STOP  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xC01, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Ends at that beat, counted from the start (the input, a ULONG), and answers its number.
#define IOCTL_METRONOME_WAIT  CTL_CODE(FILE_DEVICE_UNKNOWN, 0xC02, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Ends after so much time (the input, a ULONG); one at a time: STATUS_DEVICE_BUSY. Answers how long it took
// (ULONG).
#define IOCTL_METRONOME_AFTER CTL_CODE(FILE_DEVICE_UNKNOWN, 0xC03, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Runs a DPC on each processor, and answers a METRONOME_ROUND.
#define IOCTL_METRONOME_ROUND CTL_CODE(FILE_DEVICE_UNKNOWN, 0xC04, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef struct _METRONOME_BEATS_KEPT {
    ULONG Count;
    ULONG Times[METRONOME_BEATS]; // of the first ones, since the start
} METRONOME_BEATS_KEPT;

typedef struct _METRONOME_ROUND_ANSWER {
    ULONG Processors;                  // that are active
    UCHAR RanOn[METRONOME_PROCESSORS]; // the number of the processor that the i-th one's DPC ran on
    UCHAR Irql[METRONOME_PROCESSORS];  // and its IRQL
    UCHAR QueuedTwice;                 // a DPC that is queued could be queued again: FALSE
    UCHAR ThreadedAtPassive;           // a threaded DPC ran at PASSIVE_LEVEL
} METRONOME_ROUND_ANSWER;

#endif
