/* One test, client's or server's: what its control thread, its workers and its samples share.
 *
 * Threads: the control thread (the one that runs client.c's or servertest.c's handlers) owns everything here, except
 * the atomics and each stream's `tally`, which the stream's worker writes (under its lock for UDP). */
#ifndef SCM_EPERF_SESSION_H
#define SCM_EPERF_SESSION_H

#include <pthread.h>
#include <stdatomic.h>

#include "plugins/eperf/control.h"
#include "plugins/eperf/eperf.h"

struct session;
struct stream;

/* Counters since the connection's start. */
struct tally {
    uint64_t bytes;
    uint64_t packets, reordered, duplicates; /* UDP */
    int64_t lost;
    double jitter;
    /* TCP sender: from TCP_INFO, when the kernel gives it */
    bool has_tcp_info, starved;
    uint64_t retransmits, cwnd, snd_wnd;
    uint32_t rtt_us, rttvar_us, pmtu;
    uint64_t busy_us, rwnd_limited_us, sndbuf_limited_us;
};

/* TCP or UDP: what differs between them. */
struct transport {
    const char *name;
    /* Client: a connected stream socket, or -1 with the session failed. */
    int (*connect)(struct session *s);
    /* Before the test runs: options, zero marks. False with the session failed. */
    bool (*prepare)(struct session *s, struct stream *st);
    /* Worker threads' bodies; they return when the session stops that direction. */
    void (*send)(struct stream *st);
    void (*receive)(struct stream *st);
    /* Control thread: the counters now. */
    void (*read)(struct stream *st, struct tally *t);
    /* Sender: bytes not yet acknowledged. */
    uint64_t (*pending)(const struct stream *st);
};
extern const struct transport transport_tcp, transport_udp;
const struct transport *transport_of(enum eperf_protocol p);

struct stream {
    struct session *session;
    int id;                /* iperf3's */
    int fd;
    bool sender;
    bool started;          /* has a thread to join */
    pthread_t thread;
    uint64_t rate;         /* bits/s: pacing of a sender, throttle of a TCP receiver; 0: none */

    /* Worker to control thread. */
    _Atomic uint64_t bytes;      /* TCP: into or out of the socket */
    pthread_mutex_t lock;        /* UDP's tally */
    struct tally counted;        /* UDP */
    _Atomic bool done;           /* the worker has left */
    _Atomic int error;           /* errno that ended the worker, or 0 */
    struct eperf_cpu cpu;        /* seconds, set at the worker's end, read after join */

    /* Control thread only. */
    uint64_t acked_zero;         /* TCP sender: tcpi_bytes_acked before the first byte of payload */
    struct tally zero, last;     /* at the measurement's start, and at the last sample */
    uint64_t seen;               /* sample_progress's newest bytes */
    unsigned samples;            /* that the round-trip times are of */
    unsigned looks, starved;     /* while it was sending; starved: TCP_INFO says that it had nothing to send */
    uint64_t rtt_sum;
    struct eperf_stream_result result;
};

struct session {
    enum role role;
    unsigned number;             /* for callbacks */
    struct eperf_params params;
    struct eperf_callbacks cb;
    const struct transport *transport;
    struct control control;
    int fd;                      /* control connection */
    int wake;                    /* eventfd: cancelled, a stream arrived, a worker ended */
    char cookie[EPERF_COOKIE_LEN + 1];
    struct sockaddr_storage peer; /* of the control connection */
    socklen_t peer_len;
    struct sockaddr_storage bind; /* client: where its sockets bind; bind_len 0: nowhere */
    socklen_t bind_len;
    char congestion[EPERF_CONGESTION_MAX], peer_congestion[EPERF_CONGESTION_MAX]; /* in use */
    uint64_t max_rate;           /* server's policy: per direction; 0: none */

    struct stream *streams;      /* nstreams of them; fds set for the first `joined` */
    unsigned nstreams, joined;
    uint8_t *payload;            /* senders' never-modified buffer; NULL: nobody sends */
    size_t payload_len;          /* one block_len; or, in batches, what the largest one takes */
    bool in_batches;             /* TCP senders may hand over more than a block at once */
    void *payload_map;           /* where it lies, and its length */
    size_t payload_map_len;

    _Atomic bool cancelled;
    _Atomic bool stop_senders, stop_receivers;
    uint64_t limit;              /* params.bytes, or .blocks in bytes; 0: none */
    _Atomic bool limit_reached;
    _Atomic bool in_omit;        /* nothing counts against the limit yet */
    _Atomic uint64_t moved;      /* bytes of all streams, if there is a limit; from zero again after the warm-up */

    double deadline;             /* of the present phase, monotonic seconds */
    double last_deadline;        /* nothing lasts longer */
    bool running;
    double run_start, measure_start, nominal_end; /* monotonic; nominal_end 0: no time limit */
    double next_sample, sample_start;
    double next_look;            /* when to look for progress again, from nominal_end on */
    double progress[2];          /* last time that [receivers, senders] moved, from nominal_end on */
    double end[2];               /* of [receivers', senders'] measurement; 0 while running */
    double rate_min[2], rate_max[2]; /* over intervals, [upload, download] */
    unsigned rates[2];               /* how many they are of */

