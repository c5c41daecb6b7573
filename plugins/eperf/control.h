/* The control connection, as bytes in and events out: pure, no I/O, no clock. Both roles.
 *
 * Every message of the protocol is one signed byte; after some of them comes more: a JSON text behind its length (4
 * bytes, big-endian), or two error codes. A message that the present state does not know ends the test.
 *
 *   client                                              server
 *   ------                                              ------
 *   ASKED      <-- PARAM_EXCHANGE ---------------------  (cookie read, slot found)
 *              --- parameters, JSON ------------------>  PARAMS
 *   OFFERED    <-- CREATE_STREAMS ---------------------  STREAMS  (parameters accepted)
 *              === connections =======================>
 *   JOINED     <-- TEST_START -------------------------  (all connections stand)
 *   STARTING   <-- TEST_RUNNING -----------------------
 *   RUNNING    ==== data, either way, or both =========  RUNNING
 *              --- TEST_END -------------------------->
 *   ENDED      <-- EXCHANGE_RESULTS -------------------
 *   RESULTS    --- results, JSON --------------------->  RESULTS
 *              <-- results, JSON ----------------------
 *   DISPLAY    <-- DISPLAY_RESULTS --------------------  DISPLAY
 *              --- IPERF_DONE ------------------------>
 *   OVER                                                OVER
 *
 *   At any time, server to client: ACCESS_DENIED (busy), SERVER_ERROR (and two codes), SERVER_TERMINATE;
 *   client to server: CLIENT_TERMINATE, IPERF_DONE. */
#ifndef SCM_EPERF_CONTROL_H
#define SCM_EPERF_CONTROL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum message {
    MSG_TEST_START = 1,
    MSG_TEST_RUNNING = 2,
    MSG_TEST_END = 4,
    MSG_PARAM_EXCHANGE = 9,
    MSG_CREATE_STREAMS = 10,
    MSG_SERVER_TERMINATE = 11,
    MSG_CLIENT_TERMINATE = 12,
    MSG_EXCHANGE_RESULTS = 13,
    MSG_DISPLAY_RESULTS = 14,
    MSG_IPERF_START = 15,
    MSG_IPERF_DONE = 16,
    MSG_ACCESS_DENIED = -1,
    MSG_SERVER_ERROR = -2,
};

/* SERVER_ERROR's first code where our server refuses: iperf3's numbers (iperf_strerror() of 3.12), which its clients print. */
enum refusal {
    REFUSE_DURATION = 5,
    REFUSE_STREAMS = 6,
    REFUSE_BLOCK_LEN = 7,
    REFUSE_RATE = 27,
    REFUSE_PARAMS = 114, /* "unable to receive parameters from client" is the nearest */
    REFUSE_STREAM_CREATE = 200,
};

enum role { ROLE_CLIENT, ROLE_SERVER };

enum state {
    ST_ASKED,
    ST_OFFERED,
    ST_JOINED,
    ST_STARTING,
    ST_PARAMS,
    ST_STREAMS,
    ST_RUNNING,
    ST_ENDED,
    ST_RESULTS,
    ST_DISPLAY,
    ST_OVER,
};

enum event {
    EV_NONE,       /* nothing whole yet */
    EV_OFFER,      /* client: send the parameters */
    EV_PARAMS,     /* server: control.json holds the client's parameters */
    EV_JOIN,       /* client: make the connections */
    EV_START,      /* client: all connections stand */
    EV_RUN,        /* client: data flows from now on */
    EV_END,        /* server: the client ended the test */
    EV_EXCHANGE,   /* client: send the results */
    EV_RESULTS,    /* control.json holds the peer's results */
    EV_DISPLAY,    /* client: the server is content: say IPERF_DONE */
    EV_DONE,       /* server: the client is content */
    EV_BUSY,       /* client: ACCESS_DENIED */
    EV_PEER_ERROR, /* client: SERVER_ERROR; control.codes hold iperf3's error number and errno */
    EV_PEER_LEFT,  /* SERVER_TERMINATE or CLIENT_TERMINATE */
    EV_ERROR,      /* not the protocol: control.error says why */
};

enum {
    CONTROL_PARAMS_MAX = 16 << 10,   /* bytes of JSON; iperf3's are some 300 */
    CONTROL_RESULTS_MAX = 512 << 10, /* 256 streams, 300 bytes each, and iperf3's --get-server-output is not asked for */
};

struct control {
    enum role role;
    enum state state;
    json_t *json;     /* of EV_PARAMS and EV_RESULTS: the control's own, until the next one or control_clear */
    int32_t codes[2]; /* of EV_PEER_ERROR */
    char error[160];
    /* private */
    enum part { PART_MESSAGE, PART_LENGTH, PART_TEXT, PART_CODES } part;
    uint8_t small[8];
    char *text;
    size_t have, want;
};

/* A client that has sent its cookie, or a server that has read one and sent PARAM_EXCHANGE. */
void control_init(struct control *c, enum role role);
void control_clear(struct control *c);

/* How many bytes control_feed takes next, at most; 0 after an error or in OVER. */
size_t control_want(const struct control *c);

/* Takes 1..control_want() bytes. Changes the state by the diagram and tells what has come. */
enum event control_feed(struct control *c, const void *bytes, size_t n);

/* The transitions that do not come from the peer (server: STREAMS to RUNNING, RUNNING to OVER …; client: RUNNING to ENDED). */
void control_go(struct control *c, enum state s);

const char *state_text(enum state s);     /* for errors: "waiting for …" */
const char *message_text(int m);          /* "TEST_START"; "unknown" */
/* What that code says, by iperf3's numbers too: "its duration is too long"; NULL: none that a server says of a test. */
const char *peer_error_text(int32_t code);

#endif
