/* HttpRequest: one HTTP/1.x request out of bytes; whether a page of another site may have sent it. */
#ifndef LEAT_HTTP_REQUEST_H
#define LEAT_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include "executor/base/arena.h"

enum { HTTP_HEAD_MAX = 16 << 10, HTTP_BODY_MAX = 1 << 20 };

typedef struct HttpRequest {
    const char *method;
    const char *path;                                                      /* without its query */
    const char *host, *origin, *authorization, *content_type, *fetch_site; /* NULL: not said */
    const char *body;
    size_t body_length;
    int status; /* of a request that is not to be had: 400, 413, 431, 501, 505 */
} HttpRequest;

typedef enum HttpParse { HTTP_MORE, HTTP_READY, HTTP_BAD } HttpParse;

/* HTTP_MORE: the rest has not come yet. Texts lie in the arena. Bodies have a Content-Length, or there is
   none. */
HttpParse http_parse(const char *bytes, size_t length, Arena *arena, HttpRequest *request);
/* The Host header says this machine, by a name or address that no name server decides about. */
bool http_host_is_local(const char *host);
/* The page that sent it came from here, or it was no page. */
bool http_is_same_site(const HttpRequest *request, bool is_tls);
/* "Basic …": user and password, in the arena; false when it is something else. */
bool http_read_basic(const HttpRequest *request, Arena *arena, const char **user, const char **password);

#endif
