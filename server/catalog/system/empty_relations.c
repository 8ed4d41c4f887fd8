/* System relations of what does not exist here: inheritance, policies, triggers, rules, publications,
   extensions, grants, … Clients look whether there are any. */
#include "server/catalog/system/system_rows.h"

static Status give_none(SystemRows *rows, Error *error) {
    return OK;
}

const SystemRelation pg_inherits_relation = {2611, "pg_catalog", "pg_inherits",
    "inhrelid oid!, inhparent oid!, inhseqno int4!, inhdetachpending bool!", give_none};

const SystemRelation pg_partitioned_table_relation = {3350, "pg_catalog", "pg_partitioned_table",
    "partrelid oid!, partstrat char!, partnatts int2!, partdefid oid!, partattrs int2vector!, partclass "
    "oidvector!, "
    "partcollation oidvector!, partexprs text",
    give_none};

const SystemRelation pg_policy_relation = {3256, "pg_catalog", "pg_policy",
    "oid oid!, polname name!, polrelid oid!, polcmd char!, polpermissive bool!, polroles oid[]!, polqual "
    "text, "
    "polwithcheck text",
    give_none};

const SystemRelation pg_policies_relation = {12018, "pg_catalog", "pg_policies",
    "schemaname name, tablename name, policyname name, permissive text, roles name[], cmd text, qual text, "
    "with_check text",
    give_none};

const SystemRelation pg_trigger_relation = {2620, "pg_catalog", "pg_trigger",
    "oid oid!, tgrelid oid!, tgparentid oid!, tgname name!, tgfoid oid!, tgtype int2!, tgenabled char!, "
    "tgisinternal bool!, "
    "tgconstrrelid oid!, tgconstrindid oid!, tgconstraint oid!, tgdeferrable bool!, tginitdeferred bool!, "
    "tgnargs int2!, "
    "tgattr int2vector!, tgargs bytea!, tgqual text, tgoldtable name, tgnewtable name",
    give_none};

const SystemRelation pg_rewrite_relation = {2618, "pg_catalog", "pg_rewrite",
    "oid oid!, rulename name!, ev_class oid!, ev_type char!, ev_enabled char!, is_instead bool!, ev_qual "
    "text!, "
    "ev_action text!",
    give_none};

const SystemRelation pg_rules_relation = {12023, "pg_catalog", "pg_rules",
    "schemaname name, tablename name, rulename name, definition text", give_none};

const SystemRelation pg_statistic_ext_relation = {3381, "pg_catalog", "pg_statistic_ext",
    "oid oid!, stxrelid oid!, stxname name!, stxnamespace oid!, stxowner oid!, stxstattarget int4!, stxkeys "
    "int2vector!, "
    "stxkind char[]!, stxexprs text",
    give_none};

const SystemRelation pg_stats_ext_relation = {12058, "pg_catalog", "pg_stats_ext",
    "schemaname name, tablename name, statistics_schemaname name, statistics_name name, statistics_owner "
    "name, "
    "attnames name[], exprs text[], kinds char[], inherited bool, n_distinct text, dependencies text, "
    "most_common_vals text[], most_common_val_nulls bool[], most_common_freqs float8[], "
    "most_common_base_freqs float8[]",
    give_none};

const SystemRelation pg_publication_relation = {6104, "pg_catalog", "pg_publication",
    "oid oid!, pubname name!, pubowner oid!, puballtables bool!, pubinsert bool!, pubupdate bool!, pubdelete "
    "bool!, "
    "pubtruncate bool!, pubviaroot bool!",
    give_none};

const SystemRelation pg_publication_rel_relation = {6106, "pg_catalog", "pg_publication_rel",
    "oid oid!, prpubid oid!, prrelid oid!, prqual text, prattrs int2vector", give_none};

const SystemRelation pg_publication_namespace_relation = {
    6237, "pg_catalog", "pg_publication_namespace", "oid oid!, pnpubid oid!, pnnspid oid!", give_none};

const SystemRelation pg_publication_tables_relation = {12068, "pg_catalog", "pg_publication_tables",
    "pubname name, schemaname name, tablename name, attnames name[], rowfilter text", give_none};

const SystemRelation pg_subscription_relation = {6100, "pg_catalog", "pg_subscription",
    "oid oid!, subdbid oid!, subskiplsn text!, subname name!, subowner oid!, subenabled bool!, subbinary "
    "bool!, "
    "substream bool!, subtwophasestate char!, subdisableonerr bool!, subconninfo text!, subslotname name, "
    "subsynccommit text!, "
    "subpublications text[]!",
    give_none};

