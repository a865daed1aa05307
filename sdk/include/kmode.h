// SPDX-License-Identifier: MIT
// The kmode SDK: the one header a driver includes. It brings <ntddk.h>, unless the driver has already
// chosen <ntifs.h> or <wdm.h>, and everything of the SDK; nothing is linked that the driver does not use.
#ifndef KMODE_H
#define KMODE_H

#ifndef _WDMDDK_
#include <ntddk.h>
#endif

#include <kmode/allocator.h>
#include <kmode/arena.h>
#include <kmode/bit-set.h>
#include <kmode/box.h>
#include <kmode/buffer.h>
#include <kmode/callbacks.h>
#include <kmode/cpu.h>
#include <kmode/device.h>
#include <kmode/dpc.h>
#include <kmode/driver.h>
#include <kmode/file.h>
#include <kmode/fixed-buffer.h>
#include <kmode/guard.h>
#include <kmode/hash.h>
#include <kmode/image.h>
#include <kmode/ioctl.h>
#include <kmode/list.h>
#include <kmode/lock.h>
#include <kmode/log-debug.h>
#include <kmode/log-deferred.h>
#include <kmode/log-etw.h>
#include <kmode/log-file.h>
#include <kmode/log-filter.h>
#include <kmode/log-macros.h>
#include <kmode/log-record.h>
#include <kmode/log-ring.h>
#include <kmode/log-serial.h>
#include <kmode/log-sink.h>
#include <kmode/log-text.h>
#include <kmode/log-value.h>
#include <kmode/log.h>
#include <kmode/lookaside.h>
#include <kmode/map.h>
#include <kmode/mdl.h>
#include <kmode/object.h>
#include <kmode/once.h>
#include <kmode/ordered-map.h>
#include <kmode/pattern.h>
#include <kmode/physical-memory.h>
#include <kmode/physical.h>
#include <kmode/pnp.h>
#include <kmode/pool.h>
#include <kmode/port.h>
#include <kmode/process-module.h>
#include <kmode/process.h>
#include <kmode/processor.h>
#include <kmode/registry.h>
#include <kmode/request-queue.h>
#include <kmode/request.h>
#include <kmode/ring.h>
#include <kmode/routine.h>
#include <kmode/rundown.h>
#include <kmode/security.h>
#include <kmode/slab.h>
#include <kmode/string-map.h>
#include <kmode/string.h>
#include <kmode/symbolic-link.h>
#include <kmode/system-information.h>
#include <kmode/test-allocator.h>
#include <kmode/thread.h>
#include <kmode/time.h>
#include <kmode/timer.h>
#include <kmode/typed.h>
#include <kmode/unicode-string.h>
#include <kmode/unicode.h>
#include <kmode/user-pointer.h>
#include <kmode/utf.h>
#include <kmode/utf8-string.h>
#include <kmode/vec.h>
#include <kmode/version.h>
#include <kmode/virtual-memory.h>
#include <kmode/wait.h>
#include <kmode/work-item.h>

#endif
