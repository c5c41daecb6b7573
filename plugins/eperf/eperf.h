/* eperf, the engine: throughput tests over iperf3's wire protocol, as client and as server.
 *
 * All state hangs off the objects made here: no globals, no exit(), no signals (every send is MSG_NOSIGNAL; splice to
 * a closed peer is the one exception, so worker threads block SIGPIPE), nothing printed. Any number of clients and
 * servers may live in one process.
 *
 * Units: rates are bits per second, times are seconds (double) unless a name says _us or _ms, sizes are bytes.
 * Strings that a struct points to belong to the caller until the call they are handed to returns; the engine copies.
 * Strings and arrays inside a struct that the engine hands out belong to the engine and live as the comment says. */
#ifndef SCM_EPERF_H
#define SCM_EPERF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* ---- parameters ---- */

enum {
    EPERF_PORT = 5201,
    EPERF_STREAMS_MAX = 128,         /* connections per direction */
    EPERF_DURATION_MAX = 86400,      /* seconds */
    EPERF_OMIT_MAX = 600,            /* seconds */
    EPERF_BLOCK_DEFAULT = 128 << 10, /* TCP block length */
    EPERF_BLOCK_MAX = 1 << 20,
    EPERF_DATAGRAM_MAX = 65507,      /* UDP payload */
    EPERF_DATAGRAM_MIN = 16,         /* the header with a 64-bit counter */
    EPERF_MSS_MAX = 9216,
    EPERF_WINDOW_MAX = 512 << 20,
    EPERF_TITLE_MAX = 256,
    EPERF_CONGESTION_MAX = 16,       /* TCP_CA_NAME_MAX, with the NUL */
    EPERF_ERROR_MAX = 256,
    EPERF_COOKIE_LEN = 36,
};

enum eperf_protocol { EPERF_TCP, EPERF_UDP };

/* Seen from the client: upload sends from client to server. BOTH is --bidir: both at once. */
enum eperf_direction { EPERF_UPLOAD, EPERF_DOWNLOAD, EPERF_BOTH };

/* What one test does. eperf_params_default() gives Eperf's defaults; change what you need. */
struct eperf_params {
    enum eperf_protocol protocol;
    enum eperf_direction direction;
    unsigned streams;                       /* connections per direction, 1..EPERF_STREAMS_MAX */
    unsigned duration;                      /* s, 1..EPERF_DURATION_MAX; 0 only with bytes or blocks set */
    unsigned omit;                          /* s of warm-up, left out of the sums, 0..EPERF_OMIT_MAX */
    double interval;                        /* s between samples, 0.1..60, or 0: none but the total */
    uint64_t bytes;                         /* end after so many bytes (sum of all streams); 0: by duration */
    uint64_t blocks;                        /* end after so many blocks or datagrams; 0: by duration */
    uint32_t block_len;                     /* TCP block or UDP payload; 0: 128 KiB, or what one packet of the path holds */
    uint64_t rate;                          /* per stream; 0: unlimited */
    uint32_t mss;                           /* TCP_MAXSEG; 0: the kernel's */
    uint32_t window;                        /* SO_SNDBUF and SO_RCVBUF; 0: the kernel's (UDP: up to 4 MiB) */
    uint8_t tos;                            /* the whole TOS byte: DSCP << 2 */
    bool nodelay;                           /* TCP_NODELAY */
    bool counters_64bit;                    /* UDP sequence numbers */
    bool read_payload;                      /* receivers copy what they get to user space, senders use plain send() */
    char congestion[EPERF_CONGESTION_MAX];  /* "": the kernel's default */
    char title[EPERF_TITLE_MAX];            /* rides in the JSON document; may be "" */
};

/* TCP, upload, 3 streams, 5 s, interval 1 s, no limit (UDP: set protocol, streams 1 and rate 50000000). */
void eperf_params_default(struct eperf_params *p);

/* True if the values are in range and fit together; else false and a sentence that names the field in error. */
bool eperf_params_check(const struct eperf_params *p, char error[EPERF_ERROR_MAX]);

/* ---- results ---- */

/* Why a TCP sender did not go faster (tcpi_busy_time and its two parts); NONE: not known, or UDP. */
enum eperf_verdict {
    EPERF_LIMIT_NONE,
    EPERF_LIMIT_SENDER,         /* the application or its CPU could not fill the connection */
    EPERF_LIMIT_SEND_BUFFER,    /* SO_SNDBUF too small */
    EPERF_LIMIT_RECEIVE_WINDOW, /* the receiver did not read fast enough */
    EPERF_LIMIT_CONGESTION,     /* the network: congestion window */
    EPERF_LIMIT_PACING,         /* the rate that was asked for */
};
const char *eperf_verdict_text(enum eperf_verdict v); /* "limited by …", static; "" for NONE */

