// SPDX-License-Identifier: MIT
// Which threads are in the sinks now: so that a sink that logs is not called from within itself without end.
// Inside the SDK only.
#ifndef KMODE_SDK_LOG_DELIVERY_H
#define KMODE_SDK_LOG_DELIVERY_H

#include <kmode.h>

/// One record on its way, of one thread. What interrupts the thread has one of its own.
typedef struct KMP_LOG_DELIVERY {
    volatile LONG64 Key; ///< the thread, and in the four bits that its address leaves the IRQL; 0: free
    PKM_LOG_SINK volatile Sink;
} KMP_LOG_DELIVERY, *PKMP_LOG_DELIVERY;

/// Takes a place for a record that the current thread makes at Irql. IsNested: that thread has another on its
/// way. NULL if there is none left, which is no harm: such a record is not recognized. Any IRQL.
PKMP_LOG_DELIVERY KmpLogBeginDelivery(_In_ KIRQL Irql, _Out_ PBOOLEAN IsNested);
VOID KmpLogEndDelivery(_In_opt_ PKMP_LOG_DELIVERY Delivery);

/// Whether the current thread is in Sink already, and not merely interrupted there: what interrupts it has a
/// higher IRQL. Any IRQL.
BOOLEAN KmpLogIsInSink(_In_ PKM_LOG_SINK Sink, _In_ KIRQL Irql);

/// Whether the current thread is in any sink, so that it would wait for itself. Any IRQL.
BOOLEAN KmpLogIsDelivering(VOID);

#endif
