/* Answers: one whole response, then the connection ends. */
#include <string.h>

#include "server/http/http.h"

static const char *reason(int status) {
    static const struct {
        int status;
        const char *text;
    } reasons[] = {{200, "OK"}, {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {413, "Content Too Large"},
        {415, "Unsupported Media Type"}, {431, "Request Header Fields Too Large"}, {501, "Not Implemented"},
        {503, "Service Unavailable"}, {505, "HTTP Version Not Supported"}};
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "Error";
}

void http_add_head(Text *out, int status, const char *type, const char *more) {
    text_printf(out,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nConnection: close\r\nCache-Control: "
        "no-store\r\nX-Content-Type-Options: nosniff\r\n"
        "Referrer-Policy: no-referrer\r\nX-Frame-Options: DENY\r\nCross-Origin-Resource-Policy: "
        "same-origin\r\n%s",
        status, reason(status), type, more);
}

Need http_answer(
    Conversation *conversation, int status, const char *type, const char *more, const Text *body) {
    Text *out = &conversation->output;
    http_add_head(out, status, type, more);
    text_printf(out, "Content-Length: %zu\r\n\r\n", body->length);
    const char *method = http_exchange(conversation)->request.method;
    if (method == NULL || strcmp(method, "HEAD") != 0)
        text_add(out, body->bytes == NULL ? "" : body->bytes, body->length);
    return conversation_end(conversation);
}

Need http_say(Conversation *conversation, int status, const char *more, const char *text) {
    Text body = {0};
    text_add_string(&body, text);
    Need need = http_answer(conversation, status, "text/plain; charset=utf-8", more, &body);
    text_free(&body);
    return need;
}
