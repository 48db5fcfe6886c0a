/* What the two systems' socket APIs are asked for, seen by functions that stand in for theirs. */
#include "check.h"
#include "net.h"
#include "stand_in.h"

#include <stdlib.h>

enum { CALLS_MOST = 16, REFUSED_MOST = 2 };

/* The setsockopt, bind, listen and connect calls since the last look, in order. */
static struct call {
    char function; /* 's', 'b', 'l' */
    int option;    /* or the backlog */
} calls[CALLS_MOST];
static unsigned call_count;
static int refused[REFUSED_MOST]; /* options that fail now; 0: none */
static bool hints_fail;
static struct linger lingered;

static void call_note(char function, int option)
{
    if (call_count < CALLS_MOST)
        calls[call_count++] = (struct call){function, option};
}

static bool called(unsigned place, char function, int option)
{
    return place < call_count && calls[place].function == function && calls[place].option == option;
}

STAND_IN(int, setsockopt,
         (net_socket socket, int level, int option, const stand_in_option *value, socklen_t size))
{
    call_note('s', option);
    if (option == SO_LINGER)
        memcpy(&lingered, value, sizeof lingered);
    for (int i = 0; i < REFUSED_MOST; i++)
        if (refused[i] != 0 && option == refused[i])
            return -1;
    return REAL(setsockopt)(socket, level, option, value, size);
}

STAND_IN(int, bind, (net_socket socket, const struct sockaddr *name, socklen_t length))
{
    call_note('b', 0);
    return REAL(bind)(socket, name, length);
}

STAND_IN(int, listen, (net_socket socket, int backlog))
{
    call_note('l', backlog);
    return hints_fail && backlog < 0 ? -1 : REAL(listen)(socket, backlog);
}

static unsigned sends_without_memory; /* how many more fail so */

STAND_IN(net_received, send,
         (net_socket socket, const stand_in_option *bytes, net_length size, int flags))
{
    if (sends_without_memory == 0)
        return REAL(send)(socket, bytes, size, flags);
    sends_without_memory--;
    STAND_IN_FAIL(STAND_IN_NO_BUFFERS);
    return -1;
}

/* What listen was asked for, once it was. */
static struct call listened(int backlog)
{
    net_socket listener;
    struct net_address address;
    const char *call = "";
    call_count = 0;
    if (!net_address_parse(&address, "127.0.0.1", 0) ||
        net_listen(&listener, &address, backlog, &call) != 0)
        abort();
    net_close(listener);
    return calls[call_count - 1];
}

static net_socket tcp_socket(void)
{
    net_socket made = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (made == NET_SOCKET_NONE)
        abort();
    return made;
}

static int source_bind(void)
{
    struct net_address source;
    net_socket client = tcp_socket();
    call_count = 0;
    if (!net_address_parse(&source, "127.0.0.2", 0))
        abort();
    int error = net_bind_source(client, &source);
    net_close(client);
    return error;
}

/* The one platform block: the answers differ. */
#ifdef _WIN32
enum { REUSE_UNICASTPORT = 0x3007, PORT_SCALABILITY = 0x3006 };

static void test_backlog(void)
{
    CHECK(listened(5).option == 5);
    CHECK(listened(200).option == 200);
    /* SOMAXCONN_HINT(N) is -N. */
    CHECK(listened(201).option == -201);
    CHECK(listened(NET_BACKLOG_MOST).option == -65535);
    hints_fail = true;
    CHECK(listened(NET_BACKLOG_MOST).option == SOMAXCONN);
    hints_fail = false;
}

static void test_ports_of_a_client(void)
{
    refused[0] = PORT_SCALABILITY; /* Wine has neither, and says so or not */
    CHECK(source_bind() == 0);
    CHECK(called(0, 's', REUSE_UNICASTPORT));
    refused[0] = REUSE_UNICASTPORT;
    CHECK(source_bind() == 0);
    CHECK_EQ_U64(call_count, 3);
    CHECK(called(0, 's', REUSE_UNICASTPORT) && called(1, 's', PORT_SCALABILITY) &&
          called(2, 'b', 0));
    refused[1] = PORT_SCALABILITY;
    CHECK(source_bind() == 0);
    refused[0] = refused[1] = 0;
    CHECK(net_out_of_ports(-WSAEADDRINUSE) && net_out_of_ports(-WSAENOBUFS) &&
          !net_out_of_ports(-WSAECONNREFUSED));
}

