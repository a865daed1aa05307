// SPDX-License-Identifier: MIT
// What \\.\Deferred understands; its client includes it as well.
#ifndef EXAMPLES_DEFERRED_H
#define EXAMPLES_DEFERRED_H

// CTL_CODE(FILE_DEVICE_UNKNOWN, function, METHOD_BUFFERED, FILE_ANY_ACCESS)
#define IOCTL_DEFERRED_WORK 0x222000 // logs a hundred records, as work would
#define IOCTL_DEFERRED_COPY 0x222004 // output: the log's records so far, for `kmode log`

#endif
