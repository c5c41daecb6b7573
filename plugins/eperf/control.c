#include "plugins/eperf/control.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The diagram of the header, one row per arrow that arrives as a byte. ANY_STATE rows hold in each state but OVER.
 * A JSON text that follows is read in the state that the row leads to; its event comes when it is whole. */
enum { ANY_STATE = -1 };
static const struct arrow {
    enum role role;
    int from;
    int8_t message;
    enum state to;
    enum event event;
} arrows[] = {
    {ROLE_CLIENT, ST_ASKED,    MSG_PARAM_EXCHANGE,   ST_OFFERED,  EV_OFFER     },
    {ROLE_CLIENT, ST_OFFERED,  MSG_CREATE_STREAMS,   ST_JOINED,   EV_JOIN      },
    {ROLE_CLIENT, ST_JOINED,   MSG_TEST_START,       ST_STARTING, EV_START     },
    {ROLE_CLIENT, ST_STARTING, MSG_TEST_RUNNING,     ST_RUNNING,  EV_RUN       },
    {ROLE_CLIENT, ST_ENDED,    MSG_EXCHANGE_RESULTS, ST_RESULTS,  EV_EXCHANGE  },
    {ROLE_CLIENT, ST_DISPLAY,  MSG_DISPLAY_RESULTS,  ST_OVER,     EV_DISPLAY   },
    {ROLE_CLIENT, ANY_STATE,   MSG_ACCESS_DENIED,    ST_OVER,     EV_BUSY      },
    {ROLE_CLIENT, ANY_STATE,   MSG_SERVER_ERROR,     ST_OVER,     EV_PEER_ERROR},
    {ROLE_CLIENT, ANY_STATE,   MSG_SERVER_TERMINATE, ST_OVER,     EV_PEER_LEFT },
    {ROLE_SERVER, ST_RUNNING,  MSG_TEST_END,         ST_RESULTS,  EV_END       },
    {ROLE_SERVER, ST_DISPLAY,  MSG_IPERF_DONE,       ST_OVER,     EV_DONE      },
    {ROLE_SERVER, ANY_STATE,   MSG_CLIENT_TERMINATE, ST_OVER,     EV_PEER_LEFT },
    {ROLE_SERVER, ANY_STATE,   MSG_IPERF_DONE,       ST_OVER,     EV_PEER_LEFT },
};

/* In these two states a JSON text comes instead of a message. */
static size_t json_max(enum state s)
{
    return s == ST_PARAMS ? CONTROL_PARAMS_MAX : s == ST_RESULTS ? CONTROL_RESULTS_MAX : 0;
}

static void expect(struct control *c, enum part part, size_t want)
{
    c->part = part;
    c->have = 0;
    c->want = want;
}

static void expect_by_state(struct control *c)
{
    if (c->state == ST_OVER)
        expect(c, PART_MESSAGE, 0);
    else if (json_max(c->state))
        expect(c, PART_LENGTH, 4);
    else
        expect(c, PART_MESSAGE, 1);
}

void control_init(struct control *c, enum role role)
{
    *c = (struct control){.role = role, .state = role == ROLE_CLIENT ? ST_ASKED : ST_PARAMS};
    expect_by_state(c);
}

void control_clear(struct control *c)
{
    free(c->text);
    json_decref(c->json);
    c->text = NULL;
    c->json = NULL;
}

void control_go(struct control *c, enum state s)
{
    c->state = s;
    expect_by_state(c);
}

size_t control_want(const struct control *c)
{
    return c->want - c->have;
}

static enum event broken(struct control *c, const char *why)
{
    snprintf(c->error, sizeof c->error, "%s, %s", state_text(c->state), why);
    expect(c, PART_MESSAGE, 0);
    return EV_ERROR;
}

static enum event on_message(struct control *c)
{
    int8_t m = (int8_t)c->small[0];
    for (size_t i = 0; i < sizeof arrows / sizeof arrows[0]; i++) {
        const struct arrow *a = &arrows[i];
        if (a->role != c->role || a->message != m || (a->from != ANY_STATE && a->from != (int)c->state))
            continue;
        if (a->event == EV_PEER_ERROR) { /* the event waits for its codes, and so does the state: over is over well */
            expect(c, PART_CODES, 8);
            return EV_NONE;
        }
        control_go(c, a->to);
        return a->event;
    }
    char why[64];
    snprintf(why, sizeof why, "got message %d (%s)", m, message_text(m));
    return broken(c, why);
}

static enum event on_length(struct control *c)
{
    uint32_t n;
    memcpy(&n, c->small, sizeof n);
    n = ntohl(n);
    if (n < 2 || n > json_max(c->state))
        return broken(c, "got an absurd length");
    if (!(c->text = malloc(n)))
        return broken(c, "no memory");
    expect(c, PART_TEXT, n);
    return EV_NONE;
}

/* Whole numbers as reals: iperf3 writes -1 as 18446744073709551615, which is no integer to jansson, and doubles hold
 * what we need (9 PB) exactly. */