/* Figures of one stream, or the sum of several, over one stretch of time. Counters are of that stretch alone. */
struct eperf_figures {
    double start, end;          /* s since the test's (or after the warm-up the measurement's) start */
    uint64_t bytes;             /* TCP sender: acknowledged by the peer, by SACK too; receiver: read; UDP: payload sent or received */
    double rate;                /* bytes * 8 / (end - start) */
    bool has_tcp_info;          /* the next five hold (the TCP sender's own side) */
    uint64_t retransmits;
    uint32_t rtt_us, rttvar_us; /* newest value; in a sum: mean over the streams */
    uint64_t cwnd, snd_wnd;     /* bytes */
    uint32_t pmtu;
    uint64_t packets;           /* UDP: sent, or for a receiver: expected (received + lost) */
    int64_t lost;               /* UDP receiver; datagrams that came late are taken out again */
    uint64_t reordered, duplicates; /* UDP receiver */
    double jitter;              /* s, UDP receiver, RFC 1889; in a sum: mean over the streams */
};

/* One stream over the whole test. */
struct eperf_stream_result {
    int id;                              /* iperf3's: 1, 3, 4, 5 … */
    int socket;                          /* descriptor number, for reports only */
    bool sender;                         /* we are */
    char local_host[64], remote_host[64];
    uint16_t local_port, remote_port;
    struct eperf_figures ours, theirs;   /* what each end counted; theirs.bytes 0 and end 0 if the peer told nothing */
    uint32_t max_rtt_us, min_rtt_us, mean_rtt_us; /* sender, over the intervals */
    uint64_t max_cwnd, max_snd_wnd;
    enum eperf_verdict verdict;          /* sender */
};

/* One direction over the whole test. Rates that an operator wants are .receiver.rate (what arrived), and
 * .sender.rate (what was acknowledged). */
struct eperf_direction_result {
    bool present;
    unsigned streams;
    struct eperf_figures sender, receiver; /* each as that end itself counted */
    double rate_min, rate_max;             /* over the whole intervals that we saw, by our own figures */
    enum eperf_verdict verdict;            /* the commonest among the streams, where we are the sender */
    char sender_congestion[EPERF_CONGESTION_MAX], receiver_congestion[EPERF_CONGESTION_MAX];
};

enum eperf_outcome {
    EPERF_OK,
    EPERF_REFUSED,      /* nobody listens, or no route, or the name does not resolve */
    EPERF_BUSY,         /* the server runs another test (iperf3's ACCESS_DENIED): worth a retry */
    EPERF_TIMEOUT,      /* a deadline of ours passed: error says which phase */
    EPERF_PROTOCOL,     /* the peer said something that it must not */
    EPERF_PEER_ENDED,   /* the peer ended the test or closed the connection */
    EPERF_CANCELLED,    /* eperf_client_cancel or eperf_server_stop */
    EPERF_LOCAL,        /* a system call failed here: descriptors, memory, an option the kernel refused */
};
const char *eperf_outcome_text(enum eperf_outcome o); /* one word, static */

struct eperf_cpu {
    double total, user, system; /* percent of one CPU */
};

struct eperf_result {
    enum eperf_outcome outcome;
    char error[EPERF_ERROR_MAX];          /* "" if EPERF_OK; else a sentence that names the phase and the reason */
    bool is_server;
    struct eperf_params params;           /* as used, defaults filled in */
    char peer[64];                        /* numeric address */
    char host[256];                       /* as asked for (client) */
    uint16_t port;
    char cookie[EPERF_COOKIE_LEN + 1];
    int64_t started;                      /* epoch seconds; 0 if no data was ever sent */
    double elapsed;                       /* s of measurement, without warm-up */
    unsigned shared;                      /* most other tests that this process ran at the same time; 0: had it alone */
    bool zerocopy, discard;               /* our sender's and our receiver's fast path were in use */
    uint32_t control_mss;                 /* of the control connection */
    int sndbuf, rcvbuf;                   /* of the first stream, as the kernel says */
    struct eperf_cpu cpu, peer_cpu;       /* of the test's own threads; the peer's as it told */
    struct eperf_direction_result upload, download; /* seen from the client, on both ends */
    unsigned nstreams;
    struct eperf_stream_result *streams;  /* nstreams of them */
};
void eperf_result_free(struct eperf_result *r); /* frees what r points to, not r */

/* ---- progress ---- */

/* One sample. `streams` has `nstreams` entries in the order of eperf_result.streams; the sums are per direction and
 * only those present are filled. Valid during the callback. */
struct eperf_interval {
    bool omitted;               /* inside the warm-up */
    unsigned nstreams;
    const struct eperf_stream_sample {
        int id, socket;
        bool sender;
        struct eperf_figures f;
    } *streams;
    bool has_upload, has_download;
    struct eperf_figures upload, download; /* by our own counters, seen from the client */
};

