#include "peer.h"

#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>

const char peer_model[] = "select";

/* An fd_set is 1024 bits, the kernel's limit is the table of open files: so bitmaps of our own,
 * without FD_SET, which glibc's fortified build aborts past 1023. */
enum { WORD_BITS = 8 * sizeof(unsigned long) };

static unsigned long *wanted_reads, *wanted_writes, *reads, *writes;
static struct session **sessions;
static int top;

static void add(unsigned long *set, int fd)
{
    set[fd / WORD_BITS] |= 1UL << fd % WORD_BITS;
}

static void drop(unsigned long *set, int fd)
{
    set[fd / WORD_BITS] &= ~(1UL << fd % WORD_BITS);
}

static void accept_all(socket_t listener)
{
    struct session *session;
    while ((session = session_accept(listener, true))) {
        sessions[session->socket] = session;
        add(wanted_reads, session->socket);
        if (session->socket > top)
            top = session->socket;
    }
}

static void advance(int fd, bool writable)
{
    struct session *session = sessions[fd];
    switch (writable ? session_send(session) : session_receive(session)) {
    case STEP_CLOSED:
        drop(wanted_reads, fd);
        drop(wanted_writes, fd);
        sessions[fd] = NULL;
        session_close(session);
        break;
    case STEP_PENDING:
        drop(wanted_reads, fd);
        add(wanted_writes, fd);
        break;
    default:
        if (writable) {
            drop(wanted_writes, fd);
            add(wanted_reads, fd);
        }
    }
}

void peer_serve(socket_t listener)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    size_t most = files.rlim_cur < 1 << 20 ? files.rlim_cur : 1 << 20;
    size_t set_words = most / WORD_BITS + 1;
    wanted_reads = peer_allocate(4 * set_words, sizeof *wanted_reads);
    wanted_writes = wanted_reads + set_words;
    reads = wanted_writes + set_words;
    writes = reads + set_words;
    sessions = peer_allocate(most, sizeof *sessions);

    socket_set_nonblocking(listener);
    add(wanted_reads, listener);
    top = listener;
    for (;;) {
        size_t words = (size_t)top / WORD_BITS + 1;
        memcpy(reads, wanted_reads, words * sizeof *reads);
        memcpy(writes, wanted_writes, words * sizeof *writes);
        int ready = select(top + 1, (fd_set *)reads, (fd_set *)writes, NULL, NULL);
        for (size_t word = 0; ready > 0 && word < words; word++) {
            for (unsigned long bits = reads[word] | writes[word]; bits; bits &= bits - 1) {
                int fd = (int)word * WORD_BITS + __builtin_ctzl(bits);
                ready--;
                if (fd == listener)
                    accept_all(listener);
                else
                    advance(fd, (writes[word] & bits & -bits) != 0);
            }
        }
    }
}
