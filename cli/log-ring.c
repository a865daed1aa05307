// SPDX-License-Identifier: MIT
// kmode log: rings of log records, found in any file by their signature.
#include "cli/log.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of_two(uint32_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

// Whether what has the signature is a ring; the signature alone may be anybody's.
static bool is_plausible(const KMP_RING_HEADER *header)
{
    if (header->Signature[0] != KMP_RING_SIGNATURE0 || header->Version != KMP_RING_VERSION ||
        header->HeaderBytes < sizeof *header || header->HeaderBytes > 65536 || header->HeaderBytes % 8 != 0 ||
        header->Frequency == 0 || header->Bytes < header->HeaderBytes) {
        return false;
    }
    if (km_log_ring_is_copy(header)) {
        return true;
    }
    return header->Signature[1] == KMP_RING_SIGNATURE1 && is_power_of_two(header->Processors) &&
           is_power_of_two(header->Slots) && header->Processors <= 65536 &&
           header->Slots >= KMP_RING_MINIMUM_SLOTS && header->Slots <= KMP_RING_MAXIMUM_SLOTS &&
           header->PositionBits == (uint32_t)__builtin_ctz(header->Slots) + KMP_RING_LAP_BITS &&
           header->ProcessorBytes == sizeof(KMP_RING_PROCESSOR) + header->Slots * KMP_RING_SLOT_BYTES &&
           header->Bytes == header->HeaderBytes + (uint64_t)header->Processors * header->ProcessorBytes;
}

bool km_log_ring_find(const uint8_t *bytes, size_t size, size_t *offset, KMP_RING_HEADER *header)
{
    const uint64_t signature = KMP_RING_SIGNATURE0;

    while (*offset < size) {
        const uint8_t *found = memmem(bytes + *offset, size - *offset, &signature, sizeof signature);
        if (found == NULL) {
            return false;
        }
        *offset = (size_t)(found - bytes);
        if (size - *offset < sizeof *header) {
            return false;
        }
        memcpy(header, found, sizeof *header);
        if (is_plausible(header)) {
            return true;
        }
        *offset += 1;
    }
    return false;
}

uint64_t km_log_ring_moment(const KMP_RING_HEADER *header, uint64_t time)
{
    const __int128 ticks = (int64_t)(time - header->Start.Time);

    return header->Start.SystemTime * 100 + (uint64_t)(ticks * 1000000000 / header->Frequency);
}

static void *grow(void *memory, size_t bytes)
{
    void *larger = realloc(memory, bytes);
    if (larger == NULL) {
        abort();
    }
    return larger;
}

static struct km_log_record *add_record(struct km_log_records *records)
{
    if (records->count == records->capacity) {
        records->capacity = records->capacity != 0 ? records->capacity * 2 : 1024;
        records->items = grow(records->items, records->capacity * sizeof *records->items);
    }
    struct km_log_record *record = &records->items[records->count++];
    *record = (struct km_log_record){.payload = records->payload_bytes, .order = records->count};
    return record;
}

static void add_payload(struct km_log_records *records, const uint8_t *bytes, size_t size)
{
    if (records->payload_capacity - records->payload_bytes <= size) {
        records->payload_capacity = records->payload_capacity * 2 + size + 65536;
        records->payloads = grow(records->payloads, records->payload_capacity);
    }
    memcpy(records->payloads + records->payload_bytes, bytes, size);
    records->payload_bytes += size;
}

// ---- A ring as it lies in memory

#define PROCESSOR_ORDER (UINT64_C(1) << 40) // more than a processor's block has records

struct block {
    const KMP_RING_HEADER *header;
    uint32_t number;
    const uint8_t *slots; // at no alignment
    size_t slot_count;    // that are in the file
    uint64_t head, tail;
    uint64_t position_field, serial_unit;
};

static KMP_RING_SLOT slot_at(const struct block *block, size_t index)
{
    KMP_RING_SLOT slot = {0};
    if (index < block->slot_count) {
        memcpy(&slot, block->slots + index * sizeof slot, sizeof slot);
    }
    return slot;
}

static uint64_t forward(const struct block *block, uint64_t stamp, uint64_t slots)
{
    return (stamp & ~block->position_field) | ((stamp + (slots << KMP_STAMP_FLAGS)) & block->position_field);
}

static uint64_t serials_between(const struct block *block, uint64_t from, uint64_t to)
{
    return ((to & ~(block->serial_unit - 1)) - (from & ~(block->serial_unit - 1))) / block->serial_unit;
}

// Whether the stamp is of the last lap: what came before the head, by no more than the ring's length.
static bool is_current(const struct block *block, uint64_t stamp, size_t index)
{
    stamp &= ~(KMP_STAMP_FIRST | KMP_STAMP_COMPLETE);
    const uint64_t behind = ((block->head - stamp) & block->position_field) >> KMP_STAMP_FLAGS;

    return behind >= 1 && behind <= block->header->Slots &&
           (stamp >> KMP_STAMP_FLAGS) % block->header->Slots == index;
}

