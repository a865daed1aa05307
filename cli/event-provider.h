// SPDX-License-Identifier: MIT
// What --etw says: a provider of events, and which of its events.
#ifndef KMODE_CLI_EVENT_PROVIDER_H
#define KMODE_CLI_EVENT_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct km_event_provider {
    bool is_all;      // "*": whoever is not asked for by his own id
    uint8_t guid[16]; // as it lies in memory
    uint8_t level;    // 0: every one
    uint64_t keywords;
    const char *name; // in the text, to its first ':', if the GUID was made of it; NULL: it was not
    size_t name_bytes;
};

// Reads "PROVIDER[:LEVEL[:KEYWORDS]]". PROVIDER is a GUID, in braces or not, a name, or "*"; LEVEL a name or
// a number; KEYWORDS a hexadecimal mask. The text must live as long as *provider. NULL, or what is wrong,
// which the caller frees.
char *km_event_provider_parse(const char *text, struct km_event_provider *provider);

// The GUID that TraceLogging and EventSource make of a provider's name, whose letters' case does not matter.
// false: it has other characters than ASCII's.
bool km_event_provider_hash(const char *name, size_t bytes, uint8_t guid[static 16]);

// "critical", "error", "warning", "info", "verbose", "always" (0); NULL: the level has no name.
const char *km_event_level_name(unsigned level);

#endif
