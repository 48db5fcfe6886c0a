/*
 * observe: counts every system call that a model makes and, where somebody asks for it, reports it
 * (serve --trace).
 *
 * A model passes the call as an argument to one of these, in the same statement:
 *
 *     received = observe_recv(worker, connection, span.size, recv(connection->socket, ...));
 *
 * so that the counters of the CSV and the trace of the classroom can't drift apart from the code.
 * Those that take a call are macros: what they do before the call (they report that it begins)
 * stands in front of that argument. Where nobody asks for a trace, that is one branch. The error of
 * a failed call is read before anything else happens. Each worker's counters have one writer, its
 * own thread; observe_totals reads them from any thread.
 *
 * Where a receive or send is posted, and reported by a later call when it has been done, it is
 * counted when that report is looked at (the functions on _done), so that the volumes of all models
 * compare. That is no system call: what is one (io_uring_enter, WSARecv) is observed for itself.
 * So the system calls are wait_calls + recv_calls + send_calls + other_calls - completions.
 */
#ifndef IOMODELS_OBSERVE_H
#define IOMODELS_OBSERVE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "net.h"
#include "thread.h"

struct connection;
struct worker;

/* What is counted; observe_counter_names has the word of each in the statistics line. */
enum observe_counter {
    OBSERVE_WAIT_CALLS,     /* calls that wait for any of several sockets */
    OBSERVE_WAIT_EVENTS,    /* what they reported, in all */
    OBSERVE_WAIT_SCANNED,   /* sockets, events or operations handed to them with the call, in all;
                               what the kernel keeps from call to call (epoll) does not count */
    OBSERVE_WAIT_SET_BYTES, /* bytes of what was handed to them, in all */
    OBSERVE_RECV_CALLS,
    OBSERVE_RECV_BYTES,
    OBSERVE_SEND_CALLS,
    OBSERVE_SEND_BYTES,
    OBSERVE_WOULD_BLOCK,  /* receives and sends that found nothing to do */
    OBSERVE_OTHER_CALLS,  /* accept, and what else the model calls while it serves */
    OBSERVE_COMPLETIONS,  /* those of the receives and sends that were posted, and are no calls */
    OBSERVE_ACCEPTS,      /* connections that the system has handed over, refused ones included */
    OBSERVE_COPIED_SENDS, /* sends without a copy whose bytes the kernel copied all the same */
    OBSERVE_COUNTERS
};
extern const char *const observe_counter_names[OBSERVE_COUNTERS];

/* One line of a trace: a call that begins, or one that has returned. */
struct observed_call {
    uint64_t begun_ns;    /* when the call began; both on the clock of clock_now_ns */
    uint64_t ended_ns;    /* when it returned; 0: it begins */
    unsigned long thread; /* the system's number */
    uint32_t connection;  /* its number; 0: the call concerns none */
    bool waits;           /* the thread may sleep in it. Of these only, the begin is reported */
    const char *call;     /* "recv(at most 65536 bytes)" */
    const char *result;   /* "6 bytes", an error by its name; "" where it begins */
};
/* Called by each thread that serves, several at a time. */
typedef void observe_report(const struct observed_call *call);

/* What is observed of one process's workers. */
struct observer {
    observe_report *report; /* NULL: nobody asks for a trace */
    bool calls_wait;        /* receives, sends and accepts too: the sockets are blocking */
    thread_mutex mutex;
    struct worker *workers;           /* those that run */
    uint64_t ended[OBSERVE_COUNTERS]; /* the sum of those that have ended */
    uint64_t ended_worked;
};

void observer_init(struct observer *observer, observe_report *report, bool calls_wait);
/* From when to when the worker's counters belong to the totals. */
void observe_begin(struct observer *observer, struct worker *worker);
void observe_end(struct observer *observer, struct worker *worker);
/* The sum over all workers, ended ones included. Any thread. */
void observe_totals(struct observer *observer, uint64_t totals[OBSERVE_COUNTERS]);
/*
 * One counter of each worker of the crew, by their indices. Returns how many there are; 0: there is no
 * crew, or it has more than `most`. Any thread.
 */
unsigned observe_workers(struct observer *observer, enum observe_counter counter, uint64_t *values,
                         unsigned most);
/* The worker has done a message's work. How often all have; also of a build that counts nothing else. */
void observe_worked(struct worker *worker);
uint64_t observe_worked_total(struct observer *observer);
/* Whether this build counts at all (meson -Dobserve=false leaves it out, to measure its cost). */
bool observe_enabled(void);
/* meson's option; who compiles a file by hand observes. */
#ifndef IOMODELS_OBSERVE
#define IOMODELS_OBSERVE 1
#endif
/* Whether calls are reported: guards the making of a result's text. */
#define observe_tracing(worker) (IOMODELS_OBSERVE && (worker)->tracing)

/*
 * recv, send: the bytes moved (0 on recv: the peer has finished), or a negative error.
 * int64_t observe_recv(struct worker *worker, const struct connection *connection, size_t asked,
 *                      net_received recv(...)); observe_send in the same way.
 */
#define observe_recv(worker, connection, asked, result)                                            \
    ((void)(observe_tracing(worker) && (observe_recv_begins(worker, connection, asked), true)),    \
     observe_recv_returned(worker, connection, asked, result))
