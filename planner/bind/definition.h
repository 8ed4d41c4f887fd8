/* Definition: the text that an object is defined by, with what its names mean. The meanings are noted while
   the text is bound for the first time; bound again, its names mean the same objects and columns, whatever
   they are called by then. So renaming changes no text, and who depends on what is known exactly. */
#ifndef LEAT_BIND_DEFINITION_H
#define LEAT_BIND_DEFINITION_H

#include "executor/base/error.h"
#include "planner/bind/catalog.h"

/* What is noted while a text is bound. */
typedef struct DefinitionNotes {
    int start; /* where the text begins in what positions count in: the statement, or itself */
    CatalogDefinition definition;
} DefinitionNotes;

/* A text of which nothing is known yet. */
const CatalogDefinition *definition_of_text(Arena *arena, const char *text, size_t length);
/* The definition of a text that has been bound, in the arena with the notes. */
Status definition_finish(DefinitionNotes *notes, const char *text, Arena *arena,
    const CatalogDefinition **definition, Error *error);
/* Whether the text names the object; of a column (its number): whether it uses that one. object_id 0: the
   relation that it is a part of. NULL has no names. */
bool definition_names(const CatalogDefinition *definition, uint32_t object_id);
bool definition_uses(const CatalogDefinition *definition, uint32_t object_id, int column);
/* A copy in the arena for when the columns of an object have other numbers: map[old] is the new one (−1: it
   is gone), of which there are `count`. NULL gives NULL. */
const CatalogDefinition *definition_renumber(
    Arena *arena, const CatalogDefinition *definition, uint32_t object_id, const int *map, int count);
/* The same with another object in the place of one. */
const CatalogDefinition *definition_replace(
    Arena *arena, const CatalogDefinition *definition, uint32_t from, uint32_t to);

#endif
