/* The engine's entry points until the engine behind them is in (the next commits): every call says so. */
#include "plugins/eperf/eperf.h"

#include <stdio.h>
#include <string.h>

struct eperf_client *eperf_client_new(const char *host, uint16_t port, int family, const char *bind_host,
                                      const struct eperf_params *p, const struct eperf_callbacks *cb,
                                      char error[EPERF_ERROR_MAX])
{
    snprintf(error, EPERF_ERROR_MAX, "the engine is not built yet");
    return NULL;
}

enum eperf_outcome eperf_client_run(struct eperf_client *c, struct eperf_result *r)
{
    memset(r, 0, sizeof *r);
    return r->outcome = EPERF_LOCAL;
}

void eperf_client_cancel(struct eperf_client *c)
{
}

void eperf_client_free(struct eperf_client *c)
{
}

void eperf_policy_default(struct eperf_policy *p)
{
    *p = (struct eperf_policy){.max_tests = 4, .max_duration = 60};
}

struct eperf_server *eperf_server_new(const char *host, uint16_t port, const struct eperf_policy *p,
                                      const struct eperf_callbacks *cb, char error[EPERF_ERROR_MAX])
{
    snprintf(error, EPERF_ERROR_MAX, "the engine is not built yet");
    return NULL;
}

uint16_t eperf_server_port(const struct eperf_server *s)
{
    return 0;
}

int eperf_server_run(struct eperf_server *s, char error[EPERF_ERROR_MAX])
{
    return -1;
}

void eperf_server_stop(struct eperf_server *s)
{
}

void eperf_server_free(struct eperf_server *s)
{
}

void eperf_result_free(struct eperf_result *r)
{
}

const char *eperf_outcome_text(enum eperf_outcome o)
{
    return "";
}

const char *eperf_verdict_text(enum eperf_verdict v)
{
    return "";
}