#define observe_send(worker, connection, asked, result)                                            \
    ((void)(observe_tracing(worker) && (observe_send_begins(worker, connection, asked), true)),    \
     observe_send_returned(worker, connection, asked, result))
/*
 * A call that posts a receive or send, by name (WSARecv, WSASend): the bytes of one that was done
 * at once, or a negative error, -WSA_IO_PENDING where it goes on. Counts the call, not the transfer.
 * The connection by its id, taken before: when the call returns, another thread may have ended it.
 * int64_t observe_post(struct worker *worker, uint32_t connection_id, const char *call,
 *                      size_t asked, net_received result);
 */
#define observe_post(worker, connection_id, call, asked, result)                                   \
    ((void)(observe_tracing(worker) && (observe_begins(worker), true)),                            \
     observe_post_returned(worker, connection_id, call, asked, result))
/* recv, send for one that was posted and has been done: result is the bytes or a negative error. */
int64_t observe_recv_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result);
int64_t observe_send_done(struct worker *worker, const struct connection *connection, size_t asked,
                          int64_t result);
/*
 * The one of the two that the connection's session waits for; with a result from 0 on it takes the
 * bytes only after this.
 */
int64_t observe_done(struct worker *worker, const struct connection *connection, int64_t result);
/* accept: 0, or a negative error. int observe_accept(struct worker *worker, net_socket accept(...)); */
#define observe_accept(worker, result)                                                             \
    ((void)(observe_tracing(worker) && (observe_accept_begins(worker), true)),                     \
     observe_accept_returned(worker, result))
/* One that was posted: result is the socket or a negative error. Counts nothing: see above. */
int observe_accept_done(struct worker *worker, int64_t result);
/* The system has done with the buffer of a send without a copy; copied: it made one all the same. */
void observe_sent_uncopied(struct worker *worker, const struct connection *connection, bool copied);
/*
 * A wait that is handed `scanned` of what `noun` names ("socket", "event"), set_bytes in all. noun
 * NULL: it is handed nothing, and `call` has its arguments: "epoll_wait(until an event)". events: how
 * many were reported, negative where the call failed. Returns events, or the negative error.
 * int observe_wait(struct worker *worker, const char *call, const char *noun, unsigned scanned,
 *                  size_t set_bytes, int events);
 */
#define observe_wait(worker, call, noun, scanned, set_bytes, events)                               \
    ((void)(observe_tracing(worker) &&                                                             \
            (observe_wait_begins(worker, call, noun, scanned, set_bytes), true)),                  \
     observe_wait_returned(worker, call, noun, scanned, set_bytes, events))
/*
 * Any other call, as a trace shows it: "WSACreateEvent()". connection: NULL where it concerns none.
 * result: what a trace shows for success, else "ok". Returns 0, or the negative error where it did
 * not succeed.
 * int observe_call(struct worker *worker, const struct connection *connection, const char *call,
 *                  bool succeeded);
 */
#define observe_call(worker, connection, call, succeeded)                                          \
    observe_call_result(worker, connection, call, succeeded, "ok")
#define observe_call_result(worker, connection, call, succeeded, result)                           \
    ((void)(observe_tracing(worker) && (observe_begins(worker), true)),                            \
     observe_call_returned(worker, connection, call, succeeded, result))
/*
 * The same for a call after which another thread may have ended the connection: by its id, taken before.
 * int observe_call_id(struct worker *worker, uint32_t connection_id, const char *call, bool succeeded);
 */
#define observe_call_id(worker, connection_id, call, succeeded)                                    \
    ((void)(observe_tracing(worker) && (observe_begins(worker), true)),                            \
     observe_call_id_returned(worker, connection_id, call, succeeded, "ok"))
/* What is no call and stands in a trace only: an operation that is queued or complete. */
void observe_note(struct worker *worker, uint32_t connection_id, const char *what,
                  const char *result);

/*
 * For a thread that does not wait: the calls that it has just made found nothing, and it makes the same
 * again. From now on its calls are counted, and not reported until a receive, send or accept has found
 * something; a trace says so once.
 */
void observe_repeats(struct worker *worker);

/* The two halves of the macros. */
void observe_begins(struct worker *worker);
void observe_recv_begins(struct worker *worker, const struct connection *connection, size_t asked);
void observe_send_begins(struct worker *worker, const struct connection *connection, size_t asked);
void observe_accept_begins(struct worker *worker);
void observe_wait_begins(struct worker *worker, const char *call, const char *noun,
                         unsigned scanned, size_t set_bytes);
int64_t observe_recv_returned(struct worker *worker, const struct connection *connection,
                              size_t asked, net_received result);
int64_t observe_send_returned(struct worker *worker, const struct connection *connection,
                              size_t asked, net_received result);
int64_t observe_post_returned(struct worker *worker, uint32_t connection_id, const char *call,
                              size_t asked, net_received result);
int observe_accept_returned(struct worker *worker, net_socket result);
int observe_wait_returned(struct worker *worker, const char *call, const char *noun,
                          unsigned scanned, size_t set_bytes, int events);
int observe_call_returned(struct worker *worker, const struct connection *connection,
                          const char *call, bool succeeded, const char *result);
int observe_call_id_returned(struct worker *worker, uint32_t connection_id, const char *call,
                             bool succeeded, const char *result);

#endif
