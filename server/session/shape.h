/* Shape: a statement's text without its literals. Lookups of one shape that come as Query messages share one
   analysed statement, whose parameters are the literals, and texts that a driver sends in one unnamed Parse
   after the other are analysed once: parsing alone costs ten times what such a statement does. */
#ifndef LEAT_SESSION_SHAPE_H
#define LEAT_SESSION_SHAPE_H

#include "server/session/client.h"

enum { SHAPE_LENGTH_MAX = 512, SHAPE_LITERALS_MAX = 8, SHAPES_KEPT = 32 };

typedef struct Literal {
    Type type; /* INT4, INT8; UNKNOWN: a string's */
    int position;
    int64_t number;
    const char *text; /* in the user's text, without quotes */
    int length;
} Literal;

typedef struct Shape {
    char key[SHAPE_LENGTH_MAX];
    int key_length;
    Literal literals[SHAPE_LITERALS_MAX];
    int literal_count;
} Shape;

/* False for a text that is too long, or has anything in it that is not plain to read: comments, dollar
   quotes, several statements … . */
bool shape_read(const char *text, size_t length, Shape *shape);
/* Makes it the shape of a Parse message with these types declared; false when it has literals, which might
   mean something else another time ('now'). */
bool shape_of_parse(Shape *shape, const Type *types, int type_count);
/* The values of the literals, in the types that the statement's parameters have. */
Status shape_parameters(const Shape *shape, Session *session, const Prepared *prepared, Arena *arena,
    const Value **out, Error *error);

/* What a session remembers of a shape. */
typedef struct ShapeEntry {
    uint64_t hash;
    char *key;
    int key_length;
    unsigned seen_count;
    Statement *statement; /* NULL: none was worth it so far */
} ShapeEntry;

typedef struct ShapeTable {
    ShapeEntry entries[SHAPES_KEPT];
} ShapeTable;

/* The current statement of this shape; NULL when there is none. *may_make: it was seen often enough to try
   shape_make on the parsed text. Borrowed. */
Statement *session_shaped(Session *session, const Shape *shape, bool *may_make);
/* Makes the shape's statement of a script of the text, and keeps it, when it is one SELECT in which each
   literal is something that a WHERE clause compares with =, and its plan is bounded whatever the values are;
   else NULL. Takes the script's trees over. Borrowed. */
Statement *session_make_shaped(Session *session, const Shape *shape, Script *script);
/* Keeps a Parse message's statement for the next of its shape, if it is bounded. */
void session_keep_shaped(Session *session, const Shape *shape, Statement *statement);
void session_forget_shapes(Session *session);

#endif
