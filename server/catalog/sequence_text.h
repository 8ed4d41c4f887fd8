/* Names of sequences in the texts of defaults. */
#ifndef LEAT_CATALOG_SEQUENCE_TEXT_H
#define LEAT_CATALOG_SEQUENCE_TEXT_H

#include "server/catalog/catalog_store.h"

/* The name as a default's text has it between quotes: public is left out. */
const char *sequence_literal(Arena *arena, const char *schema, const char *name);
/* Whether the column's default asks the sequence. */
bool sequence_is_asked(const CatalogColumn *column, const CatalogRelation *sequence);
/* The text with one sequence under another name. */
const char *sequence_rename_in(
    Arena *arena, const char *text, const CatalogRelation *from, const CatalogRelation *to);
/* The text of a default as the path shows it: sequences that it leads to without their schemas, others with.
 */
const char *sequence_show(
    Arena *arena, const char *text, const SearchPath *path, const CatalogSnapshot *snapshot);
/* The text of a default: nextval('s') as nextval('s'::regclass), sequences outside of public with their
   schema. */
const char *sequence_qualify(
    Arena *arena, const char *text, const SearchPath *path, const CatalogSnapshot *snapshot);

#endif