const SystemRelation pg_subscription_rel_relation = {6102, "pg_catalog", "pg_subscription_rel",
    "srsubid oid!, srrelid oid!, srsubstate char!, srsublsn text", give_none};

const SystemRelation pg_available_extensions_relation = {12081, "pg_catalog", "pg_available_extensions",
    "name name, default_version text, installed_version text, comment text", give_none};

const SystemRelation pg_range_relation = {3541, "pg_catalog", "pg_range",
    "rngtypid oid!, rngsubtype oid!, rngmultitypid oid!, rngcollation oid!, rngsubopc oid!, rngcanonical "
    "regproc!, "
    "rngsubdiff regproc!",
    give_none};

const SystemRelation pg_opclass_relation = {2616, "pg_catalog", "pg_opclass",
    "oid oid!, opcmethod oid!, opcname name!, opcnamespace oid!, opcowner oid!, opcfamily oid!, opcintype "
    "oid!, "
    "opcdefault bool!, opckeytype oid!",
    give_none};

const SystemRelation pg_opfamily_relation = {2753, "pg_catalog", "pg_opfamily",
    "oid oid!, opfmethod oid!, opfname name!, opfnamespace oid!, opfowner oid!", give_none};

const SystemRelation pg_amop_relation = {2602, "pg_catalog", "pg_amop",
    "oid oid!, amopfamily oid!, amoplefttype oid!, amoprighttype oid!, amopstrategy int2!, amoppurpose "
    "char!, amopopr oid!, "
    "amopmethod oid!, amopsortfamily oid!",
    give_none};

const SystemRelation pg_amproc_relation = {2603, "pg_catalog", "pg_amproc",
    "oid oid!, amprocfamily oid!, amproclefttype oid!, amprocrighttype oid!, amprocnum int2!, amproc "
    "regproc!",
    give_none};

const SystemRelation pg_conversion_relation = {2607, "pg_catalog", "pg_conversion",
    "oid oid!, conname name!, connamespace oid!, conowner oid!, conforencoding int4!, contoencoding int4!, "
    "conproc regproc!, "
    "condefault bool!",
    give_none};

const SystemRelation pg_event_trigger_relation = {3466, "pg_catalog", "pg_event_trigger",
    "oid oid!, evtname name!, evtevent name!, evtowner oid!, evtfoid oid!, evtenabled char!, evttags text[]",
    give_none};

const SystemRelation pg_shdepend_relation = {1214, "pg_catalog", "pg_shdepend",
    "dbid oid!, classid oid!, objid oid!, objsubid int4!, refclassid oid!, refobjid oid!, deptype char!",
    give_none};

const SystemRelation pg_group_relation = {
    12010, "pg_catalog", "pg_group", "groname name, grosysid oid, grolist oid[]", give_none};

const SystemRelation pg_db_role_setting_relation = {
    2964, "pg_catalog", "pg_db_role_setting", "setdatabase oid!, setrole oid!, setconfig text[]", give_none};

const SystemRelation pg_default_acl_relation = {826, "pg_catalog", "pg_default_acl",
    "oid oid!, defaclrole oid!, defaclnamespace oid!, defaclobjtype char!, defaclacl aclitem[]!", give_none};

const SystemRelation pg_largeobject_metadata_relation = {
    2995, "pg_catalog", "pg_largeobject_metadata", "oid oid!, lomowner oid!, lomacl aclitem[]", give_none};

const SystemRelation pg_seclabel_relation = {3596, "pg_catalog", "pg_seclabel",
    "objoid oid!, classoid oid!, objsubid int4!, provider text!, label text!", give_none};

const SystemRelation pg_seclabels_relation = {12099, "pg_catalog", "pg_seclabels",
    "objoid oid, classoid oid, objsubid int4, objtype text, objnamespace oid, objname text, provider text, "
    "label text",
    give_none};

const SystemRelation pg_shseclabel_relation = {3592, "pg_catalog", "pg_shseclabel",
    "objoid oid!, classoid oid!, provider text!, label text!", give_none};

const SystemRelation pg_statistic_ext_data_relation = {3429, "pg_catalog", "pg_statistic_ext_data",
    "stxoid oid!, stxdinherit bool!, stxdndistinct text, stxddependencies text, stxdmcv text, "
    "stxdexpr text",
    give_none};

const SystemRelation pg_transform_relation = {3576, "pg_catalog", "pg_transform",
    "oid oid!, trftype oid!, trflang oid!, trffromsql regproc!, trftosql regproc!", give_none};