static enum event on_text(struct control *c)
{
    json_error_t e;
    size_t n = c->have;
    while (n && c->text[n - 1] == '\0') /* some versions send the NUL along */
        n--;
    json_decref(c->json);
    c->json = json_loadb(c->text, n, JSON_DECODE_INT_AS_REAL, &e);
    free(c->text);
    c->text = NULL;
    if (!json_is_object(c->json))
        return broken(c, "got what is no JSON object");
    enum event ev = c->state == ST_PARAMS ? EV_PARAMS : EV_RESULTS;
    control_go(c, c->state == ST_PARAMS ? ST_STREAMS : ST_DISPLAY);
    return ev;
}

static enum event on_codes(struct control *c)
{
    for (int i = 0; i < 2; i++) {
        uint32_t v;
        memcpy(&v, c->small + 4 * i, sizeof v);
        c->codes[i] = (int32_t)ntohl(v);
    }
    control_go(c, ST_OVER);
    return EV_PEER_ERROR;
}

enum event control_feed(struct control *c, const void *bytes, size_t n)
{
    if (n == 0 || n > control_want(c))
        return broken(c, "fed more than it wants"); /* our own bug; a test sees it */
    memcpy(c->part == PART_TEXT ? (uint8_t *)c->text + c->have : c->small + c->have, bytes, n);
    c->have += n;
    if (c->have < c->want)
        return EV_NONE;
    switch (c->part) {
    case PART_MESSAGE: return on_message(c);
    case PART_LENGTH: return on_length(c);
    case PART_TEXT: return on_text(c);
    case PART_CODES: return on_codes(c);
    }
    return EV_ERROR;
}

const char *state_text(enum state s)
{
    switch (s) {
    case ST_ASKED: return "waiting for the server to take the test";
    case ST_OFFERED: return "waiting for the server to accept the parameters";
    case ST_JOINED: return "waiting for the server to accept the connections";
    case ST_STARTING: return "waiting for the start";
    case ST_PARAMS: return "waiting for the client's parameters";
    case ST_STREAMS: return "waiting for the client's connections";
    case ST_RUNNING: return "in the running test";
    case ST_ENDED: return "waiting for the end of the test";
    case ST_RESULTS: return "waiting for the peer's results";
    case ST_DISPLAY: return "waiting for the last word";
    case ST_OVER: return "after the end";
    }
    return "";
}

const char *peer_error_text(int32_t code)
{
    static const struct {
        int32_t code;
        const char *text;
    } errors[] = {
        {REFUSE_DURATION,      "its duration is too long"},
        {REFUSE_STREAMS,       "it has too many connections"},
        {REFUSE_BLOCK_LEN,     "its blocks are too long"},
        {8,                    "its socket buffers are too large"},
        {10,                   "its MSS is too large"},
        {REFUSE_RATE,          "its rate is more than the server allows"},
        {37,                   "it lasts longer than the server allows"},
        {109,                  "a connection was closed"},
        {REFUSE_PARAMS,        "its parameters were not understood"},
        {120,                  "the server has terminated"},
        {122,                  "TCP_NODELAY cannot be set there"},
        {123,                  "that MSS cannot be set there"},
        {124,                  "socket buffers of that size cannot be had there"},
        {125,                  "that type of service cannot be set there"},
        {130,                  "socket buffers of that size cannot be had there"},
        {134,                  "that congestion control is not to be had there"},
        {140,                  "pacing cannot be set there"},
        {REFUSE_STREAM_CREATE, "its connections could not be made"},
        {201,                  "its connections could not be made"},
        {204,                  "its connections could not be made"},
        {207,                  "a connection was closed"},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (errors[i].code == code)
            return errors[i].text;
    return NULL;
}

const char *message_text(int m)
{
    static const struct {
        int m;
        const char *text;
    } names[] = {
        {MSG_TEST_START,       "TEST_START"      },
        {MSG_TEST_RUNNING,     "TEST_RUNNING"    },
        {MSG_TEST_END,         "TEST_END"        },
        {MSG_PARAM_EXCHANGE,   "PARAM_EXCHANGE"  },
        {MSG_CREATE_STREAMS,   "CREATE_STREAMS"  },
        {MSG_SERVER_TERMINATE, "SERVER_TERMINATE"},
        {MSG_CLIENT_TERMINATE, "CLIENT_TERMINATE"},
        {MSG_EXCHANGE_RESULTS, "EXCHANGE_RESULTS"},
        {MSG_DISPLAY_RESULTS,  "DISPLAY_RESULTS" },
        {MSG_IPERF_START,      "IPERF_START"     },
        {MSG_IPERF_DONE,       "IPERF_DONE"      },
        {MSG_ACCESS_DENIED,    "ACCESS_DENIED"   },
        {MSG_SERVER_ERROR,     "SERVER_ERROR"    },
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].m == m)
            return names[i].text;
    return "unknown";
}
