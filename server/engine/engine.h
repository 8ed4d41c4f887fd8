/* Engine: what sessions call. */
#ifndef LEAT_ENGINE_ENGINE_H
#define LEAT_ENGINE_ENGINE_H

#include "server/session/execution.h"

extern const Engine leat_engine; /* context: the Instance */

#endif
