/* Nexmark: a source for each of the benchmark's three streams. A record's offset is its event number among
   the events of all kinds. */
#include <stdatomic.h>
#include <string.h>

#include "connectors/connector.h"
#include "connectors/nexmark/generator.h"
#include "connectors/pace.h"
#include "executor/base/memory.h"

typedef struct NexmarkPartition {
    _Atomic int64_t next, end;
} NexmarkPartition;

typedef struct NexmarkReader {
    SourceReader base;
    NexmarkGenerator generator;
    int64_t events; /* INT64_MAX: endless */
    int first_place, end_place;
    int column_count;
    const NexmarkColumn **columns;
    Type *types;
    bool *wanted; /* by column; the others are NULL */
    int partition_count;
    NexmarkPartition *partitions;
    Pace *pace;
} NexmarkReader;

static const char *const tables[] = {"person", "auction", "bid", NULL};

static NexmarkKind kind_of(const ConnectorDefinition *definition) {
    const char *table = connector_text(definition, "table");
    NexmarkKind kind = NEXMARK_PERSON;
    while (strcmp(tables[kind], table) != 0)
        kind++;
    return kind;
}

static Status nexmark_default_columns(const ConnectorDefinition *definition, Arena *arena, Schema *columns,
    const char **watermark_column, Error *error) {
    const char *table = connector_text(definition, "table");
    bool is_known = false;
    for (int i = 0; tables[i] != NULL; i++)
        is_known = is_known || (table != NULL && strcmp(table, tables[i]) == 0);
    if (!is_known)
        return connector_validate(definition, false, error);
    const NexmarkColumn *all = nexmark_columns(kind_of(definition));
    columns->count = 0;
    columns->names = ARENA_ARRAY(arena, const char *, NEXMARK_COLUMNS_MAX);
    columns->types = ARENA_ARRAY(arena, Type, NEXMARK_COLUMNS_MAX);
    for (; all[columns->count].name != NULL; columns->count++) {
        columns->names[columns->count] = all[columns->count].name;
        columns->types[columns->count] = type_of(all[columns->count].type);
    }
    *watermark_column = "date_time";
    return OK;
}

/* Declared columns may be fewer and in any order, but must mean what the generator makes. */
static Status choose_columns(NexmarkReader *reader, const ConnectorDefinition *definition, Error *error) {
    const NexmarkColumn *all = nexmark_columns(kind_of(definition));
    reader->column_count = definition->columns.count;
    reader->columns = NEW_ARRAY(const NexmarkColumn *, reader->column_count + 1);
    reader->types = NEW_ARRAY(Type, reader->column_count + 1);
    reader->wanted = NEW_ARRAY(bool, reader->column_count + 1);
    for (int i = 0; i < reader->column_count; i++) {
        const char *name = definition->columns.names[i];
        Type type = definition->columns.types[i];
        const NexmarkColumn *column = all;
        while (column->name != NULL && strcmp(column->name, name) != 0)
            column++;
        if (column->name == NULL)
            return error_set(error, STATUS_UNDEFINED_COLUMN, "the nexmark table \"%s\" has no column \"%s\"",
                connector_text(definition, "table"), name);
        if (definition->metadata != NULL && definition->metadata[i] != NULL)
            return error_set(error, STATUS_FEATURE_NOT_SUPPORTED,
                "connector \"nexmark\" has no metadata column \"%s\"", definition->metadata[i]);
        bool is_text = column->type == TYPE_TEXT && type.id == TYPE_VARCHAR && type.modifier < 0;
        if (type.is_array || (type.id != column->type && !is_text))
            return error_set(error, STATUS_DATATYPE_MISMATCH, "column \"%s\" must be of type %s", name,
                type_sql_name(column->type));
        reader->columns[i] = column;
        reader->types[i] = type;
        reader->wanted[i] = true;
    }
    return OK;
}

static int64_t limit_of(NexmarkReader *reader, int partition) {
    int64_t end = atomic_load(&reader->partitions[partition].end);
    int64_t limit = end < reader->events ? end : reader->events;
    /* Whoever reads up to a known end reads the past: that is not paced. */
    int64_t due = end == INT64_MAX ? pace_due(reader->pace) : INT64_MAX;
    return due < limit ? due : limit;
}

/* Collects event numbers of the kind from *next on; rounds go to the partitions in turn. *next is where the
   search goes on. */
static int collect_events(
    const NexmarkReader *reader, int partition, int64_t *next, int64_t limit, int64_t *events, int max) {
    int64_t event = *next;
    int count = 0;
    while (event < limit && count < max) {
        int64_t round = event / NEXMARK_ROUND;
        int64_t owner = round % reader->partition_count;
        if (owner != partition) {
            round += (partition - owner + reader->partition_count) % reader->partition_count;
            event = round * NEXMARK_ROUND;
        }
        int64_t begin = round * NEXMARK_ROUND + reader->first_place,
                end = round * NEXMARK_ROUND + reader->end_place;
        event = event > begin ? event : begin;
        end = end < limit ? end : limit;
        for (; event < end && count < max; event++)
            events[count++] = event;
        if (count < max)
            event = (round + 1) * NEXMARK_ROUND;
    }
    *next = event < limit ? event : limit;
    return count;
}