const SystemRelation pg_ts_config_relation = {3602, "pg_catalog", "pg_ts_config",
    "oid oid!, cfgname name!, cfgnamespace oid!, cfgowner oid!, cfgparser oid!", give_none};

const SystemRelation pg_ts_config_map_relation = {3603, "pg_catalog", "pg_ts_config_map",
    "mapcfg oid!, maptokentype int4!, mapseqno int4!, mapdict oid!", give_none};

const SystemRelation pg_ts_dict_relation = {3600, "pg_catalog", "pg_ts_dict",
    "oid oid!, dictname name!, dictnamespace oid!, dictowner oid!, dicttemplate oid!, dictinitoption text",
    give_none};

const SystemRelation pg_ts_parser_relation = {3601, "pg_catalog", "pg_ts_parser",
    "oid oid!, prsname name!, prsnamespace oid!, prsstart regproc!, prstoken regproc!, prsend regproc!, "
    "prsheadline regproc!, "
    "prslextype regproc!",
    give_none};

const SystemRelation pg_ts_template_relation = {3764, "pg_catalog", "pg_ts_template",
    "oid oid!, tmplname name!, tmplnamespace oid!, tmplinit regproc!, tmpllexize regproc!", give_none};

const SystemRelation pg_user_mapping_relation = {1418, "pg_catalog", "pg_user_mapping",
    "oid oid!, umuser oid!, umserver oid!, umoptions text[]", give_none};

const SystemRelation pg_user_mappings_relation = {12327, "pg_catalog", "pg_user_mappings",
    "umid oid, srvid oid, srvname name, umuser oid, usename name, umoptions text[]", give_none};

const SystemRelation pg_parameter_acl_relation = {
    6243, "pg_catalog", "pg_parameter_acl", "oid oid!, parname text!, paracl aclitem[]", give_none};

const SystemRelation pg_locks_relation = {12073, "pg_catalog", "pg_locks",
    "locktype text, database oid, relation oid, page int4, tuple int2, virtualxid text, transactionid xid, "
    "classid oid, "
    "objid oid, objsubid int2, virtualtransaction text, pid int4, mode text, granted bool, fastpath bool, "
    "waitstart timestamptz",
    give_none};

const SystemRelation pg_stat_replication_relation = {12227, "pg_catalog", "pg_stat_replication",
    "pid int4, usesysid oid, usename name, application_name text, client_addr text, client_hostname text, "
    "client_port int4, "
    "backend_start timestamptz, backend_xmin xid, state text, sent_lsn text, write_lsn text, flush_lsn text, "
    "replay_lsn text, "
    "write_lag interval, flush_lag interval, replay_lag interval, sync_priority int4, sync_state text, "
    "reply_time timestamptz",
    give_none};

const SystemRelation pg_stat_ssl_relation = {12249, "pg_catalog", "pg_stat_ssl",
    "pid int4, ssl bool, version text, cipher text, bits int4, client_dn text, client_serial numeric, "
    "issuer_dn text",
    give_none};

const SystemRelation pg_stat_gssapi_relation = {12253, "pg_catalog", "pg_stat_gssapi",
    "pid int4, gss_authenticated bool, principal text, encrypted bool", give_none};

const SystemRelation pg_prepared_xacts_relation = {12090, "pg_catalog", "pg_prepared_xacts",
    "transaction xid, gid text, prepared timestamptz, owner name, database name", give_none};

const SystemRelation pg_replication_slots_relation = {12257, "pg_catalog", "pg_replication_slots",
    "slot_name name, plugin name, slot_type text, datoid oid, database name, temporary bool, active bool, "
    "active_pid int4, "
    "xmin xid, catalog_xmin xid, restart_lsn text, confirmed_flush_lsn text, wal_status text, safe_wal_size "
    "int8, "
    "two_phase bool",
    give_none};

const SystemRelation pg_replication_origin_relation = {
    6000, "pg_catalog", "pg_replication_origin", "roident oid!, roname text!", give_none};

const SystemRelation pg_stat_user_functions_relation = {12275, "pg_catalog", "pg_stat_user_functions",
    "funcid oid, schemaname name, funcname name, calls int8, total_time float8, self_time float8", give_none};

const SystemRelation pg_stat_xact_user_functions_relation = {12280, "pg_catalog",
    "pg_stat_xact_user_functions",
    "funcid oid, schemaname name, funcname name, calls int8, total_time float8, self_time float8", give_none};

const SystemRelation pg_stat_progress_copy_relation = {12322, "pg_catalog", "pg_stat_progress_copy",
    "pid int4, datid oid, datname name, relid oid, command text, type text, bytes_processed int8, "
    "bytes_total int8, "
    "tuples_processed int8, tuples_excluded int8",
    give_none};

