// SPDX-License-Identifier: MIT
// What the ledger device and its clients agree on: accounts whose sum never changes, a resource that guards
// them, and threads that carry out jobs on them.
#ifndef LEDGER_PUBLIC_H
#define LEDGER_PUBLIC_H

#define LEDGER_ACCOUNTS 16
#define LEDGER_START    1000 // in each account
#define LEDGER_WORKERS  4

// Carries out a job (the input, a LEDGER_JOB) on one of the threads, and answers a LEDGER_ANSWER.
#define IOCTL_LEDGER_JOB   CTL_CODE(FILE_DEVICE_UNKNOWN, 0xD00, METHOD_BUFFERED, FILE_ANY_ACCESS)
// Answers a LEDGER_STATE.
#define IOCTL_LEDGER_QUERY CTL_CODE(FILE_DEVICE_UNKNOWN, 0xD01, METHOD_BUFFERED, FILE_ANY_ACCESS)

typedef enum _LEDGER_JOB_KIND {
    LedgerSum,         // shared, taking turns with who waits for exclusive access
    LedgerSumStarving, // shared, going before those
    LedgerSumLast,     // shared, going behind them
    LedgerMove,        // exclusive, then shared for the sum, without anybody in between
    LedgerTryMove,     // exclusive if that is to be had at once: STATUS_CANT_WAIT
    LedgerJobKinds
} LEDGER_JOB_KIND;

typedef struct _LEDGER_JOB {
    ULONG Kind;     // LEDGER_JOB_KIND
    ULONG From, To; // accounts
    LONG Amount;
    ULONG Pause; // microseconds that the job sleeps in the middle, with the resource
} LEDGER_JOB;

typedef struct _LEDGER_ANSWER {
    LONG Sum;     // that it has seen
    ULONG Worker; // number of the thread
    ULONG Order;  // number of the job, in the order in which they gave the resource back
} LEDGER_ANSWER;

typedef struct _LEDGER_STATE {
    LONG Accounts[LEDGER_ACCOUNTS];
    ULONG Jobs;       // that had the resource
    ULONG Recursive;  // times that the resource was had twice by one thread
    ULONG Wrong;      // sums that were
    ULONG Contention; // the resource's own count
} LEDGER_STATE;

#endif
