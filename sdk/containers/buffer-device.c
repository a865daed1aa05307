// SPDX-License-Identifier: MIT
// Device properties of any length.
#include <kmode.h>

typedef struct QUESTION {
    PDEVICE_OBJECT PhysicalDevice;
    DEVICE_REGISTRY_PROPERTY Property;
} QUESTION;

static NTSTATUS NTAPI Query(PVOID Data, ULONG Bytes, PULONG Needed, PVOID Context)
{
    QUESTION *Question = (QUESTION *)Context;

    return IoGetDeviceProperty(Question->PhysicalDevice, Question->Property, Bytes, Data, Needed);
}

NTSTATUS NTAPI KmBufferQueryDeviceProperty(PKM_BUFFER Buffer, PDEVICE_OBJECT PhysicalDevice,
                                           DEVICE_REGISTRY_PROPERTY Property)
{
    QUESTION Question = {PhysicalDevice, Property};

    return KmBufferQuery(Buffer, Query, &Question, 128);
}