const SystemRelation information_schema_column_options_relation = {13503, "information_schema",
    "column_options",
    "table_catalog name, table_schema name, table_name name, column_name name, option_name name, "
    "option_value varchar",
    give_none};

const SystemRelation information_schema_constraint_table_usage_relation = {13305, "information_schema",
    "constraint_table_usage",
    "table_catalog name, table_schema name, table_name name, constraint_catalog name, constraint_schema "
    "name, "
    "constraint_name name",
    give_none};

const SystemRelation information_schema_referential_constraints_relation = {13339, "information_schema",
    "referential_constraints",
    "constraint_catalog name, constraint_schema name, constraint_name name, unique_constraint_catalog name, "
    "unique_constraint_schema name, unique_constraint_name name, match_option varchar, update_rule varchar, "
    "delete_rule varchar",
    give_none};

const SystemRelation information_schema_routines_relation = {13377, "information_schema", "routines",
    "specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema "
    "name, "
    "routine_name name, routine_type varchar, module_catalog name, module_schema name, module_name name, "
    "udt_catalog name, "
    "udt_schema name, udt_name name, data_type varchar, character_maximum_length int4, "
    "character_octet_length int4, "
    "character_set_catalog name, character_set_schema name, character_set_name name, collation_catalog name, "
    "collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4, "
    "numeric_scale int4, "
    "datetime_precision int4, interval_type varchar, interval_precision int4, type_udt_catalog name, "
    "type_udt_schema name, "
    "type_udt_name name, scope_catalog name, scope_schema name, scope_name name, maximum_cardinality int4, "
    "dtd_identifier name, routine_body varchar, routine_definition varchar, external_name varchar, "
    "external_language varchar, "
    "parameter_style varchar, is_deterministic varchar, sql_data_access varchar, is_null_call varchar, "
    "sql_path varchar, "
    "schema_level_routine varchar, max_dynamic_result_sets int4, is_user_defined_cast varchar, "
    "is_implicitly_invocable varchar, security_type varchar, to_sql_specific_catalog name, "
    "to_sql_specific_schema name, "
    "to_sql_specific_name name, as_locator varchar, created timestamptz, last_altered timestamptz, "
    "new_savepoint_level varchar, is_udt_dependent varchar, result_cast_from_data_type varchar, "
    "result_cast_as_locator varchar, result_cast_char_max_length int4, result_cast_char_octet_length int4, "
    "result_cast_char_set_catalog name, result_cast_char_set_schema name, result_cast_char_set_name name, "
    "result_cast_collation_catalog name, result_cast_collation_schema name, result_cast_collation_name name, "
    "result_cast_numeric_precision int4, result_cast_numeric_precision_radix int4, result_cast_numeric_scale "
    "int4, "
    "result_cast_datetime_precision int4, result_cast_interval_type varchar, result_cast_interval_precision "
    "int4, "
    "result_cast_type_udt_catalog name, result_cast_type_udt_schema name, result_cast_type_udt_name name, "
    "result_cast_scope_catalog name, result_cast_scope_schema name, result_cast_scope_name name, "
    "result_cast_maximum_cardinality int4, result_cast_dtd_identifier name",
    give_none};

const SystemRelation information_schema_parameters_relation = {13334, "information_schema", "parameters",
    "specific_catalog name, specific_schema name, specific_name name, ordinal_position int4, parameter_mode "
    "varchar, "
    "is_result varchar, as_locator varchar, parameter_name name, data_type varchar, character_maximum_length "
    "int4, "
    "character_octet_length int4, character_set_catalog name, character_set_schema name, character_set_name "
    "name, "
    "collation_catalog name, collation_schema name, collation_name name, numeric_precision int4, "
    "numeric_precision_radix int4, "
    "numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4, "
    "udt_catalog name, "
    "udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name name, "
    "maximum_cardinality int4, "
    "dtd_identifier name, parameter_default varchar",
    give_none};

const SystemRelation information_schema_triggers_relation = {13440, "information_schema", "triggers",
    "trigger_catalog name, trigger_schema name, trigger_name name, event_manipulation varchar, "
    "event_object_catalog name, "
    "event_object_schema name, event_object_table name, action_order int4, action_condition varchar, "
    "action_statement varchar, "
    "action_orientation varchar, action_timing varchar, action_reference_old_table name, "
    "action_reference_new_table name, "
    "action_reference_old_row name, action_reference_new_row name, created timestamptz",
    give_none};

