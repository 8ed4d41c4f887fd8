/* Login: which client has to prove what, and whom a session may act as. */
#ifndef LEAT_ENGINE_LOGIN_H
#define LEAT_ENGINE_LOGIN_H

#include "server/engine/instance.h"
#include "server/session/session.h"

Status engine_login(
    void *context, const char *user, bool is_loopback, bool *needs_password, Text *verifier, Error *error);
Status engine_check_role(
    void *context, Session *session, const char *name, bool is_authorization, Error *error);
bool engine_is_superuser(void *context, Session *session);
/* 28000 when the login is no role that may log in. */
Status login_check(Session *session, Instance *instance, Error *error);

#endif
