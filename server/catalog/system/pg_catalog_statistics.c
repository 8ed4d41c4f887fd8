/* pg_catalog: what runs: sessions, and the rows that relations keep. Figures that nobody counts are NULL. */
#include <string.h>

#include "executor/engine/coordinator.h"
#include "server/catalog/system/class_entries.h"
#include "server/catalog/system/system_rows.h"
#include "server/session/session_list.h"

static void row_time(SystemRows *rows, bool is_known, int64_t time) {
    if (is_known)
        row_int(rows, time);
    else
        row_null(rows);
}

/* Only the session that asks knows its own statement. */
static void give_session(void *argument, const SessionLink *link) {
    SystemRows *rows = argument;
    const Session *session = link->session;
    bool is_own = session == rows->facts->session;
    row_int(rows, DATABASE_OID);
    row_text(rows, session_database(session));
    row_int(rows, session_process_id(session));
    row_null(rows);
    uint32_t role = system_role_oid(rows->facts, session_login(session));
    row_int(rows, role != 0 ? role : ROLE_SESSION);
    row_text(rows, session_login(session));
    row_text(rows, is_own ? session_variable(session, "application_name") : NULL);
    row_nulls(rows, 3);
    row_int(rows, link->start_time);
    row_time(rows, is_own, is_own ? session_transaction_time(session) : 0);
    row_time(rows, is_own, is_own ? session_statement_time(session) : 0);
    row_time(rows, is_own, is_own ? session_statement_time(session) : 0);
    row_nulls(rows, 2);
    row_text(rows, is_own ? "active" : NULL);
    row_nulls(rows, 4);
    row_text(rows, "client backend");
}

static Status give_activity(SystemRows *rows, Error *error) {
    session_list_visit(rows->facts->sessions, give_session, rows);
    return OK;
}

const SystemRelation pg_stat_activity_relation = {12222, "pg_catalog", "pg_stat_activity",
    "datid oid, datname name, pid int4, leader_pid int4, usesysid oid, usename name, application_name text, "
    "client_addr text, "
    "client_hostname text, client_port int4, backend_start timestamptz, xact_start timestamptz, query_start "
    "timestamptz, "
    "state_change timestamptz, wait_event_type text, wait_event text, state text, backend_xid xid, "
    "backend_xmin xid, "
    "query_id int8, query text, backend_type text",
    give_activity};

static const JobStatus *job_of(const JobStatus *jobs, int count, uint32_t object_id) {
    for (int i = 0; i < count; i++)
        if (jobs[i].object_id == object_id)
            return &jobs[i];
    return NULL;
}

/* Tables and materialized views; system relations when asked for. */
static bool next_table(ClassIterator *iterator, bool with_system, ClassEntry *entry) {
    while (class_next(iterator, entry))
        if ((entry->kind == 'r' || entry->kind == 'm') && (with_system || entry->object != NULL))
            return true;
    return false;
}

static void give_stat_rows(SystemRows *rows, bool with_system) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    JobStatus *jobs;
    int count;
    coordinator_status(rows->facts->coordinator, &jobs, &count);
    while (next_table(&iterator, with_system, &entry)) {
        const JobStatus *job = job_of(jobs, count, entry.oid);
        row_int(rows, entry.oid);
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.name);
        row_nulls(rows, 8);
        row_time(rows, job != NULL, job != NULL ? job->rows : 0);
        row_nulls(rows, 11);
    }
    job_status_free(jobs, count);
}

static Status give_all_tables(SystemRows *rows, Error *error) {
    give_stat_rows(rows, true);
    return OK;
}

static Status give_user_tables(SystemRows *rows, Error *error) {
    give_stat_rows(rows, false);
    return OK;
}

const SystemRelation pg_stat_all_tables_relation = {12142, "pg_catalog", "pg_stat_all_tables",
    "relid oid, schemaname name, relname name, seq_scan int8, seq_tup_read int8, idx_scan int8, "
    "idx_tup_fetch int8, "
    "n_tup_ins int8, n_tup_upd int8, n_tup_del int8, n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8, "
    "n_mod_since_analyze int8, n_ins_since_vacuum int8, last_vacuum timestamptz, last_autovacuum "
    "timestamptz, "
    "last_analyze timestamptz, last_autoanalyze timestamptz, vacuum_count int8, autovacuum_count int8, "
    "analyze_count int8, "
    "autoanalyze_count int8",
    give_all_tables};

const SystemRelation pg_stat_user_tables_relation = {12161, "pg_catalog", "pg_stat_user_tables",
    "relid oid, schemaname name, relname name, seq_scan int8, seq_tup_read int8, idx_scan int8, "
    "idx_tup_fetch int8, "
    "n_tup_ins int8, n_tup_upd int8, n_tup_del int8, n_tup_hot_upd int8, n_live_tup int8, n_dead_tup int8, "
    "n_mod_since_analyze int8, n_ins_since_vacuum int8, last_vacuum timestamptz, last_autovacuum "
    "timestamptz, "
    "last_analyze timestamptz, last_autoanalyze timestamptz, vacuum_count int8, autovacuum_count int8, "
    "analyze_count int8, "
    "autoanalyze_count int8",
    give_user_tables};

static void give_io_rows(SystemRows *rows, bool with_system) {
    ClassIterator iterator = {.snapshot = rows->facts->snapshot};
    ClassEntry entry;
    while (next_table(&iterator, with_system, &entry)) {
        row_int(rows, entry.oid);
        row_text(rows, entry.relation->schema);
        row_text(rows, entry.name);
        row_nulls(rows, 8);
    }
}

static Status give_io_all_tables(SystemRows *rows, Error *error) {
    give_io_rows(rows, true);
    return OK;
}

static Status give_io_user_tables(SystemRows *rows, Error *error) {
    give_io_rows(rows, false);
    return OK;
}

const SystemRelation pg_statio_all_tables_relation = {12170, "pg_catalog", "pg_statio_all_tables",
    "relid oid, schemaname name, relname name, heap_blks_read int8, heap_blks_hit int8, idx_blks_read int8, "
    "idx_blks_hit int8, "
    "toast_blks_read int8, toast_blks_hit int8, tidx_blks_read int8, tidx_blks_hit int8",
    give_io_all_tables};

const SystemRelation pg_statio_user_tables_relation = {12179, "pg_catalog", "pg_statio_user_tables",
    "relid oid, schemaname name, relname name, heap_blks_read int8, heap_blks_hit int8, idx_blks_read int8, "
    "idx_blks_hit int8, "
    "toast_blks_read int8, toast_blks_hit int8, tidx_blks_read int8, tidx_blks_hit int8",
    give_io_user_tables};