/* All are optional, are called from the thread that runs the test, must not block for long, and must not call back
 * into the engine (eperf_client_cancel and eperf_server_stop excepted). `test` tells concurrent tests of a server apart;
 * a client's is 0. */
struct eperf_callbacks {
    void *arg;
    /* All connections stand, data is about to flow; r has everything but figures. */
    void (*started)(void *arg, unsigned test, const struct eperf_result *r);
    void (*interval)(void *arg, unsigned test, const struct eperf_interval *i);
    /* Server only (a client's result is what eperf_client_run fills): a test ended, well or not. r dies after the call. */
    void (*finished)(void *arg, unsigned test, const struct eperf_result *r);
    /* Server only: a line worth a log, without newline: refused peers, descriptor shortage. */
    void (*notice)(void *arg, const char *text);
};

/* ---- client ---- */

struct eperf_client;

/* A client for one test against host (name or address, v4 or v6) and port. NULL and error when the parameters are bad or
 * resources are short. family: AF_UNSPEC, AF_INET or AF_INET6. bind_host may be NULL. */
struct eperf_client *eperf_client_new(const char *host, uint16_t port, int family, const char *bind_host,
                                      const struct eperf_params *p, const struct eperf_callbacks *cb,
                                      char error[EPERF_ERROR_MAX]);

/* Runs the test in the calling thread (plus worker threads of its own, all joined before it returns), whatever the peer
 * does for at most omit + duration + 15 s. Fills *r always; what was measured before a failure is in it too.
 * Call it once. Returns r->outcome. */
enum eperf_outcome eperf_client_run(struct eperf_client *c, struct eperf_result *r);

/* From any thread, also from a signal handler: the run ends within 1 s with EPERF_CANCELLED and the figures so far.
 * May be called before or during run, any number of times, not after eperf_client_free. */
void eperf_client_cancel(struct eperf_client *c);

void eperf_client_free(struct eperf_client *c);

/* ---- server ---- */

struct eperf_net; /* a network that may connect */

struct eperf_policy {
    unsigned max_tests;        /* at once, 1..64; the rest are told busy */
    unsigned max_duration;     /* s of duration + omit: a test that asks for more is refused, one that has no
                                * time limit (by bytes) ended then; 0: EPERF_DURATION_MAX */
    uint64_t max_rate;         /* sum over a test's streams, per direction; 0: none. Sending is paced, TCP receiving throttled, UDP
                                * over it ended with SERVER_ERROR */
    unsigned max_connections;  /* streams per direction; 0: EPERF_STREAMS_MAX */
    uint32_t max_block_len;    /* 0: EPERF_BLOCK_MAX */
    const char *const *allow;  /* "10.0.0.0/8", "::1", …: who may connect; allow_count 0: everyone */
    size_t allow_count;
    int family;                /* AF_INET or AF_INET6: listen for that alone; AF_UNSPEC (0): for both */
    bool one_off;              /* end after one test */
    bool read_payload;         /* as in eperf_params, for every test */
};
void eperf_policy_default(struct eperf_policy *p); /* 4 tests, 60 s, no rate limit, everyone */

struct eperf_server;

/* Binds host (NULL: every address of the policy's family, and what there is of both) and port (0: any, see
 * eperf_server_port) and listens. NULL and error on failure. */
struct eperf_server *eperf_server_new(const char *host, uint16_t port, const struct eperf_policy *p,
                                      const struct eperf_callbacks *cb, char error[EPERF_ERROR_MAX]);
uint16_t eperf_server_port(const struct eperf_server *s);

/* Serves in the calling thread (each test has threads of its own) until eperf_server_stop, or after one test if
 * one_off. Returns when every test has ended and every thread is joined; 0, or -1 and error if the listener broke. */
int eperf_server_run(struct eperf_server *s, char error[EPERF_ERROR_MAX]);

/* From any thread, also from a signal handler: clients are told SERVER_TERMINATE, run returns within 1 s. */
void eperf_server_stop(struct eperf_server *s);
void eperf_server_free(struct eperf_server *s);

/* ---- reports ---- */

/* The parts of the document that `iperf3 -J` prints. New references; NULL only when out of memory. */
json_t *eperf_json_start(const struct eperf_result *r);
json_t *eperf_json_interval(const struct eperf_interval *i, const struct eperf_params *p);
json_t *eperf_json_end(const struct eperf_result *r);
/* The whole: intervals is an array of eperf_json_interval's (borrowed). Has "error" when the outcome is not EPERF_OK. */
json_t *eperf_json_document(const struct eperf_result *r, json_t *intervals);

#endif