static Batch *make_batch(const NexmarkReader *reader, const int64_t *events, int count) {
    Column *columns[reader->column_count + 1];
    for (int i = 0; i < reader->column_count; i++) {
        if (!reader->wanted[i]) {
            columns[i] = column_constant(&(Value){.type = reader->types[i], .is_null = true});
            continue;
        }
        columns[i] = column_create(reader->types[i], count);
        reader->columns[i]->fill(&reader->generator, events, count, columns[i]);
    }
    return batch_create(count, reader->column_count, columns);
}

static Status nexmark_read(SourceReader *base, int partition, int row_max, SourceRows *rows, Error *error) {
    NexmarkReader *reader = (NexmarkReader *)base;
    NexmarkPartition *at = &reader->partitions[partition];
    int64_t events[BATCH_ROWS_MAX];
    int64_t next = atomic_load(&at->next), limit = limit_of(reader, partition);
    int count = next < limit ? collect_events(reader, partition, &next, limit, events,
                                   row_max < BATCH_ROWS_MAX ? row_max : BATCH_ROWS_MAX)
                             : 0;
    if (count > 0)
        rows->batch = make_batch(reader, events, count);
    atomic_store(&at->next, next);
    rows->next_offset = next;
    rows->is_finished = next >= reader->events;
    rows->is_at_end = next >= limit;
    return OK;
}

static Status nexmark_partition_count(SourceReader *base, int *count, Error *error) {
    *count = ((NexmarkReader *)base)->partition_count;
    return OK;
}

static Status nexmark_start_offset(SourceReader *base, int partition, int64_t *offset, Error *error) {
    *offset = 0;
    return OK;
}

static Status nexmark_assign(
    SourceReader *base, int partition, int64_t offset, int64_t end_offset, Error *error) {
    NexmarkReader *reader = (NexmarkReader *)base;
    atomic_store(&reader->partitions[partition].next, offset);
    atomic_store(&reader->partitions[partition].end, end_offset);
    if (end_offset == INT64_MAX)
        pace_start(reader->pace, offset);
    return OK;
}

static void nexmark_want(SourceReader *base, const bool *columns) {
    NexmarkReader *reader = (NexmarkReader *)base;
    memcpy(reader->wanted, columns, sizeof(bool) * (size_t)reader->column_count);
}

static bool nexmark_is_ready(SourceReader *base, int partition) {
    NexmarkReader *reader = (NexmarkReader *)base;
    int64_t next = atomic_load(&reader->partitions[partition].next);
    return next < limit_of(reader, partition) || next >= reader->events;
}

static void nexmark_close(SourceReader *base) {
    NexmarkReader *reader = (NexmarkReader *)base;
    pace_destroy(reader->pace);
    memory_free(reader->columns);
    memory_free(reader->types);
    memory_free(reader->wanted);
    memory_free(reader->partitions);
    memory_free(reader);
}

static const SourceType source_type = {
    .partition_count = nexmark_partition_count,
    .start_offset = nexmark_start_offset,
    .assign = nexmark_assign,
    .want = nexmark_want,
    .read = nexmark_read,
    .is_ready = nexmark_is_ready,
    .close = nexmark_close,
};

static Status read_base_time(const ConnectorDefinition *definition, int64_t *base_time, Error *error) {
    const char *text = connector_text(definition, "base_time");
    Arena *arena = arena_create();
    Datum datum;
    Status status = datum_parse(
        type_of(TYPE_TIMESTAMP), text, strlen(text), &type_settings_default, arena, &datum, error);
    arena_destroy(arena);
    if (status == OK)
        *base_time = datum.int8;
    return status;
}

static Status nexmark_open_source(const ConnectorDefinition *definition, SourceReader **out, Error *error) {
    NexmarkReader *reader = NEW(NexmarkReader);
    reader->base.type = &source_type;
    int64_t events = connector_int(definition, "events");
    reader->events = events == 0 ? INT64_MAX : events;
    reader->generator.seed = (uint64_t)connector_int(definition, "seed") * 0xd1342543de82ef95u;
    reader->generator.event_rate = connector_int(definition, "event_rate");
    reader->partition_count = (int)connector_int(definition, "splits");
    reader->partitions = NEW_ARRAY(NexmarkPartition, reader->partition_count);
    nexmark_places(kind_of(definition), &reader->first_place, &reader->end_place);
    reader->pace = pace_create(connector_float(definition, "rate"), &reader->base);
    Status status = choose_columns(reader, definition, error);
    if (status == OK)
        status = read_base_time(definition, &reader->generator.base_time, error);
    if (status != OK)
        nexmark_close(&reader->base);
    else
        *out = &reader->base;
    return status;
}

static const ConnectorOption options[] = {
    {"table", OPTION_ENUM, NULL, "which of the three streams: person, auction or bid", tables,
        .is_required = true},
    {"events", OPTION_INT, "0", "how many events of all three kinds there are; 0: endless",
        .maximum = INT64_MAX},
    {"rate", OPTION_FLOAT, "0", "events of all kinds a second of wall time; 0: as fast as possible",
        .maximum = 1000000000000},
    {"event_rate", OPTION_INT, "100000", "events of all kinds a second of event time", .minimum = 1,
        .maximum = 1000000000},
    {"seed", OPTION_INT, "0", "another number makes other events"},
    {"base_time", OPTION_TEXT, "2015-07-15 00:00:00", "event time of the first event"},
    {"splits", OPTION_INT, "1", "how many partitions make the events side by side", .minimum = 1,
        .maximum = 1024},
    {0},
};

const ConnectorType nexmark_connector = {
    .name = "nexmark",
    .rate_option = "rate",
    .options = options,
    .default_columns = nexmark_default_columns,
    .open_source = nexmark_open_source,
};
