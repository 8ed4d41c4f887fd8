/* HttpRequest: a strict reader: what it does not know for certain it refuses. */
#include "server/http/request.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

static HttpParse bad(HttpRequest *request, int status) {
    request->status = status;
    return HTTP_BAD;
}

/* "GET /path?query HTTP/1.1" */
static HttpParse parse_first_line(char *line, Arena *arena, HttpRequest *request) {
    char *path = strchr(line, ' ');
    char *version = path == NULL ? NULL : strchr(path + 1, ' ');
    if (version == NULL || path[1] != '/')
        return bad(request, 400);
    *path++ = *version++ = 0;
    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return bad(request, strncmp(version, "HTTP/", 5) == 0 ? 505 : 400);
    for (const char *c = line; *c != 0; c++)
        if (!isupper((unsigned char)*c))
            return bad(request, 400);
    path[strcspn(path, "?")] = 0;
    request->method = line;
    request->path = path;
    return HTTP_READY;
}

static HttpParse take_header(HttpRequest *request, const char *name, const char *value, bool *has_length) {
    const struct {
        const char *name;
        const char **value;
    } kept[] = {{"host", &request->host}, {"origin", &request->origin},
        {"authorization", &request->authorization}, {"content-type", &request->content_type},
        {"sec-fetch-site", &request->fetch_site}};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strcasecmp(name, kept[i].name) == 0) {
            if (*kept[i].value != NULL)
                return bad(request, 400);
            *kept[i].value = value;
        }
    if (strcasecmp(name, "transfer-encoding") == 0)
        return bad(request, 501);
    if (strcasecmp(name, "content-length") != 0)
        return HTTP_READY;
    size_t digits = strspn(value, "0123456789");
    if (*has_length || digits == 0 || value[digits] != 0)
        return bad(request, 400);
    if (digits > 9)
        return bad(request, 413);
    *has_length = true;
    for (const char *c = value; *c != 0; c++)
        request->body_length = request->body_length * 10 + (size_t)(*c - '0');
    return request->body_length > HTTP_BODY_MAX ? bad(request, 413) : HTTP_READY;
}

static HttpParse parse_header(char *line, HttpRequest *request, bool *has_length) {
    char *colon = strchr(line, ':');
    if (colon == NULL || colon == line)
        return bad(request, 400);
    for (const char *c = line; c < colon; c++)
        if (!isgraph((unsigned char)*c)) /* a blank before the colon, or a folded line */
            return bad(request, 400);
    *colon = 0;
    char *value = colon + 1 + strspn(colon + 1, " \t"), *end = value + strlen(value);
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        *--end = 0;
    return take_header(request, line, value, has_length);
}

HttpParse http_parse(const char *bytes, size_t length, Arena *arena, HttpRequest *request) {
    *request = (HttpRequest){0};
    const char *end = memmem(bytes, length < HTTP_HEAD_MAX ? length : HTTP_HEAD_MAX, "\r\n\r\n", 4);
    if (end == NULL)
        return length < HTTP_HEAD_MAX ? HTTP_MORE : bad(request, 431);
    size_t head_length = (size_t)(end - bytes);
    if (memchr(bytes, 0, head_length) != NULL)
        return bad(request, 400);
    char *line = arena_copy(arena, bytes, head_length);
    bool is_first = true, has_length = false;
    while (line != NULL) {
        char *next = strstr(line, "\r\n");
        if (next != NULL) {
            *next = 0;
            next += 2;
        }
        if (strpbrk(line, "\r\n") != NULL)
            return bad(request, 400);
        HttpParse parsed =
            is_first ? parse_first_line(line, arena, request) : parse_header(line, request, &has_length);
        if (parsed != HTTP_READY)
            return parsed;
        is_first = false;
        line = next;
    }
    if (length - head_length - 4 < request->body_length)
        return HTTP_MORE;
    request->body = arena_copy(arena, end + 4, request->body_length);
    return HTTP_READY;
}

bool http_host_is_local(const char *host) {
    if (host == NULL)
        return false;
    char name[64];
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":");
    const char *port = length <= strlen(host) ? host + length : "";
    if (length >= sizeof name || length > strlen(host) ||
        (*port != 0 && (*port != ':' || port[1 + strspn(port + 1, "0123456789")] != 0)))
        return false;
    memcpy(name, host, length);
    name[length] = 0;
    if (strcasecmp(name, "localhost") == 0 || strcmp(name, "[::1]") == 0)
        return true;
    return strncmp(name, "127.", 4) == 0 && name[strspn(name, "0123456789.")] == 0;
}

bool http_is_same_site(const HttpRequest *request, bool is_tls) {
    const char *scheme = is_tls ? "https://" : "http://";
    const char *site = request->fetch_site;
    if (site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0)
        return false;
    if (request->origin == NULL)
        return true;
    return request->host != NULL && strncmp(request->origin, scheme, strlen(scheme)) == 0 &&
           strcasecmp(request->origin + strlen(scheme), request->host) == 0;
}

bool http_read_basic(const HttpRequest *request, Arena *arena, const char **user, const char **password) {
    const char *text = request->authorization;
    if (text == NULL || strncasecmp(text, "Basic ", 6) != 0)
        return false;
    text += 6 + strspn(text + 6, " ");
    size_t length = strlen(text);
    if (length == 0 || length % 4 != 0 || length > 4096)
        return false;
    char *decoded = arena_allocate(arena, length + 1);
    int count = EVP_DecodeBlock((unsigned char *)decoded, (const unsigned char *)text, (int)length);
    char *colon = count < 0 ? NULL : memchr(decoded, ':', (size_t)count);
    if (colon == NULL)
        return false;
    *colon = 0;
    *user = decoded;
    *password = colon + 1;
    return strlen(decoded) + 1 + strlen(*password) + 2 >= (size_t)count; /* padding apart, no NUL inside */
}
