/* Place: a file beneath the folder that the server was given for files, and nowhere else. */
#ifndef LEAT_FILE_PLACE_H
#define LEAT_FILE_PLACE_H

#include "executor/base/error.h"

typedef struct Place {
    char *folder; /* NULL: the server has none */
    char *path;   /* as given */
} Place;

void place_open(Place *place, const char *folder, const char *path);
void place_close(Place *place);
/* Opens the file with open(2)'s flags; symbolic links may not lead out of the folder. Only regular files. The
   caller closes *fd. */
Status place_open_file(const Place *place, int flags, int *fd, Error *error);
/* The folder that the file lies in, for fsync. */
Status place_open_parent(const Place *place, int *fd, Error *error);

#endif