// Adds the record that begins at a slot; false: it is not whole.
static bool read_record(const struct block *block, const KMP_RING_SLOT *first, size_t index,
                        struct km_log_records *records)
{
    const uint64_t stamp = first->Stamp & ~(KMP_STAMP_FIRST | KMP_STAMP_COMPLETE);
    const uint32_t bytes = KMP_WORD_BYTES(first->Word);
    const size_t count = records->count, payload_bytes = records->payload_bytes;
    if (bytes > KMP_RECORD_BYTES) {
        return false;
    }
    struct km_log_record *record = add_record(records);
    record->time = km_log_ring_moment(block->header, first->Time);
    record->word = first->Word;
    record->ids = first->Ids;
    record->has_irql = (block->header->Flags & KMP_RING_IRQL) != 0;
    record->bytes = bytes;
    // Of one time, which a coarse clock gives to many, come those of one processor after those of another, as
    // a copy has them; of these the earlier one first, wherever the ring began anew.
    record->order =
        ((uint64_t)block->number + 1) * PROCESSOR_ORDER - serials_between(block, stamp, block->head);
    record->was_read =
        serials_between(block, stamp, block->head) > serials_between(block, block->tail, block->head);
    uint32_t part = bytes < KMP_FIRST_PAYLOAD ? bytes : KMP_FIRST_PAYLOAD;
    add_payload(records, first->Payload, part);
    for (uint32_t next = 1, rest = bytes - part; rest > 0; next++, rest -= part) {
        const size_t next_index = (index + next) % block->header->Slots;
        const KMP_RING_SLOT slot = slot_at(block, next_index);
        if (slot.Stamp != (forward(block, stamp, next) | KMP_STAMP_COMPLETE)) {
            records->count = count;
            records->payload_bytes = payload_bytes;
            return false;
        }
        part = rest < KMP_NEXT_PAYLOAD ? rest : KMP_NEXT_PAYLOAD;
        add_payload(records, (const uint8_t *)&slot + sizeof slot.Stamp, part);
    }
    return true;
}

static void read_block(const struct block *block, struct km_log_records *records)
{
    uint64_t unread = serials_between(block, block->tail, block->head), found = 0;

    for (size_t index = 0; index < block->slot_count; index++) {
        const KMP_RING_SLOT slot = slot_at(block, index);
        if (!is_current(block, slot.Stamp, index) || (slot.Stamp & KMP_STAMP_FIRST) == 0) {
            continue;
        }
        if ((slot.Stamp & KMP_STAMP_COMPLETE) == 0) {
            records->unfinished++;
            found++;
        } else if (read_record(block, &slot, index, records)) {
            found += !records->items[records->count - 1].was_read;
        }
    }
    // What was written since the reader was there and is not there now.
    if (block->slot_count == block->header->Slots && unread > found) {
        records->lost += unread - found;
    }
}

static void read_memory(const uint8_t *bytes, size_t size, const KMP_RING_HEADER *header,
                        struct km_log_records *records)
{
    records->is_truncated |= header->Bytes > size;
    for (uint32_t number = 0; number < header->Processors; number++) {
        const uint64_t start = header->HeaderBytes + (uint64_t)number * header->ProcessorBytes;
        KMP_RING_PROCESSOR processor;
        if (start > size || size - start < sizeof processor) {
            return;
        }
        memcpy(&processor, bytes + start, sizeof processor);
        struct block block = {
            .header = header,
            .number = number,
            .slots = bytes + start + sizeof processor,
            .slot_count = (size - start - sizeof processor) / KMP_RING_SLOT_BYTES,
            .head = processor.Head,
            .tail = processor.Tail,
            .serial_unit = UINT64_C(1) << (header->PositionBits + KMP_STAMP_FLAGS),
        };
        block.position_field = block.serial_unit - (1u << KMP_STAMP_FLAGS);
        if (block.slot_count > header->Slots) {
            block.slot_count = header->Slots;
        }
        records->lost += processor.Lost;
        records->dropped += processor.Dropped;
        read_block(&block, records);
    }
}

// ---- A copy

static void read_copy(const uint8_t *bytes, size_t size, const KMP_RING_HEADER *header,
                      struct km_log_records *records)
{
    if (header->Bytes < size) {
        size = (size_t)header->Bytes;
    } else {
        records->is_truncated |= header->Bytes > size;
    }
    for (size_t offset = header->HeaderBytes; offset < size;) {
        KMP_STREAM_RECORD record;
        if (size - offset < sizeof record) {
            records->is_truncated = true;
            return;
        }
        memcpy(&record, bytes + offset, sizeof record);
        offset += sizeof record;
        const uint32_t length = KMP_WORD_BYTES(record.Word);
        if (length > KMP_RECORD_BYTES || length > size - offset) {
            records->is_truncated = true;
            return;
        }
        struct km_log_record *added = add_record(records);
        added->time = km_log_ring_moment(header, record.Time);
        added->word = record.Word;
        added->ids = record.Ids;
        added->has_irql = (header->Flags & KMP_RING_IRQL) != 0;
        added->bytes = length;
        add_payload(records, bytes + offset, length);
        offset += (length + 7) & ~7u;
    }
}

void km_log_ring_read(const uint8_t *bytes, size_t size, size_t offset, const KMP_RING_HEADER *header,
                      struct km_log_records *records)
{
    if (km_log_ring_is_copy(header)) {
        read_copy(bytes + offset, size - offset, header, records);
        // Each copy of one ring tells of all before it.
        records->lost = header->Lost > records->lost ? header->Lost : records->lost;
        records->dropped = header->Dropped > records->dropped ? header->Dropped : records->dropped;
    } else {
        read_memory(bytes + offset, size - offset, header, records);
    }
}

static int compare(const void *a, const void *b)
{
    const struct km_log_record *x = a, *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return x->order < y->order ? -1 : x->order > y->order;
}

void km_log_records_sort(struct km_log_records *records)
{
    if (records->count != 0) {
        qsort(records->items, records->count, sizeof *records->items, compare);
    }
}

void km_log_records_free(struct km_log_records *records)
{
    free(records->items);
    free(records->payloads);
    *records = (struct km_log_records){0};
}