    struct eperf_cpu cpu;        /* seconds, of joined workers and (after the end) the control thread */
    struct eperf_cpu cpu_zero;   /* of the control thread at the start */
    bool measured;
    _Atomic unsigned shared;
    struct eperf_result result;  /* outcome and error are set once, by session_fail */
};

double mono_now(void);
struct eperf_cpu thread_cpu(void); /* seconds that the calling thread has used; total is left 0 */

/* Wires up what both roles share; params and fd may come later. False when descriptors or memory are short. */
bool session_init(struct session *s, enum role role, const struct eperf_callbacks *cb);
void session_close(struct session *s); /* stops and joins workers, closes all sockets */
void session_clear(struct session *s); /* and the wake bell: nobody may ring it any more */
void session_wake(struct session *s);  /* async-signal-safe */

/* The first failure wins; ends the control loop. */
__attribute__((format(printf, 3, 4))) void session_fail(struct session *s, enum eperf_outcome o, const char *fmt, ...);
static inline bool session_failed(const struct session *s)
{
    return s->result.outcome != EPERF_OK;
}

bool session_cancelled(struct session *s); /* and the session failed with it */

/* Starts a phase: SECONDS from now, never beyond last_deadline. */
void session_phase(struct session *s, double seconds);

/* ---- I/O (session_io.c) ---- */

int session_ms_until(double when, double now); /* poll's timeout, never early by rounding, a minute at most */
void session_quiet(struct session *s);         /* silences the wake bell */
/* Waits for events on fd until the phase's deadline; false with the session failed (timed out: WHAT; cancelled). */
bool session_wait(struct session *s, int fd, short events, const char *what);
/* All of it, within the phase's deadline. */
bool session_send(struct session *s, int fd, const void *bytes, size_t n, const char *what);
bool session_send_message(struct session *s, enum message m);
bool session_send_json(struct session *s, json_t *doc); /* takes the reference */

/* Reads what has come on the control connection, at most one event. */
enum event session_read_event(struct session *s);

/* ---- streams (stream.c) ---- */

/* Allocates nstreams by params (twice for EPERF_BOTH), with ids and directions by iperf3's order. */
bool streams_make(struct session *s);
bool streams_add(struct session *s, int fd);       /* the next one's socket; owns fd also on failure */
bool streams_prepare(struct session *s);
bool streams_start(struct session *s);             /* threads */
void streams_stop(struct session *s, bool senders); /* tells them; returns at once */
void streams_join(struct session *s, bool senders); /* those that were told */
void streams_free(struct session *s);
/* Counts towards a test's end by bytes or blocks; true if a sender's worker should end because that is reached. */
bool stream_account(struct stream *st, uint64_t bytes);
bool stream_is_upload(const struct stream *st);
static inline bool stream_stopped(const struct stream *st)
{
    return atomic_load_explicit(st->sender ? &st->session->stop_senders : &st->session->stop_receivers,
                                memory_order_relaxed);
}

/* ---- payload (payload.c) ---- */

bool payload_make(struct session *s);              /* if any of the streams sends; false with the session failed */
void payload_free(struct session *s);

/* ---- samples (sample.c) ---- */

/* Adds the n+1st stream's figures to the sum of n. Times span all, rates add up; rtt, rttvar and jitter become means. */
void figures_add(struct eperf_figures *sum, const struct eperf_figures *f, unsigned n);
void sample_begin(struct session *s, double now);  /* TEST_RUNNING */
double sample_due(const struct session *s);        /* when sample_tick wants to be called; monotonic */
void sample_tick(struct session *s, double now);   /* interval samples, end of warm-up */
/* Before senders are told to stop: whether they still had something to send. */
void sample_senders(struct session *s);
/* After the nominal end: notes which direction still moves. */
void sample_progress(struct session *s, double now);
/* Stop one direction's counting: at its last progress. */
void sample_end(struct session *s, bool senders, double now);
void sample_finish(struct session *s);             /* last interval, results of all streams */

/* ---- results (results.c) ---- */

json_t *results_to_json(const struct session *s);
bool results_from_json(struct session *s, const json_t *o, char error[EPERF_ERROR_MAX]);
void results_sum(struct session *s);               /* streams' results into both directions' */

/* ---- control loop (session.c) ---- */

typedef void event_handler(struct session *s, enum event e);
/* Runs until the state is OVER or the session has failed. each (may be NULL) is called in every turn: after the wake
 * bell, a sample, a byte. */
void session_loop(struct session *s, event_handler *handler, void (*each)(struct session *s));
/* TEST_RUNNING: starts the workers and the clock. */
void session_run(struct session *s);
/* Senders end, and what they have sent is waited for: at most 1.5 s, and not while nothing moves. */
void session_stop_senders(struct session *s);
/* Receivers take what has arrived, and end. */
void session_stop_receivers(struct session *s);
/* Ends what still runs, joins, makes the results. Once; later calls do nothing. */
void session_measured(struct session *s);
/* Once, last: all there is to tell. *r is the caller's (eperf_result_free). */
void session_result(struct session *s, struct eperf_result *r);
/* The callback `started`. */
void session_announce(struct session *s);

#endif
