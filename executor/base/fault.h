/* Fault: named places where a test build dies, or errs on purpose. Chosen at run time by the environment; a
   release build has none of them. LEAT_FAILPOINT=name or name:n kills the process with SIGKILL at the (n-th)
   passage; LEAT_MUTANT=name plants that fault. LEAT_OPERATOR_FAULT names a file: while it holds "fail
   HashJoin", operators of that type fail; "stall HashJoin": they stand still; "cut Sink": they fail to write
   their state. */
#ifndef LEAT_BASE_FAULT_H
#define LEAT_BASE_FAULT_H

#include <stdbool.h>

#ifdef LEAT_TESTING
void fault_point(const char *name);
bool fault_mutant(const char *name);
bool fault_in_operator(const char *kind, const char *type);
#define FAILPOINT(name)            fault_point(name)
#define MUTANT(name)               __builtin_expect(fault_mutant(name), 0)
#define OPERATOR_FAULT(kind, type) __builtin_expect(fault_in_operator(kind, type), 0)
#else
#define FAILPOINT(name)            ((void)0)
#define MUTANT(name)               0
#define OPERATOR_FAULT(kind, type) 0
#endif

#endif