static void test_restart(void)
{
    call_count = 0;
    net_close_for_restart(tcp_socket());
    CHECK_EQ_U64(call_count, 1);
    CHECK(called(0, 's', SO_LINGER) && lingered.l_onoff == 1 && lingered.l_linger == 0);
    CHECK(strstr(net_bind_hint(-WSAEADDRINUSE), "connection") != NULL);
    CHECK(net_bind_hint(-WSAEADDRNOTAVAIL) == NULL);
}
#else
static void test_backlog(void)
{
    CHECK(listened(5).option == 5);
    CHECK(listened(NET_BACKLOG_MOST).option == INT_MAX); /* the kernel cuts it down to somaxconn */
}

static void test_ports_of_a_client(void)
{
    CHECK(source_bind() == 0);
    CHECK_EQ_U64(call_count, 2);
    CHECK(called(0, 's', IP_BIND_ADDRESS_NO_PORT) && called(1, 'b', 0));
    refused[0] = IP_BIND_ADDRESS_NO_PORT;
    CHECK(source_bind() == 0);
    refused[0] = 0;
    CHECK(net_out_of_ports(-EADDRNOTAVAIL) && !net_out_of_ports(-ECONNREFUSED));
}

static void test_restart(void)
{
    call_count = 0;
    net_close_for_restart(tcp_socket());
    CHECK_EQ_U64(call_count, 0); /* SO_REUSEADDR is enough */
    CHECK(net_bind_hint(-EADDRINUSE) == NULL);
}
#endif

/* Their numbers are those of the system whose words explain them. */
static void test_own_errors(void)
{
    char text[200];
    CHECK(net_error_kind(-NET_NO_MEMORY) == NET_ERROR_NO_RESOURCES);
    net_error_text(-NET_NO_MEMORY, text, sizeof text);
    CHECK(strstr(text, "NOMEM") != NULL || strstr(text, "NOT_ENOUGH_MEMORY") != NULL);
    net_error_text(-NET_REFUSED, text, sizeof text);
    CHECK(strstr(text, "ECONNREFUSED: ") != NULL);
}

static void test_addresses(void)
{
    static const char *const taken[] = {"127.0.0.1", "::1", "::", "fe80::1%1", "2001:db8::7"};
    static const char *const refused_ones[] = {"",         "127.1",        "localhost", "fe80::1",
                                               "fe80::1%", "fe80::1%none", "1.2.3.4%1", "::1]"};
    char text[NET_ADDRESS_TEXT];
    struct net_address address;
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++) {
        CHECK(net_address_parse(&address, taken[i], 7777));
        CHECK_EQ_TEXT(net_address_format(&address, text, sizeof text), taken[i]);
        CHECK_EQ_U64(net_address_port(&address), 7777);
    }
    for (size_t i = 0; i < sizeof refused_ones / sizeof refused_ones[0]; i++)
        CHECK(!net_address_parse(&address, refused_ones[i], 7777));
}

/* One that got lost would leave a thread waiting. */
static void test_wake_without_memory(void)
{
    struct net_wake wake;
    char byte;
    if (net_wake_open(&wake) != 0)
        abort();
    sends_without_memory = 3;
    net_wake_send(&wake);
    CHECK_EQ_U64(sends_without_memory, 0);
    CHECK(recv(wake.wait_on, &byte, 1, 0) == 1);
    CHECK(recv(wake.wait_on, &byte, 1, 0) < 0);
    net_wake_close(&wake);
}

int main(void)
{
    if (net_startup() != 0)
        abort();
    test_backlog();
    test_ports_of_a_client();
    test_restart();
    test_own_errors();
    test_addresses();
    test_wake_without_memory();
    net_cleanup();
    return check_report();
}