const SystemRelation information_schema_column_privileges_relation = {13285, "information_schema",
    "column_privileges",
    "grantor name, grantee name, table_catalog name, table_schema name, table_name name, column_name name, "
    "privilege_type varchar, is_grantable varchar",
    give_none};

const SystemRelation information_schema_table_privileges_relation = {13416, "information_schema",
    "table_privileges",
    "grantor name, grantee name, table_catalog name, table_schema name, table_name name, privilege_type "
    "varchar, "
    "is_grantable varchar, with_hierarchy varchar",
    give_none};

const SystemRelation information_schema_role_table_grants_relation = {13421, "information_schema",
    "role_table_grants",
    "grantor name, grantee name, table_catalog name, table_schema name, table_name name, privilege_type "
    "varchar, "
    "is_grantable varchar, with_hierarchy varchar",
    give_none};

const SystemRelation information_schema_routine_routine_usage_relation = {13362, "information_schema",
    "routine_routine_usage",
    "specific_catalog name, specific_schema name, specific_name name, routine_catalog name, routine_schema "
    "name, "
    "routine_name name",
    give_none};

const SystemRelation information_schema_view_column_usage_relation = {13468, "information_schema",
    "view_column_usage",
    "view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name, table_name "
    "name, "
    "column_name name",
    give_none};

const SystemRelation information_schema_view_table_usage_relation = {13478, "information_schema",
    "view_table_usage",
    "view_catalog name, view_schema name, view_name name, table_catalog name, table_schema name, table_name "
    "name",
    give_none};

const SystemRelation information_schema_domains_relation = {13320, "information_schema", "domains",
    "domain_catalog name, domain_schema name, domain_name name, data_type varchar, character_maximum_length "
    "int4, "
    "character_octet_length int4, character_set_catalog name, character_set_schema name, character_set_name "
    "name, "
    "collation_catalog name, collation_schema name, collation_name name, numeric_precision int4, "
    "numeric_precision_radix int4, "
    "numeric_scale int4, datetime_precision int4, interval_type varchar, interval_precision int4, "
    "domain_default varchar, "
    "udt_catalog name, udt_schema name, udt_name name, scope_catalog name, scope_schema name, scope_name "
    "name, "
    "maximum_cardinality int4, dtd_identifier name",
    give_none};

const SystemRelation information_schema_user_defined_types_relation = {13463, "information_schema",
    "user_defined_types",
    "user_defined_type_catalog name, user_defined_type_schema name, user_defined_type_name name, "
    "user_defined_type_category varchar, is_instantiable varchar, is_final varchar, ordering_form varchar, "
    "ordering_category varchar, ordering_routine_catalog name, ordering_routine_schema name, "
    "ordering_routine_name name, "
    "reference_type varchar, data_type varchar, character_maximum_length int4, character_octet_length int4, "
    "character_set_catalog name, character_set_schema name, character_set_name name, collation_catalog name, "
    "collation_schema name, collation_name name, numeric_precision int4, numeric_precision_radix int4, "
    "numeric_scale int4, "
    "datetime_precision int4, interval_type varchar, interval_precision int4, source_dtd_identifier name, "
    "ref_dtd_identifier name",
    give_none};

const SystemRelation information_schema_element_types_relation = {13493, "information_schema",
    "element_types",
    "object_catalog name, object_schema name, object_name name, object_type varchar, "
    "collection_type_identifier name, "
    "data_type varchar, character_maximum_length int4, character_octet_length int4, character_set_catalog "
    "name, "
    "character_set_schema name, character_set_name name, collation_catalog name, collation_schema name, "
    "collation_name name, "
    "numeric_precision int4, numeric_precision_radix int4, numeric_scale int4, datetime_precision int4, "
    "interval_type varchar, "
    "interval_precision int4, domain_default varchar, udt_catalog name, udt_schema name, udt_name name, "
    "scope_catalog name, "
    "scope_schema name, scope_name name, maximum_cardinality int4, dtd_identifier name",
    give_none};

const SystemRelation information_schema_column_udt_usage_relation = {13290, "information_schema",
    "column_udt_usage",
    "udt_catalog name, udt_schema name, udt_name name, table_catalog name, table_schema name, table_name "
    "name, "
    "column_name name",
    give_none};

const SystemRelation information_schema_domain_constraints_relation = {13310, "information_schema",
    "domain_constraints",
    "constraint_catalog name, constraint_schema name, constraint_name name, domain_catalog name, "
    "domain_schema name, "
    "domain_name name, is_deferrable varchar, initially_deferred varchar",
    give_none};
